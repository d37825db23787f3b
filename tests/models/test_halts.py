"""How near an index came to the levels that halt its market."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.halts import HALTS, halt_reach


@pytest.mark.parametrize(
    ("low", "passed", "distance"),
    [
        (-0.09, -0.08, -0.01),
        (-0.08, -0.08, 0.0),
        (-0.05, None, 0.03),
        (-0.16, -0.15, -0.01),
        (-0.3, -0.2, -0.1),
    ],
)
def test_seoul(low: float, passed: float | None, distance: float) -> None:
    found = halt_reach("^KS11", low, 8_400.0)
    assert found is not None
    assert found.passed == passed
    assert found.distance == pytest.approx(distance)
    assert found.next_price == pytest.approx(7_728)


def test_a_low_that_is_missing_says_nothing() -> None:
    found = halt_reach("^GSPC", math.nan, 7_000.0)
    assert found is not None
    assert found.passed is None
    assert math.isnan(found.distance)
    assert found.next_price == pytest.approx(6_510)


def test_an_index_that_halts_nothing() -> None:
    assert halt_reach("^SOX", -0.5, 100.0) is None


@given(st.sampled_from(sorted(HALTS)), st.floats(-0.9, 0.5))
def test_the_level_passed_is_the_deepest_one_reached(symbol: str, low: float) -> None:
    found = halt_reach(symbol, low, 1.0)
    assert found is not None
    reached = [level for level in found.levels if low <= level]
    assert found.passed == (min(reached) if reached else None)
    assert (found.distance > 0) == (not reached and low > found.levels[0])

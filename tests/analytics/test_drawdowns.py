from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

from models.analytics.drawdowns import (
    conditional_drawdown_at_risk,
    drawdown,
    drawdown_at_risk,
    drawdown_of_returns,
    entropic_drawdown_at_risk,
    max_drawdown,
    pain,
    percentile_of_now,
    trailing_drawdown,
    ulcer,
    ulcer_performance,
    wealth,
)
from models.types import Floats

MEASURES = {
    "pain": pain,
    "ulcer": ulcer,
    "max_drawdown": max_drawdown,
    "drawdown_at_risk": drawdown_at_risk,
    "conditional_drawdown_at_risk": conditional_drawdown_at_risk,
    "entropic_drawdown_at_risk": entropic_drawdown_at_risk,
    "percentile_of_now": percentile_of_now,
}
SHAPES = array_shapes(min_dims=1, max_dims=2, max_side=30)
PRICES = arrays(np.float64, SHAPES, elements=st.one_of(st.floats(1e-3, 1e6), st.just(np.nan)))


def check(found: dict[str, Any], expected: dict[str, Any], tolerance: float = 1e-6) -> None:
    for name in found.keys() & expected.keys():
        np.testing.assert_allclose(found[name], expected[name], atol=tolerance, err_msg=expected["origin"])


def measures(dd: Floats) -> dict[str, Any]:
    return {"drawdown": dd, "pain": pain(dd), "ulcer": ulcer(dd), "max_drawdown": max_drawdown(dd)}


@pytest.mark.parametrize("which", range(2))
def test_published_measures_of_prices(published: dict[str, Any], which: int) -> None:
    case = published["prices"][which]
    prices = np.array(case["input"], dtype=float)
    check(measures(drawdown(prices)) | {"ulcer_performance": ulcer_performance(prices)}, case)


@pytest.mark.parametrize("which", range(8))
def test_published_measures_of_returns(published: dict[str, Any], which: int) -> None:
    case = published["returns"][which]
    check(measures(drawdown_of_returns(np.array(case["input"], dtype=float))), case, 1e-9)


def test_every_published_case_is_run(published: dict[str, Any]) -> None:
    assert (len(published["prices"]), len(published["returns"])) == (2, 8)


def test_rolling_worst_drawdown_of_empyrical(published: dict[str, Any]) -> None:
    case = published["rolling"]
    windows = np.lib.stride_tricks.sliding_window_view(np.array(case["input"]), case["window"])
    found = max_drawdown(drawdown_of_returns(windows.T))
    np.testing.assert_allclose(found, case["max_drawdown"], atol=5e-5)


def test_uncompounded_measures_of_skfolio(published: dict[str, Any]) -> None:
    case = published["uncompounded"]
    dd = np.array(case["drawdown"])
    check(measures(dd), case)
    assert conditional_drawdown_at_risk(dd) == pytest.approx(case["cdar"])
    bound = entropic_drawdown_at_risk(dd, floor=case["edar_floor"])
    assert bound == pytest.approx(case["edar"], abs=1e-8)
    assert entropic_drawdown_at_risk(dd) == pytest.approx(-case["max_drawdown"], abs=2e-4)


def test_discrete_cdar(published: dict[str, Any]) -> None:
    case = published["cdar"]
    found = conditional_drawdown_at_risk(-np.array(case["depths"], dtype=float), case["alpha"])
    assert found == pytest.approx(case["expected"])


def test_the_first_price_is_the_first_record_and_the_first_loss_counts() -> None:
    np.testing.assert_allclose(drawdown(np.array([90.0, 75.0])), [0, -1 / 6])
    np.testing.assert_allclose(drawdown_of_returns(np.array([-0.1, -1 / 6])), [-0.1, -0.25])


def test_percentile_is_the_share_of_shallower_days() -> None:
    dd = np.array([0.0, -0.1, -0.3, -0.2])
    assert percentile_of_now(dd) == 0.5
    assert percentile_of_now(dd[:3]) == pytest.approx(2 / 3)
    assert percentile_of_now(np.array([0.0, -0.1, 0.0])) == 0
    assert percentile_of_now(np.array([np.nan, 0.0, np.nan, -0.1, np.nan])) == 0.5


def test_trailing_drawdown_forgets_old_highs() -> None:
    prices = np.array([100, np.nan, 80, 60, 90, 75])
    np.testing.assert_allclose(trailing_drawdown(prices, 2), [0, np.nan, -0.2, -0.25, 0, -1 / 6])
    np.testing.assert_allclose(trailing_drawdown(prices, 252), drawdown(prices))


def test_trailing_drawdown_and_ulcer_performance_take_awkward_inputs(awkward: Floats) -> None:
    np.testing.assert_array_equal(trailing_drawdown(awkward), drawdown(awkward))
    assert np.shape(ulcer_performance(awkward)) == awkward.shape[1:]


@pytest.mark.parametrize("name", MEASURES)
def test_measures_take_awkward_inputs(awkward: Floats, name: str) -> None:
    found = MEASURES[name](drawdown(awkward))
    assert np.shape(found) == awkward.shape[1:]
    nothing = ~np.isfinite(awkward).any(axis=0)
    assert (np.isnan(found) == nothing).all()


def test_drawdown_keeps_missing_rows_in_place(awkward: Floats) -> None:
    dd = drawdown(awkward)
    assert dd.shape == awkward.shape
    assert (np.isnan(dd) == np.isnan(awkward)).all()


@given(PRICES)
def test_drawdown_is_never_above_zero_and_zero_at_a_record(prices: Floats) -> None:
    dd = drawdown(prices)
    record = np.fmax.accumulate(prices, axis=0)
    known = np.isfinite(prices)
    assert (dd[known] <= 0).all()
    assert (dd[known] >= -1).all()
    assert ((dd == 0) == (prices == record))[known].all()


@given(PRICES, st.integers(-8, 8))
def test_drawdown_knows_no_scale(prices: Floats, power: int) -> None:
    np.testing.assert_array_equal(drawdown(prices * 2.0**power), drawdown(prices))


@given(arrays(np.float64, (20, 5), elements=st.floats(1, 1e4)), st.permutations(range(5)))
def test_permuting_names_permutes_every_measure(prices: Floats, order: list[int]) -> None:
    dd, shuffled = drawdown(prices), drawdown(prices[:, order])
    for measure in MEASURES.values():
        np.testing.assert_allclose(measure(shuffled), measure(dd)[order], rtol=1e-12, atol=1e-15)


@given(PRICES)
def test_measures_are_ordered(prices: Floats) -> None:
    dd = drawdown(prices)
    worst = -max_drawdown(dd)
    at_risk, conditional, entropic = (
        measure(dd) for measure in (drawdown_at_risk, conditional_drawdown_at_risk, entropic_drawdown_at_risk)
    )
    known = np.isfinite(worst)
    slack = 1e-9 + 1e-3 * np.nan_to_num(worst)  # the entropic bound stops a little above its limit
    for low, high in ((pain(dd), ulcer(dd)), (ulcer(dd), worst), (at_risk, conditional)):
        assert (low <= high + 1e-12)[known].all() if np.ndim(low) else not known or low <= high + 1e-12
    assert np.all((conditional <= entropic + slack) | ~known)
    assert np.all((entropic <= worst + slack) | ~known)


@given(arrays(np.float64, st.integers(1, 40), elements=st.floats(-0.5, 0.5)))
def test_wealth_and_prices_agree(returns: Floats) -> None:
    prices = np.concatenate(([1.0], wealth(returns)))
    np.testing.assert_allclose(drawdown_of_returns(returns), drawdown(prices)[1:], atol=1e-12)

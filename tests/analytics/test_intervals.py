from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.analytics.intervals import wilson

COUNTS = st.integers(1, 5000).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n)))


@given(COUNTS)
def test_the_interval_is_that_of_statsmodels(pair: tuple[int, int]) -> None:
    from statsmodels.stats.proportion import proportion_confint

    assert wilson(*pair) == pytest.approx(proportion_confint(*pair, method="wilson"), abs=1e-12)


def test_it_is_worked_out_for_many_at_once_and_is_nothing_of_nothing() -> None:
    low, high = wilson([68, 0, 3, 0], [96, 10, 3, 0])
    # 68 of 96 by hand: (68 + z²/2) / (96 + z²) ± z / (96 + z²) · √(68 · 28 / 96 + z²/4)
    assert (low[0], high[0]) == pytest.approx((0.61080, 0.78983), abs=1e-5)
    assert (low[1], high[2]) == (0.0, 1.0)
    assert np.isnan([low[3], high[3]]).all()

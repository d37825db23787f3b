from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.analytics.range_volatility import (
    PARKINSON,
    REASONS,
    Range,
    range_volatility,
    row_means,
)
from tests.analytics.conftest import days
from tests.analytics.market import Market

NAN = np.nan


def test_a_session_by_hand() -> None:
    found = range_volatility(np.array([102.0]), np.array([100.0]))
    variance = 0.361 * np.log(1.02) ** 2 * 252
    assert found.log_variance[0] == pytest.approx(np.log(variance))
    assert found.volatility[0] == pytest.approx(np.sqrt(variance))
    assert found.status[0] == 0


def test_the_factor_is_that_of_a_random_walk() -> None:
    assert pytest.approx(1 / (4 * np.log(2)), abs=5e-4) == PARKINSON
    rng = np.random.default_rng(1)
    path = np.cumsum(rng.normal(0, 0.02 / np.sqrt(2000), size=(4000, 2000)), axis=1)
    high, low = np.exp(np.maximum(path.max(axis=1), 0)), np.exp(np.minimum(path.min(axis=1), 0))
    mean = np.exp(range_volatility(high, low, 1).log_variance).mean()
    assert np.sqrt(mean) == pytest.approx(0.02, rel=0.04)


def test_a_day_without_a_range_is_missing_with_its_reason() -> None:
    high = np.array([[10.0, NAN, 10.0], [10.0, 9.0, 0.0], [np.inf, 5.0, 3.0]])
    low = np.array([[9.0, 8.0, NAN], [10.0, 9.5, 0.0], [1.0, 4.0, -1.0]])
    found = range_volatility(high, low)
    np.testing.assert_array_equal(
        found.status,
        [
            [0, Range.NO_RANGE, Range.NO_RANGE],
            [Range.STANDSTILL, Range.INVERTED, Range.NO_RANGE],
            [Range.NO_RANGE, 0, Range.NO_RANGE],
        ],
    )
    np.testing.assert_array_equal(np.isnan(found.log_variance), found.status != 0)
    assert set(REASONS) == {Range.NO_RANGE, Range.STANDSTILL, Range.INVERTED}


@given(st.floats(0.01, 1e6), st.floats(1e-4, 0.5), st.floats(1e-3, 1e3))
def test_the_unit_of_a_price_does_not_matter(low: float, spread: float, unit: float) -> None:
    one, other = (
        range_volatility(np.array([low * (1 + spread) * k]), np.array([low * k])) for k in (1, unit)
    )
    assert one.log_variance[0] == pytest.approx(other.log_variance[0], abs=1e-6)


def test_sessions_a_year_add_the_same_to_every_logarithm() -> None:
    high, low = np.array([2.0, 3.0]), np.array([1.0, 2.9])
    step = range_volatility(high, low, 365).log_variance - range_volatility(high, low, 252).log_variance
    np.testing.assert_allclose(step, np.log(365 / 252))


def test_real_sessions_locked_at_their_limit_are_missing(market: Market) -> None:
    found = range_volatility(market.high, market.low)
    locked = (market.high == market.low) & (market.high > 0)
    assert locked.any()
    assert (found.status[locked] == Range.STANDSTILL).all()
    n = market.columns(["NVDA"])[0]
    row = market.row("2025-01-27")
    assert found.volatility[row, n] > 3 * np.nanmedian(found.volatility[:, n])


def test_a_row_of_the_clock_has_the_mean_of_the_sessions_it_covers() -> None:
    sessions = days(6)
    values = np.array([[1.0, NAN], [2.0, 5.0], [4.0, NAN], [6.0, NAN], [NAN, 1.0], [8.0, 3.0]])
    found = row_means(sessions, values, sessions[[1, 3, 4, 5]])
    np.testing.assert_allclose(found, [[2, 5], [5, NAN], [NAN, 1], [8, 3]])
    assert row_means(sessions, values, sessions[:0]).shape == (0, 2)

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.analytics.exceedance import exceedances, trailing_quantile
from models.types import Floats

NAN = np.nan


def fat(count: int, names: int = 3, seed: int = 1) -> Floats:
    return np.random.default_rng(seed).standard_t(4, (count, names)) * 0.01


def test_a_limit_is_the_quantile_of_the_sessions_before_and_not_of_today() -> None:
    returns = fat(1200)
    limit = trailing_quantile(returns)
    assert np.isnan(limit[:250]).all()
    for day in (250, 400, 750, 751, 1199):
        expected = np.quantile(returns[max(day - 750, 0) : day], 0.05, axis=0)
        np.testing.assert_allclose(limit[day], expected, rtol=0, atol=1e-15)
    changed = returns.copy()
    changed[900] = -0.9
    np.testing.assert_array_equal(trailing_quantile(changed)[900], limit[900])
    assert (trailing_quantile(changed)[901] <= limit[901]).all()


def test_it_is_the_rolling_quantile_of_pandas_on_own_sessions() -> None:
    """Holes differ by name; in each column the peer sees only the sessions that were."""
    returns = fat(1400)
    returns[np.random.default_rng(2).random(returns.shape) < 0.06] = NAN
    limit = trailing_quantile(returns)
    for column in range(returns.shape[1]):
        own = pd.Series(returns[:, column]).dropna()
        peer = own.rolling(750, min_periods=250).quantile(0.05).shift(1)
        np.testing.assert_allclose(limit[own.index, column], peer, rtol=0, atol=1e-12)
        assert np.isnan(np.delete(limit[:, column], own.index)).all()


def test_about_a_twentieth_of_independent_days_exceed() -> None:
    exceeded, judged = exceedances(fat(5000, 4))
    assert judged[250:].all() and not judged[:250].any()
    share = exceeded.sum() / judged.sum()
    assert abs(share - 0.05) < 3 * np.sqrt(0.05 * 0.95 / judged.sum())


def test_a_return_equal_to_its_limit_counts() -> None:
    flat = np.full(300, -0.01)
    exceeded, judged = exceedances(flat)
    assert exceeded[250:].all() and judged.sum() == 50


def test_a_return_without_history_is_not_judged_and_no_exceedance() -> None:
    returns = fat(260, 2)
    returns[:30, 1] = NAN
    returns[255, 0] = NAN
    returns[259] = -0.5
    exceeded, judged = exceedances(returns)
    assert not judged[:, 1].any() and not exceeded[:, 1].any()
    assert not judged[255, 0]
    assert exceeded[259, 0]


@pytest.mark.parametrize("shape", [(0,), (0, 2), (1,), (400, 0)])
def test_shapes_without_data(shape: tuple[int, ...]) -> None:
    exceeded, judged = exceedances(np.full(shape, 0.01))
    assert exceeded.shape == judged.shape == shape
    assert not judged.any()


@given(seed=st.integers(0, 2**16), factor=st.floats(0.01, 100))
def test_scale_and_order_of_names_change_nothing(seed: int, factor: float) -> None:
    returns = fat(300, 3, seed)
    exceeded, _ = exceedances(returns, window=100, minimum=50)
    order = np.random.default_rng(seed).permutation(3)
    np.testing.assert_array_equal(
        exceedances(returns[:, order], window=100, minimum=50)[0], exceeded[:, order]
    )
    limit = trailing_quantile(returns, window=100, minimum=50)
    np.testing.assert_allclose(trailing_quantile(returns * factor, window=100, minimum=50), limit * factor)

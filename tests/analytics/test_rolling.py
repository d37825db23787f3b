from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.analytics.rolling import (
    ewma_correlation,
    masked_correlation,
    mean_across,
    mean_pairwise,
    rolling_correlation,
    rolling_pair,
)
from models.errors import MeasureSettingError
from models.types import Floats

NAN = np.nan


def fat(seed: int, count: int, names: int) -> Floats:
    rng = np.random.default_rng(seed)
    factor = rng.standard_t(4, (count, 1)) * 0.01
    return factor * rng.uniform(-0.5, 1.5, names) + rng.standard_t(4, (count, names)) * 0.01


def by_pandas(returns: Floats, window: int, minimum: int | None = None) -> Floats:
    found = pd.DataFrame(returns).rolling(window, min_periods=minimum).corr().to_numpy()
    return found.reshape(*returns.shape, returns.shape[1])


@pytest.mark.parametrize(
    ("count", "names", "window"), [(400, 20, 60), (130, 3, 5), (90, 17, 90), (70, 1, 60)]
)
def test_rolling_correlation_is_that_of_pandas(count: int, names: int, window: int) -> None:
    returns = fat(1, count, names)
    np.testing.assert_allclose(
        rolling_correlation(returns, window), by_pandas(returns, window), atol=1e-10, equal_nan=True
    )


@pytest.mark.parametrize("minimum", [None, 20])
def test_holes_listings_and_still_stretches_are_treated_as_pandas_does(minimum: int | None) -> None:
    returns = fat(2, 300, 6)
    returns[np.random.default_rng(3).random(returns.shape) < 0.01] = NAN
    returns[:120, 1] = NAN
    returns[150:230, 2] = 0.001
    found, peer = rolling_correlation(returns, 40, minimum), by_pandas(returns, 40, minimum)
    assert (np.isnan(found) == np.isnan(peer)).all()
    assert np.isnan(found[229, 2, 2]) and np.isfinite(peer).any()
    np.testing.assert_allclose(found, peer, atol=1e-10, equal_nan=True)


def test_a_crash_leaves_no_rounding_error_behind() -> None:
    returns = fat(4, 200, 4) * 1e-6
    returns[50] = -0.4
    window = returns[140:200]
    np.testing.assert_allclose(rolling_correlation(returns, 60)[-1], np.corrcoef(window.T), atol=1e-13)
    level = returns + np.array([0.0, 1.0, -1.0, 5.0])
    np.testing.assert_allclose(rolling_correlation(level, 60)[-1], np.corrcoef(window.T), atol=1e-6)


def test_a_pair_is_its_cell_of_the_matrix() -> None:
    returns = fat(5, 200, 3)
    returns[70, 0] = NAN
    matrix = rolling_correlation(returns, 30, 20)
    np.testing.assert_allclose(
        rolling_pair(returns[:, 0], returns[:, 2], 30, 20), matrix[:, 0, 2], atol=1e-12, equal_nan=True
    )


def test_mean_pairwise_is_the_mean_of_the_pairs_that_can_be_judged() -> None:
    returns = fat(6, 260, 9)
    returns[:100, 4] = NAN
    returns[120:200, 5] = 0.0
    matrix = rolling_correlation(returns, 50)
    above = matrix[:, *np.triu_indices(9, 1)]
    mean, names = mean_pairwise(returns, 50)
    np.testing.assert_allclose(mean[49:], np.nanmean(above[49:], axis=1), atol=1e-12)
    assert np.isnan(mean[:49]).all()
    assert (names[49:] == np.isfinite(np.einsum("tnn->tn", matrix[49:])).sum(axis=1)).all()
    assert names[148:151].tolist() == [8, 9, 9]


def test_mean_across_is_the_mean_of_the_pairs_between_two_groups() -> None:
    returns, first = fat(12, 150, 7), np.arange(7) < 3
    returns[:60, 6] = NAN
    matrix = rolling_correlation(returns, 50)
    mean, names = mean_across(returns, first, 50)
    between = matrix[:, :3, 3:].reshape(150, -1)
    np.testing.assert_allclose(mean[49:], np.nanmean(between[49:], axis=1), atol=1e-12)
    assert names[[48, 49, 108, 109]].tolist() == [0, 6, 6, 7]
    assert np.isnan(mean_across(returns, np.ones(7, dtype=bool), 50)[0]).all()


def test_one_name_has_no_mean_of_pairs() -> None:
    mean, names = mean_pairwise(fat(7, 80, 1), 20)
    assert np.isnan(mean).all() and names[-1] == 1


@given(st.integers(0, 10_000), st.integers(2, 6))
def test_order_and_scale_of_names_change_nothing(seed: int, names: int) -> None:
    rng = np.random.default_rng(seed)
    returns = fat(seed, 60, names)
    returns[rng.random(returns.shape) < 0.05] = NAN
    order, scale = rng.permutation(names), rng.uniform(1e-3, 1e3, names)
    for measure in (
        lambda each: rolling_correlation(each, 20, 10),
        lambda each: ewma_correlation(each, minimum=10),
    ):
        plain = measure(returns)
        np.testing.assert_allclose(measure(returns * scale), plain, atol=1e-9, equal_nan=True)
        np.testing.assert_allclose(
            measure(returns[:, order]), plain[:, order][:, :, order], atol=1e-9, equal_nan=True
        )
        assert np.nanmax(np.abs(plain), initial=0.0) <= 1 + 1e-12


@pytest.mark.parametrize("holes", [0.0, 0.1])
def test_ewma_is_the_recursion_written_out(holes: float) -> None:
    returns, decay, minimum = fat(8, 150, 3), 0.94, 60
    returns[np.random.default_rng(9).random(returns.shape) < holes] = NAN
    found = ewma_correlation(returns, decay, minimum)
    for i, j in ((0, 1), (1, 2), (2, 2)):
        xy = xx = yy = 0.0
        seen = 0
        for t, (x, y) in enumerate(zip(returns[:, i], returns[:, j], strict=True)):
            xy, xx, yy = decay * xy, decay * xx, decay * yy
            if np.isfinite(x) and np.isfinite(y):
                xy, xx, yy, seen = xy + x * y, xx + x * x, yy + y * y, seen + 1
            known = np.isfinite(x) and np.isfinite(y) and seen >= minimum
            expected = xy / np.sqrt(xx * yy) if known else NAN
            assert found[t, i, j] == pytest.approx(expected, abs=1e-12, nan_ok=True)


def test_ewma_without_movement_has_no_correlation() -> None:
    returns = np.column_stack([np.zeros(80), fat(10, 80, 1)[:, 0]])
    found = ewma_correlation(returns, minimum=10)
    assert np.isnan(found[:, 0]).all()
    np.testing.assert_allclose(found[9:, 1, 1], 1.0)


def test_settings_out_of_range_say_what_may_be_chosen() -> None:
    with pytest.raises(MeasureSettingError, match="choose 3 rows or more"):
        rolling_correlation(fat(1, 10, 2), 2)
    with pytest.raises(MeasureSettingError, match="choose 3 rows or more"):
        rolling_correlation(fat(1, 10, 2), 5, 6)
    with pytest.raises(MeasureSettingError, match="decay"):
        ewma_correlation(fat(1, 10, 2), 1.0)


def test_fewer_rows_than_the_window_give_no_value() -> None:
    assert np.isnan(rolling_correlation(fat(1, 10, 2), 60)).all()
    assert np.isnan(mean_pairwise(fat(1, 10, 2), 60)[0]).all()
    assert rolling_correlation(np.empty((0, 2)), 60).shape == (0, 2, 2)
    assert ewma_correlation(np.empty((0, 2))).shape == (0, 2, 2)


def test_pairs_are_judged_on_what_both_have() -> None:
    x = fat(11, 100, 3)
    x[:60, 1] = NAN
    x[:, 2] = 0.01
    found, n = masked_correlation(x.T, 30)
    assert found[0, 1] == pytest.approx(np.corrcoef(x[60:, 0], x[60:, 1])[0, 1], abs=1e-14)
    assert n[0].tolist() == [100, 40, 100]
    assert np.isnan(found[2]).all()
    assert np.isnan(masked_correlation(x.T, 41)[0][0, 1])

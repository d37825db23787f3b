from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.analytics.connectedness import METHODS, connectedness
from models.analytics.rolling_connectedness import (
    REASONS,
    RollingConnectedness,
    Status,
    rolling_connectedness,
)
from models.errors import MeasureSettingError, TooFewNamesError, TooFewObservationsError
from models.types import Floats
from tests.analytics.systems import simulated, statsmodels_table, textbook
from tests.analytics.test_connectedness import GOLDEN

NAN = np.nan


def check_window(found: RollingConnectedness, x: Floats, row: int, near: float = 1e-10, **asked: Any) -> None:
    """One row of the rolling result is the full-sample result of its window."""
    window = x[row + 1 - found.window : row + 1]
    terms = {"names": found.names, "method": found.method, "leading": found.leading} | asked
    one = connectedness(window, found.lags, found.horizon, **terms)
    taken = [found.names.index(name) for name in one.names]
    assert list(np.flatnonzero(found.members[row])) == taken
    assert found.status[row] == Status.FINE
    assert found.observations[row] == one.observations
    assert found.explosive[row] == one.explosive
    assert found.thin[row] == one.thin
    assert found.total[row] == pytest.approx(one.total, abs=near)
    assert found.corrected[row] == pytest.approx(one.corrected, abs=near)
    assert found.shrinkage[row] == pytest.approx(one.shrinkage, abs=1e-10)
    for name in ("to_others", "from_others", "net"):
        values = getattr(found, name)[row]
        np.testing.assert_allclose(values[taken], getattr(one, name), atol=near)
        assert np.isnan(np.delete(values, taken)).all()


def test_windows_of_four_markets_as_published(golden: Path) -> None:
    case = GOLDEN["dy2012"]
    rolled = case["rolling"]
    data = pd.read_csv(golden / "dy2012.csv", index_col=0).to_numpy()
    found = rolling_connectedness(data, rolled["window"], case["lags"], case["horizon"])
    total = found.total[rolled["window"] - 1 :] * 100
    some = total[:: rolled["every"]]
    assert round(some[0], 2) == rolled["first"]
    assert round(total[-1], 2) == rolled["last"]
    assert round(some.min(), 1) == rolled["lowest"]
    assert round(some.max(), 1) == rolled["highest"]
    assert (found.status[rolled["window"] - 1 :] == Status.FINE).all()


@pytest.mark.parametrize(("names", "lags"), [(3, 1), (20, 1), (20, 2), (5, 3)])
def test_each_window_as_statsmodels_has_it(names: int, lags: int) -> None:
    x = simulated(320, names, seed=11, lags=lags) * 1e-2
    found = rolling_connectedness(x, 200, lags, 10)
    for row in (199, 262, 263, 280, 319):
        table = statsmodels_table(x[row - 199 : row + 1], lags, 10)
        own = np.diag(table)
        assert found.total[row] == pytest.approx(1 - own.mean(), abs=1e-8)
        np.testing.assert_allclose(found.to_others[row], table.sum(axis=0) - own, atol=1e-8)
        np.testing.assert_allclose(found.from_others[row], 1 - own, atol=1e-8)


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("shrink", [0.0, 0.2, "auto"])
def test_each_window_is_a_full_sample(method: Any, shrink: Any) -> None:
    x, leading = simulated(260, 4, lags=2), np.array([False, True, False, True])
    found = rolling_connectedness(x, 120, 2, 8, method=method, leading=leading, shrink=shrink)
    assert (found.status[:119] == Status.SHORT).all()
    assert np.isnan(found.total[:119]).all()
    for row in range(119, 260, 17):
        check_window(found, x, row, shrink=shrink)


def test_the_order_of_a_cholesky_matters_and_is_kept() -> None:
    x = simulated(200, 3)
    found = rolling_connectedness(x, 100, horizon=1, method="cholesky")
    np.testing.assert_allclose(found.from_others[99:, 0], 0.0, atol=1e-12)


def test_missing_rows_listings_and_flat_stretches_window_by_window() -> None:
    x = simulated(500, 5, seed=4)
    x[rng_rows(500, 12), 1] = NAN
    x[:150, 2] = NAN
    x[390:, 4] = NAN
    x[200:330, 3] = 0.5
    leading = np.array([True, False, True, True, False])
    found = rolling_connectedness(x, 100, names=list("abcde"), method="clock", leading=leading)
    for row in range(99, 500, 9):
        check_window(found, x, row)
    assert found.members[99:, 0].all()
    assert not found.members[150 + 88, 2] and found.members[150 + 89, 2], "90 of 100 rows"
    # A name flat for the whole window: its 100 values from row 200 on are one.
    assert found.members[298, 3] and not found.members[299, 3] and found.members[330, 3]
    assert dict(found.left_out)["d"] == "did not move in 31 of 401 windows"
    assert dict(found.left_out)["c"] == "has too few values in 140 of 401 windows"
    assert set(dict(found.left_out)) == {"c", "d", "e"}


def rng_rows(rows: int, count: int) -> np.ndarray:
    return np.random.default_rng(8).choice(rows, count, replace=False)


def test_a_window_of_another_size_of_names_has_room_of_its_own() -> None:
    x = simulated(300, 8)
    x[:60, 5:] = NAN
    x[200:, :4] = NAN
    found = rolling_connectedness(x, 80)
    assert set(found.members[79:].sum(axis=1)) == {5, 8, 4}
    for row in (79, 100, 131, 132, 139, 150, 210, 220, 260, 299):
        check_window(found, x, row)


def test_what_a_window_cannot_do_has_its_reason() -> None:
    x = simulated(400, 3, seed=2)
    x[100:150, 1:] = NAN
    x[250:, 2] = x[250:, 1]
    found = rolling_connectedness(x, 60)
    assert found.status[58] == Status.SHORT and found.status[59] == Status.FINE
    assert (found.status[130:155] == Status.FEW_NAMES).all()
    assert (found.status[311:] == Status.SINGULAR).all()
    assert found.status[280] == Status.FINE
    bad = found.status != Status.FINE
    assert np.isnan(found.total[bad]).all() and np.isfinite(found.total[~bad]).all()
    assert np.isnan(found.net[bad]).all() and not found.explosive[bad].any()
    assert set(found.status[bad]) <= set(REASONS)
    for row in (59, 99, 105, 210, 300):
        check_window(found, x, row)


def test_rows_that_are_not_whole_may_leave_too_few() -> None:
    x = simulated(300, 9, seed=6)
    for n in range(9):
        x[100 + 3 * n : 300 : 27, n] = NAN
    found = rolling_connectedness(x, 60)
    assert found.members[59:].all()
    assert found.status[299] == Status.FEW_ROWS
    assert found.observations[299] < 30
    assert found.status[99] == Status.FINE


def test_an_explosive_stretch_is_said() -> None:
    rng = np.random.default_rng(0)
    x = rng.normal(size=(300, 2))
    for t in range(100, 160):
        x[t] += 1.08 * x[t - 1]
    found = rolling_connectedness(x, 60)
    for row in range(59, 300):
        check_window(found, x, row, 1e-8)
    assert found.explosive[150:160].any()
    assert not found.explosive[:100].any() and not found.explosive[230:].any()


def test_a_persistent_system_is_not_called_explosive() -> None:
    """Roots so near to 1 that no power settles it: worked out."""
    rng = np.random.default_rng(9)
    x = np.cumsum(rng.normal(size=(400, 3)), axis=0)
    found = rolling_connectedness(x, 200, 2)
    for row in range(199, 400, 20):
        check_window(found, x, row)


@pytest.mark.parametrize("level", [0.0, -10.0, 1e5])
@pytest.mark.parametrize("unit", [1e-2, 1.0, 1e6])
def test_neither_level_nor_unit_costs_digits(level: float, unit: float) -> None:
    x = simulated(300, 4)
    one, other = rolling_connectedness(x, 100, 2), rolling_connectedness((x + level) * unit, 100, 2)
    np.testing.assert_allclose(one.total, other.total, atol=1e-8)
    np.testing.assert_allclose(one.net, other.net, atol=1e-8)


def test_a_level_that_wanders_far_from_where_it_began() -> None:
    rng = np.random.default_rng(3)
    x = 100 * np.exp(np.cumsum(rng.normal(0.004, 0.02, size=(1500, 3)), axis=0))
    found = rolling_connectedness(x, 100)
    for row in (99, 700, 1499):
        own = np.diag(textbook(x[row - 99 : row + 1], 1, 10))
        np.testing.assert_allclose(found.from_others[row], 1 - own, atol=1e-8)


def test_one_wild_day_leaves_no_trace_once_it_has_left_the_window() -> None:
    x = simulated(400, 3)
    wild = x.copy()
    wild[150] *= 1e4
    one, other = rolling_connectedness(x, 100), rolling_connectedness(wild, 100)
    np.testing.assert_allclose(one.total[251:], other.total[251:], atol=1e-8)
    assert abs(one.total[200] - other.total[200]) > 0.05


@given(st.integers(0, 2**32 - 1), st.integers(101, 219))
def test_later_rows_change_no_earlier_day(seed: int, cut: int) -> None:
    x = simulated(220, 3, seed)
    x[np.random.default_rng(seed).random(x.shape) < 0.01] = NAN
    whole, part = rolling_connectedness(x, 100), rolling_connectedness(x[:cut], 100)
    np.testing.assert_allclose(part.net, whole.net[:cut], atol=1e-9)
    np.testing.assert_array_equal(part.members, whole.members[:cut])


@given(st.integers(0, 2**32 - 1), st.permutations(range(4)), st.integers(-6, 6))
def test_order_and_units_change_nothing(seed: int, order: list[int], power: int) -> None:
    x = simulated(180, 4, seed)
    one, other = rolling_connectedness(x, 90), rolling_connectedness(x[:, order] * 10.0**power, 90)
    np.testing.assert_allclose(one.total, other.total, atol=1e-10)
    np.testing.assert_allclose(one.net[:, order], other.net, atol=1e-10)
    np.testing.assert_allclose(np.nansum(one.net, axis=1), 0.0, atol=1e-12)


def test_what_no_window_could_do_is_refused() -> None:
    x = simulated(400, 20)
    with pytest.raises(TooFewObservationsError) as caught:
        rolling_connectedness(x, 200, 4)
    assert (caught.value.found, caught.value.needed) == (196, 3 * 81)
    assert "rolling window" in str(caught.value)
    assert (rolling_connectedness(x, 200, 4, shrink="auto").status[199:] == Status.FINE).all()
    with pytest.raises(TooFewObservationsError, match="window of 500"):
        rolling_connectedness(x, 500)
    with pytest.raises(MeasureSettingError, match="window cannot be 2"):
        rolling_connectedness(x, 2)
    alone = np.column_stack([x[:, 0], np.full(400, NAN)])
    with pytest.raises(TooFewNamesError, match="2 has 0 values"):
        rolling_connectedness(alone)


def test_few_observations_a_coefficient_are_called_thin() -> None:
    x = simulated(210, 20)
    assert not rolling_connectedness(x).thin.any()
    thin = rolling_connectedness(x, lags=2).thin
    assert thin[199:].all() and not thin[:199].any()

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.analytics.clock import clock_rows
from models.analytics.trailing import Out, per_session
from models.analytics.turbulence import (
    LACKING,
    ROWS_A_NAME,
    Lacking,
    Turbulence,
    chi_square_tail,
    distance,
    shrinkage_for,
    turbulence,
)
from models.errors import MeasureSettingError, TooFewObservationsError
from models.sessions import Calendars
from tests.analytics.market import ASIA, US, Market

NAN = np.nan
SERIES = ("distance", "score", "tail", "magnitude", "correlation", "threshold")


def noise(rows: int, names: int, seed: int = 0) -> np.ndarray:
    rng = np.random.default_rng(seed)
    common = rng.standard_t(4, (rows, 1)) * 0.008
    return common * rng.uniform(0.3, 1.5, names) + rng.standard_t(4, (rows, names)) * 0.012


def same(one: Turbulence, other: Turbulence, rows: slice = slice(None), rtol: float = 1e-9) -> None:
    for name in SERIES:
        np.testing.assert_allclose(
            getattr(one, name)[rows], getattr(other, name)[rows], rtol=rtol, err_msg=name
        )
    assert (one.turbulent[rows] == other.turbulent[rows]).all()


def test_the_worked_example() -> None:
    """Computed by hand: Σ⁻¹ of a 2 × 2; the χ² tail with two degrees of freedom is exp(−d/2)."""
    covariance = np.array([[4e-4, 1e-4], [1e-4, 9e-4]])
    d, score, magnitude = distance(np.array([-0.05, -0.08]), np.zeros(2), covariance)
    assert d == pytest.approx(11.457142857, abs=1e-9)
    assert score == pytest.approx(5.728571429, abs=1e-9)
    assert magnitude == pytest.approx((0.05**2 / 4e-4 + 0.08**2 / 9e-4) / 2)
    tail = chi_square_tail(np.array([d, NAN]), np.array([2, 2]))
    assert tail[0] == pytest.approx(0.003251719, abs=1e-9)
    assert tail[0] == pytest.approx(np.exp(-d / 2))
    assert np.isnan(tail[1])


@given(st.integers(1, 80), st.floats(0, 400))
def test_the_tail_is_scipys(names: int, d: float) -> None:
    from scipy.special import chdtrc

    found = chi_square_tail(np.array([d]), np.array([names]))[0]
    assert found == pytest.approx(chdtrc(names, d), rel=1e-11, abs=1e-300)


def test_no_name_has_no_tail_and_a_far_one_is_nothing() -> None:
    found = chi_square_tail(np.array([NAN, 1e6, 3.0]), np.array([0, 40, 2]))
    assert np.isnan(found[0]) and found[1] == 0 and found[2] == pytest.approx(np.exp(-1.5))


def test_a_day_is_judged_by_the_window_before_it() -> None:
    returns = noise(200, 4)
    found = turbulence(returns, window=60)
    assert np.isnan(found.score[:60]).all()
    for row in (60, 61, 85, 199):
        known = returns[row - 60 : row]
        d, score, magnitude = distance(returns[row], known.mean(axis=0), np.cov(known.T))
        assert found.distance[row] == pytest.approx(d)
        assert found.score[row] == pytest.approx(score)
        assert found.magnitude[row] == pytest.approx(magnitude)
        assert found.correlation[row] == pytest.approx(score / magnitude)
    assert (found.names[60:] == 4).all() and (found.rows[60:] == 60).all()
    assert (found.shrinkage[60:] == 0).all(), "fifteen rows a name need no help"


def test_a_window_short_for_its_names_shrinks_every_correlation_alike() -> None:
    names, window = 12, 50
    returns = noise(70, names)
    found = turbulence(returns, window=window)
    weight = names / window - 1 / ROWS_A_NAME
    known = returns[10:60]
    own = np.diag(np.diag(np.cov(known.T)))
    shrunk = (1 - weight) * np.cov(known.T) + weight * own
    assert found.shrinkage[60] == pytest.approx(weight)
    assert found.distance[60] == pytest.approx(distance(returns[60], known.mean(axis=0), shrunk)[0])
    assert found.magnitude[60] == pytest.approx(distance(returns[60], known.mean(axis=0), own)[1])


def test_shrinkage_begins_where_rows_a_name_run_out() -> None:
    rows = np.array([500, 420, 250, 84])
    np.testing.assert_allclose(shrinkage_for(42, rows), [0, 0, 0.068, 0.4], atol=1e-12)


@settings(max_examples=25)
@given(st.integers(0, 10_000), st.integers(70, 119))
def test_the_future_moves_nothing_before_it(seed: int, row: int) -> None:
    returns = noise(120, 3, seed)
    changed = returns.copy()
    changed[row:] *= -7
    changed[row, 0] = NAN
    same(turbulence(returns, 40), turbulence(changed, 40), slice(0, row), rtol=0)


@settings(max_examples=25)
@given(st.integers(0, 10_000), st.permutations(range(5)))
def test_order_and_scale_of_names_change_nothing(seed: int, order: list[int]) -> None:
    returns = noise(90, 5, seed)
    returns[:30, 2] = NAN
    scales = np.random.default_rng(seed).uniform(0.01, 100, 5)
    same(turbulence(returns, 40), turbulence((returns * scales)[:, order], 40), rtol=1e-6)


def test_a_listing_is_left_out_until_its_window_is_covered() -> None:
    returns = noise(150, 4)
    returns[:70, 3] = NAN
    with_it, without = turbulence(returns, 40), turbulence(returns[:, :3], 40)
    joined = 70 + 38  # 38 rows of 40 are enough, the day itself apart
    same(with_it, without, slice(0, joined))
    assert (with_it.names[40:joined] == 3).all() and (with_it.names[joined:] == 4).all()
    assert (with_it.status[40:joined, 3] == Out.SHORT).all()


def test_a_missing_bar_leaves_the_name_out_that_day_and_the_row_out_of_later_windows() -> None:
    returns = noise(120, 3)
    returns[60, 1] = NAN
    found = turbulence(returns, 40)
    assert found.names[59:62].tolist() == [3, 2, 3]
    assert found.rows[[60, 61, 100, 101]].tolist() == [40, 39, 39, 40]
    assert found.status[60, 1] == Out.ABSENT
    known = np.delete(returns[30:70], 30, axis=0)
    assert found.distance[70] == pytest.approx(distance(returns[70], known.mean(axis=0), np.cov(known.T))[0])


def test_a_flat_name_is_left_out_and_the_others_are_judged() -> None:
    returns = noise(120, 3)
    returns[:, 2] = 0.0
    found = turbulence(returns, 40)
    same(found, turbulence(returns[:, :2], 40))
    assert (found.status[40:, 2] == Out.FLAT).all()


@pytest.mark.parametrize("mix", ["twin", "sum"])
def test_names_that_are_a_mix_of_each_other_are_named(mix: str) -> None:
    returns = noise(120, 4)
    returns[:, 3] = returns[:, 1] if mix == "twin" else returns[:, 0] + returns[:, 1]
    found = turbulence(returns, 40)
    assert np.isnan(found.score).all()
    assert (found.lacking[40:] == Lacking.SINGULAR).all()
    involved = [1, 3] if mix == "twin" else [0, 1, 3]
    assert (found.status[40:, involved] == Out.TWIN).all() and (found.status[40:, 2] == Out.NO).all()


def test_a_twin_that_came_to_be_leaves_the_days_before_alone() -> None:
    returns = noise(140, 3)
    returns[60:, 2] = returns[60:, 1]
    found = turbulence(returns, 40)
    assert np.isfinite(found.score[40:100]).all()
    assert np.isnan(found.score[101:]).all()


def test_too_many_names_for_the_window_say_so() -> None:
    found = turbulence(noise(60, 30), 40)
    assert (found.lacking[40:] == Lacking.ROWS).all() and np.isnan(found.score).all()


def test_names_alone_say_so() -> None:
    returns = noise(60, 2)
    returns[:, 1] = NAN
    found = turbulence(returns, 40)
    assert (found.lacking == Lacking.NAMES).all()
    assert set(LACKING) == set(Lacking) - {Lacking.NOTHING}


def test_too_short_a_history_and_too_short_a_window_are_errors() -> None:
    with pytest.raises(TooFewObservationsError, match=r"needs 251 observations and there are 250; take"):
        turbulence(noise(250, 3))
    with pytest.raises(MeasureSettingError, match="20 rows or more"):
        turbulence(noise(250, 3), window=10)


def test_turbulent_is_above_the_trailing_three_quarters() -> None:
    returns = noise(700, 4)
    found = turbulence(returns, 60)
    assert np.isnan(found.threshold[:310]).all() and not found.turbulent[:310].any()
    row = 650
    assert found.threshold[row] == pytest.approx(np.nanquantile(found.score[:row], 0.75))
    assert found.turbulent[row] == (found.score[row] > found.threshold[row])
    assert 0.15 < found.turbulent[310:].mean() < 0.35


def test_a_large_day_in_proportion_is_magnitude_and_one_against_the_grain_is_correlation() -> None:
    rng = np.random.default_rng(5)
    returns = rng.normal(0, 0.01, (301, 1)) + rng.normal(0, 0.003, (301, 2))
    with_it, against = returns.copy(), returns.copy()
    with_it[300], against[300] = [-0.04, -0.04], [0.02, -0.02]
    usual, odd = (turbulence(table, 250) for table in (with_it, against))
    assert usual.magnitude[300] > odd.magnitude[300]
    assert usual.correlation[300] < 1 < odd.correlation[300]


def test_a_closed_week_on_one_side_is_no_shock_in_itself() -> None:
    """Random walks, Asia shut one week in eight: brought to one session, its rows score as others do."""
    rng = np.random.default_rng(11)
    sessions = np.datetime64("2015-01-01") + np.arange(2400)
    opened = np.ones((2400, 6), dtype=bool)
    opened[(np.arange(2400) % 40 < 5), :3] = False
    asia = np.arange(6) < 3
    returns = np.where(opened, rng.normal(0, 0.01, opened.shape), NAN)
    rows = clock_rows(sessions, returns, asia, opened)
    weeks = rows.us_span > 2
    raw = turbulence(rows.returns).magnitude
    scaled = turbulence(per_session(sessions, returns, rows, asia)).magnitude
    assert np.nanmean(raw[weeks]) > 2, "five sessions beside one look like a shock"
    assert np.nanmean(scaled[weeks]) == pytest.approx(np.nanmean(scaled[~weeks]), abs=0.2)


@pytest.fixture(scope="module")
def real(market: Market, calendars: Calendars) -> tuple[np.ndarray, Turbulence]:
    names = ASIA + US
    returns, opened = market.returns(names), market.exchange_open(names, calendars)
    asia = np.array([name in ASIA for name in names])
    rows = clock_rows(market.sessions, returns, asia, opened)
    return rows.dates, turbulence(per_session(market.sessions, returns, rows, asia))


def test_days_of_the_record_on_real_prices(real: tuple[np.ndarray, Turbulence]) -> None:
    dates, found = real
    for day in ("2024-08-05", "2026-06-05", "2026-06-23", "2026-06-26", "2026-07-31"):
        assert found.turbulent[dates == np.datetime64(day)].all(), day
    assert found.score[dates == np.datetime64("2024-08-05")] > 5
    assert found.names[-1] == 42
    assert np.isfinite(found.score[250:]).all()
    assert 0.15 < found.turbulent[500:].mean() < 0.4


def test_a_missing_day_in_taipei_does_not_put_its_names_out_for_a_year(
    real: tuple[np.ndarray, Turbulence],
) -> None:
    dates, found = real
    tsmc = (ASIA + US).index("2330.TW")
    after = (dates > np.datetime64("2025-08-05")) & (dates < np.datetime64("2026-07-01"))
    assert (found.status[after, tsmc] == Out.NO).all()

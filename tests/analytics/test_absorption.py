from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.analytics.absorption import (
    Absorption,
    absorption,
    absorption_ratio,
    counted,
    standardised_shift,
)
from models.analytics.clock import clock_rows
from models.analytics.trailing import Out, per_session
from models.errors import MeasureSettingError, TooFewObservationsError
from models.sessions import Calendars
from tests.analytics.market import ASIA, US, Market

NAN = np.nan
PUBLISHED = np.array(
    [
        [0.015, 0.031, 0.007, 0.034, 0.014, 0.011],
        [0.012, 0.063, 0.027, 0.023, 0.073, 0.055],
        [0.072, 0.043, 0.097, 0.078, 0.036, 0.083],
    ]
)
"""Three names by six days, from the tests of frds (tests/measures/test_absorption_ratio.py).

The answers there were worked out with the Matlab code of Bisias, Lo and Valavanis (2012).
"""


def noise(rows: int, names: int, seed: int = 0, loading: float = 1.0) -> np.ndarray:
    rng = np.random.default_rng(seed)
    return loading * rng.normal(0, 0.01, (rows, 1)) + rng.normal(0, 0.01, (rows, names))


def by_hand(returns: np.ndarray, window: int, half_life: float, fraction: float = 0.2) -> np.ndarray:
    """The definition, a row at a time."""
    found = np.full(len(returns), NAN)
    weights = 0.5 ** (np.arange(window)[::-1] / half_life)
    for row in range(window - 1, len(returns)):
        known = returns[row - window + 1 : row + 1]
        covariance = np.cov(known.T, aweights=weights, ddof=0)
        spread = np.sqrt(np.diag(covariance))
        values = np.sort(np.linalg.eigvals(covariance / spread / spread[:, None]).real)[::-1]
        found[row] = values[: round(returns.shape[1] * fraction)].sum() / values.sum()
    return found


@pytest.mark.parametrize(
    ("fraction", "expected", "rel"),
    [
        (0.2, 0.7746543307660252, 1e-12),
        (0.1, 0.0, 0),
        (0.3, 0.7747, 1e-4),
        (0.4, 0.7747, 1e-4),
        (0.5, 0.9435, 1e-4),
        (0.6, 0.9435, 1e-4),
        (0.7, 0.9435, 1e-4),
        (0.8, 0.9435, 1e-4),
        (0.9, 1.0, 1e-12),
    ],
)
def test_the_published_example(fraction: float, expected: float, rel: float) -> None:
    assert absorption_ratio(np.cov(PUBLISHED), fraction) == pytest.approx(expected, rel=rel, abs=1e-15)


def test_several_matrices_at_once() -> None:
    stack = np.stack([np.eye(5), np.ones((5, 5)), np.zeros((5, 5))])
    np.testing.assert_allclose(absorption_ratio(stack), [0.2, 1.0, NAN])
    assert [counted(n) for n in (5, 12, 42)] == [1, 2, 8]


def test_the_ratio_is_of_the_weighted_correlation_of_the_window() -> None:
    returns = noise(160, 6)
    found = absorption(returns, window=60, half_life=30)
    np.testing.assert_allclose(found.ratio, by_hand(returns, 60, 30), rtol=1e-9)
    assert (found.names[59:] == 6).all() and (found.rows[59:] == 60).all()
    assert (found.eigenvectors[59:] == 1).all()
    np.testing.assert_array_equal(found.linked, found.ratio)


@settings(max_examples=25)
@given(st.integers(0, 10_000), st.integers(45, 99), st.permutations(range(6)))
def test_trailing_only_and_blind_to_order_and_scale(seed: int, row: int, order: list[int]) -> None:
    returns = noise(100, 6, seed)
    before = absorption(returns, 40, 20).ratio
    changed = returns.copy()
    changed[row:] *= -9
    np.testing.assert_array_equal(absorption(changed, 40, 20).ratio[:row], before[:row])
    scales = np.random.default_rng(seed).uniform(0.01, 100, 6)
    np.testing.assert_allclose(absorption((returns * scales)[:, order], 40, 20).ratio, before, rtol=1e-8)
    assert ((before[39:] > 1 / 6) & (before[39:] <= 1)).all()


def test_names_that_move_as_one_are_absorbed_and_independent_ones_are_not() -> None:
    loose, tight = (absorption(noise(300, 10, loading=w), 250, 125).ratio[-1] for w in (0.0, 8.0))
    assert loose < 0.35 < 0.95 < tight


def test_a_listing_waits_for_its_window_and_its_step_is_taken_out() -> None:
    """Six names of one structure and one of its own: the level steps, the same names' path does not."""
    returns = noise(400, 7, loading=2.0)
    returns[:, 6] = np.random.default_rng(1).normal(0, 0.01, 400)
    returns[:200, 6] = NAN
    found, six = absorption(returns, 100, 50), absorption(returns[:, :6], 100, 50)
    joined = 200 + 95 - 1
    assert found.names[joined - 1 : joined + 1].tolist() == [6, 7]
    assert (found.status[99:joined, 6] == Out.SHORT).all()
    np.testing.assert_allclose(found.ratio[:joined], six.ratio[:joined])
    assert found.ratio[joined] < found.ratio[joined - 1] - 0.05
    # Until the name has all of its window, the rows it lacks are out of it for all names.
    assert abs(found.linked[joined] - found.linked[joined - 1]) < 0.01
    np.testing.assert_allclose(np.diff(found.linked)[joined:], np.diff(found.ratio)[joined:])


def test_names_that_have_nobody_in_common_start_a_path_of_their_own() -> None:
    returns = noise(300, 10)
    returns[150:, :5] = NAN
    returns[:113, 5:] = NAN  # 38 of 40 rows on row 150
    found = absorption(returns, 40, 20)
    assert found.names[149:151].tolist() == [5, 5]
    assert found.linked[150] == pytest.approx(found.linked[149])


def test_a_missing_bar_leaves_the_name_out_that_day_alone() -> None:
    returns = noise(120, 7)
    returns[80, 3] = NAN
    found = absorption(returns, 40, 20)
    assert found.names[79:82].tolist() == [7, 6, 7]
    assert found.rows[[79, 80, 81, 120 - 1]].tolist() == [40, 40, 39, 39]


def test_too_few_names_have_no_ratio() -> None:
    returns = noise(60, 6)
    returns[:, 0] = 0.0
    returns[:, 1] = NAN
    found = absorption(returns, 40, 20)
    assert np.isnan(found.ratio).all() and (found.names == 0).all()
    assert (found.status[39:, 0] == Out.FLAT).all() and (found.status[:, 1] == Out.SHORT).all()


def test_the_shift_is_the_recent_mean_against_the_year() -> None:
    ratio = np.random.default_rng(2).normal(0.6, 0.02, 400)
    found = standardised_shift(ratio)
    assert np.isnan(found[:249]).all()
    year = ratio[300 - 249 : 301]
    assert found[300] == pytest.approx((ratio[286:301].mean() - year.mean()) / year.std(ddof=1))
    holed = ratio.copy()
    holed[260] = NAN
    assert np.isnan(standardised_shift(holed)[260:]).all()
    assert np.isnan(standardised_shift(np.full(300, 0.6))).all()


@pytest.mark.parametrize(
    ("given", "error"),
    [
        ({"window": 10}, MeasureSettingError),
        ({"half_life": 0}, MeasureSettingError),
        ({"fraction": 0.0}, MeasureSettingError),
        ({"fraction": 1.0}, MeasureSettingError),
        ({"window": 101}, TooFewObservationsError),
    ],
)
def test_settings_that_cannot_be(given: dict[str, float], error: type[Exception]) -> None:
    with pytest.raises(error, match=r"choose|take"):
        absorption(noise(100, 6), **{"window": 60, **given})  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def real(market: Market, calendars: Calendars) -> Absorption:
    names = ASIA + US
    returns, opened = market.returns(names), market.exchange_open(names, calendars)
    asia = np.array([name in ASIA for name in names])
    rows = clock_rows(market.sessions, returns, asia, opened)
    return absorption(per_session(market.sessions, returns, rows, asia))


def test_real_prices_have_a_ratio_on_every_row(real: Absorption) -> None:
    assert np.isfinite(real.ratio[499:]).all()
    assert ((real.ratio[499:] > 0.4) & (real.ratio[499:] < 0.8)).all()
    assert real.eigenvectors[-1] == 8 and real.names[-1] == 38
    late = {"CRWV", "285A.T", "NBIS", "SNDK"}
    assert {(ASIA + US)[n] for n in np.flatnonzero(real.status[-1])} == late, "listed less than 475 rows ago"


def test_a_name_that_joins_moves_neither_the_linked_ratio_nor_its_shift_by_itself(real: Absorption) -> None:
    joins = np.flatnonzero(np.diff(real.names) != 0)
    joins = joins[(joins > 800)]
    raw, linked = np.abs(np.diff(real.ratio)[joins]), np.abs(np.diff(real.linked)[joins])
    assert len(joins) > 5 and linked.mean() < raw.mean() / 2
    assert linked.max() < 0.02

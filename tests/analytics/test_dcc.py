from __future__ import annotations

import tomllib
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from models.analytics.clock import clock_rows
from models.analytics.dcc import Dcc, dcc_correlation, dcc_log_likelihood, fit_dcc
from models.errors import (
    FlatSeriesError,
    SingularCovarianceError,
    TooFewNamesError,
    TooFewObservationsError,
)
from models.sessions import Calendars
from models.types import Floats
from tests import optima
from tests.analytics.market import Market

NAN = np.nan


def simulated(count: int, names: int, a: float, b: float, seed: int, rho: float = 0.5) -> Floats:
    """DCC(1,1) on GARCH(.1, .08, .90), fractions, 300 days thrown away first."""
    rng = np.random.default_rng(seed)
    target = np.full((names, names), rho) + np.eye(names) * (1 - rho)
    q, z, h = target.copy(), np.zeros(names), np.full(names, 0.1 / 0.02)
    surprise, found = np.zeros(names), []
    for t in range(count + 300):
        if t:
            q = (1 - a - b) * target + a * np.outer(z, z) + b * q
            h = 0.1 + 0.08 * surprise**2 + 0.90 * h
        scale = 1 / np.sqrt(np.diag(q))
        z = np.linalg.cholesky(q * np.outer(scale, scale)) @ rng.normal(size=names)
        surprise = np.sqrt(h) * z
        found.append(surprise)
    return np.array(found[300:]) / 100


@pytest.fixture(scope="module")
def pair() -> Dcc:
    return fit_dcc(simulated(2500, 2, 0.05, 0.90, 1), ("A", "B"))


def test_known_parameters_are_found_again() -> None:
    """24 samples of 2,500 days; a single b spreads by some .04."""
    fits = [fit_dcc(simulated(2500, 2, 0.05, 0.90, seed), ("A", "B")) for seed in range(100, 124)]
    assert np.median([fit.a for fit in fits]) == pytest.approx(0.05, abs=0.01)
    assert np.median([fit.b for fit in fits]) == pytest.approx(0.90, abs=0.025)
    assert all(fit.converged and fit.persistence < 1 for fit in fits)


@pytest.mark.parametrize("names", [2, 3])
def test_likelihood_and_correlations_written_out(names: int) -> None:
    z = (
        np.random.default_rng(3).normal(size=(400, names))
        @ np.linalg.cholesky(np.full((names, names), 0.4) + np.eye(names) * 0.6).T
    )
    a, b = 0.06, 0.85
    target = sum(np.outer(row, row) for row in z) / len(z)
    q, total = target.copy(), 0.0
    for t, row in enumerate(z):
        if t:
            q = (1 - a - b) * target + a * np.outer(z[t - 1], z[t - 1]) + b * q
        scale = np.diag(1 / np.sqrt(np.diag(q)))
        r = scale @ q @ scale
        np.testing.assert_allclose(dcc_correlation(z, a, b)[t], r, atol=1e-11)
        total -= 0.5 * (np.log(np.linalg.det(r)) + row @ np.linalg.solve(r, row) - row @ row)
    assert dcc_log_likelihood(z, a, b) == pytest.approx(total, abs=1e-8)


def test_without_dynamics_it_is_the_constant_correlation() -> None:
    z = np.random.default_rng(4).normal(size=(300, 3))
    cross = z.T @ z
    constant = cross / np.sqrt(np.outer(np.diag(cross), np.diag(cross)))
    np.testing.assert_allclose(
        dcc_correlation(z, 0.0, 0.0), np.broadcast_to(constant, (300, 3, 3)), atol=1e-12
    )
    np.testing.assert_allclose(
        dcc_correlation(z, 0.0, 0.9), np.broadcast_to(constant, (300, 3, 3)), atol=1e-11
    )


def test_constant_correlation_leaves_nothing_for_the_dynamics() -> None:
    gains = []
    for seed in range(12):
        fit = fit_dcc(simulated(1500, 2, 0.0, 0.0, 200 + seed), ("A", "B"))
        gains.append(fit.log_likelihood - fit.constant_log_likelihood)
        assert fit.a < 0.06
    assert min(gains) >= -1e-6
    assert np.median(gains) < 2  # twice the gain is χ² on 2, at most


def test_moving_correlation_is_worth_its_parameters(pair: Dcc) -> None:
    assert pair.log_likelihood - pair.constant_log_likelihood > 10
    assert np.ptp(pair.correlation[:, 0, 1]) > 0.3
    np.testing.assert_allclose(np.einsum("tnn->tn", pair.correlation), 1.0, atol=1e-12)


def test_nothing_near_the_optimum_is_likelier(pair: Dcc) -> None:
    z = np.column_stack([model.residuals for model in pair.garch])
    best = dcc_log_likelihood(z, pair.a, pair.b)
    for a in np.linspace(0.5, 1.5, 11) * pair.a:
        for b in np.linspace(0.9, 1.04, 11) * pair.b:
            assert dcc_log_likelihood(z, a, b) <= best + 1e-6


def test_another_program_finds_the_same() -> None:
    path = Path(__file__).parents[1] / "golden" / "correlation.toml"
    peer = tomllib.loads(path.read_text(encoding="utf-8"))["frds"]
    fit = fit_dcc(simulated(2000, 2, 0.05, 0.90, peer["seed"]), ("A", "B"))
    assert [each.omega for each in fit.garch] == pytest.approx(peer["omega"], rel=0.06)
    assert [each.alpha for each in fit.garch] == pytest.approx(peer["alpha"], rel=0.04)
    assert [each.beta for each in fit.garch] == pytest.approx(peer["beta"], rel=0.01)
    assert [each.mu for each in fit.garch] == pytest.approx(peer["mu"], abs=0.005)
    assert (fit.a, fit.b) == pytest.approx((peer["a"], peer["b"]), rel=0.01)
    assert fit.log_likelihood == pytest.approx(peer["log_likelihood"], abs=3)


def test_order_and_unit_change_nothing() -> None:
    returns = simulated(900, 3, 0.05, 0.85, 5)
    plain = fit_dcc(returns, ("A", "B", "C"))
    turned = fit_dcc(returns[:, [2, 0, 1]], ("C", "A", "B"))
    scaled = fit_dcc(returns * [1e-3, 1.0, 50.0], ("A", "B", "C"))
    for other in (turned, scaled):
        assert (other.a, other.b) == pytest.approx((plain.a, plain.b), abs=1e-4)
    np.testing.assert_allclose(turned.correlation[:, 1, 2], plain.correlation[:, 0, 1], atol=1e-4)
    np.testing.assert_allclose(scaled.correlation, plain.correlation, atol=1e-4)


def test_rows_with_a_hole_are_left_out_and_counted() -> None:
    returns = simulated(700, 2, 0.05, 0.85, 6)
    holed = np.insert(returns, [100, 400], NAN, axis=0)
    fit = fit_dcc(holed, ("A", "B"))
    assert fit.used.sum() == 700 and not fit.used[[100, 401]].any()
    assert fit.a == pytest.approx(fit_dcc(returns, ("A", "B")).a, abs=1e-9)
    whole = fit.aligned()
    assert np.isnan(whole[100]).all() and np.isfinite(whole[fit.used]).all()


def test_bad_input_says_what_would_help() -> None:
    returns = simulated(600, 3, 0.05, 0.85, 7)
    returns[:270, 2] = NAN
    with pytest.raises(TooFewObservationsError, match="500 observations and there are 330") as caught:
        fit_dcc(returns[:, [0, 2]], ("NVDA", "CRWV"))
    assert str(caught.value).startswith("A dynamic correlation of NVDA and CRWV")
    assert "EWMA" in str(caught.value)
    with pytest.raises(TooFewObservationsError, match="the shortest is CRWV, with 330"):
        fit_dcc(returns, ("NVDA", "MU", "CRWV"))
    with pytest.raises(TooFewNamesError):
        fit_dcc(returns[:, :1], ("NVDA",))
    twin = returns[:, [0, 0]]
    with pytest.raises(SingularCovarianceError, match="NVDA, NVDA2"):
        fit_dcc(twin, ("NVDA", "NVDA2"))
    still = returns[:, :2].copy()
    still[:, 1] = 0.0
    with pytest.raises(FlatSeriesError, match="MU did not move"):
        fit_dcc(still, ("NVDA", "MU"))


def test_real_memory_makers_have_a_correlation_that_moves(market: Market, calendars: Calendars) -> None:
    names = ("000660.KS", "MU")
    rows = clock_rows(
        market.sessions,
        market.returns(names),
        np.array([True, False]),
        market.exchange_open(names, calendars),
        lead="us",
    )
    since = rows.dates >= np.datetime64("2021-08-01")
    fit = fit_dcc(rows.returns[since], names)
    assert fit.converged and 0 < fit.a < 0.2 and 0.5 < fit.persistence < 1
    rho = fit.correlation[:, 0, 1]
    assert rho.mean() == pytest.approx(np.corrcoef(rows.returns[since][fit.used].T)[0, 1], abs=0.1)


@pytest.mark.parametrize(("seed", "gain"), [(1, 2.6353), (6, 1.5608), (20, 1.5073)])
def test_a_small_pull_with_a_long_memory_is_not_taken_for_none(seed: int, gain: float) -> None:
    """The likelihood has a second hollow at once nothing and short, where a search from afar ends."""
    fit = fit_dcc(simulated(1500, 2, 0.008, 0.985, seed), ("A", "B"))
    assert fit.converged and fit.b > 0.95
    assert fit.log_likelihood - fit.constant_log_likelihood == pytest.approx(gain, abs=1e-3)
    assert optima.dcc_gain(fit) < optima.ENOUGH
    assert optima.dcc_gain(replace(fit, a=0.0, b=0.0)) == pytest.approx(gain, abs=1e-3)


def test_no_dynamics_are_no_dynamics() -> None:
    """Where nothing beats a constant, a and b are both 0: b would mean nothing."""
    fits = [fit_dcc(simulated(1500, 2, 0.0, 0.0, 200 + seed), ("A", "B")) for seed in range(12)]
    assert any(fit.a == 0 for fit in fits)
    assert all(fit.b == 0 for fit in fits if fit.a == 0)


PAIRS = (("NVDA", "000660.KS"), ("MU", "2330.TW"), ("AMAT", "2330.TW"), ("000660.KS", "MU"))
"""Pairs whose likelihood has two hollows, a tenth of a point to four points apart."""


@pytest.mark.parametrize("pair", PAIRS, ids="-".join)
def test_no_start_of_a_grid_beats_the_fit(
    market: Market, calendars: Calendars, pair: tuple[str, str]
) -> None:
    fit = fit_dcc(clocked(market, calendars, pair), pair)
    assert optima.dcc_gain(fit) <= optima.ENOUGH
    own = clocked(market, calendars, pair)[fit.used, 0]
    assert optima.garch_gain(own, fit.garch[0]) <= optima.ENOUGH


def clocked(market: Market, calendars: Calendars, pair: tuple[str, str]) -> np.ndarray:
    """The returns of a pair in rows of the clock since August 2021, New York first."""
    asia = np.array([not name.isalpha() for name in pair])
    own = market.returns(pair), asia, market.exchange_open(pair, calendars)
    rows = clock_rows(market.sessions, *own, lead="us")
    found: np.ndarray = rows.returns[rows.dates >= np.datetime64("2021-08-01")]
    return found

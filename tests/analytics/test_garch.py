from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.analytics.garch import (
    Garch,
    fit_garch,
    garch_log_likelihood,
    garch_variance,
    recursion,
)
from models.analytics.searching import least
from models.errors import FlatSeriesError, TooFewObservationsError
from models.types import Floats
from tests import optima
from tests.analytics.market import Market


def simulated(count: int, omega: float, alpha: float, beta: float, seed: int, mean: float = 0.05) -> Floats:
    """Fractions; the parameters are in percent."""
    draws = np.random.default_rng(seed).normal(size=count + 300)
    variance, surprise, found = omega / (1 - alpha - beta), 0.0, []
    for draw in draws:
        variance = omega + alpha * surprise**2 + beta * variance
        surprise = np.sqrt(variance) * draw
        found.append(mean + surprise)
    return np.array(found[300:]) / 100


@pytest.mark.parametrize("count", [1, 2, 63, 64, 65, 500])
def test_the_recursion_written_out(count: int) -> None:
    terms = np.random.default_rng(1).normal(size=(2, count))
    found = recursion(terms, 0.97, np.array([3.0, -1.0]))
    value = np.array([3.0, -1.0])
    for t in range(count):
        value = value if t == 0 else 0.97 * value + terms[:, t]
        np.testing.assert_allclose(found[:, t], value, atol=1e-12)


def test_the_likelihood_written_out() -> None:
    surprises = np.random.default_rng(2).normal(size=700)
    h, total = 1.3, 0.0
    for t, surprise in enumerate(surprises):
        h = h if t == 0 else 0.1 + 0.07 * surprises[t - 1] ** 2 + 0.88 * h
        total += -0.5 * (np.log(2 * np.pi) + np.log(h) + surprise**2 / h)
    variance = garch_variance(surprises, 0.1, 0.07, 0.88, 1.3)
    assert garch_log_likelihood(surprises, variance) == pytest.approx(total, abs=1e-9)


def test_known_parameters_are_found_again() -> None:
    """30 samples of 3,000 days: means within a tenth (β a hundredth), as the method's own spread allows."""
    fits = [fit_garch(simulated(3000, 0.1, 0.08, 0.90, seed)) for seed in range(30)]
    assert all(fit.converged for fit in fits)
    assert np.mean([fit.alpha for fit in fits]) == pytest.approx(0.08, abs=0.006)
    assert np.mean([fit.beta for fit in fits]) == pytest.approx(0.90, abs=0.012)
    assert np.mean([fit.omega for fit in fits]) == pytest.approx(0.1, abs=0.03)
    assert np.mean([fit.mu for fit in fits]) == pytest.approx(0.05, abs=0.02)


def test_nothing_near_the_optimum_is_likelier() -> None:
    returns = simulated(1500, 0.1, 0.1, 0.85, 7)
    fit = fit_garch(returns)
    rng, scale = np.random.default_rng(8), np.var(returns * 100)

    def likelihood(mu: float, omega: float, alpha: float, beta: float) -> float:
        residuals = returns * 100 - mu
        return garch_log_likelihood(residuals, garch_variance(residuals, omega, alpha, beta, scale))

    best = (fit.mu, fit.omega, fit.alpha, fit.beta)
    assert likelihood(*best) == pytest.approx(fit.log_likelihood, abs=1e-9)
    for _ in range(200):
        near = np.array(best) * (1 + rng.normal(0, 0.02, 4))
        assert likelihood(*near) <= fit.log_likelihood + 1e-6


@given(st.floats(-6, 4))
def test_the_unit_changes_nothing(power: float) -> None:
    plain, scaled = _FITTED, fit_garch(_RETURNS * 10**power)
    assert (scaled.alpha, scaled.beta) == pytest.approx((plain.alpha, plain.beta), rel=1e-4)
    assert scaled.omega == pytest.approx(plain.omega * 100**power, rel=1e-3)


def test_independent_returns_have_no_memory_to_speak_of() -> None:
    fit = fit_garch(np.random.default_rng(9).normal(0, 0.01, 3000))
    assert fit.alpha < 0.05
    assert np.mean(fit.variance) == pytest.approx(1.0, rel=0.1)
    assert fit.persistence < 1


def test_too_short_and_still_series_say_so() -> None:
    with pytest.raises(TooFewObservationsError, match="CRWV needs 500 observations") as caught:
        fit_garch(np.ones(330), "CRWV")
    assert (caught.value.found, caught.value.needed) == (330, 500)
    assert "EWMA" in str(caught.value)
    with pytest.raises(FlatSeriesError, match="CRWV did not move"):
        fit_garch(np.full(600, 0.01), "CRWV")


def test_a_search_stops_at_bounds_and_finds_the_foot_of_a_valley() -> None:
    def valley(x: Floats) -> tuple[float, Floats]:
        value = (1 - x[0]) ** 2 + 100 * (x[1] - x[0] ** 2) ** 2
        slope = [-2 * (1 - x[0]) - 400 * x[0] * (x[1] - x[0] ** 2), 200 * (x[1] - x[0] ** 2)]
        return float(value), np.array(slope)

    inside = least(valley, (-1.2, 1.0), [(-2.0, 2.0), (-2.0, 2.0)])
    assert inside.converged
    np.testing.assert_allclose(inside.at, [1.0, 1.0], atol=1e-5)
    bounded = least(valley, (-1.2, 0.2), [(-2.0, 0.5), (-2.0, 2.0)])
    assert bounded.converged
    np.testing.assert_allclose(bounded.at, [0.5, 0.25], atol=1e-5)


_RETURNS = simulated(800, 0.1, 0.1, 0.85, 3)
_FITTED: Garch = fit_garch(_RETURNS)


def test_the_variance_of_the_first_day_follows_the_convention_asked_for() -> None:
    """Ours is the sample's; the published benchmark's is what the model makes of a day at the mean square."""
    returns = np.random.default_rng(11).standard_normal(1500) * 0.02
    for first in ("sample", "presample"):
        fit = fit_garch(returns, first=first)  # type: ignore[arg-type]
        residuals = returns * 100 - fit.mu
        own = float((returns * 100).var())
        if first == "presample":
            own = fit.omega + (fit.alpha + fit.beta) * float(np.mean(residuals**2))
        assert fit.variance[0] == pytest.approx(own, rel=1e-9)
        again = garch_variance(residuals, fit.omega, fit.alpha, fit.beta, own)
        assert fit.log_likelihood == pytest.approx(garch_log_likelihood(residuals, again), abs=1e-9)
        assert optima.garch_gain(returns, fit) <= optima.ENOUGH or first == "presample"


def test_a_memory_without_end_is_found_on_real_prices(market: Market) -> None:
    """Intel since 2021: β at its bound is likelier by 3.5 log points than where three starts ended."""
    own = market.returns(("INTC",))[:, 0]
    own = own[np.isfinite(own)][-1200:]
    assert optima.garch_gain(own, fit_garch(own)) <= optima.ENOUGH

"""GARCH(1,1) by quasi maximum likelihood: the variance of tomorrow from today's surprise."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from models.analytics.searching import least
from models.errors import FlatSeriesError, TooFewObservationsError
from models.types import Floats

OBSERVATIONS = 500
PERSISTENCE = 0.9999

_BLOCK = 64
_LN_2PI = float(np.log(2 * np.pi))
# ω, α, and β's part of what α leaves of the persistence
_STARTS = ((0.05, 0.08, 0.95), (0.20, 0.20, 0.75), (0.02, 0.03, 0.98))
_ALTERNATIVE = "take an earlier start or leave it out, or use the fading (EWMA) correlation, which needs 60"


@dataclass(frozen=True, slots=True, eq=False)
class Garch:
    """One fitted GARCH(1,1): h[t] = ω + α ε[t−1]² + β h[t−1], r = μ + ε.

    Attributes
    ----------
    mu
        Mean, percent.
    omega
        ω, percent².
    alpha, beta
        α ≥ 0, β ≥ 0, α + β < 1.
    variance
        h, percent², shape (T,); the first is the sample variance.
    residuals
        ε / √h, shape (T,).
    log_likelihood
        Gaussian, of returns in percent.
    converged
        Whether the search ended at an optimum.
    """

    mu: float
    omega: float
    alpha: float
    beta: float
    variance: Floats
    residuals: Floats
    log_likelihood: float
    converged: bool

    @property
    def persistence(self) -> float:
        """α + β."""
        return self.alpha + self.beta


def recursion(terms: Floats, decay: float, first: Floats | float) -> Floats:
    """Return x with x[0] = first and x[t] = decay · x[t−1] + terms[t].

    In two triangular products over blocks of rows; the same as a filter, without the half second that
    importing one takes.

    Parameters
    ----------
    terms
        Shape (…, T); ``terms[…, 0]`` is not used.
    decay
        Between 0 and 1.
    first
        A number, or shape (…).

    Returns
    -------
    Floats
        Shape of ``terms``.
    """
    count = terms.shape[-1]
    blocks = -(-count // _BLOCK)
    padded = np.zeros((*terms.shape[:-1], blocks * _BLOCK))
    padded[..., :count] = terms
    padded[..., 0] = first
    inner = padded.reshape(*terms.shape[:-1], blocks, _BLOCK) @ _triangle(decay, _BLOCK).T
    ends = inner[..., -1] @ _triangle(decay**_BLOCK, blocks).T
    inner[..., 1:, :] += ends[..., :-1, None] * decay ** np.arange(1, _BLOCK + 1)
    return inner.reshape(padded.shape)[..., :count]


def garch_variance(residuals: Floats, omega: float, alpha: float, beta: float, first: float) -> Floats:
    """Return h[t] = ω + α ε[t−1]² + β h[t−1] with h[0] = ``first``.

    Parameters
    ----------
    residuals
        ε, shape (T,), in any unit.
    omega, alpha, beta
        ω in the square of that unit.
    first
        The variance of the first day.

    Returns
    -------
    Floats
        Shape (T,).
    """
    terms = np.empty(len(residuals))
    terms[1:] = omega + alpha * residuals[:-1] ** 2
    return recursion(terms, beta, first)


def garch_log_likelihood(residuals: Floats, variance: Floats) -> float:
    """Return the Gaussian log-likelihood −½ Σ (ln 2π + ln h + ε² / h).

    Parameters
    ----------
    residuals, variance
        ε and h, shape (T,).

    Returns
    -------
    float
        In the unit of the residuals.
    """
    return float(-0.5 * np.sum(_LN_2PI + np.log(variance) + residuals**2 / variance))


def fit_garch(returns: Floats, name: str = "the series", minimum: int = OBSERVATIONS) -> Garch:
    """Fit a GARCH(1,1) with a constant mean.

    The series is brought to mean 0 and variance 1 before the search, so that its unit cannot matter, and
    the answer is given in percent. The search runs over μ, ω, α and β's part of what α leaves of the
    largest α + β, with the exact gradient, from three starts; the best end counts.

    Parameters
    ----------
    returns
        Fractions, shape (T,), without holes.
    name
        For the sentence of an error.
    minimum
        Observations needed.

    Returns
    -------
    Garch
        Parameters in percent.

    Raises
    ------
    TooFewObservationsError
        With fewer than ``minimum`` returns.
    FlatSeriesError
        If the series does not move.

    References
    ----------
    Bollerslev (1986), eq. 4 and 22.
    """
    if len(returns) < minimum:
        raise TooFewObservationsError(f"A volatility model of {name}", len(returns), minimum, _ALTERNATIVE)
    percent = returns * 100
    centre, scale = float(percent.mean()), float(percent.std())
    if not scale > 1e-12 * float(np.abs(percent).max()):
        raise FlatSeriesError((name,))
    theta, converged = _search((percent - centre) / scale)
    mu, omega, alpha, beta = _parameters(theta)
    mu, omega = centre + scale * mu, scale**2 * omega
    residuals = percent - mu
    variance = garch_variance(residuals, omega, alpha, beta, scale**2)
    found = garch_log_likelihood(residuals, variance)
    return Garch(mu, omega, alpha, beta, variance, residuals / np.sqrt(variance), found, converged)


def _search(z: Floats) -> tuple[Floats, bool]:
    """Best of the starts: mean, ω, α, β's part."""
    bounds = [(-1.0, 1.0), (1e-8, 10.0), (0.0, PERSISTENCE), (0.0, 1.0)]
    ends = [least(lambda theta: _negative(theta, z), (0.0, *start), bounds) for start in _STARTS]
    best = min(ends, key=lambda end: end.value)
    return best.at, best.converged


def _parameters(theta: Floats) -> tuple[float, float, float, float]:
    mu, omega, alpha, part = (float(each) for each in theta)
    return mu, omega, alpha, part * (PERSISTENCE - alpha)


def _negative(theta: Floats, z: Floats) -> tuple[float, Floats]:
    """Mean negative log-likelihood of a series of variance 1, and its gradient by the adjoint recursion."""
    mu, omega, alpha, beta = _parameters(theta)
    residuals = z - mu
    square = residuals**2
    h = garch_variance(residuals, omega, alpha, beta, 1.0)
    pull = 0.5 * (1 / h - square / h**2)
    felt = recursion(pull[::-1], beta, pull[-1])[::-1][1:]
    by_omega, by_alpha, by_beta = felt.sum(), felt @ square[:-1], felt @ h[:-1]
    by_mu = -(residuals / h).sum() - 2 * alpha * (felt @ residuals[:-1])
    part = theta[3]
    gradient = np.array([by_mu, by_omega, by_alpha - part * by_beta, (PERSISTENCE - alpha) * by_beta])
    value = 0.5 * np.sum(np.log(h) + square / h)
    return float(value) / len(z), gradient / len(z)


def _triangle(decay: float, size: int) -> Floats:
    """Lower triangular matrix of decay to the power of row − column."""
    power = np.concatenate([np.zeros(size - 1), decay ** np.arange(size, dtype=np.float64)])
    row = np.arange(size)
    return power[row[:, None] - row[None, :] + size - 1]

"""GARCH(1,1) by quasi maximum likelihood: the variance of tomorrow from today's surprise."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from models.analytics.searching import basins, least
from models.errors import FlatSeriesError, TooFewObservationsError
from models.types import Floats

First = Literal["sample", "presample"]
"""What the variance of the first day is: the sample's, or what the model makes of a day before it at the mean
squared surprise, h[0] = ω + (α + β) · mean ε², as the published benchmark has it."""
OBSERVATIONS = 500
PERSISTENCE = 0.9999

_BLOCK = 64
_LN_2PI = float(np.log(2 * np.pi))
# The grid that finds the hollows: α, β, and ω as a multiple of what keeps the variance at the sample's.
_GRID_ALPHA = (0.01, 0.03, 0.06, 0.1, 0.2, 0.35)
_GRID_BETA = (0.0, 0.4, 0.7, 0.85, 0.93, 0.97, 0.985)
_GRID_OMEGA = (0.5, 1.0, 2.0)
_FOLLOWED = 3
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
        h, percent², shape (T,); the first is the sample variance, or the one of ``First``.
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


def fit_garch(
    returns: Floats,
    name: str = "the series",
    minimum: int = OBSERVATIONS,
    first: First = "sample",
) -> Garch:
    """Fit a GARCH(1,1) with a constant mean.

    The series is brought to mean 0 and variance 1 before the search, so that its unit cannot matter, and
    the answer is given in percent. The search runs over μ, ω, α and β's part of what α leaves of the
    largest α + β, with the exact gradient, from the lowest hollows of a grid; the best end counts.

    Parameters
    ----------
    returns
        Fractions, shape (T,), without holes.
    name
        For the sentence of an error.
    minimum
        Observations needed.
    first
        The variance of the first day. ``sample`` does not move with the parameters; ``presample`` is the
        convention of the benchmark of Bollerslev and Ghysels (1996) as Fiorentini, Calzolari and Panattoni
        (1996) solved it, to compare with other programs. They differ by what one day is worth.

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

    Notes
    -----
    On the benchmark's series, the mark against the pound (1984 to 1991, 1,974 days), the published answer is
    μ −0.00619041, ω 0.0107614, α 0.153134, β 0.805974, log-likelihood −1106.608; ``presample`` gives these
    digits, ``sample`` μ −0.00616639, ω 0.0107600, α 0.153406, β 0.805882 and −1106.585.

    References
    ----------
    Bollerslev (1986), eq. 4 and 22; McCullough and Renfro (1999) on what the benchmark fixes.
    """
    if len(returns) < minimum:
        raise TooFewObservationsError(f"A volatility model of {name}", len(returns), minimum, _ALTERNATIVE)
    percent = returns * 100
    centre, scale = float(percent.mean()), float(percent.std())
    if not scale > 1e-12 * float(np.abs(percent).max()):
        raise FlatSeriesError((name,))
    theta, converged = _search((percent - centre) / scale, first)
    mu, omega, alpha, beta = _parameters(theta)
    mu, omega = centre + scale * mu, scale**2 * omega
    residuals = percent - mu
    start = scale**2
    if first == "presample":
        start = omega + (alpha + beta) * float(np.mean(residuals**2))
    variance = garch_variance(residuals, omega, alpha, beta, start)
    found = garch_log_likelihood(residuals, variance)
    return Garch(mu, omega, alpha, beta, variance, residuals / np.sqrt(variance), found, converged)


def _search(z: Floats, first: First = "sample") -> tuple[Floats, bool]:
    """Best of the starts: mean, ω, α, β's part."""
    bounds = [(-1.0, 1.0), (1e-8, 10.0), (0.0, PERSISTENCE), (0.0, 1.0)]
    ends = [least(lambda theta: _negative(theta, z, first), start, bounds) for start in _starts(z)]
    best = min(ends, key=lambda end: end.value)
    return best.at, best.converged


def _starts(z: Floats) -> list[tuple[float, float, float, float]]:
    """The lowest hollows of the likelihood of a series of mean 0 and variance 1.

    For one β the variance is linear in ω and in α, so that one recursion serves every cell of it.
    """
    square = z**2
    terms = np.zeros((2, len(z)))
    terms[0, 1:], terms[1, 1:] = square[:-1] - 1, 1.0
    alpha, multiple = np.array(_GRID_ALPHA)[:, None], np.array(_GRID_OMEGA)
    values = np.full((len(_GRID_ALPHA), len(_GRID_BETA), len(_GRID_OMEGA)), np.inf)
    omegas = np.maximum(1 - alpha[:, :, None] - np.array(_GRID_BETA)[:, None], 0) * multiple
    for column, beta in enumerate(_GRID_BETA):
        moved, steady = recursion(terms, beta, 0.0)
        for row in np.flatnonzero(omegas[:, column, 0] > 0):
            spare = omegas[row, column] - (1 - alpha[row] - beta)
            h = 1 + alpha[row] * moved + spare[:, None] * steady
            values[row, column] = np.mean(np.log(h) + square / h, axis=1)
    chosen = np.argmin(values, axis=2)
    found = []
    for at, column in basins(values.min(axis=2), _FOLLOWED):
        omega, share = omegas[at, column, chosen[at, column]], _GRID_ALPHA[at]
        found.append((0.0, float(omega), share, _GRID_BETA[column] / (PERSISTENCE - share)))
    return found


def _parameters(theta: Floats) -> tuple[float, float, float, float]:
    mu, omega, alpha, part = (float(each) for each in theta)
    return mu, omega, alpha, part * (PERSISTENCE - alpha)


def _negative(theta: Floats, z: Floats, first: First = "sample") -> tuple[float, Floats]:
    """Mean negative log-likelihood of a series of variance 1, and its gradient by the adjoint recursion."""
    mu, omega, alpha, beta = _parameters(theta)
    residuals = z - mu
    square = residuals**2
    before = float(square.mean())
    start = 1.0 if first == "sample" else omega + (alpha + beta) * before
    h = garch_variance(residuals, omega, alpha, beta, start)
    pull = 0.5 * (1 / h - square / h**2)
    whole = recursion(pull[::-1], beta, pull[-1])[::-1]
    felt = whole[1:]
    by_omega, by_alpha, by_beta = felt.sum(), felt @ square[:-1], felt @ h[:-1]
    by_mu = -(residuals / h).sum() - 2 * alpha * (felt @ residuals[:-1])
    if first == "presample":
        by_omega, by_alpha, by_beta = (
            by_omega + whole[0],
            by_alpha + whole[0] * before,
            by_beta + whole[0] * before,
        )
        by_mu -= 2 * (alpha + beta) * whole[0] * residuals.mean()
    part = theta[3]
    gradient = np.array([by_mu, by_omega, by_alpha - part * by_beta, (PERSISTENCE - alpha) * by_beta])
    value = 0.5 * np.sum(np.log(h) + square / h)
    return float(value) / len(z), gradient / len(z)


def _triangle(decay: float, size: int) -> Floats:
    """Lower triangular matrix of decay to the power of row − column."""
    power = np.concatenate([np.zeros(size - 1), decay ** np.arange(size, dtype=np.float64)])
    row = np.arange(size)
    return power[row[:, None] - row[None, :] + size - 1]

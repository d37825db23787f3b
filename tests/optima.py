"""Whether a fit is the best there is: a search of its own kind looks for a better one all over a grid."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from models.analytics.dcc import Dcc, dcc_log_likelihood
from models.analytics.garch import PERSISTENCE, Garch, garch_log_likelihood, garch_variance
from models.types import Floats

A = (0.002, 0.005, 0.012, 0.03, 0.07, 0.15, 0.3)
PART = (0.0, 0.3, 0.6, 0.8, 0.92, 0.98, 0.998)
ENOUGH = 1e-4
"""Log points that a start may gain over a fit: what is left where the likelihood is flat."""
_ROUGH, _FINE = 0.2, 1e-3
_FOLLOWED = 4


def best_of(
    value: Callable[[Floats], float], starts: Sequence[Sequence[float]], high: Sequence[float]
) -> float:
    """The largest value met: every start is walked roughly, the best few of their ends to the end."""
    ends = sorted((_compass(value, start, high, _ROUGH) for start in starts), key=lambda end: -end[0])
    return max(_compass(value, end[1], high, _FINE)[0] for end in ends[:_FOLLOWED])


def _compass(
    value: Callable[[Floats], float], start: Sequence[float] | Floats, high: Sequence[float], smallest: float
) -> tuple[float, Floats]:
    """The largest value met from a start: a step each way along each axis, half as long when none is better.

    It knows neither gradient nor curvature, so that it shares no mistake with the search it checks. Steps
    are taken in the logarithm, for a parameter near 0 matters by its order; each is at most ``high``.
    """
    at = np.array(start, dtype=np.float64)
    best, step = value(at), 0.5
    while step > smallest:
        better = False
        for axis in range(len(at)):
            for factor in (1 + step, 1 / (1 + step)):
                there = at.copy()
                there[axis] = min(max(there[axis], 1e-6) * factor, high[axis])
                found = value(there)
                if found > best + 1e-9:
                    at, best, better = there, found, True
                    break
        if not better:
            step /= 2
    return best, at


def dcc_gain(fit: Dcc) -> float:
    """What the best of 49 starts gains over the fitted a and b, log points."""
    z = np.column_stack([model.residuals for model in fit.garch])

    def value(theta: Floats) -> float:
        # The distance of a + b from 1 is what moves, and so is stepped.
        a, left = float(theta[0]), float(theta[1])
        return dcc_log_likelihood(z, a, max((PERSISTENCE - a) * (1 - left), 0.0))

    starts = [(a, 1 - part) for a in A for part in PART]
    return best_of(value, starts, (0.9, 1.0)) - dcc_log_likelihood(z, fit.a, fit.b)


def garch_gain(returns: Floats, fit: Garch) -> float:
    """What the best of 49 starts of α and β gains over the fit at its mean, log points."""
    percent = returns * 100
    residuals, first = percent - fit.mu, float(percent.var())

    def value(theta: Floats) -> float:
        omega, alpha, left = (float(each) for each in theta)
        beta = (PERSISTENCE - alpha) * (1 - left)
        return garch_log_likelihood(residuals, garch_variance(residuals, omega, alpha, beta, first))

    starts = [(max(first * (1 - a) * (1 - part), 1e-3), a, 1 - part) for a in A for part in PART]
    return best_of(value, starts, (10 * first, 0.9, 1.0)) - fit.log_likelihood

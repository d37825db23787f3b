"""Volatility of a session from its high and low alone."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntEnum

import numpy as np

from models.types import Floats, Sessions

PARKINSON = 0.361
YEAR = 252


class Range(IntEnum):
    """What a session's high and low say."""

    FINE = 0
    NO_RANGE = 1
    STANDSTILL = 2
    INVERTED = 3


REASONS: Mapping[Range, str] = {
    Range.NO_RANGE: "the session has no high or no low",
    Range.STANDSTILL: "high and low are the same price: locked at its limit, or one trade",
    Range.INVERTED: "the high is below the low",
}


@dataclass(frozen=True, slots=True, eq=False)
class RangeVolatility:
    """Log variances and why some are missing.

    Attributes
    ----------
    log_variance
        Natural logarithm of the annualised variance (fractions squared), shape of the prices; NaN
        where ``status`` is not fine.
    status
        a :class:`Range`, same shape; all but the first stand in ``REASONS``.
    """

    log_variance: Floats
    status: np.ndarray

    @property
    def volatility(self) -> Floats:
        """Annualised standard deviation, a fraction, same shape."""
        return np.exp(self.log_variance / 2)


def range_volatility(high: Floats, low: Floats, sessions_a_year: int = YEAR) -> RangeVolatility:
    """Return Parkinson's variance of each session, annualised, as its logarithm.

    A session without a range says nothing about volatility on this scale (its logarithm would
    be minus infinity), so a day locked at its limit is missing and not calm.

    Parameters
    ----------
    high, low
        Prices, any shape; NaN where the source gave none.
    sessions_a_year
        A factor: adds the same to every logarithm and changes no figure of connectedness.

    Returns
    -------
    RangeVolatility
        Log variances and the reason for each one that is missing.

    References
    ----------
    Parkinson (1980), 1 / (4 ln 2) = .361; Diebold and Yilmaz (2012), section 3.1.
    """
    known = (high > 0) & (low > 0) & np.isfinite(high) & np.isfinite(low)
    top, bottom = np.where(known, high, 1.0), np.where(known, low, 1.0)
    status = np.where(
        known,
        np.select([top > bottom, top == bottom], [Range.FINE, Range.STANDSTILL], Range.INVERTED),
        Range.NO_RANGE,
    )
    variance = PARKINSON * sessions_a_year * np.square(np.log(top) - np.log(bottom))
    fine = status == Range.FINE
    return RangeVolatility(
        np.log(variance, out=np.full(variance.shape, np.nan), where=fine), status.astype(np.int8)
    )


def row_means(sessions: Sessions, values: Floats, dates: Sessions) -> Floats:
    """Return the mean of each series over the sessions that a row of the clock covers.

    A row covers the sessions after the date of the row before up to its own; the first covers its
    own alone.

    Parameters
    ----------
    sessions
        Shape (T,), ascending.
    values
        Shape (T, N), log variances; NaN where a session has none.
    dates
        Shape (R,): the session dates that end the rows, among ``sessions``.

    Returns
    -------
    Floats
        Shape (R, N); NaN where no session of the row has a value.
    """
    if not len(dates):
        return np.empty((0, values.shape[1]))
    known = np.isfinite(values)
    blank = np.zeros((1, values.shape[1]))
    count = np.vstack([blank, np.cumsum(known, axis=0)])
    total = np.vstack([blank, np.cumsum(np.where(known, values, 0.0), axis=0)])
    after = np.searchsorted(sessions, dates) + 1
    before = np.concatenate([after[:1] - 1, after[:-1]])
    held = count[after] - count[before]
    return np.divide(total[after] - total[before], held, out=np.full(held.shape, np.nan), where=held > 0)

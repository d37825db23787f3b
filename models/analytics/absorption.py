"""Absorption ratio: how much of all movement a few common sources account for.

When many names move as one, a shock to any of them reaches all. The ratio says how tightly they
are bound, not which way they go.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from models.analytics.trailing import Out, membership, runs, trailing_moments
from models.errors import MeasureSettingError, TooFewObservationsError
from models.types import Floats

WINDOW = 500
HALF_LIFE = 250.0
FRACTION = 0.2
MIN_NAMES = 5
SHORT_MEAN = 15
YEAR = 250
MIN_WINDOW = 20


@dataclass(frozen=True, slots=True, eq=False)
class Absorption:
    """The absorption ratio row by row. Every array has shape (R,) unless it says otherwise.

    Attributes
    ----------
    ratio
        Share of the variance of standardised returns, a fraction; NaN with fewer than
        ``MIN_NAMES`` names.
    linked
        The ratio with the step taken out that it makes when a name joins or leaves, so that its
        changes are those of the same names; its level is that of the first row.
    shift
        (mean of ``linked`` over 15 rows − mean over a year) / standard deviation over that year;
        NaN before a whole year.
    names, rows
        Names in the figure, and rows of the window behind it.
    eigenvectors
        Common sources counted: names times ``fraction``, rounded.
    status
        Shape (R, N), of :class:`~models.analytics.trailing.Out`: who was left out, and why.
    """

    ratio: Floats
    linked: Floats
    shift: Floats
    names: NDArray[np.intp]
    rows: NDArray[np.intp]
    eigenvectors: NDArray[np.intp]
    status: NDArray[np.uint8]


def absorption_ratio(covariance: Floats, fraction: float = FRACTION) -> Floats:
    """Return the share of total variance on the first eigenvectors of a covariance.

    Parameters
    ----------
    covariance
        Shape (n, n), or (B, n, n) for several; symmetric, no NaN.
    fraction
        Eigenvectors counted over n, rounded to the nearest whole number (a half to the even
        one); none gives 0.

    Returns
    -------
    Floats
        Fractions, shape () or (B,); NaN where the total variance is 0.

    References
    ----------
    Kritzman, Li, Page and Rigobon (2011), Principal components as a measure of systemic risk,
    eq. 1.
    """
    names = covariance.shape[-1]
    count = counted(names, fraction)
    total = np.trace(covariance, axis1=-2, axis2=-1)
    largest = np.linalg.eigvalsh(covariance)[..., names - count :].sum(axis=-1)
    return np.divide(largest, total, out=np.full(np.shape(total), np.nan), where=total > 0)


def counted(names: int, fraction: float = FRACTION) -> int:
    """Return how many eigenvectors are counted for a number of names.

    Parameters
    ----------
    names
        Names in the covariance.
    fraction
        A share of them.

    Returns
    -------
    int
        ``names`` · ``fraction``, rounded; a half goes to the even number.
    """
    return round(names * fraction)


def absorption(
    returns: Floats, window: int = WINDOW, half_life: float = HALF_LIFE, fraction: float = FRACTION
) -> Absorption:
    """Return the absorption ratio of standardised returns on every row, and its shift.

    Returns are standardised within the window, so that the matrix is a correlation and no
    volatile name dominates; rescaling a name or changing the order of names changes nothing.
    The window ends with the row itself: the ratio is of what is known at that close.

    Parameters
    ----------
    returns
        Fractions of one session, shape (R, N); NaN where a name has none. Across the sides they
        come from :func:`~models.analytics.trailing.per_session`.
    window
        Rows, 20 or more.
    half_life
        Rows after which a row counts half.
    fraction
        Eigenvectors counted over names.

    Returns
    -------
    Absorption
        Arrays of shape (R,); NaN before the first whole window. Every row is worked out.

    Raises
    ------
    MeasureSettingError
        For a window under 20, a half-life of 0 or less, or a fraction outside (0, 1).
    TooFewObservationsError
        With fewer rows than ``window``.

    References
    ----------
    Kritzman, Li, Page and Rigobon (2011), eq. 1 and 2.
    """
    _check(len(returns), window, half_life, fraction)
    status = membership(returns, window)
    ratio, step = np.full(len(returns), np.nan), np.zeros(len(returns))
    used = np.zeros((2, len(returns)), dtype=np.intp)
    before: NDArray[np.intp] = np.empty(0, dtype=np.intp)
    rule = (window, 0.5 ** (1 / half_life), fraction)
    for run, columns in runs(status == Out.NO):
        if len(columns) < MIN_NAMES:
            continue
        ratio[run], used[1, run] = _ratios(returns, run, columns, *rule)
        used[0, run] = len(columns)
        if run.start and np.isfinite(ratio[run.start - 1]):
            step[run.start] = _step(returns, run.start, ratio, before, columns, rule)
        before = columns
    linked = ratio - np.cumsum(step)
    count = np.array([counted(n, fraction) for n in range(returns.shape[1] + 1)])[used[0]]
    return Absorption(ratio, linked, standardised_shift(linked), used[0], used[1], count, status)


def standardised_shift(ratio: Floats, short: int = SHORT_MEAN, year: int = YEAR) -> Floats:
    """Return how far the recent absorption ratio stands from that of the year.

    Parameters
    ----------
    ratio
        Fractions, shape (R,).
    short, year
        Rows of the two means; both end with the row itself.

    Returns
    -------
    Floats
        Standard deviations, shape (R,): (mean over ``short`` − mean over ``year``) / standard
        deviation over ``year``; NaN unless every row of the year has a ratio, and where it did
        not move.
    """
    series = pd.Series(ratio)
    recent, long = series.rolling(short).mean(), series.rolling(year)
    spread = long.std().to_numpy()
    gap = (recent - long.mean()).to_numpy()
    return np.divide(gap, spread, out=np.full(len(ratio), np.nan), where=spread > 0)


def _check(rows: int, window: int, half_life: float, fraction: float) -> None:
    if window < MIN_WINDOW:
        raise MeasureSettingError("The window", window, f"{MIN_WINDOW} rows or more")
    if half_life <= 0:
        raise MeasureSettingError("The half-life", half_life, "a number of rows above 0")
    if not 0 < fraction < 1:
        raise MeasureSettingError("The share of eigenvectors", fraction, "a number between 0 and 1")
    if rows < window:
        raise TooFewObservationsError(
            "The absorption ratio", rows, window, "take a shorter window or an earlier start"
        )


def _ratios(
    returns: Floats, run: slice, columns: NDArray[np.intp], window: int, decay: float, fraction: float
) -> tuple[Floats, NDArray[np.intp]]:
    """Ratio and rows behind it on the rows of one run."""
    ratio, used = np.empty(run.stop - run.start), np.empty(run.stop - run.start, dtype=np.intp)
    for rows, count, _, spread in trailing_moments(returns[:, columns], run, window, decay=decay):
        at = slice(rows.start - run.start, rows.stop - run.start)
        scale = 1 / np.sqrt(np.einsum("bii->bi", spread))
        spread *= scale[:, :, None]
        spread *= scale[:, None, :]
        ratio[at] = absorption_ratio(spread, fraction)
        used[at] = count
    return ratio, used


def _step(
    returns: Floats,
    row: int,
    ratio: Floats,
    before: NDArray[np.intp],
    columns: NDArray[np.intp],
    rule: tuple[int, float, float],
) -> float:
    """What the change of names on a row did to the ratio, by the names that were in it on both sides.

    Without enough such names the whole change counts as one of names: nothing can be compared.
    """
    both = np.intersect1d(before, columns)
    change = ratio[row] - ratio[row - 1]
    if len(both) < MIN_NAMES:
        return float(change)
    last, now = _ratios(returns, slice(row - 1, row + 1), both, *rule)[0]
    return float(change - (now - last))

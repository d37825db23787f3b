"""Co-exceedance: how many names had one of their own worst days at once, and what the next leg did.

Counts are put into the classes 0, 1, 2, 3 and 4 or more, as in the literature. What follows a
class is told as shares of days with their intervals. A multinomial logit on the class alone
would fit exactly those shares, and is left out for that reason.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from models.analytics.clock import ClockRows
from models.analytics.intervals import wilson
from models.errors import TooFewObservationsError
from models.types import Bools, Floats, Sessions

CLASSES = ("0", "1", "2", "3", "4+")
ANY = "any"
MIN_JUDGED = 5
MIN_PAIRS = 100
BLOCK = 20
RESAMPLES = 1000
SEED = 2003


@dataclass(frozen=True, slots=True, eq=False)
class Coexceedance:
    """Names of one side in their own worst days, day by day. Every array has shape (T,).

    Attributes
    ----------
    count
        Names at or below their own trailing quantile.
    judged
        Names with a return and a quantile behind it.
    share
        count / judged, a fraction; NaN when nobody was judged.
    band
        The class of the count: 0, 1, 2, 3, or 4 for four and more; −1 with fewer than
        ``MIN_JUDGED`` names judged, as when the side was closed.
    """

    count: NDArray[np.intp]
    judged: NDArray[np.intp]
    share: Floats
    band: NDArray[np.intp]


@dataclass(frozen=True, slots=True, eq=False)
class NextLeg:
    """What one side's co-exceedance was followed by on the other.

    Attributes
    ----------
    table
        ``today, next, days, of, share, low, high``: of the days with class ``today`` on the side
        that closed first, those on which the next leg had class ``next``, with Wilson's 95 %
        interval; fractions. ``today`` "any" is the base, over all days.
    rank, low, high
        Spearman's rank correlation of the two classes, and its 95 % interval from a bootstrap of
        blocks of consecutive rows; NaN when a side was always of one class.
    pairs
        Rows used.
    unpaired
        Rows on which a side had too few names judged.
    passed
        Days of the leading side that a row passes over: the other side did not trade between
        them and the next one, which alone is paired.
    """

    table: pd.DataFrame
    rank: float
    low: float
    high: float
    pairs: int
    unpaired: int
    passed: int


def coexceedance(exceeded: Bools, judged: Bools, minimum: int = MIN_JUDGED) -> Coexceedance:
    """Return how many of a side's names had one of their own worst days, day by day.

    Parameters
    ----------
    exceeded, judged
        The side's columns of :func:`~models.analytics.exceedance.exceedances`, shape (T, N).
    minimum
        Names judged, below which a day has no class.

    Returns
    -------
    Coexceedance
        Arrays of shape (T,).
    """
    count, of = exceeded.sum(axis=1), judged.sum(axis=1)
    share = np.divide(count, of, out=np.full(len(count), np.nan), where=of > 0)
    band = np.where(of >= minimum, np.minimum(count, len(CLASSES) - 1), -1)
    return Coexceedance(count, of, share, band)


def next_leg(
    sessions: Sessions, asia: Coexceedance, us: Coexceedance, rows: ClockRows, minimum: int = MIN_PAIRS
) -> NextLeg:
    """Return what the class of the side that closed first was followed by on the other side.

    Parameters
    ----------
    sessions
        Shape (T,), ascending: the days of ``asia`` and ``us``.
    asia, us
        The two sides.
    rows
        Which sessions stand beside each other: with ``lead="us"`` a US session and the next
        Asian one, with ``lead="asia"`` an Asian session and the US session of its news day.
    minimum
        Rows with both classes, below which there is no answer.

    Returns
    -------
    NextLeg
        The table, the rank correlation, and what was left out.

    Raises
    ------
    TooFewObservationsError
        With fewer than ``minimum`` rows.

    References
    ----------
    Bae, Karolyi and Stulz (2003), A new approach to measuring financial contagion, section 2.
    """
    eastern, western = (_on(sessions, rows.asia_dates, asia.band), _on(sessions, rows.us_dates, us.band))
    lead, follow = (western, eastern) if rows.lead == "us" else (eastern, western)
    both = (lead >= 0) & (follow >= 0)
    pairs = int(both.sum())
    if pairs < minimum:
        remedy = f"a day counts when {MIN_JUDGED} names a side are judged: take a larger basket"
        raise TooFewObservationsError("What follows a co-exceedance", pairs, minimum, remedy)
    span = rows.us_span if rows.lead == "us" else rows.asia_span
    first, then = lead[both], follow[both]
    rank, low, high = rank_correlation(first, then)
    passed = int((span[both] - 1).sum())
    return NextLeg(_table(first, then), rank, low, high, pairs, int((~both).sum()), passed)


def _on(sessions: Sessions, dates: Sessions, band: NDArray[np.intp]) -> NDArray[np.intp]:
    """The class on each date; −1 for a side without names."""
    known = ~np.isnat(dates)
    at = np.searchsorted(sessions, np.where(known, dates, sessions[:1]))
    return np.where(known, band[at], -1)


def _table(first: NDArray[np.intp], then: NDArray[np.intp]) -> pd.DataFrame:
    size = len(CLASSES)
    counts = np.bincount(first * size + then, minlength=size * size).reshape(size, size)
    days = np.vstack([counts, counts.sum(axis=0)])
    of = np.repeat(days.sum(axis=1), size)
    low, high = wilson(days.ravel(), of)
    return pd.DataFrame(
        {
            "today": pd.array(np.repeat([*CLASSES, ANY], size), dtype="str"),
            "next": pd.array(np.tile(CLASSES, size + 1), dtype="str"),
            "days": days.ravel(),
            "of": of,
            "share": np.divide(days.ravel(), of, out=np.full(len(of), np.nan), where=of > 0),
            "low": low,
            "high": high,
        }
    )


def rank_correlation(
    first: NDArray[np.intp],
    then: NDArray[np.intp],
    block: int = BLOCK,
    resamples: int = RESAMPLES,
    seed: int = SEED,
) -> tuple[float, float, float]:
    """Return Spearman's rank correlation of two classes with a block bootstrap interval.

    Bad days come together, so days are drawn in blocks of consecutive rows, around the end to
    the start (circular blocks, Politis and Romano 1992). Ties have their mean rank.

    Parameters
    ----------
    first, then
        Classes 0 to 4, shape (R,).
    block
        Rows of a block.
    resamples
        Samples drawn.
    seed
        Of the draw: the same rows give the same interval.

    Returns
    -------
    tuple
        Correlation and the 2.5 and 97.5 % quantiles of the resamples, plain numbers; NaN when
        either side has one class alone.
    """
    size, n = len(CLASSES), len(first)
    cells = np.zeros((n + block, size * size))
    cells[np.arange(n + block), np.resize(first * size + then, n + block)] = 1
    sums = np.vstack([np.zeros(size * size), np.cumsum(cells, axis=0)])
    blocks = sums[block : block + n] - sums[:n]
    starts = np.random.default_rng(seed).integers(0, n, (resamples, -(-n // block)))
    # How often each start is drawn, times what its block holds: a product instead of a gather.
    drawn = np.zeros((resamples, n), dtype=np.float64)
    np.add.at(drawn, (np.arange(resamples)[:, None], starts), 1.0)
    whole = _spearman(cells[:n].sum(axis=0).reshape(1, size, size))[0]
    spread = _spearman((drawn @ blocks).reshape(-1, size, size))
    if not np.isfinite(whole):
        return np.nan, np.nan, np.nan
    low, high = np.nanquantile(spread, [0.025, 0.975])
    return float(whole), float(low), float(high)


def _spearman(tables: Floats) -> Floats:
    """Spearman's correlation of contingency tables (B, K, K), ties at their mean rank, exactly."""
    total = tables.sum(axis=(1, 2))
    deviations = []
    for axis in (2, 1):
        margin = tables.sum(axis=axis)
        ranks = np.cumsum(margin, axis=1) - margin / 2  # mean rank less a half, which cancels
        deviations.append((ranks - total[:, None] / 2, margin))
    (x, of_x), (y, of_y) = deviations
    together = np.einsum("bij,bi,bj->b", tables, x, y)
    scale = np.sqrt((of_x * x**2).sum(axis=1) * (of_y * y**2).sum(axis=1))
    return np.divide(together, scale, out=np.full(len(tables), np.nan), where=scale > 0)

"""Episodes: when a fall began, how deep it went, how long it took, whether it is over.

Two notions, both named. A *drawdown episode* runs from a record to the recovery of that record.
A *selloff leg* is the fall of a Lunde-Timmermann filter: from the last high before a fall of
lambda to the low before a rise of lambda. Both count sessions of the path's own, so a day on
which a name has no bar is not there at all.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import numpy as np
import pandas as pd

from models.analytics.falls import Falls, find_falls
from models.types import Bools, Floats, Sessions, session64

ONSET_SESSIONS = 3


def drawdown_episodes(sessions: Sessions, prices: Floats, symbols: Sequence[str]) -> pd.DataFrame:
    """Return every drawdown episode of every name, each on its own sessions.

    Parameters
    ----------
    sessions
        Shape (T,), ascending.
    prices
        Positive prices, shape (T, N), or (T,) for one name; NaN where a name has no bar.
    symbols
        N names.

    Returns
    -------
    DataFrame
        One row an episode, by name in the order given, then by time:

        ``symbol``
        ``peak``: session of the record before the fall (its last day when it was met twice);
        ``first_down``: first session below it, the "Start" of QuantStats, ffn and "From" of
        PerformanceAnalytics; ``trough``: session of the lowest close (the first, if twice);
        ``recovered``: first session at or above the record, NaT while the fall is open;
        ``depth``: fraction < 0;
        ``sessions``: own sessions from the peak to recovery, or to the last bar;
        ``sessions_to_trough``: from the peak; ``sessions_to_recovery``: from the trough, NA
        while open. PerformanceAnalytics calls these three Length, To Trough and Recovery.
    """
    falls, days = find_falls(prices), sessions.astype("datetime64[s]")
    every = np.ones(len(falls.name), dtype=bool)
    under = falls.end - falls.start + 1
    to_trough = falls.trough - falls.start + 1
    return pd.DataFrame(
        {
            "symbol": pd.array(list(symbols), dtype="str").take(falls.name),
            "peak": falls.days(days, falls.start - 1, every),
            "first_down": falls.days(days, falls.start, every),
            "trough": falls.days(days, falls.trough, every),
            "recovered": falls.days(days, falls.end + 1, ~falls.open),
            "depth": falls.depth,
            "sessions": under + ~falls.open,
            "sessions_to_trough": to_trough,
            "sessions_to_recovery": _optional(under + 1 - to_trough, falls.open),
        },
        copy=False,
    )


def current_and_worst(
    sessions: Sessions,
    prices: Floats,
    symbols: Sequence[str],
    *,
    worst_since: date | None = None,
) -> pd.DataFrame:
    """Return where each name stands now, and its worst fall.

    A name at its record has ``drawdown`` 0, ``sessions`` 0 and its last session as ``peak``;
    there is no fall to have a first day or a trough, and ``recovered`` is the session on which
    it regained the record of its last fall (NaT if it never fell). Under water, ``recovered``
    is NaT: the fall is open. A name without a bar has nothing but its symbol.

    Parameters
    ----------
    sessions
        Shape (T,), ascending.
    prices
        Positive prices, shape (T, N), or (T,) for one name; NaN where a name has no bar.
    symbols
        N names.
    worst_since
        Look for the worst fall among prices from this session on, with records of their own;
        otherwise in the whole history. The current fall and its percentile always have it all.

    Returns
    -------
    DataFrame
        One row a name, in order. ``symbol, drawdown, peak, first_down, trough, recovered,
        sessions`` (own sessions since the peak)``, max_drawdown, max_peak, max_trough,
        percentile`` of :func:`~models.analytics.drawdowns.percentile_of_now`, and beside them
        ``trough_drawdown`` (the low of the current fall), ``since`` and ``last`` (first and
        last session). Fractions; NaT or NA where there is none.
    """
    falls, days = find_falls(prices), sessions.astype("datetime64[s]")
    traded, latest, worst = falls.traded, falls.latest(), falls.worst()
    first, last = falls.bounds[:-1], falls.bounds[1:] - 1
    under = _pick(falls.open, latest, 0.0) > 0
    current, closed = np.where(under, latest, -1), np.where(under, -1, latest)
    peak = np.where(under, _pick(falls.start - 1, current, 0), last).astype(np.int64)

    def day(bars: np.ndarray, fall: np.ndarray) -> np.ndarray:
        return falls.days(days, _pick(bars, fall, 0).astype(np.int64), fall >= 0)

    frame = pd.DataFrame(
        {
            "symbol": pd.array(list(symbols), dtype="str"),
            "drawdown": _pick(falls.dd, np.where(traded, last, -1), np.nan),
            "peak": falls.days(days, peak, traded),
            "first_down": day(falls.start, current),
            "trough": day(falls.trough, current),
            "recovered": day(falls.end + 1, closed),
            "sessions": _optional(last - peak, ~traded),
            "max_drawdown": np.where(traded, _pick(falls.depth, worst, 0.0), np.nan),
            "max_peak": day(falls.start - 1, worst),
            "max_trough": day(falls.trough, worst),
            "percentile": _percentiles(falls),
            "trough_drawdown": _pick(falls.depth, current, np.nan),
            "since": falls.days(days, first, traded),
            "last": falls.days(days, last, traded),
        }
    )
    if worst_since is not None:
        recent = sessions >= session64(worst_since)
        columns = ["max_drawdown", "max_peak", "max_trough"]
        frame[columns] = current_and_worst(sessions[recent], prices[recent], symbols)[columns]
    return frame


def selloff_legs(sessions: Sessions, level: Floats, threshold: float = 0.10) -> pd.DataFrame:
    """Return the selloff legs of one path by the Lunde-Timmermann filter, down and up alike.

    A leg starts at the last high before a fall of ``threshold`` and ends at the low before a
    rise of ``threshold`` (Lunde and Timmermann 2004, section 2, with both thresholds equal).

    The edges. A path opens in neither state: its first leg needs a fall of ``threshold`` from
    the highest close since the start, or since the low before the first rise. A high met
    twice counts at its last day, a low at its first. The last leg is listed as soon as it has
    fallen by ``threshold`` and is ``open`` until it has risen by as much from its low.

    Parameters
    ----------
    sessions
        Shape (T,), ascending.
    level
        Positive prices or levels, shape (T,); NaN rows are skipped.
    threshold
        Lambda, a fraction in (0, 1).

    Returns
    -------
    DataFrame
        One row a leg, by time: ``peak``, ``first_down``, ``onset`` (the last of the three
        sessions after the peak that decide who started it, or the last bar), ``confirmed``
        (first close at or below the threshold), ``trough``, ``depth`` (fraction < 0),
        ``sessions`` from peak to trough, ``open``.

    Raises
    ------
    ValueError
        If the threshold is not between 0 and 1.
    """
    if not 0 < threshold < 1:
        raise ValueError(f"The threshold of a selloff leg is a fraction between 0 and 1, not {threshold}.")
    known = np.flatnonzero(np.isfinite(level))
    own, path = sessions[known].astype("datetime64[s]"), level[known]
    found = np.array(_legs(path.tolist(), threshold), dtype=np.int64).reshape(-1, 4)
    peak, confirmed, trough, is_open = found.T
    return pd.DataFrame(
        {
            "peak": own[peak],
            "first_down": own[peak + 1],
            "onset": own[np.minimum(peak + ONSET_SESSIONS, len(own) - 1)],
            "confirmed": own[confirmed],
            "trough": own[trough],
            "depth": path[trough] / path[peak] - 1,
            "sessions": trough - peak,
            "open": is_open.astype(bool),
        }
    )


def _legs(path: list[float], threshold: float) -> list[tuple[int, int, int, bool]]:
    """Peak, confirming bar, trough and openness of each leg: one pass with two states."""
    legs: list[tuple[int, int, int, bool]] = []
    high = low = 0
    confirmed = -1  # the bar that confirmed the fall we are in; -1 while we are in none
    for bar, value in enumerate(path):
        if confirmed >= 0:
            if value < path[low]:
                low = bar
            elif value >= path[low] * (1 + threshold):
                legs.append((high, confirmed, low, False))
                confirmed, high = -1, bar
        elif value >= path[high]:
            high = bar
        elif value <= path[high] * (1 - threshold):
            confirmed, low = bar, bar
    if confirmed >= 0:
        legs.append((high, confirmed, low, True))
    return legs


def aligned(
    sessions: Sessions,
    prices: Floats,
    day0: np.datetime64 | None = None,
    *,
    before: int = 20,
    after: int = 250,
) -> tuple[np.ndarray, Floats]:
    """Return paths side by side at a common day 0, in own sessions, indexed to 0 there.

    Parameters
    ----------
    sessions
        Shape (T,), ascending.
    prices
        Positive prices, shape (T, N), or (T,) for one path; NaN where a name has no bar.
    day0
        A session date: each name's day 0 is its last bar on or before it. None: each name's
        own record close (its last day, if met twice).
    before, after
        Sessions to return on either side.

    Returns
    -------
    tuple
        The offsets, shape (before + 1 + after,), and the change from day 0, a fraction of
        shape (offsets, N): 0 at offset 0, NaN beyond the name's bars.
    """
    columns = prices[:, None] if prices.ndim == 1 else prices
    offsets = np.arange(-before, after + 1)
    paths = np.full((len(offsets), columns.shape[1]), np.nan)
    for n, column in enumerate(columns.T):
        own = column[known := np.isfinite(column)]
        zero = _day_zero(sessions[known], own, day0)
        if zero >= 0:
            rows = offsets + zero
            inside = (rows >= 0) & (rows < len(own))
            paths[inside, n] = own[rows[inside]] / own[zero] - 1
    return offsets, paths


def _day_zero(days: Sessions, own: Floats, day0: np.datetime64 | None) -> int:
    """Row of day 0 among a name's own bars; -1 when it has none by then."""
    if day0 is not None:
        return int(np.searchsorted(days, day0, side="right")) - 1
    return len(own) - 1 - int(np.argmax(own[::-1])) if len(own) else -1


def _percentiles(falls: Falls) -> Floats:
    """Share of each name's bars with a shallower fall than its last one."""
    counts = np.diff(falls.bounds)
    now = np.repeat(falls.dd[falls.bounds[1:][falls.traded] - 1], counts[falls.traded])
    shallower = np.concatenate(([0], np.cumsum(falls.dd > now)))
    found = np.diff(shallower[falls.bounds])
    return np.divide(found, counts, out=np.full(len(counts), np.nan), where=counts > 0)


def _pick(values: np.ndarray, index: np.ndarray, blank: float) -> np.ndarray:
    """values[index], and ``blank`` where the index is -1."""
    found = np.full(len(index), blank)
    found[index >= 0] = values[index[index >= 0]]
    return found


def _optional(values: np.ndarray, missing: Bools) -> pd.arrays.IntegerArray:
    """Whole numbers that may be missing."""
    return pd.arrays.IntegerArray(values.astype(np.int64), missing)

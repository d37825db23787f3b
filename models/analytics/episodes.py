"""Episodes: when a fall began, how deep it went, how long it took, whether it is over.

Two notions, both named. A *drawdown episode* runs from a record to the recovery of that record.
A *selloff leg* is the fall of a Lunde-Timmermann filter: from the last high before a fall of
lambda to the low before a rise of lambda. Both count sessions of the path's own, so a day on
which a name has no bar is not there at all.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
import pandas as pd

from models.analytics.drawdowns import drawdown, percentile_of_now
from models.types import Bools, Floats, Sessions, session64

ONSET_SESSIONS = 3
_NAT = np.datetime64("NaT", "s")


@dataclass(frozen=True, slots=True, eq=False)
class _Runs:
    """Falls of all names in one flat array of own sessions, name after name.

    ``dd`` and ``row`` have shape (M,): drawdown and session row of each bar. ``bounds`` has
    shape (N + 1,): where each name's bars begin. The rest has shape (E,), one entry a fall:
    its name, its first and last bar under water, the bar of its trough, its depth, and whether
    it was still open at the name's last bar.
    """

    dd: Floats
    row: np.ndarray
    bounds: np.ndarray
    name: np.ndarray
    start: np.ndarray
    end: np.ndarray
    trough: np.ndarray
    depth: Floats
    open: Bools


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
    runs = _falls(prices)
    own = sessions.astype("datetime64[s]")[runs.row]
    after = np.minimum(runs.end + 1, max(len(own) - 1, 0))
    last = runs.end - runs.start + 1
    to_trough = runs.trough - runs.start + 1
    return pd.DataFrame(
        {
            "symbol": np.asarray(symbols, dtype=object)[runs.name],
            "peak": own[runs.start - 1],
            "first_down": own[runs.start],
            "trough": own[runs.trough],
            "recovered": np.where(runs.open, _NAT, own[after]),
            "depth": runs.depth,
            "sessions": last + ~runs.open,
            "sessions_to_trough": to_trough,
            "sessions_to_recovery": _optional(last + 1 - to_trough, runs.open),
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
    runs = _falls(prices)
    own = sessions.astype("datetime64[s]")[runs.row]
    table, n = _Rows(own, np.diff(runs.bounds) > 0), len(symbols)
    first, last = runs.bounds[:-1], runs.bounds[1:] - 1
    latest, worst = _latest(runs, n), _worst(runs, n)
    fallen = latest >= 0
    under = np.zeros(n, dtype=bool)
    under[fallen] = runs.open[latest[fallen]]
    current, closed = np.where(under, latest, -1), np.where(under, -1, latest)
    length = _pick(runs.end - runs.start + 1, current, 0)
    frame = pd.DataFrame(
        {
            "symbol": list(symbols),
            "drawdown": table.values(runs.dd, last),
            "peak": np.where(under, table.days(runs.start - 1, current), table.at(last)),
            "first_down": table.days(runs.start, current),
            "trough": table.days(runs.trough, current),
            "recovered": table.days(runs.end + 1, closed),
            "sessions": _optional(length, ~table.any),
            "max_drawdown": np.where(table.any, _pick(runs.depth, worst, 0.0), np.nan),
            "max_peak": table.days(runs.start - 1, worst),
            "max_trough": table.days(runs.trough, worst),
            "percentile": np.atleast_1d(percentile_of_now(drawdown(prices))),
            "trough_drawdown": _pick(runs.depth, current, np.nan),
            "since": table.at(first),
            "last": table.at(last),
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


def _falls(prices: Floats) -> _Runs:
    """Find every run of bars under water, all names at once: run lengths, then reduceat."""
    columns = prices[:, None] if prices.ndim == 1 else prices
    dd, row, bounds = _flatten(drawdown(columns))
    under = dd < 0
    edge = np.diff(under, prepend=False, append=False)
    # A name's first bar is a record, so a run never begins there; but a run open at one
    # name's last bar ends there because the next name's first bar is not under water.
    edges = np.flatnonzero(edge)
    start, end = edges[0::2], edges[1::2] - 1
    depth = np.minimum.reduceat(dd, start) if len(start) else np.empty(0)
    name = np.searchsorted(bounds, start, side="right") - 1
    is_open = end == bounds[name + 1] - 1
    return _Runs(dd, row, bounds, name, start, end, _first_low(dd, start, end, depth), depth, is_open)


def _flatten(dd: Floats) -> tuple[Floats, np.ndarray, np.ndarray]:
    """Lay the columns end to end without their NaN: values, session rows, column bounds."""
    across = np.ascontiguousarray(dd.T)
    known = ~np.isnan(across)
    counts = known.sum(axis=1)
    bounds = np.concatenate(([0], np.cumsum(counts)))
    if counts.sum() == across.size:
        return across.ravel(), np.tile(np.arange(len(dd)), len(across)), bounds
    return across[known], np.nonzero(known)[1], bounds


def _first_low(dd: Floats, start: np.ndarray, end: np.ndarray, depth: Floats) -> np.ndarray:
    """The first bar of each run that reaches its depth."""
    low = np.repeat(depth, end - start + 1)
    inside = np.repeat(start - np.concatenate(([0], np.cumsum(end - start + 1)[:-1])), end - start + 1)
    bars = inside + np.arange(len(low))
    hits = bars[dd[bars] == low]
    return hits[np.searchsorted(hits, start)]


class _Rows:
    """Looks sessions and values up by bar, with a blank where there is none."""

    def __init__(self, own: np.ndarray, any_bar: Bools) -> None:
        self.own = own if len(own) else np.array([_NAT])
        self.any = any_bar

    def at(self, bars: np.ndarray) -> np.ndarray:
        """Session of a bar of each name; NaT for a name without bars."""
        return np.where(self.any, self.own[np.clip(bars, 0, len(self.own) - 1)], _NAT)

    def values(self, column: Floats, bars: np.ndarray) -> Floats:
        """Value at a bar of each name; NaN for a name without bars."""
        return np.where(self.any, _pick(column, np.where(self.any, bars, -1), np.nan), np.nan)

    def days(self, bars: np.ndarray, fall: np.ndarray) -> np.ndarray:
        """Session of a bar of one fall a name; NaT where ``fall`` is -1."""
        bar = _pick(bars, fall, 0)
        return np.where(fall >= 0, self.own[np.minimum(bar, len(self.own) - 1)], _NAT)


def _pick(values: np.ndarray, index: np.ndarray, blank: float) -> np.ndarray:
    """values[index], and ``blank`` where the index is -1."""
    if not len(values):
        return np.full(len(index), blank)
    return np.where(index >= 0, values[np.maximum(index, 0)], blank)


def _latest(runs: _Runs, n: int) -> np.ndarray:
    """Each name's last fall, -1 if it never fell; falls are in order, so the last write stays."""
    found = np.full(n, -1)
    found[runs.name] = np.arange(len(runs.name))
    return found


def _worst(runs: _Runs, n: int) -> np.ndarray:
    """Each name's deepest fall (the first, if equal), -1 if it never fell."""
    found = np.full(n, -1)
    order = np.lexsort((-np.arange(len(runs.name)), -runs.depth, runs.name))
    found[runs.name[order]] = order
    return found


def _optional(values: np.ndarray, missing: Bools) -> pd.arrays.IntegerArray:
    """Whole numbers that may be missing."""
    return pd.arrays.IntegerArray(values.astype(np.int64), missing)

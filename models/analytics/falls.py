"""Every fall of every name in one pass: runs of bars under water, found by run lengths.

The columns are laid end to end without their missing rows, so that one flat array holds each
name's own bars, name after name. A name's first bar is a record; therefore no run crosses from
one name into the next, and the runs of all names are found at once.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from models.analytics.drawdowns import drawdown
from models.types import Bools, Floats, Sessions

NAT = np.datetime64("NaT", "s")


@dataclass(frozen=True, slots=True, eq=False)
class Falls:
    """The falls of N names; bars are numbered through the flat array.

    Attributes
    ----------
    dd
        Drawdown of each bar, shape (M,).
    bounds
        Where each name's bars begin, shape (N + 1,).
    rows
        Session row of each bar, shape (M,); None when no bar is missing.
    height
        Session rows of the columns, T.
    name, start, end, trough
        Of each fall, shape (E,): its name, its first and its last bar under water, and the
        first bar at its depth. The bar before ``start`` is the peak.
    depth
        Lowest drawdown of each fall, shape (E,).
    open
        Whether the name's last bar still lies in the fall, shape (E,).
    """

    dd: Floats
    bounds: np.ndarray
    rows: np.ndarray | None
    height: int
    name: np.ndarray
    start: np.ndarray
    end: np.ndarray
    trough: np.ndarray
    depth: Floats
    open: Bools

    @property
    def traded(self) -> Bools:
        """Whether the name has any bar, shape (N,)."""
        return np.diff(self.bounds) > 0

    def days(self, sessions: Sessions, bars: np.ndarray, known: Bools) -> np.ndarray:
        """Sessions of bars, NaT where not ``known``."""
        found = np.full(len(bars), NAT)
        wanted = bars[known]
        rows = wanted % max(self.height, 1) if self.rows is None else self.rows[wanted]
        found[known] = sessions[rows]
        return found

    def latest(self) -> np.ndarray:
        """Each name's last fall, shape (N,); -1 if it never fell."""
        found = np.full(len(self.bounds) - 1, -1)
        found[self.name] = np.arange(len(self.name))  # in order of time: the last write stays
        return found

    def worst(self) -> np.ndarray:
        """Each name's deepest fall (the first, if equal), shape (N,); -1 if it never fell."""
        found = np.full(len(self.bounds) - 1, -1)
        order = np.lexsort((-np.arange(len(self.name)), -self.depth, self.name))
        found[self.name[order]] = order
        return found


def find_falls(prices: Floats) -> Falls:
    """Find every fall below a record of every name.

    Parameters
    ----------
    prices
        Positive prices, shape (T, N), or (T,) for one name; NaN where a name has no bar.

    Returns
    -------
    Falls
        By name, then by time.
    """
    columns = prices[:, None] if prices.ndim == 1 else prices
    dd, rows, bounds = _end_to_end(drawdown(columns))
    edges = np.flatnonzero(np.diff(dd < 0, prepend=False, append=False))
    start, end = edges[0::2], edges[1::2] - 1
    depth = np.minimum.reduceat(dd, start) if len(start) else np.empty(0)
    name = np.searchsorted(bounds, start, side="right") - 1
    is_open = end == bounds[name + 1] - 1
    trough = _first_at_depth(dd, edges, start, depth)
    return Falls(dd, bounds, rows, len(columns), name, start, end, trough, depth, is_open)


def _end_to_end(dd: Floats) -> tuple[Floats, np.ndarray | None, np.ndarray]:
    """The columns without their NaN in one array, the session row of each bar, and the bounds."""
    across = np.ascontiguousarray(dd.T)
    known = ~np.isnan(across)
    bounds = np.concatenate(([0], np.cumsum(known.sum(axis=1))))
    if bounds[-1] == across.size:
        return across.ravel(), None, bounds
    return across[known], np.nonzero(known)[1], bounds


def _first_at_depth(dd: Floats, edges: np.ndarray, start: np.ndarray, depth: Floats) -> np.ndarray:
    """The first bar of each fall that reaches its depth."""
    lengths = np.diff(edges, prepend=0, append=len(dd))
    lows = np.full(len(lengths), np.nan)  # between falls: equal to nothing
    lows[1::2] = depth
    hits = np.flatnonzero(dd == np.repeat(lows, lengths))
    return hits[np.searchsorted(hits, start)]

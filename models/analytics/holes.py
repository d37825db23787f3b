"""Expected sessions without a bar, exchanges that stand still, and what neither may pass for.

A day on which an exchange should have traded and of which no bar came is a hole of the source or a
closure that no calendar knew: the missing bars alone cannot tell which. A move from before a hole to
after it is of two sessions or more and never a day's move.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from models.analytics.baskets import BasketPath, basket_path
from models.types import Bools, Floats, Sessions

STILL_CELLS = 6
"""Repeated closes, names times sessions in a row, that are no chance where the volume does not say so."""
STILL_NAMES = 2
CLOSED_RUN = 3
"""Sessions in a row that a storm or a mourning may close an exchange; a longer run is a source that froze."""


def across_holes(days: Sessions, priced: Bools, expected: Sessions) -> Bools:
    """Return which prices of one exchange have an expected session between them and the price before.

    Parameters
    ----------
    days
        Sessions of the rows, shape (T,), ascending.
    priced
        Whether a name has a price, shape (T, N).
    expected
        Every session the exchange should have held, ascending; those of no row count as well.

    Returns
    -------
    Bools
        Shape (T, N): False where there is no price and on a name's first one.
    """
    rows = np.arange(len(days))[:, None]
    last = np.maximum.accumulate(np.where(priced, rows, -1), axis=0)
    before = np.vstack([np.full((1, priced.shape[1]), -1), last[:-1]]) if len(days) else last
    until = np.searchsorted(expected, days, side="left")
    through = np.searchsorted(expected, days, side="right")
    skipped = until[:, None] - through[np.maximum(before, 0)]
    return np.asarray(priced & (before >= 0) & (skipped > 0))


def bridged_path(
    sessions: Sessions,
    returns: Floats,
    across: Bools,
    open_exchange: Bools,
    holes: Bools,
    active: Bools,
    *,
    exchanges: Sequence[str] | None = None,
) -> BasketPath:
    """Return the path of a basket whose days never hold a move over a hole, and whose level holds it.

    The day's return is of the names with a move of that one session, by the rule of
    :func:`~models.analytics.baskets.basket_path`: on a hole of a whole exchange, and on the day after
    it, that exchange's names are missing. The level needs where prices stand and not how they came
    there: it stands still for a name over a hole of its exchange and takes the whole move with the
    first price after it, so that the fall from a peak is right again on that day.

    Parameters
    ----------
    sessions
        Shape (T,).
    returns
        Fractions from bar to bar, shape (T, N); NaN where a name has none.
    across
        Which of them run over a hole, shape (T, N).
    open_exchange, active, exchanges
        As in ``basket_path``; an exchange counts as open on its holes.
    holes
        Whether the day is a hole of the name's whole exchange, shape (T, N).

    Returns
    -------
    BasketPath
        ``withheld`` where the day's return is; the level is NaN only where closes are missing.
    """
    day = basket_path(sessions, np.where(across, np.nan, returns), open_exchange, active, exchanges=exchanges)
    if not (across.any() or holes.any()):
        return day
    chain = basket_path(sessions, returns, open_exchange & ~holes, active, exchanges=exchanges)
    lacking = basket_path(sessions, returns, open_exchange, active, exchanges=exchanges).withheld
    return replace(day, level=np.where(lacking, np.nan, chain.level))


def repeated(closes: Floats, present: Bools) -> Bools:
    """Return which closes are the close before to the last digit, shape (T, N).

    Parameters
    ----------
    closes
        Shape (T, N); NaN where a name has none.
    present
        Whether there is a bar, shape (T, N).
    """
    rows = np.arange(len(closes))[:, None]
    last = np.maximum.accumulate(np.where(present, rows, -1), axis=0)
    before = np.vstack([np.full((1, closes.shape[1]), -1), last[:-1]]) if len(closes) else last
    earlier = np.take_along_axis(closes, np.maximum(before, 0), axis=0)
    return np.asarray(present & (before >= 0) & (closes == earlier))


def repeating(same: Bools, present: Bools, witnesses: np.ndarray | None = None) -> tuple[Bools, np.ndarray]:
    """Return the sessions on which every name of an exchange repeats its close, and how many closes do.

    Parameters
    ----------
    same, present
        Repeated closes and bars of the names, without indices and currencies, shape (T, N).
    witnesses
        How many indices of the exchange repeat theirs, shape (T,); none when not given.

    Returns
    -------
    tuple
        Shape (T,) both. One name alone is a halt of that name and says nothing of its exchange, unless an
        index stands with it: fewer than ``STILL_NAMES`` are no repeat.
    """
    names = present.sum(axis=1)
    seen = names if witnesses is None else names + witnesses
    flat = (names > 0) & (seen >= STILL_NAMES) & ((same & present).sum(axis=1) == names)
    return np.asarray(flat), np.asarray(seen)


def idle(same: Bools, volume: Floats, present: Bools) -> Bools:
    """Return the sessions on which every name with a bar repeats its close with volume 0, shape (T,).

    A missing volume says nothing; so does 0 beside a close that moved.

    Parameters
    ----------
    same, volume, present
        Repeated closes, volumes and bars of the names, shape (T, N).
    """
    names = present.sum(axis=1)
    return np.asarray((names > 0) & ((same & present & (volume == 0)).sum(axis=1) == names))


def still_runs(flat: Bools, seen: np.ndarray, traded: Bools) -> Bools:
    """Return the repeats that are no chance whatever the volume: names times sessions in a row.

    A name or two close flat by chance, on coarse ticks most of all; ``STILL_CELLS`` repeats do not.
    A session without any bar is no part of a run and ends none.

    Parameters
    ----------
    flat, seen
        As :func:`repeating` gives them, shape (T,).
    traded
        Whether any name has a bar, shape (T,).
    """
    rows = np.flatnonzero(traded)
    edges = np.flatnonzero(np.diff(flat[rows], prepend=False, append=False))
    found = np.zeros(len(flat), dtype=np.bool_)
    for start, end in zip(edges[::2], edges[1::2], strict=True):
        found[rows[start:end]] = seen[rows[start:end]].sum() >= STILL_CELLS
    return found


def closed_sessions(idling: Bools, names: Bools, index: Bools) -> Bools:
    """Return the sessions on which one exchange was closed, by what the source says of them.

    On a day without trading sources repeat a name's close with volume 0 and have no value of the index;
    a source that froze repeats the index too, one that lost the day has no bar of anything. So it takes
    all three: every name idle, an index that has a bar before and after and none of the session, and
    trading after it, within ``CLOSED_RUN`` sessions.

    Parameters
    ----------
    idling
        Whether every name with a bar repeats its close with volume 0, shape (T,).
    names
        Whether any name has a bar, shape (T,).
    index
        Whether an index has a bar, shape (T, M), one column each.

    Returns
    -------
    Bools
        Shape (T,).
    """
    traded = names & ~idling
    spanned = np.maximum.accumulate(index, axis=0) & np.maximum.accumulate(index[::-1], axis=0)[::-1]
    silent = (spanned & ~index).any(axis=1) & ~index.any(axis=1)
    found = idling & silent
    held = np.flatnonzero(names)
    edges = np.flatnonzero(np.diff(found[held], prepend=False, append=False))
    for start, end in zip(edges[::2], edges[1::2], strict=True):
        after = end < len(held) and bool(traded[held[end]])
        if end - start > CLOSED_RUN or not after:
            found[held[start:end]] = False
    return found


def no_trade(closes: Floats, volume: Floats, present: Bools) -> Bools:
    """Return which bars are of names that did not trade: no volume, and the close before repeated."""
    return repeated(closes, present) & (volume == 0)

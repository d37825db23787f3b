"""Which names take part in a figure over a trailing window, and the moments of such windows.

Turbulence and absorption both stand on a covariance that moves forward a row at a time. A name
listed last month cannot be in it, and a name that missed one bar should not be out of it for a
year: the rule that decides is here, once, with the reasons that are shown.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from enum import IntEnum
from itertools import pairwise

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from models.analytics.clock import ClockRows
from models.types import Bools, Floats, Sessions

COVERAGE = 0.95
ROUNDING = 1e-9
_CHUNK = 48


class Out(IntEnum):
    """Why a name takes no part in a row's figure."""

    NO = 0
    ABSENT = 1
    SHORT = 2
    FLAT = 3
    TWIN = 4


OUT: dict[Out, str] = {
    Out.ABSENT: "no return that day",
    Out.SHORT: "too few returns in the window, as after a listing",
    Out.FLAT: "did not move in the window",
    Out.TWIN: "moved as a fixed mix of other names, so that no figure can be had with it",
}


def per_session(sessions: Sessions, returns: Floats, rows: ClockRows, asia: Bools) -> Floats:
    """Return clock rows brought to the scale of one session: each return over the root of its span.

    Over a week in which Seoul is shut, New York's row compounds five sessions. Beside days, five
    days' moves would look like a shock; a random walk's are larger by the root of five.

    Parameters
    ----------
    sessions, returns, asia
        As given to :func:`~models.analytics.clock.clock_rows`.
    rows
        Its result.

    Returns
    -------
    Floats
        Fractions, shape (R, N): ``rows.returns`` over the root of the number of the name's own
        sessions that were compounded; NaN where they are.
    """
    traded = np.cumsum(np.isfinite(returns), axis=0)
    spans = np.ones(rows.returns.shape)
    for side, dates, span in (
        (asia, rows.asia_dates, rows.asia_span),
        (~asia, rows.us_dates, rows.us_span),
    ):
        if side.any() and len(dates):
            upto = traded[np.searchsorted(sessions, dates)][:, side]
            # The row before the first one is not known here; its side's news days stand in.
            spans[:, side] = np.vstack([np.full(upto.shape[1], span[0]), np.diff(upto, axis=0)])
    return rows.returns / np.sqrt(np.maximum(spans, 1))


def row_mean(returns: Floats) -> Floats:
    """Return the equal-weight mean of the names with a return, row by row.

    Parameters
    ----------
    returns
        Fractions, shape (R, N); NaN where a name has none: on a clock row both sides traded, so
        that none of them is a holiday.

    Returns
    -------
    Floats
        Fractions, shape (R,); NaN on a row without a name.
    """
    has = np.isfinite(returns)
    known = has.sum(axis=1)
    total = np.where(has, returns, 0.0).sum(axis=1)
    return np.divide(total, known, out=np.full(len(returns), np.nan), where=known > 0)


def membership(returns: Floats, window: int, coverage: float = COVERAGE, lag: int = 0) -> NDArray[np.uint8]:
    """Return for each row and name whether it takes part, and if not, why.

    Parameters
    ----------
    returns
        Fractions, shape (R, N); NaN where a name has none.
    window
        Rows of the trailing window. Before the first whole window nobody takes part.
    coverage
        Share of the window's rows on which the name needs a return. The few rows on which one
        of the names has none are left out of the window for all, so that nothing is filled.
    lag
        Rows between the window's end and the row itself: 0 if the row is in its own window.

    Returns
    -------
    ndarray
        Shape (R, N), of :class:`Out`; a name needs a return on the row itself as well.
    """
    has = np.isfinite(returns)
    status = np.full(has.shape, Out.SHORT, dtype=np.uint8)
    first = window + lag - 1
    if first < len(has):
        counts = np.cumsum(np.vstack([np.zeros(has.shape[1], dtype=np.int64), has]), axis=0)
        within = counts[window : len(has) + 1 - lag] - counts[: len(has) + 1 - lag - window]
        enough = within >= coverage * window
        still = _still(returns, window)[window - 1 : len(has) - lag]
        status[first:] = np.where(enough, np.where(still, Out.FLAT, Out.NO), Out.SHORT)
    status[~has & (status == Out.NO)] = Out.ABSENT
    return status


def _still(returns: Floats, window: int) -> Bools:
    """Whether every return of the window was the same, but for rounding; a variance near 0 cannot tell."""
    rolling = pd.DataFrame(returns).rolling(window, min_periods=1)
    high, low = rolling.max().to_numpy(), rolling.min().to_numpy()
    still: Bools = high - low <= ROUNDING * np.maximum(np.abs(high), np.abs(low))
    return still


def runs(members: Bools) -> Iterator[tuple[slice, NDArray[np.intp]]]:
    """Yield stretches of rows with the same members, in order, and their columns.

    Parameters
    ----------
    members
        Shape (R, N).

    Yields
    ------
    tuple
        Rows as a slice, and the columns of the members; rows without a member are passed over.
    """
    changed = np.flatnonzero((members[1:] != members[:-1]).any(axis=1)) + 1
    edges = [0, *changed.tolist(), len(members)]
    for start, stop in pairwise(edges):
        if stop > start and members[start].any():
            yield slice(start, stop), np.flatnonzero(members[start])


def trailing_moments(
    returns: Floats, rows: slice, window: int, lag: int = 0, decay: float = 1.0
) -> Iterator[tuple[slice, NDArray[np.intp], Floats, Floats]]:
    """Yield count, mean and covariance of the trailing window of each row, some rows at a time.

    The window moves by the row that enters and the row that leaves, from an exact start every
    few rows, so that rounding does not build up. A row of the window on which any column has no
    return is left out of it.

    Parameters
    ----------
    returns
        Fractions, shape (R, N); the columns that take part, all of them.
    rows
        The rows wanted; each needs a whole window.
    window, lag
        As in :func:`membership`.
    decay
        Weight of a row over that of the row after it; 1 weighs all alike.

    Yields
    ------
    tuple
        The rows as a slice of B rows; the rows of the window that count, shape (B,); the mean,
        shape (B, N); the covariance over weights, shape (B, N, N), without a correction for
        degrees of freedom. The covariance is to be used, or changed, before the next is asked for.
    """
    names = returns.shape[1]
    # Memory that is kept: a fresh array of this size costs more than what is worked out in it.
    kept, spare = np.empty((2, _CHUNK, names, names))
    for start in range(rows.start, rows.stop, _CHUNK):
        stop = min(start + _CHUNK, rows.stop)
        known = returns[start - lag - window + 1 : stop - lag]
        whole: Bools = np.asarray(np.isfinite(known).all(axis=1))
        table = np.where(whole[:, None], known, 0.0)
        spread, square = kept[: stop - start], spare[: stop - start]
        _moving_products(table, window, decay, spread)
        sums = _moving_sums(np.column_stack([table, whole]), window, decay, stop - start)
        with np.errstate(divide="ignore", invalid="ignore"):
            mean = sums[:, :-1] / sums[:, -1:]
            spread /= sums[:, -1, None, None]
        spread -= np.multiply(mean[:, :, None], mean[:, None, :], out=square)
        counts = np.cumsum(np.concatenate([[0], whole]))
        yield slice(start, stop), counts[window:] - counts[:-window], mean, spread


def _moving_products(table: Floats, window: int, decay: float, out: Floats) -> None:
    """Σ decay^age · x x' over each window of the table; as many windows as ``out`` has matrices."""
    first = table[:window]
    out[0] = (first * (decay ** np.arange(window)[::-1])[:, None]).T @ first
    enters, leaves = table[window:], table[: len(out) - 1]
    left = np.stack([enters, -leaves * decay**window], axis=2)
    np.matmul(left, np.stack([enters, leaves], axis=1), out=out[1:])
    for step in range(1, len(out)):  # numpy's cumsum along the first axis takes six times as long
        out[step] += out[step - 1] if decay == 1 else decay * out[step - 1]


def _moving_sums(table: Floats, window: int, decay: float, steps: int) -> Floats:
    """Σ decay^age · x over each of ``steps`` windows of the table."""
    sums = np.empty((steps, table.shape[1]))
    sums[0] = decay ** np.arange(window)[::-1] @ table[:window]
    for step in range(1, steps):
        sums[step] = decay * sums[step - 1] + table[window + step - 1] - decay**window * table[step - 1]
    return sums


def left_out(status: NDArray[np.uint8], dates: Sessions, symbols: Sequence[str]) -> pd.DataFrame:
    """Return who was left out of a figure, why, on how many rows, and whether still.

    Parameters
    ----------
    status
        Shape (R, N), of :class:`Out`: the rows that have a figure, or those shown.
    dates
        Shape (R,).
    symbols
        N names.

    Returns
    -------
    DataFrame
        ``symbol, reason, rows, first, last, now``, one row a name and reason, in the order of
        the names; ``now`` is True when it holds on the last row.
    """
    records = []
    for column, symbol in enumerate(symbols):
        for code, reason in OUT.items():
            rows = np.flatnonzero(status[:, column] == code)
            if len(rows):
                first, last = dates[rows[0]], dates[rows[-1]]
                records.append((symbol, reason, len(rows), first, last, bool(rows[-1] == len(status) - 1)))
    frame = pd.DataFrame(records, columns=["symbol", "reason", "rows", "first", "last", "now"])
    return frame.astype({"symbol": "str", "reason": "str", "first": "datetime64[s]", "last": "datetime64[s]"})

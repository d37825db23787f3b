"""Day 0 by the clock: one instant is a different session on every exchange.

News at 12:00 UTC finds Tokyo and Seoul closed and New York not yet open. New York's session of that date
can react at its open, Tokyo's only on the next. A day 0 is therefore the first session with an opening or
a closing price struck after the instant, each exchange for itself.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

from models.types import Bools, Sessions

Reaction = Literal["open", "close", "date"]
REACTIONS: Mapping[Reaction, str] = {
    "open": "the first price after it is the open: the gap is part of the reaction",
    "close": "the exchange was trading: the first daily price after it is the close, the gap came before",
    "date": "no time is known: the session of that date, which may have ended before the news",
}
Instants: TypeAlias = NDArray[np.datetime64]


class DayZeros(NamedTuple):
    """Day 0 of E events on one exchange.

    Attributes
    ----------
    rows
        Shape (E,): the row of the session among those given; -1 when none comes after the event.
    from_open
        Shape (E,): whether the session's open already comes after the event.
    """

    rows: NDArray[np.int64]
    from_open: Bools


def day_zeros(at: Instants, opens: Instants, closes: Instants) -> DayZeros:
    """Return the first session whose close comes after each instant, and whether its open does too.

    A price struck at the very instant knows nothing of it: both comparisons are strict. The lunch
    break of an exchange does not matter, since no daily price is struck in it.

    Parameters
    ----------
    at
        Shape (E,), UTC, ``datetime64[s]``.
    opens, closes
        Shape (S,), UTC, ascending: the exchange's sessions. Leave out the sessions that were
        called off (a typhoon), or the reaction would be looked for on a day without prices.

    Returns
    -------
    DayZeros
        Rows of the sessions given.
    """
    rows = np.searchsorted(closes, at, side="right")
    known = rows < len(closes)
    if not len(opens):
        return DayZeros(np.full(len(at), -1), known)
    later = opens[np.minimum(rows, len(opens) - 1)] > at
    return DayZeros(np.where(known, rows, -1), known & later)


def day_zeros_of_dates(dates: Sessions, sessions: Sessions) -> NDArray[np.int64]:
    """Return the session of each date, or the next one when the exchange was closed on it.

    What is known by its date alone belongs to the exchange's own session of that date; whether
    the news came before its close cannot be told, and an answer says so.

    Parameters
    ----------
    dates
        Shape (E,), ``datetime64[D]``.
    sessions
        Shape (S,), ascending.

    Returns
    -------
    ndarray
        Shape (E,): rows of ``sessions``; -1 when none follows.
    """
    rows = np.searchsorted(sessions, dates, side="left")
    return np.where(rows < len(sessions), rows, -1)

"""Rows in clock order: returns of both sides between instants at which each has traded anew.

Tokyo, Seoul, Taipei and Hong Kong close before New York opens on the same date. A join on the
calendar date therefore puts a US close beside an Asian close that could not know it yet. Here a
row names both of its session dates, and which of the two came first.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from models.types import Bools, Floats, Sessions

Lead = Literal["us", "asia"]


@dataclass(frozen=True, slots=True, eq=False)
class ClockRows:
    """Returns of N names between R + 1 consecutive instants of the clock.

    Attributes
    ----------
    asia_dates, us_dates
        Shape (R,): the session dates whose closes end the row; NaT for a side without a name.
    returns
        Fractions, shape (R, N): the change between the row's close and that of the row before,
        the name's own returns compounded. NaN where the name has no return on either close.
    asia_span, us_span
        Shape (R,): news days of each side that the row compounds, 1 on an ordinary day.
    lead
        The side that closed first within a row.
    """

    asia_dates: Sessions
    us_dates: Sessions
    returns: Floats
    asia_span: np.ndarray
    us_span: np.ndarray
    lead: Lead

    @property
    def dates(self) -> Sessions:
        """The date on which a row was complete: that of the side that closed last."""
        last, first = (
            (self.asia_dates, self.us_dates) if self.lead == "us" else (self.us_dates, self.asia_dates)
        )
        return np.where(np.isnat(last), first, last)


def clock_rows(
    sessions: Sessions, returns: Floats, asia: Bools, open_exchange: Bools, *, lead: Lead = "us"
) -> ClockRows:
    """Return rows in clock order, each from one close of both sides to the next.

    With ``lead="us"`` a row is a US close and the Asian close that followed it, so that a
    correlation across the sides is that of New York with the next Asian session; with
    ``lead="asia"`` it is an Asian close and the US close that followed on the same news day. An
    Asian row day is one on which every Asian exchange among the names was open. What happened on
    days between the rows, one-sided holidays among them, is compounded into the next row:
    nothing is filled and nothing is lost.

    Parameters
    ----------
    sessions
        Shape (T,), ascending: the union of the names' sessions.
    returns
        Fractions on each name's own sessions, shape (T, N); NaN elsewhere.
    asia
        Shape (N,): True for a name that trades in Asia, False for one in New York.
    open_exchange
        Whether the name's exchange held a session, shape (T, N). Before the first and after the
        last session of an exchange its closure holds up no row.
    lead
        The side that closes first within a row.

    Returns
    -------
    ClockRows
        R rows, none when a side that has names never traded.
    """
    wealth = np.nancumsum(np.log1p(returns), axis=0)
    wealth[~np.isfinite(returns)] = np.nan
    eastern, western = _row_days(open_exchange[:, asia]), _row_days(open_exchange[:, ~asia])
    east, west = _paired(sessions, eastern, western, lead)
    levels = np.empty((max(len(east), len(west)), returns.shape[1]))
    levels[:, asia] = wealth[east][:, asia] if asia.any() else 0.0
    levels[:, ~asia] = wealth[west][:, ~asia] if (~asia).any() else 0.0
    nowhere = np.full(max(len(levels) - 1, 0), np.datetime64("NaT", "D"))
    return ClockRows(
        sessions[east[1:]] if asia.any() else nowhere,
        sessions[west[1:]] if (~asia).any() else nowhere,
        np.expm1(np.diff(levels, axis=0)),
        np.diff(np.searchsorted(eastern, east, side="right")),
        np.diff(np.searchsorted(western, west, side="right")),
        lead,
    )


def _row_days(opened: Bools) -> np.ndarray:
    """Rows of the sessions on which every exchange that is alive among the columns was open."""
    seen = np.maximum.accumulate(opened, axis=0)
    ahead = np.maximum.accumulate(opened[::-1], axis=0)[::-1]
    shut = ~opened & seen & ahead
    return np.flatnonzero(opened.any(axis=1) & ~shut.any(axis=1))


def _paired(
    sessions: Sessions, eastern: np.ndarray, western: np.ndarray, lead: Lead
) -> tuple[np.ndarray, np.ndarray]:
    """For each row the session of either side; the first pair in which both have traded anew."""
    if not len(eastern) or not len(western):
        return eastern, western
    first, last = (western, eastern) if lead == "us" else (eastern, western)
    # A US session ends after the Asian one of its date: before an Asian close lie strictly
    # earlier US dates, before a US close Asian dates up to its own.
    side: Literal["left", "right"] = "left" if lead == "us" else "right"
    before = np.searchsorted(sessions[first], sessions[last], side=side) - 1
    anew = (before >= 0) & (np.diff(before, prepend=-1) > 0)
    pair = first[before[anew]], last[anew]
    return pair[::-1] if lead == "us" else pair

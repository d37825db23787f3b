"""The relay: one news day as legs in clock order, and which of them started a fall.

Asia's exchanges close before New York opens on the same date, so the legs of date D run Asia
gap, Asia session, US gap, US session, and then on to the next date on which a side trades.
Sorting by date and then by leg is therefore the order of the clock; nothing here adds a day to
a date, and a closed side simply has no legs to pass through.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd

from models.analytics.baskets import (
    MAX_MISSING,
    BasketPath,
    basket_path,
    joined_members,
    weighted_mean,
)
from models.types import Bools, Floats, Sessions

Side = Literal["asia", "us"]
Leg = Literal["asia_gap", "asia_session", "us_gap", "us_session"]
LEGS: tuple[Leg, ...] = ("asia_gap", "asia_session", "us_gap", "us_session")
MEANING: Mapping[Leg, str] = {
    "asia_gap": "the news came after New York's close, before Asia's open",
    "asia_session": "it began while Asia traded",
    "us_gap": "the news came after Asia's close, before New York's open",
    "us_session": "it began while New York traded",
}

Z_WINDOW = 250
Z_MINIMUM = 100
Z_STARTS = -1.65
Z_CALM = -1.0
ONSET_DAYS = 3


@dataclass(frozen=True, slots=True)
class Verdict:
    """Who started a fall.

    Attributes
    ----------
    starter
        ``asia``, ``us``, ``not clear``, or ``not known`` where a leg that decides is withheld.
    leg, date
        The leg that started it and its session date; None when it is not clear or not known.
    reason
        One clause for the sentence: what the leg means, or why it is not clear or not known.
    """

    starter: Literal["asia", "us", "not clear", "not known"]
    leg: Leg | None
    date: np.datetime64 | None
    reason: str


@dataclass(frozen=True, slots=True, eq=False)
class SidePaths:
    """One side's basket day by day: its move, its two legs, and who is in the move but not in the legs.

    The legs are of the names with an open and a close, ``whole`` is of all names with a close. On every
    day with legs, with ``counted`` the members in ``whole`` (a member whose exchange was closed is in the
    legs as well, with 0) and equal weights,

    ``(counted - without) * ((1 + gap) * (1 + session) - 1) + without * rest == counted * whole``.

    Attributes
    ----------
    gap, session
        The legs; ``traded`` are the names with an open and a close.
    whole
        The close-to-close move.
    counted, without
        Members in ``whole``, and those of them that have a close and no open; shape (T,).
    rest
        Mean close-to-close move of the names without an open, a fraction; NaN where there is none.
    """

    gap: BasketPath
    session: BasketPath
    whole: BasketPath
    counted: np.ndarray
    without: np.ndarray
    rest: Floats


def basket_legs(
    sessions: Sessions,
    gap: Floats,
    session: Floats,
    open_exchange: Bools,
    active: Bools,
    weights: Floats | None = None,
    max_missing: float = MAX_MISSING,
    *,
    returns: Floats | None = None,
    exchanges: Sequence[str] | None = None,
) -> tuple[Floats, Floats]:
    """Return the gap and the session leg of one side's basket: the returns of :func:`leg_paths`.

    Returns
    -------
    tuple
        Gap and session leg, fractions, shape (T,); NaN where the side was closed or withheld.
    """
    paths = leg_paths(
        sessions,
        gap,
        session,
        open_exchange,
        active,
        weights,
        max_missing,
        returns=returns,
        exchanges=exchanges,
    )
    return paths.gap.returns, paths.session.returns


def leg_paths(
    sessions: Sessions,
    gap: Floats,
    session: Floats,
    open_exchange: Bools,
    active: Bools,
    weights: Floats | None = None,
    max_missing: float = MAX_MISSING,
    *,
    returns: Floats | None = None,
    exchanges: Sequence[str] | None = None,
) -> SidePaths:
    """Return the paths of the gap and the session leg of one side's basket, both of the same members.

    Weights are equal at the last close before the day and then run with the names: with w the open and v
    the close of each name over its close before (k times, for a dividend or a split), the gap is
    mean(w) - 1 and the session mean(v) / mean(w) - 1, so that both compound to the mean close-to-close
    move of the same names exactly. The product of mean legs would miss it by their covariance.

    Who is a member is a matter of closes, by :func:`~models.analytics.baskets.basket_path`: a name
    without opens stays one for as long as it has closes, and is in the move and not in the legs. When
    more than ``max_missing`` of the side's members due have no open, its legs are withheld that day, and
    so they are when the move is.

    Parameters
    ----------
    sessions
        Shape (T,).
    gap, session
        The members' legs, fractions, shape (T, N).
    open_exchange, active, weights, max_missing, exchanges
        As in ``basket_path``.
    returns
        The members' close-to-close moves, fractions, shape (T, N). Without them a name has a close only
        where it has legs.

    Returns
    -------
    SidePaths
        The levels of the paths run on through days that are withheld, by what the members present did.
    """
    own = np.where(
        active & open_exchange, (1 + gap) * (1 + session) - 1 if returns is None else returns, np.nan
    )
    whole = basket_path(sessions, own, open_exchange, active, weights, max_missing, exchanges=exchanges)
    member = active & joined_members(np.isfinite(own), open_exchange)
    closed = np.isfinite(own)
    both = closed & np.isfinite(gap) & np.isfinite(session)
    due = member & open_exchange
    withheld = whole.withheld | ((due & ~both).sum(axis=1) > max_missing * due.sum(axis=1))
    still = member & ~open_exchange
    opened = weighted_mean(np.where(both, 1 + gap, 1.0), member & both | still, weights)
    ended = weighted_mean(np.where(both, 1 + own, 1.0), member & both | still, weights)
    moved = (due & both).any(axis=1)
    without = due & closed & ~both
    rest = weighted_mean(own, without, weights)

    def path(leg: Floats) -> BasketPath:
        leg = np.where(moved, leg, np.nan)
        level = np.where(np.isfinite(leg) & ~withheld, np.nancumprod(1 + leg), np.nan)
        shown = np.where(withheld, np.nan, leg)
        return BasketPath(sessions, shown, level, (due & both).sum(axis=1), whole.members, withheld)

    counted = (member & closed | still).sum(axis=1)
    return SidePaths(path(opened - 1), path(ended / opened - 1), whole, counted, without.sum(axis=1), rest)


def relay_legs(
    sessions: Sessions, legs: Mapping[Leg, Floats], withheld: Mapping[Leg, Bools] | None = None
) -> pd.DataFrame:
    """Return every leg that was walked, in clock order, with its z.

    Parameters
    ----------
    sessions
        Shape (T,), ascending: the union of the sides' sessions.
    legs
        The four legs, fractions, shape (T,); NaN where a side was closed.
    withheld
        Where a side traded and its leg cannot be told, shape (T,): such a leg was walked all the same,
        and a verdict must not be given as if it had not been.

    Returns
    -------
    DataFrame
        ``date, leg, return, z``, one row a leg that exists; z is NaN while there are fewer
        than 100 news days behind it, and both are NaN where the leg is withheld.
    """
    values = np.column_stack([legs[leg] for leg in LEGS])
    scores = np.column_stack([leg_z(legs[leg]) for leg in LEGS])
    gone = np.zeros(values.shape, dtype=np.bool_)
    if withheld is not None:
        gone |= np.column_stack([withheld[leg] for leg in LEGS])
    day, leg = np.nonzero(np.isfinite(values) | gone)
    return pd.DataFrame(
        {
            "date": sessions.astype("datetime64[s]")[day],
            "leg": pd.array(list(LEGS), dtype="str").take(leg),
            "return": values[day, leg],
            "z": scores[day, leg],
        }
    )


def leg_z(leg: Floats, window: int = Z_WINDOW, minimum: int = Z_MINIMUM) -> Floats:
    """Return a leg over the standard deviation of the same leg on the news days before.

    Parameters
    ----------
    leg
        Fractions, shape (T,); a NaN is no news day of this leg and is passed over.
    window, minimum
        News days; today is never among them.

    Returns
    -------
    Floats
        Shape (T,); NaN with fewer than ``minimum`` news days before, or when none moved.
    """
    known = np.isfinite(leg)
    own = pd.Series(leg[known])
    spread = own.rolling(window, min_periods=minimum).std().shift(1).to_numpy()
    z = np.full(len(leg), np.nan)
    z[known] = np.divide(leg[known], spread, out=np.full(len(spread), np.nan), where=spread > 0)
    return z


def walk_of_day(relay: pd.DataFrame, day: np.datetime64) -> pd.DataFrame:
    """Return the legs by which one news day is judged: from the US session before it to its own.

    Parameters
    ----------
    relay
        The result of :func:`relay_legs`.
    day
        A session date.

    Returns
    -------
    DataFrame
        Rows of ``relay``; empty when neither side traded that day.
    """
    today = relay[relay["date"] == day]
    if today.empty:
        return today
    before = relay[(relay["date"] < day) & (relay["leg"] == "us_session")].tail(1)
    return pd.concat([before, today])


def walk_of_onset(relay: pd.DataFrame, peak: np.datetime64, days: int = ONSET_DAYS) -> pd.DataFrame:
    """Return the legs by which an episode is judged: the first news days after its peak.

    Parameters
    ----------
    relay
        The result of :func:`relay_legs`.
    peak
        The session date of the peak.
    days
        News days of the onset.

    Returns
    -------
    DataFrame
        Rows of ``relay``; fewer days when the relay ends before.
    """
    later = relay[relay["date"] > peak]
    return later[later["date"].isin(later["date"].unique()[:days])]


def starter(walk: pd.DataFrame) -> Verdict:
    """Return who started it: the first leg of the walk at or below z -1.65, if it came from calm.

    Its two preceding legs in the walk must have z > -1; with one of them in (-1.65, -1], or
    without a z, or when no leg qualifies, the verdict is "not clear". A leg of the walk that is withheld
    (its return is NaN) might have been the first: unless one came before it, the verdict is "not known".

    Parameters
    ----------
    walk
        Legs in clock order with ``date``, ``leg`` and ``z``.

    Returns
    -------
    Verdict
        The side, the leg, and what it means; the legs themselves are the walk.
    """
    z = walk["z"].to_numpy()
    low = np.flatnonzero(z <= Z_STARTS)
    gone = np.flatnonzero(walk["return"].isna().to_numpy())
    if len(gone) and not (len(low) and low[0] < gone[0]):
        row = walk.iloc[int(gone[0])]
        return Verdict("not known", None, None, _withheld(row["leg"], np.datetime64(row["date"], "D")))
    if not len(low):
        return _not_clear("no leg of the walk fell by 1.65 standard deviations")
    first = int(low[0])
    if not (z[max(first - 2, 0) : first] > Z_CALM).all():
        return _not_clear("the legs before the first large fall were falling already, or have no history")
    row = walk.iloc[first]
    leg: Leg = row["leg"]
    return Verdict(
        "asia" if leg.startswith("asia") else "us", leg, np.datetime64(row["date"], "D"), MEANING[leg]
    )


def _withheld(leg: Leg, day: np.datetime64) -> str:
    place = "Asia’s" if leg.startswith("asia") else "New York’s"
    return f"{place} legs of {day} are withheld for missing prices"


def _not_clear(reason: str) -> Verdict:
    return Verdict("not clear", None, None, reason)

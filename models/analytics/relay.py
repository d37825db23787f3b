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

from models.analytics.baskets import MAX_MISSING, BasketPath, basket_path
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
        ``asia``, ``us`` or ``not clear``.
    leg, date
        The leg that started it and its session date; None when it is not clear.
    reason
        One clause for the sentence: what the leg means, or why it is not clear.
    """

    starter: Literal["asia", "us", "not clear"]
    leg: Leg | None
    date: np.datetime64 | None
    reason: str


def basket_legs(
    sessions: Sessions,
    gap: Floats,
    session: Floats,
    open_exchange: Bools,
    active: Bools,
    weights: Floats | None = None,
    max_missing: float = MAX_MISSING,
    *,
    exchanges: Sequence[str] | None = None,
) -> tuple[Floats, Floats]:
    """Return the gap and the session leg of one side's basket: the returns of :func:`leg_paths`.

    Returns
    -------
    tuple
        Gap and session leg, fractions, shape (T,); NaN where the side was closed or withheld.
    """
    paths = leg_paths(
        sessions, gap, session, open_exchange, active, weights, max_missing, exchanges=exchanges
    )
    return paths[0].returns, paths[1].returns


def leg_paths(
    sessions: Sessions,
    gap: Floats,
    session: Floats,
    open_exchange: Bools,
    active: Bools,
    weights: Floats | None = None,
    max_missing: float = MAX_MISSING,
    *,
    exchanges: Sequence[str] | None = None,
) -> tuple[BasketPath, BasketPath]:
    """Return the paths of the gap and the session leg of one side's basket, both of the same members.

    The rule is that of :func:`~models.analytics.baskets.basket_path`; a name without an open
    that day has neither leg and is out of both.

    Parameters
    ----------
    sessions
        Shape (T,).
    gap, session
        The members' legs, fractions, shape (T, N).
    open_exchange, active, weights, max_missing, exchanges
        As in ``basket_path``.

    Returns
    -------
    tuple
        The paths of the gap and of the session leg; their levels run on through days that are
        withheld, by what the members present did.
    """
    whole = np.isfinite(gap) & np.isfinite(session)

    def path(leg: Floats) -> BasketPath:
        own = np.where(whole, leg, np.nan)
        return basket_path(sessions, own, open_exchange, active, weights, max_missing, exchanges=exchanges)

    return path(gap), path(session)


def relay_legs(sessions: Sessions, legs: Mapping[Leg, Floats]) -> pd.DataFrame:
    """Return every leg that was walked, in clock order, with its z.

    Parameters
    ----------
    sessions
        Shape (T,), ascending: the union of the sides' sessions.
    legs
        The four legs, fractions, shape (T,); NaN where a side was closed.

    Returns
    -------
    DataFrame
        ``date, leg, return, z``, one row a leg that exists; z is NaN while there are fewer
        than 100 news days behind it.
    """
    values = np.column_stack([legs[leg] for leg in LEGS])
    scores = np.column_stack([leg_z(legs[leg]) for leg in LEGS])
    day, leg = np.nonzero(np.isfinite(values))
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
    without a z, or when no leg qualifies, the verdict is "not clear".

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


def _not_clear(reason: str) -> Verdict:
    return Verdict("not clear", None, None, reason)

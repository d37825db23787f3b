"""Definitions: returns and their basis, gap and session, dollars, baskets."""

from __future__ import annotations

from collections.abc import Mapping

from app.pages.method.entry import Chapter, Entry, constant, days, default, percent, sessions
from models import pegs
from models.analytics import baskets, holes, returns
from models.analytics.baskets import basket_path, joined_members, weighted_mean
from models.analytics.holes import across_holes, bridged_path
from models.analytics.returns import (
    compound_fx,
    day_factor,
    day_moves,
    moves,
    price_path,
    price_return_only,
    return_path,
    session_legs,
    to_usd,
    usd_rate,
)


def _bands(found: Mapping[str, pegs.Peg]) -> str:
    return ", ".join(
        f"{name} {peg.middle:.2f} ({peg.low:.2f} to {peg.high:.2f})" for name, peg in found.items()
    )


_BASIS = Entry(
    "basis",
    "Price basis",
    (
        "Two bases, never mixed. A drawdown is measured on the close, adjusted for splits and not for "
        "dividends: the fall from a name’s own record close, as the press quotes it. A return is measured on "
        "the adjusted close, which counts dividends in.",
        "Where only the adjusted close is known, it is scaled onto the close at the nearest session that has "
        "both, so that the join has exactly the adjusted return.",
    ),
    ("price[t] = close[t], else adj_close[t] · close[s] / adj_close[s]",),
    cannot="Count dividends in a drawdown. Who holds a name with large dividends is less deep under water.",
    functions=(price_path,),
)
_RETURNS = Entry(
    "returns",
    "Returns",
    (
        "The return of a session runs from the name’s bar of the session before to this one. Nothing "
        "is filled. Where either end lacks the adjusted close, closes are used and the return is "
        "marked “price return”: it leaves dividends out.",
        "The low return runs from the close before to the day’s low.",
        "A move over an expected session of which the name has no bar, be it a halt or a hole of the source, "
        "is of two sessions or more. It is withheld as a day’s move wherever one is shown, with the reason: "
        "in moves, gaps and sessions, breadth, baskets, the Brief and the day of Drawdowns; it starts "
        "nothing and enters no z, quantile or correlation. What a fall measures, the price itself, is known "
        "again with the first bar after the hole.",
    ),
    ("r[t] = adj_close[t] / adj_close[t−1] − 1", "low[t] = low · k / close[t−1] − 1"),
    cannot="Give a return on a name’s first bar, after a hole, or across prices that share no column: n/a.",
    functions=(return_path, price_return_only, day_moves, moves, across_holes),
)
_LEGS = Entry(
    "legs",
    "Gap and session",
    (
        "The gap is what happened while the exchange was closed, the session what happened while it traded. "
        "Together they give the return exactly. k is the day’s dividend and split factor, 1 on an ordinary "
        "day, so that a dividend falls into the gap, where it belongs.",
    ),
    (
        "1 + r = (1 + gap) (1 + session)",
        "gap = open[t] · k / close[t−1] − 1",
        "session = close[t] / open[t] − 1",
        "k = (1 + r[t]) · close[t−1] / close[t]",
    ),
    cannot="Split a day without an open. Such a name is out of both legs and of what uses them.",
    functions=(session_legs, day_factor),
)
_DOLLARS = Entry(
    "dollars",
    "US dollars",
    (
        "Prices are turned into dollars first and returns taken from those: the same, exactly, as "
        "compounding the local return with the currency’s own. The rate of a session is the last "
        "currency close on or before it.",
        "Where no rate is stored a currency held within a band stands at the band’s middle while its last "
        "known rate lies inside, and that is said; a name of another currency without a rate is left out, "
        "and named.",
    ),
    ("1 + usd = (1 + local) (1 + fx)", "fx = rate[t−1] / rate[t] − 1, rate in currency per dollar"),
    (
        default("A rate is too old after", usd_rate, "max_age", days),
        constant("Bands: middle, low, high", pegs, "PEGS", _bands),
    ),
    cannot="Match the instants: the currency’s daily close is struck hours after Asia’s, near New York’s.",
    functions=(to_usd, usd_rate, compound_fx),
)
_BASKET = Entry(
    "basket",
    "Baskets",
    (
        "A basket has equal weights over its members of that day. A member whose exchange was closed counts "
        "with a return of 0, for its price did not move: a one-sided day moves the basket by that side’s "
        "share. A member whose exchange traded but whose bar is missing is left out.",
        "When more than the limit of an open exchange’s members are missing, the day is withheld: no figure, "
        "and the chart says so. The chain itself runs on through what the others did.",
        "A session without a bar of a whole exchange withholds the day and, as the moves after it hold two "
        "days, the day after. The level waits over it for that exchange’s names and takes their whole move "
        "with the first bars after: the fall from a peak is right again on that day.",
        "A member joins on its first return. It lapses after a number of its exchange’s sessions without a "
        "bar, and joins again with the next one.",
    ),
    ("R[t] = mean of r over counted members", "level[t] = level[t−1] · (1 + R[t])"),
    (
        constant("Withheld when more are missing than", baskets, "MAX_MISSING", percent),
        constant("Lapses without a bar after", baskets, "LAPSE", sessions),
    ),
    cannot="Be bought as it stands: equal weights every day mean trading every day, at no cost here.",
    functions=(basket_path, joined_members, weighted_mean, bridged_path),
)
CHAPTER = Chapter("Returns", (_BASIS, _RETURNS, _LEGS, _DOLLARS, _BASKET))
MODULES = (returns, baskets, holes)

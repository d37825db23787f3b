"""Definitions: selloff legs, the relay and its z, who started it, breadth; and what leaves the page."""

from __future__ import annotations

from app.kinds import address
from app.pages.method.entry import Chapter, Entry, constant, days, default, number, percent, sessions
from models.analytics import breadth as broad
from models.analytics import episodes, relay
from models.analytics.breadth import breadth, change_between, largest_losers
from models.analytics.episodes import selloff_legs
from models.analytics.relay import (
    LEGS,
    MEANING,
    Z_CALM,
    Z_STARTS,
    basket_legs,
    leg_paths,
    leg_z,
    relay_legs,
    starter,
    walk_of_day,
    walk_of_onset,
)
from models.analytics.selloffs import selloff_table

_START, _CALM = number(Z_STARTS), number(Z_CALM)


def _falls(found: tuple[int, ...]) -> str:
    return ", ".join(f"{value}%" for value in found)


def _news_days(value: int) -> str:
    return f"{value} news days"


_SELLOFF = Entry(
    "selloff",
    "Selloff leg",
    (
        "From the last high before a fall of λ to the low before a rise of λ. It is listed as soon as the "
        "fall has reached λ, and is open until the rise has. A high met twice counts at its last day, a low "
        "at its first. The path opens in neither state: its first leg needs a fall of λ from the highest "
        "close so far.",
    ),
    ("falls: P ≤ (1 − λ) · last high", "ends: P ≥ (1 + λ) · low since"),
    (
        default("λ", selloff_legs, "threshold", percent),
        constant("λ to choose from", address, "FALLS", _falls),
        constant("Onset ends after the peak by", episodes, "ONSET_SESSIONS", sessions),
        default("Largest losers listed", selloff_table, "losers", str),
    ),
    "Lunde and Timmermann (2004), Duration dependence in stock prices, section 2, thresholds equal.",
    "Know the low until the rise has come: the trough of an open leg may still move.",
    (selloff_legs, selloff_table),
)
_RELAY = Entry(
    "relay",
    "The relay and z of legs",
    (
        "A news day is walked in clock order: Asia’s gap, Asia’s session, New York’s gap, New York’s "
        "session, and on to the next date on which a side trades. No day is ever added to a date: a closed "
        "side has no legs to pass through.",
        "A day’s figure is, on every page, the close-to-close move of all members with a close. The legs are "
        "of those with an open as well, at equal weights at the close before that run with the names: gap "
        "and session compound to the move of the same names exactly. A name of a closed exchange counts 0 in "
        "move and legs. Who has a close and no open is told beside them with its mean move, so that the "
        "legs’ names and the rest add up to the day. Missing opens make nobody lapse: when more of a side’s "
        "names lack them than the basket rule allows, its legs are withheld that day.",
        "z is the leg over the standard deviation of the same leg on the news days before, today excluded.",
    ),
    (
        "w = open · k / close[t−1], v = close · k / close[t−1]",
        "gap = mean(w) − 1, session = mean(v) / mean(w) − 1",
        "n · day = n₁ · ((1 + gap)(1 + session) − 1) + n₂ · mean move of those without an open",
        "z[t] = leg[t] / sd(leg[t−1], leg[t−2], …)",
    ),
    (
        constant("News days behind z", relay, "Z_WINDOW", _news_days),
        constant("At least", relay, "Z_MINIMUM", _news_days),
    ),
    cannot="Take the mean off: a leg is measured from 0, and a drift counts as a move. Before July 2021 no "
    "name of Tokyo has an open where the source gave none: the legs are of the other cities, or withheld.",
    functions=(relay_legs, basket_legs, leg_paths, leg_z, walk_of_day),
    table=tuple(
        (leg.replace("_", " ").replace("us ", "US ").replace("asia ", "Asia "), MEANING[leg]) for leg in LEGS
    ),
)
_STARTER = Entry(
    "starter",
    "Who started it",
    (
        f"The first leg of the walk with z ≤ {_START} whose two preceding legs in the walk have "
        f"z > {_CALM}. If one of those lies between {_START} and {_CALM} or has no z, or if no leg "
        "qualifies, the verdict is “not clear”, and the legs say why.",
        "For an episode the walk is its onset, the first news days after the peak. For one day it begins "
        "with the US session before it.",
        "Where a leg that could have been the first is withheld, the verdict is “not known”, with what is "
        "missing: no other day answers. Pages say a z as “times its usual swing”, beside the line it had "
        "to pass.",
        "A session leg: it began while that market traded. A gap leg: the news came while it was closed.",
        "Where nothing starts anything, this rule still names Asia in 20 and New York in 17 of 100 onsets, "
        "Asia’s legs being first in the clock.",
    ),
    (f"starter = first leg with z ≤ {_START}, after two with z > {_CALM}",),
    (
        constant("A leg starts it at z of", relay, "Z_STARTS", number),
        constant("Calm before it, z above", relay, "Z_CALM", number),
        constant("Onset", relay, "ONSET_DAYS", _news_days),
    ),
    cannot="Name a cause. It says where the fall was first seen, not why; another universe has other legs.",
    functions=(starter, walk_of_onset),
)
_BREADTH = Entry(
    "breadth",
    "Breadth and largest losers",
    (
        "Breadth is the share of names that fell, among those with a move; exactly 0 is not a fall. A "
        "loser’s share is its loss over the sum of all losses, at equal weights.",
        "Over an episode each name is measured between its last bars on or before the two dates, so that a "
        "market closed on one of them stands at its close before.",
    ),
    ("breadth = count(move < 0) / count(moves)", "loss share = loss / Σ losses"),
    (
        constant("A price is too old after", broad, "MAX_AGE", days),
        default("Losers listed", largest_losers, "top", str),
    ),
    cannot="Weigh names by size: a small company that halves counts as much as a large one.",
    functions=(breadth, change_between, largest_losers),
)
CHAPTER = Chapter("Selloffs", (_SELLOFF, _RELAY, _STARTER, _BREADTH))

_EXPORTS = Entry(
    "exports",
    "Pictures, files and addresses",
    (
        "A picture is drawn in the browser by the same figure that stands on the page, in light colours at "
        "memo size, with title, unit, period, as-of, source and a view ID. The ID reopens the identical view "
        "on this dashboard; its as-of is pinned, and it is kept with the prices, whatever is restarted. "
        "Half a memo’s width is a drawing of its own, in type of 7 points again; a chart whose columns of "
        "figures would not fit has none.",
        "A pack holds one page or slide a chart. Its words are those of the chart, told again for the view "
        "that was drawn; slides add the newest rows behind it as a table. Pages from the browser are "
        "pictures at 300 dots an inch under text that can be searched; the command’s are lines and letters.",
        "CSV holds fractions and ISO dates, UTC instants with Z, and an empty cell where there is no value. "
        "Text that a spreadsheet would take for a formula gets an apostrophe before it; numbers stay so.",
        "Every control stands in the address of the page. Simulated prices say so in file names, pictures "
        "and source lines, and are never mixed with real ones.",
    ),
    parameters=(constant("Lines on one chart, at most", address, "MAX_LINES", str),),
    cannot="Freeze prices: when the source later changes a bar, the same view shows the new value.",
)
LEAVING = Chapter("Leaving the page", (_EXPORTS,))

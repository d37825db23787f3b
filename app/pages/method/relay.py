"""Definitions: what one market's fall says about the next, and whether it is a sector's or one name's."""

from __future__ import annotations

from app.pages.method.entry import Chapter, Entry, constant, default, number, percent, sessions
from models.analytics import exceedance, sector
from models.analytics.breadth import breadth_by_group, held_up
from models.analytics.exceedance import exceedances, trailing_quantile
from models.analytics.sector import factor_share, sector_path, verdict_shares

_EXCEEDANCE = Entry(
    "exceedance",
    "A day in the own worst twentieth",
    (
        "A day counts when its return lies at or below the quantile of the name’s own sessions before it, "
        "today excluded. Days on which the name did not trade are passed over.",
        "A name with too short a history is not judged: a share of such days is over the judged names.",
    ),
    ("exceeds[t] = r[t] ≤ quantile(r[t−1], r[t−2], …)",),
    (
        constant("Worst share of days", exceedance, "TAIL", percent),
        constant("Sessions behind it", exceedance, "WINDOW", sessions),
        constant("At least", exceedance, "MINIMUM", sessions),
    ),
    cannot="Compare calm with calm: after a quiet year a small fall is already in the worst twentieth.",
    functions=(exceedances, trailing_quantile),
)

_SECTOR = Entry(
    "sector",
    "Sector-wide or single-stock",
    (
        "Five figures of the names that traded: breadth, the share that fell; co-exceedance, the share in "
        "their own worst twentieth; the largest loser’s share of all losses; dispersion, the standard "
        "deviation across names; and the basket’s z on its own news days before.",
        "Quiet when the basket’s z is above the limit. Else sector-wide when breadth and co-exceedance reach "
        "theirs and no name carries more than its share; single-stock when one name carries half of the "
        "loss and few others are in their worst twentieth; mixed otherwise. The figures stand beside it.",
        "No verdict on a day when too few names traded or have the history to be judged: the reason stands "
        "there instead. Shares of verdicts are over the days with one.",
    ),
    (
        "sector-wide: breadth ≥ .8, co-exceedance ≥ .25, largest share ≤ max(.25, 3 / n)",
        "single-stock: largest share ≥ .5, co-exceedance ≤ .1",
    ),
    (
        constant("Quiet with z above", sector, "QUIET_ABOVE", number),
        constant("Sector-wide from a breadth of", sector, "WIDE_BREADTH", percent),
        constant("and a co-exceedance of", sector, "WIDE_COEXCEEDANCE", percent),
        constant("with a largest share up to", sector, "WIDE_LARGEST", percent),
        constant("or, of n names, this many n-ths", sector, "WIDE_LARGEST_NAMES", str),
        constant("Single-stock from a largest share of", sector, "SINGLE_LARGEST", percent),
        constant("with a co-exceedance up to", sector, "SINGLE_COEXCEEDANCE", percent),
        constant("Traded, and judged, at least", sector, "MIN_SHARE", percent),
        constant("Names at least", sector, "MIN_NAMES", str),
    ),
    cannot="See size: a name of any weight counts once, and a loss is the move itself.",
    functions=(sector_path, verdict_shares),
)
_GROUPS = Entry(
    "groups",
    "Layers, countries, and who held up",
    (
        "Breadth and the mean move within each layer or country, the deepest mean first, with the names that "
        "had no move that day. Who held up are the best moves of the day, whether they rose or fell least.",
    ),
    ("mean = Σ moves / count(moves)",),
    (default("Names listed", held_up, "top", str),),
    cannot="Tell a group of two names from a sector: the count stands beside the share.",
    functions=(breadth_by_group, held_up),
)
_FACTOR = Entry(
    "factor-share",
    "First-factor share",
    (
        "How much of a day lay along the one direction in which the names usually move together. Returns are "
        "standardised by mean and standard deviation of the days before; the direction is the first "
        "eigenvector of their correlation on those days.",
        "Only days on which every name of the day traded are counted. The names with the shortest history "
        "are left out, and counted, until enough such days are there.",
    ),
    ("share = (v · z)² / (z · z)",),
    (constant("Days before, today excluded", sector, "FACTOR_WINDOW", sessions),),
    cannot="See what New York passes on to the next Asian day: both sides stand within one news day, Asia first.",
    functions=(factor_share,),
)

CHAPTER = Chapter("Passing it on", (_EXCEEDANCE, _SECTOR, _GROUPS, _FACTOR))

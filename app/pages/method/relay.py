"""Definitions: what one market's fall says about the next, and whether it is a sector's or one name's."""

from __future__ import annotations

from app.pages.method.entry import Chapter, Entry, constant, default, number, percent, sessions
from models.analytics import early_warning as warning
from models.analytics import exceedance, hac, links, sector
from models.analytics.breadth import breadth_by_group, held_up
from models.analytics.early_warning import (
    block_interval,
    early_warning,
    prior_base,
    stationary_rows,
    wilson,
)
from models.analytics.exceedance import exceedances, trailing_quantile
from models.analytics.hac import ols_hac
from models.analytics.links import (
    controlled_links,
    follows,
    leg_links,
    leg_pairs,
    side_close,
    side_moves,
)
from models.analytics.sector import factor_share, sector_path, verdict_shares


def _leg(name: str) -> str:
    return name.replace("_", " ").replace("us ", "US ").replace("asia ", "Asia ")


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

_LINKS = Entry(
    "links",
    "What each leg says about the next",
    (
        "A leg is paired with the next leg of the other kind that was walked after it, by the clock: if the "
        "other side was closed, with its next open one. When several legs precede one target only the last "
        "counts. Correlation and slope are over these pairs, and once more over stress days, when the leg "
        "before lay in its worst tenth.",
        "With control, the slope stands beside that of the other side’s last close-to-close move before the "
        "leg: what a market merely passes back is not counted as its own. That move is the figure of its "
        "day, of all names with a close; where each has an open, it is what the legs compound to.",
    ),
    (
        "target = a + slope · source + error",
        "legs: (1 + gap)(1 + session) − 1 = move of the names with an open",
    ),
    (
        constant("Stress: the leg before in its worst", links, "STRESS", percent),
        constant("Pairs at least", links, "MIN_PAIRS", str),
    ),
    cannot=(
        "Compare a stress correlation with the one over all days: cutting the leg before to its worst tenth "
        "lowers a correlation by itself. The slopes can be compared."
    ),
    functions=(leg_links, controlled_links, leg_pairs, follows, side_moves, side_close),
    table=tuple((_leg(first), f"and the next {_leg(then)}") for first, then in links.LINKS),
)
_HAC = Entry(
    "hac",
    "Standard errors of slopes",
    (
        "Newey–West: days that follow each other are not independent, and calm days do not vary as stressed "
        "ones do. Autocovariances of the scores count with falling weights; no small-sample correction.",
    ),
    ("weight of lag l = 1 − l / (lags + 1)",),
    (constant("Lags", hac, "LAGS", str),),
    "Newey and West (1987), A simple, positive semi-definite, heteroskedasticity and autocorrelation "
    "consistent covariance matrix, equation 5.",
    "Mend a slope that stands on one or two days: look at the number of pairs.",
    (ols_hac,),
)
_WARNING = Entry(
    "early-warning",
    "Early warning",
    (
        "The event is a side’s close-to-close move at or below its own trailing quantile, today left out. "
        "The outcome is the other side’s next gap, session and close-to-close move, paired by the clock as "
        "links are. A hit is an outcome below 0.",
        "The hit rate stands beside the base rate: the share of falls after each close that could be judged. "
        "The interval is Wilson’s; the excess over days without an event has a Newey–West error.",
        "A second base rate tells what the event adds to what the other side had already said: days are put "
        "in three classes by that side’s close before, cut at the terciles of the event days, from the "
        "lowest of these to the highest, and the shares of falls of all days of a class are averaged with "
        "the weights of the event days.",
        "Events come in runs. They are counted by year, and beside Wilson’s interval, which takes each day "
        "as its own, stands that of a stationary bootstrap of days. An outcome stands out when both lie "
        "above the base rate and the excess is beyond its error.",
        "A warning about the gap is not one about the session: the gap is over when the market opens.",
    ),
    (
        "hit rate = count(outcome < 0 after an event) / count(events)",
        "second base rate = Σ share of events in class · share of falls in class",
    ),
    (
        constant("Interval", warning, "CONFIDENCE", percent),
        constant("Mean block of the bootstrap, days", warning, "BLOCK", str),
        constant("Resamples", warning, "RESAMPLES", lambda value: f"{value:,}"),
        constant("Seed of the draw", warning, "SEED", str),
    ),
    "Wilson (1927); Brown, Cai and DasGupta (2001), Interval estimation for a binomial proportion; Politis "
    "and Romano (1994), The stationary bootstrap, section 2.",
    "Say what will happen: it counts what did, on the names of this universe.",
    (early_warning, wilson, prior_base, stationary_rows, block_interval),
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
    cannot="See what New York passes on to the next Asian day: a news day has Asia first, then New York.",
    functions=(factor_share,),
)

CHAPTER = Chapter("Passing it on", (_LINKS, _HAC, _WARNING, _EXCEEDANCE, _SECTOR, _GROUPS, _FACTOR))

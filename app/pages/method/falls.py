"""Definitions: drawdowns and their measures, percentile, episodes."""

from __future__ import annotations

from app.pages.method.entry import Chapter, Entry, default, number, percent, sessions
from models.analytics.drawdowns import (
    conditional_drawdown_at_risk,
    drawdown,
    drawdown_at_risk,
    drawdown_of_returns,
    entropic_drawdown_at_risk,
    max_drawdown,
    pain,
    percentile_of_now,
    trailing_drawdown,
    ulcer,
    ulcer_performance,
    wealth,
)
from models.analytics.episodes import aligned, current_and_worst, drawdown_episodes
from models.analytics.falls import find_falls

_DRAWDOWN = Entry(
    "drawdown",
    "Drawdown",
    (
        "How far a price stands below its highest close so far: 0 at a record, negative under water. The "
        "peak can be the own record, the high of the last year, or the high since the window began.",
        "From returns, wealth starts at 1 before the first of them, so that a loss on day one counts.",
    ),
    ("DD[t] = P[t] / max(P[s], s ≤ t) − 1",),
    (default("“52 weeks” is", trailing_drawdown, "sessions", sessions),),
    cannot="See below a close: the day’s low is drawn beside it where there is one, never instead of it.",
    functions=(drawdown, trailing_drawdown, drawdown_of_returns, wealth, max_drawdown),
)
_PERCENTILE = Entry(
    "percentile",
    "Percentile of own history",
    (
        "The share of a name’s days, since its first price, on which it stood less far under water than now. "
        "0 at a record; 100 only at its deepest fall ever. The column beside it says since when.",
    ),
    ("percentile = count(DD[s] > DD[now]) / count(all s)",),
    cannot="Compare names of unequal age: a name listed last year has seen no other fall.",
    functions=(percentile_of_now,),
)
_EPISODE = Entry(
    "episode",
    "Drawdown episode",
    (
        "From a record to the recovery of that record, on the name’s own sessions. The peak is the last day "
        "of the record, first down the session after it, the trough the lowest close (the first, if met "
        "twice), and recovery the first close at or above the old record. Until then the episode is open.",
        "Sessions run from the peak to the recovery, or to the last bar; to trough from the peak; to "
        "recovery from the trough.",
    ),
    ("depth = P[trough] / P[peak] − 1",),
    reference="Peak, trough and recovery as Length, To Trough and Recovery in PerformanceAnalytics.",
    cannot="Ignore small dips: every close below a record opens one. Selloff legs leave the small ones out.",
    functions=(drawdown_episodes, current_and_worst, find_falls),
)
_ALIGNED = Entry(
    "aligned",
    "Side by side",
    (
        "Names set to 0 at a common day 0 and counted in own sessions: each at its own record close, or at "
        "its last bar on or before a date.",
    ),
    ("change[n] = P[day 0 + n] / P[day 0] − 1",),
    (
        default("Before day 0", aligned, "before", sessions),
        default("After day 0", aligned, "after", sessions),
    ),
    cannot="Keep dates together: the same offset is another date for each name.",
    functions=(aligned,),
)
_MEASURES = Entry(
    "measures",
    "Measures of a drawdown path",
    (
        "Pain is the mean depth, ulcer the root of the mean squared depth; the ulcer performance index is "
        "the mean return of a session over it, without a risk-free rate.",
        "Drawdown at risk is the depth exceeded on at most 1 − α of the days, an observed one. Conditional "
        "drawdown at risk is the mean of those days, the boundary day counted by its fraction. The entropic "
        "one is the tightest exponential bound on both.",
    ),
    (
        "pain = mean |DD|,  ulcer = √ mean DD²",
        "DaR = the ⌈nα⌉-th smallest |DD|",
        "CDaR = mean of the worst (1 − α) n days",
        "EDaR = inf over z > 0 of z · ln( mean(exp(|DD| / z)) / (1 − α) )",
    ),
    (
        default("α of DaR", drawdown_at_risk, "alpha", number),
        default("α of CDaR", conditional_drawdown_at_risk, "alpha", number),
        default("α of EDaR", entropic_drawdown_at_risk, "alpha", number),
        default("Smallest z, of the deepest fall", entropic_drawdown_at_risk, "floor", percent),
    ),
    "Becker (2006), pain; Martin (1987), ulcer; Chekhlov, Uryasev and Zabarankin (2005), eq. 3.5 and 3.9; "
    "Ahmadi-Javid (2012), eq. 8, applied to drawdowns.",
    "Be added up: a path that falls twice as deep for half as long may score the same. All are "
    "fractions here; Martin wrote the ulcer in percentage points.",
    (
        pain,
        ulcer,
        ulcer_performance,
        drawdown_at_risk,
        conditional_drawdown_at_risk,
        entropic_drawdown_at_risk,
    ),
)
CHAPTER = Chapter("Drawdowns", (_DRAWDOWN, _PERCENTILE, _EPISODE, _ALIGNED, _MEASURES))

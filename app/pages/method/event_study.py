"""Definitions: day 0 by the clock, abnormal returns, their tests, and what came back after."""

from __future__ import annotations

from app.market import words
from app.pages.method.entry import Chapter, Entry, constant, percent, sessions
from models.analytics import event_benchmarks, event_inference, event_recovery
from models.analytics import event_study as study
from models.analytics.event_benchmarks import rest_of, session_before
from models.analytics.event_clock import REACTIONS, day_zeros, day_zeros_of_dates
from models.analytics.event_inference import TESTS, car_scores, clustering, several_tests, window_tests
from models.analytics.event_recovery import aligned_levels, recoveries, standing_at
from models.analytics.event_study import event_study, residuals_of
from models.analytics.ranks import average_ranks


def _steps(value: tuple[int, ...]) -> str:
    return f"{words.join([f'+{step}' for step in value])} sessions"


_CLOCK = Entry(
    "day-0",
    "Day 0 by the clock",
    (
        "One instant is a different session on every exchange: day 0 is the first one with an opening or a "
        "closing price struck after the instant. If its open comes after it, the gap is part of the "
        "reaction; if the exchange was trading, the reaction shows first at that day’s close.",
        "What is known by its date alone has each exchange’s own session of that date as day 0, or its next "
        "one: whether the news came before the close cannot be told, and the answer says so.",
        "A price struck at the very instant knows nothing of it. A session that was called off is none.",
    ),
    ("day 0 = first session with close > instant", "from the open if open > instant"),
    cannot="Part a session: of a fall in its middle, the daily close holds what came before it too.",
    functions=(day_zeros, day_zeros_of_dates),
    table=tuple(REACTIONS.items()),
)
_ABNORMAL = Entry(
    "abnormal-return",
    "Abnormal return",
    (
        "What a name did beyond what its model expected of it that session. The market model is fitted by "
        "least squares on sessions that end before the event window begins, the constant mean is their "
        "mean: no figure of the fit knows of the event. Sessions are those of the name’s own exchange.",
        "The sum runs from day 0 on. Before day 0 it is what was still to come, so that every path is 0 on "
        "the session before day 0.",
        "A name is left out, with the reason, when too few sessions lie before, when it or its benchmark did "
        "not move, or when a session inside the event window has no return. Sessions that have not come yet "
        "leave the path open.",
    ),
    ("AR[t] = R[t] − α − β · benchmark[t]", "CAR[k] = AR[0] + … + AR[k]"),
    (
        constant("Sessions before day 0", study, "BEFORE", sessions),
        constant("Sessions after it", study, "AFTER", sessions),
        constant("Fitted on", study, "ESTIMATION", sessions),
        constant("Between fit and event window", study, "GAP", sessions),
        constant("Of the fit at least", study, "MINIMUM", sessions),
    ),
    "MacKinlay (1997), Event studies in economics and finance, equations 1 to 5.",
    "Tell an event from whatever else happened on its sessions.",
    (event_study, residuals_of),
)
_BENCHMARK = Entry(
    "event-benchmark",
    "A benchmark without the name",
    (
        "Samsung and SK Hynix are about half of Seoul’s index, TSMC more than a third of Taipei’s: against "
        "the home index their fall explains itself away. Names in Asia are therefore measured against the "
        "Philadelphia semiconductor index of New York’s sessions between their own last session and this "
        "one: what was known when they traded. Names in New York are measured against the S&P 500 of the "
        "same session.",
        "Against the mean of the other names of their side, the abnormal returns of all names are near 0 by "
        "construction: that benchmark tells a name from its peers, and hides a fall of the sector.",
    ),
    ("session before = Π (1 + r) over New York’s sessions in between − 1", "rest = Σ others / count(others)"),
    (constant("Others at least", event_benchmarks, "MIN_OTHERS", str),),
    cannot=(
        "Be free of the sector: AI names are a large part of the S&P 500, which takes some of their fall "
        "with it."
    ),
    functions=(rest_of, session_before),
)
_TESTS = Entry(
    "event-tests",
    "Tests of abnormal returns",
    (
        "All names of a selloff share its dates, so their errors move together, and tests that take them for "
        "independent reject far too often. Three stand then: Brown and Warner’s of 1985, by the deviation of "
        "the names’ mean itself, Kolari and Pynnönen’s, by the mean correlation of the errors, and "
        "Corrado’s ranks. Every answer says how many pairs of names share dates.",
        "The errors of exchanges with different holidays are laid side by side by weekdays before each one’s "
        "day 0. A mean of a session counts when enough names have it. A negative mean correlation counts "
        "as 0.",
        "The t of one name is its sum over the deviation that its own errors give such a sum, the error of "
        "the fit counted in: how unusual the name was, not how sure the event is.",
        "The band around a path is 1.96 deviations of the mean’s own series, grown with the root of the "
        "sessions summed: what chance alone would leave in nineteen cases of twenty.",
    ),
    (
        "standardised = CAR / (s · √(L + L² / n + (Σ (m − m̄))² / SS))",
        "Kolari–Pynnönen = BMP · √((1 − r̄) / (1 + (n − 1) r̄))",
    ),
    (constant("Names that a session of the mean needs", event_inference, "PRESENT", percent),),
    "Brown and Warner (1980, 1985); Patell (1976); Boehmer, Musumeci and Poulsen (1991); Corrado (1989); "
    "Corrado and Zivney (1992); Kolari and Pynnönen (2010).",
    "Make one event more than one event: forty names of one day are near to a single observation.",
    (window_tests, several_tests, clustering, car_scores, average_ranks),
    tuple(
        (name, f"{title}; stands when dates are shared" if name in event_inference.CLUSTERED else title)
        for name, title in TESTS.items()
    ),
)
_RECOVERY = Entry(
    "event-recovery",
    "What came back",
    (
        "The share of a fall regained some sessions after its low: 0 at the low, 1 at the old level, below 0 "
        "when it fell on. It stands beside all falls with an earlier low. Levels of several events or "
        "episodes are drawn by sessions from the date at which each is 0.",
        "A fall’s low is known only once prices have risen from it, an event’s on its day 0: the one is no "
        "rank for the other. An event stands beside falls by its depth at the same session, among those "
        "that were below their peak from the first session to that one.",
    ),
    (
        "recovery[k] = (level[low + k] − level[low]) / (level[peak] − level[low])",
        "place at session k: level[zero + k] / level[zero] − 1",
    ),
    (constant("After the low", event_recovery, "STEPS", _steps),),
    cannot="Be known at the low: that a session was the low shows only afterwards.",
    functions=(recoveries, aligned_levels, standing_at),
)

CHAPTER = Chapter("Events", (_CLOCK, _ABNORMAL, _BENCHMARK, _TESTS, _RECOVERY))

"""Definitions: what one market's fall says about the next, and whether it is a sector's or one name's."""

from __future__ import annotations

from app.pages.method.entry import Chapter, Entry, default, percent, sessions
from models.analytics.exceedance import exceedances, trailing_quantile

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
        default("Worst share of days", trailing_quantile, "q", percent),
        default("Sessions behind it", trailing_quantile, "window", sessions),
        default("At least", trailing_quantile, "minimum", sessions),
    ),
    cannot="Compare calm with calm: after a quiet year a small fall is already in the worst twentieth.",
    functions=(exceedances, trailing_quantile),
)

CHAPTER = Chapter("Passing it on", (_EXCEEDANCE,))

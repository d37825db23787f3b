"""Definitions: intervals of shares."""

from __future__ import annotations

from app.pages.method.entry import Chapter, Entry, default, number
from models.analytics.intervals import wilson

_INTERVAL = Entry(
    "interval",
    "Interval of a share",
    (
        "Wilson’s score interval at 95%: the shares that the count seen would not contradict. It never "
        "leaves 0 to 1 and holds for few days as well.",
    ),
    ("(p + z²/2n ± z √(p(1−p)/n + z²/4n²)) / (1 + z²/n)",),
    (default("z", wilson, "z", lambda value: number(round(value, 2))),),
    "Wilson (1927), Probable inference, the law of succession, and statistical inference.",
    "Know that bad days come together: it counts each as its own, and is too short when they cluster.",
    (wilson,),
)
CHAPTER = Chapter("Stress", (_INTERVAL,))

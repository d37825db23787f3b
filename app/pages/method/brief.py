"""Definitions: the morning's own measures, the halt levels and the meeting."""

from __future__ import annotations

from app.market import words
from app.pages.method.entry import Chapter, Entry, constant, percent, wait
from models import halts, meetings
from models.analytics import brief
from models.analytics.brief import age_rank, followed, move_rank


def _levels(levels: tuple[float, ...]) -> str:
    return ", ".join(f"{words.percent(level, 0)}%" for level in levels)


_RANK = Entry(
    "move-rank",
    "A day among all days",
    (
        "A day’s place counts the days up to it that were worse (or better, for a gain), over all days the "
        "basket has a return; equal days share the better place. Its z is the one of the verdict above: the "
        "move over the standard deviation of the days before.",
        "Before both sides have traded, the day is judged by the side that has, and it says “so far”. A name "
        "whose exchange has yet to close counts as unmoved, as on a holiday.",
    ),
    ("place = 1 + number of days with r < r[today]",),
    cannot="Compare baskets: one with a longer or a calmer past has other days to be ranked among.",
    functions=(move_rank,),
)
_AGE = Entry(
    "age-rank",
    "A fall for its age",
    (
        "A fall of four sessions is set beside all falls from a record that lasted four sessions or more, "
        "each as deep as it was on its own fourth session. Falls that were over by then are not counted.",
    ),
    ("depth at age k = P[peak + k] / P[peak] − 1",),
    cannot="Say how it will end: the falls that were deeper at this age ended both ways.",
    functions=(age_rank,),
)
_FOLLOWED = Entry(
    "days-like-this",
    "What came after days like this",
    (
        "Past days of the side that closed last, over the same five years as the links, ordered by how near "
        "their z is to that of its last day; of the nearest, the share after which the other side opened "
        "lower. The base is the same share over all of them.",
        "An extreme day has few equals, and the nearest tenth of all days then holds much milder ones: the "
        "lowest and the highest z among them stand beside the share, and Wilson’s 95% interval of it.",
    ),
    ("z distance = | z[t] − z[last] |", "rate = opened lower / nearest days"),
    (
        constant("Share of days taken", brief, "ALIKE", percent),
        constant("At least", brief, "MIN_ALIKE", str),
    ),
    cannot="Forecast a size: it counts directions, and says nothing where too few days are alike.",
    functions=(followed,),
)
_HALTS = Entry(
    "halts",
    "Halt levels",
    (
        "The falls of an index from the close before at which its exchange halts all trading. The day’s low "
        "is held against them, in points of a percent; where the source has no low nothing is said.",
        "The level of the next session is worked out from the last close.",
    ),
    ("distance = low − level", "next level = close · (1 + level)"),
    reference="KRX, KOSPI Market Business Regulation, circuit breakers; NYSE Rule 7.12, market-wide.",
    cannot="Say whether trading was halted: a level counts only while it holds for a minute, or once a day.",
    table=tuple((symbol, _levels(levels)) for symbol, levels in halts.HALTS.items()),
)
_MEETING = Entry(
    "meeting",
    "Since your last meeting",
    (
        "The meeting is on every weekday at a time of one place’s clock. What came since is the change "
        "between the prices as they were known when it began and as they are known now: a day that was half "
        "over counts with what was still to come. Events are those that became known in between; one with a "
        "date alone, when the exchanges of all its names had closed.",
    ),
    (
        "change of the basket = level[now] / level[then] − 1",
        "change of a name = product of (1 + r) of its sessions closed since, − 1",
    ),
    (
        constant("Unless set otherwise, at", meetings, "USUAL", lambda value: f"{value:%H:%M}"),
        constant("It lasts, and is not the last one before it is over", meetings, "LASTS", wait),
    ),
    cannot="Know what was on the screen then: bars revised since are counted as they are now.",
)
CHAPTER = Chapter("The morning", (_RANK, _AGE, _FOLLOWED, _HALTS, _MEETING))

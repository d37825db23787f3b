"""The sentences of the comparison, each with its figures."""

from __future__ import annotations

import math

from app.market import words
from app.questions.compare import lines
from app.questions.compare.aligned import Start
from app.questions.compare.facts import Facts
from app.questions.compare.table import caveat, past_said
from models.analytics.event_recovery import STEPS

DECK = 190


def headline(facts: Facts) -> str:
    """Which line stood lowest at the end of the window and which highest."""
    if not facts.starts:
        return "Nothing to compare: choose events or falls"
    ends = sorted(((*facts.last(start), start) for start in facts.starts), key=lambda item: item[1])
    most = max(session for session, _, _ in ends)
    when = f"{words.count(most, 'session')} on" if most > 0 else "on day 0"
    told = [_stood(start, value, session, most) for session, value, start in ends]
    if len(told) == 1:
        return f"{when[0].upper()}{when[1:]}: {told[0]}"
    return f"{when[0].upper()}{when[1:]}, the worst of {len(told)}: {told[0]}; the best: {told[-1]}"


def _stood(start: Start, value: float, session: int, most: int) -> str:
    text = f"{start.short.rstrip('…')} {words.percent(value)}%"
    return text if session == most else f"{text} after {session} so far"


def deck(facts: Facts) -> str:
    """What each regained and among how many it stands, the newest first; as much as a deck holds."""
    if not facts.starts:
        return "The menu Lines holds the events noted and the falls of the basket."
    parts = facts.sentence.removesuffix(".").split("; ")
    while len(parts) > 1 and len("; ".join(parts)) > DECK:
        parts.pop()
    return "; ".join(parts) + "."


def lines_title(facts: Facts) -> str:
    """What the lines are."""
    basket = facts.view.universe.basket(facts.state.basket)
    return (
        f"{basket.name} from day 0 of {words.count(len(facts.starts), 'event or fall', 'events and falls')}"
    )


def lines_note(facts: Facts) -> str:
    """How to read the lines."""
    return (
        "Change of the basket since the session before day 0, %, by its sessions: days on which one of its "
        "exchanges was open. A fall’s day 0 is the session after its peak."
    )


def back_title(facts: Facts) -> str:
    """What past falls regained at the median."""
    step = STEPS[-1]
    low, middle, high = facts.spread(step)
    if math.isnan(middle):
        return "What came back"
    among = "worst days" if facts.state.beside == "days" else past_said("falls", facts.threshold)
    return (
        f"After {step} sessions the median of {facts.known(step)} {among} had regained "
        f"{words.whole_percent(middle)}%, the middle half {words.whole_percent(low)} to "
        f"{words.whole_percent(high)}%"
    )


def back_note(facts: Facts) -> str:
    """How to read the recoveries."""
    out = [start.short.rstrip("…") for start in lines.beyond(facts)]
    left = f" Beyond what is drawn: {words.join(out)}." if out else ""
    return (
        "Share of the fall regained by session from its low, %: 0 at the low, 100 at the level before. Thin: "
        f"every past one.{left}"
    )


def footnote(facts: Facts) -> str:
    """How each moment came to be known."""
    told = [f"{start.short.rstrip('…')}: {start.said}" for start in facts.starts if start.kind == "event"]
    caution = caveat(facts.state.beside)
    return f"{caution[0].upper()}{caution[1:]}. {'; '.join(told)}{'.' if told else ''}"


def summary(facts: Facts) -> str:
    """The lines in words."""
    told = [
        f"{start.label} {words.percent(value)}% after {words.count(session, 'session')}"
        for start in facts.starts
        for session, value in [facts.last(start)]
    ]
    return f"{'; '.join(told)}."

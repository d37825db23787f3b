"""The forms in which the sentences of a morning write names, moves, places and days."""

from __future__ import annotations

from datetime import date, timedelta

from app.market import words
from app.questions.brief.morning import Brief
from app.questions.brief.parts import NameMove
from app.questions.relay.handover import short_name

FLAT = 0.0005
PLACE = {"asia": "Asia", "us": "New York"}


def short_layer(brief: Brief, layer: str) -> str:
    """The first words of a layer's name, as everywhere it is drawn."""
    return short_name(brief.view, layer)


def named(item: NameMove) -> str:
    """A name with its move."""
    return f"{item.name} {percent(item.move)}"


def short_wait(length: timedelta) -> str:
    """A wait without the units that no longer matter: minutes beside days."""
    exact = length if length < timedelta(days=1) else length - length % timedelta(hours=1)
    return words.wait(exact)


def day_words(day: date, brief: Brief) -> str:
    """A date, with its year when that is not the news day's."""
    return words.day(day, year=day.year != brief.day.year)


def percent(fraction: float | None, decimals: int = 1) -> str:
    """A fraction in percent with its sign and unit."""
    text = words.percent(fraction, decimals)
    return text if text == words.MISSING else f"{text}%"


def verb(move: float) -> str:
    """What a move did: fell, rose or held flat."""
    return "held flat" if abs(move) < FLAT else "fell" if move < 0 else "rose"


def level(level: float) -> str:
    """A halt level in percent."""
    return f"{words.percent(level, 0)}%"

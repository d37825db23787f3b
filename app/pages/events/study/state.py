"""The controls of the event study."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, Literal

from app.answers.event_benchmarks import WORDS
from app.state import PageState, choice_of, parse_asof, read_state
from models.analytics.event_study import AFTER, BEFORE, ESTIMATION, GAP, MODELS
from models.universe import Universe

SORTS = ("car", "day", "gap", "t", "name", "layer")
LIMITS = {"before": (0, 60), "after": (0, 120), "fit": (20, 1000), "gap": (0, 250)}
"""The least and the most sessions of each length."""


@dataclass(frozen=True, slots=True)
class StudyState(PageState):
    """What the address says.

    ``event`` is an id, a date or an instant, empty for the page's own choice; ``before`` and ``after`` are
    the event window, ``fit`` the sessions the model is fitted on, ``gap`` those between the two.
    """

    event: str = ""
    basket: str = "all"
    model: Literal["market", "mean"] = "market"
    benchmark: str = "auto"
    before: int = BEFORE
    after: int = AFTER
    fit: int = ESTIMATION
    gap: int = GAP
    sort: str = "car"
    asof: str = ""


def parse_study(search: str | None, universe: Universe) -> tuple[StudyState, list[str]]:
    """Read the controls; and a sentence for each parameter that was not used."""

    def value(name: str, text: str) -> Any:
        if name == "event":
            return reference(text)
        if name == "basket":
            return universe.basket(text).id
        if name in ("model", "sort"):
            return choice_of(text, MODELS if name == "model" else SORTS)
        if name == "benchmark":
            return text if text in WORDS else universe[text[:40]].symbol
        if name in LIMITS:
            return length_of(text, *LIMITS[name])
        if name == "asof":
            parse_asof(text)
            return text
        raise TypeError(name)

    return read_state(StudyState(), search, value)


def reference(text: str) -> str:
    """The id of an event, a date or an instant, as addresses hold them.

    Raises
    ------
    ValueError
        If it can be none of them.
    """
    if re.fullmatch(r"[a-z0-9][a-z0-9-]{0,89}", text):
        return text
    if text:
        parse_asof(text)
    return text


def length_of(text: str, least: int, most: int) -> int:
    """A number of sessions.

    Raises
    ------
    ValueError
        If it is none, or lies outside.
    """
    number = int(text) if re.fullmatch(r"\d{1,4}", text.strip()) else -1
    if not least <= number <= most:
        raise ValueError(f"{text[:40]!r} is no number of sessions from {least} to {most}.")
    return number

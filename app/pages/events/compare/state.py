"""The controls of the comparison."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from app.answers.comparing import FALL, MOST
from app.pages.events.study.state import length_of, reference
from app.state import PageState, choice_of, day_of, parse_asof, read_state
from models.universe import Universe

BESIDE = ("falls", "days")
FALLS = (10, 5)
LIMITS = {"before": (1, 60), "after": (5, 250)}
"""The least and the most sessions on either side of day 0."""


@dataclass(frozen=True, slots=True)
class CompareState(PageState):
    """What the address says.

    ``items`` are ids of events, dates, instants, or ``fall:`` and the date of a peak; without any the page
    chooses, ``event`` among them. ``add`` is one that was typed and joins them. ``beside`` is what a
    recovery is set beside, ``fall`` the least depth of a past fall in percent.
    """

    items: tuple[str, ...] = ()
    add: str = ""
    event: str = ""
    basket: str = "all"
    before: int = 5
    after: int = 20
    beside: Literal["falls", "days"] = "falls"
    fall: int = 10
    asof: str = ""


def parse_compare(search: str | None, universe: Universe) -> tuple[CompareState, list[str]]:
    """Read the controls; and a sentence for each parameter that was not used."""

    def value(name: str, text: str) -> Any:
        if name == "items":
            return items_of(text)
        if name in ("event", "add"):
            return item_of(text) if text else ""
        if name == "basket":
            return universe.basket(text).id
        if name in LIMITS:
            return length_of(text, *LIMITS[name])
        if name == "beside":
            return choice_of(text, BESIDE)
        if name == "fall":
            return int(choice_of(text, tuple(map(str, FALLS))))
        if name == "asof":
            parse_asof(text)
            return text
        raise TypeError(name)

    return read_state(CompareState(), search, value)


def items_of(text: str) -> tuple[str, ...]:
    """References in the order given, each once.

    Raises
    ------
    ValueError
        If one cannot be a reference, or there are more than a chart holds.
    """
    found = tuple(dict.fromkeys(item_of(part) for part in text.split(",") if part.strip()))
    if len(found) > MOST:
        raise ValueError(f"{len(found)} lines; a chart holds at most {MOST}.")
    return found


def item_of(text: str) -> str:
    """One reference."""
    text = text.strip()
    if text.startswith(FALL):
        return f"{FALL}{day_of(text.removeprefix(FALL))}"
    return reference(text)

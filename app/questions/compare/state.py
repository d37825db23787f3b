"""The controls of the comparison."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from app.kinds.address import PageState, Reader, day_of, one_of, read_state
from app.questions.compare.aligned import FALL, MOST
from app.questions.event_study.state import lengths_of, reference
from models.types import Instant
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


def parse_compare(
    search: str | None, universe: Universe, now: Instant | None = None
) -> tuple[CompareState, list[str]]:
    """Read the controls; and a sentence for each parameter that was not used."""
    own: dict[str, Reader] = {
        "items": lambda text: items_of(text, now),
        "event": lambda text: item_of(text, now) if text else "",
        "add": lambda text: item_of(text, now) if text else "",
        "beside": one_of(BESIDE),
        "fall": one_of(FALLS),
        **lengths_of(LIMITS),
    }
    return read_state(CompareState(), search, universe, own, now)


def items_of(text: str, now: Instant | None = None) -> tuple[str, ...]:
    """References in the order given, each once.

    Raises
    ------
    ValueError
        If one cannot be a reference, or there are more than a chart holds.
    """
    found = tuple(dict.fromkeys(item_of(part, now) for part in text.split(",") if part.strip()))
    if len(found) > MOST:
        raise ValueError(f"{len(found)} lines; a chart holds at most {MOST}.")
    return found


def item_of(text: str, now: Instant | None = None) -> str:
    """One reference."""
    text = text.strip()
    if text.startswith(FALL):
        return f"{FALL}{day_of(text.removeprefix(FALL), now)}"
    return reference(text, now)

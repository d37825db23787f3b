"""The controls of the list of events."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from app.state import PageState, choice_of, parse_asof, read_state
from models.events import CATEGORIES, SEVERITIES
from models.universe import Universe

SORTS = ("date", "title", "category", "severity", "basket", "agree", "differ", "unchecked")
FORMS = ("add", "edit", "retire", "import")
SHOWN = ("current", "all", "retired")


@dataclass(frozen=True, slots=True)
class EventsState(PageState):
    """What the address says. ``event`` is opened beside the list, ``form`` asks for one of the forms.

    ``cat``, ``lay`` and ``sev`` (at least) narrow the list as they narrow the flags of a chart.
    """

    event: str = ""
    form: str = ""
    cat: str = ""
    lay: str = ""
    sev: int = 1
    find: str = ""
    show: str = "current"
    sort: str = "date"
    page: int = 1
    basket: str = "all"
    asof: str = ""


def parse_events(search: str | None, universe: Universe) -> tuple[EventsState, list[str]]:
    """Read the controls; and a sentence for each parameter that was not used."""
    layers = tuple(layer.id for layer in universe.layers)
    choices = {"form": FORMS, "cat": tuple(CATEGORIES), "lay": layers, "show": SHOWN, "sort": SORTS}

    def value(name: str, text: str) -> Any:
        if name in choices:
            return choice_of(text, choices[name])
        if name == "event":
            return event_id(text)
        if name == "find":
            return text[:60]
        if name == "sev":
            return int(choice_of(text, tuple(map(str, SEVERITIES))))
        if name == "page":
            return _page(text)
        if name == "basket":
            return universe.basket(text).id
        if name == "asof":
            parse_asof(text)
            return text
        raise TypeError(name)

    return read_state(EventsState(), search, value)


def event_id(text: str) -> str:
    """An id as events have them.

    Raises
    ------
    ValueError
        If it cannot be one.
    """
    if not re.fullmatch(r"[a-z0-9][a-z0-9-]{0,89}", text):
        raise ValueError(f"{text[:40]!r} is no id of an event.")
    return text


def _page(text: str) -> int:
    if not re.fullmatch(r"[1-9][0-9]{0,4}", text):
        raise ValueError(f"{text[:40]!r} is not the number of a page.")
    return int(text)

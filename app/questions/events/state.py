"""The controls of the list of events."""

from __future__ import annotations

import re
from dataclasses import dataclass

from app.kinds.address import PageState, Reader, one_of, read_state
from models.types import Instant
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


def parse_events(
    search: str | None, universe: Universe, now: Instant | None = None
) -> tuple[EventsState, list[str]]:
    """Read the controls; and a sentence for each parameter that was not used."""
    return read_state(EventsState(), search, universe, _OWN, now)


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


_OWN: dict[str, Reader] = {
    "event": event_id,
    "form": one_of(FORMS),
    "find": lambda text: text[:60],
    "show": one_of(SHOWN),
    "sort": one_of(SORTS),
    "page": _page,
}

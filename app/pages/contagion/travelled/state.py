"""The controls of the Travelled view."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from app.state import PageState, choice_of, day_of, names_of, parse_asof, read_state
from models.errors import MeasureSettingError
from models.universe import Universe

DAYS = (1, 2, 3, 5)


@dataclass(frozen=True, slots=True)
class TravelledState(PageState):
    """What the address says.

    ``day`` is the last day shown, ``days`` how many; ``at`` the time of the first one, in UTC, from which
    every line is measured, or an instant. Empty fields are the page's own choice.
    """

    day: str = ""
    days: int = 1
    at: str = ""
    names: tuple[str, ...] = ()
    asof: str = ""


def parse_travelled(search: str | None, universe: Universe) -> tuple[TravelledState, list[str]]:
    """Read the controls; and a sentence for each parameter that was not used."""

    def value(name: str, text: str) -> Any:
        if name == "day":
            return day_of(text) if text else ""
        if name == "days":
            return int(choice_of(text, tuple(map(str, DAYS))))
        if name == "at":
            return time_of(text)
        if name == "names":
            return names_of(text, universe)
        if name == "asof":
            parse_asof(text)
            return text
        raise TypeError(name)

    return read_state(TravelledState(), search, value)


def time_of(text: str) -> str:
    """A time of day such as 06:30, or an instant.

    Raises
    ------
    MeasureSettingError, BadDateError
        If it is neither.
    """
    text = text.strip()
    if not text or re.fullmatch(r"([01]\d|2[0-3]):[0-5]\d", text):
        return text
    if len(text) <= 10:
        raise MeasureSettingError("A time", repr(text[:40]), "one in UTC such as 06:30, or 2026-06-23T06:30Z")
    parse_asof(text)
    return text

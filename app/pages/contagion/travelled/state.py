"""The controls of the Travelled view."""

from __future__ import annotations

import re
from dataclasses import dataclass

from app.state import PageState, Reader, day_of, one_of, parse_asof, read_state
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
    return read_state(TravelledState(), search, universe, _OWN)


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


_OWN: dict[str, Reader] = {
    "day": lambda text: day_of(text) if text else "",
    "days": one_of(DAYS),
    "at": time_of,
}

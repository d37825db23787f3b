"""The controls of the Travelled view."""

from __future__ import annotations

from dataclasses import dataclass

from app.kinds.address import PageState, Reader, asof_of, day_of, one_of, read_state
from models.dates import read_time
from models.errors import BadDateError, MeasureSettingError
from models.types import Instant
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


def parse_travelled(
    search: str | None, universe: Universe, now: Instant | None = None
) -> tuple[TravelledState, list[str]]:
    """Read the controls; and a sentence for each parameter that was not used."""
    own: dict[str, Reader] = {
        "day": lambda text: day_of(text, now) if text else "",
        "days": one_of(DAYS),
        "at": lambda text: time_of(text, now),
    }
    return read_state(TravelledState(), search, universe, own, now)


def time_of(text: str, now: Instant | None = None) -> str:
    """A time of day such as 06:30 or 15:30 KST, or an instant, as addresses write them.

    Raises
    ------
    MeasureSettingError, BadDateError
        If it is neither.
    """
    text = text.strip()
    try:
        timed = read_time(text)
    except BadDateError:
        timed = None
    if timed is not None:
        at, zone = timed
        return f"{at:%H:%M}" if zone is None else f"{at:%H:%M} {zone}"
    if text and len(text) <= 10:
        raise MeasureSettingError("A time", repr(text[:40]), "one in UTC such as 06:30, or 2026-06-23T06:30Z")
    return asof_of(text, now)

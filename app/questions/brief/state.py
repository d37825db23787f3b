"""The controls of the Brief, and when the reader's meeting is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from app.kinds.address import PageState, Reader, read_state
from models.errors import BadMeetingError
from models.meetings import USUAL, Meeting, time_of, zone_of
from models.types import Instant
from models.universe import Universe


@dataclass(frozen=True, slots=True)
class BriefState(PageState):
    """What the address says: ``meet`` and ``zone`` of the meeting, empty for the reader's usual ones."""

    basket: str = "all"
    meet: str = ""
    zone: str = ""
    asof: str = ""


def parse_brief(
    search: str | None, universe: Universe, now: Instant | None = None
) -> tuple[BriefState, list[str]]:
    """Read the controls; and a sentence for each parameter that was not used."""
    own: dict[str, Reader] = {
        "meet": lambda text: f"{time_of(text):%H:%M}" if text else "",
        "zone": lambda text: zone_of(text) if text else "",
    }
    return read_state(BriefState(), search, universe, own, now)


def meeting_of(state: BriefState, kept: str, setting: tuple[str, str]) -> Meeting:
    """The meeting: of the address, else what the reader kept, else the server's, in the reader's zone.

    Parameters
    ----------
    state
        The controls.
    kept
        What the browser says: time and zone that the reader chose, and the zone its clock is in,
        ``08:30@Europe/London@Europe/Zurich``; any of them may be empty.
    setting
        Time and zone of the server's setting, either empty.
    """
    at, zone, clock = [*kept.split("@"), "", "", ""][:3]
    time = _first([state.meet, at, setting[0]], time_of) or USUAL
    return Meeting(time, _first([state.zone, zone, setting[1], clock], zone_of) or "UTC")


def _first(texts: Sequence[str], read: Any) -> Any:
    """The first text that can be read; what a browser says may be anything."""
    for text in texts:
        try:
            if text:
                return read(text)
        except BadMeetingError:
            continue
    return None

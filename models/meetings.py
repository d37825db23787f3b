"""The morning meeting: when it is, and when it last was."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from models.errors import BadMeetingError
from models.types import Instant

USUAL = time(8, 30)
LASTS = timedelta(hours=1)
"""While it lasts, the meeting is still the one being prepared."""


@dataclass(frozen=True, slots=True)
class Meeting:
    """A meeting on every weekday, at a time of the clock in a zone."""

    at: time = USUAL
    zone: str = "UTC"

    def before(self, now: Instant) -> Instant:
        """Return when the last one began that is over by now, in UTC; weekends are skipped.

        A time that the clock leaves out when summer begins stands for the same time an hour later; of
        one that comes twice the first counts.
        """
        zone = ZoneInfo(self.zone)
        day = (now - LASTS).astimezone(zone).date()
        while True:
            began = datetime.combine(day, self.at, zone).astimezone(UTC)
            if day.weekday() < 5 and began + LASTS <= now:
                return began
            day -= timedelta(days=1)

    def __str__(self) -> str:
        return f"{self.at:%H:%M} {self.zone}"


def meeting_of(at: str, zone: str) -> Meeting:
    """Return the meeting for a time written as 08:30 and the IANA name of a zone.

    Raises
    ------
    BadMeetingError
        If there is no such time or zone.
    """
    return Meeting(time_of(at), zone_of(zone))


def time_of(text: str) -> time:
    """Return a time of day written as 08:30.

    Raises
    ------
    BadMeetingError
        If it is none.
    """
    found = re.fullmatch(r"([01]?[0-9]|2[0-3])[:.]([0-5][0-9])", text.strip())
    if not found:
        raise BadMeetingError(f"{text[:20]!r} is no time of day; write it as 08:30.")
    return time(int(found[1]), int(found[2]))


def zone_of(text: str) -> str:
    """Return the name of a zone, checked.

    Raises
    ------
    BadMeetingError
        If the machine knows none of this name.
    """
    try:
        return ZoneInfo(text.strip()).key
    except (KeyError, ValueError, OSError):
        raise BadMeetingError(
            f"There is no time zone {text[:40]!r}; write it as Europe/London or Asia/Tokyo."
        ) from None

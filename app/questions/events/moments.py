"""When an event can first have moved a price: its instant, or of a mere date the opening of its place."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from app.market import words
from app.market.asof import parse_asof
from app.market.market import View
from app.questions.event_study.abnormal import Moment
from models.errors import BadDateError, UnknownEventError
from models.event_times import known_parts
from models.events import Event
from models.types import Instant

# A price struck at the very instant knows nothing of it: the opening itself is to count.
_BEFORE = timedelta(seconds=1)


@dataclass(frozen=True, slots=True)
class Happening:
    """Something to study: an event noted, or a moment that someone typed.

    ``ref`` addresses it, ``label`` names it, ``at`` is what each exchange's day 0 follows from, and ``said``
    how that came to be known.
    """

    ref: str
    label: str
    at: Moment
    said: str
    event: Event | None = None

    @property
    def day(self) -> date:
        """Its date: the event's own, or that of the moment in UTC."""
        if self.event is not None:
            return self.event.day
        return self.at.date() if isinstance(self.at, datetime) else self.at


def happening_of(view: View, events: Iterable[Event], ref: str) -> Happening:
    """What an address or a command names: the id of an event, a date, or an instant.

    Raises
    ------
    UnknownEventError
        If it is neither an event that is noted, nor a date or an instant.
    BadDateError
        If it is a date that does not exist, or may be two.
    """
    found = next((event for event in events if event.id == ref), None)
    if found is not None:
        return happening_of_event(view, found)
    try:
        typed = parse_asof(ref, view.moment)
    except BadDateError as error:
        if error.why:
            raise  # a date it is, only none that can be used
        typed = None
    if typed is None:
        raise UnknownEventError(ref[:90])
    return Happening(ref, _typed(typed), typed, _known(typed))


def happening_of_event(view: View, event: Event) -> Happening:
    """An event with the moment its days 0 follow from.

    An instant is its own moment. Of a date in the zone of an exchange the moment is just before that
    exchange's opening, so that the gap there is part of the reaction and an exchange that had closed by
    then follows on its next session; of a date on which the place was shut, noon there. A date of any
    other zone, or of none, stays a date: each exchange's own session of it.
    """
    if isinstance(event.at, datetime):
        at = event.at.astimezone(UTC)
        return Happening(event.id, event.title, at, _known(at), event)
    opening = _opening(view, event.at, event.zone)
    if opening is None:
        return Happening(event.id, event.title, event.at, _known(event.at), event)
    at, city, shut = opening
    when = "noon there, its exchange being shut" if shut else "the opening there"
    said = f"only its date is known, {words.day(event.at)} in {city}: taken as {when}"
    return Happening(event.id, event.title, at, said, event)


def by_then(view: View, events: Sequence[Event], moment: Instant) -> tuple[Event, ...]:
    """The events that were known at an instant, with the claims known by then."""
    return known_parts(events, moment, view.universe, view.calendars)


def _opening(view: View, day: date, zone: str | None) -> tuple[datetime, str, bool] | None:
    """Just before a date's opening on the exchange of a zone, its city, and whether it was shut instead."""
    place = next(
        (item for item in view.universe.exchanges if item.timezone == zone and item.region != "world"), None
    )
    if place is None:
        return None
    calendar = view.calendars[place.calendar]
    if calendar.is_session(day):
        opened = calendar.opens[calendar.position(day)].astype("datetime64[s]").item().replace(tzinfo=UTC)
        return opened - _BEFORE, place.city, False
    return datetime.combine(day, time(12), ZoneInfo(place.timezone)).astimezone(UTC), place.city, True


def _known(at: Moment) -> str:
    if isinstance(at, datetime):
        return f"its instant is {words.instant(at)}"
    return f"only its date is known, {words.day(at)}, and no place: each exchange’s own session of it"


def _typed(at: Moment) -> str:
    return words.instant(at, weekday=False) if isinstance(at, datetime) else words.day(at)

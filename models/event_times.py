"""From when on an event, and each claim of it, was known: a look back must not know of later ones."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime, time
from zoneinfo import ZoneInfo

from models.events import Claim, Event, LedgerItem
from models.sessions import Calendar, Calendars
from models.types import Instant, Session
from models.universe import Universe

# When the last exchange of a place has closed, a day of that place is over for its prices.
DAY_KNOWN, LAST_PLACE = time(16), "America/New_York"


def known_by(event: Event, as_of: Instant, universe: Universe, calendars: Calendars) -> bool:
    """Whether what an event tells was known at an instant, on a chart and in a sentence alike.

    One at an instant is known from then on, one that people noted before from when they noted it; when the
    catalogue was brought into a store says nothing of when anybody knew. One of a day may tell how each of
    its names ended it: the day must be over at 16:00 of its place (of no place in particular, in New York),
    and the exchange of every name have closed. What a claim says of a later day is waited for too.
    """
    if _noted_by(event, as_of):
        return True
    if event.instant is not None:
        return event.instant <= as_of
    told = [(symbol, event.day) for symbol in event.symbols]
    told += [(claim.symbol or "", max(claim.date or event.day, event.day)) for claim in event.claims]
    return _over(told, event, as_of, universe, calendars)


def known_part(event: Event, as_of: Instant, universe: Universe, calendars: Calendars) -> Event | None:
    """An event with the claims that were known at an instant; None when it was not known itself.

    A claim is known once its day is over and its exchange has closed, and not before the day of its source:
    an event at noon does not tell of the close, nor today's of what a paper will write tomorrow.
    """
    if not known_by(event, as_of, universe, calendars):
        return None
    if _noted_by(event, as_of):
        return event
    kept = tuple(claim for claim in event.claims if _said_by(claim, event, as_of, universe, calendars))
    return event if len(kept) == len(event.claims) else replace(event, claims=kept)


def known_parts(
    events: Iterable[Event], as_of: Instant, universe: Universe, calendars: Calendars
) -> tuple[Event, ...]:
    """The events that were known at an instant, in their order, each with the claims known by then."""
    found = (known_part(event, as_of, universe, calendars) for event in events)
    return tuple(event for event in found if event is not None)


def known_items(items: Iterable[LedgerItem], as_of: Instant) -> list[LedgerItem]:
    """The items of the ledger that were known at an instant, in their order.

    One is known from the day it was given or its source carries, the later of the two. Of one without any
    day it is only sure that it was there when the ledger was last added to: it waits for the latest dated.
    """
    items = list(items)
    dated = [max(days) for item in items if (days := _days(item))]
    last = max(dated, default=None)
    day = as_of.date()
    known = (max(_days(item), default=last) for item in items)
    return [item for item, since in zip(items, known, strict=True) if since is None or since <= day]


def _days(item: LedgerItem) -> list[Session]:
    return [day for day in (item.date, item.source_date) if day is not None]


def _noted_by(event: Event, as_of: Instant) -> bool:
    return event.origin != "catalogue" and event.edited_at is not None and event.edited_at <= as_of


def _said_by(claim: Claim, event: Event, as_of: Instant, universe: Universe, calendars: Calendars) -> bool:
    place = ZoneInfo(event.zone) if event.zone else UTC
    if claim.source_date is not None and claim.source_date > as_of.astimezone(place).date():
        return False
    told = [(claim.symbol or "", max(claim.date or event.day, event.day))]
    return _over(told, event, as_of, universe, calendars)


def _over(
    told: list[tuple[str, Session]], event: Event, as_of: Instant, universe: Universe, calendars: Calendars
) -> bool:
    """Whether the days of some names, and the last of them at the event's place, are over."""
    last = max([event.day, *(day for _, day in told)])
    if (as_of.date() - last).days > 1:
        return True  # nowhere on Earth is it that day still
    if datetime.combine(last, DAY_KNOWN, ZoneInfo(event.zone or LAST_PLACE)).astimezone(UTC) > as_of:
        return False
    closes = {(universe[symbol].exchange.calendar, day) for symbol, day in told if symbol in universe}
    return all(_closed(calendars[name], day, as_of) for name, day in closes)


def _closed(calendar: Calendar, day: Session, as_of: Instant) -> bool:
    return not calendar.is_session(day) or calendar.close_of(day) <= as_of

"""Where an event stands on the sessions of a basket, and from when on it was known."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, time
from zoneinfo import ZoneInfo

import numpy as np

from app.market.market import View
from models.analytics.event_clock import day_zeros, day_zeros_of_dates
from models.events import Event
from models.sessions import Calendar, Calendars
from models.types import Instant, Session, Sessions, instant64, session64
from models.universe import Universe

# When the last exchange of a place has closed, a day of that place is over for its prices.
DAY_KNOWN, LAST_PLACE = time(16), "America/New_York"
_NEVER = np.datetime64("9999-12-31", "D")


def known_by(event: Event, as_of: Instant, universe: Universe, calendars: Calendars) -> bool:
    """Whether what an event tells was known at an instant, on a chart and in a sentence alike.

    One at an instant is known from then on, one that people noted before from when they noted it; when the
    catalogue was brought into a store says nothing of when anybody knew. One of a day may tell how each of
    its names ended it: the day must be over at 16:00 of its place (of no place in particular, in New York),
    and the exchange of every name have closed. What a claim says of a later day is waited for too.
    """
    if event.origin != "catalogue" and event.edited_at is not None and event.edited_at <= as_of:
        return True
    if event.instant is not None:
        return event.instant <= as_of
    told = [(symbol, event.day) for symbol in event.symbols]
    told += [(claim.symbol or "", max(claim.date or event.day, event.day)) for claim in event.claims]
    last = max([event.day, *(day for _, day in told)])
    if (as_of.date() - last).days > 1:
        return True  # nowhere on Earth is it that day still
    if datetime.combine(last, DAY_KNOWN, ZoneInfo(event.zone or LAST_PLACE)).astimezone(UTC) > as_of:
        return False
    closes = {(universe[symbol].exchange.calendar, day) for symbol, day in told if symbol in universe}
    return all(_closed(calendars[name], day, as_of) for name, day in closes)


def _closed(calendar: Calendar, day: Session, as_of: Instant) -> bool:
    return not calendar.is_session(day) or calendar.close_of(day) <= as_of


def sessions_of(view: View, events: Sequence[Event], basket: str) -> Sessions:
    """Return the session that each event stands on, shape (E,); NaT when none has come yet."""
    days = view.panel.sessions
    rows = day_zeros_of_dates(
        np.array([session64(event.day) for event in events], dtype="datetime64[D]"), days
    )
    found = np.where(rows >= 0, days[rows], np.datetime64("NaT", "D"))
    at = [place for place, event in enumerate(events) if event.instant is not None]
    if at:
        moments = np.array([instant64(events[place].instant) for place in at], dtype="datetime64[s]")  # type: ignore[arg-type]
        found[at] = _first_close(view, moments, basket)
    return np.asarray(found)


def _first_close(view: View, moments: np.ndarray, basket: str) -> Sessions:
    """The first session of any exchange of the basket that closes after each instant."""
    earliest = np.full(len(moments), _NEVER)
    columns = view.columns(view.universe.basket(basket).symbols)
    one_each = {view.universe[view.panel.symbols[column]].exchange.calendar: column for column in columns}
    for calendar_id, column in one_each.items():
        calendar, days = view.calendars[calendar_id], view.panel.sessions
        held = days[view.open_exchange[:, column]]
        rows = np.searchsorted(calendar.sessions, held)
        zeros = day_zeros(moments, calendar.opens[rows], calendar.closes[rows])
        some = zeros.rows >= 0
        earliest[some] = np.minimum(earliest[some], held[zeros.rows[some]])
    return np.where(earliest == _NEVER, np.datetime64("NaT", "D"), earliest)


def layers_of(event: Event, view: View) -> set[str]:
    """The layers an event is about: those it names, and those of its symbols."""
    own = {view.universe[symbol].layer.id for symbol in event.symbols if symbol in view.universe}
    return own | set(event.layers)

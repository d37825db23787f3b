"""Where an event stands on the sessions of a basket."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from app.market.market import View
from models.analytics.event_clock import day_zeros, day_zeros_of_dates
from models.events import Event
from models.types import Sessions, instant64, session64

_NEVER = np.datetime64("9999-12-31", "D")


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

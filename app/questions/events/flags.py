"""What the flags of a time chart stand for: events on its sessions, or the basket's worst days.

An event at an instant stands on the first session whose close comes after it on any exchange of the
basket; one of which only the day is known on the session of that day, or the next when all were closed.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Literal

import numpy as np

from app.kinds.address import FlagState
from app.market.event_book import EventBook
from app.market.market import Currency, View
from app.questions.drawdowns.falls import worst_days
from app.questions.events.moments import by_then
from app.questions.events.sessions import layers_of, sessions_of
from models.events import Event
from models.types import Instant, Sessions, session64

Kind = Literal["events", "days", "none"]


@dataclass(frozen=True, slots=True)
class Flagged:
    """One flag: its number by date, the session it stands on, and what happened there.

    ``move`` is the basket's return in that session, a fraction, NaN when it is withheld. ``event`` is
    None for one of the basket's worst days; ``losers`` are then its two largest, symbols with returns.
    """

    number: int
    session: date
    move: float
    event: Event | None = None
    losers: tuple[tuple[str, float], ...] = ()

    @property
    def severity(self) -> int:
        """1 to 3; a worst day, told by its figure alone, is no rout by itself."""
        return self.event.severity if self.event else 2


@dataclass(frozen=True, slots=True)
class Marked:
    """The flags of a chart, by date. ``found`` counts all events on its sessions, those not asked for too."""

    kind: Kind
    flags: tuple[Flagged, ...] = ()
    found: int = 0

    def within(self, days: Sessions) -> Marked:
        """The flags that stand from the first to the last of the days, their numbers as they are."""
        if not len(days):
            return replace(self, flags=())
        ends = days[0].item(), days[-1].item()
        return replace(self, flags=tuple(flag for flag in self.flags if ends[0] <= flag.session <= ends[1]))

    def severest(self, most: int) -> tuple[Flagged, ...]:
        """At most so many flags, by date: the severest, of equals the days that moved the basket most."""
        if len(self.flags) <= most:
            return self.flags
        return tuple(sorted(sorted(self.flags, key=rank)[:most], key=lambda flag: flag.number))


def rank(flag: Flagged) -> tuple[int, float, int]:
    """What puts the severest flag first, of equals the one whose day moved the basket most."""
    return -flag.severity, -abs(flag.move) if np.isfinite(flag.move) else 0.0, flag.number


def marked(
    view: View,
    book: EventBook,
    state: FlagState,
    basket: str,
    days: Sessions,
    *,
    as_of: Instant | None = None,
    currency: Currency = "local",
) -> Marked:
    """Return the flags of a chart.

    Parameters
    ----------
    view, book
        Prices, and the events noted beside them.
    state
        What the address asks for: which flags, and of events which severity, category and layer.
    basket
        The basket whose exchanges place an instant and whose return stands in the key.
    days
        Shape (T,), ascending: the chart's sessions.
    as_of
        The instant that was asked for: of an event after it nothing is known. None when it is now.
    """
    if state.flags == "none" or not len(days):
        return Marked("none")
    found = _on_chart(view, book, basket, days, as_of)
    if state.flags == "days" or (not state.flags and not found):
        return Marked("days", _worst(view, basket, days, currency), len(found))
    chosen = [(event, session) for event, session in found if _asked(event, state, view)]
    chosen.sort(key=lambda pair: (pair[1], _order(pair[0])))
    moves = _moves(view, basket, currency, [session for _, session in chosen])
    flags = (
        Flagged(number, session, move, event)
        for number, ((event, session), move) in enumerate(zip(chosen, moves, strict=True), 1)
    )
    return Marked("events", tuple(flags), len(found))


def basket_days(view: View, basket: str) -> Sessions:
    """The sessions on which a name of the basket traded."""
    columns = view.columns(view.universe.basket(basket).symbols)
    return view.panel.sessions[view.panel.present[:, columns].any(axis=1)]


def _on_chart(
    view: View, book: EventBook, basket: str, days: Sessions, as_of: Instant | None
) -> list[tuple[Event, date]]:
    """The events that stand on one of the days, each with it."""
    events = list(book.events if as_of is None else by_then(view, book.events, as_of))
    if not events:
        return []
    sessions = sessions_of(view, events, basket)
    rows = np.searchsorted(days, sessions)
    inside = ~np.isnat(sessions) & (sessions >= days[0]) & (rows < len(days))
    return [(events[place], days[rows[place]].item()) for place in np.flatnonzero(inside)]


def _asked(event: Event, state: FlagState, view: View) -> bool:
    if event.severity < state.sev or (state.cat and event.category != state.cat):
        return False
    return not state.lay or state.lay in layers_of(event, view)


def _worst(view: View, basket: str, days: Sessions, currency: Currency) -> tuple[Flagged, ...]:
    found = worst_days(view, basket, days[0].item(), currency, days[-1].item())
    return tuple(
        Flagged(number, day.session.date(), day.fall, None, tuple(day.losers))
        for number, day in enumerate(found.itertuples(), 1)
    )


def _moves(view: View, basket: str, currency: Currency, sessions: Sequence[date]) -> list[float]:
    rows = np.searchsorted(view.panel.sessions, _dates(sessions))
    return [float(value) for value in view.basket(basket, currency).returns[rows]]


def _order(event: Event) -> tuple[date, bool, str, str]:
    """By day; of one day those with an hour after those without, by the hour."""
    moment = event.instant
    return event.day, moment is not None, moment.isoformat() if moment else "", event.id


def _dates(days: Iterable[date]) -> Sessions:
    return np.array([session64(day) for day in days], dtype="datetime64[D]")

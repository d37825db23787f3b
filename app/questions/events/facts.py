"""What the list of events states: the events that were asked for, each with its verdicts and its day."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import Any, TypeVar

from app.kinds.request import PageRequest
from app.market.asof import asked_view
from app.market.market import Market, View
from app.questions.events.claims import Tally, tally
from app.questions.events.days import Day, event_days
from app.questions.events.moments import by_then
from app.questions.events.sessions import layers_of
from app.questions.events.state import EventsState, parse_events
from models.errors import AftershockError, UnknownEventError
from models.event_times import known_items
from models.events import Event, LedgerItem, Revision
from models.store import Store
from models.store.events import event_history, event_of_id, events, ledger
from models.types import Instant

T = TypeVar("T")
PIECE = 100
"""Events on one page."""
_DESCENDING = ("date", "severity", "agree", "differ", "unchecked")


@dataclass(frozen=True, eq=False)
class Line:
    """One event of the list with what is worked out of it."""

    event: Event
    tally: Tally
    day: Day
    later: bool
    """It came after the instant the page is of: it is listed, and no chart shows it."""


@dataclass(frozen=True, eq=False)
class Facts:
    """The page's events as of an instant."""

    market: Market
    view: View
    state: EventsState
    as_of: Instant
    wide: bool = False

    @cached_property
    def events(self) -> tuple[Event, ...]:
        """Events as shown, retired ones when they are asked for; the last known while a store is away."""
        book = self.market.events(self.view)
        if self.state.show == "current":
            return book.events

        def read() -> tuple[Event, ...]:
            stored = self._ask(lambda store: events(store, include_retired=True))
            return by_then(self.view, stored, self.market.now())

        found = self.view.remember(("all events", book.key), read)
        return tuple(item for item in found if self.state.show == "all" or item.retired)

    @cached_property
    def lines(self) -> list[Line]:
        """The events that the controls leave, in the order asked for."""
        found = self._lines([item for item in self.events if self._asked(item)])
        found.sort(key=lambda line: line.event.id)
        key = self.state.sort
        values = {
            "date": lambda line: line.event.day,
            "title": lambda line: line.event.title.lower(),
            "category": lambda line: line.event.category,
            "severity": lambda line: line.event.severity,
            "basket": lambda line: (line.day.move is None, line.day.move or 0.0),
            "agree": lambda line: line.tally.agree,
            "differ": lambda line: line.tally.differ,
            "unchecked": lambda line: line.tally.unchecked,
        }
        if key != "date":
            found.sort(key=values["date"], reverse=True)
        found.sort(key=values[key], reverse=key in _DESCENDING)
        return found

    @cached_property
    def pages(self) -> int:
        """How many pieces the list has, at least one."""
        return max(-(-len(self.lines) // PIECE), 1)

    @cached_property
    def page(self) -> int:
        """The piece shown: the one asked for, or the last there is."""
        return min(self.state.page, self.pages)

    @cached_property
    def shown(self) -> list[Line]:
        """The lines of the piece."""
        return self.lines[(self.page - 1) * PIECE : self.page * PIECE]

    @cached_property
    def tally(self) -> Tally:
        """The verdicts of all events the controls leave, of those that had happened."""
        return sum((line.tally for line in self.lines if not line.later), Tally())

    @cached_property
    def chosen(self) -> Line | None:
        """The event that is opened."""
        if not self.state.event:
            return None
        known = next((item for item in self.events if item.id == self.state.event), None)
        if known is None:
            sought = self.state.event
            try:
                stored = self._ask(lambda store: event_of_id(store, sought))
            except UnknownEventError:
                return None
            known = next(iter(by_then(self.view, [stored], self.market.now())), None)
        return self._lines([known])[0] if known else None

    @cached_property
    def history(self) -> list[Revision]:
        """The changes of the opened event, the newest first; none while the store is away."""
        if self.chosen is None:
            return []
        number, now = self.chosen.event.id, self.market.now()
        try:
            changes = self._ask(lambda store: event_history(store, number))
        except AftershockError:
            return []
        return [change for change in changes if change.at <= now]

    @cached_property
    def ledger(self) -> list[LedgerItem]:
        """What belongs to no day; none while the store is away."""

        def read() -> list[LedgerItem]:
            return known_items(self._ask(ledger), self.as_of)

        try:
            return self.view.remember(("ledger", self.as_of.date(), self.market.events(self.view).key), read)
        except AftershockError:
            return []

    def _ask(self, question: Callable[[Store], T]) -> T:
        return self.market.ask(question, simulated=self.view.simulated)

    @property
    def first(self) -> date | None:
        """The first session with a price."""
        sessions = self.view.panel.sessions
        return sessions[0].item() if len(sessions) else None

    def _asked(self, event: Event) -> bool:
        state = self.state
        if state.cat and event.category != state.cat:
            return False
        if event.severity < state.sev or (state.lay and state.lay not in layers_of(event, self.view)):
            return False
        return not state.find or state.find.lower() in self._text(event)

    def _text(self, event: Event) -> str:
        universe = self.view.universe
        names = [universe[symbol].name for symbol in event.symbols if symbol in universe]
        return " ".join((event.title, event.what, *event.symbols, *names)).lower()

    def _lines(self, found: list[Event]) -> list[Line]:
        """Each event with its verdicts and its day, which hold while prices and its version do."""
        held: dict[tuple[Any, ...], tuple[Tally, Day]] = self.view.remember(
            ("event lines", self.state.basket), dict
        )
        known = {event.id: event for event in by_then(self.view, found, self.as_of)}
        parts = [known.get(event.id, event) for event in found]
        keys = [(event.id, event.version, event.claims) for event in parts]
        new = {key: event for key, event in zip(keys, parts, strict=True) if key not in held}
        days = event_days(self.view, self.state.basket, list(new.values()))
        for (key, event), day in zip(new.items(), days, strict=True):
            held[key] = tally(self.view, [event]), day
        return [
            Line(event, *held[key], event.id not in known) for key, event in zip(keys, parts, strict=True)
        ]


def facts_of(market: Market, request: PageRequest) -> tuple[Facts, list[str]]:
    """The facts for what was asked, and a sentence for each parameter that was not used.

    Raises
    ------
    AftershockError
        If no price is stored by then.
    """
    state, notices = parse_events(request.search, market.universe, market.now())
    view, moment = asked_view(market, state.asof, notices)
    found = Facts(market, view, state, moment, request.wide)
    if state.event and found.chosen is None:
        notices.append(f"There is no event {state.event}; choose one of the list.")
    return found, notices

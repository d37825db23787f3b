"""The events behind the pages: read when their version moves, kept while the database is away."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, replace

from models.errors import AftershockError
from models.event_times import known_parts
from models.events import Event
from models.sessions import Calendars
from models.store import Store
from models.store.events import events, events_version
from models.types import Instant
from models.universe import Universe


@dataclass(frozen=True, eq=False)
class EventBook:
    """The events of a store at one version, by day, none of them retired.

    ``waiting`` counts what the store holds and nobody could have known yet: events, and claims of the
    others. Equal keys of one store hold equal events; a store without events is at version 0.
    """

    version: int = 0
    events: tuple[Event, ...] = ()
    waiting: int = 0

    @property
    def key(self) -> str:
        """What names the content, beside the store."""
        return f"{self.version}.{self.waiting}" if self.waiting else str(self.version)


NOTHING = EventBook()


class EventClock:
    """Leaves out of the books of a real and a simulated store what nobody could have known by an instant."""

    def __init__(self, universe: Universe, calendars: Calendars) -> None:
        self._universe, self._calendars = universe, calendars
        self._books: dict[bool, tuple[EventBook, Instant, EventBook]] = {}

    def book(self, simulated: bool, whole: EventBook, now: Instant) -> EventBook:
        """The book as it was known; worked out again when it changed, or more may be known."""
        read, then, known = self._books.get(simulated, (None, now, whole))
        if read is whole and (now == then or (now > then and not known.waiting)):
            return known  # what was known then is known from then on
        events = known_parts(whole.events, now, self._universe, self._calendars)
        waiting = sum(1 + len(event.claims) for event in whole.events)
        waiting -= sum(1 + len(event.claims) for event in events)
        if read is not whole or waiting != known.waiting:
            known = replace(whole, events=events, waiting=waiting) if waiting else whole
        self._books[simulated] = whole, now, known
        return known


class EventReader:
    """Reads each store's events at most every ``poll`` seconds, and only when their version moved."""

    def __init__(self, poll: float) -> None:
        self._poll = poll
        self._lock = threading.Lock()
        self._books: dict[bool, EventBook] = {}
        self._asked: dict[bool, float] = {}

    def book(self, simulated: bool, store: Callable[[], Store]) -> EventBook:
        """The events of the real or the simulated store; the last ones while it cannot be read."""
        with self._lock:
            held = self._books.get(simulated, NOTHING)
            if time.monotonic() - self._asked.get(simulated, float("-inf")) < self._poll:
                return held
            self._asked[simulated] = time.monotonic()
            try:
                version = events_version(store())
                if simulated not in self._books or version != held.version:
                    # Read after its version: a change between the two is seen again at the next poll.
                    held = EventBook(version, tuple(events(store())))
            except AftershockError:
                return held
            self._books[simulated] = held
            return held

    def forget(self) -> None:
        """Read at the next question, however soon it comes: this process has changed an event."""
        with self._lock:
            self._asked.clear()

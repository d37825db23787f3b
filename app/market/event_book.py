"""The events behind the pages: read when their version moves, kept while the database is away."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

from models.errors import AftershockError
from models.events import Event
from models.store import Store
from models.store.events import events, events_version


@dataclass(frozen=True, eq=False)
class EventBook:
    """The events of a store at one version, by day, none of them retired.

    Equal versions of one store hold equal events; a store without events is at version 0.
    """

    version: int = 0
    events: tuple[Event, ...] = ()


NOTHING = EventBook()


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

"""What pages answered last: fifty readers who look at the same view cost one working out."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import flask

from app.auth.dash_routes import CALLBACK
from app.auth.doors import SAFE, reader
from app.kinds.request import PageRequest
from app.market.byte_cache import Kept, weight
from app.market.market import Market
from models.errors import AftershockError

KEPT = 24 * 2**20
"""Bytes."""
LIVE_SECONDS = 2.0


@dataclass(slots=True)
class _Answer:
    turn: threading.Lock = field(default_factory=threading.Lock)
    at: float = float("-inf")
    value: Any = None


class Answers:
    """The last answers by what was asked, by whom, of which data, in which minute.

    What follows the moment (``live``) is kept for two seconds; everything is forgotten when somebody
    changes something here.
    """

    def __init__(self, market: Market) -> None:
        self._market = market
        self._kept: Kept[Any, _Answer] = Kept(KEPT)
        self._lock = threading.Lock()

    def get(self, name: str, request: PageRequest, make: Callable[[], Any], *, live: bool) -> Any:
        """The kept answer, or the one that ``make`` gives; of several who ask at once one works it out."""
        key = self._key(name, request)
        if key is None:
            return make()
        with self._lock:
            found = self._kept.get(key)
            if found is None:
                found = _Answer()
                self._kept.put(key, found, weight(key))
        with found.turn:
            age = time.monotonic() - found.at
            if age >= (LIVE_SECONDS if live else float("inf")):
                found.value = make()
                found.at = time.monotonic()
                size = weight((key, found.value), apart=(Market,))
                with self._lock:
                    if self._kept.get(key) is found:  # not forgotten meanwhile
                        self._kept.put(key, found, size)
            return found.value

    def forget(self) -> None:
        """Work everything out anew."""
        with self._lock:
            self._kept.clear()

    def follow(self, server: flask.Flask) -> None:
        """Forget after every request that may have changed something."""

        @server.after_request
        def _changed(answer: flask.Response) -> flask.Response:
            if flask.request.method not in SAFE and flask.request.path != CALLBACK:
                self.forget()
            return answer

    def _key(self, name: str, request: PageRequest) -> Any:
        market = self._market
        try:
            stamp = market.stamp(market.view())
        except AftershockError:
            return None  # nothing to show yet: the first price must be seen at once
        if market.problem or not market.calendars_ready:
            return None
        who = reader()
        return name, request, stamp, f"{market.now():%Y%m%d%H%M}", market.run, who.name, who.role

"""Sessions and wrong passwords, kept in the database: one count and one logout for all web processes."""

from __future__ import annotations

import hmac
import secrets
import threading
import time
from collections import OrderedDict
from concurrent.futures import Future
from contextlib import suppress
from hashlib import sha256

from app.auth.refusals import Refusal
from app.auth.users import secret_key
from app.market.market import Market
from app.settings import Settings
from models.errors import AftershockError
from models.store.logins import (
    Patience,
    begin_session,
    end_session,
    forget_tries,
    session_until,
    take_try,
)
from models.urls import network_of

LASTS = 12 * 3600.0
# How long a page waits to hear whether its session stands: when that is known of late, and when it is not.
KNOWN_WITHIN, UNKNOWN_WITHIN = 0.5, 6.0
REST = 2.0
"""Seconds for which a database that did not answer is not asked again."""
ASKED_AT_ONCE = 8
KEPT = 10_000
AWAY = "The database does not answer, and nobody's login can be looked up; try again in a moment."


class Sessions:
    """The logins that stand. The database says so at each request; while it is away, what it said last.

    A number never leaves this class as it is but in its own cookie: the database keeps a digest of it.
    """

    def __init__(self, market: Market) -> None:
        self._market = market
        self._places = threading.Semaphore(ASKED_AT_ONCE)
        self._lock = threading.Lock()
        self._until: OrderedDict[str, float] = OrderedDict()
        self._ended: OrderedDict[str, None] = OrderedDict()
        self._rest = 0.0

    def begin(self, name: str) -> str:
        """Let a session begin, and give its number.

        Raises
        ------
        StoreError
            If the database cannot keep it.
        """
        number, now = secrets.token_hex(16), time.time()
        digest = _digest(number)
        self._market.ask(lambda store: begin_session(store, digest, name, now=now, until=now + LASTS))
        self._remember(digest, now + LASTS)
        return number

    def alive(self, number: str) -> bool:
        """Whether a session stands.

        Raises
        ------
        Refusal
            If the database does not say so, and never has said so here.
        """
        digest = _digest(number)
        if digest in self._ended:
            self._end_later()
            return False
        until = self._until_of(digest)
        return until is not None and until > time.time()

    def end(self, number: str) -> bool:
        """End a session, for every process; False while the database is away: here it has ended anyway."""
        digest = _digest(number)
        with self._lock:
            self._until.pop(digest, None)
            self._ended[digest] = None
            while len(self._ended) > KEPT:
                self._ended.popitem(last=False)
        try:
            self._market.ask(lambda store: end_session(store, digest))
        except AftershockError:
            return False
        with self._lock:
            self._ended.pop(digest, None)
        return True

    def _until_of(self, digest: str) -> float | None:
        known = self._until.get(digest)
        if time.monotonic() >= self._rest:
            try:
                found = self._asked(digest, UNKNOWN_WITHIN if known is None else KNOWN_WITHIN)
            except (AftershockError, TimeoutError):
                self._rest = time.monotonic() + REST
            else:
                self._remember(digest, found)
                return found
        if known is None:
            raise Refusal(503, AWAY, {"Retry-After": "5"})
        return known

    def _asked(self, digest: str, within: float) -> float | None:
        """What the database says of a session; a thread that hangs with it is left behind."""
        if not self._places.acquire(timeout=within):
            raise TimeoutError
        answer: Future[float | None] = Future()

        def ask() -> None:
            try:
                answer.set_result(session_until(self._market.store(), digest))
            except BaseException as error:
                answer.set_exception(error)
            finally:
                self._places.release()

        threading.Thread(target=ask, name="sessions", daemon=True).start()
        return answer.result(within)

    def _remember(self, digest: str, until: float | None) -> None:
        with self._lock:
            self._until.pop(digest, None)
            if until is not None and digest not in self._ended:
                self._until[digest] = until
            while len(self._until) > KEPT:
                self._until.popitem(last=False)

    def _end_later(self) -> None:
        """What could not be ended when it was asked for is ended now, if the database is back."""
        if time.monotonic() < self._rest:
            return
        self._rest = time.monotonic() + REST
        threading.Thread(target=self._end_all, name="sessions", daemon=True).start()

    def _end_all(self) -> None:
        with suppress(AftershockError):
            for digest in list(self._ended):
                end_session(self._market.store(), digest)
                self._ended.pop(digest, None)


class Tries:
    """Wrong passwords, by name and address together: neither a name nor an address alone shuts anyone out."""

    patience = Patience()

    def __init__(self, market: Market, settings: Settings) -> None:
        self._market = market
        self._key = secret_key(settings).encode()

    def take(self, name: str, place: str) -> float:
        """Count a try before its password is looked at; the seconds to wait, 0 when it may be looked at.

        Raises
        ------
        StoreError
            If the database cannot count it: then no password is looked at.
        """
        digest, now = self._digest(name, place), time.time()
        return self._market.ask(lambda store: take_try(store, digest, self.patience, now=now))

    def forget(self, name: str, place: str) -> None:
        """The password was right."""
        digest = self._digest(name, place)
        self._market.ask(lambda store: forget_tries(store, digest))

    def _digest(self, name: str, place: str) -> str:
        """What stands for both: a name that nobody has may be a password, typed into the wrong field."""
        said = f"{name}\n{network_of(place)}".encode(errors="surrogatepass")
        return hmac.new(self._key, said, sha256).hexdigest()


def _digest(number: str) -> str:
    return sha256(number.encode(errors="surrogatepass")).hexdigest()

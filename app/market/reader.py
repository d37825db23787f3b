"""Reading the database beside the pages, in a thread of its own: no page waits long for it.

A page is answered from what was read last. A database that is away, locked or hung leaves that standing,
and says since when.
"""

from __future__ import annotations

import contextvars
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from datetime import datetime
from pathlib import Path
from typing import TypeVar

import structlog

from app.market.event_book import NOTHING, EventBook, EventReader
from app.market.troubles import Troubles
from app.settings import Settings
from models.errors import AftershockError, StoreBusyError, StoreError, StoreUnreachableError
from models.store import Panel, RunProgress, Store, latest_run, load_panel, pauses
from models.store.changing import last_answer
from models.store.reads import dataset_version
from models.store.refusals import Refusals

# What a question waits for news, and how long the very first one does.
PATIENCE, PRESSED_PATIENCE, FIRST_PATIENCE = 0.3, 3.0, 60.0
HUNG_AFTER = ANSWER_WITHIN = 6.0
ASKED_AT_ONCE = 8
"""Questions that may wait for the database at a time, fewer than there are threads that answer pages."""
_HUNG = "The database does not answer; see that it runs."
T = TypeVar("T")


class Reading:
    """The newest prices and events of the stores, real (False) and simulated (True), as they were read."""

    def __init__(self, settings: Settings, poll: float) -> None:
        self._settings, self._poll = settings, poll
        self.panels: dict[bool, Panel] = {}
        self.run: RunProgress | None = None
        self.troubles = Troubles()
        self._books: dict[bool, EventBook] = {}
        self._stores: dict[bool, Store] = {}
        self._files: dict[bool, tuple[int, int]] = {}
        self._noted = EventReader(0.0)
        self._turn, self._opening = threading.Lock(), threading.Lock()
        self._thread: threading.Thread | None = None
        self.discreet = False
        self._places = threading.Semaphore(ASKED_AT_ONCE)
        self._asked = self._began = float("-inf")
        self._pressed = False
        self._failure: AftershockError | None = None
        self._read_at: datetime | None = None
        self._away_since: datetime | None = None

    def for_readers(self) -> None:
        """Say of the stores' failures only what readers on the network may hear."""
        self.discreet = True
        for store in self._stores.values():
            store.discreet = True

    def look(self) -> None:
        """Have read what changed, at most every ``poll`` seconds; without a poll, at every question.

        Raises
        ------
        StoreError
            If nothing was ever read, and cannot be.
        """
        with self._turn:
            thread, started = self._thread, False
            idle = thread is None or not thread.is_alive()
            known = self.panels or self._failure is not None
            if idle and (not known or time.monotonic() - self._asked >= self._poll):
                thread = self._thread = threading.Thread(target=self._read, name="reading", daemon=True)
                self._began, started = time.monotonic(), True
                patience, self._pressed = PRESSED_PATIENCE if self._pressed else PATIENCE, False
                thread.start()
        if thread is not None and (not known or not self._poll):
            thread.join(FIRST_PATIENCE)
        elif thread is not None and started:
            thread.join(patience)
        if not self.panels:
            raise self._failure or StoreUnreachableError(_HUNG)

    def book(self, simulated: bool) -> EventBook:
        """The events that were read last beside the prices."""
        return self._books.get(simulated, NOTHING)

    def forget(self) -> None:
        """Read at the next question, however soon it comes."""
        with self._turn:
            self._asked, self._pressed = float("-inf"), True

    @property
    def away(self) -> bool:
        """Whether the database could not be read the last time, or has been hanging for a while."""
        thread = self._thread
        hung = thread is not None and thread.is_alive() and time.monotonic() - self._began > HUNG_AFTER
        return self._failure is not None or hung

    @property
    def problem(self) -> str | None:
        """One sentence for the reader while the database is away."""
        if not self.away:
            return None
        failure = self._failure
        if not self.panels or self._read_at is None:
            return str(failure or _HUNG)
        since = self._away_since or self._read_at
        shown = f"showing the prices of {self._read_at:%H:%M} UTC."
        if failure is None or isinstance(failure, StoreUnreachableError | StoreBusyError):
            return f"Database unreachable since {since:%H:%M} UTC; {shown}"
        return f"Database unusable since {since:%H:%M} UTC; {shown} {failure}"

    def store(self, simulated: bool) -> Store:
        """The store, for what the pages do not keep.

        Raises
        ------
        StoreError
            At once while the database is away: whoever asks has a page to answer.
        """
        if self.away:
            self.look()
            if self.away:
                raise self._failure or StoreUnreachableError(_HUNG)
        return self._open(simulated)

    def ask(self, question: Callable[[Store], T], simulated: bool) -> T:
        """What the store answers to a question, which is put to it in a thread of its own.

        A database that hangs would hold whoever asks for as long as it does, and soon everybody.

        Raises
        ------
        StoreError
            At once while the database is away, and when it does not answer within ``ANSWER_WITHIN`` seconds.
        """
        store = self.store(simulated)
        if not self._places.acquire(timeout=ANSWER_WITHIN):
            raise StoreUnreachableError(_HUNG)
        answer: Future[T] = Future()

        def put() -> None:
            try:
                answer.set_result(question(store))
            except BaseException as error:
                answer.set_exception(error)
            finally:
                self._places.release()

        here = contextvars.copy_context()
        threading.Thread(target=here.run, args=(put,), name="asking", daemon=True).start()
        try:
            return answer.result(ANSWER_WITHIN)
        except TimeoutError:
            if answer.done():
                raise  # the question's own
            raise StoreUnreachableError(_HUNG) from None

    def close(self) -> None:
        """Give the database connections back."""
        if self._thread is not None:
            self._thread.join(PATIENCE)
        for store in self._stores.values():
            store.close()
        self._stores.clear()

    def _open(self, simulated: bool) -> Store:
        with self._opening:
            if simulated not in self._stores:
                url = self._settings.simulated_url if simulated else self._settings.store_url
                self._stores[simulated] = Store.open(url, discreet=self.discreet)
            return self._stores[simulated]

    def _read(self) -> None:
        try:
            self._read_all()
            self._failure = self._away_since = None
            self._read_at = self._settings.clock()
        except AftershockError as error:
            self._failed(error)
        except Exception as error:
            structlog.get_logger("aftershock.reading").exception("reading failed", exc_info=error)
            self._failed(StoreError("The database could not be read; the log says why."))
        finally:
            self._asked = time.monotonic()

    def _failed(self, error: AftershockError) -> None:
        if self._away_since is None:
            self._away_since = self._settings.clock()
            reason = (error.whole if isinstance(error, StoreError) else "") or str(error)
            structlog.get_logger("aftershock.reading").warning("database away", reason=reason)
        self._failure = error

    def _read_all(self) -> None:
        for simulated in (False, True):
            if simulated and (self._has_prices() or not self._settings.simulated_exists()):
                self.panels.pop(True, None)
                continue
            store = self._open(simulated)
            self._see_file(simulated, store.path)
            held = self.panels.get(simulated)
            if held is None or held.version != dataset_version(store):
                self.panels[simulated] = load_panel(store)
            self._books[simulated] = self._noted.book(simulated, lambda store=store: store)  # type: ignore[misc]
            if not simulated:
                self.run = latest_run(store)
                self.troubles = self._troubles(store)

    def _troubles(self, store: Store) -> Troubles:
        """What keeps new prices from coming: the pause that ends last, and a refusal that stands."""
        pause = max(pauses(store).values(), key=lambda pause: pause.until, default=None)
        refusal = Refusals(self._settings.refusals_path, store.url_shown).read()
        return Troubles(pause, refusal, last_answer(store) if pause or refusal else None)

    def _see_file(self, simulated: bool, path: Path | None) -> None:
        """A file that was taken away or put in another's place is not what the open connections read."""
        if path is None:
            return
        try:
            found = path.stat()
        except OSError:
            gone = StoreUnreachableError("The file of the database is not there any more; put it back.")
            gone.whole = f"{path} is not there any more; put it back."
            raise gone from None
        seen = (found.st_dev, found.st_ino)
        if self._files.setdefault(simulated, seen) != seen:
            self._stores[simulated].close()
            self._files[simulated] = seen

    def _has_prices(self) -> bool:
        panel = self.panels.get(False)
        return panel is not None and bool(panel.present.any())

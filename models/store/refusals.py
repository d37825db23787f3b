"""That new prices cannot be stored, kept where a database that refuses cannot keep it: in a file of its own.

Whoever ingests writes it when the database refuses a write and takes it back with the next run that ends
well; the pages read it. Its room is taken while there is some and filled in place, for a full disk refuses
new bytes and not the old ones.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from models import private
from models.errors import (
    FencedError,
    PlaceTakenError,
    StoreBusyError,
    StoreError,
    StoreFullError,
    StoreUnreachableError,
)

ROOM = 2048
"""Bytes; a longer reason is cut."""
_KINDS: tuple[tuple[type[StoreError], str], ...] = (
    (StoreFullError, "full"),
    (StoreBusyError, "busy"),
    (StoreUnreachableError, "away"),
)


@dataclass(frozen=True, slots=True)
class Refusal:
    """A database that takes no new price: why, since when, and when that was tried last.

    ``kind`` is ``full``, ``busy``, ``away`` or ``other``; ``reason`` the sentence that names the fix.
    """

    kind: str
    reason: str
    since: datetime
    tried: datetime


class Refusals:
    """The note about one database; without a path nothing is kept."""

    def __init__(self, path: Path | None = None, database: str = "") -> None:
        self._path, self._database = path, database

    def reserve(self) -> None:
        """Take the room for a note, before there is need for one."""
        with suppress(OSError):
            if self._path is not None:
                private.folder(self._path.parent)
            if self._path is not None and (not self._path.exists() or self._path.stat().st_size < ROOM):
                self._write("")

    def tell(self, error: StoreError, now: datetime) -> None:
        """Note that a write was refused; that another process writes is no trouble of the database."""
        if isinstance(error, FencedError | PlaceTakenError):
            return
        known = self.read()
        since = known.since if known is not None else now
        kind = next((name for of, name in _KINDS if isinstance(error, of)), "other")
        said = {"database": self._database, "kind": kind, "reason": str(error)[: ROOM // 8]}
        times = {"since": since.isoformat(), "tried": now.isoformat()}
        with suppress(OSError):
            self._write(json.dumps(said | times))

    def clear(self) -> None:
        """Take the note back: what was to be stored is stored."""
        if self.read() is not None:
            with suppress(OSError):
                self._write("")

    def read(self) -> Refusal | None:
        """The note about this database, None while it takes what it is given."""
        if self._path is None:
            return None
        try:
            said = json.loads(self._path.read_bytes())
            if said["database"] != self._database:
                return None
            since, tried = (datetime.fromisoformat(said[name]) for name in ("since", "tried"))
            return Refusal(str(said["kind"]), str(said["reason"]), since, tried)
        except (OSError, ValueError, TypeError, KeyError):
            return None  # no note, an empty one, or one that is being written

    @contextmanager
    def noting(self, clock: Callable[[], datetime]) -> Iterator[None]:
        """Note what the database refuses meanwhile."""
        self.reserve()
        try:
            yield
        except StoreError as error:
            self.tell(error, clock())
            raise

    @contextmanager
    def watching(self, clock: Callable[[], datetime]) -> Iterator[None]:
        """The same, and an end without a refusal takes the note back."""
        with self.noting(clock):
            yield
        self.clear()

    def _write(self, text: str) -> None:
        assert self._path is not None
        file = private.opener(str(self._path), os.O_RDWR | os.O_CREAT)
        try:
            os.ftruncate(file, os.pwrite(file, text.encode().ljust(ROOM), 0))
        finally:
            os.close(file)

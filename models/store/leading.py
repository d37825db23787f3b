"""Who may write: one ingester at a time, known by an epoch that every write checks.

A lock says at once when its holder has died: on a SQLite file the system's lock on a file
beside it, on Postgres an advisory lock on a connection of its own. A lock alone is not
enough, for a process that was stopped and goes on later still believes in it. So each
take-over raises the epoch of the one row of ``leader``, and a write transaction of the
ingester begins by looking at it: one that stands under an older epoch is refused.
"""

from __future__ import annotations

import contextlib
import fcntl
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Protocol

import sqlalchemy as sa

from models import private
from models.errors import FencedError, PlaceTakenError, StoreBusyError, StoreError
from models.store.engine import CONNECT_TIMEOUT_S, Store, process_name
from models.store.failures import in_words
from models.store.guards import leader

BEAT = 1.0
"""Seconds between two signs of life."""
STALE = 3.5
"""A holder that gave none for so many seconds has stopped; another takes over."""
WISH = 3.0
"""How long a command's wish to write counts, in seconds."""
ASK_AGAIN = 0.3
_KEY = 0x41465449  # any number that every Aftershock uses and nobody else

_ROW = sa.select(leader).where(leader.c.id == 1)
# Shared with a beat, which changes no key, and not with a take-over, which locks the row for itself.
_EPOCH = sa.select(leader.c.epoch).where(leader.c.id == 1).with_for_update(read=True, key_share=True)
_BEAT = (
    sa.update(leader)
    .where(leader.c.id == 1, leader.c.epoch == sa.bindparam("mine"))
    .values(beat=sa.bindparam("now"), backend=sa.bindparam("anchor"))
    .returning(leader.c.wanted)
)


@dataclass(frozen=True, slots=True)
class Leader:
    """The ingester that may write; ``silent`` are the seconds since its last sign of life."""

    holder: str
    epoch: int
    since: datetime
    silent: float

    @property
    def alive(self) -> bool:
        """Whether it gave a sign of life lately."""
        return self.silent < STALE


def current_leader(store: Store) -> Leader | None:
    """Return the ingester that may write, or wrote last and gave no leave; None when nobody does."""
    with store.reading() as connection:
        row = connection.execute(_ROW).one()
        now = _now(connection)
    if row.holder is None or row.since is None:
        return None
    return Leader(row.holder, row.epoch, row.since, max(0.0, now - row.beat))


class Lease:
    """The right of this process to write, while it lasts.

    Attributes
    ----------
    epoch
        Under which it writes; None while another process leads.
    busy
        Whether a run is under way: the right is then not given to a command that asks for it.
    """

    def __init__(self, store: Store, name: str | None = None) -> None:
        self.store = store
        self.name = name or process_name()
        self.epoch: int | None = None
        self.busy = False
        self._anchor: _Anchor = _FileLock(store) if store.path is not None else _AdvisoryLock(store)
        self._guard = threading.RLock()
        self._done = threading.Event()
        self._beats: threading.Thread | None = None

    @property
    def leading(self) -> bool:
        """Whether this process may write, as far as it knows."""
        return self.epoch is not None

    def take(self, *, asked: bool = False) -> bool:
        """Take the right to write if it is free, or its holder has stopped; return whether it is ours.

        With ``asked`` the wish of a command is no reason to stand back: it is our own.

        Raises
        ------
        StoreError
            If the database cannot be asked.
        """
        with self._guard:
            if self.epoch is None:
                self._done.set()
                self._anchor.yield_()  # what was held under an epoch that is over may be held no more
                self.epoch = self._taken(asked=asked)
                if self.epoch is None:
                    self._anchor.yield_()
                else:
                    self.store.fence = self.check
                    self._start_beating(self.epoch)
            return self.epoch is not None

    def wait(self, patience: float, told: Callable[[str], object] = lambda holder: None) -> None:
        """Ask the leader for its place, and wait until it is done with the run under way.

        Parameters
        ----------
        patience
            Seconds to wait at most.
        told
            Called once with the holder's name when there is something to wait for.

        Raises
        ------
        StoreBusyError
            If the place is not free in time.
        """
        deadline = time.monotonic() + patience
        said = False
        self.busy = True
        while not self.take(asked=True):
            holder = current_leader(self.store)
            name = holder.holder if holder is not None else "another process"
            if time.monotonic() >= deadline:
                raise PlaceTakenError(name, self.store.url_shown)
            with self.store.writing(fenced=False) as connection:
                connection.execute(sa.update(leader).values(wanted=_now(connection)))
            if not said and time.monotonic() > deadline - patience + 2 * BEAT:
                told(name)
                said = True
            threading.Event().wait(ASK_AGAIN)

    def release(self) -> None:
        """Give the right back; another process may have it at once."""
        self._done.set()
        if self._beats is not None and self._beats is not threading.current_thread():
            self._beats.join()
        with self._guard:
            if self.epoch is not None:
                with contextlib.suppress(StoreError), self.store.writing(fenced=False) as connection:
                    mine = leader.c.epoch == self.epoch
                    freed = {"holder": None, "beat": 0.0, "wanted": 0.0 if self.busy else leader.c.wanted}
                    connection.execute(sa.update(leader).where(mine).values(**freed))
            self._lose()

    def check(self, connection: sa.Connection) -> None:
        """Refuse a write transaction that does not stand under the present epoch.

        Raises
        ------
        FencedError
            If another process has taken over.
        """
        mine = self.epoch
        if mine is None or connection.scalar(_EPOCH) != mine:
            self.epoch = None  # the next beat gives the lock back
            raise FencedError

    def _taken(self, *, asked: bool) -> int | None:
        held = self._anchor.hold()
        with self.store.reading() as connection:
            row = connection.execute(_ROW).one()
            now = _now(connection)
        if not asked and now - row.wanted < WISH:
            return None
        fresh = row.holder is not None and now - row.beat < STALE
        if fresh and not (held and row.backend is not None):
            return None  # alive, with the lock or (taken over from a stopped process) without
        if not held:
            held = self._anchor.wrest(row.holder)
        if not held and not self._anchor.optional:
            return None
        try:
            return self._raised(row.epoch, held=held)
        except StoreBusyError:
            self._anchor.wrest(row.holder)  # a stopped process holds a transaction open
            return None

    def _raised(self, seen: int, *, held: bool) -> int | None:
        with self.store.writing(fenced=False) as connection:
            if self.store.dialect == "postgresql":
                connection.execute(sa.text("SET LOCAL lock_timeout = '500ms'"))
            row = connection.execute(_ROW.with_for_update()).one()
            if row.epoch != seen:
                return None
            now = _now(connection)
            connection.execute(
                sa.update(leader).values(
                    epoch=seen + 1,
                    holder=self.name,
                    since=datetime.fromtimestamp(now, UTC),
                    beat=now,
                    backend=self._anchor.number if held else None,
                )
            )
        return seen + 1

    def _start_beating(self, epoch: int) -> None:
        self._done = threading.Event()
        self._beats = threading.Thread(
            target=self._beat_on, args=(self._done, epoch), name="lease", daemon=True
        )
        self._beats.start()

    def _beat_on(self, done: threading.Event, epoch: int) -> None:
        while not done.wait(BEAT):
            with self._guard:
                if done.is_set():
                    return
                wanted = self._beat(epoch) if self.epoch == epoch else None
                if wanted is None:
                    self._lose()
                    return
            if wanted and not self.busy:
                self.release()
                return

    def _beat(self, mine: int) -> bool | None:
        """Give a sign of life; whether a command wants our place, None when it is lost already."""
        try:
            held = self._anchor.hold() if self._anchor.optional else True
            with self._anchor.beating() as connection:
                now = _now(connection)
                values = {"mine": mine, "now": now, "anchor": self._anchor.number if held else None}
                wanted = connection.execute(_BEAT, values).scalar()
        except StoreError:
            # A file that someone keeps locked: nobody else can take over either. A server that does
            # not answer has dropped our lock with the connection.
            return False if self._anchor.optional else None
        return None if wanted is None else now - wanted < WISH

    def _lose(self) -> None:
        self.epoch = None
        self._anchor.release()


class _Anchor(Protocol):
    """The lock that says when its holder has died. ``optional``: one may lead without it."""

    optional: bool
    number: int

    def hold(self) -> bool: ...
    def release(self) -> None: ...
    def yield_(self) -> None: ...
    def wrest(self, holder: str | None) -> bool: ...
    def beating(self) -> contextlib.AbstractContextManager[sa.Connection]: ...


class _FileLock:
    """The system's lock on a file beside a SQLite file, released by the system when its holder dies."""

    optional = True
    number = 1

    def __init__(self, store: Store) -> None:
        self._store = store
        assert store.path is not None
        self._path = store.path.with_name(f"{store.path.name}.lock")
        self._file: Any = None

    def hold(self) -> bool:
        if self._file is not None:
            return True
        with in_words(self._store):
            file = open(self._path, "a+", opener=private.opener)  # noqa: SIM115
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            file.close()
            return False
        self._file = file
        return True

    def release(self) -> None:
        # The file stays, or two holders could lock two files of one name.
        if self._file is not None:
            self._file.close()
            self._file = None

    def yield_(self) -> None:
        self.release()

    def wrest(self, holder: str | None) -> bool:
        return False  # a lock cannot be taken from a stopped process; the epoch shuts it out

    def beating(self) -> contextlib.AbstractContextManager[sa.Connection]:
        return self._store.writing(fenced=False)


class _AdvisoryLock:
    """An advisory lock on a connection that is no pool's: a pool would keep it, or drop it unseen."""

    optional = False
    number = 0

    def __init__(self, store: Store) -> None:
        self._store = store
        # Whoever stops answering, the server or this machine, is noticed within seconds.
        alive = {
            "keepalives_idle": 2,
            "keepalives_interval": 1,
            "keepalives_count": 3,
            "tcp_user_timeout": 4000,
        }
        self._engine = sa.create_engine(
            store.url,
            poolclass=sa.pool.NullPool,
            isolation_level="AUTOCOMMIT",
            connect_args={
                **alive,
                "connect_timeout": CONNECT_TIMEOUT_S,
                "application_name": process_name(),
                "options": "-c statement_timeout=3000",
            },
        )
        self._link: sa.Connection | None = None
        self._held = False

    def hold(self) -> bool:
        if self._held:
            return True
        try:
            with in_words(self._store):
                if self._link is None:
                    self._link = self._engine.connect()
                    self.number = int(self._link.scalar(sa.text("SELECT pg_backend_pid()")) or 0)
                self._held = bool(self._link.scalar(sa.select(sa.func.pg_try_advisory_lock(_KEY))))
        except StoreError:
            self.release()
            raise
        return self._held

    def release(self) -> None:
        held, self._held = self._held, False
        if self._link is not None:
            with contextlib.suppress(sa.exc.SQLAlchemyError):
                # A server under load notices that a connection is gone only after a while.
                if held and not self._link.invalidated:
                    self._link.execute(sa.select(sa.func.pg_advisory_unlock(_KEY)))
            with contextlib.suppress(sa.exc.SQLAlchemyError):
                self._link.close()
            self._link = None

    def yield_(self) -> None:
        """Give the lock back and keep the connection: whoever waits asks twice a second."""
        if self._held:
            self.release()

    def wrest(self, holder: str | None) -> bool:
        """End the connections of a holder that has stopped: its lock goes, and what it had begun."""
        end = sa.text(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE application_name = :name AND usename = current_user AND pid <> pg_backend_pid()"
        )
        try:
            if holder is not None and holder != process_name() and self._link is not None:
                self._link.execute(end, {"name": holder})
            return self.hold()
        except (StoreError, sa.exc.SQLAlchemyError):
            self.release()
            return False

    @contextlib.contextmanager
    def beating(self) -> Any:
        if self._link is None:
            raise FencedError
        with in_words(self._store):
            yield self._link


def _now(connection: sa.Connection) -> float:
    """Unix seconds by the one clock that all share: the server's, or that of the machine with the file."""
    if connection.dialect.name == "sqlite":
        return time.time()
    return float(connection.scalar(sa.text("SELECT extract(epoch FROM clock_timestamp())::float8")) or 0.0)

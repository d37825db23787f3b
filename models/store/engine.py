"""The store: opening a database, its connections and transactions, and its failures in words."""

from __future__ import annotations

import os
import socket
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, nullcontext
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import sqlalchemy as sa

from models.errors import SchemaOlderError, StoreError
from models.store import migrating
from models.store.address import parse_url, shown
from models.store.failures import discreet as in_short
from models.store.failures import in_words
from models.store.schema import REVISION

BUSY_TIMEOUT_MS = 5_000
CONNECT_TIMEOUT_S = 5
STATEMENT_TIMEOUT_MS = 60_000
_WRITER = "aftershock_writer"


class Store:
    """A database of prices, open for reading and writing from any thread or forked process.

    Attributes
    ----------
    url
        Where it is, password included: never print it.
    url_shown
        The same with every password hidden.
    dialect
        ``sqlite`` or ``postgresql``.
    path
        The file, for SQLite; None for Postgres.
    fence
        Called at the start of each write transaction, and raises when this process may no longer
        write; None where nobody else would. The lease of an ingester sets it.
    discreet
        Whether its failures are told to readers on the network: then without paths, hosts and statements.
    """

    def __init__(self, url: sa.URL, *, discreet: bool = False) -> None:
        self.url, self.discreet = url, discreet
        self.url_shown = shown(url)
        self.dialect = url.get_backend_name()
        self.path = Path(str(url.database)) if self.dialect == "sqlite" else None
        self.fence: Callable[[sa.Connection], None] | None = None
        self._renew()

    def __repr__(self) -> str:
        return f"Store({self.url_shown})"

    @classmethod
    def open(cls, url: str, migrate: bool | None = None, *, discreet: bool = False) -> Store:
        """Open a store, and create or migrate it where that is allowed.

        Parameters
        ----------
        url
            ``sqlite:///path/to/file.db`` or ``postgresql+psycopg://user:password@host/name``.
        migrate
            Whether to bring an empty or older schema up to this build, an older SQLite file
            after a backup copy beside it. By default a SQLite file is and a server is not.
        discreet
            Whether its failures are for readers on the network.

        Raises
        ------
        StoreError
            If the URL is wrong, the folder cannot be written, the server is not reached, or
            the file is another program's.
        SchemaNewerError
            If a newer Aftershock wrote it; nothing was touched.
        SchemaOlderError
            If it needs a migration that was not allowed.
        """
        try:
            store = cls(parse_url(url), discreet=discreet)
        except StoreError as error:
            raise (in_short(error) if discreet else error) from None
        allowed = store.dialect == "sqlite" if migrate is None else migrate
        try:
            with in_words(store):
                store._prepare(allowed)
        except BaseException:
            store.close()
            raise
        return store

    def _prepare(self, allowed: bool) -> None:
        if migrating.found_revision(self) != REVISION:
            if not allowed:
                raise SchemaOlderError(migrating.found_revision(self), REVISION)
            self.migrate()
        if self.path is not None:
            _use_wal(self.path)

    def migrate(self) -> None:
        """Bring the schema up to this build; of several at once one does, the others find it done."""
        with in_words(self):
            migrating.migrate(self)

    @property
    def schema(self) -> str | None:
        """The revision of the schema found in the database, None for an empty one."""
        with in_words(self):
            return migrating.found_revision(self, checked=False)

    @property
    def engine(self) -> sa.Engine:
        """The engine of this process; a forked child gets its own, never its parent's sockets."""
        self._renew_after_fork()
        return self._engine

    def _renew_after_fork(self) -> None:
        if self._pid != os.getpid():
            self._engine.dispose(close=False)
            self._renew()

    def _renew(self) -> None:
        self._pid = os.getpid()
        self._engine = make_engine(self.url)
        # SQLite's busy handler polls and is not fair; threads of one process queue here instead.
        self._writers = threading.Lock() if self.dialect == "sqlite" else nullcontext()

    @contextmanager
    def reading(self) -> Iterator[sa.Connection]:
        """Give a connection in a read transaction: one consistent snapshot, no write lock."""
        options: dict[str, Any] = {}
        if self.dialect == "postgresql":
            options = {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}
        with (
            in_words(self),
            self.engine.connect().execution_options(**options) as connection,
            connection.begin(),
        ):
            yield connection

    @contextmanager
    def writing(self, *, fenced: bool = True) -> Iterator[sa.Connection]:
        """Give a connection in a write transaction: committed at the end, undone by an exception."""
        with (
            in_words(self),
            self._writing_turn(),
            self.engine.connect().execution_options(**{_WRITER: True}) as connection,
            connection.begin(),
        ):
            if fenced and self.fence is not None:
                self.fence(connection)
            yield connection

    def _writing_turn(self) -> Any:
        self._renew_after_fork()  # a lock that another thread held at the fork stays locked
        return self._writers

    def close(self) -> None:
        """Close every connection; the store opens new ones if it is used again."""
        self._engine.dispose(close=self._pid == os.getpid())

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def process_name() -> str:
    """Return what this process is called in the database's own list: machine and number."""
    return f"aftershock {socket.gethostname()[:30]}:{os.getpid()}"


def make_engine(url: sa.URL, **options: Any) -> sa.Engine:
    """Return an engine with the settings that make its dialect safe."""
    if url.get_backend_name() == "sqlite":
        engine = sa.create_engine(url, **options)
        sa.event.listen(engine, "connect", _set_up_sqlite)
        sa.event.listen(engine, "begin", _begin_sqlite)
        return engine
    engine = sa.create_engine(
        url,
        pool_pre_ping=True,
        connect_args={
            "connect_timeout": CONNECT_TIMEOUT_S,
            "application_name": process_name(),
            # A machine that is gone without a word keeps nobody waiting for longer than this.
            **{"keepalives_idle": 5, "keepalives_interval": 3, "keepalives_count": 3},
            "tcp_user_timeout": 15_000,
        },
        **options,
    )
    sa.event.listen(engine, "connect", _set_up_postgres)
    return engine


def _set_up_sqlite(connection: Any, _record: Any) -> None:
    # The driver would open transactions by itself, and too late: it loses updates silently.
    connection.isolation_level = None
    connection.execute(f"PRAGMA busy_timeout = {BUSY_TIMEOUT_MS}")
    connection.execute("PRAGMA foreign_keys = ON")
    connection.execute("PRAGMA synchronous = NORMAL")
    # The log is folded in, and the disk waited for, each 16 MB instead of 4: a backfill's worth.
    connection.execute("PRAGMA wal_autocheckpoint = 4000")


def _begin_sqlite(connection: sa.Connection) -> None:
    # A deferred transaction that turns writer fails at once when another wrote meanwhile.
    writer = connection.get_execution_options().get(_WRITER)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writer else "BEGIN")


def _set_up_postgres(connection: Any, _record: Any) -> None:
    with connection.cursor() as cursor:
        cursor.execute(f"SET statement_timeout = {STATEMENT_TIMEOUT_MS}")
        cursor.execute("SET timezone = 'UTC'")
    connection.commit()


def _use_wal(path: Path) -> None:
    # Changing the journal needs the file alone and does not wait by itself.
    deadline = time.monotonic() + BUSY_TIMEOUT_MS / 1000
    while True:
        try:
            with closing(sqlite3.connect(path)) as connection:
                connection.execute(f"PRAGMA busy_timeout = {BUSY_TIMEOUT_MS}")
                mode = connection.execute("PRAGMA journal_mode = WAL").fetchone()[0]
            break
        except sqlite3.OperationalError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.01)
    if mode != "wal":
        raise StoreError(f"{path} cannot have a write-ahead log where it is; put it on a local disk.")

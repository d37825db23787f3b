"""Copies of a whole store while it is in use, and back."""

from __future__ import annotations

import errno
import os
import shutil
import sqlite3
import subprocess
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

import sqlalchemy as sa

from models import private
from models.errors import NotCopiedError, StoreBusyError, StoreError, StoreFullError
from models.store import migrating
from models.store.address import parse_url
from models.store.engine import Store
from models.store.failures import in_words
from models.store.leading import Lease, current_leader
from models.store.schema import REVISION

_RAISE = (
    "UPDATE dataset SET version = max(version, {0}) + 1, events = max(events, {1}) + 1",
    "UPDATE leader SET epoch = max(epoch, {2}) + 1, holder = NULL, beat = 0, wanted = 0",
)


@dataclass(frozen=True, slots=True)
class Copied:
    """A copy: the file, its bytes, and the bars in it (None where only the database can count them)."""

    path: Path
    size: int
    bars: int | None


def back_up(store: Store, target: Path) -> Copied:
    """Copy a store that is in use, whole and consistent, and check the copy.

    SQLite's own backup copies one snapshot while writers go on; on Postgres ``pg_dump`` does.

    Raises
    ------
    StoreError
        If the target is there already, the copy is damaged, or ``pg_dump`` cannot be had or fails.
    """
    with _written_to(target):
        if target.exists():
            raise StoreError(f"{target} is there already; name another file.")
        if not target.parent.is_dir():
            raise StoreError(f"There is no folder {target.parent}; make it, or name another file.")
        part = target.with_name(f".{target.name}.part")
        try:
            _remove(part)
            bars = _copied(store, part)
            part.replace(target)
        finally:
            _remove(part)
    return Copied(target, target.stat().st_size, bars)


def _copied(store: Store, part: Path) -> int | None:
    """Write the copy into a file that nobody takes for one yet; return its bars, where they are counted."""
    private.file(part)
    if store.path is None:
        _tool(store.url, "pg_dump", "--format=custom", f"--file={part}")
        return None
    _copy(store.path, part)
    with closing(sqlite3.connect(part)) as connection:
        connection.execute("PRAGMA journal_mode = DELETE")  # one file, with no log beside it
    return check(part)


@contextmanager
def _written_to(target: Path) -> Iterator[None]:
    """Say in one sentence why a file could not be written; what was there before is as it was."""
    full = f"The disk under {target} is full; nothing was left there: free some space, or name another disk."
    try:
        yield
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
            raise StoreFullError(full) from error
        what = error.strerror or error
        raise StoreError(f"{target} cannot be written: {what}; name a file that can be.") from error
    except sqlite3.Error as error:
        said = str(error).lower()
        if "disk is full" in said or "disk i/o" in said:
            raise StoreFullError(full) from error
        raise StoreError(f"{target} cannot be written: {error}; name a file that can be.") from error


def back_up_before_migration(url: str, folder: Path) -> Path | None:
    """Copy a server's database whose schema is older than this build's; return the copy.

    None where there is nothing to copy: the schema is new enough, the database is empty, or it is a
    SQLite file, which its migration copies itself.

    Raises
    ------
    NotCopiedError
        If ``pg_dump`` cannot be had or fails.
    StoreError
        If the database is of a newer build, or cannot be read.
    """
    store = Store(parse_url(url))
    with store, in_words(store):
        found = migrating.found_revision(store)
        if store.path is not None or found in (None, REVISION):
            return None
        with _written_to(folder):
            private.folder(folder)
        try:
            return back_up(store, migrating.unused(folder / f"aftershock.before-{REVISION}.copy")).path
        except StoreError as error:
            raise NotCopiedError(error) from error


def restore(url: str, source: Path) -> Path | None:
    """Put a copy in the place of a store; return where the old one was kept, for SQLite.

    The restored store gets a version of its own above both, so that no page mistakes it for what it
    had read.

    Raises
    ------
    StoreError
        If the copy is damaged or of a newer Aftershock, or a writer is at work.
    """
    if not source.is_file():
        raise StoreError(f"There is no file {source}; name one that `aftershock backup` wrote.")
    parsed = parse_url(url)
    if parsed.get_backend_name() == "sqlite":
        return _restore_file(url, Path(str(parsed.database)), source)
    with _alone(url) as seen:
        options = ("--clean", "--if-exists", "--no-owner", "--single-transaction", "--exit-on-error")
        _tool(parsed, "pg_restore", *options, f"--dbname={parsed.database}", str(source), named=False)
        with Store.open(url, migrate=True) as store, store.writing(fenced=False) as connection:
            for statement in _RAISE:
                connection.execute(sa.text(statement.replace("max(", "greatest(").format(*seen)))
    return None


def check(path: Path) -> int:
    """Check that a SQLite store is whole; return its bars.

    Raises
    ------
    StoreError
        If it is damaged, or is no store.
    """
    try:
        with closing(sqlite3.connect(f"file:{quote(str(path))}?mode=ro", uri=True)) as connection:
            said = connection.execute("PRAGMA integrity_check(1)").fetchone()[0]
            broken = connection.execute("PRAGMA foreign_key_check").fetchone()
            bars = connection.execute("SELECT count(*) FROM bar").fetchone()[0]
    except sqlite3.DatabaseError as error:
        raise StoreError(f"{path} is no whole copy of a store: {error}; take another.") from error
    if said != "ok" or broken is not None:
        raise StoreError(f"{path} is damaged: {said if said != 'ok' else broken[0]}; take another.")
    return int(bars)


def _restore_file(url: str, path: Path, source: Path) -> Path | None:
    check(source)
    migrating.found_revision(Store(sa.URL.create("sqlite", database=str(source))))
    if not path.exists():
        with _written_to(path):
            private.folder(path.parent)
            _copy(source, path)
        return None
    part = path.with_name(f".{path.name}.restored")
    kept = migrating.unused(path.with_name(f"{path.name}.before-restore"))
    try:
        with _written_to(part):
            _copy(source, part)
        Store.open(f"sqlite:///{part}", migrate=True).close()
        with _alone(url) as seen:
            with closing(sqlite3.connect(part)) as connection, connection:
                for statement in _RAISE:
                    connection.execute(statement.format(*seen))
            _put(part, path, kept)
    finally:
        _remove(part)
    return kept


def _put(part: Path, path: Path, kept: Path) -> None:
    """Write the copy into the file that readers have open, in one transaction of SQLite's own.

    Another file under its name would have two logs that the readers of each take for theirs. Only a
    file that is no database any more is replaced; what lies beside it as its log is then nobody's.
    """
    with _written_to(path):
        try:
            _copy(path, kept)
            _copy(part, path)
        except sqlite3.OperationalError:
            _remove(kept)
            raise  # a full or locked disk says nothing against the file that is there
        except sqlite3.DatabaseError:
            shutil.copy2(path, kept)
            part.replace(path)
            for suffix in ("-wal", "-shm"):
                path.with_name(path.name + suffix).unlink(missing_ok=True)


@contextmanager
def _alone(url: str) -> Iterator[tuple[int, int, int]]:
    """Hold the right to write meanwhile; gives the versions that readers and writers may have seen."""
    try:
        store = Store.open(url)
    except StoreError:
        yield 0, 0, 0  # damaged, or of another build: that is why it is restored
        return
    with store:
        lease = Lease(store)
        if not lease.take(asked=True):
            leader = current_leader(store)
            name = leader.holder if leader else "Another process"
            raise StoreBusyError(f"{name} is writing to {store.url_shown}; stop it, then restore.")
        try:
            with store.reading() as connection:
                row = connection.execute(sa.text("SELECT version, events FROM dataset")).one()
            yield int(row[0]), int(row[1]), lease.epoch or 0
        finally:
            lease.release()


def _copy(source: Path, target: Path) -> None:
    """One snapshot of a SQLite file, written into another."""
    private.file(target)
    address = f"file:{quote(str(source))}?mode=ro"
    with closing(sqlite3.connect(address, uri=True)) as there, closing(sqlite3.connect(target)) as copy:
        copy.execute("PRAGMA busy_timeout = 5000")
        there.backup(copy)
    target.chmod(0o600)


def _remove(part: Path) -> None:
    for suffix in ("", "-wal", "-shm", "-journal"):
        part.with_name(part.name + suffix).unlink(missing_ok=True)


def _tool(url: sa.URL, tool: str, *options: str, named: bool = True) -> None:
    """Run one of Postgres' own programs; the password goes by the environment, where no list shows it."""
    if shutil.which(tool) is None:
        raise StoreError(
            f"{tool} is not on this machine; install the client of Postgres, and run this again."
        )
    at: dict[str, Any] = {
        "PGHOST": url.host,
        "PGPORT": url.port,
        "PGUSER": url.username,
        "PGPASSWORD": url.password,
    }
    at |= {"PGDATABASE": url.database} if named else {}
    at |= {"PGHOST": url.query.get("host", url.host)}
    environment = {**os.environ, **{name: str(value) for name, value in at.items() if value}}
    done = subprocess.run([tool, *options], env=environment, capture_output=True, text=True, check=False)
    if done.returncode:
        lines = done.stderr.strip().splitlines() or [f"it ended with {done.returncode}"]
        raise StoreError(f"{tool} could not do it: {lines[0].rstrip('.')}.")

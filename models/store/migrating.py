"""What schema a database has, and how it is brought up to this build's."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote

import sqlalchemy as sa

from models import private
from models.errors import SchemaNewerError, StoreError
from models.store.schema import REVISION

if TYPE_CHECKING:
    from models.store.engine import Store

MIGRATIONS = Path(__file__).with_name("migrations")
_WAIT_S = 120  # a second migrator waits this long for the first
_LOCK = 0x41465453  # any number that every Aftershock uses and nobody else


def known_revisions() -> tuple[str, ...]:
    """Return the revisions this build can read or migrate, oldest first."""
    return tuple(sorted(path.name.split("_")[0] for path in (MIGRATIONS / "versions").glob("[0-9]*.py")))


def found_revision(store: Store, *, checked: bool = True) -> str | None:
    """Return the schema revision in the database without writing a byte, None when it is empty.

    Raises
    ------
    SchemaNewerError
        If ``checked`` and this build does not know the revision.
    StoreError
        If ``checked`` and the file has tables but is no store.
    """
    found, tables = _look_sqlite(store.path) if store.path else _look_postgres(store)
    if checked and found is not None and found not in known_revisions():
        raise SchemaNewerError(found, REVISION)
    if checked and found is None and tables and store.path:
        raise StoreError(f"{store.path} is another program's database; name another file.")
    return found


def _look_sqlite(path: Path) -> tuple[str | None, bool]:
    if not path.exists():
        return None, False
    if path.is_dir():
        raise StoreError(f"{path} is a folder; name a file in it, such as {path / 'aftershock.db'}.")
    # Read-only, so that not even a checkpoint of a log left behind touches the file.
    with closing(sqlite3.connect(f"file:{quote(str(path))}?mode=ro", uri=True, timeout=5)) as connection:
        tables = connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall()
        row = None
        if ("alembic_version",) in tables:
            row = connection.execute("SELECT version_num FROM alembic_version").fetchone()
    return (row[0] if row else None), bool(tables)


def _look_postgres(store: Store) -> tuple[str | None, bool]:
    with store.engine.connect() as connection:
        there = connection.scalar(sa.text("SELECT to_regclass('alembic_version') IS NOT NULL"))
        found = connection.scalar(sa.text("SELECT version_num FROM alembic_version")) if there else None
    return found, bool(there)


def migrate(store: Store) -> None:
    """Bring the schema to this build's revision under a lock, in one transaction.

    An older SQLite file is first copied to ``NAME.before-REVISION`` beside it, by SQLite's
    own backup, so that a log not yet folded in is part of the copy.
    """
    if found_revision(store) == REVISION:
        return
    if store.path is not None:
        _migrate_sqlite(store, store.path)
    else:
        _migrate_postgres(store)


def _migrate_sqlite(store: Store, path: Path) -> None:
    private.folder(path.parent)
    private.file(path)
    engine = sa.create_engine(store.url, poolclass=sa.pool.NullPool, connect_args={"timeout": _WAIT_S})
    # Tables are rebuilt by copying, which foreign keys would forbid; they are checked at the end.
    sa.event.listen(engine, "connect", lambda connection, _: setattr(connection, "isolation_level", None))
    sa.event.listen(engine, "begin", lambda connection: connection.exec_driver_sql("BEGIN IMMEDIATE"))
    with engine.begin() as connection:
        found = found_revision(store)
        if found == REVISION:
            return
        if found is not None:
            back_up(path, unused(path.with_name(f"{path.name}.before-{REVISION}")))
        _upgrade(connection)
        broken = connection.exec_driver_sql("PRAGMA foreign_key_check").first()
        if broken is not None:
            raise StoreError(f"{path} is damaged: {broken[0]} lacks its parents; restore it from a backup.")


def _migrate_postgres(store: Store) -> None:
    with store.engine.begin() as connection:
        connection.execute(sa.text(f"SET LOCAL statement_timeout = {_WAIT_S * 1000}"))
        connection.execute(sa.text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOCK})
        if found_revision(store) != REVISION:
            _upgrade(connection)


def _upgrade(connection: sa.Connection) -> None:
    from alembic import command  # here, because most starts have nothing to migrate
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    command.upgrade(config, REVISION)


def back_up(path: Path, target: Path) -> None:
    """Copy an SQLite store that may be in use to a new file, whole and consistent."""
    part = target.with_name(target.name + ".part")
    private.file(part)
    with closing(sqlite3.connect(path)) as source, closing(sqlite3.connect(part)) as copy:
        source.backup(copy)
    part.replace(target)


def unused(path: Path) -> Path:
    """Return the path, or the first free name beside it."""
    number, candidate = 1, path
    while candidate.exists():
        number += 1
        candidate = path.with_name(f"{path.name}-{number}")
    return candidate

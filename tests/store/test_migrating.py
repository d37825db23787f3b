"""Schemas: a new one, an older, a newer, two who migrate at once."""

from __future__ import annotations

import hashlib
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory

from models.errors import SchemaNewerError, SchemaOlderError, StoreError
from models.events import BASES
from models.noting import event_of
from models.store import (
    Store,
    dataset_version,
    migrating,
    start_run,
    store_answer,
    stored_bars,
    sync_instruments,
)
from models.store import engine as engine_module
from models.store.events import add_event, events, events_version
from models.store.schema import REVISION, metadata
from models.universe import Universe
from tests.patience import HANG
from tests.store import postgres
from tests.store.conftest import NOW
from tests.store.given import same, some_bars

Opener = Callable[..., Store]
NEXT = """
from __future__ import annotations
import sqlalchemy as sa
from alembic import op
revision = "9001"
down_revision = "{before}"
def upgrade():
    with op.batch_alter_table("view") as batch:
        batch.add_column(sa.Column("title", sa.Text, nullable=False, server_default=""))
    {fault}
"""


@pytest.fixture
def next_build(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Make this code the build that follows: one migration more."""

    def made(fault: str = "") -> None:
        folder = tmp_path / "migrations"
        shutil.copytree(migrating.MIGRATIONS, folder, dirs_exist_ok=True)
        text = NEXT.format(before=REVISION, fault=fault)
        (folder / "versions" / "9001_title.py").write_text(text, encoding="utf-8")
        monkeypatch.setattr(migrating, "MIGRATIONS", folder)
        monkeypatch.setattr(migrating, "REVISION", "9001")
        monkeypatch.setattr(engine_module, "REVISION", "9001")

    return made


def test_the_migrations_lead_to_the_tables_of_the_code(empty_url: str, open_store: Opener) -> None:
    store = open_store(empty_url, migrate=True)
    with store.reading() as connection:
        differences = compare_metadata(MigrationContext.configure(connection), metadata)
    if store.dialect == "postgresql":  # there a trigger stands in for one key, see the schema
        assert [(kind, item.table.name) for kind, item in differences] == [("add_fk", "bar")]
    else:
        assert differences == []


def test_the_newest_migration_is_the_one_the_code_asks_for() -> None:
    scripts = ScriptDirectory(str(migrating.MIGRATIONS))
    assert scripts.get_heads() == [REVISION]
    assert migrating.known_revisions()[-1] == REVISION
    assert len(migrating.known_revisions()) == len(list(scripts.walk_revisions()))


def test_a_server_is_migrated_only_when_told(empty_url: str, dialect: str, open_store: Opener) -> None:
    if dialect == "postgresql":
        with pytest.raises(SchemaOlderError, match="aftershock migrate"):
            open_store(empty_url)
        open_store(empty_url, migrate=True)
    assert open_store(empty_url).schema == REVISION


def test_a_file_is_left_when_it_may_not_be_migrated(tmp_path: Path, open_store: Opener) -> None:
    with pytest.raises(SchemaOlderError):
        open_store(f"sqlite:///{tmp_path}/store.db", migrate=False)
    assert list(tmp_path.iterdir()) == []


def test_a_newer_schema_is_refused_untouched(url: str, store: Store) -> None:
    with store.writing() as connection:
        connection.execute(sa.text("UPDATE alembic_version SET version_num = '9999'"))
    store.close()
    files = [store.path] if store.path else []
    before = [hashlib.sha256(path.read_bytes()).hexdigest() for path in files]
    for migrate in (None, True, False):
        with pytest.raises(SchemaNewerError, match="9999") as caught:
            Store.open(url, migrate=migrate)
        assert (caught.value.found, caught.value.known) == ("9999", REVISION)
    assert [hashlib.sha256(path.read_bytes()).hexdigest() for path in files] == before
    assert store.schema == "9999"


def test_an_older_file_is_copied_then_migrated(
    url: str, store: Store, run: int, open_store: Opener, next_build: Callable[..., None]
) -> None:
    store_answer(store, run, some_bars(), source="test", now=NOW)
    next_build()
    if store.path is None:
        with pytest.raises(SchemaOlderError):
            open_store(url)
    after = open_store(url, migrate=True)
    assert after.schema == "9001"
    assert len(stored_bars(after, "MU")) == 3
    if store.path:
        (copy,) = store.path.parent.glob("*.before-9001")
        with closing(sqlite3.connect(copy)) as link:
            assert link.execute("SELECT count(*) FROM bar").fetchone() == (3,)
            assert link.execute("SELECT version_num FROM alembic_version").fetchone() == (REVISION,)


def test_a_migration_that_fails_leaves_the_old_schema(
    url: str, store: Store, run: int, next_build: Callable[..., None]
) -> None:
    store_answer(store, run, some_bars(), source="test", now=NOW)
    next_build(fault='raise RuntimeError("stop")')
    with pytest.raises(RuntimeError, match="stop"):
        store.migrate()
    assert store.schema == REVISION
    with store.reading() as connection:
        assert "title" not in {column["name"] for column in sa.inspect(connection).get_columns("view")}
    assert len(stored_bars(store, "MU")) == 3


RACER = """
import sys
from models.store import Store, dataset_version
sys.stdin.read()
with Store.open(sys.argv[1], migrate=True) as store:
    print(store.schema, dataset_version(store))
"""


def test_of_two_who_migrate_at_once_none_fails(empty_url: str) -> None:
    command = [sys.executable, "-W", "error", "-c", RACER, empty_url]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    racers = [subprocess.Popen(command, text=True, **pipes) for _ in range(3)]  # type: ignore[call-overload]
    outcomes = [racer.communicate(timeout=HANG) for racer in racers]
    assert outcomes == [(f"{REVISION} 0\n", "")] * 3


def test_a_log_left_by_a_killed_writer_is_no_newer_schema(
    tmp_path: Path, sqlite_template: Path, open_store: Opener
) -> None:
    shutil.copy(sqlite_template, tmp_path / "store.db")
    with closing(sqlite3.connect(tmp_path / "store.db", isolation_level=None)) as link:
        link.execute("UPDATE dataset SET version = 7")
        for name in ("store.db", "store.db-wal"):
            shutil.copy(tmp_path / name, tmp_path / f"killed-{name}")
    before = (tmp_path / "killed-store.db").read_bytes()
    path = tmp_path / "killed-store.db"
    assert migrating._look_sqlite(path) == (REVISION, True)
    assert path.read_bytes() == before
    assert dataset_version(open_store(f"sqlite:///{path}")) == 7


@pytest.mark.external_service
def test_rows_of_a_server_stand_on_their_answer(
    server: postgres.Server, postgres_template: str, open_store: Opener
) -> None:
    store = open_store(server.url(server.database(template=postgres_template)))
    run = start_run(store, trigger="test", source="test", now=NOW)
    store_answer(store, run, some_bars(), source="test", now=NOW)
    for statement in ("UPDATE bar SET item_id = 4711", "DELETE FROM run_item"):
        with pytest.raises(StoreError, match="answer"), store.writing() as connection:
            connection.execute(sa.text(statement))


def _only_the_first(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Make this code the build that knew prices alone."""
    shutil.copytree(migrating.MIGRATIONS, folder / "first")
    for path in (folder / "first" / "versions").glob("000[2-9]_*.py"):
        path.unlink()
    monkeypatch.setattr(migrating, "MIGRATIONS", folder / "first")
    for module in (migrating, engine_module):
        monkeypatch.setattr(module, "REVISION", "0001")


def test_a_store_of_prices_alone_takes_events_on_and_keeps_its_prices(
    empty_url: str, tmp_path: Path, universe: Universe, open_store: Opener
) -> None:
    with pytest.MonkeyPatch.context() as patch:
        _only_the_first(tmp_path, patch)
        old = open_store(empty_url, migrate=True)
        # What is held has columns of a later schema; no row is held here.
        patch.setattr("models.store.writes.write_held", lambda *_: None)
        sync_instruments(old, universe)
        number = start_run(old, trigger="test", source="test", now=NOW)
        store_answer(old, number, some_bars(), source="test", now=NOW)
        assert old.schema == "0001"
        version = dataset_version(old)
        old.close()
    if old.path is None:
        with pytest.raises(SchemaOlderError):
            open_store(empty_url)
    store = open_store(empty_url, migrate=True)
    assert (store.schema, dataset_version(store), events_version(store)) == (REVISION, version, 0)
    assert same(stored_bars(store, "MU"), some_bars())
    noted = event_of({"at": "2026-06-23", "title": "A fall"})
    assert events(store) == []
    add_event(store, noted, by="Ann", now=NOW)
    assert [item.title for item in events(store)] == ["A fall"]
    store_answer(store, number, some_bars(n=4), source="test", now=NOW)
    assert dataset_version(store) == version + 1
    with pytest.MonkeyPatch.context() as patch:
        _only_the_first(tmp_path / "again", patch)
        with pytest.raises(SchemaNewerError, match=REVISION):
            Store.open(empty_url, migrate=True)
    assert [item.title for item in events(store)] == ["A fall"]


def test_the_database_knows_every_basis() -> None:
    text = next((migrating.MIGRATIONS / "versions").glob("0002_*.py")).read_text(encoding="utf-8")
    assert all(f'"{basis}"' in text for basis in BASES)

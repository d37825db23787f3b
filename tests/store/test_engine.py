"""Opening a store, its transactions, and what is said when it cannot be used."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
import sqlalchemy as sa

from models.errors import StoreBusyError, StoreError, StoreFullError, StoreUnreachableError
from models.store import (
    Store,
    dataset_version,
    load_panel,
    start_run,
    store_answer,
    stored_bars,
    sync_instruments,
)
from models.store import engine as engine_module
from models.universe import load_universe
from tests.store import postgres
from tests.store.conftest import NOW
from tests.store.given import some_bars

Opener = Callable[..., Store]


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("", "not a database URL"),
        ("prices.db", "not a database URL"),
        ("postgres//ann:s3cret@host/prices", "not a database URL"),
        ("postgresql://ann:s3cret@host:port/prices", "not a database URL"),
        ("mysql://ann:s3cret@host/prices", "SQLite or Postgres"),
        ("postgresql+asyncpg://ann:s3cret@host/prices", "SQLite or Postgres"),
        ("postgresql://ann:s3cret@host", "names no database"),
        ("postgresql://host?password=s3cret", "names no database"),
        ("sqlite://", "names no file"),
        ("sqlite:///:memory:", "names no file"),
        ("sqlite://folder/prices.db", "names no file"),
    ],
)
def test_a_wrong_url_is_one_sentence_without_the_password(url: str, words: str) -> None:
    with pytest.raises(StoreError, match=words) as caught:
        Store.open(url)
    assert "s3cret" not in str(caught.value)
    assert caught.value.__cause__ is None
    assert str(caught.value).endswith(".")
    assert "sqlite:///" in str(caught.value) or "postgresql+psycopg://" in str(caught.value)


def test_an_unreachable_server_is_one_sentence_without_the_password(free_port: int) -> None:
    with pytest.raises(StoreUnreachableError, match="check that it runs") as caught:
        Store.open(f"postgresql://ann:s3cret@127.0.0.1:{free_port}/prices")
    assert "s3cret" not in str(caught.value) + str(caught.value.__cause__)
    assert f"ann:***@127.0.0.1:{free_port}/prices" in str(caught.value)


@pytest.mark.external_service
def test_a_missing_database_is_named(server: postgres.Server) -> None:
    with pytest.raises(StoreError, match='database "nowhere" does not exist; create it'):
        Store.open(server.url("nowhere"))


def test_a_file_that_cannot_be_a_store_is_left_alone(tmp_path: Path) -> None:
    text = tmp_path / "prices.csv"
    text.write_text("session,close\n" * 1000)
    other = tmp_path / "other.db"
    with sqlite3.connect(other) as link:
        link.execute("CREATE TABLE theirs (x)")
    link.close()
    before = text.read_bytes(), other.read_bytes()
    for path, words in (
        (text, "not an SQLite database"),
        (other, "another program's"),
        (tmp_path, "is a folder; name a file"),
        (text / "store.db", "cannot be used"),
    ):
        with pytest.raises(StoreError, match=words):
            Store.open(f"sqlite:///{path}")
    assert (text.read_bytes(), other.read_bytes()) == before


def test_a_new_file_gets_its_folder(tmp_path: Path, open_store: Opener) -> None:
    store = open_store(f"sqlite:///{tmp_path}/a b/%c/store.db")
    assert store.path == tmp_path / "a b/%c/store.db"
    assert store.path.exists()
    assert dataset_version(store) == 0


def test_the_shown_url_hides_the_password() -> None:
    url = sa.make_url("postgresql+psycopg://ann:s3cret@host/prices?password=s3cret")
    assert "s3cret" not in repr(Store(url)) + Store(url).url_shown


def test_sqlite_is_set_up_for_many_processes(tmp_path: Path, open_store: Opener) -> None:
    store = open_store(f"sqlite:///{tmp_path}/store.db")
    with store.writing() as connection:
        found = {
            name: connection.exec_driver_sql(f"PRAGMA {name}").scalar()
            for name in ("journal_mode", "busy_timeout", "foreign_keys", "synchronous")
        }
    assert found == {"journal_mode": "wal", "busy_timeout": 5000, "foreign_keys": 1, "synchronous": 1}


def test_readers_see_the_last_commit_while_a_writer_works(store: Store, run: int) -> None:
    store_answer(store, run, some_bars(), source="test", now=NOW)
    before = dataset_version(store)
    with store.writing() as connection:
        connection.execute(sa.text("UPDATE dataset SET version = 99"))
        assert dataset_version(store) == before
        assert load_panel(store).version == before
    assert dataset_version(store) == 99


def test_a_reader_keeps_its_snapshot(store: Store, run: int) -> None:
    with store.reading() as connection:
        assert connection.scalar(sa.text("SELECT count(*) FROM bar")) == 0
        store_answer(store, run, some_bars(), source="test", now=NOW)
        assert connection.scalar(sa.text("SELECT count(*) FROM bar")) == 0


def test_a_locked_file_is_said_to_be(
    tmp_path: Path, open_store: Opener, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engine_module, "BUSY_TIMEOUT_MS", 20)
    first, second = (open_store(f"sqlite:///{tmp_path}/store.db") for _ in range(2))
    with first.writing(), pytest.raises(StoreBusyError, match=r"keeps .* locked"), second.writing():
        pass


def test_a_full_disk_loses_nothing(tmp_path: Path, open_store: Opener) -> None:
    store = open_store(f"sqlite:///{tmp_path}/store.db")
    sync_instruments(store, load_universe())
    run = start_run(store, trigger="test", source="test", now=NOW)
    store_answer(store, run, some_bars(), source="test", now=NOW)
    with store.writing() as connection:
        pages = connection.exec_driver_sql("PRAGMA page_count").scalar()
        connection.exec_driver_sql(f"PRAGMA max_page_count = {pages + 2}")
    with pytest.raises(StoreFullError, match="free some space"):
        store_answer(store, run, some_bars(n=5000), source="test", now=NOW)
    assert len(stored_bars(store, "MU")) == 3
    with store.writing() as connection:
        assert connection.exec_driver_sql("PRAGMA integrity_check").scalar() == "ok"
        connection.exec_driver_sql("PRAGMA max_page_count = 1000000")
    assert store_answer(store, run, some_bars(n=5000), source="test", now=NOW).inserted == 4997


@pytest.mark.external_service
def test_a_connection_the_server_dropped_is_replaced(
    server: postgres.Server, postgres_template: str, open_store: Opener
) -> None:
    name = server.database(template=postgres_template)
    store = open_store(server.url(name))
    assert dataset_version(store) == 1
    server.run(f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'")
    assert dataset_version(store) == 1


def test_a_forked_child_opens_its_own_connections(store: Store, run: int) -> None:
    parent = store.engine
    store.close()
    store._pid = -1  # what a child finds
    store_answer(store, run, some_bars(), source="test", now=NOW)
    assert store.engine is not parent
    assert len(stored_bars(store, "MU")) == 3


def test_concurrent_writers_lose_nothing(store: Store, run: int, url: str, open_store: Opener) -> None:
    stores = [store, open_store(url)]
    start = threading.Barrier(6)

    def write(worker: int) -> None:
        start.wait()
        for day in range(10):
            first = np.datetime64("2026-01-01") + worker * 10 + day
            bars = some_bars(start=str(first), n=1)
            store_answer(stores[worker % 2], run, bars, source="test", now=NOW)

    before = dataset_version(store)
    with ThreadPoolExecutor(6) as pool:
        list(pool.map(write, range(6)))
    assert len(stored_bars(store, "MU")) == 60
    assert dataset_version(store) == before + 60


def test_two_answers_about_the_same_sessions_agree_with_the_revisions(store: Store, run: int) -> None:
    def write(close: float) -> int:
        bars = some_bars(n=1, close=[close])
        return store_answer(store, run, bars, source="test", now=NOW).revised

    with ThreadPoolExecutor(4) as pool:
        revised = sum(pool.map(write, [float(value) for value in range(1, 21)]))
    with store.reading() as connection:
        assert connection.scalar(sa.text("SELECT count(*) FROM bar_revision")) == revised == 19

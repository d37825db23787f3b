"""Copies of a store under write load, and back: whole, checked, and never over a writer's head."""

from __future__ import annotations

import os
import resource
import shutil
import signal
import sqlite3
import stat
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest
import sqlalchemy as sa

from models.errors import NotCopiedError, SchemaNewerError, StoreBusyError, StoreError, StoreFullError
from models.store import (
    Store,
    backing,
    coverage,
    finish_run,
    load_panel,
    start_run,
    store_answer,
    sync_instruments,
)
from models.store.leading import Lease
from models.store.reads import dataset_version
from models.types import Bars
from models.universe import load_universe
from tests.conftest import TEST_POSTGRES
from tests.store import postgres

NOW = datetime(2026, 6, 24, 22, tzinfo=UTC)
SESSIONS = np.arange("2026-01-05", "2026-06-20", dtype="datetime64[D]")
SESSIONS = SESSIONS[np.is_busday(SESSIONS)]


def answer(store: Store, symbol: str, price: float) -> None:
    """One symbol's bars, all at one price."""
    number = start_run(store, trigger="test", source="made", now=NOW)
    flat = np.full(len(SESSIONS), price)
    bars = Bars.of(symbol, SESSIONS, open=flat, high=flat, low=flat, close=flat, adj_close=flat, volume=flat)
    store_answer(store, number, bars, source="made", now=NOW)
    finish_run(store, number, status="done", now=NOW)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store.open(f"sqlite:///{tmp_path}/prices.db") as found:
        sync_instruments(found, load_universe())
        for symbol in ("NVDA", "MU"):
            answer(found, symbol, 100)
        yield found


def url(store: Store) -> str:
    return f"sqlite:///{store.path}"


def test_a_copy_under_write_load_is_whole_and_comes_back(store: Store, tmp_path: Path) -> None:
    done, failed = threading.Event(), []

    def write() -> None:
        price = 100.0
        try:
            while not done.is_set():
                price += 1
                answer(store, "AMD", price)
        except Exception as error:
            failed.append(error)

    writer = threading.Thread(target=write)
    writer.start()
    copies = [backing.back_up(store, tmp_path / f"copy-{number}") for number in range(3)]
    done.set()
    writer.join()
    assert not failed
    for copy in copies:
        assert stat.S_IMODE(copy.path.stat().st_mode) == 0o600
        assert copy.bars == backing.check(copy.path) >= 2 * len(SESSIONS)
        with Store.open(f"sqlite:///{copy.path}") as kept:
            closes = load_panel(kept).close
            assert all(len(set(column[~np.isnan(column)])) <= 1 for column in closes.T)  # no answer torn
    assert not list(tmp_path.glob(".*part*"))


def test_a_restored_store_is_seen_by_who_has_it_open(store: Store, tmp_path: Path) -> None:
    copy = backing.back_up(store, tmp_path / "copy")
    answer(store, "NVDA", 120)
    before, version = load_panel(store), dataset_version(store)
    kept = backing.restore(url(store), copy.path)
    assert kept == tmp_path / "prices.db.before-restore"
    assert dataset_version(store) > version  # a page that holds the newer prices asks again
    assert set(load_panel(store).close[:, before.symbols.index("NVDA")]) == {100.0}
    with Store.open(f"sqlite:///{kept}") as old:
        assert set(load_panel(old).close[:, before.symbols.index("NVDA")]) == {120.0}
    answer(store, "NVDA", 130)
    assert backing.check(tmp_path / "prices.db") == 2 * len(SESSIONS)


def test_a_writer_at_work_is_not_restored_over(store: Store, tmp_path: Path) -> None:
    copy = backing.back_up(store, tmp_path / "copy")
    with Store.open(url(store)) as other:
        lease = Lease(other)
        assert lease.take()
        with pytest.raises(StoreBusyError, match="stop it, then restore"):
            backing.restore(url(store), copy.path)
        lease.release()
    backing.restore(url(store), copy.path)


def test_what_is_no_store_is_refused_and_a_damaged_one_replaced(store: Store, tmp_path: Path) -> None:
    copy = backing.back_up(store, tmp_path / "copy")
    with pytest.raises(StoreError, match="there already"):
        backing.back_up(store, copy.path)
    with pytest.raises(StoreError, match="no folder"):
        backing.back_up(store, tmp_path / "none" / "copy")
    (tmp_path / "text").write_text("no database\n" * 500)
    for name, says in (("text", "no whole copy"), ("missing", "There is no file")):
        with pytest.raises(StoreError, match=says):
            backing.restore(url(store), tmp_path / name)
    newer = tmp_path / "newer"
    shutil.copy(copy.path, newer)
    with closing(sqlite3.connect(newer)) as connection, connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
    with pytest.raises(SchemaNewerError):
        backing.restore(url(store), newer)
    store.close()
    broken = tmp_path / "prices.db"
    broken.write_bytes(b"no database" * 1000)
    (tmp_path / "prices.db-wal").write_bytes(os.urandom(4096))
    kept = backing.restore(url(store), copy.path)
    assert kept is not None and kept.read_bytes().startswith(b"no database")
    assert backing.check(broken) == copy.bars


def test_a_store_that_is_gone_is_made_of_its_copy(store: Store, tmp_path: Path) -> None:
    copy = backing.back_up(store, tmp_path / "copy")
    assert backing.restore(f"sqlite:///{tmp_path}/new/prices.db", copy.path) is None
    with Store.open(f"sqlite:///{tmp_path}/new/prices.db") as found:
        assert coverage(found)["bars"].sum() == copy.bars


@pytest.mark.external_service
def test_a_server_is_copied_by_its_own_programs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    if (TEST_POSTGRES or "").lower() == "off":
        pytest.skip("left out: copies of Postgres; unset AFTERSHOCK_TEST_POSTGRES to check them")
    with postgres.server() as server:
        if postgres.binaries() is not None:
            monkeypatch.setenv("PATH", str(postgres.binaries()), prepend=os.pathsep)
        address = server.url(server.database())
        with Store.open(address, migrate=True) as store:
            sync_instruments(store, load_universe())
            answer(store, "NVDA", 100)
            backing.back_up(store, tmp_path / "copy")
            answer(store, "NVDA", 120)
            seen = dataset_version(store)
        backing.restore(address, tmp_path / "copy")
        with Store.open(address) as store:
            assert dataset_version(store) > seen
            panel = load_panel(store)
            assert set(panel.close[:, panel.symbols.index("NVDA")]) == {100.0}
            monkeypatch.setenv("PATH", str(tmp_path))
            with pytest.raises(StoreError, match="pg_dump is not on this machine"):
                backing.back_up(store, tmp_path / "other")


@pytest.mark.external_service
def test_an_older_server_is_copied_before_its_migration(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if (TEST_POSTGRES or "").lower() == "off":
        pytest.skip("left out: copies of Postgres; unset AFTERSHOCK_TEST_POSTGRES to check them")
    with postgres.server() as server:
        monkeypatch.setenv("PATH", str(postgres.binaries()), prepend=os.pathsep)
        address, folder = server.url(server.database()), tmp_path / "data"
        assert backing.back_up_before_migration(address, folder) is None, "empty"
        with Store.open(address, migrate=True) as store:
            sync_instruments(store, load_universe())
            answer(store, "NVDA", 100)
            assert backing.back_up_before_migration(address, folder) is None, "of this build"
            version = sa.text("UPDATE alembic_version SET version_num = '0003'")
            with store.writing() as connection:
                connection.execute(version)
        copies = [backing.back_up_before_migration(address, folder) for _ in range(2)]
        assert len(set(copies)) == 2 and sorted(folder.iterdir()) == sorted(filter(None, copies))
        assert all(copy is not None and copy.stat().st_size > 10_000 for copy in copies)
        monkeypatch.setenv("PATH", str(tmp_path))
        with pytest.raises(NotCopiedError, match=r"pg_dump is not on this machine.* --no-copy"):
            backing.back_up_before_migration(address, folder)


def test_no_password_is_in_a_list_of_processes(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    ran: list[tuple[list[str], dict[str, str]]] = []

    class Done:
        returncode, stderr = 1, "pg_dump: error: refused\n"

    monkeypatch.setattr(backing.shutil, "which", lambda tool: tool)
    monkeypatch.setattr(
        backing.subprocess, "run", lambda command, env, **_: ran.append((command, env)) or Done()
    )
    remote = Store(backing.parse_url("postgresql://me:canary@db.example:5433/prices"))
    with pytest.raises(StoreError, match="refused") as caught:
        backing.back_up(remote, Path(str(store.path)).with_name("copy"))
    (command, environment), said = ran[0], str(caught.value)
    assert "canary" not in " ".join(command) + said
    assert (environment["PGPASSWORD"], environment["PGPORT"]) == ("canary", "5433")


@contextmanager
def small_disk(most: int) -> Iterator[None]:
    """No file of this process may grow past so many bytes: what a full disk does to a writer."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    before = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (most, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        signal.signal(signal.SIGXFSZ, before)


def test_a_copy_onto_a_full_disk_ends_in_one_sentence(tmp_path: Path) -> None:
    with Store.open(f"sqlite:///{tmp_path}/prices.db") as store:
        sync_instruments(store, load_universe())
        target = tmp_path / "copy.db"
        with (
            small_disk(20_000),
            pytest.raises(StoreFullError, match="is full; nothing was left there") as caught,
        ):
            backing.back_up(store, target)
        assert "\n" not in str(caught.value) and not list(tmp_path.glob("*copy.db*"))
        assert backing.back_up(store, target).bars == 0


def test_a_restore_onto_a_full_disk_leaves_the_store_as_it_was(tmp_path: Path) -> None:
    url, copy = f"sqlite:///{tmp_path}/prices.db", tmp_path / "copy.db"
    with Store.open(url) as store:
        sync_instruments(store, load_universe())
        backing.back_up(store, copy)
    seen = (tmp_path / "prices.db").stat().st_ino
    with small_disk(20_000), pytest.raises(StoreError):
        backing.restore(url, copy)
    assert (tmp_path / "prices.db").stat().st_ino == seen
    with Store.open(url) as store:
        assert len(coverage(store)) == len(load_universe().symbols)


def test_a_target_that_cannot_be_written_is_said(tmp_path: Path) -> None:
    with Store.open(f"sqlite:///{tmp_path}/prices.db") as store:
        for target in (Path("/proc/copy.db"), tmp_path / ("x" * 300)):
            with pytest.raises(StoreError, match=r"cannot be written: .*; name a file that can be"):
                backing.back_up(store, target)

"""Failures of the database and of whoever writes it are brought about, and what a reader is told of each."""

from __future__ import annotations

import json
import os
import resource
import shutil
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest

from app.cli import run as command
from app.questions.coverage import alarms
from ingest.fetching import Rules
from ingest.schedule import Ingester
from models.errors import StoreBusyError, StoreFullError
from models.store import Store, engine, runs
from models.store.refusals import Refusals
from tests.app.desk import Desk
from tests.patience import until

COMMAND = (sys.executable, "-P", "-m", "app.cli", "ingest", "once")
SINCE = "Cannot store new data since 29 Jun 2026, 22:00 UTC"
AS_OF = "prices as of 26 Jun 2026, 22:00 UTC"


@pytest.fixture
def ingester(desk: Desk) -> Iterator[Callable[[], Ingester]]:
    """What makes an ingester on a store of its own, as another process would have it."""
    made: list[Ingester] = []

    def make() -> Ingester:
        store = Store.open(desk.settings.store_url)
        made.append(
            Ingester(
                store,
                desk.source(),
                desk.universe,
                desk.calendars,
                clock=desk.yahoo.clock.now,
                rules=Rules(workers=1),
                refusals=Refusals(desk.settings.refusals_path, store.url_shown),
            )
        )
        return made[-1]

    yield make
    for each in made:
        each.close()
        each.store.close()


@pytest.fixture
def status(desk: Desk, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Any:
    """What ``ingest status`` says, and its exit code."""
    for name, value in desk.environment.items():
        monkeypatch.setenv(name, value)

    def said() -> tuple[int, dict[str, str]]:
        capsys.readouterr()  # what the server logged meanwhile
        code = command(["ingest", "status", "--format", "json"])
        return code, json.loads(capsys.readouterr().out)["rows"][0]

    return said


def test_a_run_that_was_killed_is_told_and_the_next_one_goes_on(desk: Desk) -> None:
    desk.yahoo.set_faults([{"mode": "slow", "symbol": "MU", "seconds": 30}])
    with subprocess.Popen(COMMAND, env=os.environ | desk.environment, stderr=subprocess.DEVNULL) as child:
        assert until(lambda: desk.yahoo.scenario._counts.get("MU"))
        child.send_signal(signal.SIGKILL)
    told = "A run was interrupted, its process is gone; the next one goes on from what is stored."
    with closing(sqlite3.connect(desk.folder / "aftershock.db")) as raw, raw:
        raw.execute("UPDATE leader SET beat = beat - 60")  # a minute later
    assert told in desk.read()
    assert desk.row("runs", "2").split(" | ")[4] == "running"
    desk.bring()
    page = desk.read()
    assert told not in page and "all 10 names are current" in page
    assert [row[4] for row in desk.rows("runs")] == ["done", "interrupted", "done"]


def test_one_of_two_ingesters_writes_and_is_named(
    desk: Desk, ingester: Callable[[], Ingester], status: Any, caplog: pytest.LogCaptureFixture
) -> None:
    assert "No ingester is at work; start one with aftershock ingest run." in desk.read()
    first, second = ingester(), ingester()
    first.lease.name = "aftershock desk:1"
    report = first.tick()
    assert report is not None and report.status == "done"
    assert second.tick() is None and "Another process is ingesting" in caplog.text
    assert "desk:1 writes, since" in desk.read() and "take-over" in desk.read()
    code, said = status()
    assert (code, said["ingester"], said["state"], said["refused"]) == (0, "desk:1", "at work", "")
    first.lease._done.set()  # stopped: no sign of life any more
    first.lease._beats.join()  # type: ignore[union-attr]
    with closing(sqlite3.connect(desk.folder / "aftershock.db")) as raw, raw:
        raw.execute("UPDATE leader SET beat = beat - 180")
    told = "The ingester desk:1 has not been heard of for 3 m. It was killed, hangs or cannot write;"
    assert told in desk.read()
    assert second.tick() is not None, "the other one takes over"
    assert told not in desk.read() and "take-over 2." in desk.read()


def test_a_process_on_a_full_disk_is_told_on_every_page(desk: Desk, status: Any) -> None:
    """The real command, allowed no file longer than a few pages: what it cannot append it cannot store."""

    def small() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (40_000, 40_000))

    ran = subprocess.run(
        COMMAND,
        env=os.environ | desk.environment,
        preexec_fn=small,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (ran.returncode, "refuses a write" in ran.stderr) == (2, True), ran.stderr
    short = f"{SINCE}: the disk is full or refuses writes; {AS_OF}."
    assert desk.told() == [short] and short in desk.read("/drawdowns")
    assert f"{SINCE}; {AS_OF}. The disk under" in desk.read()
    assert 'class="notice refused"' in desk.written("/data")
    assert 'class="banner refused"' in desk.written("/drawdowns")
    assert status()[0] == 1 and status()[1]["refused"] == short.split(";")[0]
    assert "aftershock_ingest_refused 1.0" in desk.written("/metrics")
    assert desk.client.get("/readyz").status_code == 200, "what is stored can be read"
    assert subprocess.run(COMMAND, env=os.environ | desk.environment, check=False).returncode == 0
    assert desk.told() == [] and "Cannot store" not in desk.read()
    assert status()[1]["refused"] == "" and "all 10 names are current" in desk.read()


def test_an_ingester_notes_that_the_disk_is_full_until_a_run_is_stored(
    desk: Desk, ingester: Callable[[], Ingester], monkeypatch: pytest.MonkeyPatch
) -> None:
    room = SimpleNamespace(pages=None)
    set_up = engine._set_up_sqlite

    def limited(connection: Any, record: Any) -> None:
        set_up(connection, record)
        if room.pages:
            connection.execute(f"PRAGMA max_page_count = {room.pages}")

    monkeypatch.setattr(engine, "_set_up_sqlite", limited)
    with closing(sqlite3.connect(desk.folder / "aftershock.db")) as raw:
        room.pages = raw.execute("PRAGMA page_count").fetchone()[0]
    writer = ingester()
    with pytest.raises(StoreFullError):
        writer.tick()
    (told,) = desk.told()  # names that came before the room ended are stored
    assert told.startswith(f"{SINCE}: the disk is full or refuses writes; prices as of ")
    desk.yahoo.clock.advance(timedelta(minutes=5))
    with pytest.raises(StoreFullError):
        writer.tick()
    assert f"{SINCE}; prices as of" in desk.read()
    assert "is full; free some space. Tried last at 22:05 UTC" in desk.read()
    room.pages = None
    writer.store.close()  # its connections were opened while there was no room
    report = writer.tick()
    assert report is not None and report.status == "done"
    assert desk.told() == [] and "all 10 names are current" in desk.read()


def test_little_room_is_a_warning_before_it_is_none(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    def disk(free: float) -> None:
        usage = shutil._ntuple_diskusage(100e9, (100 - free) * 1e9, free * 1e9)  # type: ignore[attr-defined]
        monkeypatch.setattr(alarms.shutil, "disk_usage", lambda _path: usage)

    disk(10.1)
    assert "nearly full" not in desk.read()
    disk(9.9)
    page = desk.read()
    assert f"The disk is nearly full, 9.9 GB free at {desk.folder}: make room" in page
    assert "What is stored is safe and stays readable." in page and "Cannot store" not in page


def test_a_file_that_another_program_keeps_locked_is_told_and_read_on(
    desk: Desk, ingester: Callable[[], Ingester], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engine, "BUSY_TIMEOUT_MS", 50)
    writer = ingester()
    assert writer.lease.take()
    with closing(sqlite3.connect(desk.folder / "aftershock.db", isolation_level=None)) as other:
        other.execute("BEGIN EXCLUSIVE")
        with pytest.raises(StoreBusyError):
            writer.tick()
        assert desk.told() == [f"{SINCE}: another program keeps the database locked; {AS_OF}."]
        assert "keeps" in desk.read() and "wait for it, or stop it. Tried last at 22:00 UTC" in desk.read()
        assert desk.rows("coverage") and "<h1>" in desk.written("/drawdowns"), "every page is read on"
        other.execute("ROLLBACK")
    report = writer.tick()
    assert report is not None and report.status == "done"
    assert desk.told() == [] and "all 10 names are current" in desk.read()
    with desk.store() as store:
        assert list(runs(store)["status"]) == ["done", "done"]

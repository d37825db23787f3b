"""Who may write: taken once, given back, handed over to a command, and lost to whoever goes on."""

from __future__ import annotations

import subprocess
import sys
import threading
from pathlib import Path

import pytest
import sqlalchemy as sa

from models.errors import FencedError, StoreBusyError
from models.store import Lease, Store, current_leader, start_run
from models.store.guards import leader
from models.store.leading import STALE
from tests.soak.leading import duel
from tests.store.conftest import NOW

ROOT = Path(__file__).parents[2]


def _age(store: Store, seconds: float) -> None:
    """Make the leader look as if it had said nothing for so long."""
    with store.writing(fenced=False) as connection:
        connection.execute(sa.update(leader).values(beat=leader.c.beat - seconds))


def test_one_leads_until_it_gives_the_place_back(url: str, store: Store) -> None:
    assert current_leader(store) is None
    first = Lease(store, "first")
    with Store.open(url) as other:
        second = Lease(other, "second")
        assert first.take() and first.take() and not second.take()
        found = current_leader(other)
        assert found is not None and (found.holder, found.epoch, found.alive) == ("first", 1, True)
        first.release()
        assert current_leader(other) is None
        assert second.take() and second.epoch == 2 and not first.take()
        second.release()


def test_who_was_stopped_too_long_writes_no_more(url: str, store: Store) -> None:
    first = Lease(store, "first")
    assert first.take()
    start_run(store, trigger="test", source="test", now=NOW)
    with Store.open(url) as other:
        with other.writing() as connection:  # as a stopped process would find it
            connection.execute(sa.update(leader).values(epoch=leader.c.epoch + 1, holder="second"))
        with pytest.raises(FencedError, match="taken over"):
            start_run(store, trigger="late", source="test", now=NOW)
        assert not first.leading
        with pytest.raises(FencedError):
            start_run(store, trigger="later", source="test", now=NOW)
        with other.reading() as connection:
            count = connection.scalar(sa.text("SELECT count(*) FROM ingest_run"))
        assert count == 1
    first.release()


def test_a_command_gets_the_place_between_two_runs_and_gives_it_back(url: str, store: Store) -> None:
    ingester = Lease(store, "ingester")
    assert ingester.take()
    told: list[str] = []
    with Store.open(url) as other:
        command = Lease(other, "command")
        ingester.busy = True
        with pytest.raises(StoreBusyError, match="ingester is writing"):
            command.wait(0.5)

        def tell(holder: str) -> None:
            told.append(holder)
            ingester.busy = False  # its run ends

        command.wait(60, tell)
        assert command.leading and not ingester.leading and told == ["ingester"]
        assert not ingester.take(), "the command is at work"
        command.release()
        assert ingester.take(), "and its wish is over"
    ingester.release()


def test_the_place_of_a_killed_process_is_free_at_once(url: str, store: Store) -> None:
    code = (
        "import sys, time\nfrom models.store import Lease, Store\n"
        "print(Lease(Store.open(sys.argv[1])).take(), flush=True)\ntime.sleep(60)"
    )
    command = [sys.executable, "-W", "ignore", "-c", code, url]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as child:
        assert child.stdout is not None and child.stdout.readline() == "True\n"
        lease = Lease(store)
        assert not lease.take()
        child.kill()
        child.wait()
    free = threading.Event()
    assert any(lease.take() or free.wait(0.1) for _ in range(600)), "a server needs a moment to notice"
    assert lease.epoch == 2
    lease.release()


def test_a_silent_leader_is_no_leader(store: Store) -> None:
    lease = Lease(store, "first")
    assert lease.take()
    _age(store, STALE + 60)
    found = current_leader(store)
    assert found is not None and not found.alive and found.silent > STALE
    lease.release()


def test_stopped_killed_or_cut_off_one_writes_at_a_time(empty_url: str) -> None:
    # Five seconds on a machine that is idle, which `make soak` asks for; here others run beside it.
    found = duel(empty_url, processes=2, strikes=3 if "postgresql" in empty_url else 2, within=20)
    assert found.sound, str(found)

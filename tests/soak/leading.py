"""Two to four ingesters over one store: stopped, killed, their connections ended. One writes at a time."""

from __future__ import annotations

import random
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from tempfile import TemporaryDirectory

import sqlalchemy as sa

from models.store import Store
from models.store.guards import leader
from models.store.schema import ingest_run
from tests.soak.harness import Case, Reached, Size
from tests.store import postgres

ROOT = Path(__file__).parents[2]
TAKE_OVER = 5.0
# Each write names the epoch it was begun under, so that one that was let through late shows in the order.
WRITER = """
import sys, time
from datetime import UTC, datetime
import sqlalchemy as sa
from models.errors import FencedError, StoreError
from models.store import Lease, Store
from models.store.schema import ingest_run
store = Store.open(sys.argv[1])
lease = Lease(store)
print("ready", flush=True)
while True:
    lease.busy = lease.leading
    try:
        if not lease.take():
            time.sleep(0.1)
            continue
        lease.busy, epoch = True, lease.epoch
        row = {"trigger": str(epoch), "source": lease.name, "status": "done", "total": 0,
               "started_at": datetime.now(UTC)}
        with store.writing() as connection:
            connection.execute(sa.insert(ingest_run).values(row))
            if store.path is None:
                time.sleep(0.01)
        time.sleep(0.01)
    except FencedError:
        print("fenced", flush=True)
    except StoreError:
        print("away", flush=True)
        time.sleep(0.1)
"""


@dataclass
class Duel:
    """What came of it."""

    strikes: dict[str, int] = field(default_factory=dict)
    slowest: float = 0.0
    late: int = 0
    fenced: int = 0
    epochs: int = 0
    writes: int = 0
    shared: int = 0
    unordered: int = 0

    @property
    def sound(self) -> bool:
        return not (self.late or self.shared or self.unordered) and self.epochs > sum(self.strikes.values())

    def __str__(self) -> str:
        strikes = ", ".join(f"{count} {what}" for what, count in sorted(self.strikes.items()))
        return (
            f"{strikes}; {self.epochs} epochs, {self.shared} with two writers, {self.writes:,} writes, "
            f"{self.unordered} out of turn, {self.fenced} refused; slowest take-over {self.slowest:.1f} s"
        )


def duel(url: str, *, processes: int, strikes: int, within: float = TAKE_OVER, seed: int = 20260623) -> Duel:
    """Strike the leader again and again in one of the ways, and look who wrote what under which epoch."""
    chance, found = random.Random(seed), Duel()
    with Store.open(url, migrate=True) as store, ExitStack() as stack:
        children = [stack.enter_context(_writer(url)) for _ in range(processes)]
        _led_after(store, 0, 30.0)
        for number in range(strikes):
            leading, epoch, backend = _leader(store)
            child = next(item for item in children if leading.endswith(f":{item.pid}"))
            ways = ["stopped", "killed"] + (["cut off"] if store.path is None else [])
            way = ways[number % len(ways)]
            began = time.monotonic()
            if way == "cut off":
                with store.writing() as connection:
                    connection.execute(sa.text("SELECT pg_terminate_backend(:pid)"), {"pid": backend})
            else:
                _strike(child, way, store)
                began = time.monotonic()
            took = _led_after(store, epoch, 4 * within) - began
            found.strikes[way] = found.strikes.get(way, 0) + 1
            found.slowest, found.late = max(found.slowest, took), found.late + (took > within)
            if way == "stopped":
                child.send_signal(signal.SIGCONT)
            if way == "killed":
                children.remove(child)
                children.append(stack.enter_context(_writer(url)))
            time.sleep(chance.uniform(0.1, 0.6))
        for child in children:
            child.kill()
            assert child.stdout is not None
            found.fenced += child.stdout.read().count("fenced")
        _judge(store, found)
    return found


@contextmanager
def _writer(url: str) -> Iterator[subprocess.Popen[str]]:
    command = [sys.executable, "-W", "ignore", "-c", WRITER, url]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as child:
        try:
            assert child.stdout is not None and child.stdout.readline() == "ready\n"
            yield child
        finally:
            child.send_signal(signal.SIGCONT)
            child.kill()


def _strike(child: subprocess.Popen[str], way: str, store: Store) -> None:
    if way == "killed":
        child.kill()
        child.wait()
        return
    while True:
        child.send_signal(signal.SIGSTOP)
        if store.path is None or _writable(store.path):
            return
        # In the middle of a commit: on a file nobody else could write, whoever led.
        child.send_signal(signal.SIGCONT)
        time.sleep(0.01)


def _writable(path: Path) -> bool:
    with closing(sqlite3.connect(path, timeout=0.05, isolation_level=None)) as connection:
        try:
            connection.execute("BEGIN IMMEDIATE")
        except sqlite3.OperationalError:
            return False
        connection.execute("ROLLBACK")
    return True


def _leader(store: Store) -> tuple[str, int, int]:
    while True:
        with store.reading() as connection:
            row = connection.execute(sa.select(leader)).one()
        if row.holder is not None:
            return row.holder, row.epoch, row.backend or 0
        time.sleep(0.02)


def _led_after(store: Store, epoch: int, patience: float) -> float:
    """When the first write under a later epoch was seen."""
    newest = sa.select(ingest_run.c.trigger).order_by(ingest_run.c.id.desc()).limit(1)
    deadline = time.monotonic() + patience
    while time.monotonic() < deadline:
        with store.reading() as connection:
            if int(connection.scalar(newest) or 0) > epoch:
                break
        time.sleep(0.02)
    return time.monotonic()


def _judge(store: Store, found: Duel) -> None:
    with store.reading() as connection:
        columns = (ingest_run.c.trigger, ingest_run.c.source)
        rows = connection.execute(sa.select(*columns).order_by(ingest_run.c.id)).all()
    epochs = [int(row.trigger) for row in rows]
    writers: dict[int, set[str]] = {}
    for epoch, row in zip(epochs, rows, strict=True):
        writers.setdefault(epoch, set()).add(row.source)
    found.writes, found.epochs = len(rows), len(writers)
    found.shared = sum(len(names) > 1 for names in writers.values())
    found.unordered = sum(later < earlier for earlier, later in pairwise(epochs))


def on_sqlite(size: Size) -> Reached:
    """Four ingesters over one file."""
    with TemporaryDirectory() as folder:
        found = duel(f"sqlite:///{folder}/store.db", processes=4, strikes=size.of(80, least=2))
    return Reached(found.sound, str(found))


def on_postgres(size: Size) -> Reached:
    """Four ingesters over one server, with connections ended too."""
    with postgres.server() as server:
        found = duel(server.url(server.database()), processes=4, strikes=size.of(120, least=3))
    return Reached(found.sound, str(found))


GOAL = "one writer an epoch, take-over ≤ 5 s, 0 writes out of turn"
CASES = [
    Case("one writer, SQLite", GOAL, on_sqlite),
    Case("one writer, Postgres", GOAL, on_postgres),
]

__all__ = ["CASES", "duel"]

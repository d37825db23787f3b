"""kill -9 at random instants of an ingest: nothing told as stored is lost, no name stands on two bases."""

from __future__ import annotations

import os
import random
import signal
import time
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import sqlalchemy as sa

from ingest.fetching import Rules
from ingest.reconcile import run_once
from ingest.report import Progress
from ingest.sources.base import Answer, no_stamps
from models.store import Lease, Store, stored_bars, sync_instruments, verify
from models.types import Action, Bars
from models.universe import Universe, load_universe
from tests.ingest.series import calendars, instrument, walk
from tests.ingest.shelf import NAMES, UNIVERSE
from tests.soak.harness import Case, Reached, Size
from tests.store import postgres

FIRST = date(2015, 1, 2)
ROWS = 2_600
SPAN = 0.9
"""A process is killed within so many lengths of an undisturbed run."""
DOUBLED = (
    "SELECT count(*) FROM (SELECT 1 FROM bar GROUP BY instrument_id, session HAVING count(*) > 1) AS twice"
)
BEGUN = b"begun\n"
EVERY = 7
"""Rounds between two splits: each puts every price before it on another basis."""


def divides(symbol: str) -> bool:
    """Whether a name can split at all; an index cannot, and an answer that says so of one is refused."""
    return not symbol.startswith("^")


def basis(symbol: str, number: int) -> float:
    """What a round multiplies every price before it by: a half and the whole in turn.

    Halves alone would end at prices that no exchange has.
    """
    return 0.5 if divides(symbol) and (number // EVERY) % 2 else 1.0


@dataclass
class Splitting:
    """A source with a new session each round, and a new basis every few."""

    number: int
    bars: dict[str, Bars]
    name: str = "soak"
    simulated: bool = False

    def fetch(self, symbol: str, start: Any = None, end: Any = None, *, now: datetime) -> Answer:
        whole = self.bars[symbol]
        last = ROWS + self.number
        rows = whole.take(slice(0, last))
        factor = basis(symbol, self.number)
        columns = {
            name: getattr(rows, name) * factor for name in ("open", "high", "low", "close", "adj_close")
        }
        rows = Bars.of(symbol, rows.sessions, volume=rows.volume, **columns)
        splits = [
            Action(whole.sessions[ROWS + at * EVERY - 1].item(), "split", 2.0 if at % 2 else 0.5)
            for at in range(1, self.number // EVERY + 1)
            if divides(symbol)
        ]
        keep = rows.sessions >= np.datetime64(start, "D")
        actions = tuple(action for action in splits if action.session >= start)
        return Answer(
            symbol, rows.take(keep), None, None, symbol, now, self.name, no_stamps(int(keep.sum())), actions
        )


@dataclass
class Killed:
    """What came of it."""

    kills: int = 0
    told: int = 0
    lost: int = 0
    doubled: int = 0
    mixed: int = 0
    damaged: int = 0
    interrupted: int = 0
    whole: bool = False

    @property
    def sound(self) -> bool:
        return self.whole and not (self.lost or self.doubled or self.mixed or self.damaged)

    def __str__(self) -> str:
        end = "the last run stored all" if self.whole else "the last run did NOT store all"
        return (
            f"{self.kills:,} kills ({self.interrupted:,} of them in a run), {self.told:,} answers told as "
            f"stored, {self.lost} lost, {self.doubled} doubled, {self.mixed} mixing bases, "
            f"{self.damaged} damaged; {end}"
        )


def kill(url: str, folder: Path, kills: int, seed: int = 20260623) -> Killed:
    """Kill an ingesting process again and again, and look at the store after each."""
    path = folder / "universe.toml"
    path.write_text(UNIVERSE, encoding="utf-8")
    universe, chance, found = load_universe(path), random.Random(seed), Killed()
    known = calendars()["XNYS"].between(FIRST, date(2027, 12, 1))
    rounds = len(known) - ROWS - 2
    count = min(len(known), ROWS + rounds)
    bars = {
        name: walk(count, seed=at, item=instrument(symbol=name), end=known[count - 1].item(), price=1e5)
        for at, name in enumerate(NAMES)
    }
    with Store.open(url, migrate=True) as store:
        sync_instruments(store, universe)
        number = EVERY + 1
        _ingest(url, universe, Splitting(0, bars))
        _ingest(url, universe, Splitting(number - 1, bars))
        began = time.monotonic()
        _ingest(url, universe, Splitting(number, bars))
        longest = SPAN * (time.monotonic() - began)
        while found.kills < kills:
            # On to the next session now and then, so that rounds suffice for any number of kills.
            number = min(number + (chance.random() < rounds / kills), rounds - 1)
            told, killed = _killed(url, universe, Splitting(number, bars), chance.uniform(0, longest))
            found.kills, found.told = found.kills + killed, found.told + len(told)
            _judge(store, bars, number, told, found)
        _ingest(url, universe, Splitting(number, bars))
        found.whole = all(len(stored_bars(store, name)) == ROWS + number for name in NAMES)
        with store.reading() as connection:
            asked = sa.text("SELECT count(*) FROM ingest_run WHERE status = 'interrupted'")
            found.interrupted = int(connection.scalar(asked) or 0)
    return found


def _ingest(url: str, universe: Universe, source: Splitting, told: int | None = None) -> None:
    """One run, each stored name told on a pipe."""

    def tell(step: Progress) -> None:
        if told is not None and step.outcome in ("stored", "unchanged"):
            os.write(told, f"{step.symbol}\n".encode())

    now = _after(source)
    with Store.open(url) as store:
        lease = Lease(store)
        lease.wait(30)
        if told is not None:
            os.write(told, BEGUN)
        options: dict[str, Any] = {"clock": lambda: now, "progress": tell, "force": True}
        run_once(store, source, universe, calendars(), rules=Rules(workers=1), **options)
        lease.release()


def _after(source: Splitting) -> datetime:
    day = source.bars[NAMES[0]].sessions[ROWS + source.number - 1].item()
    return datetime(day.year, day.month, day.day, 23, tzinfo=UTC) + timedelta(hours=1)


def _killed(url: str, universe: Universe, source: Splitting, after: float) -> tuple[list[str], bool]:
    """Ingest in a process of its own and kill it; the names it told as stored, and whether it was killed."""
    reading, writing = os.pipe()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # newer Pythons warn of threads; ours have ended by now
        child = os.fork()
    if not child:
        os.close(reading)
        try:
            _ingest(url, universe, source, writing)
        finally:
            os._exit(0)
    os.close(writing)
    said = os.read(reading, len(BEGUN))
    time.sleep(after)
    os.kill(child, signal.SIGKILL)
    while part := os.read(reading, 65536):
        said += part
    os.close(reading)
    status = os.waitpid(child, 0)[1]
    return said.removeprefix(BEGUN).decode().split("\n")[:-1], os.WIFSIGNALED(status)


def _judge(store: Store, bars: dict[str, Bars], number: int, told: list[str], found: Killed) -> None:
    found.damaged += len(verify(store))
    with store.reading() as connection:
        found.doubled += int(connection.scalar(sa.text(DOUBLED)) or 0)
    for name in NAMES:
        stored = stored_bars(store, name)
        true = bars[name].close[: len(stored)]
        if not np.array_equal(stored.sessions, bars[name].sessions[: len(stored)]):
            found.damaged += 1
            continue
        ratio = stored.close / true
        found.mixed += len(ratio) > 0 and not np.allclose(ratio, ratio[-1], rtol=1e-9)
        if name in told:
            factor = basis(name, number)
            found.lost += len(stored) < ROWS + number or not np.isclose(ratio[-1], factor, rtol=1e-9)


def on_sqlite(size: Size) -> Reached:
    """A thousand kills on a file."""
    with TemporaryDirectory() as folder:
        found = kill(f"sqlite:///{folder}/store.db", Path(folder), size.of(1_000, least=5))
    return Reached(found.sound, str(found))


@contextmanager
def _database() -> Iterator[str]:
    with postgres.server() as server:
        yield server.url(server.database())


def on_postgres(size: Size) -> Reached:
    """Two hundred kills on a server."""
    with _database() as url, TemporaryDirectory() as folder:
        found = kill(url, Path(folder), size.of(200, least=4))
    return Reached(found.sound, str(found))


GOAL = "0 bars lost, 0 doubled, 0 names mixing bases, whole after each"
CASES = [
    Case("1,000 × kill -9, SQLite", GOAL, on_sqlite),
    Case("200 × kill -9, Postgres", GOAL, on_postgres),
]

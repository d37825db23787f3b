from __future__ import annotations

import logging
import os
import signal
import subprocess
import sys
import threading
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from ingest.fetching import Rules
from ingest.schedule import TICK, Ingester, Simulation, make_scheduler, run_forever
from ingest.sources.base import Answer, FetchFailure, no_stamps
from ingest.sources.demo import DemoSource
from models.errors import StoreError
from models.store import Lease, Store, coverage, runs, start_run, stored_bars, sync_instruments
from models.universe import Universe, load_universe
from tests.exchanges import NEW_YORK
from tests.ingest.series import calendars, instrument, walk
from tests.patience import HANG

NOW = datetime(2026, 6, 30, 21, 31, tzinfo=UTC)
ROOT = Path(__file__).parents[2]
LAYERS = """
[layer.names]
name = "Names"
instruments = [{ symbol = "NVDA", name = "Nvidia" }, { symbol = "MU", name = "Micron" }]
"""
UNIVERSE = NEW_YORK + LAYERS


@pytest.fixture
def universe(tmp_path: Path) -> Universe:
    path = tmp_path / "universe.toml"
    path.write_text(UNIVERSE, encoding="utf-8")
    return load_universe(path)


@dataclass
class Switch:
    """A source that answers while it is on, and says why not while it is off."""

    off: FetchFailure | None = None
    asked: int = 0
    name: str = "switch"
    simulated: bool = False
    answered: threading.Event = field(default_factory=threading.Event)

    def fetch(self, symbol: str, start: Any = None, end: Any = None, *, now: datetime) -> Answer:
        self.asked += 1
        if self.off is not None:
            raise self.off
        self.answered.set()
        bars = walk(60, item=instrument(symbol=symbol))
        return Answer(symbol, bars, None, None, symbol, now, self.name, no_stamps(len(bars)))


REFUSED = FetchFailure("transient", "Connection refused.", reached=False)


def ingester(store: Store, source: Switch, universe: Universe, **options: Any) -> Ingester:
    options.setdefault("clock", lambda: NOW)
    options.setdefault("rules", Rules(workers=1, attempts=1))
    return Ingester(store, source, universe, calendars(), **options)


def simulation(tmp_path: Path, universe: Universe) -> Simulation:
    return Simulation(
        store=lambda: Store.open(f"sqlite:///{tmp_path}/simulated.db"),
        source=lambda: DemoSource(universe, calendars()),
    )


def test_a_tick_asks_what_is_missing_and_the_next_nothing(store: Store, universe: Universe) -> None:
    source = Switch()
    worker = ingester(store, source, universe)
    report = worker.tick()
    assert report is not None and report.answered == 2
    worker.tick()
    assert source.asked == 2 and len(runs(store)) == 1
    worker.close()


def test_simulated_prices_stand_in_until_real_ones_come(
    store: Store, universe: Universe, tmp_path: Path
) -> None:
    """While nothing is stored a symbol that could not be reached is asked at the very next tick."""
    source = Switch(off=REFUSED)
    worker = ingester(store, source, universe, simulation=simulation(tmp_path, universe))
    report = worker.tick()
    assert report is not None and report.unreachable
    with Store.open(f"sqlite:///{tmp_path}/simulated.db") as simulated:
        assert (coverage(simulated)["bars"] > 250).all()
        assert set(runs(simulated)["source"]) == {"simulated"}
    assert not len(stored_bars(store, "NVDA")), "never in the store of real prices"
    source.off = None
    report = worker.tick()
    assert report is not None and report.answered == 2 and len(stored_bars(store, "NVDA")) == 60
    worker.close()


def test_a_store_with_prices_needs_no_simulation(store: Store, universe: Universe) -> None:
    source = Switch()
    now = [NOW]
    never = Simulation(store=pytest.fail, source=pytest.fail)  # type: ignore[arg-type]
    worker = ingester(store, source, universe, simulation=never, clock=lambda: now[0])
    worker.tick()
    source.off, now[0] = REFUSED, NOW + timedelta(days=1)
    report = worker.tick()
    assert report is not None and not report.answered
    worker.close()


def test_only_one_of_two_leads(store: Store, universe: Universe, caplog: pytest.LogCaptureFixture) -> None:
    first, second = Switch(), Switch()
    leader, idler = ingester(store, first, universe), ingester(store, second, universe)
    assert leader.tick() is not None
    with caplog.at_level(logging.WARNING):
        assert idler.tick() is None and idler.tick() is None
    assert second.asked == 0
    assert [record.message for record in caplog.records] == [
        f"Another process is ingesting into {store.url_shown}; this one idles."
    ]
    leader.close()
    assert idler.tick() is not None
    idler.close()


def test_a_long_wish_to_be_left_alone_is_kept_between_ticks(store: Store, universe: Universe) -> None:
    source = Switch(off=FetchFailure("rate_limit", "429.", retry_after=timedelta(hours=2)))
    now = [NOW]
    worker = ingester(store, source, universe, clock=lambda: now[0])
    worker.tick()
    for minutes in (5, 20, 60, 119):
        now[0] = NOW + timedelta(minutes=minutes)
        assert worker.tick() is None
    assert source.asked == 1
    source.off, now[0] = None, NOW + timedelta(minutes=121)
    report = worker.tick()
    assert report is not None and report.answered == 2
    worker.close()


def test_the_timer_drops_no_tick_and_runs_none_twice() -> None:
    scheduler = make_scheduler(lambda: None, TICK)
    scheduler.start(paused=True)
    (job,) = scheduler.get_jobs()
    assert job.coalesce and job.max_instances == 1 and job.misfire_grace_time is None
    assert job.trigger.interval == timedelta(minutes=5) and job.trigger.timezone is UTC
    scheduler.shutdown()


def test_a_failing_tick_is_said_and_the_next_one_comes(caplog: pytest.LogCaptureFixture) -> None:
    came = threading.Semaphore(0)

    def tick() -> None:
        came.release()
        raise StoreError("The disk is full; make room.")

    scheduler = make_scheduler(tick, timedelta(milliseconds=50))
    with caplog.at_level(logging.ERROR):
        scheduler.start()
        assert all(came.acquire(timeout=HANG) for _ in range(3))
        scheduler.shutdown(wait=True)
    assert "The disk is full; make room. Nothing was lost; the next tick tries again." in caplog.text


def test_what_the_database_refused_is_tried_again_before_the_next_tick(
    store: Store, universe: Universe, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ingest.schedule.AGAIN", 0.2)
    refusals, source = iter(range(2)), Switch()

    def start(*arguments: Any, **options: Any) -> int:
        if next(refusals, None) is not None:
            raise StoreError("The disk is full; make room.")
        return start_run(*arguments, **options)

    monkeypatch.setattr("ingest.reconcile.start_run", start)
    worker = ingester(store, source, universe)
    loop = threading.Thread(target=run_forever, args=(worker,), kwargs={"signals": False})
    loop.start()
    assert source.answered.wait(30), "five minutes are the next tick"
    worker.stop.set()
    loop.join(20)
    assert not list(refusals)


def test_the_loop_ends_when_told_and_when_its_parent_is_gone(store: Store, universe: Universe) -> None:
    source = Switch()
    worker = ingester(store, source, universe)
    loop = threading.Thread(target=run_forever, args=(worker,), kwargs={"signals": False})
    loop.start()
    assert source.answered.wait(20)
    worker.stop.set()
    loop.join(20)
    lease = Lease(store)
    assert not loop.is_alive() and lease.take()
    lease.release()
    orphan = ingester(store, source, universe)
    run_forever(orphan, parent=-1, signals=False)
    assert orphan.stop.is_set()


SLOW = """
import sys
from datetime import datetime
from ingest.fetching import Rules
from ingest.schedule import Ingester, run_forever
from ingest.sources.base import Answer, no_stamps
from models.store import Store
from models.universe import load_universe
from tests.ingest.series import calendars, instrument, walk

class Slow:
    name, simulated = "slow", False
    def fetch(self, symbol, start=None, end=None, *, now):
        print("asked", symbol, flush=True)
        assert worker.stop.wait(180)  # under way until the signal has come
        bars = walk(60, item=instrument(symbol=symbol))
        return Answer(symbol, bars, None, None, symbol, now, "slow", no_stamps(len(bars)))

now = datetime.fromisoformat(sys.argv[3])
store, universe = Store.open(sys.argv[1]), load_universe(sys.argv[2])
worker = Ingester(store, Slow(), universe, calendars(), clock=lambda: now, rules=Rules(workers=1))
run_forever(worker)
print("ended", flush=True)
"""


def test_sigterm_finishes_the_symbol_under_way(store: Store, universe: Universe, tmp_path: Path) -> None:
    sync_instruments(store, universe)
    command = [
        sys.executable,
        "-c",
        SLOW,
        f"sqlite:///{store.path}",
        str(tmp_path / "universe.toml"),
        NOW.isoformat(),
    ]
    env = os.environ | {"PYTHONPATH": str(ROOT)}
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True, env=env) as child:
        assert child.stdout is not None and child.stdout.readline() == "asked NVDA\n"
        child.send_signal(signal.SIGTERM)
        assert child.stdout.read() == "ended\n"
        assert child.wait(HANG) == 0
    assert len(stored_bars(store, "NVDA")) == 60 and not len(stored_bars(store, "MU"))
    assert list(runs(store)["status"]) == ["partial"]

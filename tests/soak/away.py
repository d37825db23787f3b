"""The database away for ten minutes under readers and an ingester: pages stay, what was missed is brought."""

from __future__ import annotations

import json
import sqlite3
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, closing, contextmanager, suppress
from datetime import timedelta
from pathlib import Path

from app.web.application import PAGES
from models.errors import StoreError
from models.store import Store, coverage, verify
from tests.app.folder import END, NOW, SESSIONS, small_market
from tests.browser.running import COMMAND, Dashboard, running
from tests.soak.fuzz import Asker
from tests.soak.harness import Case, Reached, Size
from tests.soak.served import dashboard, read
from tests.standin import StandIn
from tests.standin.prices import Folder
from tests.store import postgres

BACK_WITHIN = 60.0
_NAMES = 10
EVE = NOW - timedelta(days=1)
PATHS = [
    "/pulse",
    *(page.PATH for page in PAGES),
    *(f"/figure/{chart.id}" for page in PAGES for chart in getattr(page, "CHARTS", ())),
]
SLOWLY = [{"mode": "slow", "seconds": 6.0}]
"""So that a run is under way for long enough to lose its database in the middle."""
Outage = Callable[[], AbstractContextManager[None]]


def file_away(size: Size) -> Reached:
    """The file of the database is gone for a while: pages are read on, and follow when it is back."""
    with dashboard() as found, closing(Asker(found)) as asker:
        _ask_all(asker)
        place = found.folder / "aftershock.db"
        place.rename(found.folder / "elsewhere")
        _ask_for(asker, size)
        told = _problem(found.address)
        (found.folder / "elsewhere").rename(place)
        back = _seconds_until(lambda: _problem(found.address) is None)
    return Reached(_good(asker) and told is not None and back < BACK_WITHIN, _told(asker, told, back))


def server_stopped(size: Size) -> Reached:
    """The server of Postgres is stopped as by a crash, in the middle of a run of the ingester."""

    @contextmanager
    def stopped() -> Iterator[None]:
        server.stop()
        try:
            yield
        finally:
            server.start()

    with postgres.server() as server:
        return _lost_in_a_run(size, server.url(server.database()), stopped, said=True)


def server_hung(size: Size) -> Reached:
    """The server of Postgres stops answering in the middle of a run, and ends no connection."""
    with postgres.server() as server:
        return _lost_in_a_run(size, server.url(server.database()), server.hung, said=True)


def file_locked(size: Size) -> Reached:
    """Another program keeps the SQLite file locked for writing; readers are not concerned."""

    @contextmanager
    def locked() -> Iterator[None]:
        with closing(sqlite3.connect(place, isolation_level=None, timeout=30)) as link:
            link.execute("BEGIN EXCLUSIVE")
            yield
            link.execute("ROLLBACK")

    with tempfile.TemporaryDirectory(prefix="soak-") as folder:
        place = Path(folder) / "prices.db"
        return _lost_in_a_run(size, f"sqlite:///{place}", locked, said=False)


def _lost_in_a_run(size: Size, url: str, outage: Outage, *, said: bool) -> Reached:
    with tempfile.TemporaryDirectory(prefix="soak-") as name:
        universe, prices = small_market(Path(name))
        with StandIn(Folder(prices), now=EVE) as yahoo:
            settings = {
                "AFTERSHOCK_DATABASE_URL": url,
                "AFTERSHOCK_UNIVERSE": str(universe),
                "AFTERSHOCK_YAHOO_URL": yahoo.url,
            }
            found = Dashboard(Path(name), settings=settings | {"AFTERSHOCK_PROCESSES": "2"})
            eve = {**settings, "AFTERSHOCK_NOW": EVE.isoformat()}
            before = Dashboard(Path(name), settings=eve)
            before.command("migrate")
            before.command("ingest", "once")
            yahoo.clock.set(NOW)
            yahoo.set_faults(SLOWLY)
            found.settings["AFTERSHOCK_NOW"] = NOW.isoformat()
            with Store.open(url) as store, running(found), closing(Asker(found)) as asker:
                _ask_all(asker)
                with _ingesting(found):
                    assert _seconds_until(lambda: _lacking(store) < _NAMES) < BACK_WITHIN
                    lacked = _lacking(store)
                    with outage():
                        _ask_for(asker, size)
                        told = _problem(found.address)
                    yahoo.set_faults([])
                    resumed = _seconds_until(lambda: _lacking(store) < lacked)
                    whole = resumed + _seconds_until(lambda: _lacking(store) == 0)
                    back = _seconds_until(lambda: _problem(found.address) is None)
                damaged, bars = verify(store), coverage(store)["bars"]
    missing = int((SESSIONS - bars).sum())
    good = _good(asker) and bool(told) == said and max(whole, back) < BACK_WITHIN and lacked > 0
    text = f"{_told(asker, told, back)}; {lacked} names lacked the day, brought after {whole:.1f} s"
    return Reached(good and not missing and not damaged, f"{text}, {missing} sessions missing")


@contextmanager
def _ingesting(found: Dashboard) -> Iterator[None]:
    log = (found.folder / "ingest.txt").open("a")
    command = (*COMMAND, "ingest", "run")
    with log, subprocess.Popen(command, env=found.environment(), stdout=log, stderr=log) as child:
        try:
            yield
        finally:
            child.terminate()


def _lacking(store: Store) -> int:
    """Names whose last session is not stored; all of them while the database cannot be asked."""
    with suppress(StoreError):
        return int((coverage(store)["last"].dt.date != END).sum())
    return _NAMES


def _ask_all(asker: Asker) -> None:
    for path in PATHS:
        asker.ask("GET", path)


def _ask_for(asker: Asker, size: Size) -> None:
    """Read every page and chart over and over, as an impatient reader would."""
    deadline = time.monotonic() + size.of(600, 12)
    while time.monotonic() < deadline:
        _ask_all(asker)
        time.sleep(0.5)


def _good(asker: Asker) -> bool:
    return not asker.bad and not asker.statuses[0]


def _told(asker: Asker, told: str | None, back: float) -> str:
    counts = ", ".join(f"{count:,} × {status}" for status, count in sorted(asker.statuses.items()) if count)
    said = f"said “{told}”" if told else "nothing to say"
    return f"{counts}; {said}; back after {back:.1f} s" + (f"; first: {asker.bad[0]}" if asker.bad else "")


def _problem(address: str) -> str | None:
    found = json.loads(read(f"{address}/pulse"))["problem"]
    return None if found is None else str(found)


def _seconds_until(so: Callable[[], bool]) -> float:
    """Seconds until something is so; at most twice what is allowed."""
    began = time.monotonic()
    while not so() and time.monotonic() - began < 2 * BACK_WITHIN:
        time.sleep(0.2)
    return time.monotonic() - began


GOAL = "10 minutes: 0 × 5xx on reads, "
CASES = [
    Case("database away, SQLite", GOAL + "said on the page, back ≤ 60 s", file_away),
    Case("database locked, SQLite", GOAL + "ingest resumes ≤ 60 s after, 0 sessions missing", file_locked),
    Case(
        "database stopped, Postgres",
        GOAL + "said on the page, ingest resumes ≤ 60 s after, 0 sessions missing",
        server_stopped,
    ),
    Case(
        "database hung, Postgres",
        GOAL + "said on the page, ingest resumes ≤ 60 s after, 0 sessions missing",
        server_hung,
    ),
]

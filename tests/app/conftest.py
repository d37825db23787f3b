"""A small store of prices that tell on every line what they must give, and the command line in-process."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from app.cli import run
from app.market.market import Market
from app.settings import Settings
from app.web import page_cache
from ingest.reconcile import import_folder
from ingest.sources.csvfolder import CsvFolder
from models.sessions import Calendars
from models.store import Store, finish_run, start_run, store_answer, sync_instruments
from models.types import Bars, Flag, Floats, Sessions
from models.universe import Universe, load_universe
from tests.app.desk import Desk, desks

Answering = Callable[..., dict[str, Any]]
NOW = datetime(2026, 6, 24, 22, tzinfo=UTC)
FIRST, LAST = np.datetime64("2024-01-02"), np.datetime64("2026-06-24")
CRASH = np.datetime64("2026-06-23")


def path_of(sessions: Sessions) -> Floats:
    """Closes that rise a little every session, but for −20 % on the day of the crash."""
    steps = np.full(len(sessions), 1.001)
    steps[sessions == CRASH] = 0.8
    steps[0] = 1.0
    return 100 * np.cumprod(steps)


def bars_of(symbol: str, sessions: Sessions) -> Bars:
    """Bars that open half-way of their day's move and dip 1 % below the lower of open and close."""
    close = path_of(sessions)
    before = np.concatenate(([close[0]], close[:-1]))
    opened = np.sqrt(before * close)
    low, high = 0.99 * np.minimum(opened, close), 1.01 * np.maximum(opened, close)
    flags = np.where((sessions == CRASH) & (symbol == "MU"), int(Flag.JUMP_UNCONFIRMED), 0)
    volume = np.full(len(close), 1000.0)
    return Bars.of(
        symbol,
        sessions,
        open=opened,
        high=high,
        low=low,
        close=close,
        adj_close=close,
        volume=volume,
        flags=flags,
    )


@dataclass(frozen=True)
class Ran:
    """What a command line gave."""

    code: int
    out: str
    err: str


@pytest.fixture(scope="session")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder with prices of six names; never written to by a test."""
    folder = tmp_path_factory.mktemp("data")
    universe = load_universe()
    calendars = Calendars(cache_dir=folder / "cache")
    with Store.open(f"sqlite:///{folder / 'aftershock.db'}") as store:
        sync_instruments(store, universe)
        number = start_run(store, trigger="test", source="made", now=NOW)
        for symbol in ("9984.T", "000660.KS", "NVDA", "MU", "^KS11", "SPCX"):
            known = calendars[universe[symbol].exchange.calendar].sessions
            sessions = known[(known >= FIRST) & (known <= LAST)]
            if symbol == "SPCX":
                sessions = sessions[sessions >= np.datetime64("2026-06-12")]
            if symbol == "9984.T":
                sessions = sessions[sessions != CRASH]
            store_answer(store, number, bars_of(symbol, sessions), source="made", now=NOW)
        finish_run(store, number, status="done", now=NOW)
    return folder


@pytest.fixture(scope="session")
def universe() -> Universe:
    return load_universe()


@pytest.fixture(scope="session")
def calendars(filled: Path) -> Calendars:
    """Exchange calendars, built once for the session."""
    return Calendars(cache_dir=filled / "cache")


@pytest.fixture(scope="session")
def real(real_prices: Path, tmp_path_factory: pytest.TempPathFactory, filled: Path) -> Iterator[Market]:
    """A market with the real prices, imported once."""
    folder = tmp_path_factory.mktemp("real")
    (folder / "cache").symlink_to(filled / "cache")
    now = datetime(2026, 7, 31, 23, tzinfo=UTC)
    found = Market(Settings(data_dir=folder, now=now))
    with Store.open(found.settings.store_url, migrate=True) as store:
        import_folder(store, CsvFolder(real_prices), found.universe, found.calendars, now=now)
    yield found
    found.close()


@pytest.fixture
def market(filled: Path) -> Iterator[Market]:
    """A market on the filled store, its clock stopped two hours after New York's last close."""
    found = Market(Settings(data_dir=filled, now=NOW), poll=0.0)
    yield found
    found.close()


@pytest.fixture
def told(real: Market, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Answering:
    """What a command line answers in JSON, on the real prices."""
    monkeypatch.setenv("AFTERSHOCK_DATA_DIR", str(real.settings.data_dir))
    monkeypatch.setenv("AFTERSHOCK_NOW", real.now().isoformat())

    def ran(*arguments: str) -> dict[str, Any]:
        assert run([*arguments, "--format", "json"]) == 0
        found: dict[str, Any] = json.loads(capsys.readouterr().out)
        return found

    return ran


@pytest.fixture
def command(
    filled: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Callable[..., Ran]:
    """Run a command line in this process, on a copy of the filled store and a stopped clock."""
    own = tmp_path / "own-store"
    shutil.copytree(filled, own, ignore=shutil.ignore_patterns("cache"))
    (own / "cache").symlink_to(filled / "cache")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("AFTERSHOCK_DATA_DIR", str(own))
    monkeypatch.setenv("AFTERSHOCK_NOW", NOW.isoformat())

    def ran(*arguments: str) -> Ran:
        code = run(arguments)
        captured = capsys.readouterr()
        return Ran(code, captured.out, captured.err)

    return ran


@pytest.fixture(scope="session")
def _desks(tmp_path_factory: pytest.TempPathFactory, filled: Path) -> Iterator[Callable[[Path], Desk]]:
    with desks(tmp_path_factory.mktemp("market"), filled / "cache") as made:
        yield made


@pytest.fixture
def desk(_desks: Callable[[Path], Desk], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Desk]:
    """A small store, filled through the stand-in up to a Friday; its clock stands at Monday evening."""
    monkeypatch.setattr(page_cache, "LIVE_SECONDS", 0.0)
    made = _desks(tmp_path)
    yield made
    made.close()

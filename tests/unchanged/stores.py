"""The prices that are asked about, and the application on them: all that is known of the product's code."""

from __future__ import annotations

import csv
import functools
import os
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from importlib.metadata import entry_points
from io import StringIO
from pathlib import Path
from unittest.mock import patch

import numpy as np
import typer.main
from flask.testing import FlaskClient

from app.market.market import Market
from app.settings import Settings
from app.web.application import create_app
from ingest.reconcile import import_folder, run_once
from ingest.sources.csvfolder import CsvFolder
from ingest.sources.demo import DemoSource
from models.store import Store, store_intraday
from tests.app.minutes import run as minutes

INSTANTS = (
    datetime(2026, 6, 26, 21, 30, tzinfo=UTC),  # a Friday, every exchange closed
    datetime(2026, 7, 28, 9, tzinfo=UTC),  # Asia closed, New York not open
    datetime(2025, 1, 28, tzinfo=UTC),  # years before the last bar, Asia opening
)
IMPORTED = datetime(2026, 7, 31, 23, tzinfo=UTC)
SIMULATED_AT = INSTANTS[1]
# Days of the instants above of which two names have bars of five minutes.
_MINUTES = ("2025-01-27", "2026-06-26", "2026-07-27", "2026-07-28")


@dataclass(frozen=True)
class Situation:
    """Prices in a data folder, and the instant at which they are asked about."""

    name: str
    folder: Path
    now: datetime
    whole: bool = True
    """Whether slides and the other sizes of charts are asked for too."""

    @contextmanager
    def client(self) -> Iterator[FlaskClient]:
        """A reader's browser, without its scripts."""
        with self._market() as market:
            yield create_app(market.settings, market=market).server.test_client()

    @contextmanager
    def _market(self) -> Iterator[Market]:
        market = Market(Settings(data_dir=self.folder, now=self.now))
        for exchange in market.universe.exchanges:
            assert market.calendars[exchange.calendar]
        try:
            yield market
        finally:
            market.close()

    def command(self, *arguments: str) -> tuple[int, str, str]:
        """Exit code, standard output and standard error of a command line, run in this process."""
        (script,) = entry_points(group="console_scripts", name="aftershock")
        environment = {"AFTERSHOCK_DATA_DIR": str(self.folder), "AFTERSHOCK_NOW": self.now.isoformat()}
        out, err, code = StringIO(), StringIO(), 0
        with (
            patch.dict(os.environ, environment),
            patch.object(typer.main, "get_command", _tree),
            patch.object(sys, "argv", ["aftershock", *arguments]),
            patch.object(sys, "stdout", out),
            patch.object(sys, "stderr", err),
        ):
            try:
                script.load()()
            except SystemExit as end:
                code = int(end.code or 0)
        return code, out.getvalue(), err.getvalue()


# Built anew at every call, the tree of commands would cost more than most answers.
_tree = functools.cache(typer.main.get_command)


def situations(folder: Path, prices: Path | None) -> Iterator[Situation]:
    """Real prices at each of the instants, then simulated ones at one of them."""
    if prices is not None:
        real = folder / "real"
        _import(real, prices, folder / "second")
        for now in INSTANTS:
            yield Situation(f"real {now:%Y-%m-%dT%H:%MZ}", real, now, whole=now == INSTANTS[0])
    simulated = folder / "simulated"
    _simulate(simulated, folder / "real" / "cache")
    yield Situation(f"simulated {SIMULATED_AT:%Y-%m-%dT%H:%MZ}", simulated, SIMULATED_AT)


def _import(folder: Path, prices: Path, second: Path) -> None:
    """Real prices, then a second answer that revises some bars and holds one; and some bars of minutes."""
    folder.mkdir()
    with Situation("import", folder, IMPORTED)._market() as market:
        universe, calendars = market.universe, market.calendars
        with Store.open(market.settings.store_url, migrate=True) as store:
            import_folder(store, CsvFolder(prices), universe, calendars, now=IMPORTED - timedelta(hours=2))
            _doubtful(prices, second)
            import_folder(store, CsvFolder(second), universe, calendars, now=IMPORTED)
            for day in _MINUTES:
                seoul, new_york = np.linspace(100, 91, 76), np.linspace(50, 48, 78)
                opens = "14:30" if day < "2025-03" else "13:30"
                for symbol, begins, closes in (("000660.KS", "00:00", seoul), ("MU", opens, new_york)):
                    store_intraday(store, symbol, minutes(f"{day}T{begins}", *closes), IMPORTED)


def _doubtful(prices: Path, folder: Path) -> None:
    """The last bars of three names again: a close that is revised a little, and one ten times too high."""
    folder.mkdir()
    for path in sorted(prices.glob("*.csv"))[:3]:
        with path.open(encoding="utf-8", newline="") as file:
            heads, *rows = list(csv.reader(file))
        rows = rows[-60:]
        close = heads.index("close")
        for row, factor in ((rows[-40], 1.004), (rows[-6], 10.0)):
            row[close] = f"{float(row[close]) * factor:.6f}"
        with (folder / path.name).open("w", encoding="utf-8", newline="") as file:
            csv.writer(file).writerows([heads, *rows])


def _simulate(folder: Path, cache: Path) -> None:
    folder.mkdir()
    if cache.exists():
        shutil.copytree(cache, folder / "cache")
    with (
        Situation("simulated", folder, SIMULATED_AT)._market() as market,
        Store.open(market.settings.simulated_url, migrate=True) as store,
    ):
        source = DemoSource(market.universe, market.calendars)
        run_once(store, source, market.universe, market.calendars, clock=lambda: SIMULATED_AT)

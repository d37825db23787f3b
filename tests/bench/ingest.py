"""The first backfill beside what yfinance alone needs for the same answers.

Both ask a stand-in that runs in a process of its own, through a session that yfinance is
given; so neither has the network's time, and ours has the checks and the store on top.
"""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import numpy as np
import pandas as pd

from ingest.reconcile import run_once
from ingest.sources.demo import DemoSource
from ingest.sources.yahoo import YahooSource
from models.sessions import Calendars
from models.store import Store
from models.store.reads import stored_bars
from models.types import BAR_FIELDS
from models.universe import Universe, load_universe
from tests.bench.harness import Case

NOW = datetime(2026, 8, 1, 12, tzinfo=UTC)
NAMES, YEARS = 60, 10
SINCE = date(2016, 7, 31)


@dataclass
class Setup:
    """What both sides are given: the address, the names, and a fresh store for each call."""

    url: str
    universe: Universe
    calendars: Calendars
    folder: Path
    source: YahooSource
    store: Store | None = None
    opened: list[Store] = field(default_factory=list)

    def fresh(self) -> Setup:
        """The same with an empty store of its own; not timed."""
        file = self.folder / f"{len(self.opened)}.sqlite"
        self.opened.append(Store.open(f"sqlite:///{file}", migrate=True))
        return replace(self, store=self.opened[-1])

    def close(self) -> None:
        for store in self.opened:
            store.close()


@contextmanager
def served() -> Iterator[Setup]:
    """Sixty simulated names in a folder, and the stand-in that serves them."""
    with tempfile.TemporaryDirectory() as name, contextlib.ExitStack() as stack:
        folder = Path(name)
        calendars = Calendars()
        universe = write_prices(folder / "prices", calendars)
        url = stack.enter_context(_standin(folder / "prices"))
        setup = Setup(url, universe, calendars, folder, YahooSource(url))
        stack.callback(setup.close)
        yield setup


def write_prices(folder: Path, calendars: Calendars) -> Universe:
    """Write ten simulated years of sixty names as CSV files; return their universe.

    Names that are younger than that make room for made-up ones.
    """
    folder.mkdir()
    packaged = load_universe()
    extra = [replace(packaged["NVDA"], symbol=f"EXTRA{n:02d}", name=f"Extra {n}") for n in range(NAMES)]
    wide = replace(packaged, instruments=(*packaged.instruments, *extra))
    demo, chosen = DemoSource(wide, calendars), []
    for item in wide.instruments:
        bars = demo.fetch(item.symbol, SINCE, now=NOW).bars
        if len(chosen) < NAMES and bars.sessions[0] <= np.datetime64(SINCE + timedelta(days=7)):
            frame = pd.DataFrame({name: getattr(bars, name) for name in BAR_FIELDS})
            frame.insert(0, "date", bars.sessions.astype(str))
            stem = item.symbol.replace("^", "_").replace("=", "_")
            frame.to_csv(folder / f"{stem}.csv", index=False)
            chosen.append(replace(item, start=SINCE))
    return replace(packaged, instruments=tuple(chosen))


@contextmanager
def _standin(prices: Path) -> Iterator[str]:
    command = [sys.executable, "-m", "tests.standin", "--prices", str(prices), "--port", "0"]
    running = subprocess.Popen(
        [*command, "--now", NOW.isoformat()], stdout=subprocess.PIPE, text=True, env=dict(os.environ)
    )
    try:
        assert running.stdout is not None
        yield next(word.rstrip(",") for word in running.stdout.readline().split() if word.startswith("http"))
    finally:
        running.terminate()
        running.wait(timeout=10)
        running.stdout.close()


def backfill(setup: Setup) -> Setup:
    """Ours: every name asked for, checked and stored."""
    assert setup.store is not None
    report = run_once(setup.store, setup.source, setup.universe, setup.calendars, clock=lambda: NOW)
    assert report.answered == NAMES, report
    return setup


def ask(setup: Setup) -> dict[str, Any]:
    """Our source alone: every name asked for."""
    return {symbol: setup.source.fetch(symbol, SINCE, now=NOW).bars for symbol in setup.universe.symbols}


def yfinance_alone(setup: Setup) -> dict[str, pd.DataFrame]:
    """The peer: one history a name, in the same process, to the same address."""
    import yfinance

    # a second round would be served from memory, which no first backfill is
    yfinance.data.YfData.cache_get.cache_clear()
    session = _redirected(setup.url)
    span = {"start": SINCE, "end": (NOW + timedelta(days=2)).date()}
    return {
        symbol: yfinance.Ticker(symbol, session=session).history(
            **span, auto_adjust=False, actions=True, keepna=True
        )
        for symbol in setup.universe.symbols
    }


def _redirected(base: str) -> Any:
    """A session that goes to the stand-in, and asks for the cookie once, as yfinance's own cache would."""
    from curl_cffi.requests import Response, Session

    class Redirected(Session):
        asked = False

        def request(self, method: Any, url: str, *args: Any, **options: Any) -> Any:
            parts = urlsplit(url)
            if parts.hostname == "fc.yahoo.com" and self.asked:
                return Response()
            self.asked = self.asked or parts.hostname == "fc.yahoo.com"
            return super().request(method, base + parts.path, *args, **options)

    return Redirected(impersonate="chrome")


def stored_equals(ours: Setup, peer: dict[str, pd.DataFrame]) -> None:
    """Every bar that yfinance shows is stored with its close."""
    assert ours.store is not None
    for symbol, frame in peer.items():
        bars = stored_bars(ours.store, symbol)
        assert len(bars) == len(frame) > 200 * YEARS, symbol
        np.testing.assert_allclose(bars.close, frame["Close"].to_numpy(), rtol=1e-12, err_msg=symbol)


def asked_equals(ours: dict[str, Any], peer: dict[str, pd.DataFrame]) -> None:
    """Both read the same closes."""
    for symbol, frame in peer.items():
        np.testing.assert_array_equal(ours[symbol].close, frame["Close"].to_numpy(), err_msg=symbol)


CASES = [
    Case(
        f"backfill of {NAMES} names × {YEARS} years into an empty store",
        ours=backfill,
        peer=yfinance_alone,
        peer_name="yfinance alone",
        target="≤ 1.5×",
        context=served,
        before=Setup.fresh,
        equal=stored_equals,
        rounds=5,
    ),
    Case(
        f"{NAMES} names × {YEARS} years asked for, not stored",
        ours=ask,
        peer=yfinance_alone,
        peer_name="yfinance alone",
        target="≤ 0.5×",
        context=served,
        equal=asked_equals,
        rounds=5,
    ),
]

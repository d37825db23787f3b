"""Outages under an open page, and a copy made while bars come in."""

from __future__ import annotations

import random
import shutil
import tempfile
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import numpy as np
from playwright.sync_api import sync_playwright

from models.store import Store, finish_run, start_run, store_answer, sync_instruments
from models.store.backing import back_up, check, restore
from models.types import Bars
from models.universe import load_universe
from tests.browser import outages, reading
from tests.conftest import BROWSERS
from tests.soak.harness import Case, Reached, Size
from tests.soak.served import dashboard

NOW = datetime(2026, 6, 24, 22, tzinfo=UTC)
BANNER_WITHIN = 10.0
COPY_WITHIN = 60.0
YEARS, SYMBOLS = 5, 100


def cycles(size: Size) -> Reached:
    """The link lost and back, in turn by the browser's network, a server that hangs and one that ends."""
    dice, wrong, slowest = random.Random(22), [], 0.0
    chromium = next((path for name in BROWSERS if (path := shutil.which(name))), None)
    count = size.of(100, 3)
    with dashboard() as found, sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=chromium, args=["--no-sandbox", "--no-proxy-server"]
        )
        page = browser.new_page()
        page.set_default_timeout(30_000)
        page.goto(f"{found.address}/drawdowns")
        reading.wait_ready(page)
        ways: tuple[Callable[[], object], ...] = (
            partial(outages.unplugged, page),
            partial(outages.hung, found),
            partial(outages.stopped, found),
        )
        for number in range(count):
            window = dice.choice([name for name in outages.WINDOWS if f"from={name}" not in page.url])
            took = outages.cycle(page, ways[number % 3], window, early=dice.random() < 0.7)
            slowest = max(slowest, took)
            if told := outages.disagreement(page):
                wrong.append(told)
        browser.close()
    text = f"{count} cycles, {len(wrong)} disagreed, banner after {slowest:.1f} s at most"
    return Reached(not wrong and slowest <= BANNER_WITHIN, text + (f"; first: {wrong[0]}" if wrong else ""))


def copied(size: Size) -> Reached:
    """A store of five years and a hundred symbols, copied while answers come in, restored and checked."""
    days = np.arange("2010-06-24", "2026-06-24", dtype="datetime64[D]")
    universe = load_universe()
    # As many bars as five years of a hundred symbols have, with the symbols there are.
    each = YEARS * 261 * SYMBOLS / len(universe.symbols)
    sessions = days[np.is_busday(days)][-size.of(each, 60) :]
    with tempfile.TemporaryDirectory(prefix="soak-") as name:
        folder = Path(name)
        with Store.open(f"sqlite:///{folder}/prices.db") as store:
            sync_instruments(store, universe)
            run = start_run(store, trigger="test", source="made", now=NOW)
            for symbol in universe.symbols:
                store_answer(store, run, _bars(symbol, sessions, 100), source="made", now=NOW)
            finish_run(store, run, status="done", now=NOW)
            done, written = threading.Event(), []
            writer = threading.Thread(
                target=_write_on, args=(store, universe.symbols, sessions, done, written)
            )
            writer.start()
            began = time.monotonic()
            copy = back_up(store, folder / "copy")
            done.set()
            writer.join()
            restore(f"sqlite:///{folder}/prices.db", copy.path)
            bars = check(folder / "prices.db")
            took = time.monotonic() - began
    same = bars == copy.bars and bars >= len(universe.symbols) * len(sessions)
    text = f"{bars:,} bars in {took:.1f} s, {len(written)} answers written meanwhile"
    return Reached(same and took <= COPY_WITHIN and bool(written), text)


def _write_on(
    store: Store, symbols: tuple[str, ...], sessions: np.ndarray, done: threading.Event, written: list[float]
) -> None:
    price = 100.0
    while not done.is_set():
        for symbol in symbols[:5]:
            price += 1
            run = start_run(store, trigger="test", source="made", now=NOW)
            store_answer(store, run, _bars(symbol, sessions, price), source="made", now=NOW)
            finish_run(store, run, status="done", now=NOW)
            written.append(price)


def _bars(symbol: str, sessions: np.ndarray, price: float) -> Bars:
    flat = np.full(len(sessions), price)
    return Bars.of(symbol, sessions, open=flat, high=flat, low=flat, close=flat, adj_close=flat, volume=flat)


CASES = [
    Case(
        "offline and back",
        "100 cycles: banner ≤ 10 s, 0 with a control that disagrees with its chart",
        cycles,
    ),
    Case("backup under write load", "the bars of 5 years × 100 symbols, restored and checked ≤ 60 s", copied),
]

"""The Brief in a browser, beside the same content in Streamlit and Vizro, and its time on the server.

The peers get every sentence and figure ready-made, from our own command: they only have to show them.
Visits interleave, each with a new browser profile; a page is done at the second frame on which its
headline, its three charts with their texts and both tables stand unchanged.
``python -m tests.bench.brief [names…] [--rounds 5]`` prints the visits alone.
"""

from __future__ import annotations

import argparse
import contextlib
import functools
import itertools
import json
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from statistics import median

import numpy as np
from playwright.sync_api import Playwright, sync_playwright

from tests.bench import peers
from tests.bench.harness import Case, Took
from tests.bench.web_browser import LIMIT_MS, new_profile
from tests.bench.web_prices import SYMBOLS, write_prices

ROUNDS = 5
NOW = "2026-06-30T21:30:00Z"
INDICES = {"XTKS": "^N225", "XKRX": "^KS11", "XTAI": "^TWII", "XHKG": "^HSI", "XNYS": "^GSPC"}
NAMES = {calendar: (*symbols, INDICES[calendar]) for calendar, symbols in SYMBOLS.items()}
# What has to stand on each page, and how many of it.
MARKS: Mapping[str, Mapping[str, int]] = {
    "ours": {
        "h1": 1,
        ".answer": 5,
        "#brief-relay .shown .textpoint": 12,
        "#brief-heat .shown .textpoint": 12,
        "#brief-indices .shown .textpoint": 12,
        ".names tbody tr": 14,
        ".names .spark": 14,
    },
    "streamlit": {
        "h1": 1,
        "[data-testid=stMetric]": 5,
        ".js-plotly-plot .main-svg .xtick, .js-plotly-plot .main-svg .ytick": 15,
        ".js-plotly-plot .main-svg": 9,
        "[data-testid=data-grid-canvas] tbody tr": 14,
    },
    "vizro": {
        "h1": 1,
        ".js-plotly-plot .main-svg .xtick, .js-plotly-plot .main-svg .ytick": 15,
        ".js-plotly-plot .main-svg": 9,
        ".ag-center-cols-container .ag-row": 14,
    },
}
# Sessions of which each is asked for once, whatever the harness repeats.
_FRESH = (
    str(day) for day in np.arange("2024-01-02", "2026-05-29", dtype="datetime64[D]") if np.is_busday(day)
)
WATCHER = """
(() => {
  const bench = window.__bench = { done: 0 };
  let last = '';
  const look = () => {
    const now = MARKS.map(([selector]) => document.querySelectorAll(selector).length);
    const whole = MARKS.every(([, count], at) => now[at] >= count);
    const text = whole ? now.join() + document.body.innerText.length : '';
    if (whole && text === last) { bench.done = performance.now(); return; }
    last = text;
    requestAnimationFrame(look);
  };
  requestAnimationFrame(look);
})();
"""


@contextlib.contextmanager
def servers(names: Sequence[str]) -> Iterator[dict[str, str]]:
    """Servers of the named sides on the same prices; gives the address of each Brief."""
    peers.install([name for name in names if name != "ours"])
    with contextlib.ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="bench-brief-")))
        prices = write_prices(folder / "prices", NAMES)
        port = peers.free_port()
        settings = {
            "AFTERSHOCK_DATA_DIR": str(folder / "data"),
            "AFTERSHOCK_NOW": NOW,
            "AFTERSHOCK_YAHOO_URL": "http://127.0.0.1:9",  # nobody answers there: nothing is fetched
            "PYTHONPATH": str(peers.ROOT),
        }
        command = [sys.executable, "-P", "-m", "app.cli"]
        peers.run([*command, "import", str(prices)], settings, folder)
        told = peers.said([*command, "brief", "--format", "json"], settings, folder)
        (prices / "brief.json").write_text(told, encoding="utf-8")
        urls = {}
        for name in names:
            log = folder / f"{name}.log"
            if name == "ours":
                serve = [*command, "serve", "--port", str(port)]
                server = peers.running(serve, f"http://127.0.0.1:{port}/", log, settings)
            else:
                server = peers.serve(name, prices, log, page="brief")
            urls[name] = stack.enter_context(server)
        yield urls


def visit(playwright: Playwright, name: str, url: str) -> float:
    """From the start of the navigation to the second frame on which the page is whole, milliseconds."""
    with new_profile(playwright) as context:
        page = context.pages[0]
        page.add_init_script(WATCHER.replace("MARKS", json.dumps(list(MARKS[name].items()))))
        page.goto(url, wait_until="commit")
        done = "() => window.__bench && window.__bench.done > 0"
        page.wait_for_function(done, timeout=LIMIT_MS, polling=50)
        return float(page.evaluate("window.__bench.done"))


@functools.cache
def visits(names: tuple[str, ...] = tuple(MARKS), rounds: int = ROUNDS) -> dict[str, list[float]]:
    """Interleaved visits of every side; the first of each warms its server up and is left out."""
    found: dict[str, list[float]] = {name: [] for name in names}
    with servers(names) as urls, sync_playwright() as playwright:
        for _ in range(rounds + 1):
            for name, url in urls.items():
                found[name].append(visit(playwright, name, url))
    return {name: times[1:] for name, times in found.items()}


class Replay:
    """The visits of one interleaved run, handed out in order to a case."""

    def __init__(self) -> None:
        self.left = {name: itertools.cycle(found) for name, found in visits().items()}

    def next(self, name: str) -> Took:
        return Took(next(self.left[name]))


def _versus(peer: str, target: str) -> Case:
    return Case(
        "Brief, first paint with data",
        ours=lambda replay: replay.next("ours"),
        peer=lambda replay: replay.next(peer),
        peer_name=peer,
        target=target,
        context=lambda: contextlib.nullcontext(Replay()),
        rounds=ROUNDS,
    )


@contextlib.contextmanager
def asked() -> Iterator[Callable[[str], float]]:
    """The dashboard in this process, asked for documents."""
    from datetime import datetime

    from app.market.market import Market
    from app.settings import Settings
    from app.web.application import create_app
    from ingest.reconcile import import_folder
    from ingest.sources.csvfolder import CsvFolder
    from models.store import Store

    with tempfile.TemporaryDirectory(prefix="bench-brief-") as folder:
        root = Path(folder)
        settings = Settings(data_dir=root / "data", now=datetime.fromisoformat(NOW))
        market = Market(settings)
        with Store.open(settings.store_url, migrate=True) as store:
            source = CsvFolder(write_prices(root / "prices", NAMES))
            import_folder(store, source, market.universe, market.calendars, now=market.now())
        client = create_app(settings, market=market).server.test_client()
        client.get("/")

        def took(address: str) -> float:
            started = time.perf_counter()
            answer = client.get(address)
            spent = (time.perf_counter() - started) * 1e3
            assert answer.status_code == 200 and b"What happened" in answer.data
            return spent

        yield took


def warm(ask: Callable[[str], float], repeats: int = 15) -> Took:
    """The document of the last minute asked for, by its median."""
    return Took(median(ask("/brief") for _ in range(repeats)))


def first(ask: Callable[[str], float], repeats: int = 7) -> Took:
    """The document as of instants that nobody has asked for yet, by their median."""
    days = itertools.islice(_FRESH, repeats)
    return Took(median(ask(f"/brief?asof={day}T21:30Z") for day in days))


CASES = [
    _versus("streamlit", "≥ 2×"),
    _versus("vizro", "≥ 1×"),
    Case("Brief, server time, warm", warm, "≤ 80 ms", "ms", context=asked, rounds=3),
    Case("Brief, server time, an instant first asked for", first, "≤ 400 ms", "ms", context=asked, rounds=3),
]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", choices=[[], *MARKS], metavar="name")
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    options = parser.parse_args()
    for name, found in visits(tuple(options.names or MARKS), options.rounds).items():
        print(f"{name:10} {median(found):,.0f} ({min(found):,.0f}-{max(found):,.0f}) ms")


if __name__ == "__main__":
    main()

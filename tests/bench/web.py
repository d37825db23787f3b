"""The Drawdowns page in a browser, beside the same content in Streamlit, Vizro and plain Dash.

Twenty names × 2,600 sessions and their table. Every tool runs as a server of its own on the same
prices; rounds go ours, Streamlit, Vizro, Dash, ours, … and each visit has a new browser profile.
``python -m tests.bench.web [names…] [--rounds 5]`` prints the visits alone, with their ranges.
"""

from __future__ import annotations

import argparse
import contextlib
import functools
import itertools
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from statistics import median

from playwright.sync_api import sync_playwright

from tests.bench import peers
from tests.bench.harness import Case, Took
from tests.bench.web_browser import Look, Visit, visit
from tests.bench.web_load import load
from tests.bench.web_prices import SYMBOLS, write_prices
from tests.bench.web_requests import Question, ask, questions_of

ROUNDS = 5
NAMES = ",".join(itertools.chain.from_iterable(SYMBOLS.values()))
PAGE = f"drawdowns?names={NAMES}&from="
GRID = ".ag-center-cols-container .ag-row"
LINES = ".js-plotly-plot .scatterlayer .trace path.js-line"
OURS = Look(
    lines="#drawdowns-underwater .shown .scatterlayer .trace path.js-line",
    rows="#drawdowns-table tbody tr",
    sparks="#drawdowns-table .spark-cell .spark",
    menu='details.control:has(.label:text-is("From")) summary',
    control='details.control:has(.label:text-is("From")) a.choice:has-text("January {window}")',
)
LOOKS = {
    "ours": OURS,
    "streamlit": Look(LINES, "[data-testid=data-grid-canvas] tbody tr", 'label:has-text("From {window}")'),
    "vizro": Look(LINES, GRID, 'label:has-text("From {window}")'),
    "dash": Look(LINES, GRID, 'label:has-text("From {window}")'),
}


@contextlib.contextmanager
def our_server(folder: Path) -> Iterator[str]:
    """The product on the same prices, imported and served by its own commands; gives its address."""
    port = peers.free_port()
    settings = {
        "AFTERSHOCK_DATA_DIR": str(folder / "data"),
        "AFTERSHOCK_NOW": "2026-07-01T00:00:00Z",
        "AFTERSHOCK_YAHOO_URL": "http://127.0.0.1:9",  # nobody answers there: nothing is fetched
        "PYTHONPATH": str(peers.ROOT),
    }
    command = [sys.executable, "-P", "-m", "app.cli"]
    peers.run([*command, "import", str(folder / "prices")], settings, folder)
    serve = [*command, "serve", "--port", str(port)]
    with peers.running(serve, f"http://127.0.0.1:{port}/", folder / "ours.log", settings) as url:
        yield url


@contextlib.contextmanager
def servers(names: Sequence[str]) -> Iterator[dict[str, str]]:
    """Servers of the named sides on the same prices; gives the address of each page."""
    peers.install([name for name in names if name != "ours"])
    with contextlib.ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="bench-web-")))
        prices = write_prices(folder / "prices")
        urls = {}
        for name in names:
            if name == "ours":
                urls[name] = stack.enter_context(our_server(folder)) + PAGE + "2016"
            else:
                urls[name] = stack.enter_context(peers.serve(name, prices, folder / f"{name}.log"))
        yield urls


@functools.cache
def visits(names: tuple[str, ...] = tuple(LOOKS), rounds: int = ROUNDS) -> dict[str, list[Visit]]:
    """Interleaved visits of every side; the first of each warms its server up and is not for use."""
    found: dict[str, list[Visit]] = {name: [] for name in names}
    with servers(names) as urls, sync_playwright() as playwright:
        for _ in range(rounds + 1):
            for name, url in urls.items():
                found[name].append(visit(playwright, url, LOOKS[name]))
    return found


class Replay:
    """The visits of one interleaved run, handed out in order to a case."""

    def __init__(self, figure: Callable[[Visit], float]) -> None:
        self.figure = figure
        self.left = {name: iter(found) for name, found in visits().items()}

    def next(self, name: str) -> Took:
        return Took(self.figure(next(self.left[name])))


def _versus(peer: str, title: str, figure: Callable[[Visit], float], target: str) -> Case:
    return Case(
        f"Drawdowns page, {title}",
        ours=lambda replay: replay.next("ours"),
        peer=lambda replay: replay.next(peer),
        peer_name=peer,
        target=target,
        context=lambda: contextlib.nullcontext(Replay(figure)),
        rounds=ROUNDS,
    )


@contextlib.contextmanager
def our_questions() -> Iterator[list[Question]]:
    """The data requests and callbacks that our page makes, its server still running."""
    with servers(["ours"]) as urls, sync_playwright() as playwright:
        yield questions_of(playwright, urls["ours"], OURS)


def slowest(questions: Sequence[Question], repeats: int = 15) -> Took:
    """The slowest request of the page by its median, warm."""
    times = {question.name: median(ask(question) for _ in range(repeats)) for question in questions}
    worst = max(times, key=times.__getitem__)
    return Took(times[worst], worst)


def fifty(questions: Sequence[Question], requests: int = 3000) -> Took:
    """The page's data, its figures, over fifty kept connections."""
    urls = [question.url for question in questions if "/figure/" in question.url]
    result = load(urls, connections=50, requests=requests)
    if result.failures:
        raise RuntimeError(f"{result.failures} of {requests} requests failed")
    return Took(result.seconds * 1e3, result)


CASES = [
    _versus("streamlit", "cold", lambda one: one.cold, "≥ 4×"),
    _versus("vizro", "cold", lambda one: one.cold, "≥ 4×"),
    _versus("dash", "cold", lambda one: one.cold, "≥ 2×"),
    _versus("streamlit", "change of window", lambda one: one.change, "≥ 5×"),
    _versus("vizro", "change of window", lambda one: one.change, "≥ 5×"),
    Case("Drawdowns page, slowest request, warm", slowest, "≤ 50 ms", "ms", context=our_questions, rounds=3),
    Case(
        "Drawdowns page, data to 50 readers", fifty, "≥ 300/s", "rate", amount=3000, context=our_questions,
        rounds=3,
    ),
]  # fmt: skip


def _shown(values: Sequence[float]) -> str:
    return f"{median(values):,.0f} ({min(values):,.0f}-{max(values):,.0f}) ms"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", choices=[[], *LOOKS], metavar="name")
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    options = parser.parse_args()
    for name, found in visits(tuple(options.names or LOOKS), options.rounds).items():
        used, last = found[1:], found[-1]
        cold, there, back = ([*values] for values in zip(*((v.cold, *v.changes) for v in used), strict=True))
        print(f"{name:10} cold {_shown(cold)}, change {_shown([v.change for v in used])}")
        print(f"{'':10} to 2024 {_shown(there)}, to 2016 {_shown(back)}, first {found[0].cold:,.0f} ms")
        print(f"{'':10} {last.requests} requests, {last.megabytes:.1f} MB", *last.errors)


if __name__ == "__main__":
    main()

"""The memo pack: eight charts drawn by the reader's browser, and pictures through the one that is kept warm.

The peer draws as kaleido does when it is asked for one picture: with a browser started for it.
"""

from __future__ import annotations

import contextlib
import json
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from playwright.sync_api import Page, sync_playwright

from app.render.memo.chromium import Renderer, find_chromium
from tests.bench.harness import Case, Took
from tests.bench.web import our_server
from tests.bench.web_browser import new_profile
from tests.browser.prices import write_prices

CHARTS = 8


@contextlib.contextmanager
def server() -> Iterator[str]:
    """The dashboard on the simulated walk of every name; gives its address."""
    with tempfile.TemporaryDirectory(prefix="bench-memo-") as name:
        folder = Path(name)
        write_prices(folder / "prices", folder / "cache")
        with our_server(folder) as address:
            yield address.rstrip("/")


@contextlib.contextmanager
def menu() -> Iterator[Page]:
    """A page with the Memo menu open, the morning's charts ticked."""
    with server() as address, sync_playwright() as playwright, new_profile(playwright) as context:
        page = context.pages[0]
        page.goto(f"{address}/method")
        page.locator("#shell-memo summary").click()
        page.locator("#shell-memo-menu [data-memo=pdf]").wait_for()
        assert page.locator("input[name=morning]:checked").count() == CHARTS
        yield page


def pack(page: Page) -> Took:
    """From the press on PDF to the file."""
    began = time.perf_counter()
    with page.expect_download(timeout=30_000) as waiting:
        page.locator("[data-memo=pdf]").click()
    took = (time.perf_counter() - began) * 1e3
    waiting.value.delete()
    return Took(took)


@dataclass(frozen=True)
class Warm:
    """A renderer whose browser is up, and the memo figures of a morning."""

    renderer: Renderer
    figures: list[dict[str, Any]]


@contextlib.contextmanager
def warm() -> Iterator[Warm]:
    with server() as address:
        names = [item["id"] for item in _json(f"{address}/memo.json")["morning"]]
        figures = [_json(f"{address}/chart/{name}.json") for name in names]
    with Renderer(find_chromium(None)) as renderer:
        renderer.png(figures[0])
        yield Warm(renderer, figures)


def _json(address: str) -> Any:
    with urllib.request.urlopen(address) as answer:
        return json.load(answer)


def pictures(given: Warm) -> Took:
    """A picture of each chart; the time of one."""
    began = time.perf_counter()
    for figure in given.figures:
        given.renderer.png(figure)
    return Took((time.perf_counter() - began) * 1e3 / len(given.figures))


def sheets(given: Warm) -> Took:
    """A page of PDF of each chart; the time of one."""
    began = time.perf_counter()
    for figure in given.figures:
        given.renderer.pdf(figure)
    return Took((time.perf_counter() - began) * 1e3 / len(given.figures))


def started_anew(given: Warm) -> Any:
    """One picture with a browser of its own."""
    import kaleido

    memo = given.figures[0]
    options = {name: memo[name] for name in ("width", "height", "scale")}
    return kaleido.calc_fig_sync(memo["figure"], opts={"format": "png", **options})


CASES = [
    Case("Memo, PDF of 8 charts in the browser", pack, "≤ 2000 ms", "ms", context=menu, rounds=5),
    Case("Memo, a picture, warm", pictures, "≤ 500 ms", "ms", context=warm, rounds=3),
    Case("Memo, a page of PDF, warm", sheets, "≤ 500 ms", "ms", context=warm, rounds=3),
    Case(
        "Memo, a picture beside kaleido",
        lambda given: given.renderer.png(given.figures[0]) and None,
        "≥ 3×",
        peer=lambda given: started_anew(given) and None,
        peer_name="kaleido, one at a time",
        context=warm,
        rounds=3,
    ),
]

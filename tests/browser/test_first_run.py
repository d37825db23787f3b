"""`aftershock` on an empty store: a page at once, simulated prices that say so, real ones when they come."""

from __future__ import annotations

import re
import shutil
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from app.theme import PALETTES
from models.universe import load_universe
from tests.browser import reading
from tests.browser.conftest import Open
from tests.browser.pictures import read_picture
from tests.browser.running import NOW, Dashboard, free_port
from tests.standin.prices import Folder
from tests.standin.server import StandIn
from tests.standin.venues import parse_instant

pytestmark = pytest.mark.browser
# The product promises 5 s; a test machine may be busy.
UP_WITHIN = 15.0
# A run asks 80 names, after a tick at most; both processes share the machine with the suite.
FILLED_WITHIN = 90_000
# A stopped clock never ends the wait of a name that failed, so the first tick alone may find nobody.
TICK_MINUTES = "0.4"


@pytest.fixture
def source_port() -> int:
    return free_port()


@pytest.fixture
def first_run(tmp_path: Path, source_port: int) -> Iterator[Dashboard]:
    """Not started: an empty data folder, and a source of which nothing is known but its port."""
    settings = {
        "AFTERSHOCK_YAHOO_URL": f"http://127.0.0.1:{source_port}",
        "AFTERSHOCK_TICK_MINUTES": TICK_MINUTES,
    }
    found = Dashboard(tmp_path, (), settings)
    yield found
    found.stop()


def watermark(page: Page, body: bytes) -> int:
    """How many dots of a picture have the watermark's colour: 8 % of the ink on the ground."""
    palette = PALETTES["memo"]
    ground, ink = ([int(text[at : at + 2], 16) for at in (1, 3, 5)] for text in (palette.ground, palette.ink))
    mixed = [round(0.92 * under + 0.08 * over) for under, over in zip(ground, ink, strict=True)]
    dots = read_picture(body).colours(page)
    near = [[value + step for value in mixed] for step in (-1, 0, 1)]
    return sum(dots.get("#" + "".join(f"{value:02X}" for value in colour), 0) for colour in near)


def picture(page: Page) -> bytes:
    with page.expect_download() as waiting:
        reading.action(page, "png").click()
    return Path(waiting.value.path()).read_bytes()


def test_simulated_prices_stand_in_until_real_ones_come(
    first_run: Dashboard, source_port: int, prices: Path, dashboard: Dashboard, open_page: Open
) -> None:
    begun = time.monotonic()
    first_run.start()
    page = open_page(f"{first_run.address}/drawdowns")
    expect(page.locator("main")).not_to_be_empty()
    assert time.monotonic() - begun < UP_WITHIN

    banner = page.locator(".banner.simulated")
    expect(banner).to_be_visible(timeout=FILLED_WITHIN)
    expect(banner).to_contain_text("Simulated prices")
    expect(page.locator("[data-plot]")).to_contain_text("SIMULATED", timeout=FILLED_WITHIN)
    expect(page.locator("#drawdowns-table tbody tr")).to_have_count(9, timeout=FILLED_WITHIN)
    reading.wait_ready(page)
    assert len(reading.lines(page)) >= 9
    assert watermark(page, picture(page)) > 50_000

    with StandIn(Folder(prices), now=parse_instant(NOW), port=source_port):
        expect(banner).to_have_count(0, timeout=FILLED_WITHIN)
        other = open_page(f"{dashboard.address}/drawdowns")
        told = reading.headline(other).inner_text()
        expect(reading.headline(page)).to_have_text(told, timeout=FILLED_WITHIN)
        expect(page.locator("[data-plot]")).not_to_contain_text("SIMULATED")
        reading.wait_ready(page)
        reading.wait_ready(other)
        assert reading.table(page) == reading.table(other)
        assert reading.labelled(page) == reading.labelled(other)
        assert watermark(page, picture(page)) < 5_000


def test_a_first_backfill_tells_how_far_it_is(
    first_run: Dashboard, source_port: int, prices: Path, tmp_path: Path, open_page: Open
) -> None:
    folder = tmp_path / "offered"
    shutil.copytree(prices, folder)
    late = folder / "_N225.csv"
    late.write_text("\n".join(late.read_text().splitlines()[:-1]) + "\n")
    # The indices are asked first and belong to no basket: until they are in, the page stays empty.
    indices = [item.symbol for item in load_universe().instruments if item.kind == "index"]
    faults = [{"mode": "slow", "symbol": symbol, "seconds": 2} for symbol in indices]
    faults += [{"mode": "slow", "seconds": 0.25}, {"mode": "notfound", "symbol": "^HSI"}]
    with StandIn(Folder(folder), now=parse_instant(NOW), port=source_port, faults=faults):
        first_run.start()
        page = open_page(f"{first_run.address}/drawdowns")
        first = re.compile(r"First prices: \d+ of 80 names done, \d late, \d refused\.")
        expect(page.locator("#shell-progress")).to_have_text(first, timeout=FILLED_WITHIN)
        said = re.compile(r"Prices: \d+ of 80 names done, 1 late, 1 refused")
        expect(page.locator("#shell-run")).to_have_text(said, timeout=FILLED_WITHIN)
        expect(reading.headline(page)).to_be_visible(timeout=FILLED_WITHIN)
        assert not page.locator(".banner.simulated").count()
        expect(page.locator("#drawdowns-table tbody tr")).to_have_count(9, timeout=FILLED_WITHIN)
        expect(page.locator("#shell-run")).to_be_empty(timeout=FILLED_WITHIN)
        reading.wait_ready(page)
        assert len(reading.lines(page)) >= 9

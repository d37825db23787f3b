"""`aftershock` on an empty store: a page at once, simulated prices that say so, real ones when they come."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from app.figures.theme import PALETTES
from tests.browser import reading
from tests.browser.conftest import FILLED_WITHIN, Open
from tests.browser.pictures import read_picture
from tests.browser.running import NOW, Dashboard
from tests.patience import promised
from tests.standin.prices import Folder
from tests.standin.server import StandIn
from tests.standin.venues import parse_instant

pytestmark = pytest.mark.browser
# The product promises 5 s; a browser is started and reads the page besides.
UP_WITHIN = 15.0


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
    assert time.monotonic() - begun < promised(UP_WITHIN)

    banner = page.locator(".banner.simulated")
    expect(banner).to_be_visible(timeout=FILLED_WITHIN)
    expect(banner).to_contain_text("Simulated prices")
    expect(reading.drawing(page)).to_contain_text("SIMULATED", timeout=FILLED_WITHIN)
    expect(page.locator("#drawdowns-table tbody tr")).to_have_count(9, timeout=FILLED_WITHIN)
    reading.wait_ready(page)
    assert len(reading.lines(page)) >= 9
    assert watermark(page, picture(page)) > 50_000

    with StandIn(Folder(prices), now=parse_instant(NOW), port=source_port):
        expect(banner).to_have_count(0, timeout=FILLED_WITHIN)
        other = open_page(f"{dashboard.address}/drawdowns")
        told = reading.headline(other).inner_text()
        expect(reading.headline(page)).to_have_text(told, timeout=FILLED_WITHIN)
        expect(reading.drawing(page)).not_to_contain_text("SIMULATED")
        reading.wait_ready(page)
        reading.wait_ready(other)
        assert reading.table(page) == reading.table(other)
        assert reading.labelled(page) == reading.labelled(other)
        assert watermark(page, picture(page)) < 5_000

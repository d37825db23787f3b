"""The first backfill of a slow source: how far it is stands on the page, and charts fill as names arrive."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest
from playwright.sync_api import expect

from models.universe import load_universe
from tests.browser import reading
from tests.browser.conftest import FILLED_WITHIN, Open
from tests.browser.running import NOW, Dashboard
from tests.standin.prices import Folder
from tests.standin.server import StandIn
from tests.standin.venues import parse_instant

pytestmark = pytest.mark.browser


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

"""What keeps new prices from coming appears on a page that is open, and goes when it is over."""

from __future__ import annotations

import shutil
from datetime import datetime
from pathlib import Path

import pytest
from playwright.sync_api import expect

from app.settings import Settings
from models.errors import StoreFullError
from models.store.address import parse_url, shown
from models.store.refusals import Refusals
from tests.browser import reading
from tests.browser.conftest import FILLED_WITHIN, SMALL, Open
from tests.browser.running import NOW, Dashboard, running
from tests.browser.test_accessible import violations
from tests.browser.test_brief import holds_it_all

pytestmark = pytest.mark.browser
TOLD = "Cannot store new data since 31 Jul 2026, 22:00 UTC: the disk is full or refuses writes"


def test_a_full_disk_is_told_under_an_open_page(imported: Path, open_page: Open, tmp_path: Path) -> None:
    folder = tmp_path / "data"
    shutil.copytree(imported, folder)
    settings = Settings(data_dir=folder)
    notes = Refusals(settings.refusals_path, shown(parse_url(settings.store_url)))
    with running(Dashboard(folder)) as server:
        page = open_page(f"{server.address}/drawdowns")
        reading.wait_ready(page)
        banner = page.locator(".banner.refused")
        expect(banner).to_have_count(0)
        notes.tell(
            StoreFullError("The disk under the prices is full; free some space."), datetime.fromisoformat(NOW)
        )
        expect(banner).to_contain_text(TOLD, timeout=FILLED_WITHIN)
        banner.get_by_text("More on Data").click()
        page.wait_for_url("**/data")
        expect(page.locator(".notice.refused")).to_contain_text("free some space. Tried last at 22:00 UTC")
        expect(banner).to_have_count(0)
        page.go_back()
        expect(banner).to_contain_text(TOLD)
        brief = open_page(f"{server.address}/brief?asof=2026-07-31T21:30Z&zone=Europe/London", size=SMALL)
        holds_it_all(brief, SMALL)
        expect(brief.locator(".banner.refused")).to_contain_text(TOLD)
        assert not violations(brief)
        notes.clear()
        expect(banner).to_have_count(0, timeout=FILLED_WITHIN)

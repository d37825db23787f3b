"""The server goes away under an open page, and comes back."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.browser import outages, reading
from tests.browser.conftest import FILLED_WITHIN, Open
from tests.browser.running import Dashboard, running

pytestmark = pytest.mark.browser


def test_what_is_typed_waits_for_the_database(imported: Path, open_page: Open, tmp_path: Path) -> None:
    folder = tmp_path / "data"
    shutil.copytree(imported, folder)
    with running(Dashboard(folder)) as server:
        page = open_page(f"{server.address}/events?form=add")
        form = page.locator("form[data-form=add]")
        form.get_by_label("Title").fill("A halt in Seoul")
        (folder / "aftershock.db").rename(folder / "elsewhere")
        expect(page.locator(".banner.problem").filter(has_text="Database unreachable")).not_to_have_count(
            0, timeout=FILLED_WITHIN
        )
        expect(form.locator("[type=submit]")).to_have_css("opacity", "0.5")
        form.locator("[type=submit]").click()
        expect(page.locator("#shell-toast")).to_contain_text("The database is away and nothing can be stored")
        expect(form.get_by_label("Title")).to_have_value("A halt in Seoul")
        (folder / "elsewhere").rename(folder / "aftershock.db")
        expect(form.locator("[type=submit]")).to_have_css("opacity", "1", timeout=FILLED_WITHIN)
        expect(form.get_by_label("Title")).to_have_value("A halt in Seoul")


def test_a_page_keeps_what_it_shows(imported: Path, open_page: Open) -> None:
    with running(Dashboard(imported)) as server:
        page = open_page(f"{server.address}/drawdowns")
        reading.wait_ready(page)
        told, table, paths = reading.headline(page).inner_text(), reading.table(page), reading.paths(page)
        with page.expect_event("requestfailed", lambda request: request.url.endswith("/pulse")):
            server.stop()
        expect(page.locator("#shell-link")).to_contain_text("Offline since ", timeout=FILLED_WITHIN)
        assert page.evaluate("document.getElementById('page').inert")
        page.evaluate("window.aftershock.go('?from=2021')")
        expect(page.locator("#shell-toast")).to_contain_text("The server does not answer")
        expect(reading.headline(page)).to_have_text(told)
        assert reading.table(page) == table and reading.paths(page) == paths
        server.start()
        outages.wait_back(page)
        reading.choose(page, "From", "January 2021")
        page.wait_for_url("**?from=2021")
        expect(reading.value(page, "From")).to_have_text("Jan 2021")
        reading.wait_ready(page)
        assert not set(reading.paths(page)) & set(paths)

"""The link to the server: lost, hung, unplugged, newer, logged out; after each the page shows one truth."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.browser import outages, reading
from tests.browser.conftest import Open, Watch
from tests.browser.running import Dashboard, running
from tests.patience import promised

pytestmark = pytest.mark.browser


def test_after_every_outage_control_and_chart_agree(imported: Path, open_page: Open, watch: Watch) -> None:
    for pattern, reason in outages.NOISE:
        watch.allow(pattern, reason)
    with running(Dashboard(imported)) as server:
        page = open_page(f"{server.address}/drawdowns")
        reading.wait_ready(page)
        page.wait_for_function("window.aftershock.pulse")
        cycles = (
            # A browser that knows that it is unplugged refuses the choice at once; else it is in the address.
            ("2021", lambda: outages.unplugged(page), True),
            ("2023", lambda: outages.hung(server), True),
            ("2024", lambda: outages.stopped(server), True),
            ("2021", lambda: outages.unplugged(page), False),
        )
        for window, outage, early in cycles:
            assert outages.cycle(page, outage, window, early=early) < promised(outages.BANNER_WITHIN)
            assert not outages.disagreement(page)
            if early and window == "2023":  # what was chosen in the dark is what is shown
                assert "from=2023" in page.url
        # And the page works on.
        reading.choose(page, "From", "January 2024")
        page.wait_for_url("**/drawdowns")
        reading.wait_ready(page)
        assert not outages.disagreement(page)


def test_a_new_build_is_told_and_a_failed_part_too(
    open_page: Open, dashboard: Dashboard, watch: Watch
) -> None:
    page = open_page(f"{dashboard.address}/drawdowns")
    reading.wait_ready(page)
    page.evaluate("document.querySelector('meta[name=build]').content = 'older'; window.aftershock.look()")
    link = page.locator("#shell-link")
    expect(link).to_have_text("A new version of Aftershock is running. Reload this page")
    assert not page.evaluate("document.getElementById('page').inert")
    link.locator("a").click()
    reading.wait_ready(page)
    expect(link).to_be_empty()
    watch.allow(r"\b500\b|Callback error|failed on this", "a callback fails on purpose")
    refusal = '{"error": "The server failed on this; the log has it."}'
    page.route("**/_dash-update-component*", lambda route: route.fulfill(status=500, body=refusal))
    reading.choose(page, "From", "January 2021")
    expect(page.locator("#shell-toast")).to_contain_text("The server failed on this")


def test_who_is_logged_out_is_led_to_the_login(open_page: Open, dashboard: Dashboard, watch: Watch) -> None:
    watch.allow(r"\b401\b", "nobody is logged in any more")
    page = open_page(f"{dashboard.address}/drawdowns?from=2021")
    reading.wait_ready(page)
    page.route("**/pulse", lambda route: route.fulfill(status=401, body="{}"))
    page.evaluate("window.aftershock.look()")
    link = page.locator("#shell-link a")
    expect(link).to_have_attribute("href", "/login?next=%2Fdrawdowns%3Ffrom%3D2021")
    assert page.evaluate("document.getElementById('page').inert")

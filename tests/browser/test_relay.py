"""The relay: stepping and playing through the days, picking one, and calling off what takes long."""

from __future__ import annotations

import re
from itertools import combinations

import pytest
from playwright.sync_api import Page, Route, expect

from tests.browser import reading
from tests.browser.conftest import LARGE, SMALL, Open
from tests.browser.running import Dashboard

pytestmark = pytest.mark.browser


@pytest.fixture
def relay(open_page: Open, dashboard: Dashboard) -> Page:
    page = open_page(f"{dashboard.address}/contagion")
    reading.wait_ready(page)
    return page


def day(page: Page) -> str:
    return reading.value(page, "News day").inner_text()


def test_the_arrow_keys_step_through_the_days(relay: Page) -> None:
    last, said = day(relay), relay.locator("h1").inner_text()
    relay.keyboard.press("ArrowLeft")
    relay.wait_for_url(re.compile(r"\?day=2026-07-30$"))
    expect(relay.locator("h1")).not_to_have_text(said)
    expect(relay.locator("#relay-day-title")).to_contain_text("30 Jul 2026")
    relay.keyboard.press("ArrowRight")
    expect(reading.value(relay, "News day")).to_have_text(last)
    expect(relay.locator("h1")).to_have_text(said)


def test_play_walks_the_strip_to_its_end_and_stops(open_page: Open, dashboard: Dashboard) -> None:
    page = open_page(f"{dashboard.address}/contagion?day=2026-07-29&span=10")
    reading.wait_ready(page)
    page.clock.install()
    page.locator("#relay-play").click()
    for _ in range(12):
        page.clock.run_for(1500)
        reading.wait_ready(page)
    expect(page.locator("html")).not_to_have_attribute("data-playing", "true")
    expect(page.locator("#relay-play .still")).to_be_visible()


def test_a_column_of_the_strip_opens_its_day(relay: Page) -> None:
    cell = relay.locator("#relay-strip .shown .barlayer path").first
    cell.evaluate("node => node.scrollIntoView({block: 'center'})")  # clear of the strip at the foot
    box = cell.bounding_box()
    assert box is not None
    relay.mouse.move(box["x"] + 6, box["y"] + 6)
    expect(relay.locator("#relay-strip-readout")).to_contain_text("Asia gap")
    relay.mouse.click(box["x"] + 6, box["y"] + 6)
    relay.wait_for_url(re.compile(r"\?day=2026-"))
    reading.wait_ready(relay)
    expect(relay.locator("#relay-play")).to_have_attribute("data-day", relay.url.split("day=")[1])


def test_the_pointer_reads_the_drawing_that_is_seen(drawdowns: Page) -> None:
    """Once a spare canvas lies behind the chart too: it must not take the pointer."""
    drawdowns.wait_for_function("() => document.querySelectorAll('[data-plot] .canvas').length > 1")
    drawdowns.mouse.move(500, 350)
    drawdowns.mouse.move(505, 352)
    expect(drawdowns.locator(f"#{reading.CHART}-readout")).to_contain_text("%")


def test_a_chart_that_takes_long_says_so_and_can_be_called_off(relay: Page) -> None:
    said = relay.locator("h1").inner_text()

    def late(_route: Route) -> None:
        """Never answered: the reader calls it off."""

    relay.route(re.compile("/figure/relay-strip.*span=40"), late)
    relay.evaluate("window.aftershock.go('?span=40')")
    working = relay.locator("#relay-strip .working")
    expect(working).to_contain_text("Working")
    working.locator("button").click()
    expect(relay.locator(".working")).to_have_count(0)
    relay.wait_for_url(re.compile("/contagion$"))
    expect(relay.locator("h1")).to_have_text(said)
    expect(relay.locator("#relay-strip .shown")).to_have_count(1)


@pytest.mark.parametrize("size", [SMALL, LARGE], ids=["1280", "1920"])
@pytest.mark.parametrize("query", ["", "?day=2026-06-26", "?span=40"])
def test_no_two_texts_of_a_drawing_meet(
    query: str, size: tuple[int, int], open_page: Open, dashboard: Dashboard
) -> None:
    page = open_page(f"{dashboard.address}/contagion{query}", size=size)
    reading.wait_ready(page)
    for chart in ("relay-day", "relay-strip"):
        texts = reading.texts_of(page, chart)
        assert len(texts) > 20
        assert not [(a.text, b.text) for a, b in combinations(texts, 2) if a.meets(b)]

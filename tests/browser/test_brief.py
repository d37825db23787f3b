"""The Brief in a browser: one screen without scrolling, no text on another, and the reader's meeting."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from itertools import combinations
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser import reading
from tests.browser.conftest import LARGE, SMALL, Open
from tests.browser.reading import Box
from tests.browser.running import Dashboard, running

pytestmark = pytest.mark.browser
INSTANTS = ("2026-07-31T21:30Z", "2026-07-30T07:00Z", "2026-06-19T21:30Z")

# Every text that is seen: those of the document by their own rectangles, those of the charts whole.
# The ways out of a chart show when it is pointed at, over the end of its title.
_SEEN = """() => {
  const found = [];
  const add = (text, box) => {
    if (text.trim() && box.width && box.height) {
      found.push({text, left: box.left, right: box.right, top: box.top, bottom: box.bottom});
    }
  };
  const walker = document.createTreeWalker(document.querySelector('.shell'), NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const node = walker.currentNode, own = node.parentElement;
    if (own.closest('svg, .actions, .menu, .skip, .toast, .unseen') || !own.checkVisibility()) continue;
    const range = document.createRange();
    range.selectNodeContents(node);
    const clip = own.closest('.since, .note, .session, .next, h2');
    const box = range.getBoundingClientRect();
    const right = clip ? Math.min(box.right, clip.getBoundingClientRect().right) : box.right;
    add(node.textContent, {left: box.left, right, top: box.top + 2, bottom: box.bottom - 2,
                           width: right - box.left, height: box.height});
  }
  document.querySelectorAll('.canvas.shown .textpoint text').forEach(node => {
    const box = node.getBoundingClientRect(), trim = box.height * 0.2;
    add(node.textContent, {left: box.left, right: box.right, top: box.top + trim, bottom: box.bottom - trim,
                           width: box.width, height: box.height});
  });
  return found;
}"""

# A text wider than what holds it.
_CUT = """() => [...document.querySelectorAll('.page-brief *')]
  .filter(node => !node.closest('.plot, .actions, .menu, .unseen') && node.clientWidth > 0)
  .filter(node => node.scrollWidth > node.clientWidth + 1 && getComputedStyle(node).display !== 'inline')
  .map(node => `${node.tagName}.${node.className}: ${node.textContent.slice(0, 60)}`)"""


@pytest.fixture(scope="module")
def simulated(imported: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Dashboard]:
    """The same prices where they are simulated ones, and no real one is stored."""
    folder = tmp_path_factory.mktemp("simulated")
    shutil.copytree(imported, folder, dirs_exist_ok=True)
    (folder / "aftershock.db").rename(folder / "simulated.db")
    with running(Dashboard(folder)) as found:
        yield found


def seen(page: Page) -> list[Box]:
    return [Box(**found) for found in page.evaluate(_SEEN)]


@pytest.mark.parametrize("theme", ["dark", "light"])
@pytest.mark.parametrize("size", [SMALL, LARGE], ids=["1280", "1920"])
@pytest.mark.parametrize("asof", INSTANTS)
def test_one_screen_holds_it_all_and_no_text_meets_another(
    asof: str, size: tuple[int, int], theme: str, open_page: Open, dashboard: Dashboard
) -> None:
    page = open_page(f"{dashboard.address}/brief?asof={asof}&zone=Europe/London", size=size, theme=theme)
    holds_it_all(page, size)


@pytest.mark.parametrize("theme", ["dark", "light"])
@pytest.mark.parametrize("size", [SMALL, LARGE], ids=["1280", "1920"])
def test_the_band_over_simulated_prices_finds_its_room_on_that_screen(
    size: tuple[int, int], theme: str, open_page: Open, simulated: Dashboard
) -> None:
    address = f"{simulated.address}/brief?asof={INSTANTS[0]}&zone=Europe/London"
    page = open_page(address, size=size, theme=theme)
    expect(page.locator(".banner.simulated")).to_have_css("min-height", "28px")
    holds_it_all(page, size)


def holds_it_all(page: Page, size: tuple[int, int]) -> None:
    """Nothing is scrolled to, no text touches another and none is cut off."""
    reading.wait_ready(page)
    expect(page.locator(".answer")).to_have_count(5)
    high, wide = page.evaluate(
        "() => [document.documentElement.scrollHeight, document.documentElement.scrollWidth]"
    )
    assert (wide, high) == size, "everything stands on one screen"
    texts = seen(page)
    assert len(texts) > 150
    touching = [(a.text, b.text) for a, b in combinations(texts, 2) if a.meets(b)]
    assert not touching
    assert not page.evaluate(_CUT)
    foot = page.locator(".page-brief .foot").bounding_box()
    strip = page.locator(".strip").bounding_box()
    assert foot and strip
    assert foot["y"] + foot["height"] <= strip["y"] + 0.5
    assert all(box.left >= 0 and box.right <= size[0] for box in texts)


def test_the_first_page_is_the_brief_and_its_tab_comes_first(open_page: Open, dashboard: Dashboard) -> None:
    page = open_page(dashboard.address)
    reading.wait_ready(page)
    expect(page.locator(".nav-tab").first).to_have_text("Brief")
    expect(page.locator(".nav-tab.current")).to_have_text("Brief")
    expect(page.locator(".page-brief h1")).to_contain_text("%")


def test_the_meeting_is_at_half_past_eight_of_the_browsers_clock_until_it_is_set(
    open_page: Open, dashboard: Dashboard
) -> None:
    page = open_page(f"{dashboard.address}/brief?asof=2026-07-31T21:30Z", timezone_id="Asia/Tokyo")
    zone = page.locator(".bar details.control").nth(1)
    expect(zone.locator(".value")).to_have_text("Tokyo")
    expect(reading.value(page, "Since your last meeting")).to_have_text("Fri 31 Jul, 08:30")
    reading.wait_ready(page)
    reading.choose(page, "Since your last meeting", "09:30")
    page.wait_for_url(re.compile(r"meet=09:30"))
    expect(reading.value(page, "Since your last meeting")).to_have_text("Fri 31 Jul, 09:30")
    zone.locator("summary").click()
    zone.locator("a.choice", has_text="New York").click()
    page.wait_for_url(re.compile(r"zone=America"))
    expect(zone.locator(".value")).to_have_text("New York")
    # Kept: without it in the address, in the document itself.
    page.goto(f"{dashboard.address}/brief?asof=2026-07-31T21:30Z")
    expect(reading.value(page, "Since your last meeting")).to_have_text("Fri 31 Jul, 09:30")
    expect(zone.locator(".value")).to_have_text("New York")


def test_every_way_out_of_a_chart_is_reached_by_keyboard(open_page: Open, dashboard: Dashboard) -> None:
    page = open_page(f"{dashboard.address}/brief?asof=2026-07-31T21:30Z")
    reading.wait_ready(page)
    for chart in ("brief-relay", "brief-heat", "brief-indices"):
        actions = page.locator(f"[data-chart={chart}] .actions").first
        assert actions.evaluate("node => getComputedStyle(node).opacity") == "0"
        page.locator(f"#{chart}-png").focus()
        expect(actions).to_have_css("opacity", "1")
        page.keyboard.press("Tab")
        assert page.evaluate("() => document.activeElement.closest('[data-chart]').dataset.chart") == chart
    page.locator("#brief-heat-table").focus()
    page.keyboard.press("Enter")
    expect(page.locator("#brief-heat-data table")).to_be_visible()

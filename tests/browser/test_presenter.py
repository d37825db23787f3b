"""Presenter mode: slides by keys, large type, prices that stand still; the morning by keyboard alone."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from app.web.application import HOME, PAGES
from tests.browser import reading
from tests.browser.conftest import FILLED_WITHIN, LARGE, SMALL, Open
from tests.browser.running import Dashboard, running

pytestmark = pytest.mark.browser
FLOOR = 18
RELAY = next(page for page in PAGES if page.PATH == "/contagion")
COUNT = len(RELAY.CHARTS)
DRAWDOWNS = "/drawdowns?present=1"

# The least type of what is seen on a slide, in pixels of a window of 1280 by 720, the figure's included.
_LEAST = """() => {
  const slide = document.querySelector('.slide:not(.away)');
  const texts = [...slide.querySelectorAll('*')].filter(node => node.checkVisibility()
    && [...node.childNodes].some(part => part.nodeType === 3 && part.textContent.trim()));
  const sizes = texts.map(node => [parseFloat(getComputedStyle(node).fontSize), node.textContent.trim()]);
  return sizes.sort((a, b) => a[0] - b[0])[0];
}"""

# What a slide cuts off or lets fall out of the window.
_OUTSIDE = """() => {
  const slide = document.querySelector('.slide:not(.away)');
  const room = [window.innerWidth + 1, window.innerHeight + 1];
  return [...slide.querySelectorAll('h1, p, li, .slide-foot > *, .textpoint text, .slide-figure .xtick text')]
    .filter(node => node.textContent.trim() && node.checkVisibility())
    .filter(node => {
      const box = node.getBoundingClientRect();
      return box.left < -1 || box.top < -1 || box.right > room[0] || box.bottom > room[1];
    })
    .map(node => node.textContent.slice(0, 60));
}"""


def presented(open_page: Open, dashboard: Dashboard, address: str, **options: object) -> Page:
    page = open_page(dashboard.address + address, **options)
    reading.wait_slide(page, 1)
    return page


def count_of(page: Page) -> int:
    return int(str(page.locator("#present").get_attribute("data-count")))


@pytest.mark.parametrize("size", [SMALL, LARGE], ids=["1280", "1920"])
@pytest.mark.parametrize("path", [page.PATH for page in PAGES])
def test_every_slide_is_large_and_whole(
    path: str, size: tuple[int, int], open_page: Open, dashboard: Dashboard
) -> None:
    page = presented(open_page, dashboard, f"{path}?present=1", size=size)
    for number in range(1, count_of(page) + 1):
        slide = reading.wait_slide(page, number)
        least, text = page.evaluate(_LEAST)
        assert least >= FLOOR, (number, text)
        assert not page.evaluate(_OUTSIDE)
        expect(slide.locator("h1")).to_be_visible()
        expect(slide.locator(".count")).to_have_text(f"{number} of {count_of(page)}")
        page.keyboard.press("ArrowRight")
    reading.wait_slide(page, 1)  # after the last comes the first


@pytest.mark.parametrize("size", [SMALL, LARGE], ids=["1280", "1920"])
def test_the_list_of_events_is_a_slide_that_is_not_scrolled(
    size: tuple[int, int], open_page: Open, dashboard: Dashboard
) -> None:
    page = presented(open_page, dashboard, "/events?present=1", size=size)
    table = page.locator(".slide .said")
    expect(table.locator("tbody tr")).to_have_count(10)
    high, room, wide, across = table.evaluate(
        "node => (({scrollHeight, clientHeight, scrollWidth, clientWidth}) => "
        "[scrollHeight, clientHeight, scrollWidth, clientWidth])(node.closest('.slide-figure'))"
    )
    assert high <= room and wide <= across
    note = page.locator(".slide .note").bounding_box()
    foot = page.locator(".slide-foot").bounding_box()
    assert note and foot and note["y"] + note["height"] <= foot["y"]


def test_slides_are_turned_by_keys_and_stay_in_the_address(open_page: Open, dashboard: Dashboard) -> None:
    page = presented(open_page, dashboard, "/contagion?basket=us&present=1")
    for key, number in (
        ("PageDown", 2),
        ("ArrowRight", 3),
        ("PageUp", 2),
        ("ArrowLeft", 1),
        ("ArrowLeft", COUNT),
        ("Home", 1),
        ("End", COUNT),
        ("ArrowDown", 1),
        ("ArrowUp", COUNT),
    ):
        page.keyboard.press(key)
        reading.wait_slide(page, number)
    page.wait_for_url(re.compile(rf"\?basket=us&present=1&slide={COUNT}$"))
    page.reload()
    reading.wait_slide(page, COUNT)
    expect(page.locator("#present-said")).to_contain_text(f"{COUNT} of {COUNT}: ")
    page.keyboard.press("Escape")
    page.wait_for_url(re.compile(rf"/contagion\?basket=us#{RELAY.CHARTS[-1].id}$"))
    reading.wait_ready(page)


def test_a_page_is_entered_at_the_chart_that_has_the_focus(open_page: Open, dashboard: Dashboard) -> None:
    page = open_page(f"{dashboard.address}/contagion?basket=us")
    reading.wait_ready(page)
    page.locator(f"#{RELAY.CHARTS[1].id}-png").focus()
    page.keyboard.press("p")
    reading.wait_slide(page, 2)
    assert page.url.endswith("/contagion?basket=us&present=1&slide=2")


def test_a_letter_typed_into_a_field_is_a_letter(drawdowns: Page) -> None:
    reading.control(drawdowns, "As of").locator("summary").click()
    field = reading.control(drawdowns, "As of").locator("input")
    field.press("p")
    expect(field).to_have_value("p")
    assert "present" not in drawdowns.url


def test_the_word_leads_in_and_out_of_the_same_view(drawdowns: Page) -> None:
    reading.choose(drawdowns, "From", "January 2021")
    drawdowns.wait_for_url(re.compile(r"\?from=2021$"))
    told = reading.headline(drawdowns).inner_text()
    drawdowns.locator("#shell-present").click()
    slide = reading.wait_slide(drawdowns, 1)
    assert drawdowns.url.endswith("/drawdowns?from=2021&present=1")
    expect(slide.locator("h1")).to_have_text(told)
    slide.get_by_text("Leave").click()
    drawdowns.wait_for_url(re.compile(r"/drawdowns\?from=2021$"))
    reading.wait_ready(drawdowns)


def test_a_playlist_turns_its_pages_by_itself(open_page: Open, dashboard: Dashboard) -> None:
    page = open_page("about:blank")
    page.clock.install()
    page.goto(f"{dashboard.address}{DRAWDOWNS}&every=20&playlist=/data,relay-strip")
    first = reading.wait_slide(page, 1)
    expect(first.locator(".count")).to_have_text("1 of 3")
    expect(first.locator(".pace")).to_have_text("Every 20 s")
    page.clock.run_for(8_000)
    reading.wait_slide(page, 1)
    page.clock.run_for(14_000)
    expect(reading.wait_slide(page, 2).locator("h1")).to_contain_text("exchanges")
    page.keyboard.press(" ")
    expect(page.locator(".slide:not(.away) .pace")).to_have_text("Paused")
    page.clock.run_for(60_000)
    reading.wait_slide(page, 2)
    page.keyboard.press("p")
    page.clock.run_for(21_000)
    reading.wait_slide(page, 3)
    page.clock.run_for(21_000)
    reading.wait_slide(page, 1)
    assert "every=20&playlist=/data" in page.url.replace("%2F", "/")


def test_the_theme_changes_on_a_slide(open_page: Open, dashboard: Dashboard) -> None:
    page = presented(open_page, dashboard, DRAWDOWNS)
    ink = page.evaluate("getComputedStyle(document.querySelector('h1')).color")
    drawn = page.locator(".slide-figure path.js-line").first
    before = drawn.evaluate("node => getComputedStyle(node).stroke")
    page.keyboard.press("t")
    expect(page.locator("html")).to_have_attribute("data-theme", "light")
    page.wait_for_function(
        "was => [...document.querySelectorAll('.slide-figure path.js-line')]"
        ".every(line => getComputedStyle(line).stroke !== was)",
        arg=before,
    )
    assert page.evaluate("getComputedStyle(document.querySelector('h1')).color") != ink


def test_a_resized_window_keeps_its_slide_and_draws_it_anew(open_page: Open, dashboard: Dashboard) -> None:
    page = presented(open_page, dashboard, DRAWDOWNS)
    drawn = page.locator(".slide-figure .main-svg").first
    height = str(drawn.get_attribute("height"))
    page.set_viewport_size({"width": 1920, "height": 1200})
    expect(drawn).not_to_have_attribute("height", height)
    reading.wait_slide(page, 1)
    assert not page.evaluate(_OUTSIDE)


@pytest.fixture
def own(imported: Path, tmp_path: Path) -> Iterator[Dashboard]:
    """A dashboard whose prices this test may change."""
    shutil.copytree(imported, tmp_path / "data")
    with running(Dashboard(tmp_path / "data")) as found:
        yield found


def test_prices_stand_still_until_they_are_taken(
    own: Dashboard, prices: Path, tmp_path: Path, open_page: Open
) -> None:
    page = open_page(own.address + "/contagion?present=1")
    slide = reading.wait_slide(page, 1)
    expect(slide.locator(".frozen")).to_have_text("As of 31 Jul 2026, 22:00 UTC. Frozen")
    expect(slide.locator(".news")).to_be_hidden()
    before = slide.locator("h1").inner_text()
    changed = tmp_path / "changed"
    changed.mkdir()
    for name in ("000660.KS.csv", "NVDA.csv"):
        text = (prices / name).read_text().rstrip("\n").split("\n")
        day, *figures = text[-1].split(",")
        lower = [f"{float(figure) * 0.97:.2f}" for figure in figures[:5]]
        (changed / name).write_text("\n".join([*text[:-1], ",".join([day, *lower, *figures[5:]])]) + "\n")
    own.command("import", str(changed))
    news = page.locator(".slide:not(.away) .news")
    expect(news).to_have_text("2 revised bars", timeout=FILLED_WITHIN)
    assert slide.locator("h1").inner_text() == before
    token = page.locator("#present").get_attribute("data-token")
    page.keyboard.press("ArrowRight")
    reading.wait_slide(page, 2)
    expect(page.locator(".slide:not(.away) .news")).to_have_text("2 revised bars")
    page.keyboard.press("r")
    expect(page.locator("#present")).not_to_have_attribute("data-token", str(token))
    reading.wait_slide(page, 2)
    expect(page.locator(".slide:not(.away) .news")).to_be_hidden()


def test_slides_that_are_loaded_outlive_the_server(own: Dashboard, open_page: Open, watch: object) -> None:
    watch.allow("ERR_CONNECTION_REFUSED", "the server is gone, as it should be")  # type: ignore[attr-defined]
    page = open_page(own.address + "/contagion?present=1")
    reading.wait_slide(page, 1)
    page.wait_for_function(
        "count => document.querySelectorAll('.slide-figure .main-svg:first-child').length >= count", arg=COUNT
    )
    own.stop()
    for number in (*range(2, COUNT + 1), 1):
        page.keyboard.press("ArrowRight")
        reading.wait_slide(page, number)
    expect(page.locator("html")).to_have_attribute("data-away", re.compile("."), timeout=FILLED_WITHIN)


def test_the_morning_by_keyboard_alone(open_page: Open, dashboard: Dashboard) -> None:
    """From the home page to its slides, back to the chart, and out with a picture; no pointer anywhere."""
    page = open_page(f"{dashboard.address}/", accept_downloads=True)
    reading.wait_ready(page)
    told = reading.headline(page).inner_text()
    assert told
    page.keyboard.press("p")
    reading.wait_slide(page, 1)
    last = count_of(page)
    for number in range(2, last + 1):
        page.keyboard.press("PageDown")
        reading.wait_slide(page, number)
    page.keyboard.press("Home")
    reading.wait_slide(page, 1)
    page.keyboard.press("Escape")
    reading.wait_ready(page)
    expect(reading.headline(page)).to_have_text(told)
    chart = next(item for item in PAGES if item.PATH == HOME).CHARTS[0].id
    for _ in range(80):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.id") == f"{chart}-png":
            break
    expect(page.locator(f"#{chart}-png")).to_be_focused()
    with page.expect_download() as download:
        page.keyboard.press("Enter")
    assert re.fullmatch(
        rf"aftershock-{chart}-2026-07-31-[a-z]+-[0-9A-Z]+\.png", download.value.suggested_filename
    )
    expect(page.locator("#shell-toast")).to_contain_text("Saved aftershock-")

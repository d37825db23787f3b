"""A part of the page replaced under the reader's hand: menus stay open, a press that has begun is a click."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, Route, expect

from tests.browser import reading
from tests.browser.conftest import Open, Watch
from tests.browser.running import Dashboard

pytestmark = pytest.mark.browser
ADDRESS = "/drawdowns?asof=2026-06-26"
_TAKEN = "() => Object.keys(document.getElementById('page') || {}).some(key => key.startsWith('__react'))"


class Held:
    """Requests of a kind that wait until they are let go."""

    def __init__(self, page: Page, pattern: str) -> None:
        self.pattern, self.gone = re.compile(pattern), False
        self.waiting: list[Route] = []
        page.route(self.pattern, self.hold)

    def hold(self, route: Route) -> None:
        if self.gone:
            route.continue_()
        else:
            self.waiting.append(route)

    def let_go(self) -> None:
        """Those that wait and those that come."""
        self.gone = True
        for route in self.waiting:
            route.continue_()


@pytest.fixture
def early(browser: Browser, dashboard: Dashboard, watch: Watch) -> Iterator[tuple[Page, Held]]:
    """A page that the server wrote and Dash has not taken over."""
    context = browser.new_context(viewport={"width": 1280, "height": 720})
    page = context.new_page()
    watch.follow(page)
    held = Held(page, "/_dash-layout")
    page.goto(dashboard.address + ADDRESS, wait_until="commit")
    reading.control(page, "Basket").locator("summary").wait_for()
    assert not page.evaluate(_TAKEN)
    yield page, held
    context.close()


def press(page: Page, target: Any) -> None:
    """The button goes down on it, and stays down."""
    box = target.bounding_box()
    assert box
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    page.mouse.down()


@contextmanager
def taken_over(page: Page, held: Held) -> Iterator[None]:
    """What is done inside begins on the server's page and ends on Dash's."""
    yield
    held.let_go()
    page.wait_for_function(_TAKEN)
    reading.control(page, "Basket").locator("summary").wait_for()


def test_a_menu_opened_before_dash_takes_over_stays_open(early: tuple[Page, Held]) -> None:
    page, held = early
    menu = reading.control(page, "Basket")
    with taken_over(page, held):
        menu.locator("summary").click()
        expect(menu).to_have_attribute("open", "")
    expect(menu).to_have_attribute("open", "")
    menu.locator("a.choice", has_text="Asia").first.click()
    page.wait_for_url("**basket=asia**")
    expect(menu).not_to_have_attribute("open", "")
    # It is not open again when the page is left and comes back.
    page.locator(".nav-tab", has_text="Data").click()
    page.wait_for_url("**/data**")
    page.locator(".nav-tab", has_text="Drawdowns").click()
    reading.wait_ready(page)
    expect(reading.control(page, "Basket")).not_to_have_attribute("open", "")


def test_a_press_that_begins_before_and_ends_after_is_one_click(early: tuple[Page, Held]) -> None:
    page, held = early
    menu = reading.control(page, "Basket")
    menu.locator("summary").click()
    with taken_over(page, held):
        press(page, menu.locator("a.choice", has_text="Asia").first)
    assert "basket=" not in page.url
    page.mouse.up()
    page.wait_for_url("**basket=asia**")
    reading.wait_ready(page)
    expect(reading.value(page, "Basket")).to_contain_text("Asia")


def test_a_press_on_a_menu_opens_it_once(early: tuple[Page, Held]) -> None:
    page, held = early
    menu = reading.control(page, "Axis")
    with taken_over(page, held):
        press(page, menu.locator("summary"))
    page.mouse.up()
    expect(menu).to_have_attribute("open", "")


def test_what_is_typed_and_where_is_kept(early: tuple[Page, Held]) -> None:
    page, held = early
    menu = reading.control(page, "As of")
    field = menu.locator("input")
    with taken_over(page, held):
        menu.locator("summary").click()
        field.press_sequentially("x")
        field.fill("2026-06-2")
    expect(field).to_have_value("2026-06-2")
    expect(field).to_be_focused()
    page.keyboard.type("3")
    page.keyboard.press("Enter")
    page.wait_for_url("**asof=2026-06-23**")


def test_a_slow_answer_takes_no_click_and_closes_no_menu(open_page: Open, dashboard: Dashboard) -> None:
    page = open_page(dashboard.address + ADDRESS)
    reading.wait_ready(page)
    held = Held(page, "/_dash-update-component")
    with page.expect_request(held.pattern):
        reading.choose(page, "Basket", "Asia")
    menu = reading.control(page, "Axis")
    menu.locator("summary").click()
    press(page, menu.locator("a.choice", has_text="alendar"))
    held.let_go()
    expect(reading.value(page, "Basket")).to_contain_text("Asia")
    expect(menu).to_have_attribute("open", "")
    page.mouse.up()
    page.wait_for_url("**axis=calendar**")
    reading.wait_ready(page)
    expect(reading.value(page, "Basket")).to_contain_text("Asia")


def test_a_press_that_ends_elsewhere_is_no_click(early: tuple[Page, Held]) -> None:
    page, held = early
    menu = reading.control(page, "Basket")
    menu.locator("summary").click()
    with taken_over(page, held):
        press(page, menu.locator("a.choice", has_text="Asia").first)
    box = menu.locator("a.choice").last.bounding_box()
    assert box
    page.mouse.move(box["x"] + 5, box["y"] + 5)
    page.mouse.up()
    page.evaluate("() => new Promise(window.requestAnimationFrame)")
    assert "basket=" not in page.url

"""A control changes: the address, its value, the chart, the tables and the sentences change together."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, Route, expect

from tests.browser import reading
from tests.browser.conftest import Open
from tests.browser.reading import CHART
from tests.browser.running import Dashboard

pytestmark = pytest.mark.browser


def at_query(page: Page, query: str) -> None:
    """Until the address is the Drawdowns page with this query, and all of it stands."""
    page.wait_for_url(re.compile(re.escape(f"/drawdowns{query}") + "$"))
    reading.wait_ready(page)


def agreed(page: Page) -> None:
    """The values beside the lines are the ones of the table."""
    assert reading.labelled(page) == reading.column(page, "Now, %")


def drawn_anew(page: Page, was: list[str]) -> None:
    """Until no line has one of the colours it had."""
    page.wait_for_function(
        "was => [...document.querySelectorAll('[data-plot] .shown path.js-line')]"
        ".every(path => !was.includes(getComputedStyle(path).stroke))",
        arg=was,
    )


def test_a_window_is_chosen_and_left_and_reloaded(drawdowns: Page) -> None:
    page, note = drawdowns, drawdowns.locator(f"#{CHART}-note")
    first, days = reading.paths(page), page.locator(".side.days").inner_text()
    agreed(page)

    reading.choose(page, "From", "One year")
    at_query(page, "?from=1y")
    expect(note).to_contain_text("since 28 Jul 2025")
    expect(reading.value(page, "From")).to_have_text("28 Jul 2025")
    expect(page.locator(".side.days")).not_to_have_text(days, use_inner_text=True)
    chosen, chosen_days = reading.paths(page), page.locator(".side.days").inner_text()
    assert len(chosen) == len(first) and not set(chosen) & set(first)
    agreed(page)

    page.go_back()
    at_query(page, "")
    expect(note).to_contain_text("since 1 Jan 2024")
    expect(reading.value(page, "From")).to_have_text("Jan 2024")
    expect(page.locator(".side.days")).to_have_text(days, use_inner_text=True)
    assert reading.paths(page) == first

    page.go_forward()
    at_query(page, "?from=1y")
    expect(reading.value(page, "From")).to_have_text("28 Jul 2025")
    page.reload()
    reading.wait_ready(page)
    expect(reading.value(page, "From")).to_have_text("28 Jul 2025")
    expect(page.locator(".side.days")).to_have_text(chosen_days, use_inner_text=True)
    assert reading.paths(page) == chosen


def test_a_name_is_toggled_and_its_menu_stays(drawdowns: Page) -> None:
    page = drawdowns
    reading.control(page, "Lines").locator("summary").click()
    reading.choice(page, "Lines", "ASML").click()
    expect(reading.value(page, "Lines")).to_have_text("9 names + basket")
    reading.wait_ready(page)
    expect(reading.choice(page, "Lines", "ASML")).to_be_visible()
    expect(reading.choice(page, "Lines", "ASML")).to_have_class(re.compile(r"\bchosen\b"))
    assert len(reading.lines(page)) == 10 and "ASML" in reading.labelled(page)
    agreed(page)
    reading.choice(page, "Lines", "ASML").click()
    expect(reading.value(page, "Lines")).to_have_text("8 names + basket")
    reading.wait_ready(page)
    expect(reading.choice(page, "Lines", "ASML")).to_be_visible()
    assert "ASML" not in reading.labelled(page)


def test_a_menu_is_worked_by_keys_alone(drawdowns: Page) -> None:
    page = drawdowns
    menu, summary = reading.control(page, "Peak"), reading.control(page, "Peak").locator("summary")
    summary.focus()
    page.keyboard.press("Enter")
    expect(menu).to_have_attribute("open", "")
    page.keyboard.press("ArrowDown")
    expect(reading.choice(page, "Peak", "Own record")).to_be_focused()
    page.keyboard.press("Escape")
    expect(menu).not_to_have_attribute("open", "")
    expect(summary).to_be_focused()
    page.keyboard.press("Enter")
    for _ in range(2):
        page.keyboard.press("ArrowDown")
    expect(reading.choice(page, "Peak", "52 weeks")).to_be_focused()
    page.keyboard.press("ArrowUp")
    page.keyboard.press("ArrowUp")
    expect(reading.choice(page, "Peak", "Since start")).to_be_focused()
    page.keyboard.press("Enter")
    at_query(page, "?peak=window")
    expect(reading.value(page, "Peak")).to_have_text("Since start")
    expect(page.locator(f"#{CHART}-title")).to_contain_text("own high since")


def test_a_head_sorts_the_table(drawdowns: Page) -> None:
    page = drawdowns
    before = reading.column(page, "Worst, %")
    page.locator("#drawdowns-table thead a", has_text="Worst, %").click()
    at_query(page, "?sort=worst")
    head = page.locator("#drawdowns-table th[aria-sort]")
    expect(head).to_have_text("Worst, %")
    expect(head).to_have_attribute("aria-sort", "ascending")
    names, worst = zip(*reading.column(page, "Worst, %").items(), strict=True)
    assert dict(zip(names, worst, strict=True)) == before and names[0] == reading.BASKET
    figures = [float(text.replace("−", "-")) for text in worst[1:]]
    assert figures == sorted(figures) and list(names) != list(before)


def test_a_theme_recolours_the_lines_and_is_kept(drawdowns: Page) -> None:
    page = drawdowns
    dark, paths = reading.colours(page), reading.paths(page)
    page.locator("#shell-theme").click()
    expect(page.locator("html")).to_have_attribute("data-theme", "light")
    drawn_anew(page, dark)
    reading.wait_ready(page)
    light = reading.colours(page)
    assert len(set(light)) == len(set(dark)) and reading.paths(page) == paths
    page.reload()
    reading.wait_ready(page)
    expect(page.locator("html")).to_have_attribute("data-theme", "light")
    assert reading.colours(page) == light


def test_lines_are_aligned_at_their_peaks_and_told_in_dollars(drawdowns: Page) -> None:
    page = drawdowns
    first, local = reading.paths(page), reading.column(page, "Last")
    reading.choose(page, "Align", "Own peak")
    at_query(page, "?align=peak")
    expect(page.locator(f"#{CHART}-title")).to_have_text("Path from each name’s record close")
    expect(reading.value(page, "Align")).to_have_text("Own peak")
    aligned = reading.paths(page)
    assert len(aligned) == len(first) and not set(aligned) & set(first)
    reading.choose(page, "Currency", "US dollars")
    at_query(page, "?currency=usd&align=peak")
    expect(page.locator(f"#{CHART}-note")).to_contain_text("US dollars")
    expect(reading.value(page, "Currency")).to_have_text("US dollars")
    dollars = reading.column(page, "Last")
    assert dollars["SK Hynix"] != local["SK Hynix"] and dollars["Nvidia"] == local["Nvidia"]
    assert reading.paths(page) != aligned


def typed(page: Page, text: str) -> None:
    reading.control(page, "As of").locator("summary").click()
    field = reading.control(page, "As of").locator("input")
    field.fill(text)
    field.press("Enter")


def test_a_date_is_typed(drawdowns: Page) -> None:
    page, today = drawdowns, reading.headline(drawdowns).inner_text()
    typed(page, "2026-06-23")
    at_query(page, "?asof=2026-06-23")
    expect(reading.value(page, "As of")).to_have_text("23 Jun 2026")
    expect(reading.headline(page)).not_to_have_text(today)
    agreed(page)
    assert not page.locator(".notice").count()


def test_an_impossible_date_says_so_and_loses_nothing(open_page: Open, dashboard: Dashboard) -> None:
    page = open_page(f"{dashboard.address}/drawdowns?from=2021")
    reading.wait_ready(page)
    told, table, paths = reading.headline(page).inner_text(), reading.table(page), reading.paths(page)
    typed(page, "2026-06-31")
    at_query(page, "?from=2021&asof=2026-06-31")
    expect(page.locator(".notice")).to_have_count(1)
    expect(page.locator(".notice")).to_contain_text("'2026-06-31' is no date; write it as 2026-06-23")
    expect(reading.headline(page)).to_have_text(told)
    expect(reading.value(page, "From")).to_have_text("Jan 2021")
    expect(reading.value(page, "As of")).to_have_text("Now")
    assert reading.table(page) == table and reading.paths(page) == paths


def test_choices_made_before_dash_has_come_are_kept(open_page: Open, dashboard: Dashboard) -> None:
    page = open_page("about:blank")
    held: list[Route] = []
    page.route("**/dash_renderer*", lambda route: held.append(route))
    page.goto(f"{dashboard.address}/drawdowns")
    expect(reading.drawing(page)).to_be_visible()
    dark = reading.colours(page)
    reading.choose(page, "From", "January 2021")
    page.locator("#shell-theme").click()
    expect(page.locator("html")).to_have_attribute("data-theme", "light")
    drawn_anew(page, dark)
    held[0].continue_()
    at_query(page, "?from=2021")
    expect(reading.value(page, "From")).to_have_text("Jan 2021")
    expect(page.locator(f"#{CHART}-note")).to_contain_text("since 1 Jan 2021")
    assert not set(reading.colours(page)) & set(dark)
    agreed(page)

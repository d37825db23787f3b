"""An event from the form to the charts: noted, flagged, edited by two at once, taken along in a memo."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from urllib.request import urlopen

import pytest
from playwright.sync_api import Page, expect

from tests.browser import reading
from tests.browser.conftest import Open, Watch
from tests.browser.pictures import read_picture
from tests.browser.running import Dashboard, running

pytestmark = pytest.mark.browser
TITLE = "Memory makers fall again"
EVENT = "2026-07-22-memory-makers-fall-again"


@pytest.fixture
def book(imported: Path, tmp_path: Path) -> Iterator[Dashboard]:
    """A dashboard whose events may be changed."""
    folder = tmp_path / "data"
    shutil.copytree(imported, folder)
    with running(Dashboard(folder)) as found:
        yield found


def fill(page: Page, **fields: str) -> None:
    for name, text in fields.items():
        page.locator(f"#events-f-{name}").fill(text)


def problem(page: Page, name: str) -> str:
    return page.locator(f'form.noting [data-problem="{name}"]').inner_text()


def send(page: Page) -> None:
    page.locator("form.noting .send").click()


def add(page: Page, title: str = TITLE) -> None:
    page.get_by_role("link", name="Add an event").click()
    fill(page, at="2026-07-22", title=title, what="They fell.", symbols="SK Hynix; MU", by="Ann")
    page.locator("#events-f-category").select_option("other")
    page.locator("button[data-more]").click()
    figure = page.locator("fieldset.claim").last
    for name, text in (("symbol", "^KS11"), ("value", "-1.5"), ("source", "An agency")):
        figure.locator(f'[data-name="{name}"]').fill(text)
    figure.locator('[data-name="basis"]').select_option("close")
    send(page)
    page.wait_for_url("**event=2026-07-22*")


def opened(page: Page) -> str:
    return page.locator("#event-title").inner_text()


def flagged(page: Page, title: str) -> str:
    """The number of the flag that the key gives a title."""
    row = page.locator(".flag-key tr", has_text=title).first
    expect(row).to_be_visible()
    return row.locator("th, td").first.inner_text().strip()


def test_an_event_is_noted_flagged_edited_by_two_and_taken_along(
    book: Dashboard, open_page: Open, watch: Watch
) -> None:
    watch.allow(r"409|422", "a refusal is an answer with a status of its own, which the browser logs")
    page = open_page(f"{book.address}/events")
    reading.wait_ready(page)
    add(page)
    assert opened(page) == TITLE
    expect(page.locator(".claims tbody tr")).to_have_count(1)

    # A memo's key has room for the severest alone: of its category this one is among them.
    charts = open_page(f"{book.address}/drawdowns?cat=other")
    reading.wait_ready(charts)
    number = flagged(charts, TITLE)
    assert number in {box.text for box in reading.chart_texts(charts)}
    contagion = open_page(f"{book.address}/contagion/stress")
    reading.wait_ready(contagion)
    assert flagged(contagion, TITLE)

    _two_editors(page, open_page, book)

    # The page of charts, still open, hears of it and draws anew.
    expect(charts.locator(".flag-key", has_text="The second title")).to_be_visible()
    with charts.expect_download() as waiting:
        reading.action(charts, "png").click()
    picture = read_picture(Path(waiting.value.path()).read_bytes())
    assert (picture.width, picture.height) == (3200, 1800)
    with urlopen(f"{book.address}/chart/{reading.CHART}.json?cat=other") as answer:
        memo = json.dumps(json.load(answer), ensure_ascii=False)
    assert "The second title" in memo and "22 Jul" in memo

    charts.locator(".flag-key a", has_text="The second title").click()
    expect(charts.locator("#event-title")).to_have_text("The second title")


def _two_editors(page: Page, open_page: Open, book: Dashboard) -> None:
    """The second of two is shown both versions, and nothing that either wrote is lost."""
    edit = f"{book.address}/events?event={EVENT}&form=edit"
    page.goto(edit)
    second = page.context.new_page()
    second.goto(edit)
    for tab in (page, second):
        expect(tab.locator("#events-f-title")).to_have_value(TITLE)
    # A form in which nothing is typed yet follows the store; this one is being typed in.
    fill(second, title="The second title", by="Ben")
    second.locator("#events-f-severity").select_option("3")

    fill(page, title="The first title", what="Told by the first.", by="Ann")
    send(page)
    page.wait_for_function("() => !document.querySelector('form.noting')")
    expect(page.locator("#event-title")).to_have_text("The first title")

    send(second)
    told = second.locator(".conflict")
    expect(told).to_contain_text("changed by Ann meanwhile")
    expect(told).to_contain_text("Taken over from it: what happened.")
    expect(told).to_contain_text("Changed by both: title")
    expect(second.locator("#events-f-title")).to_have_value("The second title")
    expect(second.locator("#events-f-what")).to_have_value("Told by the first.")
    expect(second.locator(".theirs")).to_contain_text("Stored now, by Ann: The first title")
    send(second)
    second.wait_for_function("() => !document.querySelector('form.noting')")
    expect(second.locator("#event-title")).to_have_text("The second title")
    expect(second.locator(".opened .what")).to_have_text("Told by the first.")
    second.locator(".past summary").click()
    history = second.locator(".history li")
    expect(history).to_have_count(3)
    expect(history.first).to_contain_text("Edited: title and severity, by Ben")
    second.close()


def test_refusals_stand_beside_their_fields_and_what_was_typed_outlives_a_reload(
    book: Dashboard, open_page: Open, watch: Watch
) -> None:
    watch.allow(r"422", "a refusal is an answer with a status of its own, which the browser logs")
    page = open_page(f"{book.address}/events?form=add", theme="light")
    reading.wait_ready(page)
    fill(page, at="2027-01-01", title="<img src=x onerror=alert(1)>", symbols="Nowhere Inc")
    page.locator("button[data-more]").click()
    send(page)
    expect(page.locator('[data-problem="at"]')).to_contain_text("has not come")
    assert "Nowhere Inc is not in the universe" in problem(page, "symbols")
    assert "say who makes the change" in problem(page, "by")
    expect(page.locator("fieldset.claim .problem")).to_contain_text("The basis is missing")
    expect(page.locator("#events-f-at")).to_be_focused()
    assert page.locator("#events-f-at").get_attribute("aria-invalid") == "true"
    page.reload()
    reading.wait_ready(page)
    expect(page.locator("#events-f-symbols")).to_have_value("Nowhere Inc")
    expect(page.locator(".back")).to_contain_text("What was typed before is back.")
    fill(page, at="2026-07-22", symbols="", by="Ann")
    page.locator("[data-less]").click()
    send(page)
    expect(page.locator("#event-title")).to_have_text("<img src=x onerror=alert(1)>")
    assert page.locator(".opened img").count() == 0


def test_a_file_is_brought_in_and_its_bad_rows_are_listed(
    book: Dashboard, open_page: Open, tmp_path: Path
) -> None:
    file = tmp_path / "notes.csv"
    file.write_text("at,title\n2026-07-22,Good\n2027-07-22,Bad\n", "utf-8")
    page = open_page(f"{book.address}/events?form=import")
    reading.wait_ready(page)
    fill(page, by="Ann")
    page.locator("#events-f-file").set_input_files(file)
    send(page)
    expect(page.locator(".conflict")).to_contain_text("1 added, 0 changed, 0 as they were; 1 row refused.")
    expect(page.locator(".refused li")).to_have_text(re.compile("^Line 3: The date 2027-07-22 has not come"))
    expect(page.locator(".events tbody tr", has_text="Good")).to_be_visible()
    with page.expect_download() as waiting:
        page.locator(".doing a", has_text="JSON").click()
    written = json.loads(Path(waiting.value.path()).read_text("utf-8"))
    assert "Good" in {event["title"] for event in written["events"]}


@pytest.mark.parametrize("size", [(1280, 720), (1920, 1080)])
def test_the_page_holds_its_texts(open_page: Open, dashboard: Dashboard, size: tuple[int, int]) -> None:
    page = open_page(f"{dashboard.address}/events?event=2026-06-26-second-halt-in-june", size=size)
    reading.wait_ready(page)
    assert not reading.cut_texts(page)
    across, window = reading.widths(page)
    assert across <= window
    expect(page.locator(".events tr.chosen")).to_have_count(1)
    expect(page.locator(".claims tbody tr")).to_have_count(9)


def test_from_an_event_to_its_study_and_back_by_keyboard(open_page: Open, dashboard: Dashboard) -> None:
    page = open_page(f"{dashboard.address}/events?event=2026-06-23-korea-loses-a-tenth&asof=2026-07-01")
    reading.wait_ready(page)
    title = opened(page)
    page.get_by_role("link", name="Relay of the day").focus()
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Study of it")).to_be_focused()
    page.keyboard.press("Enter")
    page.wait_for_url("**/events/study?event=2026-06-23-korea-loses-a-tenth&asof=2026-07-01")
    expect(page.locator("h1")).to_contain_text(title)
    back = page.locator(".deck-line a")
    expect(back).to_have_text(re.compile(r"^The event and its \d+ claims$"))
    back.focus()
    page.keyboard.press("Enter")
    page.wait_for_url("**/events?event=2026-06-23-korea-loses-a-tenth&asof=2026-07-01")
    expect(page.locator("#event-title")).to_have_text(title)

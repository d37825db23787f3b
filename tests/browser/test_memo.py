"""The memo pack as a reader makes it, and every chart’s picture: nothing cut off, nothing on another."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path
from typing import Any

import pypdf
import pypdfium2
import pytest
from playwright.sync_api import Page, expect
from pptx import Presentation

from app.render.memo import pack
from app.render.memo.sizes import SIZES, WHOLE_ONLY
from app.web.application import PAGES
from tests.browser import reading
from tests.browser.conftest import Open
from tests.browser.memo_texts import MEASURE
from tests.browser.pictures import read_picture
from tests.browser.running import Dashboard

pytestmark = pytest.mark.browser
KNOWN = pack.placed(PAGES)
SMALLEST = 20  # of figures in flags and cells; all else has 23 pixels, 7 points
MINUTES = ("travelled-lines",)


@pytest.fixture(scope="module")
def stage(browser: Any, dashboard: Dashboard) -> Any:
    """A page of the dashboard on which memo figures are drawn to be measured."""
    context = browser.new_context(viewport={"width": 1600, "height": 1000})
    page = context.new_page()
    page.goto(f"{dashboard.address}/drawdowns")
    reading.wait_ready(page)
    yield page
    context.close()


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("chart", KNOWN)
def test_no_text_of_a_memo_is_cut_off_or_touches_another(stage: Page, chart: str, size: str) -> None:
    found = stage.evaluate(
        """async ([chart, size]) => {
          const answer = await fetch(`/chart/${chart}.json?_size=${size}`);
          return {ok: answer.ok, body: await answer.json()};
        }""",
        [chart, size],
    )
    if size == "half" and chart in WHOLE_ONLY:
        assert "needs the whole width" in found["body"]["error"]
        return
    if chart in MINUTES:  # the suite has none, or some at prices of their own: a scale no market has
        assert found["ok"] or "five minutes" in found["body"]["error"]
        return
    assert found["ok"], found["body"]
    measured = stage.evaluate(MEASURE, found["body"])
    stage.evaluate("document.getElementById('measured').remove()")
    assert measured["count"] > 5
    assert not measured["clipped"]
    assert not measured["overlapping"]
    assert measured["smallest"] >= SMALLEST


def open_menu(page: Page) -> None:
    page.locator("#shell-memo summary").click()
    expect(page.locator("#shell-memo-menu [data-memo=pdf]")).to_be_visible()


def made(page: Page, kind: str) -> tuple[str, bytes]:
    """Press a form of pack; gives the name and the bytes of what is saved."""
    with page.expect_download() as waiting:
        page.locator(f"#shell-memo-menu [data-memo={kind}]").click()
    expect(page.locator("#shell-toast")).to_have_text(f"Saved {waiting.value.suggested_filename}")
    return waiting.value.suggested_filename, Path(waiting.value.path()).read_bytes()


def test_a_pack_of_a_page_is_one_pdf(open_page: Open, dashboard: Dashboard) -> None:
    page = open_page(f"{dashboard.address}/contagion/stress?tail=10")
    reading.wait_ready(page)
    titles = page.locator("main figure h2").all_inner_texts()
    open_menu(page)
    assert page.locator("input[name=page]:checked").count() == len(titles) == 3
    assert page.locator("input[name=morning]").count() == 8
    assert page.locator("input[name=morning]:checked").count() == 0
    name, body = made(page, "pdf")
    assert name == "aftershock-memo-2026-07-31.pdf"
    reader = pypdf.PdfReader(io.BytesIO(body))
    assert len(reader.pages) == 3
    assert "As of 31 Jul 2026, 22:00 UTC. Aftershock, view st-" in reader.pages[0].extract_text()
    document = pypdfium2.PdfDocument(body)
    for sheet in document:
        shades = sheet.render(scale=1).to_pil().convert("L").histogram()
        assert 0.6 < shades[255] / sum(shades) < 0.99  # paper, and ink on it
    document.close()


def test_the_mornings_eight_come_from_any_page(open_page: Open, dashboard: Dashboard) -> None:
    page = open_page(f"{dashboard.address}/method", size=(1280, 720))
    reading.wait_ready(page)
    open_menu(page)
    assert page.locator("input[name=page]").count() == 0
    assert page.locator("input[name=morning]:checked").count() == 8
    name, body = made(page, "all")
    archive = zipfile.ZipFile(io.BytesIO(body))
    names = archive.namelist()
    assert name.endswith(".zip") and archive.testzip() is None
    assert [kind for kind in ("pdf", "pptx") if f"aftershock-memo-2026-07-31.{kind}" in names] == [
        "pdf",
        "pptx",
    ]
    pictures = [read_picture(archive.read(item)) for item in names if item.endswith(".png")]
    assert len(pictures) == 8
    assert {(item.width, item.height) for item in pictures} == {(3200, 1800)}
    assert {item.dots_per_metre for item in pictures} == {(11811, 11811)}
    deck = Presentation(io.BytesIO(archive.read("aftershock-memo-2026-07-31.pptx")))
    assert len(deck.slides) == 16
    assert len(pypdf.PdfReader(io.BytesIO(archive.read("aftershock-memo-2026-07-31.pdf"))).pages) == 8


def test_the_menu_is_used_by_keyboard_alone(drawdowns: Page) -> None:
    page = drawdowns
    page.locator("#shell-memo summary").focus()
    page.keyboard.press("Enter")
    expect(page.locator("#shell-memo-menu [data-memo=pdf]")).to_be_visible()
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    box = page.locator("input[name=page]").first
    expect(box).to_be_focused()
    page.keyboard.press("Space")
    expect(box).not_to_be_checked()
    page.keyboard.press("ArrowDown")
    expect(page.locator("input[name=morning]").first).to_be_focused()
    page.keyboard.press("Escape")
    expect(page.locator("#shell-memo-menu")).to_be_hidden()
    expect(page.locator("#shell-memo summary")).to_be_focused()


def test_nothing_ticked_is_told(drawdowns: Page) -> None:
    open_menu(drawdowns)
    drawdowns.locator("button[data-tick=page]").click()
    drawdowns.locator("[data-memo=png]").click()
    expect(drawdowns.locator("#shell-toast")).to_have_text("Tick a chart.")


def test_half_a_memos_width(drawdowns: Page) -> None:
    with drawdowns.expect_download() as waiting:
        reading.action(drawdowns, "half").click()
    assert waiting.value.suggested_filename.endswith("-half.png")
    picture = read_picture(Path(waiting.value.path()).read_bytes())
    assert (picture.width, picture.height) == (1600, 2000)
    assert picture.dots_per_metre == (11811, 11811)


def test_a_view_is_opened_from_the_menu(drawdowns: Page) -> None:
    address = f"/chart/{reading.CHART}.json?basket=us"
    view = drawdowns.evaluate("async address => (await (await fetch(address)).json()).view", address)
    open_menu(drawdowns)
    drawdowns.locator("#shell-memo-view").fill(view.lower())
    drawdowns.keyboard.press("Enter")
    drawdowns.wait_for_url("**/drawdowns?basket=us&asof=2026-07-31T22:00Z")

"""A chart on its way out: picture, clipboard, data, table, and the address that brings the view back."""

from __future__ import annotations

import base64
import csv
import io
import re
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from app.figures.theme import PALETTES
from tests.browser import reading
from tests.browser.conftest import Open
from tests.browser.pictures import Picture, read_picture
from tests.browser.reading import CHART
from tests.browser.running import Dashboard

pytestmark = pytest.mark.browser
NAME = re.compile(rf"aftershock-{CHART}-2026-07-31-(dd-[0-9A-Z]{{5}})\.(png|csv)")


def saved(page: Page, kind: str) -> tuple[str, Path]:
    """Press a way out; gives the view ID of the file's name, and the file."""
    with page.expect_download() as waiting:
        reading.action(page, kind).click()
    name = NAME.fullmatch(waiting.value.suggested_filename)
    assert name and name[2] == kind, waiting.value.suggested_filename
    return name[1], Path(waiting.value.path())


def is_the_memo(picture: Picture, page: Page) -> None:
    """Of the memo's size, and drawn: its ground, its ink, its strong lines and its falls are all there."""
    assert (picture.width, picture.height) == (3200, 1800)
    assert picture.dots_per_metre == (11811, 11811)  # 300 dots an inch
    dots, palette = picture.colours(page), PALETTES["memo"]
    whole = sum(dots.values())
    assert 0.6 < dots[palette.ground] / whole < 0.97
    for colour in (palette.ink, palette.strong, palette.fall, palette.accent, *palette.lines[:5]):
        assert dots.get(colour.upper(), 0) > 500, colour
    assert len(dots) > 200  # the edges of letters


def test_a_picture_is_saved_and_its_view_comes_back(
    drawdowns: Page, open_page: Open, dashboard: Dashboard
) -> None:
    page = drawdowns
    reading.choose(page, "From", "January 2021")
    page.wait_for_url("**?from=2021")
    reading.wait_ready(page)
    view, file = saved(page, "png")
    expect(page.locator("#shell-toast")).to_contain_text(f"-{view}.png")
    again = open_page(f"{dashboard.address}/v/{view}")
    reading.wait_ready(again)
    is_the_memo(read_picture(file.read_bytes()), again)
    assert again.url.endswith("/drawdowns?from=2021&asof=2026-07-31T22:00Z")
    expect(reading.headline(again)).to_have_text(reading.headline(page).inner_text())
    expect(reading.value(again, "From")).to_have_text("Jan 2021")
    assert reading.table(again) == reading.table(page)
    assert reading.paths(again) == reading.paths(page)
    assert saved(again, "png")[0] == view


@pytest.mark.parametrize(
    "broken",
    [
        "HTMLCanvasElement.prototype.toBlob = done => done(null)",
        "HTMLImageElement.prototype.decode = () => Promise.reject(new Error('x'))",
    ],
)
def test_a_picture_that_cannot_be_drawn_is_told_with_another_way_out(drawdowns: Page, broken: str) -> None:
    drawdowns.evaluate(f"() => {{ {broken} }}")
    reading.action(drawdowns, "png").click()
    told = "This browser could not draw the picture; close other tabs and try again, or take the data as CSV."
    expect(drawdowns.locator("#shell-toast")).to_have_text(told)
    assert saved(drawdowns, "csv")


def test_data_are_saved_as_the_chart_shows_them(drawdowns: Page) -> None:
    page = drawdowns
    _, file = saved(page, "csv")
    raw = file.read_bytes()
    assert raw.startswith(b"\xef\xbb\xbf") and not raw.startswith(b"\xef\xbb\xbf\xef")
    rows = list(csv.DictReader(io.StringIO(raw.decode("utf-8-sig"))))
    days = [row["session"] for row in rows]
    assert days == sorted(set(days)) and days[-1] == "2026-07-31" and days[0] >= "2024-01-01"
    shown = {
        name: float(text.replace("−", "-").replace("+", "")) for name, text in reading.labelled(page).items()
    }
    last = {name: float(text) * 100 for name, text in rows[-1].items() if name != "session"}
    assert set(last) == set(shown)
    assert last == pytest.approx(shown, abs=0.0501)


def test_a_picture_goes_to_the_clipboard(open_page: Open, dashboard: Dashboard) -> None:
    page = open_page(f"{dashboard.address}/drawdowns", permissions=["clipboard-read", "clipboard-write"])
    reading.wait_ready(page)
    reading.action(page, "copy").click()
    expect(page.locator("#shell-toast")).to_have_text("Picture copied.")
    text = page.evaluate(
        """async () => {
          const [item] = await navigator.clipboard.read();
          const bytes = new Uint8Array(await (await item.getType('image/png')).arrayBuffer());
          return btoa(bytes.reduce((text, byte) => text + String.fromCharCode(byte), ''));
        }"""
    )
    body = base64.b64decode(text)
    width, height = int.from_bytes(body[16:20], "big"), int.from_bytes(body[20:24], "big")
    assert (width, height) == (3200, 1800)


def test_an_address_goes_to_the_clipboard(open_page: Open, dashboard: Dashboard) -> None:
    address = f"{dashboard.address}/drawdowns?from=2021"
    page = open_page(address, permissions=["clipboard-read", "clipboard-write"])
    reading.wait_ready(page)
    page.locator("#shell-share").click()
    expect(page.locator("#shell-toast")).to_have_text("Address copied.")
    assert page.evaluate("navigator.clipboard.readText()") == address


def test_data_are_shown_as_a_table_and_put_away(drawdowns: Page) -> None:
    page, place = drawdowns, drawdowns.locator(f"#{CHART}-data")
    button = reading.action(page, "table")
    button.click()
    expect(place.locator("tbody tr")).to_have_count(250)
    expect(button).to_have_attribute("aria-expanded", "true")
    heads = place.locator("thead th").all_inner_texts()
    newest = place.locator("tbody tr").first.locator("th, td").all_inner_texts()
    assert newest[0] == "31 Jul 2026"
    assert {
        head.removesuffix(", %"): cell for head, cell in zip(heads[1:], newest[1:], strict=True)
    } == reading.labelled(page)
    button.click()
    expect(place).to_be_hidden()
    expect(button).to_have_attribute("aria-expanded", "false")

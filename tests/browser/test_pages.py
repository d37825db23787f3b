"""Every page, in both themes and at both sizes; the chart's texts; the document without a script."""

from __future__ import annotations

from itertools import combinations

import pytest
from playwright.sync_api import Page, expect

from app.web.application import PAGES
from tests.browser import reading
from tests.browser.conftest import LARGE, SMALL, Open, Watch
from tests.browser.running import Dashboard

pytestmark = pytest.mark.browser
SIZES = pytest.mark.parametrize("size", [SMALL, LARGE], ids=["1280", "1920"])


@SIZES
@pytest.mark.parametrize("theme", ["dark", "light"])
@pytest.mark.parametrize("path", [page.PATH for page in PAGES])
def test_a_page_opens_whole(
    path: str, theme: str, size: tuple[int, int], open_page: Open, dashboard: Dashboard
) -> None:
    page = open_page(dashboard.address + path, size=size, theme=theme)
    reading.wait_ready(page)
    expect(reading.headline(page)).to_be_visible()
    assert page.locator("html").get_attribute("data-theme") == theme
    assert page.title() == "Aftershock"
    expect(page.locator(".nav-tab.current")).to_have_attribute("href", "/" + path.split("/")[1])
    there, window = reading.widths(page)
    assert there <= window
    assert not reading.cut_texts(page)


@SIZES
def test_direct_labels_stand_clear_of_each_other(
    size: tuple[int, int], open_page: Open, dashboard: Dashboard
) -> None:
    page = open_page(f"{dashboard.address}/drawdowns", size=size)
    reading.wait_ready(page)
    assert len(reading.lines(page)) >= 9
    names, figures = reading.labels(page)
    assert len(names) == len(figures) == 9
    texts, flags = reading.chart_texts(page), reading.flags(page)
    assert len(flags) > 10, "more events than the worst days there once were"
    touching = [(a.text, b.text) for a, b in combinations(texts, 2) if a.meets(b)]
    touching += [("flag", "flag") for a, b in combinations(flags, 2) if a.meets(b)]
    touching += [("flag", label.text) for flag in flags for label in (*names, *figures) if flag.meets(label)]
    assert not touching
    assert max(box.left for box in names) - min(box.left for box in names) < 1
    assert max(box.right for box in figures) - min(box.right for box in figures) < 1
    assert all(box.right <= page.viewport_size["width"] for box in figures)  # type: ignore[index]


def test_texts_over_a_chart_lie_on_it_after_a_change_too(drawdowns: Page) -> None:
    """Plotly draws them on a sheet of its own, which a class on the chart lays over the lines."""
    for address in ("?axis=calendar", "?"):
        drawdowns.evaluate("address => window.aftershock.go(address)", address)
        expect(drawdowns.locator(".canvas.shown .annotation-text").first).to_contain_text("%")
        reading.wait_ready(drawdowns)
        sheets = drawdowns.locator(".canvas.shown .main-svg").evaluate_all(
            "sheets => sheets.map(sheet => sheet.getBoundingClientRect().top)"
        )
        assert len(sheets) > 1 and max(sheets) == min(sheets)


@pytest.mark.parametrize("path", ["/drawdowns", "/events/study", "/events/compare"])
def test_a_field_in_a_menu_has_its_width(path: str, open_page: Open, dashboard: Dashboard) -> None:
    page = open_page(dashboard.address + path)
    reading.wait_ready(page)
    # One that was taken away meanwhile has no width; the page's own next one is looked at.
    measured = page.wait_for_function(
        """id => {
            const menu = document.querySelector(`details.control:has(input[id^=${id}])`);
            if (!menu) return false;
            menu.open = true;
            const box = part => menu.querySelector(part).getBoundingClientRect();
            const [frame, field, label] = [".menu", "input", "label"].map(box);
            return frame.width && [field.width, label.height, frame.width, frame.left, frame.right];
        }""",
        arg=f"{path.split('/')[-1]}-asof",
    )
    width, height, frame, left, right = measured.json_value()
    assert width > 0.8 * frame and height < 40
    assert left >= 0 and right <= page.viewport_size["width"]  # type: ignore[index]


def test_the_document_holds_figures_before_any_script(
    open_page: Open, dashboard: Dashboard, watch: Watch
) -> None:
    watch.allow("^csp .*/_dash-component-suites/", "without scripts none is fetched, announced or not")
    page = open_page(f"{dashboard.address}/drawdowns", java_script_enabled=False)
    expect(reading.headline(page)).to_contain_text("%")
    expect(page.locator("#drawdowns-table tbody tr")).to_have_count(9)
    expect(page.locator("#drawdowns-table tbody")).to_contain_text("−")
    expect(page.locator(".strip .chip")).to_have_count(5)


def test_pages_change_without_a_new_document(drawdowns: Page, dashboard: Dashboard) -> None:
    drawdowns.evaluate("window.stayed = true")
    tabs = [page for page in PAGES if page.PATH.count("/") == 1]
    for page in sorted(tabs, key=lambda page: page.PATH == "/drawdowns"):  # it ends where it began
        drawdowns.locator(f"#shell-tab-{page.PATH.strip('/')}").click()
        drawdowns.wait_for_url(dashboard.address + page.PATH)
        expect(drawdowns.locator(f".page-{page.PATH.strip('/')} h1")).to_be_visible()
    reading.wait_ready(drawdowns)
    assert len(reading.lines(drawdowns)) >= 9
    assert drawdowns.evaluate("window.stayed")

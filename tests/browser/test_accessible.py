"""Every page for every reader: axe finds nothing, a keyboard reaches everything, focus is seen."""

from __future__ import annotations

import re
from functools import cache
from importlib.resources import files
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from app.web.application import HOME, PAGES
from tests.browser import reading
from tests.browser.conftest import Open
from tests.browser.running import Dashboard

pytestmark = pytest.mark.browser
PATHS = [page.PATH for page in PAGES]
CHARTS = [(page.PATH, chart.id) for page in PAGES for chart in getattr(page, "CHARTS", ())]
EVERY_THEME = pytest.mark.parametrize("theme", ["dark", "light"])

# As tall as the page: what is scrolled away or lies under the strip of exchanges is looked at too.
TALL = (1280, 3000)

# Menus open, data shown: a page is more than it shows at first.
_OPENED = """() => {
  document.querySelectorAll('details').forEach(menu => { menu.open = true; });
  document.querySelectorAll('button[data-action=table]').forEach(button => button.click());
}"""

# A ring of two pixels in the accent, or the ground of a chosen item in a menu.
_SEEN = """() => {
  const node = document.activeElement, style = getComputedStyle(node);
  const accent = getComputedStyle(document.documentElement).getPropertyValue('--accent').trim();
  const probe = document.createElement('i');
  probe.style.color = accent;
  document.body.append(probe);
  const wanted = getComputedStyle(probe).color;
  probe.remove();
  const box = node.getBoundingClientRect();
  return {
    name: node.tagName + '#' + node.id + '.' + node.className + ' ' + node.textContent.trim().slice(0, 40),
    ring: style.outlineStyle === 'solid' && parseFloat(style.outlineWidth) >= 2
      && style.outlineColor === wanted,
    inside: box.width > 0 && box.bottom > 0 && box.top < window.innerHeight && box.right > 0,
    end: node === document.body || node === document.documentElement,
  };
}"""

# What a pointer can use and no key reaches.
_OUT_OF_REACH = """() => [...document.querySelectorAll('a[href], button, input, select, textarea, summary')]
  .filter(node => node.tabIndex < 0 && node.checkVisibility({visibilityProperty: true}))
  .map(node => node.outerHTML.slice(0, 120))"""

# Controls that a reader's software could not name.
_NAMELESS = """() => [...document.querySelectorAll('a[href], button, summary, input')]
  .filter(node => !(node.getAttribute('aria-label') || node.textContent.trim()
    || [...(node.labels || [])].some(label => label.textContent.trim())))
  .map(node => node.outerHTML.slice(0, 120))"""


@cache
def axe() -> str:
    """The checks themselves, as their package carries them."""
    return (files("axe_playwright_python") / "axe.min.js").read_text(encoding="utf-8")


def violations(page: Page) -> list[str]:
    """What axe finds, one line each: the rule, the place, and what to do."""
    page.wait_for_function("() => !document.documentElement.dataset.away")  # dimmed while nobody answers
    page.evaluate(axe())
    found: Any = page.evaluate(
        "async () => (await axe.run(document, {resultTypes: ['violations']})).violations"
    )
    return [
        f"{rule['id']}: {' '.join(map(str, node['target']))}: {node['failureSummary']}"
        for rule in found
        for node in rule["nodes"][:5]
    ]


@EVERY_THEME
@pytest.mark.parametrize("path", PATHS)
def test_axe_finds_nothing_on_a_page(path: str, theme: str, open_page: Open, dashboard: Dashboard) -> None:
    page = open_page(dashboard.address + path, size=TALL, theme=theme)
    reading.wait_ready(page)
    page.evaluate(_OPENED)
    reading.wait_ready(page)
    assert not violations(page)


@EVERY_THEME
@pytest.mark.parametrize("path", PATHS)
def test_axe_finds_nothing_on_a_slide(path: str, theme: str, open_page: Open, dashboard: Dashboard) -> None:
    page = open_page(f"{dashboard.address}{path}?present=1&every=600&playlist=nothing", theme=theme)
    reading.wait_slide(page, 1)
    assert not violations(page)


@pytest.mark.parametrize("path", PATHS)
def test_every_control_is_reached_and_seen(path: str, open_page: Open, dashboard: Dashboard) -> None:
    """Tab goes from the skip link through everything to the end; each stop shows its ring."""
    page = open_page(dashboard.address + path)
    reading.wait_ready(page)
    assert not page.evaluate(_OUT_OF_REACH) and not page.evaluate(_NAMELESS)
    page.keyboard.press("Tab")
    expect(page.locator(":focus")).to_have_text("Skip to the page")
    stops, wanted = 1, page.locator("a[href], button, input, summary").count()
    while stops <= wanted + 60:
        at = page.evaluate(_SEEN)
        if at["end"]:
            break
        assert at["ring"] and at["inside"], at
        page.keyboard.press("Tab")
        stops += 1
    else:
        pytest.fail("Tab goes round and never leaves the page")
    visible = page.locator("a[href]:visible, button:visible, input:visible, summary:visible").count()
    assert stops >= visible


def test_the_skip_link_goes_to_the_page(open_page: Open, dashboard: Dashboard) -> None:
    page = open_page(dashboard.address + PATHS[0])
    reading.wait_ready(page)
    page.keyboard.press("Tab")
    expect(page.locator(":focus")).to_be_in_viewport()
    page.keyboard.press("Enter")
    expect(page.locator("#page")).to_be_focused()
    page.keyboard.press("Tab")
    assert page.evaluate("document.getElementById('page').contains(document.activeElement)")


@pytest.mark.parametrize("path", [page.PATH for page in PAGES if getattr(page, "CHARTS", ())])
def test_charts_are_told_and_their_data_are_reached_by_keys(
    path: str, open_page: Open, dashboard: Dashboard
) -> None:
    page = open_page(dashboard.address + path)
    reading.wait_ready(page)
    for chart in (chart for where, chart in CHARTS if where == path):
        told_and_reached(page, chart)


def told_and_reached(page: Page, chart: str) -> None:
    picture = page.locator(f"#{chart}")
    assert picture.get_attribute("role") == "img"
    named = str(picture.get_attribute("aria-labelledby")).split()
    told = [page.locator(f"#{part}").text_content() or "" for part in named]
    assert len(told) == 3 and told[0].strip() and len(told[2]) > 10, told
    button, data = page.locator(f"#{chart}-table"), page.locator(f"#{chart}-data")
    button.focus()
    page.keyboard.press("Enter")
    # What has no data says why.
    expect(data.locator("thead th[scope=col], .empty-reason").first).to_be_visible()
    expect(button).to_have_attribute("aria-expanded", "true")
    page.keyboard.press("Tab")
    expect(data).to_be_focused()
    assert "NaN" not in data.inner_text()
    button.focus()
    page.keyboard.press(" ")
    expect(data).to_be_hidden()


def test_a_summary_follows_the_controls(drawdowns: Page) -> None:
    told = drawdowns.locator(f"#{reading.CHART}-summary")
    before = told.text_content()
    reading.choose(drawdowns, "Currency", "US dollars")
    expect(told).not_to_have_text(str(before))
    expect(told).to_have_text(re.compile("Latest values: .*%"))


def test_home_is_a_page_with_a_headline(open_page: Open, dashboard: Dashboard) -> None:
    page = open_page(f"{dashboard.address}/")
    reading.wait_ready(page)
    expect(page.locator("h1")).to_have_count(1)
    assert HOME in PATHS

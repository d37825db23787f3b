"""What a reader sees on a page, as values: tests ask here, no selector stands in them twice."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from playwright.sync_api import Locator, Page

CHART = "drawdowns-underwater"
BASKET = "AI basket, 53"

# Dash has taken the page over, every chart stands, nothing is under way, and the server answers.
_READY = """() => {
  const taken = Object.keys(document.getElementById('page') || {}).some(key => key.startsWith('__react'));
  const charts = [...document.querySelectorAll('[data-plot]')];
  return taken && !document.querySelector('[aria-busy=true]') && !document.documentElement.dataset.away
    && charts.every(chart => chart.querySelector('.canvas.shown .trace'));
}"""

# One slide is seen, it is the one wanted, and nothing on it is under way.
_SLIDE = """number => {
  const seen = [...document.querySelectorAll('.slide:not(.away)')];
  return seen.length === 1 && seen[0].dataset.slide === number && !seen[0].querySelector('[aria-busy=true]');
}"""

# The lines of prices are long paths; posts of flags, leaders and halos are not counted.
_LINES = """() => {
  const traces = [...document.querySelectorAll('[data-plot] .shown path.js-line')];
  const ground = getComputedStyle(document.documentElement).getPropertyValue('--ground').trim();
  const probe = document.createElement('i');
  probe.style.color = ground;
  document.body.append(probe);
  const halo = getComputedStyle(probe).color;
  probe.remove();
  return traces
    .map(path => ({d: path.getAttribute('d') || '', stroke: getComputedStyle(path).stroke}))
    .filter(line => line.d.length > 300 && line.stroke !== halo);
}"""

_TEXTS = """selector => [...document.querySelectorAll(selector)].map(node => {
  const box = node.getBoundingClientRect();
  return {text: node.textContent, left: box.left, right: box.right, top: box.top, bottom: box.bottom};
})"""

# Text that its own box cuts off sideways, but where an ellipsis says so.
_CUT = """() => [...document.querySelectorAll('.top, .top *, .strip, .strip *, .head, .head *')]
  .filter(node => node.clientWidth > 0 && node.scrollWidth > node.clientWidth)
  .filter(node => getComputedStyle(node).textOverflow !== 'ellipsis')
  .map(node => `${node.tagName}.${node.className}: ${node.textContent.slice(0, 60)}`)"""


@dataclass(frozen=True)
class Box:
    """A text on the page and where it stands, pixels."""

    text: str
    left: float
    right: float
    top: float
    bottom: float

    def meets(self, other: Box) -> bool:
        """Whether two texts overlap by more than half a pixel either way."""
        across = min(self.right, other.right) - max(self.left, other.left)
        down = min(self.bottom, other.bottom) - max(self.top, other.top)
        return across > 0.5 and down > 0.5


def wait_ready(page: Page) -> None:
    """Until Dash has the page and its charts are drawn."""
    page.wait_for_function(_READY)


def wait_slide(page: Page, number: int) -> Locator:
    """The slide of a number, once it is the one that is seen and its chart is drawn."""
    page.wait_for_function(_SLIDE, arg=str(number))
    return page.locator(".slide:not(.away)")


def headline(page: Page) -> Locator:
    return page.locator("h1")


def control(page: Page, label: str) -> Locator:
    """A control by its label."""
    return page.locator("details.control").filter(has=page.locator(f".label:text-is('{label}')"))


def value(page: Page, label: str) -> Locator:
    return control(page, label).locator(".value")


def choice(page: Page, label: str, word: str) -> Locator:
    return control(page, label).locator("a.choice", has_text=word).first


def choose(page: Page, label: str, word: str) -> None:
    """Open a control and take one of its choices."""
    control(page, label).locator("summary").click()
    choice(page, label, word).click()


def drawing(page: Page) -> Locator:
    """The drawing that is seen; the page keeps the last few beside it, unseen."""
    return page.locator(f"#{CHART} .canvas.shown")


def action(page: Page, kind: str) -> Locator:
    """One of the ways out of the chart: png, copy, csv, table."""
    return page.locator(f"#{CHART}-{kind}")


def lines(page: Page) -> list[dict[str, str]]:
    """The drawn lines of prices: path and colour, in drawing order."""
    found: list[dict[str, str]] = page.evaluate(_LINES)
    return found


def paths(page: Page) -> list[str]:
    return [line["d"] for line in lines(page)]


def colours(page: Page) -> list[str]:
    return [line["stroke"] for line in lines(page)]


def texts(page: Page, selector: str) -> list[Box]:
    return [Box(**found) for found in page.evaluate(_TEXTS, selector)]


def chart_texts(page: Page) -> list[Box]:
    """Every direct text of the chart: flags, labels, values, depths."""
    return texts(page, ".canvas.shown .textpoint text, .canvas.shown text.textpoint")


def texts_of(page: Page, chart: str) -> list[Box]:
    """Every text of one chart's drawing."""
    return [box for box in texts(page, f"#{chart} .canvas.shown .textpoint text") if box.text.strip()]


def flags(page: Page) -> list[Box]:
    """The numbered squares above the plot."""
    return texts(page, ".canvas.shown .scatterlayer path.point")


def labels(page: Page) -> tuple[list[Box], list[Box]]:
    """The direct labels: names and their values, each from top to bottom."""
    names = set(table(page))
    found = chart_texts(page)
    ends = [box for box in found if box.text in names]
    edge = max(box.left for box in ends)
    figures = [box for box in found if box.text not in names and box.left > edge]
    return sorted(ends, key=lambda box: box.top), sorted(figures, key=lambda box: box.top)


def labelled(page: Page) -> dict[str, str]:
    """The value beside each name on the chart."""
    names, figures = labels(page)
    assert len(names) == len(figures), (names, figures)
    return {name.text: figure.text for name, figure in zip(names, figures, strict=True)}


def table(page: Page) -> dict[str, list[str]]:
    """The rows of the standings by name."""
    rows: list[list[str]] = page.evaluate(
        "() => [...document.querySelectorAll('#drawdowns-table tbody tr')]"
        ".map(row => [...row.cells].map(cell => cell.textContent.trim()))"
    )
    return {row[0]: row[1:] for row in rows}


def column(page: Page, head: str) -> dict[str, str]:
    """One column of the standings by name."""
    heads: list[str] = page.evaluate(
        "() => [...document.querySelectorAll('#drawdowns-table thead th')]"
        ".map(cell => cell.textContent.trim())"
    )
    at = heads.index(head) - 1
    return {name: cells[at] for name, cells in table(page).items()}


def cut_texts(page: Page) -> list[str]:
    found: list[str] = page.evaluate(_CUT)
    return found


def widths(page: Page) -> tuple[int, int]:
    """How wide the page is, and how wide the window."""
    found: Any = page.evaluate("() => [document.documentElement.scrollWidth, window.innerWidth]")
    return found[0], found[1]

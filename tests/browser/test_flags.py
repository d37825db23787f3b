"""The flags of every time chart with more events than anyone would note: nothing meets, and each leads on."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from itertools import combinations
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from models.events import CATEGORIES, Event
from models.store import Store
from models.store.events import add_event
from tests.browser import reading
from tests.browser.conftest import LARGE, SMALL, Open
from tests.browser.memo_texts import MEASURE
from tests.browser.running import NOW, Dashboard, running

pytestmark = pytest.mark.browser

# Every page with a chart over time, and which of its charts carry flags.
CHARTS = {
    "/drawdowns": ("drawdowns-underwater",),
    "/drawdowns?from=2026-06-15": ("drawdowns-underwater",),
    "/contagion?span=40": ("relay-day", "relay-strip"),
    "/contagion/correlation": ("correlation-pair", "correlation-tight"),
    "/contagion/connectedness": ("connectedness-series",),
    "/contagion/stress": ("stress-series",),
    "/contagion/stress?from=2026-06-15": ("stress-series",),
}
SIZES = pytest.mark.parametrize("size", [SMALL, LARGE], ids=["1280", "1920"])
PLACES = pytest.mark.parametrize("path", CHARTS)
MANY = 45
_NOW = datetime.fromisoformat(NOW)
# Widths of a flag's box; the memo's is twice that of a page.
_FLAG = 15

# A line's box is as tall as its font, letters are not: a fifth above and below is left out of account.
_DRAWN = """([chart, side]) => {
  const root = document.querySelector(`#${chart} .canvas.shown`), found = [];
  const add = (text, box, trim) => found.push({text, left: box.left, right: box.right,
    top: box.top + trim * box.height, bottom: box.bottom - trim * box.height});
  for (const node of root.querySelectorAll('svg text')) {
    if (!node.textContent.trim() || node.closest('.hoverlayer')) continue;
    if (getComputedStyle(node).visibility === 'hidden') continue;
    add(node.textContent, node.getBoundingClientRect(), 0.2);
  }
  for (const node of root.querySelectorAll('.bars path, .scatterlayer path.point')) {
    const box = node.getBoundingClientRect();
    if (Math.abs(box.width - side) < 1.2 && Math.abs(box.height - side) < 1.2) add('flag', box, 0);
  }
  return found;
}"""


@dataclass(frozen=True)
class Drawn:
    """The texts of a chart and the boxes of its flags, an edge and its filling counted once."""

    texts: list[reading.Box]
    flags: list[reading.Box]

    def touching(self) -> list[tuple[str, str]]:
        """What meets: two texts, two flags, or a flag and a text other than its own number."""
        found = [(a.text, b.text) for a, b in combinations(self.texts, 2) if a.meets(b)]
        found += [(str(a), str(b)) for a, b in combinations(self.flags, 2) if a.meets(b)]
        for flag in self.flags:
            near = [text for text in self.texts if text.meets(flag)]
            found += [(str(flag), text.text) for text in near if not middled(text, flag)]
        return found


def middled(text: reading.Box, flag: reading.Box) -> bool:
    """Whether a text stands in the middle of a flag, as its number does."""
    across = text.left + text.right - flag.left - flag.right
    down = text.top + text.bottom - flag.top - flag.bottom
    return abs(across) < 4 and abs(down) < 5


def drawn(page: Page, chart: str) -> Drawn:
    found = [reading.Box(**item) for item in page.evaluate(_DRAWN, [chart, _FLAG])]
    flags: list[reading.Box] = []
    for box in (box for box in found if box.text == "flag"):
        if not any(abs(box.left - other.left) < 2 and abs(box.top - other.top) < 2 for other in flags):
            flags.append(box)
    return Drawn([box for box in found if box.text != "flag"], flags)


@pytest.fixture(scope="module")
def crowded(imported: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Dashboard]:
    """A dashboard whose last thirty sessions hold 45 events more than the catalogue's."""
    folder = tmp_path_factory.mktemp("crowded") / "data"
    shutil.copytree(imported, folder)
    store = Store.open(f"sqlite:///{folder / 'aftershock.db'}")
    zones, kinds = ("Asia/Seoul", "America/New_York", None), list(CATEGORIES)
    for number in range(MANY):
        day = date(2026, 7, 31) - timedelta(days=number % 42)
        at: Any = day if number % 3 else datetime(day.year, day.month, day.day, number % 24, tzinfo=UTC)
        title = f"MWMW {number}: {'a wide and long title, told at length; ' * (number % 3)}end"
        zone = zones[number % 3] if number % 3 else "UTC"
        event = Event(f"crowd-{number}", at, zone, title, "", kinds[number % len(kinds)], number % 3 + 1)
        add_event(store, event, by="Ada", now=_NOW)
    store.close()
    with running(Dashboard(folder)) as found:
        yield found


@SIZES
@PLACES
def test_no_flag_or_text_meets_another(
    path: str, size: tuple[int, int], open_page: Open, crowded: Dashboard
) -> None:
    page = open_page(crowded.address + path, size=size)
    reading.wait_ready(page)
    for chart in CHARTS[path]:
        found = drawn(page, chart)
        assert found.flags, f"{chart} has no flag"
        assert len(found.texts) > len(found.flags)
        assert not found.touching(), chart
    key = page.locator(".flag-key").first
    assert int(key.locator("tbody tr").count()) > 10
    there, window = reading.widths(page)
    assert there <= window


@PLACES
def test_a_memo_names_each_flag_it_shows_and_says_how_many_there_are(
    path: str, open_page: Open, crowded: Dashboard
) -> None:
    page = open_page(crowded.address + path)
    reading.wait_ready(page)
    for chart in CHARTS[path]:
        query = path.partition("?")[2]
        body = page.request.get(f"{crowded.address}/chart/{chart}.json?{query}").json()
        found = page.evaluate(MEASURE, body)
        assert not found["overlapping"], chart
        assert not found["clipped"], chart
        assert found["smallest"] >= 20
        said = [item["text"] for item in body["figure"]["layout"]["annotations"]]
        numbers = [text[3:-4] for text in said if re.fullmatch(r"<b>\d+</b>", text)]
        told = next(text for text in said if text.endswith("asket that day, %"))
        some = rf"{len(numbers)} of \d+ events, the most severe; basket that day, %"
        assert re.fullmatch(rf"Basket that day, %|{some}", told)
        assert chart == "relay-day" or re.fullmatch(some, told), "there are more than any key holds"
        traces = [str(text) for trace in body["figure"]["data"] for text in trace.get("text") or ()]
        assert numbers
        assert all(number in traces for number in numbers)
        assert not [text for text in traces if re.fullmatch(r"\+\d+", text) and not chart.startswith("relay")]


def test_a_flag_and_a_row_of_the_key_lead_to_the_event(open_page: Open, crowded: Dashboard) -> None:
    page = open_page(f"{crowded.address}/drawdowns?sev=3")
    reading.wait_ready(page)
    rows = page.locator(".flag-key tbody tr")
    last = rows.nth(rows.count() - 1)
    title = last.locator("a").get_attribute("title")
    expect(last.locator(".flag")).to_have_text("1")
    flag = drawn(page, "drawdowns-underwater").flags[0]
    page.mouse.click((flag.left + flag.right) / 2, (flag.top + flag.bottom) / 2)
    page.wait_for_url(re.compile(r"/events\?event="))
    assert title
    expect(page.locator("body")).to_contain_text(title.split(";")[0])
    page.go_back()
    reading.wait_ready(page)
    page.locator(".flag-key tbody a").first.click()
    page.wait_for_url(re.compile(r"/events\?event="))


def test_the_flags_menu_filters_and_takes_them_away(open_page: Open, crowded: Dashboard) -> None:
    page = open_page(f"{crowded.address}/drawdowns")
    reading.wait_ready(page)
    whole = reading.value(page, "Flags").inner_text().split()[0]
    # The menu stays open, for a category or a layer beside the severity.
    reading.choose(page, "Flags", "3 alone")
    page.wait_for_url(re.compile(r"sev=3"))
    expect(reading.value(page, "Flags")).to_have_text(re.compile(rf"^\d+ of {whole} events$"))
    reading.choice(page, "Flags", "None").click()
    page.wait_for_url(re.compile(r"flags=none$"))
    expect(page.locator(".flag-key")).to_have_count(0)
    reading.wait_ready(page)
    assert not drawn(page, "drawdowns-underwater").flags
    reading.choice(page, "Flags", "Worst days").click()
    expect(page.locator(".flag-key .title").first).to_have_text("Worst days")
    reading.wait_ready(page)
    assert len(drawn(page, "drawdowns-underwater").flags) == 10

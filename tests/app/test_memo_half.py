"""Half a memo’s width: its key has the rows that leave the drawing its room, and says of how many."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.figures.flags import KeyRow
from app.figures.frame import Axis, Leg, Line, Mark
from app.figures.lines import line_chart, pixels_each
from app.figures.style import Style
from app.kinds.request import PageRequest
from app.market.market import Market
from app.pages.flags import flagged
from app.questions.events.flag_marks import MemoFlags, Room, memo_flags
from app.questions.events.flags import Flagged, Marked
from app.render.memo import leaf as leaves
from app.render.memo import pack
from app.render.memo.key import rows_high, rows_that_fit
from app.render.memo.leaf import Leaf, leaf
from app.render.memo.sizes import FULL, HALF, Size
from app.settings import Settings
from app.web.application import PAGES
from models.events import Event
from tests.app.memos import chart, story
from tests.app.situations import NOW

FIRST, SESSIONS = date(2026, 1, 5), 150
HEADLINE = "The AI basket lost 27.0% in 27 sessions and has regained three-tenths; Kioxia is 57.2% below June"
DECK = "Fall from own record close, %, local currency, closes; basket equal-weight; since 1 Jan 2024"


@pytest.fixture(scope="module")
def market(filled: Path) -> Iterator[Market]:
    found = Market(Settings(data_dir=filled, now=NOW), poll=0.0)
    yield found
    found.close()


def many(kind: Any = "events", count: int = 33) -> Marked:
    """As many flags as a year of events has, the later the more severe."""
    flags = []
    for number in range(1, count + 1):
        day = FIRST + timedelta(days=4 * number)
        event = Event(f"e{number}", day, None, f"Event {number}", "", "selloff", 1 + number % 3)
        move = -0.01 - number / 1000
        flags.append(Flagged(number, day, move, event if kind == "events" else None))
    return Marked(kind, tuple(flags), count)


def told(marked: Marked, title: str = HEADLINE, deck: str = DECK) -> Any:
    """A story drawn as Drawdowns draws its own: lines, legs in a strip, flags above."""

    x = np.arange(SESSIONS)
    lines = [Line("AI basket, 47", x, np.linspace(0, -70, SESSIONS), "#123456", "heavy")]
    axis = Axis(0, SESSIONS, [0], ["2026"])

    def where(day: date) -> float:
        return float((day - FIRST).days)

    def draw(style: Style, flags: Any) -> Any:
        marks = [Mark(where(flag.session), flag.number, flag.severity) for flag in flags]
        return line_chart(lines, axis, style, column_head="31 Jul, %", marks=marks, legs=[Leg(3, 9, -12)])

    def choose(room: Room) -> MemoFlags:
        each = pixels_each(lines, axis, room.style)
        return memo_flags(marked, lambda day: where(day) * each, room)

    return flagged(story(title, deck=deck, draw=lambda style: draw(style, ())), choose, draw)


def plot_share(made: Leaf) -> float:
    """How much of the picture's height the plot itself has."""
    layout = leaves.drawn(made)["layout"]
    low, high = layout["yaxis"]["domain"]
    inner = made.size.height - layout["margin"]["t"] - layout["margin"]["b"]
    return float((high - low) * inner / made.size.height)


@pytest.mark.parametrize("kind", ["events", "days"])
def test_the_plot_of_half_a_memo_has_45_percent_of_its_height(market: Market, kind: str) -> None:
    made = leaf(chart(told(many(kind))), market, PageRequest("/"), HALF)
    assert plot_share(made) >= 0.45
    assert 2 <= len(made.key) < 33
    said = {"events": "4 of 33 events, the most severe; basket that day, %", "days": "9 of 33 worst days"}
    assert made.story.key_note == said[kind]
    whole = leaf(chart(told(many(kind))), market, PageRequest("/"), FULL)
    assert len(whole.key) == (7 if kind == "events" else 33)


def test_the_flags_drawn_are_those_of_the_key(market: Market) -> None:
    made = leaf(chart(told(many())), market, PageRequest("/"), HALF)
    (drawn,) = [trace for trace in leaves.drawn(made)["data"] if trace.get("mode") == "markers+text"]
    assert sorted(drawn["text"], key=int) == [row.number for row in made.key]
    assert all(row.filled for row in made.key), "the severest"


@settings(deadline=None, max_examples=40)
@given(title=st.text("abcdefg ", max_size=240), deck=st.text("abcdefg ", max_size=300))
def test_no_headline_takes_the_plot_its_room(market: Market, title: str, deck: str) -> None:
    made = leaf(chart(told(many(), title, deck)), market, PageRequest("/"), HALF)
    assert plot_share(made) >= 0.45


@given(high=st.floats(-400, 900), rows_told=st.booleans(), size=st.sampled_from([FULL, HALF]))
def test_as_many_rows_as_fit_and_no_more(high: float, rows_told: bool, size: Size) -> None:
    def rows(count: int) -> list[KeyRow]:
        return [KeyRow("1", "5 Aug 24", "Rout", "−5.1%" if rows_told else "")] * count

    fit = rows_that_fit(high, size, told=rows_told)
    if fit:
        assert rows_high(rows(fit), "said", size) <= high
    assert rows_high(rows(fit + 1), "said", size) > high


def test_every_chart_with_events_in_its_key_can_have_fewer(market: Market) -> None:
    tried = 0
    for name in (
        "drawdowns-underwater",
        "relay-strip",
        "stress-series",
        "correlation-pair",
        "correlation-tight",
    ):
        placed = pack.placed(PAGES)[name]
        try:
            found = placed.chart.tell(market, PageRequest(placed.path, "?flags=days"))
        except Exception:
            continue  # six names are not enough for it
        tried += 1
        assert found.fewer is not None
        none = found.fewer(HALF.style(head=0, foot=0), 0, 0)
        assert not none.key
    assert tried >= 2

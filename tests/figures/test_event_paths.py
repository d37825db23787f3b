"""Panels around day 0, and lines side by side: what is drawn, what touches nothing, what has no value."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.figures.canvas import EM
from app.figures.event_paths import Paths, compare_paths, event_paths
from app.figures.frame import Line
from app.figures.style import Style, memo, screen

OFFSETS = np.arange(-5, 11)
SCREENS = (screen("dark", 856, 436), screen("light", 1376, 690), memo(head=200, foot=60))
NAN = float("nan")


def group(title: str, names: int = 4, end: float = -8.0, reached: int = 10, **given: Any) -> Paths:
    mean = np.where(reached >= OFFSETS, np.linspace(2, end, len(OFFSETS)), NAN)
    width = np.sqrt(np.abs(OFFSETS) + 1.0)
    own = [(f"Name {row}", mean + row - names / 2) for row in range(names)]
    return Paths(title, own, mean, -width, width, **given)


def panels(count: int) -> list[Paths]:
    return [group("All names", 12, heavy=True)] + [
        group(f"Layer with a long name {row}", 3, end=row - 6.0) for row in range(count - 1)
    ]


def texts(figure: dict[str, Any]) -> list[tuple[str, float, float, float, str]]:
    """Every text with its box: left, right, middle, and its size."""
    found = []
    for trace in figure["data"]:
        if trace.get("mode") != "text":
            continue
        places = trace["textposition"]
        for row, text in enumerate(trace["text"]):
            size = trace["textfont"]["size"]
            size = size[row] if isinstance(size, list | tuple) else size
            place = places[row] if isinstance(places, list | tuple) else places
            wide, x = len(text) * EM * size, trace["x"][row]
            left = {"middle right": x, "middle left": x - wide, "middle center": x - wide / 2}[place]
            found.append((text, left, left + wide, trace["y"][row], size))
    return found


@pytest.mark.parametrize("style", SCREENS)
@pytest.mark.parametrize("count", [1, 2, 5, 12])
def test_no_two_texts_meet_and_none_leaves_the_drawing(style: Style, count: int) -> None:
    figure = event_paths(panels(count), OFFSETS, style)
    width = style.width - 2 * style.edge
    boxes = texts(figure)
    assert len(boxes) > 3 * count
    for place, (text, left, right, y, size) in enumerate(boxes):
        assert -style.tick <= left and right <= width + 1, text
        for other, low, high, at, tall in boxes[place + 1 :]:
            apart = right <= low + 1 or high <= left + 1 or abs(y - at) >= 0.45 * (size + tall)
            assert apart, (text, other)


def test_each_panel_has_its_name_its_count_and_its_last_mean() -> None:
    figure = event_paths([group("All names", 12, heavy=True), group("Memory", 3, 4.0)], OFFSETS, SCREENS[1])
    told = [text for text, *_ in texts(figure)]
    assert {"All names, 12", "Memory, 3", "−8.0", "+4.0", "day 0", "−5", "+10"} <= set(told)
    assert any(text.startswith("deepest: Name 0 −14.0") for text in told)


def test_what_has_not_come_is_not_drawn_and_the_last_value_is_the_last_known() -> None:
    figure = event_paths([group("Memory", 3, -8.0, reached=2)], OFFSETS, SCREENS[0])
    whole = np.linspace(2, -8, len(OFFSETS))[OFFSETS == 2][0]
    assert f"{whole:+.1f}".replace("-", "−") in [text for text, *_ in texts(figure)]
    tips = [text for trace in figure["data"] for text in trace.get("hovertext") or trace.get("text") or ()]
    assert not any("nan" in str(text) for text in tips)


def test_nothing_to_draw_is_an_empty_drawing() -> None:
    assert event_paths([], OFFSETS, SCREENS[0])["layout"]["width"] == 856
    empty = np.full(len(OFFSETS), NAN)
    figure = event_paths([Paths("None", [], empty, empty, empty)], OFFSETS, SCREENS[0])
    assert "n/a" in [text for text, *_ in texts(figure)]


@given(
    values=st.lists(st.floats(-90, 400), min_size=16, max_size=16),
    width=st.integers(360, 1600),
    count=st.integers(1, 12),
)
def test_every_point_of_a_mean_lies_in_its_panel(values: list[float], width: int, count: int) -> None:
    path = np.array(values)
    chance = np.full(16, 2.0)
    made = [Paths(f"P{row}", [("a", path)], path, -chance, chance, heavy=True) for row in range(count)]
    figure = event_paths(made, OFFSETS, screen("dark", width, 436))
    for trace in figure["data"]:
        if trace.get("mode") == "lines":
            x = [value for value in trace["x"] if value is not None]
            y = [value for value in trace["y"] if value is not None]
            assert min(x) >= -0.01 and max(x) <= width + 0.01
            assert min(y) >= -0.01 and max(y) <= 436.01


def test_lines_side_by_side_are_labelled_and_day_0_is_marked() -> None:
    x = np.arange(-5, 21)
    lines = [Line("DeepSeek", x, x * 1.0, "#ABCDEF"), Line("", x, -x * 1.0, "#123456", labelled=False)]
    figure = compare_paths(lines, 5, 20, SCREENS[0], head="+20, %")
    told = [text for trace in figure["data"] if trace.get("mode") == "text" for text in trace["text"]]
    assert "DeepSeek" in told and "+20.0" in told and "−20.0" not in told
    axis = figure["layout"]["xaxis"]
    assert axis["ticktext"][axis["tickvals"].index(0)] == "<b>day 0</b>"
    assert [shape["x0"] for shape in figure["layout"]["shapes"] if shape.get("xref") == "x"] == [0]

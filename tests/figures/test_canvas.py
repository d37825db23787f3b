from __future__ import annotations

from typing import Any

import pytest

from app.figures.canvas import Canvas
from app.figures.style import memo, screen


def trace(figure: dict[str, Any], kind: str, mode: str = "") -> dict[str, Any]:
    found = [t for t in figure["data"] if t["type"] == kind and t.get("mode", "") == mode]
    assert len(found) == 1
    return found[0]


def test_a_cell_stands_where_it_was_put_and_carries_its_reading_and_its_way() -> None:
    canvas = Canvas(screen("dark", 600, 200))
    canvas.cell(10, 20, 30, 5, "#102030", "a tip", "?day=2026-06-26")
    bar = trace(canvas.figure(), "bar")
    left = bar["x"][0] - bar["width"][0] / 2
    assert (left, bar["base"][0], bar["width"][0], bar["y"][0]) == (10, 20, 30, 5)
    assert bar["marker"]["color"][0] == "#102030"
    assert (bar["hovertext"][0], bar["customdata"][0]) == ("a tip", "?day=2026-06-26")


def test_y_grows_downwards_in_pixels_of_the_place() -> None:
    figure = Canvas(screen("light", 640, 240)).figure()
    assert figure["layout"]["xaxis"]["range"] == [0, 640]
    assert figure["layout"]["yaxis"]["range"] == [240, 0]


def test_lines_of_one_kind_are_one_trace_with_breaks() -> None:
    canvas = Canvas(screen("dark", 600, 200))
    canvas.line([0, 5], [1, 1], "#111111")
    canvas.line([7, 9], [2, 2], "#111111")
    canvas.line([7, 9], [3, 3], "#222222")
    lines = [t for t in canvas.figure()["data"] if t.get("mode") == "lines"]
    assert [t["x"] for t in lines] == [[0, 5, None, 7, 9, None], [7, 9, None]]


@pytest.mark.parametrize(("anchor", "side"), [("left", "right"), ("center", "center"), ("right", "left")])
def test_a_text_is_anchored_as_it_says(anchor: Any, side: str) -> None:
    canvas = Canvas(screen("dark", 600, 200))
    canvas.text(5, 6, "Asia", anchor=anchor, weight=700)
    text = trace(canvas.figure(), "scatter", "text")
    assert text["textposition"] == [f"middle {side}"]
    assert text["textfont"]["weight"] == (700,)


def test_the_memo_leaves_its_edges_and_its_head_free() -> None:
    style = memo(head=200, foot=58)
    canvas = Canvas(style)
    assert (canvas.width, canvas.height) == (1600 - 2 * 48, 900 - 258)
    assert canvas.figure()["layout"]["margin"] == {"l": 48, "r": 48, "t": 200, "b": 58, "pad": 0}


def test_simulated_prices_are_marked_across_the_drawing() -> None:
    canvas = Canvas(screen("dark", 600, 200))
    assert canvas.figure()["layout"]["annotations"] == []
    assert canvas.figure(simulated=True)["layout"]["annotations"][0]["text"] == "SIMULATED"


def test_an_empty_drawing_is_still_a_figure() -> None:
    assert Canvas(screen("dark", 600, 200)).figure()["data"] == []


def test_what_fits_depends_on_the_size_of_the_type() -> None:
    canvas = Canvas(screen("dark", 600, 200))
    assert canvas.fits("Asia session", 90, 12)
    assert not canvas.fits("Asia session", 90, 25)

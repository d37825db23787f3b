from __future__ import annotations

from typing import Any
from urllib.parse import unquote

import numpy as np
import pytest
from dash import html
from hypothesis import given
from hypothesis import strategies as st

from app.market.words import MINUS, percent
from app.render.html.chart import chart
from app.render.html.empty import empty
from app.render.html.marks import SPARK_HEIGHT, SPARK_WIDTH, signed_cell, track, underwater_spark
from app.render.html.markup import markup
from app.render.html.menu import date_menu, grouped_menu, menu
from models.errors import NoPricesError

NAN = float("nan")


@pytest.mark.parametrize(
    ("value", "classes"),
    [
        (-0.2, {"num", "fall"}),
        (0.1, {"num", "rise"}),
        (0.0, {"num"}),
        (0.0004, {"num"}),
        (-0.0004, {"num"}),
        (None, {"num"}),
        (NAN, {"num"}),
    ],
)
def test_a_figure_has_the_colour_of_its_sign_and_the_sign_itself(
    value: float | None, classes: set[str]
) -> None:
    cell = signed_cell(percent(value), value)
    assert set(cell.className.split()) == classes
    assert ("fall" in classes) == cell.children.startswith(MINUS)
    assert set(signed_cell(percent(value), value, key=True).className.split()) == classes | {"key"}


@pytest.mark.parametrize(
    ("fraction", "text", "at", "high"),
    [
        (0.34, "34", "34%", "false"),
        (0.9, "90", "90%", "true"),
        (0.999, ">99", "100%", "true"),
        (1.0, "100", "100%", "true"),
    ],
)
def test_a_percentile_is_a_dot_and_a_figure(fraction: float, text: str, at: str, high: str) -> None:
    line, figure = track(fraction).children
    assert figure.children == text
    assert line.style == {"--at": at}
    assert line.to_plotly_json()["props"]["data-high"] == high


@pytest.mark.parametrize("fraction", [None, NAN])
def test_no_percentile_is_said_and_not_drawn(fraction: float | None) -> None:
    assert track(fraction).children == "n/a"


def shape_of(falls: Any) -> list[tuple[float, float]]:
    drawn = unquote(underwater_spark(np.asarray(falls, dtype=float)).style["--shape"])
    points = drawn.split('<polyline points="')[1].split('"')[0]
    return [(float(a), float(b)) for a, b in (pair.split(",") for pair in points.split())]


@given(st.lists(st.floats(-1, 0) | st.just(NAN), max_size=800))
def test_a_sparkline_stays_in_its_box_and_hangs_from_zero(falls: list[float]) -> None:
    known = [value for value in falls if value == value]
    if len(known) < 2:
        assert not hasattr(underwater_spark(np.array(falls)), "style")
        return
    points = shape_of(falls)
    assert len(points) == min(len(known), 64)
    assert [x for x, _ in points] == sorted(x for x, _ in points)
    assert all(0 <= x <= SPARK_WIDTH and 0 <= y <= SPARK_HEIGHT for x, y in points)
    deepest = 0.5 + min(-min(known) / 0.7, 1) * (SPARK_HEIGHT - 2)
    last = 0.5 + min(-known[-1] / 0.7, 1) * (SPARK_HEIGHT - 2)
    assert points[-1][1] == pytest.approx(last, abs=0.051)
    assert max(y for _, y in points) == pytest.approx(deepest, abs=0.051)


def test_a_menu_is_links_and_marks_the_one_that_stands() -> None:
    written = markup(menu("Leg", "10%", [("5%", "?fall=5", False), ("10%", "?", True)]))
    assert '<span class="label">Leg</span><span class="value">10%</span>' in written
    assert written.count("<a ") == 2
    assert written.count('class="choice chosen"') == 1
    assert "?fall=5" in written


def test_a_group_without_choices_has_no_head() -> None:
    written = markup(grouped_menu("Lines", "1", [("Memory", [("Micron", "?x", True)]), ("Power", [])]))
    assert '<p class="group">Memory</p>' in written
    assert "Power" not in written


def test_a_date_of_ones_own_has_a_labelled_field() -> None:
    written = markup(date_menu("As of", "Now", [], field="f", hint="A date", given='2026"'))
    assert '<label for="f">A date</label>' in written
    assert 'id="f"' in written
    assert "2026&#34;" in written


def test_a_chart_says_what_it_shows_without_being_seen() -> None:
    figure = chart("c-x", title="Fall from record", note="%, closes", summary="Latest values: A −1.0%.")
    written = markup(figure)
    assert 'aria-labelledby="c-x-title c-x-note c-x-summary"' in written and 'role="img"' in written
    assert '<p id="c-x-summary" class="unseen">Latest values: A −1.0%.</p>' in written
    assert 'aria-expanded="false"' in written and 'aria-controls="c-x-data"' in written
    for action in ("png", "copy", "csv", "table"):
        assert f'id="c-x-{action}"' in written
        assert f'data-action="{action}"' in written
    assert isinstance(figure, html.Figure)


def test_the_empty_state_is_one_sentence() -> None:
    written = markup(empty(NoPricesError("No prices yet. Run `aftershock ingest once`.")))
    assert '<p class="empty-reason">No prices yet. Run `aftershock ingest once`.</p>' in written
    assert 'data-empty="true"' in written
    assert "&lt;b&gt;" in markup(empty("<b>"))

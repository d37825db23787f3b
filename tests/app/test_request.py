from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.kinds.request import WIDE, PageRequest

json_values = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)


def test_a_request_is_what_the_browser_said() -> None:
    found = PageRequest.of({"path": "/data", "search": "?show=late", "width": 1920, "theme": "light"})
    assert found == PageRequest("/data", "?show=late", 1920, "light")
    assert found.mode == "light"


@pytest.mark.parametrize("said", [None, [], "text", 3, {}, {"path": None, "width": None, "theme": "pink"}])
def test_anything_unusable_takes_its_default(said: Any) -> None:
    assert PageRequest.of(said) == PageRequest()


@pytest.mark.parametrize(
    ("said", "width"),
    [(1, 320), (-5, 320), (1e30, 5120), (1366.7, 1366), (True, 1440), ("1280", 1440), ("x", 1440)],
)
def test_a_width_lies_within_reason(said: Any, width: int) -> None:
    assert PageRequest.of({"width": said}).width == width


@pytest.mark.parametrize("number", ["NaN", "Infinity", "-Infinity", "1e999"])
def test_numbers_that_json_should_not_know(number: str) -> None:
    """Python's reader takes them from any body."""
    assert PageRequest.of(json.loads(f'{{"width": {number}}}')).width == 1440


@given(st.dictionaries(st.sampled_from(("path", "search", "width", "theme", "x")), json_values))
def test_no_store_fails_a_request(said: dict[str, Any]) -> None:
    found = PageRequest.of(said)
    assert 320 <= found.width <= 5120
    assert len(found.path) <= 200
    assert found.theme in ("dark", "light")
    assert 200 < found.chart_width < found.width


@given(st.integers(320, 5120))
def test_the_chart_fits_its_page(width: int) -> None:
    found = PageRequest(width=width)
    assert found.wide == (width >= WIDE)
    assert found.chart_width <= width - 48
    assert found.chart_width >= 272


@pytest.mark.parametrize(("width", "chart"), [(1280, 856), (1920, 1376), (1099, 1051), (320, 272)])
def test_chart_widths_of_the_grid(width: int, chart: int) -> None:
    assert PageRequest(width=width).chart_width == chart


@pytest.mark.parametrize("width", [1280, 1920])
def test_columns_and_their_gutters_fill_the_page(width: int) -> None:
    request = PageRequest(width=width)
    whole = request.span(12)
    assert whole == width - (64 if request.wide else 48)
    for first in range(1, 12):
        assert abs(request.span(first) + 24 + request.span(12 - first) - whole) <= 1


def test_a_narrow_page_has_one_column() -> None:
    assert PageRequest(width=800).span(4) == 800 - 48

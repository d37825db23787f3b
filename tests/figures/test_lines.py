from __future__ import annotations

import base64
from dataclasses import replace
from typing import Any

import numpy as np
import plotly.graph_objects as go
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.figures.frame import Axis, Leg, Line, Mark
from app.figures.lines import line_chart, placed
from app.figures.style import Style, memo, screen
from app.figures.theme import PALETTES
from app.market.words import MINUS

STYLE = screen("dark", 880, 336)
AXIS = Axis(0, 99, [0, 50], ["<b>2026</b>", "Jul"], days=list(range(20_000, 20_100)))


def line(name: str, y: Any, weight: str = "named", **more: Any) -> Line:
    y = np.asarray(y, dtype=float)
    return Line(name, np.arange(len(y)), y, "#EBC857", weight, **more)


def falling(to: float, n: int = 100) -> np.ndarray:
    return np.linspace(0, to, n)


def unpacked(trace: dict[str, Any], key: str) -> np.ndarray:
    given_ = trace[key]
    return np.frombuffer(base64.b64decode(given_["bdata"]), given_["dtype"])


def drawn(figure: dict[str, Any]) -> list[dict[str, Any]]:
    """The traces that are lines of data, halos left out."""
    return [trace for trace in figure["data"] if trace.get("name") and trace["hoverinfo"] == "none"]


def labels(figure: dict[str, Any]) -> tuple[list[str], list[str], list[float]]:
    names, figures = (
        trace for trace in figure["data"] if trace.get("xaxis") == "x2" and trace["mode"] == "text"
    )
    assert names["y"] == figures["y"]
    return names["text"], figures["text"], names["y"]


def test_plotly_takes_the_figure() -> None:
    figure = line_chart(
        [
            line("Nvidia", falling(-20), "context"),
            line("AI basket, 42", falling(-30), "heavy", open_end=True),
        ],
        AXIS,
        STYLE,
        column_head="31 Jul, %",
        marks=[Mark(10, 1), Mark(11, 2)],
        legs=[Leg(3, 40, -12.5)],
        simulated=True,
    )
    assert len(go.Figure(figure).data) == len(figure["data"])


def test_a_line_ends_at_its_last_true_value() -> None:
    found = line("A", [0, -1, np.nan, -3, np.nan])
    assert (found.end, found.last) == (3.0, -3.0)
    nothing = line("B", [np.nan, np.nan])
    assert np.isnan(nothing.end)
    assert np.isnan(nothing.last)


def test_every_line_has_its_name_and_last_value_beside_it() -> None:
    figure = line_chart(
        [line("Nvidia", falling(-14.8)), line("TSMC", falling(-3.4)), line("At record", falling(-0.0))],
        AXIS,
        STYLE,
        column_head="31 Jul, %",
    )
    names, figures, _ = labels(figure)
    assert names == ["Nvidia", "TSMC", "At record"]
    assert figures == [f"{MINUS}14.8", f"{MINUS}3.4", "0.0"]
    assert figure["layout"]["annotations"][0]["text"] == "31 Jul, %"


@settings(max_examples=40, deadline=None)
@given(st.lists(st.floats(-95, 0), min_size=2, max_size=12))
def test_direct_labels_do_not_touch_and_stay_on_the_plot(last: list[float]) -> None:
    figure = line_chart(
        [line(f"N{row}", falling(to)) for row, to in enumerate(last)], AXIS, STYLE, column_head=""
    )
    low, high = figure["layout"]["yaxis"]["range"]
    floor, ceiling = figure["layout"]["yaxis"]["domain"]
    height = (ceiling - floor) * STYLE.height
    placed = np.sort([(high - at) / (high - low) * height for at in labels(figure)[2]])
    assert np.diff(placed).min() >= STYLE.gap - 1e-6
    assert placed[0] >= 0
    assert placed[-1] <= height + 1e-6


def test_a_missing_bar_breaks_the_line() -> None:
    y = falling(-20)
    y[40:43] = np.nan
    (trace,) = drawn(line_chart([line("A", y)], AXIS, STYLE, column_head=""))
    assert np.isnan(unpacked(trace, "y")).sum() == 3
    assert trace["connectgaps"] is False


@settings(max_examples=15, deadline=None)
@given(st.integers(1_000, 4_000), st.integers(1, 20), st.integers(0, 2**32 - 1))
def test_long_lines_are_thinned_to_true_points_with_their_extremes(n: int, count: int, seed: int) -> None:
    y = np.random.default_rng(seed).uniform(-80, 0, n)
    figure = line_chart(
        [line(f"N{row}", y) for row in range(count)], replace(AXIS, high=n), STYLE, column_head=""
    )
    assert sum(len(unpacked(trace, "y")) for trace in drawn(figure)) <= max(8_000 + 2 * count, 102 * count)
    for trace in drawn(figure)[:1]:
        x, shown = unpacked(trace, "x"), unpacked(trace, "y")
        np.testing.assert_array_equal(shown, y[x].astype("f4"))
        assert (x[0], x[-1]) == (0, n - 1)
        assert shown.min() == np.float32(y.min())


def test_positions_fit_their_type() -> None:
    day = np.array([20_000, 20_001])
    (trace,) = drawn(
        line_chart([Line("A", day, np.array([0.0, -1.0]), "#EBC857")], AXIS, STYLE, column_head="")
    )
    assert unpacked(trace, "x").tolist() == day.tolist()


def test_falls_hang_from_zero_and_paths_do_not() -> None:
    hanging = line_chart([line("A", falling(-33))], AXIS, STYLE, column_head="")["layout"]["yaxis"]
    assert hanging["range"][1] == 0
    assert hanging["ticktext"][-1] == "0"
    free = line_chart([line("A", falling(55))], AXIS, STYLE, column_head="", hang=False)["layout"]["yaxis"]
    assert free["range"][1] >= 55
    assert 0 in free["tickvals"]


@pytest.mark.parametrize(
    "lines", [[], [line("A", [np.nan, np.nan])], [line("A", [0.0])], [line("A", [0.0, 0.0])]]
)
def test_nothing_to_draw_is_a_frame_with_a_scale(lines: list[Line]) -> None:
    figure = line_chart(lines, AXIS, STYLE, column_head="", legs=[])
    low, high = figure["layout"]["yaxis"]["range"]
    assert low < high
    assert 4 <= len(figure["layout"]["yaxis"]["tickvals"]) <= 9


def test_day_lows_widen_the_scale_and_are_dotted_beside_the_line() -> None:
    y = falling(-20)
    figure = line_chart([line("A", y, low=y - 15)], AXIS, STYLE, column_head="")
    assert [trace["name"] for trace in drawn(figure)] == ["A, day low", "A"]
    assert figure["layout"]["yaxis"]["range"][0] <= -35


def test_weights_are_widths_and_the_basket_has_a_halo() -> None:
    figure = line_chart(
        [line("C", falling(-1), "context"), line("N", falling(-2)), line("B", falling(-3), "heavy")],
        AXIS,
        STYLE,
        column_head="",
    )
    widths = {trace["name"]: trace["line"]["width"] for trace in drawn(figure)}
    assert widths == {"C": STYLE.context, "N": STYLE.named, "B": STYLE.heavy}
    halo = next(trace for trace in figure["data"] if trace.get("name") == "B")
    assert halo["line"]["color"] == PALETTES["dark"].ground
    assert halo["line"]["width"] > STYLE.heavy
    assert drawn(figure)[0]["line"]["color"].endswith(",0.72)")


def test_a_provisional_end_is_a_hollow_point() -> None:
    figure = line_chart([line("A", falling(-5), open_end=True)], AXIS, STYLE, column_head="")
    (point,) = [trace for trace in figure["data"] if trace["mode"] == "markers"]
    assert point["marker"]["color"] == PALETTES["dark"].ground
    assert (point["x"], point["y"]) == ([99.0], [-5.0])


def test_flags_stand_in_lanes_above_the_plot() -> None:
    marks = [Mark(10, 1), Mark(11, 2), Mark(60, 3)]
    assert [flag.lane for flag in placed(marks, AXIS, STYLE)] == [0, 1, 0]
    figure = line_chart([line("A", falling(-5))], AXIS, STYLE, column_head="", marks=marks)
    (flags,) = [trace for trace in figure["data"] if trace["mode"] == "markers+text"]
    assert flags["text"] == ["1", "2", "3"]
    assert flags["x"] == [10, 11, 60]
    assert flags["y"][0] == flags["y"][2] > flags["y"][1]
    assert flags["textfont"]["size"] >= 10.5
    posts = figure["data"][0]
    assert posts["x"] == [10, 10, None, 11, 11, None, 60, 60, None]
    assert posts["line"]["color"].endswith(",0.32)")


def test_of_legs_that_would_touch_the_deeper_one_is_written() -> None:
    legs = [Leg(10, 14, -11.1), Leg(13, 17, -27.0), Leg(70, 90, -29.2)]
    figure = line_chart([line("A", falling(-5))], AXIS, STYLE, column_head="", legs=legs)
    (text,) = [trace for trace in figure["data"] if trace.get("yaxis") == "y2" and trace["type"] == "scatter"]
    assert text["text"] == ["", f"{MINUS}27.0", f"{MINUS}29.2"]
    (bars,) = [trace for trace in figure["data"] if trace["type"] == "bar"]
    assert bars["width"] == [4, 4, 20]
    assert figure["layout"]["shapes"]


def test_only_simulated_prices_carry_the_watermark() -> None:
    def texts(simulated: bool) -> list[dict[str, Any]]:
        figure = line_chart([line("A", falling(-5))], AXIS, STYLE, column_head="x", simulated=simulated)
        return [note for note in figure["layout"]["annotations"] if note["text"] == "SIMULATED"]

    assert texts(False) == []
    assert texts(True)[0]["opacity"] == 0.08


@pytest.mark.parametrize(
    ("style", "floor"),
    [(screen("light", 880, 336), 10.5), (screen("dark", 1376, 500), 10.5), (memo(head=136, foot=156), 23)],
)
def test_no_text_below_its_floor_and_parts_fit_the_picture(style: Style, floor: float) -> None:
    figure = line_chart([line("A", falling(-5))], AXIS, style, column_head="", legs=[Leg(1, 9, -12)])
    layout = figure["layout"]
    assert (layout["width"], layout["height"]) == (style.width, style.height)
    bottom, top = layout["yaxis"]["domain"]
    assert 0 < bottom < top < 1
    assert layout["xaxis"]["domain"][1] == layout["xaxis2"]["domain"][0]
    sizes = [layout["font"]["size"], layout["xaxis"]["tickfont"]["size"]]
    sizes += [trace["textfont"]["size"] for trace in figure["data"] if "textfont" in trace]
    assert min(sizes) >= floor

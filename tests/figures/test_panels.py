from __future__ import annotations

import re
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.figures.frame import Leg, Mark
from app.figures.panels import Curve, Panel, Times, small_multiples
from app.figures.style import Style, memo, screen

NAN = float("nan")
DAYS = np.arange(np.datetime64("2024-01-01"), np.datetime64("2025-07-01"))
SCREEN = screen("dark", 900, 500)
MEMO = memo(head=200, foot=120)


def panel(y: np.ndarray, **given: Any) -> Panel:
    curve = Curve(np.arange(len(y)), y, "#ABCDEF", spikes=given.pop("spikes", False))
    told: dict[str, Any] = {"scale": (0.0, 10.0), "ticks": [(0.0, "0"), (10.0, "10")], "last": "7"}
    return Panel("Turbulence", "log scale", [curve], **(told | given))


def drawn(panels: list[Panel], style: Style = SCREEN, times: Times | None = None, **given: Any) -> dict:
    return small_multiples(panels, times or Times(DAYS), style, **given)


def lines(figure: dict, colour: str) -> list[tuple[list[float], list[float]]]:
    """The lines of one colour, point by point, parted at their breaks."""
    found: list[tuple[list[float], list[float]]] = []
    for trace in figure["data"]:
        if trace.get("mode") == "lines" and trace["line"]["color"] == colour:
            x: list[float] = []
            y: list[float] = []
            for a, b in zip(trace["x"], trace["y"], strict=True):
                if a is None:
                    found.append((x, y))
                    x, y = [], []
                else:
                    x.append(a)
                    y.append(b)
    return found


def texts(figure: dict) -> list[str]:
    return [text for trace in figure["data"] if trace.get("mode") == "text" for text in trace["text"]]


def test_a_line_goes_over_a_holiday_and_breaks_over_a_month() -> None:
    values = np.full(len(DAYS), 5.0)
    values[100:105] = NAN
    values[300:340] = NAN
    found = lines(drawn([panel(values)]), "#ABCDEF")
    assert len(found) == 2


@given(st.integers(0, 1000))
def test_no_extreme_is_lost_and_all_is_inside(seed: int) -> None:
    values = np.random.default_rng(seed).uniform(0, 10, len(DAYS))
    values[seed % len(DAYS)] = 10.0
    figure = drawn([panel(values)])
    ys = [y for _, line in lines(figure, "#ABCDEF") for y in line]
    top = min(ys)
    again = lines(drawn([panel(np.full(len(DAYS), 10.0))]), "#ABCDEF")
    assert top == pytest.approx(again[0][1][0], abs=0.11)
    assert all(0 <= y <= figure["layout"]["yaxis"]["range"][0] for y in ys)


def test_log_panels_whose_weights_are_their_ranges_have_the_same_pixels_for_a_factor() -> None:
    wide, narrow = (
        panel(np.tile([1.0, 2.0], len(DAYS) // 2), scale=scale, log=True, weight=np.log(scale[1] / scale[0]))
        for scale in ((0.5, 32.0), (0.5, 4.0))
    )
    first, second = (np.ptp(y) for _, y in lines(drawn([wide, narrow]), "#ABCDEF"))
    assert first == pytest.approx(second, abs=0.3)
    assert first > 10


def test_spikes_stand_for_the_highest_of_their_pixels_and_nothing_for_none() -> None:
    values = np.zeros(len(DAYS))
    values[200] = 4.0
    values[400] = NAN
    found = lines(drawn([panel(values, spikes=True)]), "#ABCDEF")
    assert len(found) == 1
    (x, y) = found[0]
    assert x[0] == x[1] and y[1] < y[0]


def test_a_tick_without_room_is_left_out_and_the_first_given_stays() -> None:
    ticks = [(1.0, "one"), (1.01, "next to it"), (9.0, "nine")]
    told = texts(drawn([panel(np.ones(len(DAYS)), ticks=ticks)]))
    assert "one" in told and "nine" in told and "next to it" not in told


def test_legs_are_shaded_through_all_panels_and_flags_stand_apart() -> None:
    times = Times(
        DAYS, [Mark(100, 1), Mark(101, 2), Mark(400, 3)], [Leg(50, 90, -12.0), Leg(300, 380, -30.0)]
    )
    figure = drawn([panel(np.ones(len(DAYS))), panel(np.ones(len(DAYS)))], times=times)
    shades = figure["layout"]["shapes"]
    assert len(shades) == 2
    bounds = [tuple(map(float, re.findall(r"[\d.]+", shade["path"]))) for shade in shades]
    ys = [y for _, line in lines(figure, "#ABCDEF") for y in line]
    assert all(top <= min(ys) and bottom >= max(ys) for _, top, _, bottom, _ in bounds)
    assert {"−12.0", "−30.0", "1", "2", "3"} <= set(texts(figure))
    squares = next(trace for trace in figure["data"] if trace["type"] == "bar")
    tops = {round(x): base for x, base in zip(squares["x"], squares["base"], strict=True)}
    assert len(set(tops.values())) > 1, "two that would touch take two lanes"


def test_the_pointer_reads_every_session_once() -> None:
    asked: list[tuple[int, int]] = []

    def tip(start: int, stop: int) -> str:
        asked.append((start, stop))
        return f"{start}"

    figure = drawn([panel(np.ones(len(DAYS)))], tip=tip)
    assert asked[0][0] == 0 and asked[-1][1] == len(DAYS)
    assert all(one[1] == other[0] for one, other in pairwise(asked))
    told = next(trace for trace in figure["data"] if trace["type"] == "bar")
    assert set(told["marker"]["color"]) == {"rgba(0,0,0,0)"} and len(told["hovertext"]) == len(asked)


def test_a_memo_names_its_panels_beside_them() -> None:
    given = panel(np.ones(len(DAYS)), short="Turb.")
    assert {"Turb."} <= set(texts(drawn([given], MEMO)))
    assert not {"Turbulence", "log scale"} & set(texts(drawn([given], MEMO)))
    assert {"Turbulence", "log scale", "7"} <= set(texts(drawn([given])))
    assert drawn([given], MEMO)["layout"]["width"] == 1600


def test_a_long_name_beside_a_panel_takes_two_lines() -> None:
    given = panel(np.ones(len(DAYS)), short="New York to the next Asian day")
    assert {"New York to the", "next Asian day"} <= set(texts(drawn([given], MEMO)))


def test_simulated_prices_carry_the_watermark() -> None:
    words = drawn([panel(np.ones(len(DAYS)))], simulated=True)["layout"]["annotations"]
    assert [word["text"] for word in words] == ["SIMULATED"]
    assert not drawn([panel(np.ones(len(DAYS)))])["layout"]["annotations"]


@pytest.mark.parametrize("style", [SCREEN, MEMO], ids=["screen", "memo"])
def test_nothing_known_draws_a_frame_alone(style: Style) -> None:
    figure = drawn([panel(np.full(len(DAYS), NAN)), panel(np.full(len(DAYS), NAN), spikes=True)], style)
    assert not lines(figure, "#ABCDEF")
    assert "<b>2025</b>" in texts(figure)

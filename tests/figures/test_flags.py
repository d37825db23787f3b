from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.figures.flags import FREE, MOST_LANES, Flag, flags_of, folded, width_of
from app.figures.frame import Axis, Line, Mark
from app.figures.lines import line_chart, line_flags
from app.figures.panels import Curve, Panel, Times, small_multiples
from app.figures.style import Style, memo, screen

# The chart beside a table of a compact and of a wide screen, and the memo.
STYLES = (screen("dark", 856, 336), screen("light", 1376, 500), memo(head=150, foot=200))
DAYS = np.arange(np.datetime64("2026-06-22"), np.datetime64("2026-07-22"))
ROWS = st.lists(st.tuples(st.integers(0, 29), st.integers(1, 3)), max_size=60)


def marks_of(rows: list[tuple[int, int]]) -> list[Mark]:
    ordered = sorted(rows, key=lambda row: row[0])
    return [
        Mark(x, number, weight, f"event {number}", f"/events?event=e{number}")
        for number, (x, weight) in enumerate(ordered, 1)
    ]


def boxes(flags: list[Flag], scale: float, style: Style) -> list[tuple[float, float, float, float]]:
    """Left, right, top and bottom of each flag, its lane upwards."""
    found = []
    for flag in flags:
        half, y = width_of(flag, style) / 2, flag.lane * style.lane
        found.append((flag.x * scale - half, flag.x * scale + half, y, y + style.flag))
    return found


def meet(flags: list[Flag], scale: float, style: Style) -> bool:
    return any(
        min(a[1], b[1]) > max(a[0], b[0]) and min(a[3], b[3]) > max(a[2], b[2])
        for a, b in combinations(boxes(flags, scale, style), 2)
    )


@pytest.mark.parametrize("style", STYLES)
@given(rows=ROWS, scale=st.floats(0.2, 60))
def test_no_two_flags_meet_and_none_is_lost(style: Style, rows: list[tuple[int, int]], scale: float) -> None:
    flags = flags_of(marks_of(rows), scale, style)
    assert not meet(flags, scale, style)
    assert sorted(number for flag in flags for number in flag.numbers) == list(range(1, len(rows) + 1))
    assert max((flag.lane for flag in flags), default=0) < MOST_LANES


@given(rows=ROWS, scale=st.floats(0.2, 60))
def test_a_flag_is_folded_only_where_severer_ones_take_every_lane(
    rows: list[tuple[int, int]], scale: float
) -> None:
    style, marks = STYLES[0], marks_of(rows)
    flags = flags_of(marks, scale, style)
    alone = [marks[flag.numbers[0] - 1] for flag in flags if flag.lane < MOST_LANES - 1]
    for flag in folded(flags):
        assert flag.lane == MOST_LANES - 1
        assert flag.text == f"+{len(flag.numbers)}"
        for number in flag.numbers:
            mark = marks[number - 1]
            rivals = [
                other
                for other in alone
                if abs(other.x - mark.x) * scale < style.flag + FREE and other.weight >= mark.weight
            ]
            assert len(rivals) >= MOST_LANES - 1


@pytest.mark.parametrize("style", STYLES)
def test_forty_flags_in_thirty_sessions_stand_in_four_lanes(style: Style) -> None:
    rng = np.random.default_rng(4)
    marks = marks_of([(int(x), int(x) % 3 + 1) for x in rng.integers(0, 30, 40)])
    flags = flags_of(marks, (style.width - style.left - style.column) / 29, style)
    assert not meet(flags, (style.width - style.left - style.column) / 29, style)
    assert sum(len(flag.numbers) for flag in flags) == 40


def test_ten_on_one_session_leave_three_flags_and_the_rest_folded() -> None:
    marks = marks_of([(5, 1)] * 6 + [(5, 3)] * 2 + [(5, 2)] * 2)
    flags = flags_of(marks, 20.0, STYLES[0])
    assert [flag.text for flag in flags] == ["7", "8", "9", "+7"]
    assert [flag.filled for flag in flags] == [True, True, False, False]
    (rest,) = folded(flags)
    assert rest.numbers == (1, 2, 3, 4, 5, 6, 10)
    assert rest.tip == "event 1; event 2; event 3 and 4 more"
    assert rest.go == "/events?event=e10", "a click leads to the severest of them"


def test_where_four_lanes_do_nothing_is_folded() -> None:
    marks = marks_of([(5, 1)] * 4)
    assert [flag.lane for flag in flags_of(marks, 20.0, STYLES[0])] == [0, 1, 2, 3]


def test_a_number_too_wide_for_its_box_stands_without_one() -> None:
    flags = flags_of([Mark(0, 99), Mark(1, 100), Mark(2, 101)], 22.0, STYLES[0])
    assert [flag.boxed for flag in flags] == [True, False, False]
    assert not meet(flags, 22.0, STYLES[0])


def line(name: str, count: int) -> Line:
    return Line(name, np.arange(count), np.linspace(0, -20, count), "#EBC857")


def test_both_drawings_place_the_same_flags_and_lead_to_their_events() -> None:
    marks = marks_of([(3, 3), (3, 1), (9, 2)])
    axis = Axis(0, 29, [0], ["22 Jun"])
    lines = line_chart([line("Nvidia", 30)], axis, STYLES[0], column_head="", marks=marks)
    (flags,) = [trace for trace in lines["data"] if trace["mode"] == "markers+text"]
    assert flags["customdata"] == [mark.go for mark in marks]
    assert flags["hovertext"] == [mark.tip for mark in marks]
    posts = lines["data"][0]
    assert posts["x"] == [3, 3, None, 9, 9, None], "one post a session"
    panel = Panel("T", "", [Curve(np.arange(30), np.ones(30), "#ABCDEF")], (0.0, 2.0), [(0.0, "0")], "1")
    panels = small_multiples([panel], Times(DAYS, marks), STYLES[0])
    cells = next(trace for trace in panels["data"] if trace["type"] == "bar")
    assert [go for go in cells["customdata"] if go] == [mark.go for mark in marks for _ in range(2)]


def test_the_key_learns_which_flags_the_chart_folds() -> None:
    marks, axis = marks_of([(5, 1)] * 7), Axis(0, 29, [0], ["22 Jun"])
    drawn = line_chart([line("A very long name", 30)], axis, STYLES[0], column_head="", marks=marks)
    (flags,) = [trace for trace in drawn["data"] if trace["mode"] == "markers+text"]
    told = line_flags([line("A very long name", 30)], marks, axis, STYLES[0])
    assert flags["text"] == [flag.text for flag in told] == ["1", "2", "3", "+4"]

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.figures.placing import grid_label, grid_values, lanes, spread, time_ticks
from app.market.words import MINUS

pixels = st.floats(-200, 800, allow_nan=False)
LOW, HIGH, GAP = 2.0, 500.0, 17.0


def weekdays(first: str, last: str) -> np.ndarray:
    days = np.arange(np.datetime64(first), np.datetime64(last) + 1)
    return days[np.is_busday(days)]


@given(st.lists(pixels, min_size=1, max_size=40))
def test_spread_keeps_order_gap_and_bounds(wanted: list[float]) -> None:
    placed = spread(wanted, GAP, LOW, HIGH)
    gap = min(GAP, (HIGH - LOW) / max(len(wanted) - 1, 1))
    assert min(placed) >= LOW - 1e-6
    assert max(placed) <= HIGH + 1e-6
    order = sorted(range(len(wanted)), key=lambda row: wanted[row])
    for above, below in pairwise(order):
        assert placed[below] - placed[above] >= gap - 1e-6


@given(st.lists(st.floats(LOW, HIGH), min_size=1, max_size=12), st.floats(0, 4))
def test_spread_moves_nothing_that_has_room(wanted: list[float], room: float) -> None:
    if all(below - above >= GAP for above, below in pairwise(sorted(wanted))):
        assert spread(wanted, GAP, LOW, HIGH) == pytest.approx(wanted)
    # One that is further off than all the others could ever be pushed stays, whatever they do.
    lone = HIGH + (len(wanted) + 1 + room) * GAP
    assert spread([*wanted, lone], GAP, LOW, lone + 1)[-1] == pytest.approx(lone)


def test_spread_shares_a_collision_evenly() -> None:
    assert spread([100, 100], 18, 0, 400) == [91, 109]
    assert spread([0, 1, 300], 18, 0, 400) == [0, 18, 300]
    assert spread([400, 399], 18, 0, 400) == [400, 382]
    assert spread([], 18, 0, 400) == []


def test_spread_shrinks_the_gap_when_there_is_no_room() -> None:
    assert spread([5, 5, 5], 100, 0, 20) == [0, 10, 20]


@given(st.lists(pixels, max_size=60), st.floats(1, 60))
def test_lanes_never_overlap(positions: list[float], room: float) -> None:
    chosen = lanes(sorted(positions), room)
    assert len(chosen) == len(positions)
    taken: dict[int, float] = {}
    for position, lane in zip(sorted(positions), chosen, strict=True):
        assert position - taken.get(lane, -1e9) >= room
        # The first lane with room: every lane before it is still occupied.
        assert all(position - taken[other] < room for other in range(lane))
        taken[lane] = position


@given(st.floats(0.8, 300_000), st.floats(0, 1))
def test_grid_has_four_to_nine_lines_with_zero_among_them(reach: float, below: float) -> None:
    low, high = -reach * below, reach * (1 - below)
    values = grid_values(low, high)
    assert 4 <= len(values) <= 9
    assert 0 in values
    assert values == sorted(values)
    assert values[0] <= low + reach * 1e-6
    assert values[-1] >= high - reach * 1e-6
    assert np.ptp(np.diff(values)) < 1e-6


def test_grid_of_the_usual_falls() -> None:
    assert grid_values(-66.9, 0) == [-70, -60, -50, -40, -30, -20, -10, 0]
    assert grid_values(-1, 0) == [-1, -0.8, -0.6, -0.4, -0.2, 0]


@pytest.mark.parametrize(
    ("value", "text"),
    [(0, "0"), (-0.0, "0"), (-10, f"{MINUS}10"), (20, "20"), (-0.5, f"{MINUS}0.5"), (1200, "1,200")],
)
def test_grid_labels(value: float, text: str) -> None:
    assert grid_label(value) == text


@pytest.mark.parametrize(
    ("first", "last", "room", "labels"),
    [
        ("2026-01-01", "2026-06-30", 8, ["<b>2026</b>", "Feb", "Mar", "Apr", "May", "Jun"]),
        ("2025-01-01", "2026-07-31", 8, ["<b>2025</b>", "Apr", "Jul", "Oct", "<b>2026</b>", "Apr", "Jul"]),
        ("2016-01-01", "2026-07-31", 11, [f"<b>{year}</b>" for year in range(2016, 2027)]),
    ],
)
def test_time_ticks_name_the_year_once(first: str, last: str, room: int, labels: list[str]) -> None:
    days = weekdays(first, last)
    rows, text = time_ticks(days, room)
    assert text == labels
    months = [days[row].astype("datetime64[M]") for row in rows]
    assert all(
        days[row - 1].astype("datetime64[M]") != month for row, month in zip(rows, months, strict=True) if row
    )


def test_time_ticks_of_a_short_window_are_days() -> None:
    rows, text = time_ticks(weekdays("2026-06-22", "2026-07-03"), 5)
    assert rows == [0, 2, 4, 6, 8]
    assert text == ["22 Jun", "24 Jun", "26 Jun", "30 Jun", "2 Jul"]


def test_time_ticks_of_years_name_years_however_little_room() -> None:
    assert time_ticks(weekdays("2021-01-04", "2026-07-31"), 2)[1] == ["<b>2021</b>", "<b>2024</b>"]
    assert time_ticks(weekdays("2024-01-02", "2026-07-31"), 2)[1] == ["<b>2024</b>", "<b>2026</b>"]
    assert time_ticks(weekdays("2016-01-04", "2026-07-31"), 1)[1] == ["<b>2016</b>"]


def test_a_month_that_was_entered_late_gets_no_tick() -> None:
    days = weekdays("2026-01-15", "2026-06-30")
    rows, text = time_ticks(days, 8)
    assert text == ["Feb", "Mar", "Apr", "May", "Jun"]
    assert str(days[rows[0]]) == "2026-02-02"


@given(st.integers(0, 3000), st.integers(2, 30))
def test_time_ticks_fit_and_rise(count: int, room: int) -> None:
    days = weekdays("2015-01-01", "2026-12-31")[:count]
    rows, text = time_ticks(days, room)
    assert len(rows) == len(text) <= max(room, 3)
    assert rows == sorted(set(rows))
    assert all(0 <= row < max(count, 1) for row in rows)

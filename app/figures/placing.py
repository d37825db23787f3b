"""Where things go so that none touches another: direct labels, flags, ticks and grid lines."""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import date

import numpy as np

from app.market.words import MINUS, day
from models.types import Sessions

_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_STEPS = (0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 25, 50, 100, 200, 500, 1_000, 2_000, 5_000, 10_000, 20_000, 50_000)


def spread(wanted: Sequence[float], gap: float, low: float, high: float) -> list[float]:
    """Move positions apart until neighbours are ``gap`` apart, as little as possible.

    Groups that touch are pooled around their mean (the pool-adjacent-violators idea), then
    held inside ``low``..``high``; when they cannot all fit, the gap shrinks evenly.
    """
    n = len(wanted)
    if n == 0:
        return []
    gap = min(gap, (high - low) / max(n - 1, 1))
    order = sorted(range(n), key=lambda row: wanted[row])
    groups: list[list[float]] = []  # [sum of wanted - own offset, size]
    for place, row in enumerate(order):
        groups.append([min(max(wanted[row], low), high) - place * gap, 1])
        while len(groups) > 1 and groups[-2][0] / groups[-2][1] > groups[-1][0] / groups[-1][1]:
            total, size = groups.pop()
            groups[-1][0] += total
            groups[-1][1] += size
    placed, place = [0.0] * n, 0
    for total, size in groups:
        start = min(max(total / size, low), high - (n - 1) * gap)
        for _ in range(int(size)):
            placed[order[place]] = start + place * gap
            place += 1
    return placed


def lanes(positions: Sequence[float], room: float) -> list[int]:
    """Give each flag, in order, the first lane in which it has ``room`` pixels to its neighbour."""
    ends: list[float] = []
    chosen = []
    for position in positions:
        lane = next((row for row, end in enumerate(ends) if position - end >= room), len(ends))
        if lane == len(ends):
            ends.append(position)
        ends[lane] = position
        chosen.append(lane)
    return chosen


def grid_values(low: float, high: float, most: int = 8) -> list[float]:
    """Round values from at most ``low`` to at least ``high``: four to nine grid lines, 0 among them.

    For ``low`` <= 0 <= ``high`` that lie between 0.8 and 300,000 apart.
    """
    step = next((size for size in _STEPS if np.ptp(_between(low, high, size)) <= most), max(high - low, 1e-9))
    first, last = _between(low, high, step)
    return [round(row * step, 6) for row in range(first, last + 1)]


def _between(low: float, high: float, step: float) -> tuple[int, int]:
    """The multiples of a step that enclose a range; a hair outside does not ask for one more."""
    return math.floor(low / step + 1e-9), math.ceil(high / step - 1e-9)


def grid_label(value: float) -> str:
    """A grid value with a real minus; 0 carries no sign."""
    return f"{abs(value):,g}" if value >= 0 else f"{MINUS}{abs(value):,g}"


def time_ticks(days: Sessions, room: int) -> tuple[list[int], list[str]]:
    """Positions and labels of the time axis for sessions in order.

    Parameters
    ----------
    days
        Shape (T,): the sessions that stand at positions 0..T-1.
    room
        How many labels fit.

    Returns
    -------
    tuple
        Positions among the sessions, and labels; the first label of a year is the year, bold.
    """
    if len(days) == 0:
        return [], []
    for months in (1, 3, 6, 12, 24, 60):
        rows = _month_starts(days, months)
        if len(rows) <= room:
            break
    if len(rows) < 3:
        years = _month_starts(days, 12)
        if len(years) < 2:
            return _day_ticks(days, room)
        # Two or three labels have to do for years: days without their year would tell nothing.
        rows, months = years[:: -(-len(years) // max(room, 1))], 12
    return rows, [_month_label(days[row].item(), months) for row in rows]


def _month_starts(days: Sessions, months: int) -> list[int]:
    """The first session of every ``months``-th month; the first month only when it is whole."""
    number = days.astype("datetime64[M]").astype(np.int64)
    starts = np.flatnonzero(np.diff(number, prepend=number[0] - 1))
    if len(starts) and days[0].item().day > 7:
        starts = starts[1:]
    return [int(row) for row in starts if number[row] % months == 0]


def _month_label(day_: date, months: int) -> str:
    if day_.month <= months or months >= 12:
        return f"<b>{day_.year}</b>"
    return _MONTHS[day_.month - 1]


def _day_ticks(days: Sessions, room: int) -> tuple[list[int], list[str]]:
    step = max(-(-len(days) // max(room, 1)), 1)
    rows = list(range(0, len(days), step))
    return rows, [day(days[row], year=False) for row in rows]

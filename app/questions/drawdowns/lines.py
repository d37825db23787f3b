"""The Drawdowns charts: lines under water, or paths aligned at a day 0, and their data."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date

import numpy as np
import pandas as pd

from app.figures.flags import Flag
from app.figures.frame import Axis, Figure, Leg, Line, Mark
from app.figures.lines import line_chart, line_flags, pixels_each
from app.figures.placing import time_ticks
from app.figures.style import Style
from app.figures.theme import PALETTES, line_colours
from app.kinds.request import Mode
from app.market.words import day, percent
from app.questions.drawdowns.facts import Facts
from app.questions.events.flag_marks import marks_of
from app.questions.events.flags import Flagged
from models.analytics.episodes import aligned
from models.types import Bools, Floats, session64

HEADLINE_NAMES = 2
AFTER = 400


def figure(facts: Facts, style: Style, mode: Mode, flags: Sequence[Flagged] | None = None) -> Figure:
    """The page's chart for its controls; with other flags than all of them for a memo."""
    if facts.state.align == "none":
        return _underwater(facts, style, mode, facts.marked.flags if flags is None else flags)
    return _aligned(facts, style, mode)


def table(facts: Facts) -> pd.DataFrame:
    """The chart's data: one row a session (or a session from day 0), one column a line, fractions."""
    if facts.state.align != "none":
        offsets, paths = _paths(facts)
        return pd.DataFrame(paths, columns=_names(facts), index=pd.Index(offsets, name="session_from_day_0"))
    rows = _rows(facts)
    names = facts.fall_of(facts.prices[:, facts.view.columns(facts.symbols)])
    values = np.column_stack([names, facts.fall_of(facts.level)])[rows]
    index = pd.Index(facts.sessions[rows].astype(str), name="session")
    return pd.DataFrame(values, columns=_names(facts), index=index)


def placed_flags(facts: Facts, style: Style, mode: Mode) -> list[Flag]:
    """The flags as the chart stands at a size, for their key."""
    if not facts.marked.flags:
        return []
    rows, days, position = _rows(facts), facts.days, _position(facts)
    lines = _drawn(facts, rows, position, mode)
    marks = _marks(facts, facts.marked.flags, days, position)
    return line_flags(lines, marks, _time_axis(facts, days, position, style), style)


def memo_pixel(facts: Facts, style: Style) -> Callable[[date], float]:
    """Where a session stands in a memo, in pixels."""
    rows, days, position = _rows(facts), facts.days, _position(facts)
    axis = _time_axis(facts, days, position, style)
    each = pixels_each(_drawn(facts, rows, position, "memo"), axis, style)
    return lambda day: float(position[np.searchsorted(days, session64(day))]) * each


def _position(facts: Facts) -> np.ndarray:
    days = facts.days
    return days.astype(np.int64) if facts.state.axis == "calendar" else np.arange(len(days))


def _marks(facts: Facts, flags: Sequence[Flagged], days: np.ndarray, position: np.ndarray) -> list[Mark]:
    def where(day: date) -> float:
        return float(position[np.searchsorted(days, session64(day))])

    return marks_of(flags, facts.view, facts.state.asof, where)


def _underwater(facts: Facts, style: Style, mode: Mode, flags: Sequence[Flagged]) -> Figure:
    rows, days, position = _rows(facts), facts.days, _position(facts)
    axis = _time_axis(facts, days, position, style)
    return line_chart(
        _drawn(facts, rows, position, mode),
        axis,
        style,
        column_head=f"{day(facts.view.last_session, year=False)}, %",
        marks=_marks(facts, flags, days, position),
        legs=_legs(facts, days, position),
        simulated=facts.view.simulated,
    )


def _aligned(facts: Facts, style: Style, mode: Mode) -> Figure:
    offsets, paths = _paths(facts)
    colours, weights = _colours(facts, mode), _weights(facts)
    lines = [
        Line(name, offsets[known], paths[known, row] * 100, colours[row], weights[row])
        for row, name in enumerate(_names(facts))
        if (known := np.isfinite(paths[:, row])).any()
    ]
    low = min((int(line.x[0]) for line in lines), default=0)
    high = max((int(line.x[-1]) for line in lines), default=1)
    step = next(size for size in (5, 10, 20, 50, 100, 250) if (high - low) / size <= 10 or size == 250)
    at = list(range(-(-low // step) * step, high + 1, step))
    axis = Axis(low, high, at, [_offset(value) for value in at], unit="session from day 0")
    return line_chart(lines, axis, style, column_head="Last, %", hang=False, simulated=facts.view.simulated)


def _paths(facts: Facts) -> tuple[np.ndarray, Floats]:
    """Names and basket aligned at the day 0 of the controls, fractions."""
    prices = np.column_stack([facts.prices[:, facts.view.columns(facts.symbols)], facts.level])
    day0 = None if facts.align_day is None else session64(facts.align_day)
    offsets, paths = aligned(facts.sessions, prices, day0, before=20, after=AFTER)
    used = np.isfinite(paths).any(axis=1)
    return offsets[used], paths[used]


def _rows(facts: Facts) -> np.ndarray:
    """The rows of the chart's days among all sessions."""
    return np.searchsorted(facts.sessions, facts.days)


def _drawn(facts: Facts, rows: np.ndarray, position: np.ndarray, mode: Mode) -> list[Line]:
    columns = facts.view.columns(facts.symbols)
    falls = facts.fall_of(facts.prices[:, columns])[rows] * 100
    lows = _lows(facts, columns)[rows] * 100 if facts.state.show == "low" else None
    due = (facts.view.open_exchange & facts.view.active)[rows][:, columns]
    colours, weights, names = _colours(facts, mode), _weights(facts), _names(facts)
    final = facts.view.panel.final
    lines = []
    for row, column in enumerate(columns):
        own = _drawable(falls[:, row], due[:, row])
        if not own.any():
            continue
        last = np.flatnonzero(facts.view.panel.present[:, column])[-1]
        named = lows is not None and weights[row] == "named"
        lines.append(
            Line(
                names[row],
                position[own],
                falls[own, row],
                colours[row],
                weights[row],
                open_end=not final[last, column],
                late_end=facts.symbols[row] in facts.late,
                low=lows[own, row] if named and lows is not None else None,
            )
        )
    basket = facts.fall_of(facts.level)[rows] * 100
    whole = _drawable(basket, np.ones(len(rows), dtype=np.bool_))
    if whole.any():
        late = facts.withheld is not None
        lines.append(Line(names[-1], position[whole], basket[whole], colours[-1], "heavy", late_end=late))
    return lines


def _drawable(values: Floats, due: Bools) -> Bools:
    """Rows of a line: its values, and the days between them on which a bar is missing."""
    known = np.flatnonzero(np.isfinite(values))
    inside = np.zeros(len(values), dtype=np.bool_)
    if known.size:
        inside[known[0] : known[-1] + 1] = True
    return np.asarray(inside & (np.isfinite(values) | due))


def _lows(facts: Facts, columns: list[int]) -> Floats:
    """The day's low against the same peak as the close's fall."""
    prices = facts.prices[:, columns]
    falls = facts.fall_of(prices)
    ratio = facts.view.panel.low[:, columns] / facts.view.panel.close[:, columns]
    return np.asarray((1 + falls) * ratio - 1)


def _weights(facts: Facts) -> list[str]:
    """Above five lines only the names of the headline are drawn full."""
    named = set(facts.symbols)
    if len(named) > 5:
        drawn = [item.symbol for item in facts.fresh if item.symbol in named]
        named = set(drawn[:HEADLINE_NAMES])
    return ["named" if symbol in named else "context" for symbol in facts.symbols] + ["heavy"]


def _colours(facts: Facts, mode: Mode) -> list[str]:
    found = line_colours(facts.symbols, facts.view.universe.symbols_by_layer, mode)
    return [found[symbol] for symbol in facts.symbols] + [PALETTES[mode].ink]


def _names(facts: Facts) -> list[str]:
    return [facts.view.universe[symbol].name for symbol in facts.symbols] + [facts.basket.label]


def _legs(facts: Facts, days: np.ndarray, position: np.ndarray) -> list[Leg]:
    legs = []
    for leg in facts.legs.itertuples():
        peak, trough = (np.datetime64(value).astype("datetime64[D]") for value in (leg.peak, leg.trough))
        if trough < days[0]:
            continue
        start, end = (
            int(np.clip(np.searchsorted(days, value), 0, len(days) - 1)) for value in (peak, trough)
        )
        legs.append(Leg(float(position[start]), float(position[end]), leg.depth * 100))
    return legs


def _time_axis(facts: Facts, days: np.ndarray, position: np.ndarray, style: Style) -> Axis:
    room = max((style.width - style.left - style.right - style.column) // (style.tick * 7), 2)
    at, text = time_ticks(days, room)
    epoch = None if facts.state.axis == "calendar" else days.astype(np.int64).tolist()
    unit = "day" if epoch is None else "session"
    return Axis(
        float(position[0]), float(position[-1]) + 0.5, [int(position[row]) for row in at], text, unit, epoch
    )


def _offset(value: int) -> str:
    return "day 0" if value == 0 else percent(value / 100, 0)


def summary(facts: Facts) -> str:
    """The chart in one sentence, for who cannot see it."""
    last = [
        f"{line.name} {percent(line.last / 100)}%"
        for line in _drawn(facts, _rows(facts), np.arange(len(_rows(facts))), "dark")
    ]
    return f"Latest values: {', '.join(last)}."

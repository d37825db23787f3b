"""The clock strip: one column a news day, read down and then right; levels above, breadth below."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd

from app import words
from app.answers.breadth import sector_path, sector_symbols
from app.answers.relaying import side_legs
from app.figures.canvas import EM, Canvas
from app.figures.frame import Figure
from app.figures.heat import LEG, heat
from app.figures.placing import grid_label, grid_values, spread
from app.figures.style import Style
from app.pages.contagion.relay.day import LEG_WORDS
from app.pages.contagion.relay.facts import Facts
from app.theme import Mode
from models.analytics.relay import LEGS, Z_STARTS, leg_z
from models.analytics.sector import WIDE_BREADTH, WIDE_COEXCEEDANCE, WIDE_LARGEST, SectorPath
from models.types import Floats, Sessions, session64

# The strip is this many lines of its type high.
TALL = 32
WIDEST = 9
_VERDICTS = {"sector-wide": "wide", "single-stock": "single", "mixed": "mixed", "quiet": "quiet"}


@dataclass(frozen=True, eq=False)
class Strip:
    """The numbers of the strip. Arrays are (C,) or (C, 4) over its columns, fractions."""

    facts: Facts

    @property
    def days(self) -> Sessions:
        """Its news days."""
        return self.facts.window

    @cached_property
    def _rows(self) -> np.ndarray:
        return np.searchsorted(self.facts.view.panel.sessions, self.days)

    @cached_property
    def _legs(self) -> Floats:
        legs = side_legs(self.facts.view, self.facts.state.basket)
        return np.column_stack([legs[leg] for leg in LEGS])

    @cached_property
    def legs(self) -> Floats:
        """The four legs of each day; NaN where a side was closed."""
        return self._legs[self._rows]

    @cached_property
    def z(self) -> Floats:
        """The z of each leg."""
        return np.column_stack([leg_z(self._legs[:, place]) for place in range(len(LEGS))])[self._rows]

    @cached_property
    def levels(self) -> Floats:
        """Both sides' levels after each of their legs, shape (C, 4), from 0 before the first column."""
        steps = np.where(np.isfinite(self.legs), self.legs, 0.0)
        sides = [np.cumprod(1 + steps[:, side : side + 2].ravel()).reshape(-1, 2) - 1 for side in (0, 2)]
        return np.column_stack(sides)

    @cached_property
    def totals(self) -> Floats:
        """Each leg compounded over the strip."""
        return np.asarray(np.prod(1 + np.where(np.isfinite(self.legs), self.legs, 0.0), axis=0) - 1)

    def path(self, side: str | None = None) -> SectorPath:
        """Breadth and verdict of the basket or one of its sides, on all sessions."""
        return sector_path(self.facts.view, self.facts.state.basket, side)

    def of(self, name: str, side: str | None = None) -> np.ndarray:
        """One quantity of the path on the strip's days."""
        return np.asarray(getattr(self.path(side), name)[self._rows])

    @cached_property
    def losers(self) -> list[str]:
        """The largest loser of each day that was not quiet; empty on the others."""
        symbols = sector_symbols(self.facts.view, self.facts.state.basket)
        named = []
        for place, verdict in zip(self.of("largest"), self.of("verdict"), strict=True):
            loud = place >= 0 and verdict not in ("quiet", "")
            named.append(self.facts.view.universe[symbols[place]].name if loud else "")
        return named


def shown(facts: Facts, style: Style) -> range:
    """The columns that are drawn: the last that fit the width, the chosen day among them."""
    days, room = facts.window, _columns(style)
    row = int(np.searchsorted(days, session64(facts.day)))
    end = len(days) if len(days) - room <= row else row + 1
    return range(max(end - room, 0), end)


def frame(facts: Facts) -> pd.DataFrame:
    """The strip's data: one row a news day, fractions; an empty cell where a side was closed."""
    strip = Strip(facts)
    table = pd.DataFrame(strip.legs, columns=list(LEGS))
    for place, leg in enumerate(LEGS):
        table[f"{leg}_z"] = strip.z[:, place]
    table["asia_level"], table["us_level"] = strip.levels[:, 1], strip.levels[:, 3]
    for side in ("asia", "us"):
        table[f"{side}_breadth"] = strip.of("breadth", side)
    for name in ("breadth", "coexceedance", "largest_share"):
        table[name] = strip.of(name)
    table["verdict"] = [text or None for text in strip.of("verdict")]
    table["largest_loser"] = [name or None for name in strip.losers]
    table.index = pd.Index(strip.days.astype(str), name="news_day")
    return table


def title(facts: Facts) -> str:
    """What the sides did over the strip, by gap and session."""
    strip = Strip(facts)
    asia_gap, asia, us_gap, us = (f"{words.percent(value)}%" for value in strip.totals)
    since = words.day(facts.since, year=False)
    east = f"Asia’s sessions {asia}, its gaps {asia_gap}"
    return f"Since {since}: {east}; New York’s sessions {us}, its gaps {us_gap}"


def note(facts: Facts) -> str:
    """How to read the strip."""
    return (
        "Read each column down, then the next; a click shows that day. %, in clock order; bar: z ≤ −1.65. "
        f"Wide: ≥ {WIDE_BREADTH:.0%} down, ≥ {WIDE_COEXCEEDANCE:.0%} in their own worst 5%, "
        f"no name above {WIDE_LARGEST:.0%} of the loss."
    )


def memo_deck(facts: Facts) -> str:
    """The strip's quantity, unit and marks in one line."""
    return (
        f"News days in clock order, %. Bar: z ≤ −1.65. Wide: ≥ {WIDE_BREADTH:.0%} down, "
        f"≥ {WIDE_COEXCEEDANCE:.0%} in own worst 5%"
    )


def summary(facts: Facts) -> str:
    """The strip in words."""
    strip = Strip(facts)
    wide = int((strip.of("verdict") == "sector-wide").sum())
    return f"{words.count(len(strip.days), 'news day')}, {wide} of them sector-wide. {title(facts)}."


def height(style: Style) -> int:
    """The drawing's height in pixels for its type."""
    return round(_Measures(style).height)


def draw(facts: Facts, style: Style, mode: Mode) -> Figure:
    """The strip at a size."""
    picture = _Picture(Strip(facts), shown(facts, style), Canvas(style), mode)
    parts = picture.frame, picture.levels, picture.legs, picture.breadth, picture.verdicts, picture.dates
    for part in parts:
        part()
    return picture.canvas.figure(simulated=facts.view.simulated)


def _columns(style: Style) -> int:
    """How many columns the width holds: a figure such as −10.4 and a little air each."""
    measures = _Measures(style)
    return max(int((style.width - 2 * style.edge - measures.left - measures.right) / (style.tick * 3.05)), 5)


class _Measures:
    """Where the rows of the strip stand, from the size of its type."""

    def __init__(self, style: Style) -> None:
        self.left, self.right = style.tick * 12.2, style.tick * 6.4
        # A memo has a height to keep to: its rows move together before its type shrinks.
        room = (style.height - style.top - style.bottom) / TALL if style.height else style.tick
        tick = min(style.tick, room)
        self.cell, self.thin = tick * 1.8, tick * 1.62
        self.plot = tick * 1.9, tick * 8.6
        self.legs_head = self.plot[1] + tick * 1.1
        self.legs = self.legs_head + tick * 0.95
        self.wide_head = self.legs + 4 * self.cell + tick * 1.15
        self.wide = self.wide_head + tick * 0.95
        self.told = self.wide + 3 * self.thin + tick * 0.35
        self.dates = self.told + 2 * self.thin + tick * 0.3
        self.height = self.dates + tick * 2.9


class _Picture:
    """The parts of the drawing, on one set of measures."""

    def __init__(self, strip: Strip, columns: range, canvas: Canvas, mode: Mode) -> None:
        self.strip, self.columns, self.canvas, self.mode = strip, columns, canvas, mode
        self.at, self.palette, self.tick = _Measures(canvas.style), canvas.palette, canvas.style.tick
        # A short episode keeps its columns together: far apart they would not be read across.
        room = (canvas.width - self.at.left - self.at.right) / len(columns)
        self.step = min(room, self.tick * WIDEST)
        self.edge = self.at.left + self.step * len(columns)
        self.end = self.edge + self.at.right

    def x(self, column: float) -> float:
        return self.at.left + (column - self.columns.start) * self.step

    def frame(self) -> None:
        """Week lines, and the heads of the rows and of the last column."""
        for column in self._weeks[1:]:
            self.canvas.line([self.x(column)] * 2, [self.at.plot[0], self.at.height], self.palette.hair)
        ink = self.palette.ink
        since = words.day(self.strip.facts.since, year=False)
        hidden = len(self.strip.days) - len(self.columns)
        part = f"; the last {len(self.columns)} of {len(self.strip.days)} news days" if hidden else ""
        heads = (
            (self.tick * 0.7, f"Level since {since}, %{part}", ""),
            (self.at.legs_head, "Legs, %", "Total, %"),
            (self.at.wide_head, "Breadth, % of names down", "Mean, %"),
        )
        for y, text, last in heads:
            self.canvas.text(0, y, text, colour=ink, weight=600)
            self.canvas.text(self.end, y, last, anchor="right")

    def levels(self) -> None:
        top, bottom = self.at.plot[0] + 4, self.at.plot[1] - 4
        levels = self.strip.levels * 100
        values = grid_values(min(float(levels.min()), -1.0), max(float(levels.max()), 0.0), 4)
        low, high = values[0], max(float(levels.max()), 0.0)

        def y(percent: float) -> float:
            return top + (high - percent) / (high - low) * (bottom - top)

        for value in (value for value in values if value <= high):
            self.canvas.rule(
                y(value), self.palette.strong if value == 0 else self.palette.grid, self.at.left, self.edge
            )
            self.canvas.text(self.at.left - 6, y(value), grid_label(value), anchor="right")
        ends = []
        for side, (name, colour) in enumerate((("Asia", self.palette.ink), ("US", self.palette.ink3))):
            path = self._steps(levels[:, 2 * side : 2 * side + 2], 0.5 * side)
            self.canvas.line([self.x(at) for at, _ in path], [y(value) for _, value in path], colour, 1.8)
            ends.append((y(path[-1][1]), name, path[-1][1], colour))
        placed = spread([end[0] for end in ends], self.canvas.style.gap * 0.85, top, bottom)
        for (_, name, value, colour), at in zip(ends, placed, strict=True):
            weight = 700 if name == "Asia" else 500
            self.canvas.text(self.edge + 6, at, name, colour=colour, weight=weight)
            text = words.signed(value)
            self.canvas.text(self.end, at, text, colour=colour, weight=weight, anchor="right")

    def _steps(self, levels: Floats, start: float) -> list[tuple[float, float]]:
        """A side's way through its half of each column: the gap upright, the session as a slope."""
        first = self.columns.start
        level = float(levels[first - 1, 1]) if first else 0.0
        path = [(float(first), level)]
        for column in self.columns:
            opened, closed = map(float, levels[column])
            at = column + start
            path += [(at, level), (at, opened), (at + 0.5, closed)]
            level = closed
        return [*path, (float(self.columns.stop), level)]

    def legs(self) -> None:
        for place, leg in enumerate(LEGS):
            y = self.at.legs + place * self.at.cell
            self.canvas.text(0, y + self.at.cell / 2, LEG_WORDS[leg], colour=self.palette.ink)
            for column in self.columns:
                self._leg(column, place, y)
            total = float(self.strip.totals[place])
            colour = self.palette.fall if total < 0 else self.palette.rise
            middle = y + self.at.cell / 2
            self.canvas.text(
                self.end, middle, words.percent(total), colour=colour, weight=600, anchor="right"
            )

    def _leg(self, column: int, place: int, y: float) -> None:
        value, z = float(self.strip.legs[column, place]), float(self.strip.z[column, place])
        x, width, cell = self.x(column), self.step, self.at.cell
        if np.isnan(value):
            text = "closed" if self.step > self.tick * 0.5 * 6 else "–"
            self.canvas.text(x + width / 2, y + cell / 2, text, size=self.tick * 0.86, anchor="center")
            return
        ground, ink = heat(value, LEG, self.mode)
        day = words.day(self.strip.days[column])
        score = "z n/a" if np.isnan(z) else f"z {words.signed(z)}"
        told = f"{LEG_WORDS[LEGS[place]]}, {day}  {words.percent(value)}%  {score}"
        self.canvas.cell(x + 1, y + 1, width - 2, cell - 2, ground, told, self._address(column))
        large = z <= Z_STARTS
        text, weight = words.percent(value), 700 if large else 400
        self.canvas.text(x + width / 2, y + cell / 2, text, colour=ink, weight=weight, anchor="center")
        if large:
            thick = max(self.tick / 4, 3)
            self.canvas.cell(x + 1, y + cell - 1 - thick, width - 2, thick, self.palette.ink)

    def breadth(self) -> None:
        names = self.strip.of("traded")
        rows = [
            (f"{place}, {self._most('traded', side)} names", self.strip.of("breadth", side), 0.8)
            for side, place in (("asia", "Asia"), ("us", "US"))
        ]
        rows.append(
            (
                f"Own worst 5%, of {int(names.max(initial=0))}",
                self.strip.of("coexceedance"),
                WIDE_COEXCEEDANCE,
            )
        )
        for place, (label, shares, limit) in enumerate(rows):
            y = self.at.wide + (place + 0.5) * self.at.thin
            self.canvas.text(0, y, label, colour=self.palette.ink2)
            for column in self.columns:
                self._share(column, float(shares[column]), limit, y, place)
            mean = float(np.nanmean(shares)) if np.isfinite(shares).any() else float("nan")
            text = words.whole_percent(mean)
            self.canvas.text(self.end, y, text, colour=self.palette.ink, weight=600, anchor="right")

    def _share(self, column: int, share: float, limit: float, y: float, place: int) -> None:
        high = share >= limit
        text = self._absent(column, place) if np.isnan(share) else words.whole_percent(share)
        colour = self.palette.ink if high else self.palette.ink3
        self.canvas.text(
            self.x(column + 0.5), y, text, colour=colour, weight=700 if high else 400, anchor="center"
        )
        if np.isfinite(share):
            x, wide, at = self.x(column) + 3, self.step - 6, y + self.tick * 0.68
            self.canvas.cell(x, at, wide, 1, self.palette.hair)
            mark = self.palette.fall if high else self.palette.strong
            self.canvas.cell(x, at, wide * share, max(self.tick / 6, 2), mark)

    def _absent(self, column: int, place: int) -> str:
        legs = self.strip.legs[column, 0:2] if place == 0 else self.strip.legs[column, 2:4]
        return "–" if place < 2 and np.isnan(legs).all() else words.MISSING

    def verdicts(self) -> None:
        y = self.at.told + self.at.thin / 2
        self.canvas.text(0, y, "Verdict", colour=self.palette.ink, weight=600)
        self.canvas.text(0, y + self.at.thin, "Largest loser", colour=self.palette.ink2)
        found = self.strip.of("verdict")
        for column in self.columns:
            verdict = found[column]
            text, wide = _VERDICTS.get(str(verdict), words.MISSING), verdict == "sector-wide"
            loud = verdict not in ("quiet", "")
            colour = self.palette.fall if wide else self.palette.ink if loud else self.palette.ink3
            weight = 700 if loud else 400
            x = self.x(column + 0.5)
            self.canvas.text(x, y, text, colour=colour, weight=weight, anchor="center", size=self.tick * 0.95)
        self._losers(y + self.at.thin)
        text = f"{int((found == 'sector-wide').sum())} wide"
        self.canvas.text(self.end, y, text, colour=self.palette.fall, weight=600, anchor="right")

    def _losers(self, y: float) -> None:
        """Names over their columns, each within its own column or over quiet neighbours."""
        size, free = self.tick * 0.9, 0.0
        for column in self.columns:
            name = self.strip.losers[column]
            wide = len(name) * EM * size
            start = min(max(self.x(column + 0.5) - wide / 2, self.at.left), self.edge - wide)
            if name and start < free and len(name.split()[0]) > 4:
                name = name.split()[0]
                wide = len(name) * EM * size
                start = min(max(self.x(column + 0.5) - wide / 2, self.at.left), self.edge - wide)
            if name and start >= free:
                self.canvas.text(start, y, name, size=size, colour=self.palette.ink2)
                free = start + wide + 4

    def dates(self) -> None:
        self.canvas.rule(self.at.dates, self.palette.strong, x1=self.end)
        y = self.at.dates + self.tick * 0.95
        years = sorted({str(day)[:4] for day in self.strip.days})
        self.canvas.text(0, y, f"News day, {'–'.join(years)}", colour=self.palette.ink2)
        for column in self.columns:
            day = self.strip.days[column]
            chosen = day == session64(self.strip.facts.day)
            x = self.x(column)
            number, colour = str(day.item().day), self.palette.accent if chosen else self.palette.ink
            weight = 700 if chosen else 500
            self.canvas.text(x + self.step / 2, y, number, colour=colour, weight=weight, anchor="center")
            if chosen:
                self.canvas.cell(x + 3, self.at.dates - 1, self.step - 6, 3, self.palette.accent)
            if column in self._weeks and self.edge - x > self.tick * 4:
                text = f"{day.item():%a} {words.day(day, year=False)}"
                self.canvas.text(x + 3, y + self.tick * 1.3, text)

    @property
    def _weeks(self) -> list[int]:
        """The first column of each week, Monday to Sunday; the first one of all among them."""
        days = self.strip.days[self.columns.start : self.columns.stop]
        weeks = (days.astype(np.int64) + 3) // 7  # 1 January 1970 was a Thursday
        return [self.columns[row] for row in np.flatnonzero(np.diff(weeks, prepend=weeks[0] - 1))]

    def _most(self, name: str, side: str) -> int:
        return int(self.strip.of(name, side).max(initial=0))

    def _address(self, column: int) -> str:
        return self.strip.facts.state.query(day=str(self.strip.days[column]))

"""The clock strip: one column a news day, read down and then right; levels above, breadth below."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from app.figures.canvas import EM, Canvas
from app.figures.flags import Flag, flags_of
from app.figures.frame import Figure
from app.figures.furniture import flag_on
from app.figures.heat import LEG, heat
from app.figures.placing import grid_label, grid_values, spread
from app.figures.style import Style
from app.figures.theme import fade
from app.kinds.request import Mode
from app.market import words
from app.questions.events.flag_marks import MemoFlags, Room, marks_on, memo_flags
from app.questions.events.flags import Flagged
from app.questions.relay.day import LEG_WORDS
from app.questions.relay.facts import Facts
from app.questions.relay.strip_columns import Strip
from models.analytics.relay import LEGS, Z_STARTS
from models.analytics.sector import WIDE_COEXCEEDANCE
from models.types import Floats, session64

# The strip is this many lines of its type high.
TALL = 32
WIDEST = 9
LANES = 2
MEMO = Room(events=3, lanes=LANES)
_VERDICTS = {"sector-wide": "wide", "single-stock": "single", "mixed": "mixed", "quiet": "quiet"}


def shown(facts: Facts, style: Style) -> range:
    """The columns that are drawn: the last that fit the width, or those up to and around the chosen day."""
    days, room = facts.window, _columns(style)
    row = int(np.searchsorted(days, session64(facts.day)))
    end = len(days) if len(days) - room <= row else max(row + 1, room)
    return range(max(end - room, 0), end)


def height(style: Style) -> int:
    """The drawing's height in pixels for its type, with room for flags."""
    return round(_Measures(style, LANES).height)


def draw(facts: Facts, style: Style, mode: Mode, flags: Sequence[Flagged] | None = None) -> Figure:
    """The strip at a size; other ``flags`` than all of its days are a memo's."""
    columns, marks = shown(facts, style), placed(facts, style, flags)
    picture = _Picture(Strip(facts), columns, Canvas(style), mode, marks)
    parts = (
        *(picture.frame, picture.posts, picture.levels, picture.legs, picture.breadth),
        *(picture.verdicts, picture.dates, picture.flags),
    )
    for part in parts:
        part()
    return picture.canvas.figure(simulated=facts.view.simulated)


def placed(facts: Facts, style: Style, flags: Sequence[Flagged] | None = None) -> list[Flag]:
    """The flags above the columns drawn; their positions are columns, counted from the first of those."""
    columns = shown(facts, style)
    days = facts.window[columns.start : columns.stop]
    marks = marks_on(
        facts.marked.within(days).flags if flags is None else flags, days, facts.view, facts.state.asof
    )
    return flags_of(marks, _step(style, len(columns)), style, LANES)


def memo_flags_of(facts: Facts, room: Room = MEMO) -> MemoFlags:
    """The flags of a memo of the strip."""
    columns = shown(facts, room.style)
    days, step = facts.window[columns.start : columns.stop], _step(room.style, len(columns))
    inside = facts.marked.within(days)
    return memo_flags(inside, lambda day: float(np.searchsorted(days, session64(day))) * step, room)


def _step(style: Style, columns: int) -> float:
    """The width of a column. A short episode keeps its own together: far apart they would not be read."""
    measures = _Measures(style)
    room = (style.width - 2 * style.edge - measures.left - measures.right) / max(columns, 1)
    return min(room, style.tick * WIDEST)


def _columns(style: Style) -> int:
    """How many columns the width holds: a figure such as −10.4 and a little air each."""
    measures = _Measures(style)
    return max(int((style.width - 2 * style.edge - measures.left - measures.right) / (style.tick * 3.05)), 5)


class _Measures:
    """Where the rows of the strip stand, from the size of its type."""

    def __init__(self, style: Style, lanes: int = 0) -> None:
        self.left, self.right = style.tick * 12.2, style.tick * 6.4
        above = style.lane * lanes + 4 if lanes else 0
        # A memo has a height to keep to: its rows move together before its type shrinks.
        room = (style.height - style.top - style.bottom - above) / TALL if style.height else style.tick
        tick = min(style.tick, room)
        self.cell, self.thin = tick * 1.8, tick * 1.62
        self.plot = above + tick * 1.9, above + tick * 8.6
        self.legs_head = self.plot[1] + tick * 1.1
        self.legs = self.legs_head + tick * 0.95
        self.wide_head = self.legs + 4 * self.cell + tick * 1.15
        self.wide = self.wide_head + tick * 0.95
        self.told = self.wide + 3 * self.thin + tick * 0.35
        self.dates = self.told + 2 * self.thin + tick * 0.3
        self.height = self.dates + tick * 2.9


class _Picture:
    """The parts of the drawing, on one set of measures."""

    def __init__(
        self, strip: Strip, columns: range, canvas: Canvas, mode: Mode, marks: Sequence[Flag]
    ) -> None:
        self.strip, self.columns, self.canvas, self.mode, self.marks = strip, columns, canvas, mode, marks
        lanes = max((flag.lane for flag in marks), default=-1) + 1
        self.at, self.palette, self.tick = _Measures(canvas.style, lanes), canvas.palette, canvas.style.tick
        self.step = _step(canvas.style, len(columns))
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
        last = "the last " if self.columns.stop == len(self.strip.days) else ""
        part = f"; {last}{len(self.columns)} of {len(self.strip.days)} news days" if hidden else ""
        heads = (
            (self.tick * 0.7, f"Level since {since}, %{part}", ""),
            (self.at.legs_head, "Legs, %", "Total, %"),
            (self.at.wide_head, "Breadth, % of names down", "Mean, %"),
        )
        for y, text, last in heads:
            self.canvas.text(0, y, text, colour=ink, weight=600)
            self.canvas.text(self.end, y, last, anchor="right")

    def posts(self) -> None:
        """From each flag through the levels of its day."""
        for position in dict.fromkeys(flag.x for flag in self.marks):
            x = self.x(self.columns.start + position + 0.5)
            self.canvas.line([x, x], list(self.at.plot), fade(self.palette.accent, 0.32))

    def flags(self) -> None:
        """Numbered squares over the columns of their days."""
        lane = self.canvas.style.lane
        for flag in self.marks:
            x = self.x(self.columns.start + flag.x + 0.5)
            flag_on(self.canvas, flag, x, self.at.plot[0] - 4 - lane * (flag.lane + 0.5))

    def levels(self) -> None:
        top, bottom = self.at.plot[0] + 4, self.at.plot[1] - 4
        levels = self.strip.levels * 100
        values = grid_values(min(float(np.nanmin(levels)), -1.0), max(float(np.nanmax(levels)), 0.0), 4)
        low, high = values[0], max(float(np.nanmax(levels)), 0.0)

        def y(percent: float) -> float:
            return top + (high - percent) / (high - low) * (bottom - top)

        for value in (value for value in values if value <= high):
            self.canvas.rule(
                y(value), self.palette.strong if value == 0 else self.palette.grid, self.at.left, self.edge
            )
            self.canvas.text(self.at.left - 6, y(value), grid_label(value), anchor="right")
        ends = []
        for side, (name, colour) in enumerate((("Asia", self.palette.ink), ("US", self.palette.ink3))):
            for path in self._steps(levels[:, 2 * side : 2 * side + 2], 0.5 * side):
                self.canvas.line([self.x(at) for at, _ in path], [y(value) for _, value in path], colour, 1.8)
            ends.append((y(path[-1][1]), name, path[-1][1], colour))
        placed = spread([end[0] for end in ends], self.canvas.style.gap * 0.85, top, bottom)
        for (_, name, value, colour), at in zip(ends, placed, strict=True):
            weight = 700 if name == "Asia" else 500
            self.canvas.text(self.edge + 6, at, name, colour=colour, weight=weight)
            text = words.signed(value)
            self.canvas.text(self.end, at, text, colour=colour, weight=weight, anchor="right")

    def _steps(self, levels: Floats, start: float) -> list[list[tuple[float, float]]]:
        """A side's way through its half of each column: the gap upright, the session as a slope.

        In parts, for a day that is withheld breaks it.
        """
        first = self.columns.start
        level = float(levels[first - 1, 1]) if first else 0.0
        parts: list[list[tuple[float, float]]] = [[(float(first), level)]]
        for column in self.columns:
            opened, closed = map(float, levels[column])
            at = column + start
            if np.isnan(closed):
                parts[-1].append((float(column), level))
                parts.append([])
                continue
            if parts[-1]:
                parts[-1].append((at, level))
            parts[-1] += [(at, opened), (at + 0.5, closed)]
            level = closed
        parts[-1].append((float(self.columns.stop), level))
        return [part for part in parts if part]

    def legs(self) -> None:
        for place, leg in enumerate(LEGS):
            y = self.at.legs + place * self.at.cell
            self.canvas.text(0, y + self.at.cell / 2, LEG_WORDS[leg], colour=self.palette.ink)
            for column in self.columns:
                self._leg(column, place, y)
            total = words.percent(float(self.strip.totals[place]))
            colour = self.palette.signed(total)
            self.canvas.text(self.end, y + self.at.cell / 2, total, colour=colour, weight=600, anchor="right")

    def _leg(self, column: int, place: int, y: float) -> None:
        value, z = float(self.strip.legs[column, place]), float(self.strip.z[column, place])
        x, width, cell = self.x(column), self.step, self.at.cell
        if np.isnan(value):
            text = words.MISSING if self.strip.withheld[column, place // 2] else "closed"
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
            thick = max(self.tick / 6, 2)
            # Between this row's figures and the next's, however close those stand.
            at = y + min(self.tick * 0.68, (self.at.thin - thick) / 2)
            x, wide = self.x(column) + 3, self.step - 6
            self.canvas.cell(x, at, wide, 1, self.palette.hair)
            mark = self.palette.fall if high else self.palette.strong
            self.canvas.cell(x, at, wide * share, thick, mark)

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
        self._week_days(y + self.tick * 1.3)

    def _week_days(self, y: float) -> None:
        """The first day of each week, where the next one leaves it room."""
        weeks = [self.x(column) for column in self._weeks]
        for column, x, end in zip(self._weeks, weeks, [*weeks[1:], self.edge + self.tick], strict=True):
            day = self.strip.days[column]
            text = f"{day.item():%a} {words.day(day, year=False)}"
            if self.canvas.fits(text, end - x - 6):
                self.canvas.text(x + 3, y, text)

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

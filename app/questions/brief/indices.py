"""The indices: from low to close on one axis, with the levels that halt their exchange."""

from __future__ import annotations

import math
from collections.abc import Sequence

import pandas as pd

from app.figures.canvas import Canvas
from app.figures.frame import Figure
from app.figures.placing import grid_label
from app.figures.style import Style
from app.market import words
from app.questions.brief.lines import index_sentence
from app.questions.brief.morning import Brief
from app.questions.brief.parts import IndexLine

LEFT, STEP = -20, 10
NOTE = "From the low to the close, % against the close before; ticks: halt levels"


def draw(brief: Brief, style: Style) -> Figure:
    """One row an index."""
    canvas = Canvas(style)
    if not brief.indices:
        canvas.text(0, canvas.height / 2, "No index of an exchange is stored.")
        canvas.line([0, 0], [0, 0], style.palette.hair)
        return canvas.figure(simulated=brief.view.simulated)
    picture = _Picture(brief, canvas)
    picture.axis()
    for place, line in enumerate(brief.indices):
        picture.row(line, picture.head + picture.step * (place + 0.5))
    return canvas.figure(simulated=brief.view.simulated)


class _Picture:
    """The drawing on one set of measures."""

    def __init__(self, brief: Brief, canvas: Canvas) -> None:
        self.brief, self.canvas, self.style = brief, canvas, canvas.style
        label, tick = self.style.label, self.style.tick
        longest = max(len(self.named(line)) for line in brief.indices)
        self.low = longest * label * 0.55 + tick * 4.6
        self.close = self.low + tick * 4.9
        self.left, self.end = self.close + tick * 1.6, canvas.width - tick * 0.8
        self.head = tick * 1.5
        self.step = min((canvas.height - self.head) / len(brief.indices), tick * 3.4)
        moves = [value for line in brief.indices for value in (line.low, line.move) if value is not None]
        self.right = max(math.ceil(max(moves, default=0.0) * 100 / 5) * 5, 0)
        self.first = min(LEFT, math.floor(min(moves, default=0.0) * 100 / 5) * 5)

    def named(self, line: IndexLine) -> str:
        """An index, with its date when that is not the news day."""
        if line.session == self.brief.day:
            return line.name
        return f"{line.name}, {words.day(line.session, year=False)}"

    def x(self, percent: float) -> float:
        span = self.right - self.first + 1.5
        return self.left + (percent - self.first + 0.75) / span * (self.end - self.left)

    def axis(self) -> None:
        bottom = self.head + self.step * len(self.brief.indices)
        middle = self.head * 0.42
        self.canvas.text(self.low, middle, "Low", anchor="right")
        self.canvas.text(self.close, middle, "Close", anchor="right")
        for value in range(LEFT, self.right + 1, STEP):
            colour = self.style.palette.strong if value == 0 else self.style.palette.grid
            self.canvas.line([self.x(value)] * 2, [self.head, bottom], colour)
            self.canvas.text(self.x(value), middle, grid_label(value), anchor="center")

    def row(self, line: IndexLine, y: float) -> None:
        palette, label, tick = self.style.palette, self.style.label, self.style.tick
        self.canvas.text(0, y, self.named(line), size=label, colour=palette.ink)
        low = words.percent(line.low, 2)  # as exact as the close: one decimal may stand above it
        self.canvas.text(self.low, y, low, size=label, colour=palette.ink2, anchor="right")
        close = words.percent(line.move, 2)
        colour = palette.signed(close)
        self.canvas.text(self.close, y, close, size=label, colour=colour, weight=600, anchor="right")
        half = tick * 0.5
        for level in line.halt.levels if line.halt else ():
            self.canvas.line(
                [self.x(level * 100)] * 2, [y - half, y + half], palette.accent, max(2, self.style.named)
            )
        if line.move is None:
            return
        at = self.x(line.move * 100)
        if line.low is not None:
            foot = self.x(line.low * 100)
            self.canvas.line([foot, at], [y, y], colour, self.style.named)
            self.canvas.line([foot, foot], [y - half * 0.7, y + half * 0.7], colour, self.style.named)
        inside = colour if line.final else palette.ground
        told = index_sentence(line, self.brief)
        self.canvas.dot(at, y, tick * 0.55, inside, edge=colour, tip=told)


def frame(brief: Brief) -> pd.DataFrame:
    """The chart's data: fractions."""
    lines = [
        {
            "symbol": line.symbol,
            "name": line.name,
            "session": line.session.isoformat(),
            "low_move": line.low,
            "move": line.move,
            "close": line.close,
            "halt_levels": _levels(line.halt.levels) if line.halt else None,
            "next_halt_price": line.halt.next_price if line.halt else None,
        }
        for line in brief.indices
    ]
    columns = ["symbol", "name", "session", "low_move", "move", "close", "halt_levels", "next_halt_price"]
    return pd.DataFrame(lines, columns=columns).set_index("symbol")


def _levels(levels: Sequence[float]) -> str:
    return ", ".join(f"{words.percent(level, 0)}%" for level in levels)


def summary(brief: Brief) -> str:
    """The chart in words."""
    return ". ".join(index_sentence(line, brief) for line in brief.indices) + "."

"""The lagged matrix as heat: the row leads its column, Asia first, each block with its lag."""

from __future__ import annotations

import math

import pandas as pd

from app.figures.canvas import EM, Canvas
from app.figures.frame import Figure
from app.figures.heat import heat
from app.figures.style import Style
from app.kinds.request import Mode
from app.market import words
from app.questions.correlation.facts import Facts
from app.questions.correlation.pairs import Node
from app.questions.correlation.sentences import LAG_WORDS
from models.analytics.correlation import LaggedMatrix, fisher_interval
from models.errors import AftershockError

FULL = 0.8
"""The correlation at which the colour is full; it never follows the view."""

_BLOCKS = {
    (True, True): "Asia, same day",
    (True, False): "Asia → New York, same day",
    (False, True): "New York → next Asian day",
    (False, False): "New York, same day",
}


def frame(facts: Facts) -> pd.DataFrame:
    """Every pair with its lag, interval and what is missing."""
    if isinstance(facts.matrix, AftershockError):
        return pd.DataFrame({"reason": [str(facts.matrix)]}, index=pd.Index(["all"], name="leader"))
    nodes, found = facts.matrix
    named = {item.id: item.label for item in nodes}
    table = found.pairs()
    told = table.assign(leader=table["leader"].map(named), follower=table["follower"].map(named))
    told["reason"] = told["reason"].where(told["reason"] != "", None)
    return told.set_index("leader")


def draw(facts: Facts, style: Style, mode: Mode) -> Figure:
    """The matrix at a size; ``mode`` is that of the style."""
    canvas = Canvas(style)
    if isinstance(facts.matrix, AftershockError):
        canvas.text(0, style.tick * 2, str(facts.matrix))
        return canvas.figure(simulated=facts.view.simulated)
    picture = _Picture(facts, canvas, *facts.matrix, mode)
    picture.labels()
    picture.captions()
    picture.cells()
    return canvas.figure(simulated=facts.view.simulated)


class _Picture:
    """Where rows and columns stand, and the drawing of them."""

    def __init__(
        self, facts: Facts, canvas: Canvas, nodes: list[Node], found: LaggedMatrix, mode: Mode
    ) -> None:
        self.facts, self.canvas, self.nodes, self.found, self.mode = facts, canvas, nodes, found, mode
        self.palette, self.size = canvas.palette, canvas.style.tick
        self.names = [item.short for item in nodes]
        self.east = sum(item.asia for item in nodes)
        self.parted = 0 < self.east < len(nodes)
        em = EM * self.size
        self.left = max(len(name) for name in self.names) * em + self.size * 0.8
        self.break_x = self.size * 0.6 if self.parted else 0.0
        self.wide = (canvas.width - self.left - self.break_x) / len(nodes)
        longest = max(len(name) for name in self.names) * em + 4
        self.levels = min(max(math.ceil(longest / self.wide), 1), 5)
        self.line = self.size * 1.3
        self.top = self.line * (self.levels + 1.6)
        self.break_y = self.line * 1.3 if self.parted else 0.0
        self.tall = (canvas.height - self.top - self.break_y) / len(nodes)
        low, high = fisher_interval(found.correlation, found.n)
        self.low, self.high = low, high

    def x(self, column: int) -> float:
        return self.left + column * self.wide + (self.break_x if column >= self.east else 0.0)

    def y(self, row: int) -> float:
        return self.top + row * self.tall + (self.break_y if row >= self.east else 0.0)

    def labels(self) -> None:
        """Names at the left and, on as many lines as they need, above."""
        for place, name in enumerate(self.names):
            self.canvas.text(
                self.left - self.size * 0.5,
                self.y(place) + self.tall / 2,
                name,
                colour=self.palette.ink2,
                anchor="right",
            )
            level = place % self.levels
            x, y = self.x(place) + self.wide / 2, self.line * (1.9 + level)
            # the last columns end at the edge: their names lie to the left of their middle
            half = len(name) * EM * self.size / 2
            self.canvas.text(
                min(x, self.canvas.width - half), y, name, colour=self.palette.ink3, anchor="center"
            )
            below = y + self.line * 0.5
            if self.top - below > self.line * 0.6:
                self.canvas.line([x, x], [below, self.top - 2], self.palette.grid)

    def captions(self) -> None:
        """What lies between the two closes of each block."""
        groups = [(True, 0)] if self.east else []
        groups += [(False, self.east)] if self.east < len(self.nodes) else []
        for row_side, row in groups:
            for column_side, column in groups:
                y = self.y(row) - self.line * 0.55 if row_side is not groups[0][0] else self.line * 0.7
                text = _BLOCKS[row_side, column_side]
                self.canvas.text(self.x(column), y, text, colour=self.palette.ink, weight=600)

    def cells(self) -> None:
        """The figures on their heat; a pair leads to itself through time."""
        gap = 1.0 if self.canvas.style.edge == 0 else 2.0
        fits = self.wide >= EM * self.size * 3.6 and self.tall >= self.size
        for row in range(len(self.nodes)):
            for column in range(len(self.nodes)):
                if row == column:
                    continue
                value = float(self.found.correlation[row, column])
                ground, ink = heat(value, FULL, self.mode)
                if not math.isfinite(value):
                    ground = self.palette.band
                x, y = self.x(column), self.y(row)
                go = self.facts.state.query(lead=self.nodes[row].id, follow=self.nodes[column].id)
                self.canvas.cell(x, y, self.wide - gap, self.tall - gap, ground, self._tip(row, column), go)
                if fits:
                    middle = x + (self.wide - gap) / 2, y + (self.tall - gap) / 2
                    self.canvas.text(*middle, words.correlation(value), colour=ink, anchor="center")

    def _tip(self, row: int, column: int) -> str:
        lag = LAG_WORDS[self.found.lag(row, column)]
        names = f"{self.nodes[row].label} {words.ARROW} {self.nodes[column].label}, {lag}"
        value = self.found.correlation[row, column]
        if not math.isfinite(value):
            return f"{names}: n/a, {self.found.reason(row, column)}"
        ends = (words.correlation(each[row, column]) for each in (self.low, self.high))
        return (
            f"{names}: {words.correlation(value)}, 95% between {' and '.join(ends)}, "
            f"{self.found.n[row, column]:,d} rows"
        )

"""The whole table: whose shocks made up whose forecast variance."""

from __future__ import annotations

from functools import cached_property

import numpy as np
import pandas as pd

from app.figures.canvas import EM, Canvas
from app.figures.frame import Figure
from app.figures.style import Style
from app.figures.theme import fade
from app.market import words
from app.questions.connectedness.facts import Facts
from app.questions.connectedness.nodes import ADJECTIVE
from app.questions.connectedness.table import said

FULL = 0.20
"""The share at which a cell has its full shade; it does not follow the view."""


def draw(facts: Facts, style: Style) -> Figure:
    """The table at a size."""
    picture = _Picture(facts, Canvas(style))
    picture.heads()
    for row in range(picture.count):
        picture.row(row)
    picture.sums()
    return picture.canvas.figure(simulated=facts.view.simulated)


class _Picture:
    def __init__(self, facts: Facts, canvas: Canvas) -> None:
        self.found, self.canvas, self.palette = facts.found, canvas, canvas.palette
        self.result = self.found.result
        self.count, self.tick = len(self.result.names), canvas.style.tick
        longest = max(len(node.label) for node in self.found.nodes) + 4
        self.left = longest * EM * self.tick
        self.wide = (canvas.width - self.left - self.tick * 5) / self.count
        lines = [line for node in self.found.nodes for line in _two(node.name)]
        self.named = all(canvas.fits(line, self.wide) for line in lines)
        self.head = self.tick * (4.6 if self.named else 3.2)
        self.line = min((canvas.height - self.head) / (self.count + 2), self.tick * 2.6)

    def label(self, place: int) -> str:
        """The name in front of a row, with a number where its column has one."""
        name = self.found.nodes[place].label
        return name if self.named else f"{place + 1}  {name}"

    def x(self, column: int) -> float:
        """The middle of a column."""
        return self.left + (column + 0.5) * self.wide

    def heads(self) -> None:
        """Sides over their columns, and names or numbers under them."""
        for side in dict.fromkeys(node.side for node in self.found.nodes):
            own = [place for place, node in enumerate(self.found.nodes) if node.side == side]
            x0, x1 = self.left + own[0] * self.wide + 2, self.left + (own[-1] + 1) * self.wide - 2
            text = f"Shocks to {ADJECTIVE[side]}"
            self.canvas.text(x0, self.tick * 0.7, text, colour=self.palette.ink, weight=600)
            self.canvas.line([x0, x1], [self.tick * 1.6, self.tick * 1.6], self.palette.strong)
        for column, node in enumerate(self.found.nodes):
            lines = _two(node.name) if self.named else (str(column + 1),)
            for number, text in enumerate(lines):
                y = self.head - self.tick * (0.8 + 1.15 * (len(lines) - 1 - number))
                self.canvas.text(self.x(column), y, text, anchor="center")
        self.canvas.text(self.canvas.width, self.head - self.tick * 0.8, "FROM", anchor="right")

    def row(self, row: int) -> None:
        """One name's variance, a share a column, and what others made up of it."""
        y = self.head + (row + 0.5) * self.line
        self.canvas.text(0, y, self.label(row), colour=self.palette.ink2)
        for column, share in enumerate(self.result.table[row].tolist()):
            own = row == column
            if not own:
                shade = fade(self.palette.ink, round(0.04 + 0.34 * min(share / FULL, 1), 3))
                left = self.left + column * self.wide
                tip = (
                    f"{said(self.found.nodes[column])} {words.ARROW} {said(self.found.nodes[row])}: "
                    f"{words.share(share)}"
                )
                self.canvas.cell(left + 1, y - self.line / 2 + 1, self.wide - 2, self.line - 2, shade, tip)
            ink = self.palette.ink3 if own else self.palette.ink
            self.canvas.text(self.x(column), y, words.level(share * 100), colour=ink, anchor="center")
        taken = words.level(float(self.result.from_others[row]) * 100)
        self.canvas.text(self.canvas.width, y, taken, colour=self.palette.ink, weight=600, anchor="right")

    def sums(self) -> None:
        """TO and NET below, the index in the corner."""
        top = self.head + self.count * self.line
        self.canvas.rule(top + 1, self.palette.strong)
        rows = (
            ("TO", [words.level(value * 100) for value in self.result.to_others.tolist()]),
            ("NET", [words.percent(value) for value in self.result.net.tolist()]),
        )
        for number, (name, values) in enumerate(rows):
            y = top + (number + 0.5) * self.line
            self.canvas.text(0, y, name, colour=self.palette.ink, weight=600)
            for column, text in enumerate(values):
                self.canvas.text(
                    self.x(column), y, text, colour=self.palette.ink2, weight=600, anchor="center"
                )
        for number, text in enumerate(self.corner):
            y = top + (number + 0.5) * self.line
            self.canvas.text(self.canvas.width, y, text, colour=self.palette.ink, weight=700, anchor="right")

    @cached_property
    def corner(self) -> tuple[str, str]:
        """Both indices, each with its name."""
        total, corrected = (words.level(value * 100) for value in (self.result.total, self.result.corrected))
        return f"TCI {total}", f"cTCI {corrected}"


def _two(name: str) -> tuple[str, ...]:
    """A name on two lines, cut near its middle."""
    parts = name.split()
    if len(parts) < 2:
        return (name,)
    cut = min(range(1, len(parts)), key=lambda at: abs(len(" ".join(parts[:at])) - len(" ".join(parts[at:]))))
    return " ".join(parts[:cut]), " ".join(parts[cut:])


def frame(facts: Facts) -> pd.DataFrame:
    """The data, fractions: a row for whose variance, a column for whose shocks; FROM; TO and NET below."""
    result = facts.found.result
    table = pd.DataFrame(result.table, columns=list(result.names), index=pd.Index(result.names, name="name"))
    table["FROM"] = result.from_others
    table.loc["TO"] = [*result.to_others, np.nan]
    table.loc["NET"] = [*result.net, np.nan]
    return table


def title(facts: Facts) -> str:
    """How much came from elsewhere, and for whom the most."""
    result, found = facts.found.result, facts.found
    most = int(np.argmax(result.from_others))
    share = words.share(float(result.from_others[most]))
    return f"{share} of the variance of {said(found.nodes[most])} came from others, the most of all"


def note(facts: Facts) -> str:
    """How to read the table."""
    return (
        "Row: whose forecast variance, %; column: whose shocks made it up. Rows sum to 100; a shade is full "
        f"at {words.whole_percent(FULL)}%. TCI: the mean of FROM; cTCI: the same over N − 1."
    )


def summary(facts: Facts) -> str:
    """The indices in words."""
    result = facts.found.result
    return f"TCI {words.share(result.total)}, cTCI {words.share(result.corrected)}."

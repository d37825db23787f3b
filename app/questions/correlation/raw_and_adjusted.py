"""Raw beside adjusted: calm, fall and adjusted correlation of each direction with their intervals."""

from __future__ import annotations

import pandas as pd

from app.figures.canvas import EM, Canvas
from app.figures.frame import Figure
from app.figures.style import Style
from app.market import words
from app.questions.correlation.adjusted import Adjusted, frame_of
from app.questions.correlation.facts import Facts
from app.questions.correlation.sentences import link
from models.analytics.forbes_rigobon import ForbesRigobon, Interval
from models.errors import AftershockError

_LOW, _HIGH = -0.5, 1.0
_TICKS = (-0.5, 0.0, 0.5, 1.0)
_MOST = 5


def frame(facts: Facts) -> pd.DataFrame:
    """All figures of each direction, fractions."""
    if isinstance(facts.adjusted, AftershockError):
        return pd.DataFrame({"reason": [str(facts.adjusted)]}, index=pd.Index(["all"], name="source"))
    table = frame_of(facts.adjusted)
    table["reason"] = [item.problem or None for item in facts.adjusted]
    return table.set_index("source")


def draw(facts: Facts, style: Style) -> Figure:
    """The interval plot at a size."""
    canvas = Canvas(style)
    found = facts.adjusted
    if isinstance(found, AftershockError):
        canvas.text(0, style.tick * 2, str(found))
        return canvas.figure(simulated=facts.view.simulated)
    picture = _Picture(canvas, min(len(found), _MOST))
    picture.scale()
    for place, item in enumerate(found[:_MOST]):
        picture.group(place, item)
    return canvas.figure(simulated=facts.view.simulated)


class _Picture:
    """A group a direction: its name, and a line for each of the three."""

    def __init__(self, canvas: Canvas, groups: int) -> None:
        self.canvas, self.palette, self.size = canvas, canvas.palette, canvas.style.tick
        self.head = self.size * 1.9
        self.each = min((canvas.height - self.head) / max(groups, 1), self.size * 8.4)
        self.line = self.each / 4.4
        self.left = self.size * 9.2
        self.right = canvas.width - self.size * 0.6

    def x(self, value: float) -> float:
        held = min(max(value, _LOW), _HIGH)
        return self.left + (held - _LOW) / (_HIGH - _LOW) * (self.right - self.left)

    def scale(self) -> None:
        """What the positions are."""
        for tick in _TICKS:
            text = "0" if tick == 0 else words.correlation(tick)
            anchor = "right" if tick == _HIGH else "center"
            x = self.canvas.width if tick == _HIGH else self.x(tick)
            self.canvas.text(x, self.size * 0.8, text, anchor=anchor)  # type: ignore[arg-type]

    def group(self, place: int, item: Adjusted) -> None:
        """One direction."""
        top = self.head + place * self.each
        self.canvas.text(0, top + self.line * 0.5, link(item), colour=self.palette.ink, weight=600)
        if item.found is None:
            self._missing(item.problem, top + self.line * 1.5)
            return
        found = item.found
        self._aside(link(item), found, top + self.line * 0.5)
        for tick in _TICKS:
            colour = self.palette.strong if tick == 0 else self.palette.grid
            self.canvas.line([self.x(tick)] * 2, [top + self.line, top + self.line * 4], colour)
        rows = (
            ("Calm", found.calm, found.calm_interval, self.palette.ink3, found.n_calm),
            ("Fall, raw", found.raw, found.raw_interval, self.palette.ink, found.n_crisis),
            ("Adjusted", found.adjusted, found.adjusted_interval, self.palette.accent, found.n_crisis),
        )
        for number, (name, value, interval, colour, n) in enumerate(rows, 1):
            self._row(top + self.line * (number + 0.5), name, value, interval, colour, n)

    def _row(self, y: float, name: str, value: float, interval: Interval, colour: str, n: int) -> None:
        figure = words.correlation(value)
        self.canvas.text(0, y, name, colour=self.palette.ink2)
        ink = self.palette.ink if colour == self.palette.ink3 else colour
        self.canvas.text(self.size * 7.6, y, figure, colour=ink, weight=600, anchor="right")
        thick = max(self.size / 5.5, 2)
        self.canvas.line([self.x(interval.low), self.x(interval.high)], [y, y], colour, thick)
        low, high = words.correlation(interval.low), words.correlation(interval.high)
        tip = f"{name} {figure}, 95% between {low} and {high}, {n} averaged rows"
        ground = self.palette.ground if name == "Calm" else colour
        self.canvas.dot(self.x(value), y, self.size * 0.72, ground, edge=colour, tip=tip)

    def _aside(self, name: str, found: ForbesRigobon, y: float) -> None:
        """How much louder the source was, and how many days there are; where there is room."""
        text = f"source variance ×{found.delta + 1:.1f}, n {found.n_calm} and {found.n_crisis}"
        if self.canvas.fits(f"{name}   {text}", self.canvas.width / 1.04):
            self.canvas.text(self.canvas.width, y, text, anchor="right")

    def _missing(self, problem: str, y: float) -> None:
        """Why there are no figures, on as many lines as it takes."""
        room = int(self.canvas.width / (EM * self.size))
        line = ""
        for word in f"n/a: {problem}.".split():
            if len(line) + len(word) + 1 > room:
                self.canvas.text(0, y, line, colour=self.palette.ink2)
                line, y = "", y + self.line
            line = f"{line} {word}".strip()
        self.canvas.text(0, y, line, colour=self.palette.ink2)

"""Several quantities over one time axis, a panel each; selloff legs and flags stand across all of them."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

import numpy as np

from app.figures.arrays import extremes
from app.figures.canvas import EM, Canvas
from app.figures.flags import flags_of, lanes_high
from app.figures.frame import Figure, Leg, Mark
from app.figures.furniture import flag_on, readable
from app.figures.placing import time_ticks
from app.figures.style import Style
from app.figures.theme import fade
from models.types import Floats, Sessions

# A line goes on over holidays, not over a month in which there is nothing.
BREAK = 12
# The gutter of names beside the panels of a memo, in its type.
ASIDE = 13.6
# The width of the numbers of an axis, in the same type.
AXIS = 2.2
# The height of a panel of weight 1, at most, in the type of the ticks, where there are few.
TALLEST, FEW = 4.0, 3
CLEAR = "rgba(0,0,0,0)"


@dataclass(frozen=True, eq=False)
class Curve:
    """One line, or with ``spikes`` an upright a point from the floor: positions, values, colour."""

    x: np.ndarray
    y: Floats
    colour: str
    width: float = 1.2
    spikes: bool = False


@dataclass(frozen=True, eq=False)
class Panel:
    """One quantity: its lines on its own scale, and its last value at the right.

    ``note`` is for a page alone, ``short`` the name where there is little room. ``weight`` is the height
    of its plot against those of the others, heads apart: two panels on log scales whose weights are their
    ranges have the same pixels for the same ratio. ``ticks`` come in the order of their weight: one that
    has no room is left out. ``rules`` are values with the colour of a line across; ``rug`` are positions
    marked on the floor.
    """

    title: str
    note: str
    curves: Sequence[Curve]
    scale: tuple[float, float]
    ticks: Sequence[tuple[float, str]]
    last: str
    short: str = ""
    log: bool = False
    weight: float = 1.0
    rules: Sequence[tuple[float, str]] = ()
    rug: np.ndarray = field(default_factory=lambda: np.empty(0))

    def part(self, value: Floats) -> Floats:
        """Where values lie on the scale, 0 at its floor and 1 at its top, held inside."""
        low, high = self.scale
        if self.log:
            low, high, value = math.log(low), math.log(high), np.log(np.maximum(value, low))
        return np.clip((value - low) / (high - low), 0, 1)


@dataclass(frozen=True, eq=False)
class Times:
    """The axis that all panels share: the sessions at positions 0..T−1, and what stands across it."""

    days: Sessions
    marks: Sequence[Mark] = ()
    legs: Sequence[Leg] = ()


def small_multiples(
    panels: Sequence[Panel],
    times: Times,
    style: Style,
    *,
    tip: Callable[[int, int], str] | None = None,
    simulated: bool = False,
) -> Figure:
    """Return the figure of panels over one time axis.

    Parameters
    ----------
    panels
        From the top down; heights by their weights.
    times
        Sessions, flags and selloff legs.
    style
        Measures and palette.
    tip
        What the pointer reads on the positions from one up to another; None where nobody points.
    simulated
        Draws the watermark.
    """
    drawing = _Drawing(times, style)
    top, around = drawing.top, drawing.head + drawing.foot
    weight = sum(panel.weight for panel in panels)
    room = (drawing.floor - top - around * len(panels)) / weight
    if len(panels) < FEW:
        # One panel alone would be a wall: what is not needed stays empty below the axis.
        room = min(room, style.tick * TALLEST)
    drawing.floor = top + around * len(panels) + weight * room
    drawing.bands()
    for panel in panels:
        height = max(panel.weight * room, 1.0) + around
        drawing.panel(panel, top, height)
        top += height
    drawing.axis()
    drawing.flags()
    if tip is not None:
        drawing.pointed(tip)
    return drawing.canvas.figure(simulated=simulated)


def roomy(low: float, high: float) -> tuple[float, float]:
    """A scale beyond its last ticks, so that theirs and the next panel's stand apart."""
    room = 0.1 * (high - low)
    return low - room, high + room


def pixels_each(days: Sessions, style: Style) -> float:
    """The pixels that :func:`small_multiples` gives a session."""
    return _Drawing(Times(days), style).step


class _Drawing:
    """The measures that all parts share."""

    def __init__(self, times: Times, style: Style) -> None:
        self.times, self.style, self.palette = times, style, style.palette
        self.canvas = Canvas(style)
        # A memo's type is too large for a head over each of many panels.
        self.aside = style.edge > 0
        self.left = style.tick * ASIDE if self.aside else float(style.left)
        self.right = self.canvas.width - style.label * 3.4
        self.step = (self.right - self.left) / max(len(times.days), 1)
        self.marked = flags_of(times.marks, self.step, style)
        self.top = float(lanes_high(self.marked, style))
        self.head, self.foot = style.tick * (0.2 if self.aside else 1.5), style.tick * 0.55
        self.floor = self.canvas.height - style.ticks - (style.tick * 1.4 if times.legs else 0)

    def x(self, position: float | np.ndarray) -> np.ndarray:
        return np.asarray(self.left + (np.asarray(position, dtype=np.float64) + 0.5) * self.step)

    def bands(self) -> None:
        """The selloff legs, shaded through every panel."""
        for leg in self.times.legs:
            start, end = float(self.x(leg.start)), max(float(self.x(leg.end)), float(self.x(leg.start)) + 2)
            path = f"M{start:.1f},{self.top:.1f}H{end:.1f}V{self.floor:.1f}H{start:.1f}Z"
            strength = 0.10 + min(abs(leg.depth) / 33, 1) * 0.10
            self.canvas.curve(path, CLEAR, 0, fill=fade(self.palette.fall, strength))

    def panel(self, panel: Panel, top: float, height: float) -> None:
        """One quantity: its name and note, its grid, its lines, its last value."""
        style, canvas = self.style, self.canvas
        base, ceiling = top + height - self.foot, top + self.head
        self._named(panel, top, height)

        def y(value: Floats) -> np.ndarray:
            return base - panel.part(value) * (base - ceiling)

        taken: list[float] = []
        for value, label in panel.ticks:
            at = float(y(np.array([value]))[0])
            if all(abs(at - other) >= style.tick * 1.25 for other in taken):
                taken.append(at)
                canvas.rule(at, self.palette.grid, self.left, self.right)
                canvas.text(self.left - style.tick * 0.5, at, label, anchor="right")
        for value, colour in panel.rules:
            canvas.rule(float(y(np.array([value]))[0]), colour, self.left, self.right)
        for curve in panel.curves:
            (self._spikes if curve.spikes else self._line)(curve, y)
        for position in panel.rug:
            x = round(float(self.x(position)), 1)
            canvas.line(
                [x, x], [base, base + style.tick * 0.35], self.palette.fall, max(self.step * 0.8, 1.2)
            )
        canvas.text(
            canvas.width,
            (base + ceiling) / 2,
            panel.last,
            size=style.label,
            colour=self.palette.ink,
            weight=600,
            anchor="right",
        )

    def _named(self, panel: Panel, top: float, height: float) -> None:
        """The name of a panel: above its plot with a note on a page, beside it in a memo."""
        style, canvas, ink = self.style, self.canvas, self.palette.ink
        if self.aside:
            middle = top + (height + self.head - self.foot) / 2
            lines = self._halved(panel.short or panel.title)
            for place, line in enumerate(lines):
                y = middle + (place - (len(lines) - 1) / 2) * style.tick * 1.25
                canvas.text(0, y, line, colour=ink, weight=600)
            return
        y, size = top + self.head * 0.5, style.tick + 1
        canvas.text(self.left, y, panel.title, size=size, colour=ink, weight=600)
        canvas.text(self.left + len(panel.title) * EM * size + style.tick, y, panel.note)

    def _halved(self, name: str) -> list[str]:
        """A name beside its panel: in two lines when one would reach the numbers of the axis."""
        room, words = self.left - self.style.tick * AXIS, name.split()
        if self.canvas.fits(name, room) or len(words) < 2:
            return [name]
        cut = min(range(1, len(words)), key=lambda at: abs(2 * len(" ".join(words[:at])) - len(name)))
        return [" ".join(words[:cut]), " ".join(words[cut:])]

    def _line(self, curve: Curve, y: Callable[[Floats], np.ndarray]) -> None:
        known = np.isfinite(curve.y)
        x, value = curve.x[known], curve.y[known]
        if not len(x):
            return
        for part in np.split(np.arange(len(x)), np.flatnonzero(np.diff(x) > BREAK) + 1):
            kept = part[extremes(value[part], max(int((self.right - self.left) / 2), 50))]
            points = np.round(self.x(x[kept]), 1), np.round(y(value[kept]), 1)
            self.canvas.line(points[0].tolist(), points[1].tolist(), curve.colour, curve.width)

    def _spikes(self, curve: Curve, y: Callable[[Floats], np.ndarray]) -> None:
        """An upright for each pixel column: the highest value in it."""
        known = np.isfinite(curve.y) & (curve.y > 0)
        if not known.any():
            return
        pixel = np.floor(self.x(curve.x[known]) / max(curve.width, 1)).astype(np.int64)
        columns, first = np.unique(pixel, return_index=True)
        tops = np.maximum.reduceat(curve.y[known], first)
        base, ends = float(y(np.zeros(1))[0]), np.round(y(tops), 1)
        for column, end in zip(columns, ends, strict=True):
            x = round(float((column + 0.5) * max(curve.width, 1)), 1)
            self.canvas.line([x, x], [base, end], curve.colour, curve.width)

    def axis(self) -> None:
        """Times below, and under them how deep each selloff leg was."""
        style, canvas = self.style, self.canvas
        room = max(int((self.right - self.left) // (style.tick * 7)), 2)
        canvas.rule(self.floor, self.palette.strong, self.left, self.right)
        for position, label in zip(*time_ticks(self.times.days, room), strict=True):
            x = round(float(self.x(position)), 1)
            canvas.line([x, x], [self.floor, self.floor + 5], self.palette.strong)
            canvas.text(x, self.floor + style.ticks * 0.6, label, anchor="center")
        middle = [float(self.x((leg.start + leg.end) / 2)) for leg in self.times.legs]
        texts = readable([leg.depth for leg in self.times.legs], middle, style.label * 3.1)
        for x, text in zip(middle, texts, strict=True):
            y = self.floor + style.ticks + style.tick * 0.6
            canvas.text(x, y, text, colour=self.palette.fall, weight=600, anchor="center")

    def flags(self) -> None:
        """Numbered squares in lanes above, each with a line down through the panels."""
        style, accent, canvas = self.style, self.palette.accent, self.canvas
        for position in dict.fromkeys(flag.x for flag in self.marked):
            x = float(self.x(position))
            canvas.line([x, x], [self.top, self.floor], fade(accent, 0.32))
        for flag in self.marked:
            flag_on(canvas, flag, float(self.x(flag.x)), self.top - 4 - style.lane * (flag.lane + 0.5))

    def pointed(self, tip: Callable[[int, int], str]) -> None:
        """Clear columns that the pointer reads, each two pixels wide or a session."""
        count = len(self.times.days)
        columns = max(min(count, int((self.right - self.left) / 2)), 1)
        edges = np.unique(np.round(np.linspace(0, count, columns + 1)).astype(int))
        for start, stop in pairwise(edges.tolist()):
            x = self.left + start * self.step
            width, height = (stop - start) * self.step, self.floor - self.top
            self.canvas.cell(round(x, 1), self.top, round(width, 2), height, CLEAR, tip(start, stop))

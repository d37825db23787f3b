"""Paths around day 0: a panel a group, with its names and what chance leaves; and events side by side."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from app.figures.canvas import EM, Anchor, Canvas
from app.figures.frame import Axis, Figure, Line
from app.figures.lines import line_chart
from app.figures.placing import grid_label, grid_values
from app.figures.style import Style
from app.figures.theme import fade
from app.market.words import signed
from models.types import Floats

CLEAR = "rgba(0,0,0,0)"
# A panel narrower than this many em of its type cannot hold a layer's name and its figure.
PANEL = 17.5
MOST_ACROSS = 4


@dataclass(frozen=True, eq=False)
class Paths:
    """One group around day 0, all in percent and of shape (W,), NaN for what has not come.

    ``title`` is the group's; the count of its names is written beside it. ``names`` are label and path of
    each; ``low`` and ``high`` what chance alone would leave of the mean; ``heavy`` marks the group that
    stands for all.
    """

    title: str
    names: Sequence[tuple[str, Floats]]
    mean: Floats
    low: Floats
    high: Floats
    heavy: bool = False


def event_paths(
    panels: Sequence[Paths], offsets: np.ndarray, style: Style, *, simulated: bool = False
) -> Figure:
    """Return the figure of groups around day 0, one panel each, all on one scale.

    Parameters
    ----------
    panels
        In reading order.
    offsets
        Sessions from day 0, shape (W,).
    style
        Measures and palette.
    simulated
        Draws the watermark.

    Notes
    -----
    A name that leaves the scale leaves its panel: the scale holds every mean and band, and the names but
    for the outermost twentieth.
    """
    canvas = Canvas(style)
    if panels:
        drawing = _Panels(canvas, panels, offsets)
        for number, panel in enumerate(panels):
            drawing.panel(number, panel)
    return canvas.figure(simulated=simulated)


class _Panels:
    """The grid of panels, and the measures that all share."""

    def __init__(self, canvas: Canvas, panels: Sequence[Paths], offsets: np.ndarray) -> None:
        style = canvas.style
        self.canvas, self.style, self.palette = canvas, style, style.palette
        self.offsets, self.count = offsets, len(panels)
        self.left, self.gutter = style.tick * 2.6, style.tick * 1.3
        room = canvas.width - self.left
        fits = int((room + self.gutter) // (style.label * PANEL * 0.72 + self.gutter))
        self.across = max(min(MOST_ACROSS, fits, self.count), 1)
        self.down = -(-self.count // self.across)
        self.width = (room - self.gutter * (self.across - 1)) / self.across
        # A memo has no room for a second line over each of many panels.
        self.told = not style.edge
        self.foot, self.head = style.tick * 1.7, style.label * 1.5 + (style.tick * 1.35 if self.told else 0)
        self.height = (canvas.height - self.foot) / self.down
        self.low, self.high, self.grid = _scale(panels)
        apart = abs(float(np.diff(self.y(np.array(self.grid[:2]), 0.0))[0])) if len(self.grid) > 1 else 0.0
        crowded = apart < style.tick * 1.25
        self.labelled = [value for value in self.grid if not crowded or value in (0, self.grid[0])]

    def x(self, offset: float | np.ndarray, left: float) -> np.ndarray:
        first, last = float(self.offsets[0]) - 0.3, float(self.offsets[-1]) + 0.3
        return np.asarray(left + (np.asarray(offset, dtype=np.float64) - first) / (last - first) * self.width)

    def y(self, value: float | np.ndarray, top: float) -> np.ndarray:
        base, ceiling = top + self.height - self.style.tick * 0.4, top + self.head
        share = (np.asarray(value, dtype=np.float64) - self.low) / (self.high - self.low)
        return np.asarray(base - share * (base - ceiling))

    def panel(self, number: int, panel: Paths) -> None:
        row, column = divmod(number, self.across)
        left, top = self.left + column * (self.width + self.gutter), row * self.height
        self._grid(left, top, column == 0)
        self._band(panel, left, top)
        for _, path in panel.names:
            inside = np.where((path >= self.low) & (path <= self.high), path, np.nan)
            self._path(inside, left, top, fade(self.palette.ink3, 0.38), self.style.context * 0.8)
        colour = _sign(_last(panel.mean), self.style)
        self._path(panel.mean, left, top, colour, self.style.heavy)
        self._head(panel, left, top, colour)
        self._tips(panel, left, top)
        if number + self.across >= self.count:
            self._ticks(left, top + self.height)

    def _grid(self, left: float, top: float, labelled: bool) -> None:
        ends = [left, left + self.width]
        for value in self.grid:
            at = float(self.y(value, top))
            self.canvas.line(ends, [at, at], self.palette.strong if value == 0 else self.palette.grid)
            if labelled and value in self.labelled:
                self.canvas.text(self.left - self.style.tick * 0.5, at, grid_label(value), anchor="right")
        day = float(self.x(0, left))
        reach = [float(self.y(self.high, top)), float(self.y(self.low, top))]
        self.canvas.line([day, day], reach, fade(self.palette.accent, 0.7))

    def _band(self, panel: Paths, left: float, top: float) -> None:
        """What chance alone would leave, as far as the mean is known; cut at the panel's edge."""
        known = np.isfinite(panel.mean) & np.isfinite(panel.low)
        if known.sum() < 2:
            return
        x = self.x(self.offsets[known], left)
        edges = [np.clip(values[known], self.low, self.high) for values in (panel.low, panel.high)]
        low, high = (self.y(values, top) for values in edges)
        points = [*zip(x, high, strict=True), *zip(x[::-1], low[::-1], strict=True)]
        path = "M" + "L".join(f"{a:.1f},{b:.1f}" for a, b in points) + "Z"
        self.canvas.curve(path, CLEAR, 0, fill=fade(self.palette.ink3, 0.16))

    def _path(self, values: Floats, left: float, top: float, colour: str, width: float) -> None:
        known = np.isfinite(values)
        for part in np.split(np.arange(len(values)), np.flatnonzero(~known)):
            rows = part[known[part]]
            if len(rows) > 1:
                self.canvas.line(
                    list(self.x(self.offsets[rows], left)), list(self.y(values[rows], top)), colour, width
                )

    def _head(self, panel: Paths, left: float, top: float, colour: str) -> None:
        """The group's name and its last mean; below, the name that lost most."""
        style, last = self.style, _last(panel.mean)
        at, value = top + style.label * 0.8, signed(last, style.decimals)
        weight = 700 if panel.heavy else 600
        # On the very edge of the drawing a text would be left out.
        self.canvas.text(
            left + self.width - 0.5, at, value, size=style.label, colour=colour, weight=700, anchor="right"
        )
        room = self.width - (len(value) + 2) * EM * style.label
        title = _fitting(panel.title, f", {len(panel.names)}", room, style.label)
        self.canvas.text(left, at, title, size=style.label, colour=self.palette.ink, weight=weight)
        known = [(label, _last(path)) for label, path in panel.names if np.isfinite(path).any()]
        if self.told and len(known) > 1:
            label, low = min(known, key=lambda item: item[1])
            told = f"{label} {signed(low, style.decimals)}"
            whole = f"deepest: {told}"
            text = whole if self.canvas.fits(whole, self.width) else told
            self.canvas.text(left, at + style.label * 1.25, text)

    def _tips(self, panel: Paths, left: float, top: float) -> None:
        if self.style.edge:
            return  # nobody points at a memo
        step = self.width / (float(np.ptp(self.offsets)) + 0.6)
        for offset, mean, high in zip(self.offsets, panel.mean, panel.high, strict=True):
            if not math.isfinite(mean):
                continue
            chance = f"; chance ±{high:.1f}" if math.isfinite(high) and high > 0 else ""
            tip = f"{panel.title}, {_day(int(offset))}: {signed(mean)}%{chance}"
            x = float(self.x(offset, left)) - step / 2
            self.canvas.cell(x, top + self.head, step, self.height - self.head, CLEAR, tip)

    def _ticks(self, left: float, at: float) -> None:
        ends = sorted({int(self.offsets[0]), 0, int(self.offsets[-1])})
        day = float(self.x(0, left))
        for offset in ends:
            text = "day 0" if offset == 0 else signed(offset, 0)
            x = float(self.x(offset, left))
            y, accent = at + self.style.tick * 0.7, self.palette.accent
            if offset == 0:
                self.canvas.text(x, y, text, anchor="center", colour=accent)
            # Centred, a panel's last session would touch its neighbour's first.
            elif abs(x - day) > self.style.tick * 4.5:
                edge: Anchor = "left" if offset < 0 else "right"
                self.canvas.text(left if offset < 0 else left + self.width - 0.5, y, text, anchor=edge)


def compare_paths(
    lines: Sequence[Line], before: int, after: int, style: Style, *, head: str, simulated: bool = False
) -> Figure:
    """Return the figure of several events or episodes side by side, 0 where each begins.

    Parameters
    ----------
    lines
        ``x`` in sessions from the date at which a line is 0, ``y`` in percent.
    before, after
        Sessions on either side.
    head
        What the labels' figures are: ``+20, %``.
    """
    step = next(size for size in (1, 2, 5, 10, 20, 50, 100, 10_000) if (before + after) / size <= 12)
    at = [offset for offset in range(-before, after + 1) if offset % step == 0]
    text = ["<b>day 0</b>" if offset == 0 else signed(offset, 0) for offset in at]
    axis = Axis(-before, after, at, text)
    figure = line_chart(lines, axis, style, column_head=head, hang=False, simulated=simulated)
    rule = {"color": fade(style.palette.accent, 0.7), "width": 1}
    ends = {"x0": 0, "x1": 0, "y0": 0, "y1": 1, "xref": "x", "yref": "y domain"}
    figure["layout"]["shapes"].append({"type": "line", "layer": "below", "line": rule, **ends})
    return figure


def _scale(panels: Sequence[Paths]) -> tuple[float, float, list[float]]:
    """The least and the most of the scale, and its grid values."""
    held = [np.concatenate([panel.mean, *_banded(panel)]) for panel in panels]
    names = [path for panel in panels for _, path in panel.names]
    every = np.concatenate([np.array([-1.0, 1.0]), *held])
    low, high = float(np.nanmin(every)), float(np.nanmax(every))
    if names and np.isfinite(np.concatenate(names)).any():
        outer = np.nanquantile(np.concatenate(names), [0.025, 0.975])
        low, high = min(low, float(outer[0])), max(high, float(outer[1]))
    values = grid_values(low, high, most=4)
    return low, high, [value for value in values if low <= value <= high]


def _banded(panel: Paths) -> list[Floats]:
    """The band where there is a mean; a single name's may reach beyond all else and is cut."""
    known = np.isfinite(panel.mean)
    if not panel.heavy and len(panel.names) < 2:
        return []
    return [np.where(known, panel.low, np.nan), np.where(known, panel.high, np.nan)]


def _last(values: Floats) -> float:
    known = values[np.isfinite(values)]
    return float(known[-1]) if len(known) else math.nan


def _sign(value: float, style: Style) -> str:
    if math.isnan(value):
        return style.palette.ink3
    return style.palette.fall if value < 0 else style.palette.rise


def _fitting(text: str, count: str, room: float, size: float) -> str:
    """A title with its count; without it where there is less room, and then with as many words as fit."""
    if len(text + count) * EM * size <= room:
        return text + count
    words = text.split(" ")
    while len(words) > 1 and len(text) * EM * size > room:
        words.pop()
        text = " ".join(words).rstrip(",").removesuffix(" and").rstrip(",") + "…"
    return text


def _day(offset: int) -> str:
    return "day 0" if offset == 0 else f"{signed(offset, 0)} sessions"

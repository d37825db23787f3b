"""Many named lines over time with direct labels, numbered flags and a strip of selloff legs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from app.figures.arrays import extremes, packed
from app.figures.placing import grid_label, grid_values, lanes, spread
from app.figures.style import Style
from app.theme import FONT, fade
from app.words import signed
from models.types import Floats

Figure = dict[str, Any]
# A browser draws some 8,000 points of SVG lines within the blink that a change may take.
POINTS = 8_000


@dataclass(frozen=True, eq=False)
class Line:
    """One line: its points in percent, NaN where a bar is missing and the line must break.

    ``x`` holds integer positions on the axis, ``open_end`` whether the last bar is
    provisional.
    """

    name: str
    x: np.ndarray
    y: Floats
    colour: str
    weight: str = "named"
    open_end: bool = False
    low: Floats | None = None

    @property
    def end(self) -> float:
        """The position of the last value."""
        known = np.flatnonzero(np.isfinite(self.y))
        return float(self.x[known[-1]]) if len(known) else float("nan")

    @property
    def last(self) -> float:
        """The last value."""
        known = np.flatnonzero(np.isfinite(self.y))
        return float(self.y[known[-1]]) if len(known) else float("nan")


@dataclass(frozen=True, slots=True)
class Mark:
    """A numbered flag at a position of the axis."""

    x: float
    number: int


@dataclass(frozen=True, slots=True)
class Leg:
    """A selloff leg on the strip: positions and depth in percent."""

    start: float
    end: float
    depth: float


@dataclass(frozen=True, slots=True)
class Axis:
    """The time axis: range in positions, ticks, and what a position is called.

    ``days`` are epoch days by position for the pointer's reading, or None when the position
    itself is a day or an offset.
    """

    low: float
    high: float
    at: Sequence[float]
    text: Sequence[str]
    unit: str = "session"
    days: Sequence[int] | None = None


def line_chart(
    lines: Sequence[Line],
    axis: Axis,
    style: Style,
    *,
    column_head: str,
    marks: Sequence[Mark] = (),
    legs: Sequence[Leg] | None = None,
    hang: bool = True,
    simulated: bool = False,
) -> Figure:
    """Return the figure of many named lines.

    Parameters
    ----------
    lines
        In drawing order; the last lies on top.
    axis
        The time axis, shared by all.
    style
        Measures and palette.
    column_head
        What the last values are, once: ``31 Jul, %``.
    marks
        Numbered flags above the plot.
    legs
        Selloff legs of the basket; None leaves the strip out.
    hang
        Whether 0 is the top of the scale (a drawdown) or lies inside it.
    simulated
        Draws the watermark.

    Returns
    -------
    Figure
        ``data`` and ``layout`` as plotly reads them, typed arrays packed.
    """
    geometry = _Geometry(style, axis, lanes_of(marks, axis, style), legs is not None, len(lines))
    low, high = _scale(lines, hang)
    values = grid_values(low, high)
    low, high = values[0], max(values[-1], high)
    data = [
        *_flag_traces(marks, geometry, low, high),
        *(trace for line in lines for trace in _line_traces(line, geometry)),
        *_label_traces(lines, geometry, low, high),
        *(_leg_traces(legs, geometry) if legs is not None else ()),
    ]
    layout = geometry.layout(values, (low, high), column_head, simulated)
    return {"data": data, "layout": layout}


def lanes_of(marks: Sequence[Mark], axis: Axis, style: Style) -> list[int]:
    """The lane of each flag."""
    plot = style.width - style.left - style.right - style.column
    scale = plot / max(axis.high - axis.low, 1)
    return lanes([mark.x * scale for mark in marks], style.flag + 5)


class _Geometry:
    """Pixel measures turned into plotly's domains, once."""

    def __init__(self, style: Style, axis: Axis, lane: list[int], with_strip: bool, lines: int) -> None:
        self.style, self.axis, self.lane = style, axis, lane
        self.points = POINTS // max(lines, 1)
        self.flags = max(style.lane * (max(lane, default=-1) + 1) + 4, style.tick + 8)
        self.strip = style.strip if with_strip else 0
        self.inner_width = style.width - style.left - style.right
        self.inner_height = style.height - style.top - style.bottom
        self.below = self.strip + style.ticks
        self.plot_width = self.inner_width - style.column
        self.plot_height = self.inner_height - self.flags - self.below
        self.right = self.plot_width / self.inner_width
        self.floor = self.below / self.inner_height
        self.ceiling = 1 - self.flags / self.inner_height

    def layout(
        self, values: Sequence[float], scale: tuple[float, float], column_head: str, simulated: bool
    ) -> dict[str, Any]:
        style, palette, axis = self.style, self.style.palette, self.axis
        font = {"family": FONT, "size": style.tick, "color": palette.ink3}
        off = {"visible": False, "fixedrange": True}
        return {
            "width": style.width,
            "height": style.height,
            "margin": {"l": style.left, "r": style.right, "t": style.top, "b": style.bottom, "pad": 0},
            "paper_bgcolor": "rgba(0,0,0,0)",
            "plot_bgcolor": "rgba(0,0,0,0)",
            "font": font,
            "showlegend": False,
            "hovermode": "closest",
            "hoverdistance": 24,
            "dragmode": "zoom",
            "barmode": "overlay",
            "bargap": 0,
            "xaxis": {
                "domain": [0, self.right],
                "anchor": "y",
                "range": [axis.low, axis.high],
                "tickvals": list(axis.at),
                "ticktext": list(axis.text),
                "tickfont": font,
                "ticks": "outside",
                "ticklen": 5,
                "tickcolor": palette.strong,
                "tickangle": 0,
                "showgrid": False,
                "zeroline": False,
                "showline": False,
            },
            "yaxis": {
                "domain": [self.floor, self.ceiling],
                "range": list(scale),
                "tickvals": list(values),
                "ticktext": [grid_label(value) for value in values],
                "tickfont": font,
                "gridcolor": palette.grid,
                "gridwidth": 1,
                "zeroline": True,
                "zerolinecolor": palette.strong,
                "zerolinewidth": 1,
                "fixedrange": True,
            },
            "xaxis2": {**off, "domain": [self.right, 1], "anchor": "y", "range": [0, style.column]},
            "yaxis2": {**off, "domain": [0, self.floor], "anchor": "x", "range": [self.below, 0]},
            "yaxis3": {**off, "domain": [self.ceiling, 1], "anchor": "x", "range": [self.flags, 0]},
            "annotations": [
                {
                    "text": column_head,
                    "x": 1,
                    "y": self.ceiling,
                    "xref": "paper",
                    "yref": "paper",
                    "xanchor": "right",
                    "yanchor": "bottom",
                    "yshift": 2,
                    "showarrow": False,
                    "font": font,
                },
                *(_watermark(self) if simulated else ()),
            ],
            "shapes": [self._strip_line()] if self.strip else [],
            "meta": {"unit": axis.unit, "days": list(axis.days) if axis.days is not None else None},
        }

    def _strip_line(self) -> dict[str, Any]:
        """The hairline that the selloff legs stand on."""
        at = self.style.ticks + self.style.strip * 0.32
        ends = {"x0": 0, "x1": self.right, "y0": at, "y1": at}
        line = {"color": self.style.palette.hair, "width": 1}
        return {"type": "line", "layer": "below", "xref": "paper", "yref": "y2", "line": line, **ends}


def _scale(lines: Sequence[Line], hang: bool) -> tuple[float, float]:
    tops = [float(np.nanmax(line.y)) for line in lines if np.isfinite(line.y).any()]
    floors = [float(np.nanmin(line.y)) for line in lines if np.isfinite(line.y).any()]
    floors += [float(np.nanmin(line.low)) for line in lines if line.low is not None and len(line.low)]
    if not floors:
        return -10.0, 0.0
    return min(*floors, -1.0), 0.0 if hang else max(*tops, 1.0)


def _line_traces(line: Line, geometry: _Geometry) -> list[dict[str, Any]]:
    style = geometry.style
    width = {"heavy": style.heavy, "named": style.named, "context": style.context}[line.weight]
    colour = fade(line.colour, 0.72) if line.weight == "context" else line.colour
    traces = []
    if line.low is not None:
        traces.append(_path(line, line.low, geometry, fade(line.colour, 0.55), 1, f"{line.name}, day low"))
    if line.weight == "heavy":
        halo = _path(line, line.y, geometry, style.palette.ground, width + 2.4, line.name)
        traces.append({**halo, "hoverinfo": "skip"})
    traces.append(_path(line, line.y, geometry, colour, width, line.name))
    known = np.flatnonzero(np.isfinite(line.y))
    if line.open_end and len(known):
        marker = {"size": 7, "color": style.palette.ground, "line": {"color": line.colour, "width": 1.5}}
        end = {"x": [float(line.x[known[-1]])], "y": [line.last]}
        traces.append({"type": "scatter", "mode": "markers", "marker": marker, "hoverinfo": "skip", **end})
    return traces


def _path(line: Line, y: Floats, geometry: _Geometry, colour: str, width: float, name: str) -> dict[str, Any]:
    """One drawn line, thinned to its pixels between its breaks."""
    buckets = max(min(geometry.plot_width // 2, geometry.points // 2), 50)
    known = np.isfinite(y)
    keep = ~known
    keep[known] = extremes(y[known], buckets)
    return {
        "type": "scatter",
        "mode": "lines",
        "name": name,
        "x": packed(line.x[keep], "i2"),
        "y": packed(y[keep], "f4"),
        "line": {"color": colour, "width": width, "simplify": True},
        "hoverinfo": "none",
        "connectgaps": False,
    }


def _label_traces(
    lines: Sequence[Line], geometry: _Geometry, low: float, high: float
) -> list[dict[str, Any]]:
    style = geometry.style
    shown = [line for line in lines if np.isfinite(line.last)]
    pixels = [(high - line.last) / (high - low) * geometry.plot_height for line in shown]
    placed = spread(pixels, style.gap, 2, geometry.plot_height - 2)
    y = [high - pixel / geometry.plot_height * (high - low) for pixel in placed]
    lead, start = style.label * 1.1, style.label * 1.5
    leaders_x: list[float | None] = []
    leaders_y: list[float | None] = []
    for line, at in zip(shown, y, strict=True):
        if line.end < geometry.axis.high - 0.02 * (geometry.axis.high - geometry.axis.low):
            continue  # it ends inside the plot: a leader from the edge would point at nothing
        leaders_x += [1, lead, None]
        leaders_y += [line.last, at, None]
    common = {"type": "scatter", "xaxis": "x2", "yaxis": "y", "hoverinfo": "skip", "cliponaxis": False}
    font = {
        "family": FONT,
        "size": style.label,
        "color": [line.colour for line in shown],
        "weight": [700 if line.weight == "heavy" else 500 for line in shown],
    }
    return [
        {
            **common,
            "mode": "lines",
            "x": leaders_x,
            "y": leaders_y,
            "line": {"color": style.palette.strong, "width": 1},
        },
        {
            **common,
            "mode": "text",
            "x": [start] * len(shown),
            "y": y,
            "text": [line.name for line in shown],
            "textposition": "middle right",
            "textfont": font,
        },
        {
            **common,
            "mode": "text",
            "x": [style.column] * len(shown),
            "y": y,
            "text": [signed(line.last, style.decimals) for line in shown],
            "textposition": "middle left",
            "textfont": font,
        },
    ]


def _flag_traces(marks: Sequence[Mark], geometry: _Geometry, low: float, high: float) -> list[dict[str, Any]]:
    if not marks:
        return []
    style, accent = geometry.style, geometry.style.palette.accent
    posts_x: list[float | None] = []
    posts_y: list[float | None] = []
    for mark in marks:
        posts_x += [mark.x, mark.x, None]
        posts_y += [low, high, None]
    common = {"type": "scatter", "hoverinfo": "skip", "cliponaxis": False}
    return [
        {
            **common,
            "mode": "lines",
            "x": posts_x,
            "y": posts_y,
            "line": {"color": fade(accent, 0.32), "width": 1},
        },
        {
            **common,
            "mode": "markers+text",
            "yaxis": "y3",
            "x": [mark.x for mark in marks],
            "y": [geometry.flags - 4 - style.lane * (lane + 0.5) for lane in geometry.lane],
            "text": [str(mark.number) for mark in marks],
            "textposition": "middle center",
            "textfont": {
                "family": FONT,
                "size": max(style.flag * 0.7, 10.5),
                "color": accent,
                "weight": 600,
            },
            "marker": {
                "symbol": "square",
                "size": style.flag,
                "color": style.palette.ground,
                "line": {"color": accent, "width": max(style.flag / 15, 1)},
            },
        },
    ]


def _leg_traces(legs: Sequence[Leg], geometry: _Geometry) -> list[dict[str, Any]]:
    """Bars under the axis, from peak to trough, their depth below them."""
    style, palette = geometry.style, geometry.style.palette
    base = style.ticks + style.strip * 0.22
    middle = [(leg.start + leg.end) / 2 for leg in legs]
    scale = geometry.plot_width / max(geometry.axis.high - geometry.axis.low, 1)
    texts = _readable([leg.depth for leg in legs], [at * scale for at in middle], style.label * 3.1)
    shade = [fade(palette.fall, min(0.35 + abs(leg.depth) / 33 * 0.65, 1)) for leg in legs]
    common = {"yaxis": "y2", "hoverinfo": "skip", "cliponaxis": False}
    return [
        {
            **common,
            "type": "bar",
            "x": middle,
            "width": [max(leg.end - leg.start, 2 / scale) for leg in legs],
            "base": [base] * len(legs),
            "y": [style.strip * 0.19] * len(legs),
            "marker": {"color": shade, "line": {"width": 0}},
        },
        {
            **common,
            "type": "scatter",
            "mode": "text",
            "x": middle,
            "y": [base + style.strip * 0.52] * len(legs),
            "text": texts,
            "textfont": {"family": FONT, "size": style.tick, "color": palette.ink, "weight": 600},
        },
    ]


def _readable(depths: list[float], pixels: list[float], room: float) -> list[str]:
    """Depths as text; of two that would touch, the deeper one is written."""
    shown: list[int] = []
    for row in sorted(range(len(depths)), key=lambda row: depths[row]):
        if all(abs(pixels[row] - pixels[other]) >= room for other in shown):
            shown.append(row)
    return [signed(depth) if row in shown else "" for row, depth in enumerate(depths)]


def _watermark(geometry: _Geometry) -> list[dict[str, Any]]:
    style = geometry.style
    return [
        {
            "text": "SIMULATED",
            "x": geometry.right / 2,
            "y": (geometry.floor + geometry.ceiling) / 2,
            "xref": "paper",
            "yref": "paper",
            "showarrow": False,
            "opacity": 0.08,
            "textangle": -14,
            "font": {"family": FONT, "size": round(geometry.plot_width / 7), "color": style.palette.ink},
        }
    ]

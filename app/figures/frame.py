"""The parts of a line chart and its frame: lines, marks, axis; pixels turned into plotly's layout."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from app.figures.placing import grid_label
from app.figures.style import Style
from app.figures.theme import FONT
from models.types import Floats

Figure = dict[str, Any]
# A browser draws some 8,000 points of SVG lines within the blink that a change may take.
POINTS = 8_000


@dataclass(frozen=True, eq=False)
class Line:
    """One line: its points in percent, NaN where a bar is missing and the line must break.

    ``x`` holds integer positions on the axis, ``open_end`` whether the last bar is provisional
    and ``late_end`` whether a later one is due; one of many that only stand behind the others is not
    ``labelled``.
    """

    name: str
    x: np.ndarray
    y: Floats
    colour: str
    weight: str = "named"
    open_end: bool = False
    late_end: bool = False
    low: Floats | None = None
    labelled: bool = True

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
    """A numbered flag at a position of the axis.

    ``weight`` is how severe it is, 1 to 3: 3 is filled, and where flags are many the lighter ones share
    a place. ``tip`` is what the pointer reads, ``go`` the address that a click leads to.
    """

    x: float
    number: int
    weight: int = 2
    tip: str = ""
    go: str = ""


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


class Geometry:
    """Pixel measures turned into plotly's domains, once."""

    def __init__(self, style: Style, axis: Axis, above: int, with_strip: bool, lines: int) -> None:
        self.style, self.axis = style, axis
        self.points = POINTS // max(lines, 1)
        self.flags = max(above, style.tick + 8)
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
            "xaxis2": {**off, "domain": [self.right, 1], "anchor": "y4", "range": [0, style.column]},
            # A scale of its own for the labels, or the grid would run through them; it goes on to the foot.
            "yaxis4": {
                **off,
                "domain": [0, self.ceiling],
                "anchor": "x2",
                "range": [self._foot(scale), scale[1]],
            },
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

    def _foot(self, scale: tuple[float, float]) -> float:
        """The value that the foot of the drawing would have on the plot's scale."""
        return scale[0] - (scale[1] - scale[0]) * self.below / self.plot_height

    def _strip_line(self) -> dict[str, Any]:
        """The hairline that the selloff legs stand on."""
        at = self.style.ticks + self.style.strip * 0.32
        ends = {"x0": 0, "x1": self.right, "y0": at, "y1": at}
        line = {"color": self.style.palette.hair, "width": 1}
        return {"type": "line", "layer": "below", "xref": "paper", "yref": "y2", "line": line, **ends}


def _watermark(geometry: Geometry) -> list[dict[str, Any]]:
    middle = geometry.right / 2, (geometry.floor + geometry.ceiling) / 2
    return [watermark(middle, geometry.plot_width, geometry.style)]


def summed(figure: Figure, summary: str) -> Figure:
    """A figure with the sentence that stands for it where it is not seen."""
    return {**figure, "summary": summary}


def watermark(at: tuple[float, float], width: float, style: Style) -> dict[str, Any]:
    """The word across a drawing of simulated prices, its middle at a point of the paper."""
    return {
        "text": "SIMULATED",
        "x": at[0],
        "y": at[1],
        "xref": "paper",
        "yref": "paper",
        "showarrow": False,
        "opacity": 0.08,
        "textangle": -14,
        "font": {"family": FONT, "size": round(width / 7), "color": style.palette.ink},
    }

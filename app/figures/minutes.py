"""Lines over the hours of some days in UTC, with each exchange's session under them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from app.figures.frame import Axis, Figure, Geometry, Line
from app.figures.furniture import label_column
from app.figures.lines import line_chart
from app.figures.style import Style
from app.figures.theme import FONT, fade

DAY = 1440
"""Minutes that a day takes on the axis."""


@dataclass(frozen=True, slots=True)
class Band:
    """A session on its exchange's row, in minutes of the axis; ``free`` is lunch, ``quiet`` has no bars."""

    city: str
    opens: float
    closes: float
    free: tuple[float, float] | None = None
    quiet: tuple[float, float] | None = None


def minutes_chart(
    lines: Sequence[Line],
    bands: Sequence[Band],
    dots: Sequence[tuple[float, float, str, str]],
    zero: float,
    axis: Axis,
    style: Style,
    *,
    head: str,
    quiet: str,
    simulated: bool = False,
) -> Figure:
    """Return the figure.

    Parameters
    ----------
    lines
        In percent; ``x`` in minutes of the axis.
    bands
        Sessions; one row a city, in the order of the first band of each.
    dots
        Closes that no bar holds: position, percent, colour, and what the pointer reads.
    zero
        Where every line is 0.
    axis
        Minutes; a day takes 1,440 of them.
    style
        Measures and palette.
    head
        What the labels' figures are.
    quiet
        What stands beside minutes without bars.
    simulated
        Draws the watermark.
    """
    cities = list(dict.fromkeys(band.city for band in bands))
    row = style.tick * 1.55
    room = replace(style, bottom=style.bottom + round(row * len(cities) + style.tick * 0.4))
    figure = line_chart(lines, axis, room, column_head=head, hang=False, simulated=simulated)
    room = replace(room, column=label_column(lines, room))
    geometry = Geometry(room, axis, 0, False, len(lines))
    layout, palette = figure["layout"], style.palette
    rule = {"color": fade(palette.accent, 0.7), "width": 1}
    ends = {"x0": zero, "x1": zero, "y0": 0, "y1": 1, "xref": "x", "yref": "y domain"}
    layout["shapes"].append({"type": "line", "layer": "below", "line": rule, **ends})
    for place, city in enumerate(cities):
        y = -(place + 0.7) * row / geometry.inner_height
        high = style.tick * 0.32 / geometry.inner_height
        told = False
        for band in (item for item in bands if item.city == city):
            layout["shapes"] += _bars(band, y, high, style)
            if band.quiet and quiet and not told:
                at = min(band.closes + 0.008 * (axis.high - axis.low), axis.high)
                layout["annotations"].append(_text(quiet, at, y, style, "x", "left"))
                told = True
        layout["annotations"].append(
            _text(city, geometry.right + style.label * 1.5 / geometry.inner_width, y, style, "paper", "left")
        )
    for x, y, colour, tip in dots:
        figure["data"].append(_dot(x, y, colour, tip, style))
    layout["meta"] = {**layout["meta"], "unit": "minute"}
    return figure


def _bars(band: Band, y: float, high: float, style: Style) -> list[dict[str, Any]]:
    """A session as a bar: hollow at lunch and where there are no bars of five minutes."""
    parts = [(band.opens, band.closes)]
    for gap in (band.free, band.quiet):
        if gap is not None:
            parts = [
                piece
                for low, top in parts
                for piece in ((low, min(top, gap[0])), (max(low, gap[1]), top))
                if piece[1] > piece[0]
            ]
    common = {"type": "rect", "xref": "x", "yref": "paper", "y0": y - high, "y1": y + high, "layer": "above"}
    solid = {"fillcolor": style.palette.strong, "line": {"width": 0}}
    found = [{**common, **solid, "x0": low, "x1": top} for low, top in parts]
    if band.quiet is not None:
        hollow = {"fillcolor": "rgba(0,0,0,0)", "line": {"color": style.palette.accent, "width": 1}}
        found.append({**common, **hollow, "x0": band.quiet[0], "x1": band.quiet[1]})
    return found


def _text(text: str, x: float, y: float, style: Style, across: str, anchor: str) -> dict[str, Any]:
    return {
        "text": text,
        "x": x,
        "y": y,
        "xref": across,
        "yref": "paper",
        "xanchor": anchor,
        "yanchor": "middle",
        "showarrow": False,
        "font": {"family": FONT, "size": style.tick, "color": style.palette.ink3},
    }


def _dot(x: float, y: float, colour: str, tip: str, style: Style) -> dict[str, Any]:
    ring = {"size": style.tick * 0.6, "color": style.palette.ground, "line": {"color": colour, "width": 1.6}}
    told = {"hovertext": [tip], "hoverinfo": "none", "name": "close"}
    return {"type": "scatter", "mode": "markers", "x": [x], "y": [y], "marker": ring, **told}

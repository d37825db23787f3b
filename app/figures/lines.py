"""Many named lines over time with direct labels, numbered flags and a strip of selloff legs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from app.figures.arrays import extremes, packed
from app.figures.flags import Flag, flags_of, lanes_high
from app.figures.frame import Axis, Figure, Geometry, Leg, Line, Mark
from app.figures.furniture import flag_traces, label_column, label_traces, leg_traces
from app.figures.placing import grid_values
from app.figures.style import Style
from app.figures.theme import fade
from models.types import Floats


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
    style = replace(style, column=label_column(lines, style))
    flags = placed(marks, axis, style)
    geometry = Geometry(style, axis, lanes_high(flags, style), legs is not None, len(lines))
    low, high = _scale(lines, hang)
    values = grid_values(low, high)
    low, high = values[0], max(values[-1], high)
    data = [
        *flag_traces(flags, geometry, low, high),
        *(trace for line in lines for trace in _line_traces(line, geometry)),
        *label_traces(lines, geometry, low, high),
        *(leg_traces(legs, geometry) if legs is not None else ()),
    ]
    layout = geometry.layout(values, (low, high), column_head, simulated)
    return {"data": data, "layout": layout}


def line_flags(lines: Sequence[Line], marks: Sequence[Mark], axis: Axis, style: Style) -> list[Flag]:
    """The flags as :func:`line_chart` places them, for the key that tells which of them are folded."""
    return placed(marks, axis, replace(style, column=label_column(lines, style)))


def pixels_each(lines: Sequence[Line], axis: Axis, style: Style) -> float:
    """The pixels that :func:`line_chart` gives a position of its axis."""
    return _scale_of(axis, replace(style, column=label_column(lines, style)))


def placed(marks: Sequence[Mark], axis: Axis, style: Style) -> list[Flag]:
    """The flags of marks on a plot beside a column of labels."""
    return flags_of(marks, _scale_of(axis, style), style)


def _scale_of(axis: Axis, style: Style) -> float:
    plot = style.width - style.left - style.right - style.column
    return plot / max(axis.high - axis.low, 1)


def _scale(lines: Sequence[Line], hang: bool) -> tuple[float, float]:
    tops = [float(np.nanmax(line.y)) for line in lines if np.isfinite(line.y).any()]
    floors = [float(np.nanmin(line.y)) for line in lines if np.isfinite(line.y).any()]
    floors += [
        float(np.nanmin(line.low)) for line in lines if line.low is not None and np.isfinite(line.low).any()
    ]
    if not floors:
        return -10.0, 0.0
    return min(*floors, -1.0), 0.0 if hang else max(*tops, 1.0)


def _line_traces(line: Line, geometry: Geometry) -> list[dict[str, Any]]:
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
    if (line.open_end or line.late_end) and len(known):
        grey = style.palette.ink3
        marker = {"size": 7, "color": grey, "line": {"color": grey, "width": 1.5}}
        if line.open_end:
            marker = {"size": 7, "color": style.palette.ground, "line": {"color": line.colour, "width": 1.5}}
        end = {"x": [float(line.x[known[-1]])], "y": [line.last]}
        traces.append({"type": "scatter", "mode": "markers", "marker": marker, "hoverinfo": "skip", **end})
    return traces


def _path(line: Line, y: Floats, geometry: Geometry, colour: str, width: float, name: str) -> dict[str, Any]:
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

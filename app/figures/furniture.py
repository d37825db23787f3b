"""What stands around the lines: direct labels, numbered flags, the strip of selloff legs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from app.figures.canvas import Canvas
from app.figures.flags import Flag, size_of, width_of
from app.figures.frame import Geometry, Leg, Line
from app.figures.placing import spread
from app.figures.style import Style
from app.figures.theme import FONT, fade
from app.market.words import signed


def label_column(lines: Sequence[Line], style: Style) -> int:
    """The width the direct labels need: the longest name, a gap, and a value."""
    letters = max((len(line.name) for line in lines if line.labelled), default=0)
    # Inter's letters are 0.56 em wide on average, 0.6 when bold; figures with a sign take 3.4 em.
    return max(style.column, round(style.label * (letters * 0.57 + 1.5 + 0.8 + 3.4)))


def label_traces(lines: Sequence[Line], geometry: Geometry, low: float, high: float) -> list[dict[str, Any]]:
    style = geometry.style
    shown = [line for line in lines if line.labelled and np.isfinite(line.last)]
    pixels = [(high - line.last) / (high - low) * geometry.plot_height for line in shown]
    # Beside the axis and the legs nothing else stands: labels that are many go on there.
    needed = style.label * 0.4 + style.gap * (len(shown) - 1)
    floor = max(geometry.plot_height - 2, min(needed, geometry.plot_height + geometry.below - style.label))
    placed = spread(pixels, style.gap, style.label * 0.4, floor)
    y = [high - pixel / geometry.plot_height * (high - low) for pixel in placed]
    lead, start = style.label * 1.1, style.label * 1.5
    leaders_x: list[float | None] = []
    leaders_y: list[float | None] = []
    for line, at in zip(shown, y, strict=True):
        if line.end < geometry.axis.high - 0.02 * (geometry.axis.high - geometry.axis.low):
            continue  # it ends inside the plot: a leader from the edge would point at nothing
        leaders_x += [1, lead, None]
        leaders_y += [line.last, at, None]
    common = {"type": "scatter", "xaxis": "x2", "yaxis": "y4", "hoverinfo": "skip", "cliponaxis": False}
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


def flag_traces(flags: Sequence[Flag], geometry: Geometry, low: float, high: float) -> list[dict[str, Any]]:
    """Flags in their lanes, and a post from each position through the plot."""
    if not flags:
        return []
    style, accent, ground = geometry.style, geometry.style.palette.accent, geometry.style.palette.ground
    posts_x: list[float | None] = []
    posts_y: list[float | None] = []
    for x in dict.fromkeys(flag.x for flag in flags):
        posts_x += [x, x, None]
        posts_y += [low, high, None]
    common = {"type": "scatter", "cliponaxis": False}
    edge = max(style.flag / 15, 1)
    return [
        {
            **common,
            "hoverinfo": "skip",
            "mode": "lines",
            "x": posts_x,
            "y": posts_y,
            "line": {"color": fade(accent, 0.32), "width": 1},
        },
        {
            **common,
            "hoverinfo": "none",
            "name": "",
            "mode": "markers+text",
            "yaxis": "y3",
            "x": [flag.x for flag in flags],
            "y": [geometry.flags - 4 - style.lane * (flag.lane + 0.5) for flag in flags],
            "text": [flag.text for flag in flags],
            "hovertext": [flag.tip for flag in flags],
            "customdata": [flag.go for flag in flags],
            "textposition": "middle center",
            "textfont": {
                "family": FONT,
                "size": size_of(style),
                "color": [ground if flag.filled and flag.boxed else accent for flag in flags],
                "weight": 600,
            },
            "marker": {
                "symbol": "square",
                "size": [style.flag if flag.boxed else 0 for flag in flags],
                "color": [accent if flag.filled else ground for flag in flags],
                "opacity": 1,
                "line": {"color": accent, "width": [edge if flag.boxed else 0 for flag in flags]},
            },
        },
    ]


def flag_on(canvas: Canvas, flag: Flag, x: float, y: float) -> None:
    """One flag with its middle at a point of a drawing."""
    style, accent, ground = canvas.style, canvas.palette.accent, canvas.palette.ground
    size, edge = float(style.flag), max(style.flag / 15, 1)
    if flag.boxed:
        canvas.cell(x - size / 2, y - size / 2, size, size, accent, flag.tip, flag.go)
        inner = size - 2 * edge
        fill = accent if flag.filled else ground
        canvas.cell(x - inner / 2, y - inner / 2, inner, inner, fill, flag.tip, flag.go)
    else:
        wide = width_of(flag, style)
        canvas.cell(x - wide / 2, y - size / 2, wide, size, "rgba(0,0,0,0)", flag.tip, flag.go)
    colour = ground if flag.filled and flag.boxed else accent
    canvas.text(x, y, flag.text, size=size_of(style), colour=colour, weight=600, anchor="center")


def leg_traces(legs: Sequence[Leg], geometry: Geometry) -> list[dict[str, Any]]:
    """Bars under the axis, from peak to trough, their depth below them."""
    style, palette = geometry.style, geometry.style.palette
    base = style.ticks + style.strip * 0.22
    middle = [(leg.start + leg.end) / 2 for leg in legs]
    scale = geometry.plot_width / max(geometry.axis.high - geometry.axis.low, 1)
    texts = readable([leg.depth for leg in legs], [at * scale for at in middle], style.label * 3.1)
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


def readable(depths: list[float], pixels: list[float], room: float) -> list[str]:
    """Depths as text; of two that would touch, the deeper one is written."""
    shown: list[int] = []
    for row in sorted(range(len(depths)), key=lambda row: depths[row]):
        if all(abs(pixels[row] - pixels[other]) >= room for other in shown):
            shown.append(row)
    return [signed(depth) if row in shown else "" for row, depth in enumerate(depths)]

"""Small marks inside tables: signed figures, percentile tracks, underwater sparklines."""

from __future__ import annotations

from urllib.parse import quote

import numpy as np
from dash import html

from app.market.words import percentile, tone
from app.render.html import attributes
from models.types import Floats

SPARK_WIDTH, SPARK_HEIGHT, SPARK_FLOOR = 126, 18, -0.70
PRICE_WIDTH, PRICE_HEIGHT = 70, 16


def signed_cell(text: str, value: float | None, *, key: bool = False, kind: str = "") -> html.Td:
    """A figure in the colour of its sign; the sign itself is in the text."""
    kinds = ("num", tone(text, value), "key" if key else "", kind)
    return html.Td(text, className=" ".join(word for word in kinds if word))


def track(fraction: float | None) -> html.Td:
    """A percentile as a dot on a line with ticks at 50 and 90, and the figure beside it."""
    text = percentile(fraction)
    if fraction is None or not np.isfinite(fraction):
        return html.Td(text, className="num")
    line = html.Span(
        className="track",
        style={"--at": f"{fraction * 100:.0f}%"},
        **attributes(data_high="true" if fraction >= 0.9 else "false"),
    )
    return html.Td([line, html.Span(text, className="num")], className="percentile")


def underwater_spark(falls: Floats) -> html.Span:
    """The last stretch under water, 0 to −70%, as a small shape; decoration beside the figures.

    Drawn as a mask, so that it takes the colour of the theme.
    """
    known = falls[np.isfinite(falls)]
    if known.size < 2:
        return html.Span(className="spark")
    rows = np.linspace(0, known.size - 1, min(known.size, 64)).round().astype(int)
    depth = np.minimum.reduceat(known, rows) if rows.size > 1 else known[rows]
    depth[-1] = known[-1]
    x = np.linspace(0, SPARK_WIDTH - 3, rows.size)
    y = 0.5 + np.clip(depth / SPARK_FLOOR, 0, 1) * (SPARK_HEIGHT - 2)
    points = " ".join(f"{a:.0f},{b:.1f}" for a, b in zip(x, y, strict=True))
    shape = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {SPARK_WIDTH} {SPARK_HEIGHT}">'
        f'<polygon points="0,0.5 {points} {x[-1]:.0f},0.5" fill-opacity=".3"/>'
        f'<polyline points="{points}" fill="none" stroke="#000"/></svg>'
    )
    return html.Span(
        className="spark",
        style={"--shape": f'url("data:image/svg+xml,{quote(shape, safe="")}")', "--y": f"{y[-1]:.1f}px"},
    )


def price_spark(closes: Floats) -> html.Span:
    """The last closes on a scale of their own, with a dot at the end; decoration beside the figures."""
    known = closes[np.isfinite(closes)]
    if known.size < 2:
        return html.Span(className="spark price")
    spread = float(np.ptp(known)) or 1.0
    x = np.linspace(1, PRICE_WIDTH - 4, known.size)
    y = 2 + (known.max() - known) / spread * (PRICE_HEIGHT - 4)
    points = " ".join(f"{a:.0f},{b:.1f}" for a, b in zip(x, y, strict=True))
    shape = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {PRICE_WIDTH} {PRICE_HEIGHT}">'
        f'<polyline points="{points}" fill="none" stroke="#000"/></svg>'
    )
    return html.Span(
        className="spark price",
        style={"--shape": f'url("data:image/svg+xml,{quote(shape, safe="")}")', "--y": f"{y[-1]:.1f}px"},
    )

"""A drawing in the pixels of its place: cells, lines, curves and texts, for what is not a plain line chart.

Everything becomes a handful of plotly traces, so that it is drawn on the page, exported and read by
the pointer like every other chart. x runs to the right and y downwards, from the top left corner.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

from app.figures.frame import Figure, watermark
from app.figures.style import Style
from app.figures.theme import FONT

Anchor = Literal["left", "center", "right"]
# Plotly names where the text lies beside its point: left of it is text that ends there.
_POSITION = {"left": "middle right", "center": "middle center", "right": "middle left"}
EM = 0.57
"""The mean width of Inter's letters and figures, in em."""


class Canvas:
    """A drawing of ``width`` by ``height`` pixels, to which parts are added in any order.

    Cells lie at the bottom, then curves, lines, dots, and texts on top.
    """

    def __init__(self, style: Style) -> None:
        self.style = style
        self.palette = style.palette
        self.width = style.width - 2 * style.edge
        self.height = style.height - style.top - style.bottom
        self._cells: list[tuple[float, float, float, float, str, str, str]] = []
        self._texts: list[tuple[float, float, str, float, str, int, Anchor]] = []
        self._dots: list[tuple[float, float, float, str, str, str]] = []
        self._lines: dict[tuple[str, float, str], tuple[list[float | None], list[float | None]]] = {}
        self._shapes: list[dict[str, Any]] = []

    def cell(
        self, x: float, y: float, width: float, height: float, colour: str, tip: str = "", go: str = ""
    ) -> None:
        """A filled rectangle; ``tip`` is what the pointer reads there, ``go`` where a click leads."""
        self._cells.append((x, y, width, height, colour, tip, go))

    def text(
        self,
        x: float,
        y: float,
        text: str,
        *,
        size: float | None = None,
        colour: str | None = None,
        weight: int = 400,
        anchor: Anchor = "left",
    ) -> None:
        """A text whose middle is at ``y``; size and colour are those of a tick label unless given."""
        given = max(size or self.style.tick, self.style.floor), colour or self.palette.ink3
        self._texts.append((x, y, text, *given, weight, anchor))

    def line(
        self, x: Sequence[float], y: Sequence[float], colour: str, width: float = 1, dash: str = "solid"
    ) -> None:
        """A line through points; lines of one kind are drawn as one trace."""
        xs, ys = self._lines.setdefault((colour, width, dash), ([], []))
        xs += [*map(float, x), None]
        ys += [*map(float, y), None]

    def rule(self, y: float, colour: str | None = None, x0: float = 0, x1: float | None = None) -> None:
        """A hairline across."""
        self.line([x0, self.width if x1 is None else x1], [y, y], colour or self.palette.hair)

    def dot(
        self, x: float, y: float, size: float, colour: str, *, edge: str | None = None, tip: str = ""
    ) -> None:
        """A round mark; with ``edge`` it is ``colour`` inside a ring of that colour."""
        self._dots.append((x, y, size, colour, edge or colour, tip))

    def curve(self, path: str, colour: str, width: float, *, fill: str | None = None) -> None:
        """A path in SVG's words, in this drawing's pixels."""
        line = {"color": colour, "width": width}
        shape = {"type": "path", "path": path, "line": line, "xref": "x", "yref": "y", "layer": "below"}
        self._shapes.append(shape | ({"fillcolor": fill} if fill else {}))

    def fits(self, text: str, width: float, size: float | None = None) -> bool:
        """Whether a text will not be wider than that."""
        return len(text) * EM * (size or self.style.tick) <= width

    def paragraph(self, x: float, y: float, width: float, text: str) -> None:
        """A text in as many lines as a width asks for, the first with its middle at ``y``."""
        line: list[str] = []
        for word in text.split():
            if line and not self.fits(" ".join([*line, word]), width):
                self.text(x, y, " ".join(line))
                line, y = [], y + self.style.tick * 1.6
            line.append(word)
        self.text(x, y, " ".join(line))

    def figure(self, *, simulated: bool = False) -> Figure:
        """The drawing as plotly reads it, with the watermark over simulated prices."""
        style = self.style
        off = {"visible": False, "fixedrange": True}
        layout = {
            "width": style.width,
            "height": style.height,
            "margin": {"l": style.edge, "r": style.edge, "t": style.top, "b": style.bottom, "pad": 0},
            "paper_bgcolor": "rgba(0,0,0,0)",
            "plot_bgcolor": "rgba(0,0,0,0)",
            "font": {"family": FONT, "size": style.tick, "color": self.palette.ink3},
            "showlegend": False,
            "hovermode": "closest",
            "hoverdistance": 12,
            "dragmode": False,
            "barmode": "overlay",
            "bargap": 0,
            "xaxis": {**off, "range": [0, self.width]},
            "yaxis": {**off, "range": [self.height, 0]},
            "shapes": self._shapes,
            "annotations": [watermark((0.5, 0.5), self.width, style)] if simulated else [],
        }
        data = [*self._cell_traces(), *self._line_traces(), *self._dot_traces(), *self._text_traces()]
        return {"data": data, "layout": layout}

    def _cell_traces(self) -> list[dict[str, Any]]:
        if not self._cells:
            return []
        x, y, width, height, colour, tip, go = zip(*self._cells, strict=True)
        return [
            {
                "type": "bar",
                "x": [left + wide / 2 for left, wide in zip(x, width, strict=True)],
                "width": width,
                "base": y,
                "y": height,
                "marker": {"color": colour, "line": {"width": 0}},
                "hovertext": tip,
                "customdata": go,
                "hoverinfo": "none",
                "name": "",
            }
        ]

    def _line_traces(self) -> list[dict[str, Any]]:
        return [
            {
                **_QUIET,
                "mode": "lines",
                "x": x,
                "y": y,
                "line": {"color": colour, "width": width, "dash": dash, "simplify": False},
            }
            for (colour, width, dash), (x, y) in self._lines.items()
        ]

    def _dot_traces(self) -> list[dict[str, Any]]:
        if not self._dots:
            return []
        x, y, size, colour, edge, tip = zip(*self._dots, strict=True)
        marker = {"size": size, "color": colour, "line": {"color": edge, "width": 1.4}, "opacity": 1}
        return [
            {
                **_QUIET,
                "mode": "markers",
                "x": x,
                "y": y,
                "marker": marker,
                "hovertext": tip,
                "hoverinfo": "none",
                "name": "",
            }
        ]

    def _text_traces(self) -> list[dict[str, Any]]:
        if not self._texts:
            return []
        x, y, text, size, colour, weight, anchor = zip(*self._texts, strict=True)
        font = {"family": FONT, "size": size, "color": colour, "weight": weight}
        where = [_POSITION[name] for name in anchor]
        return [
            {**_QUIET, "mode": "text", "x": x, "y": y, "text": text, "textposition": where, "textfont": font}
        ]


_QUIET = {"type": "scatter", "hoverinfo": "skip", "cliponaxis": False}

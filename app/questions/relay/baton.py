"""The baton: three columns in clock order, and what each layer's session says of the next leg across."""

from __future__ import annotations

import pandas as pd

from app.figures.canvas import EM, Anchor, Canvas
from app.figures.frame import Figure
from app.figures.style import Style
from app.figures.theme import fade
from app.kinds.request import Mode
from app.market import words
from app.market.market import View
from app.questions.relay.handover import (
    SURE,
    WORDS,
    drawn,
    layers_of,
    links_frame,
    sentence,
    short_name,
    strongest,
)
from models.analytics.layer_links import LINKS, NEWS_DAYS
from models.errors import AftershockError

# Lines of its type that the drawing is high: a head, and eight layers.
TALL = 27.0
_TO_ASIA, _TO_US = LINKS[0], LINKS[2]
_SHOWN: dict[str, int] = {_TO_ASIA: 12, _TO_US: 8}


def baton_frame(view: View) -> pd.DataFrame:
    """All pairs of layers and link, in words; correlations and p as the drawing has them."""
    table = links_frame(view)
    named = {layer.id: layer.name for layer in view.universe.layers}
    told = table.assign(
        link=table["link"].map(WORDS), source=table["source"].map(named), target=table["target"].map(named)
    )
    return told.set_index("link")


def baton_title(view: View) -> str:
    """Who hands on to New York, with the figure."""
    try:
        return sentence(view)
    except AftershockError:
        return "Who hands on to whom"


def baton_note(view: View) -> str:
    """What is measured, and from which figure on a link is drawn."""
    try:
        floors = [_kept(view, link)["correlation"].min() for link in _SHOWN]
    except AftershockError as error:
        return str(error)
    least = " and ".join(words.correlation(floor) for floor in floors if floor == floor)
    shown = f"; the strongest 12 and 8, from {least}, each p < {words.correlation(SURE)} by Holm’s rule"
    return (
        f"Lagged correlation between layers, last {NEWS_DAYS} news days{shown if least else ''}. "
        "Figures: strongest in, strongest out"
    )


def baton_summary(view: View) -> str:
    """The drawing in words: the strongest link each way."""
    try:
        parts = [_told(view, strongest(view, link)) for link in (_TO_ASIA, _TO_US)]
    except AftershockError as error:
        return str(error)
    return " ".join(part for part in parts if part) or "No link is beyond chance."


def height(style: Style) -> int:
    """The drawing's height in pixels for its type."""
    return round(style.tick * TALL)


def draw_baton(view: View, style: Style, mode: Mode) -> Figure:
    """The network at a size; ``mode`` is that of the style."""
    canvas = Canvas(style)
    try:
        kept = {link: _kept(view, link) for link in _SHOWN}
    except AftershockError as error:
        canvas.text(0, style.tick * 2, str(error))
        return canvas.figure(simulated=view.simulated)
    picture = _Picture(view, canvas, kept)
    picture.heads()
    picture.links()
    picture.nodes()
    return canvas.figure(simulated=view.simulated)


def _kept(view: View, link: str) -> pd.DataFrame:
    """The links drawn: of those beyond chance the strongest, weakest first so that the strong lie on top."""
    table = links_frame(view)[drawn(view)]
    own = table[(table["link"] == link) & (table["correlation"] > 0)]
    return own.nlargest(_SHOWN[link], "correlation").iloc[::-1]


def _told(view: View, row: pd.Series | None) -> str:
    if row is None:
        return ""
    names = short_name(view, row["source"]), short_name(view, row["target"])
    figure = words.correlation(row["correlation"])
    return f"{WORDS[row['link']]}: strongest from {names[0]} to {names[1]}, {figure}."


class _Picture:
    """Where the layers stand, and the drawing of them."""

    def __init__(self, view: View, canvas: Canvas, kept: dict[str, pd.DataFrame]) -> None:
        self.view, self.canvas, self.kept = view, canvas, kept
        self.palette, style = canvas.palette, canvas.style
        self.size = style.label
        self.us, self.asia = layers_of(view, "us"), layers_of(view, "asia")
        widest = max(len(short_name(view, layer)) for layer in self.us) * EM * self.size
        self.left = widest + self.size
        self.right = canvas.width - self.left
        middle = canvas.width / 2
        self.gap, self.session = middle - self.size * 3.2, middle + self.size * 3.2
        self.top = self.size * 2.6
        self.hub = kept[_TO_US]["source"].iloc[-1] if len(kept[_TO_US]) else ""

    def y(self, layer: str, layers: tuple[str, ...]) -> float:
        """The middle of a layer's row; each column fills the height."""
        step = (self.canvas.height - self.top) / len(layers)
        return self.top + (layers.index(layer) + 0.5) * step

    def heads(self) -> None:
        """What the columns are."""
        y, ink = self.size * 0.8, self.palette.ink
        columns: tuple[tuple[float, str, Anchor], ...] = (
            (0.0, "New York session", "left"),
            (self.canvas.width / 2, "Next Asian day: gap | session", "center"),
            (self.canvas.width, "New York gap", "right"),
        )
        for x, text, anchor in columns:
            self.canvas.text(x, y, text, size=self.size, colour=ink, weight=600, anchor=anchor)

    def links(self) -> None:
        """The curves, the hub's own on top in the accent."""
        for link, table in self.kept.items():
            ordered = table.assign(own=self._of_hub(link, table)).sort_values("own", kind="stable")
            for row in ordered.itertuples():
                self._curve(link, row.source, row.target, row.correlation, bool(row.own))

    def _of_hub(self, link: str, table: pd.DataFrame) -> pd.Series:
        return table["target" if link == _TO_ASIA else "source"] == self.hub

    def _curve(self, link: str, source: str, target: str, strength: float, own: bool) -> None:
        if link == _TO_ASIA:
            start, end = (self.left, self.y(source, self.us)), (self.gap, self.y(target, self.asia))
        else:
            start, end = (self.session, self.y(source, self.asia)), (self.right, self.y(target, self.us))
        reach = self.size * 0.45
        x0, x1 = start[0] + reach, end[0] - reach * 1.8
        middle = (x0 + x1) / 2
        y0, y1 = start[1], end[1]
        path = f"M{x0:.1f},{y0:.1f}C{middle:.1f},{y0:.1f} {middle:.1f},{y1:.1f} {x1:.1f},{y1:.1f}"
        width = max(strength - 0.2, 0.05) * self.size * 0.75
        colour = self.palette.accent if own else fade(self.palette.strong, 0.55)
        self.canvas.curve(path, colour, round(width, 2))
        tip, half = end[0] - reach * 0.7, self.size * 0.28
        arrow = f"M{tip:.1f},{end[1]:.1f}L{x1:.1f},{end[1] - half:.1f}L{x1:.1f},{end[1] + half:.1f}Z"
        solid = self.palette.accent if own else self.palette.strong
        self.canvas.curve(arrow, solid, 0, fill=solid)

    def nodes(self) -> None:
        """The layers: greyed where nothing is drawn."""
        given, taken = (set(self.kept[_TO_ASIA][name]) for name in ("source", "target"))
        gave, took = (set(self.kept[_TO_US][name]) for name in ("source", "target"))
        for layer in self.us:
            y = self.y(layer, self.us)
            name = short_name(self.view, layer)
            self._side(self.left, y, name, layer in given, "right", -1)
            self._side(self.right, y, name, layer in took, "left", 1)
        for layer in self.asia:
            self._middle(layer, layer in taken, layer in gave)

    def _side(self, x: float, y: float, name: str, linked: bool, anchor: Anchor, way: int) -> None:
        ink = self.palette.ink2 if linked else self.palette.ink3
        dot = self.palette.ink if linked else self.palette.hair
        self.canvas.dot(x, y, self.size * 0.5, dot)
        self.canvas.text(x + way * self.size * 0.7, y, name, size=self.size, colour=ink, anchor=anchor)

    def _middle(self, layer: str, taken: bool, gave: bool) -> None:
        y, size, middle = self.y(layer, self.asia), self.size, self.canvas.width / 2
        own = layer == self.hub
        ink = self.palette.accent if own else self.palette.ink if taken or gave else self.palette.ink3
        name = short_name(self.view, layer)
        self.canvas.text(
            middle, y - size * 0.95, name, size=size, colour=ink, weight=600 if own else 500, anchor="center"
        )
        self.canvas.line([self.gap, self.session], [y, y], self.palette.hair)
        for x, linked, link, end in (
            (self.gap, taken, _TO_ASIA, "target"),
            (self.session, gave, _TO_US, "source"),
        ):
            best = self._best(link, end, layer)
            self.canvas.dot(x, y, size * 0.5, self.palette.ink if linked else self.palette.hair, tip=best[1])
            colour = self.palette.ink2 if linked else self.palette.ink3
            self.canvas.text(x, y + size * 0.95, best[0], colour=colour, anchor="center")

    def _best(self, link: str, end: str, layer: str) -> tuple[str, str]:
        """The strongest correlation of a layer on one side of the clock, drawn or not, and its words."""
        table = links_frame(self.view)
        own = table[(table["link"] == link) & (table[end] == layer)]
        known = own[own["correlation"].notna()]
        if known.empty:
            return words.MISSING, own["reason"].iloc[0]
        row = known.loc[known["correlation"].idxmax()]
        low, high = words.correlation(row["low"]), words.correlation(row["high"])
        figure = words.correlation(row["correlation"])
        other = short_name(self.view, row["source" if end == "target" else "target"])
        way = f"from {other}" if end == "target" else f"to {other}"
        return (
            figure,
            f"{short_name(self.view, layer)} {way}: {figure}, 95% between {low} and {high}, n {row['n']}",
        )

"""A directed network: two arcs facing each other, links between them with width and arrow."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

from app.figures.canvas import EM, Canvas
from app.figures.frame import Figure
from app.figures.style import Style
from app.figures.theme import fade

Pair: TypeAlias = tuple[float, float]

WIDEST, THINNEST = 6.0, 0.8
LABELLED = 6
# How far a link on one arc swings inwards: pixels, and a share of its height.
_DOWN, _UP = (36, 0.66), (14, 0.38)
# Where a figure may lie on its link: first nearer to where it arrives.
_SPOTS = (0.6, 0.5, 0.7, 0.42, 0.78)
# How far round its half of the ring an arc reaches: further, and its ends would meet the other's.
REACH = 0.82


@dataclass(frozen=True, slots=True)
class Point:
    """A node: its name, its weight (fraction, signed) and the text of it, and on which arc it stands."""

    name: str
    weight: float
    text: str
    left: bool


@dataclass(frozen=True, slots=True)
class Link:
    """A link by the places of its ends among the nodes; ``weight`` is a fraction, ``text`` what it says."""

    source: int
    target: int
    weight: float
    text: str
    tip: str


def ring(
    points: Sequence[Point],
    links: Sequence[Link],
    style: Style,
    *,
    heads: tuple[str, str] = ("", ""),
    hub: int | None = None,
    full: float | None = None,
    simulated: bool = False,
) -> Figure:
    """Return the figure of a network.

    Parameters
    ----------
    points
        In order from the top down on either arc.
    links
        Strongest first; the first few carry their figure.
    style
        Measures and palette.
    heads
        What stands over the left and the right arc.
    hub
        The node whose outgoing links take the accent.
    full
        The weight at which a link is widest; the strongest one unless given.
    simulated
        Draws the watermark.
    """
    drawing = _Drawing(points, style, heads)
    widest = full or max((link.weight for link in links), default=1.0)
    # The hub's links lie on top of the others.
    for link in sorted(links, key=lambda link: (link.source == hub, link.weight)):
        drawing.link(link, min(link.weight / widest, 1.0), hub)
    linked = {place for link in links for place in (link.source, link.target)}
    for place in range(len(points)):
        drawing.point(place, place in linked, place == hub)
    for link in links[:LABELLED]:
        drawing.figure_of(link, hub)
    return drawing.canvas.figure(simulated=simulated)


class _Drawing:
    def __init__(self, points: Sequence[Point], style: Style, heads: tuple[str, str]) -> None:
        self.points, self.style, self.palette = points, style, style.palette
        self.canvas = Canvas(style)
        self.scale = style.label / 12
        head = style.tick * 2.2 if any(heads) else style.tick
        self.top, self.bottom = head, self.canvas.height - style.tick
        self.middle = self.canvas.width / 2, (self.top + self.bottom) / 2
        margin = max((self._wide(point) for point in points), default=0.0) + 22 * self.scale
        tall = (self.bottom - self.top) / 2 - style.label * 0.6
        # A ring much wider than tall would be two columns far apart with nothing between.
        self.radius = min(self.canvas.width / 2 - margin, tall * 1.75), tall
        self.at = self._places()
        self.taken: list[Pair] = []
        for text, anchor, x in ((heads[0], "right", -1), (heads[1], "left", 1)):
            side = self.middle[0] + x * (self.radius[0] + 12 * self.scale)
            self.canvas.text(
                side,
                style.tick * 0.7,
                text,
                colour=self.palette.ink,
                weight=600,
                anchor="right" if anchor == "right" else "left",
            )

    def _wide(self, point: Point) -> float:
        return len(f"{point.name} {point.text}") * EM * self.style.label

    def _places(self) -> list[Pair]:
        """Each arc's nodes at even heights on the ring."""
        found: list[Pair] = [(0.0, 0.0)] * len(self.points)
        for left in (True, False):
            arc = [place for place, point in enumerate(self.points) if point.left == left]
            for turn, place in enumerate(arc):
                part = REACH * (2 * turn / (len(arc) - 1) - 1) if len(arc) > 1 else 0.0
                x = math.sqrt(1 - part * part) * self.radius[0] * (-1 if left else 1)
                found[place] = (self.middle[0] + x, self.middle[1] + part / REACH * self.radius[1])
        return found

    def dot(self, place: int) -> float:
        """The diameter of a node by its weight."""
        heaviest = max((abs(point.weight) for point in self.points), default=0.0) or 1.0
        return (6 + 9 * math.sqrt(abs(self.points[place].weight) / heaviest)) * self.scale

    def point(self, place: int, linked: bool, hub: bool) -> None:
        """The dot, full for who gives and open for who takes, and the name with its figure."""
        point, (x, y), palette = self.points[place], self.at[place], self.palette
        colour = palette.accent if hub else palette.ink if linked else palette.strong
        gives = point.weight > 0
        tip = f"{point.name}: NET {point.text}"
        self.canvas.dot(x, y, self.dot(place), colour if gives else palette.ground, edge=colour, tip=tip)
        step = (self.dot(place) / 2 + 6 * self.scale) * (-1 if point.left else 1)
        ink = palette.accent if hub else palette.ink if linked else palette.ink3
        figure = f"<span style='color:{palette.ink3};font-weight:400'>{point.text}</span>"
        words = f"{figure}  {point.name}" if point.left else f"{point.name}  {figure}"
        self.canvas.text(
            x + step,
            y,
            words,
            size=self.style.label,
            colour=ink,
            weight=600 if hub else 500,
            anchor="right" if point.left else "left",
        )

    def curve(self, link: Link) -> tuple[Pair, Pair, Pair]:
        """Start, control and end of a link. On one arc it swings inwards by its length, up less than down."""
        (ax, ay), (bx, by) = self.at[link.source], self.at[link.target]
        mx, my = (ax + bx) / 2, (ay + by) / 2
        if self.points[link.source].left == self.points[link.target].left:
            inwards = 1 if self.points[link.source].left else -1
            base, share = _DOWN if by > ay else _UP
            swing = base * self.scale + share * abs(by - ay)
            return (ax, ay), (mx + inwards * min(swing, self.radius[0] * 1.5), my), (bx, by)
        cx, cy = self.middle
        length = math.hypot(bx - ax, by - ay) or 1.0
        bow = 0.07 * length + 8 * self.scale
        px, py = -(by - ay) / length * bow, (bx - ax) / length * bow
        return (ax, ay), (mx + (cx - mx) * 0.3 + px, my + (cy - my) * 0.3 + py), (bx, by)

    def link(self, link: Link, part: float, hub: int | None) -> None:
        """The curve, its width by weight, and the arrow at the end it arrives at."""
        (ax, ay), (cx, cy), (bx, by) = self.curve(link)
        width = (THINNEST + (WIDEST - THINNEST) * part) * self.scale
        own = link.source == hub
        colour = self.palette.accent if own else fade(self.palette.strong, 0.25 + 0.6 * part)
        ux, uy = _toward(cx, cy, bx, by)
        tip = self.dot(link.target) / 2 + 3 * self.scale
        long, half = (
            (5.5 + 1.1 * width / self.scale) * self.scale,
            (2.8 + 0.75 * width / self.scale) * self.scale,
        )
        tx, ty = bx - ux * tip, by - uy * tip
        ex, ey = tx - ux * long, ty - uy * long
        sx, sy = _toward(ax, ay, cx, cy)
        start = self.dot(link.source) / 2 + 2 * self.scale
        path = f"M{ax + sx * start:.1f},{ay + sy * start:.1f}Q{cx:.1f},{cy:.1f} {ex:.1f},{ey:.1f}"
        self.canvas.curve(path, colour, round(width, 2))
        arrow = (
            f"M{tx:.1f},{ty:.1f}L{ex - uy * half:.1f},{ey + ux * half:.1f}"
            f"L{ex + uy * half:.1f},{ey - ux * half:.1f}Z"
        )
        self.canvas.curve(arrow, "rgba(0,0,0,0)", 0, fill=colour)
        x, y = _on((ax, ay), (cx, cy), (bx, by), 0.5)
        self.canvas.dot(x, y, 10 * self.scale, "rgba(0,0,0,0)", tip=link.tip)

    def _aside(self, link: Link, wide: float) -> float:
        """How far a figure stands off its link: beside a short one, which it would cover."""
        (ax, ay), (cx, _), (bx, by) = self.curve(link)
        if math.hypot(bx - ax, by - ay) > 3 * wide or by < ay:
            return 0.0
        return math.copysign(wide / 2 + 5 * self.scale, cx - ax)

    def figure_of(self, link: Link, hub: int | None) -> None:
        """The share on its link, on a patch of ground; left out where it would lie on another."""
        size = self.style.tick
        wide, tall = len(link.text) * EM * size + 4, size * 1.15
        aside = self._aside(link, wide)
        for part in _SPOTS:
            x, y = _on(*self.curve(link), part)
            x += aside
            if all(abs(x - u) > wide + 1 or abs(y - v) > tall for u, v in self.taken):
                break
        else:
            return
        self.taken.append((x, y))
        self.canvas.cell(x - wide / 2, y - tall / 2, wide, tall, self.palette.ground, link.tip)
        colour = self.palette.accent if link.source == hub else self.palette.ink2
        self.canvas.text(x, y, link.text, colour=colour, weight=600, anchor="center")


def _toward(ax: float, ay: float, bx: float, by: float) -> Pair:
    length = math.hypot(bx - ax, by - ay) or 1.0
    return (bx - ax) / length, (by - ay) / length


def _on(a: Pair, c: Pair, b: Pair, part: float) -> Pair:
    """A point of a quadratic curve."""
    rest = 1 - part
    x, y = (
        rest * rest * first + 2 * rest * part * middle + part * part * last
        for first, middle, last in zip(a, c, b, strict=True)
    )
    return x, y

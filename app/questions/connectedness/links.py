"""The network of the strongest links, side facing side."""

from __future__ import annotations

import pandas as pd

from app.figures.frame import Figure
from app.figures.ring import Link, Point, ring
from app.figures.style import Style
from app.market import words
from app.questions.connectedness.facts import Facts
from app.questions.connectedness.nodes import ADJECTIVE
from app.questions.connectedness.table import said

_HEADS = {
    "us": ("New York closes", "Asia closes next"),
    "asia": ("Asia closes", "New York closes next"),
}


def draw(facts: Facts, style: Style) -> Figure:
    """The links at a size; raises what keeps the system from being estimated."""
    found = facts.found
    result, edges = found.result, found.network.edges
    places = {name: place for place, name in enumerate(result.names)}
    names = [(_end(facts, source), _end(facts, target)) for source, target in _pairs(edges)]
    links = [
        Link(
            places[source],
            places[target],
            float(weight),
            words.level(float(weight) * 100),
            f"{told[0]} {words.ARROW} {told[1]}: {words.share(float(weight))} of its variance",
        )
        for (source, target), weight, told in zip(_pairs(edges), edges["weight"], names, strict=True)
    ]
    heads = _HEADS[facts.state.lead] if _facing(facts) else ("", "")
    return ring(points(facts), links, style, heads=heads, hub=facts.giver, simulated=facts.view.simulated)


def points(facts: Facts) -> list[Point]:
    """The nodes; a system of one side goes round the ring."""
    found, facing = facts.found, _facing(facts)
    net = found.result.net
    half = -(-len(found.nodes) // 2)
    return [
        Point(
            node.name,
            float(net[place]),
            words.percent(float(net[place])),
            node.side == facts.state.lead if facing else place < half,
        )
        for place, node in enumerate(found.nodes)
    ]


def frame(facts: Facts) -> pd.DataFrame:
    """The data: one row a link, strongest first, fractions."""
    edges = facts.found.network.edges
    return edges.rename(columns={"weight": "share"}).set_index("source")


def title(facts: Facts) -> str:
    """Whose shocks went furthest, and to whom the strongest link led."""
    edges = facts.found.network.edges
    if edges.empty:
        return "No name made up any of another’s variance"
    first = edges.iloc[0]
    source, target = (_end(facts, first[name]) for name in ("source", "target"))
    return f"{words.share(float(first['weight']))} of the variance of {target} came from {source}"


def note(facts: Facts) -> str:
    """How to read it, and which links are drawn."""
    found = facts.found.network
    return (
        "Arrow: from a shock to whose variance it made up, %. Full dot: net giver; accent: the largest. "
        f"Strongest {len(found.edges)} of {found.possible}, each at least the mean, "
        f"{words.share(found.threshold)}."
    )


def summary(facts: Facts) -> str:
    """The strongest links in words."""
    edges = facts.found.network.edges.head(6)
    told = [
        f"{_end(facts, source)} to {_end(facts, target)} {words.share(float(weight))}"
        for (source, target), weight in zip(_pairs(edges), edges["weight"], strict=True)
    ]
    return f"Strongest links: {'; '.join(told)}."


def _pairs(edges: pd.DataFrame) -> list[tuple[str, str]]:
    return list(zip(edges["source"].tolist(), edges["target"].tolist(), strict=True))


def _facing(facts: Facts) -> bool:
    return len({node.side for node in facts.found.nodes}) == len(ADJECTIVE)


def _end(facts: Facts, label: str) -> str:
    """A member inside a sentence."""
    found = facts.found
    return said(found.nodes[found.result.names.index(label)])

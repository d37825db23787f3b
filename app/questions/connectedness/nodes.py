"""Who stands in a system and what of them is measured: layers or names, each on its side of the clock."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from app.market.asof import priced_columns
from app.market.market import View
from app.questions.relay.legs import SIDES, side_symbols
from models.analytics.baskets import basket_path
from models.analytics.clock import ClockRows, Lead, clock_rows
from models.analytics.range_volatility import range_volatility, row_means
from models.analytics.trailing import per_session
from models.errors import TooFewNamesError
from models.types import Bools, Floats

Kind = Literal["layers", "names"]
Measure = Literal["returns", "volatility"]
MAX_LAYERS, OWN_CHOICE = 10, 16
LATELY, A_YEAR = 10, 260
ADJECTIVE = {"asia": "Asia", "us": "US"}
_GROUPS = {
    "investor": "Investor & telecom",
    "telecom": "Investor & telecom",
    "accelerators": "Chip design",
    "memory": "Memory",
    "foundry": "Foundry & tools",
    "equipment": "Foundry & tools",
    "servers": "Servers & power",
    "power": "Servers & power",
    "neocloud": "Neocloud & capital",
    "applications": "Neocloud & capital",
    "hyperscaler": "Platforms",
}
"""Layers that stand as one, so that a system has ten members and not twenty."""
LAYERS = frozenset(_GROUPS.values())


@dataclass(frozen=True, slots=True)
class Node:
    """A member of the system: a layer's names on one side, or one name."""

    name: str
    side: str
    symbols: tuple[str, ...]
    layer: bool

    @property
    def label(self) -> str:
        """Its name on charts and in rows: ``Memory, Asia``, ``SK Hynix``."""
        return f"{self.name}, {ADJECTIVE[self.side]}" if self.layer else self.name


@dataclass(frozen=True, slots=True)
class Who:
    """Which system is asked for; an empty ``names`` is the page's own choice."""

    basket: str = "all"
    kind: Kind = "layers"
    names: tuple[str, ...] = ()
    measure: Measure = "returns"
    lead: Lead = "us"


@dataclass(frozen=True, slots=True, eq=False)
class Inputs:
    """The series of a system in rows of the clock; the side that closes first stands first.

    ``x`` has shape (R, K): returns brought to one session, fractions, or mean log variances.
    """

    rows: ClockRows
    x: Floats
    nodes: tuple[Node, ...]
    left_out: tuple[tuple[str, str], ...]

    @property
    def labels(self) -> tuple[str, ...]:
        """The names of the columns."""
        return tuple(node.label for node in self.nodes)

    @property
    def leading(self) -> Bools:
        """Which of them close first in a row."""
        return np.array([node.side == self.rows.lead for node in self.nodes], dtype=np.bool_)


def kind_of(view: View, who: Who) -> Kind:
    """Layers where the basket has several; a basket of one layer stands by its names."""
    layers = {view.universe[symbol].layer.id for symbol in view.universe.basket(who.basket).symbols}
    return "names" if who.names or len(layers) < 3 else who.kind


def inputs(view: View, who: Who) -> Inputs:
    """The series of what is asked for.

    Raises
    ------
    NoPricesError
        If no name of the basket has a price.
    TooFewNamesError
        If none of the names asked for can take part.
    """
    return view.remember(("nodes", who), lambda: _inputs(view, who))


def _inputs(view: View, who: Who) -> Inputs:
    nodes, left_out = _nodes(view, who)
    order = SIDES if who.lead == "asia" else SIDES[::-1]
    nodes = [node for side in order for node in nodes if node.side == side]
    asia = np.array([node.side == "asia" for node in nodes], dtype=np.bool_)
    returns = np.column_stack([_returns(view, node) for node in nodes])
    rows = _rows(view, nodes, asia, returns, who.lead)
    if who.measure == "returns":
        x = per_session(view.panel.sessions, returns, rows, asia)
    else:
        x = _volatility(view, nodes, asia, rows)
    return Inputs(rows, x, tuple(nodes), tuple(left_out))


def _rows(view: View, nodes: list[Node], asia: Bools, returns: Floats, lead: Lead) -> ClockRows:
    """Rows on the days on which every exchange of the members was open; the nodes' returns compounded.

    The members stand beside the nodes only for their exchanges: a layer of two exchanges has a
    return on a day one of them was shut, and that day still ends no row.
    """
    symbols = [symbol for node in nodes for symbol in node.symbols]
    columns = view.columns(tuple(symbols))
    east = np.array([view.universe[symbol].region == "asia" for symbol in symbols], dtype=np.bool_)
    opened = view.open_exchange
    anyone = np.column_stack([opened[:, view.columns(node.symbols)].any(axis=1) for node in nodes])
    found = clock_rows(
        view.panel.sessions,
        np.hstack([returns, np.full((len(returns), len(columns)), np.nan)]),
        np.concatenate([asia, east]),
        np.hstack([anyone, opened[:, columns]]),
        lead=lead,
    )
    own = found.returns[:, : len(nodes)]
    return ClockRows(found.asia_dates, found.us_dates, own, found.asia_span, found.us_span, lead)


def _returns(view: View, node: Node) -> Floats:
    columns = view.columns(node.symbols)
    if not node.layer:
        return np.where(view.active[:, columns[0]], view.bar_returns()[:, columns[0]], np.nan)
    exchanges = [view.universe[symbol].exchange.calendar for symbol in node.symbols]
    path = basket_path(
        view.panel.sessions,
        view.returns()[:, columns],
        view.open_exchange[:, columns],
        view.active[:, columns],
        exchanges=exchanges,
    )
    return path.returns


def _volatility(view: View, nodes: list[Node], asia: Bools, rows: ClockRows) -> Floats:
    panel = view.panel
    x = np.full((len(rows.returns), len(nodes)), np.nan)
    for column, node in enumerate(nodes):
        own = view.columns(node.symbols)
        held = np.where(
            view.active[:, own], range_volatility(panel.high[:, own], panel.low[:, own]).log_variance, np.nan
        )
        known = np.isfinite(held)
        if node.layer:
            held = held - np.where(known, held, 0.0).sum(axis=0) / np.maximum(known.sum(axis=0), 1)
        count = known.sum(axis=1)
        mean = np.divide(
            np.where(known, held, 0.0).sum(axis=1), count, out=np.full(len(held), np.nan), where=count > 0
        )
        dates = rows.asia_dates if asia[column] else rows.us_dates
        x[:, column] = row_means(panel.sessions, mean[:, None], dates)[:, 0]
    return x


def _nodes(view: View, who: Who) -> tuple[list[Node], list[tuple[str, str]]]:
    if who.names:
        return _asked(view, who.names)
    priced_columns(view, who.basket)
    groups = _groups(view, who.basket)
    if kind_of(view, who) == "names":
        return _chosen(view, groups)
    sized = sorted(groups, key=lambda node: -len(node.symbols))[:MAX_LAYERS]
    kept = [node for node in groups if node in sized]
    out = [(node.label, f"the smallest of more than {MAX_LAYERS}") for node in groups if node not in sized]
    return kept, out


def _asked(view: View, names: tuple[str, ...]) -> tuple[list[Node], list[tuple[str, str]]]:
    kept, out = [], []
    for symbol in names:
        item = view.universe[symbol]
        if item.region not in SIDES:
            out.append((item.name, "has no side of the clock"))
        elif not _priced(view, (symbol,)):
            out.append((item.name, "has no price by then"))
        else:
            kept.append(Node(item.name, item.region, (symbol,), layer=False))
    if not kept:
        priced_columns(view, "all")
        raise TooFewNamesError("Connectedness", (), tuple(out))
    return kept, out


def _chosen(view: View, groups: list[Node]) -> tuple[list[Node], list[tuple[str, str]]]:
    """The page's own choice: the first name of each layer and side, then the second, up to sixteen.

    Names that trade and have a year behind them come before those that do not.
    """
    largest = sorted(groups, key=lambda node: -len(node.symbols))
    turns = [
        (not _whole(view, symbol), turn, place, symbol)
        for place, node in enumerate(largest)
        for turn, symbol in enumerate(sorted(node.symbols, key=lambda symbol: not _whole(view, symbol)))
    ]
    taken = {turn[-1] for turn in sorted(turns)[:OWN_CHOICE]}
    return _asked(view, tuple(symbol for symbol in view.universe.symbols if symbol in taken))


def _whole(view: View, symbol: str) -> bool:
    """Whether a name has bars both lately and a year ago."""
    present = view.panel.present[:, view.columns((symbol,))[0]]
    return bool(present[-LATELY:].any() and present[:-A_YEAR][-LATELY:].any())


def _groups(view: View, basket: str) -> list[Node]:
    """The layers of a basket on either side, in the order of the universe."""
    members: dict[tuple[str, str], list[str]] = {}
    for side in SIDES:
        for symbol in _priced(view, side_symbols(view, side, basket)):
            layer = view.universe[symbol].layer
            members.setdefault((_GROUPS.get(layer.id, layer.name), side), []).append(symbol)
    return [
        Node(_name(view, name, symbols), side, tuple(symbols), layer=True)
        for (name, side), symbols in members.items()
    ]


def _name(view: View, name: str, symbols: list[str]) -> str:
    """A layer of one company has that company's name."""
    first = {view.universe[symbol].name.split()[0] for symbol in symbols}
    return first.pop() if name == _GROUPS["investor"] and len(first) == 1 else name


def _priced(view: View, symbols: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(
        symbol
        for symbol in symbols
        if (column := view.columns((symbol,))) and view.panel.present[:, column[0]].any()
    )

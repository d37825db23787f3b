"""Two series side by side by the clock: each a name, a side of a basket, or a layer of a side."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from app.market.market import View
from app.questions.relay.handover import short_name
from app.questions.relay.legs import PLACES, SIDES, side_symbols
from models.analytics.baskets import basket_path
from models.analytics.clock import Lead
from models.analytics.correlation import Lag, Span, lagged_rows
from models.analytics.dcc import Dcc, fit_dcc
from models.analytics.rolling import DECAY, WINDOW, ewma_correlation, rolling_pair
from models.errors import AftershockError, NoPricesError
from models.tickers import find_symbol
from models.types import Bools, Floats, Sessions
from models.universe import Universe

_ADJECTIVES = {"asia": "Asia", "us": "US"}


@dataclass(frozen=True, slots=True, eq=False)
class Node:
    """One series of a correlation; ``short`` is its name where the side is known.

    ``returns`` and ``opened`` have shape (T,) on the panel's sessions.
    """

    id: str
    label: str
    short: str
    side: str
    returns: Floats
    opened: Bools

    @property
    def asia(self) -> bool:
        """Whether it closes in Asia."""
        return self.side == "asia"


class UnknownNodeError(AftershockError, LookupError):
    """A text that names neither a side, a layer of a side nor a name of the universe."""

    def __init__(self, text: str) -> None:
        self.text = text
        super().__init__(
            f"{text[:40]!r} is no side, layer or name; write us, asia, us:memory or a symbol such as MU."
        )


def node_id(universe: Universe, text: str) -> str:
    """Return the text when it names something that can be correlated.

    Raises
    ------
    UnknownNodeError
        If it does not.
    """
    side, _, layer = text.partition(":")
    known_layers = {item.id for item in universe.layers if item.basket}
    if text in SIDES or (side in SIDES and layer in known_layers):
        return text
    symbol = find_symbol(text, universe)
    if symbol and universe[symbol].region in SIDES and universe[symbol].kind not in ("fx", "rate"):
        return symbol
    raise UnknownNodeError(text)


def node(view: View, text: str, basket: str = "all") -> Node:
    """A name, a side of the basket (``asia``, ``us``) or a layer of a side (``us:memory``).

    Raises
    ------
    UnknownNodeError
        If it is none of these.
    NoPricesError
        If none of it has a price by then.
    """
    return view.remember(("node", text, basket), lambda: _node(view, node_id(view.universe, text), basket))


def layer_nodes(view: View, side: str, basket: str = "all") -> list[Node]:
    """The layers of a side that have a priced name of the basket, in the order of the stack."""
    members = set(view.universe.basket(basket).symbols)
    found = []
    for layer in view.universe.layers:
        if not layer.basket or not members & set(side_symbols(view, side, layer.id)):
            continue
        try:
            found.append(node(view, f"{side}:{layer.id}", basket))
        except NoPricesError:
            continue
    return found


def _node(view: View, text: str, basket: str) -> Node:
    side, _, layer = text.partition(":")
    if side in SIDES:
        symbols = side_symbols(view, side, layer or basket)
        name = short_name(view, layer) if layer else view.universe.basket(basket).name
        label = f"{_ADJECTIVES[side]} {lowered(name)}" if layer else _side_label(view, side, basket)
        return _group(view, text, (label, name), side, symbols)
    item, columns = view.universe[text], view.columns((text,))
    if not columns or not view.panel.present[:, columns[0]].any():
        raise NoPricesError(f"{item.name} has no price by then; choose another name.")
    column = columns[0]
    own = np.where(view.active[:, column], view.bar_returns()[:, column], np.nan)
    return Node(text, item.name, item.name, item.region, own, view.open_exchange[:, column])


def _side_label(view: View, side: str, basket: str) -> str:
    if basket == "all":
        return view.universe.basket(side).name
    return f"{_ADJECTIVES[side]} {lowered(short_name(view, basket))}"


def lowered(name: str) -> str:
    """A name within a sentence: ``memory``, but ``AI investor``."""
    return name if name[:2].isupper() else name[:1].lower() + name[1:]


def _group(view: View, text: str, named: tuple[str, str], side: str, symbols: tuple[str, ...]) -> Node:
    columns = [column for column in view.columns(symbols) if view.panel.present[:, column].any()]
    if not columns:
        raise NoPricesError(f"No name of {named[0]} has a price in {PLACES[side]}; choose another basket.")
    opened = view.open_exchange[:, columns]
    path = basket_path(
        view.panel.sessions,
        view.returns()[:, columns],
        opened,
        view.active[:, columns],
        exchanges=[view.universe[view.panel.symbols[column]].exchange.calendar for column in columns],
    )
    return Node(text, *named, side, path.returns, np.asarray(opened.any(axis=1)))


@dataclass(frozen=True, eq=False)
class Pair:
    """A leader and a follower on the rows of the clock that both have; arrays (R,)."""

    leader: Node
    follower: Node
    dates: Sessions
    x: Floats
    y: Floats
    span: Span
    dropped: int

    @property
    def lag(self) -> Lag:
        """What lies between the two closes."""
        if self.leader.side == self.follower.side:
            return "same day"
        return "same news day" if self.leader.asia else "next Asian day"

    @cached_property
    def fading(self) -> Floats:
        """Exponentially weighted correlation, λ = .94."""
        return ewma_correlation(np.column_stack([self.x, self.y]), DECAY)[:, 0, 1]

    def rolling(self, window: int = WINDOW) -> Floats:
        """Correlation over trailing windows of rows."""
        return rolling_pair(self.x, self.y, window)

    @cached_property
    def dynamic(self) -> Dcc | AftershockError:
        """The fitted DCC(1,1), or why there is none."""
        try:
            return fit_dcc(np.column_stack([self.x, self.y]), (self.leader.label, self.follower.label))
        except AftershockError as error:
            return error


def pair_of(view: View, leader: str, follower: str, basket: str = "all") -> Pair:
    """Leader and follower by the clock.

    Raises
    ------
    AftershockError
        If one is unknown, has no price, or both are the same.
    """
    return view.remember(("pair", leader, follower, basket), lambda: _pair(view, leader, follower, basket))


def _pair(view: View, leader: str, follower: str, basket: str) -> Pair:
    first, second = node(view, leader, basket), node(view, follower, basket)
    if first.id == second.id:
        raise NoPricesError(f"{first.label} with itself says nothing; choose two of them.")
    lead: Lead = "asia" if first.asia else "us"
    returns = np.column_stack([first.returns, second.returns])
    values, dates, span = lagged_rows(
        view.panel.sessions,
        returns,
        np.array([first.asia, second.asia]),
        np.column_stack([first.opened, second.opened]),
        lead,
    )
    both = np.asarray(np.isfinite(values).all(axis=1))
    began = int(np.flatnonzero(both)[0]) if both.any() else len(both)
    return Pair(
        first, second, dates[both], values[both, 0], values[both, 1], span, int((~both[began:]).sum())
    )

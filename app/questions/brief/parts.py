"""The parts of a morning's facts: sides, names, indices, rates, openings, and what came since the meeting."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np

from app.market.market import View, view_of
from app.market.standings import names_standing
from app.questions.breadth import names
from app.questions.relay.legs import side_symbols
from models.errors import NoPricesError
from models.events import Event
from models.halts import HALTS, HaltReach, halt_reach
from models.sessions import Calendar
from models.types import Floats, Instant
from models.universe import Universe

SPARK = 30


@dataclass(frozen=True, slots=True)
class SideMove:
    """One side's last news day: its move, a fraction (NaN when withheld), and how many of its names fell."""

    side: str
    place: str
    day: date
    move: float
    z: float
    down: int
    traded: int


@dataclass(frozen=True, slots=True, eq=False)
class NameMove:
    """One name's move on its side's last news day, where it stands, and its last closes."""

    symbol: str
    name: str
    layer: str
    layer_name: str
    side: str
    city: str
    country: str
    day: date
    move: float
    drawdown: float
    closes: Floats


@dataclass(frozen=True, slots=True)
class IndexLine:
    """One index's last session: low and close over the close before, fractions; None where missing."""

    symbol: str
    name: str
    side: str
    session: date
    low: float | None
    move: float | None
    close: float
    halt: HaltReach | None
    final: bool = True


@dataclass(frozen=True, slots=True)
class Rate:
    """A yield or a currency as last struck; ``change`` in points for a yield, a fraction for a currency."""

    symbol: str
    name: str
    kind: str
    value: float
    change: float | None
    session: date


@dataclass(frozen=True, slots=True)
class Opening:
    """When a city opens next."""

    city: str
    side: str
    at: Instant
    open_now: bool


@dataclass(frozen=True, slots=True, eq=False)
class Since:
    """What came since the last meeting.

    ``changes`` of the basket and of its sides by their ids, fractions, only of what has traded since;
    ``names`` every name that traded since with its change, deepest first; ``events`` the severest first.
    """

    at: Instant
    changes: Mapping[str, float]
    names: tuple[tuple[str, float], ...]
    events: tuple[Event, ...]


def name_moves(view: View, basket: str, days: Mapping[str, date]) -> tuple[NameMove, ...]:
    """Every name's move on the last news day of its side, deepest first."""
    standing, found = names_standing(view, "local"), []
    for side, day in days.items():
        members = set(side_symbols(view, side, basket))
        for line in names(view, basket, day).itertuples():
            if line.symbol not in members:
                continue
            item = view.universe[line.symbol]
            prices = view.prices()[:, view.columns((line.symbol,))[0]]
            found.append(
                NameMove(
                    item.symbol,
                    item.name,
                    item.layer.id,
                    item.layer.name,
                    side,
                    item.exchange.city,
                    line.country,
                    day,
                    float(line.change),
                    standing[item.symbol].drawdown,
                    prices[np.isfinite(prices)][-SPARK:],
                )
            )
    return tuple(sorted(found, key=lambda item: (item.move, item.symbol)))


def index_lines(view: View) -> tuple[IndexLine, ...]:
    """The indices of the baskets' exchanges; Asia first, and first those that halt a market."""
    standing = names_standing(view, "local")
    held = {view.universe[name].exchange.mic for name in view.universe.basket("all").symbols}
    found = []
    for item in view.universe.instruments:
        if item.kind == "index" and item.symbol in standing and item.exchange.mic in held:
            own = standing[item.symbol]
            low = np.nan if own.low is None else own.low
            reach = halt_reach(item.symbol, low, own.price)
            side, final = item.exchange.region, _final(view, item.symbol)
            found.append(
                IndexLine(item.symbol, item.name, side, own.last, own.low, own.day, own.price, reach, final)
            )
    return tuple(sorted(found, key=lambda line: (line.side != "asia", line.symbol not in HALTS)))


def rates(view: View) -> tuple[Rate, ...]:
    """Yields first, then currencies, each with its change from the session before."""
    found, closes = [], view.prices()
    for kind in ("rate", "fx"):
        for item in view.universe.instruments:
            for column in view.columns((item.symbol,)) if item.kind == kind else ():
                own = np.flatnonzero(np.isfinite(closes[:, column]))[-2:]
                if not len(own):
                    continue
                value, change = float(closes[own[-1], column]), None
                if len(own) == 2:
                    before = float(closes[own[0], column])
                    change = value - before if kind == "rate" else value / before - 1
                    change = None if view.over_hole[own[-1], column] else change
                session = view.panel.sessions[own[-1]].item()
                found.append(Rate(item.symbol, item.name, kind, value, change, session))
    return tuple(found)


def openings(
    cities: Mapping[str, tuple[Calendar, tuple[str, ...]]],
    members: Iterable[str],
    universe: Universe,
    now: Instant,
) -> tuple[Opening, ...]:
    """When each city that holds a name of the basket opens next, the first one first."""
    wanted, found = set(members), []
    for city, (calendar, symbols) in cities.items():
        status = calendar.status(now)
        held = [symbol for symbol in symbols if symbol in wanted]
        if held and status.next_open:
            side = universe[held[0]].exchange.region
            found.append(Opening(city, side, status.next_open, status.phase in ("open", "lunch")))
    return tuple(sorted(found, key=lambda item: item.at))


def earlier(view: View, moment: Instant) -> View:
    """The same market as it stood at an instant before."""

    def make() -> View:
        return view_of(view.panel, view.universe, view.calendars, moment, simulated=view.simulated)

    return view.remember(("earlier", moment), make)


def level_change(view: View, then: View, basket: str) -> float | None:
    """The change of a basket since; None when nothing of it has traded since, or its last day is withheld.

    Both levels are chained by the basket rule, so a day that was half over at the meeting counts only
    with what was still to come.
    """
    now, before = _last_level(view, basket), _last_level(then, basket)
    if now is None or before is None or _bars(view, basket) == _bars(then, basket):
        return None
    return now / before - 1


def price_changes(view: View, then: View, symbols: Sequence[str]) -> tuple[tuple[str, float], ...]:
    """Every name with a new bar since, and its change between its last prices, deepest first."""
    found = []
    for symbol in symbols:
        columns, before = view.columns((symbol,)), then.columns((symbol,))
        if not columns or not before:
            continue
        new, old = (
            (np.flatnonzero(each.panel.present[:, place]), each)
            for each, place in ((view, columns[0]), (then, before[0]))
        )
        if not len(old[0]) or len(new[0]) == len(old[0]):
            continue
        after = view.bar_returns()[new[0][len(old[0]) :], columns[0]]
        if np.isfinite(after).any():
            found.append((symbol, float(np.nanprod(1 + after) - 1)))
    return tuple(sorted(found, key=lambda pair: (pair[1], pair[0])))


def _final(view: View, symbol: str) -> bool:
    """Whether the last bar of a symbol will not change any more."""
    column = view.columns((symbol,))[0]
    last = int(np.flatnonzero(view.panel.present[:, column])[-1])
    return bool(view.panel.final[last, column])


def _last_level(view: View, basket: str) -> float | None:
    """The chained level of a basket at its last day; None without one, and where that day is withheld."""
    try:
        path = view.basket(basket)
    except NoPricesError:
        return None
    days = np.flatnonzero(np.isfinite(path.level) | path.withheld)
    known = days.size and np.isfinite(path.level[days[-1]])
    return float(path.level[days[-1]]) if known else None


def _bars(view: View, basket: str) -> int:
    return int(view.panel.present[:, view.columns(view.universe.basket(basket).symbols)].sum())

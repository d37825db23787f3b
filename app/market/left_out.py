"""Who of a basket is in no figure and why, and on how many names its percentiles stand."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from functools import partial
from typing import Any

import numpy as np

from app.market import words
from app.market.market import Currency, View
from models.analytics.baskets import basket_path
from models.analytics.episodes import current_and_worst
from models.errors import NoPricesError
from models.pegs import PEGS
from models.types import session64
from models.universe import Instrument

LISTED = 12
_AT_ONCE = np.timedelta64(14, "D")


@dataclass(frozen=True, slots=True)
class LeftOut:
    """How many of the names asked for a figure stands on, and the others by reason."""

    counted: int
    of: int
    reasons: tuple[tuple[str, tuple[str, ...]], ...]
    stands_in: str = ""
    """What was used in place of a rate, a clause; empty when nothing was."""

    def __str__(self) -> str:
        return self.told(LISTED)

    def told(self, most: int) -> str:
        """``49 of 52 names, left out: A, B (no price is stored)``; empty when nobody is."""
        if not self.reasons:
            return self.stands_in
        parts = [f"{_some(names, most)} ({reason})" for reason, names in self.reasons]
        text = f"{self.counted} of {words.count(self.of, 'name')}, left out: {', '.join(parts)}"
        return f"{text}; {self.stands_in}" if self.stands_in else text


def left_out(
    view: View, symbols: Sequence[str], currency: Currency = "local", day: date | None = None
) -> LeftOut:
    """Who of the names has no price in a currency; with a day, who has no move of it either.

    On a day a name whose exchange was closed is not left out, for it counts as unmoved. One that was not
    listed yet is not among the names, for it was not there: a look back must not know of it.
    """

    def make() -> LeftOut:
        found: dict[str, list[str]] = {}
        there = (
            (lambda symbol: not _to_come(view, symbol)) if day is None else partial(_listed, view, day=day)
        )
        listed = [symbol for symbol in symbols if there(symbol)]
        for symbol in listed:
            reason = _reason(view, view.universe[symbol], currency, day)
            if reason:
                found.setdefault(reason, []).append(view.universe[symbol].name)
        out = sum(map(len, found.values()))
        reasons = tuple((reason, tuple(names)) for reason, names in found.items())
        pegged = _pegged(view, symbols) if currency == "usd" else ""
        return LeftOut(len(listed) - out, len(listed), reasons, pegged)

    return view.remember(("left out", tuple(symbols), currency, day), make)


def basket_left_out(
    view: View, basket: str, currency: Currency = "local", day: date | None = None
) -> LeftOut:
    """Who of a basket is left out: of all the names it is said to have."""
    return left_out(view, view.universe.basket(basket).symbols, currency, day)


def asked_left_out(view: View, basket: str, names: Sequence[str], currency: Currency = "local") -> LeftOut:
    """Who is left out of the names asked for; without any, of the basket."""
    return left_out(view, names, currency) if names else basket_left_out(view, basket, currency)


@dataclass(frozen=True, slots=True)
class Membership:
    """On how many of today's names a basket's past stands, and the same of those alone.

    ``then`` of the ``now`` names with a price had one when the basket's past begins, on ``since``;
    ``drawdown`` and ``percentile`` are those of a basket of only these names, fractions, None without one.
    """

    then: int
    now: int
    since: date
    drawdown: float | None
    percentile: float | None

    @property
    def told(self) -> str:
        """``percentiles since 2015 stand on 29 of today’s 52 names``; empty when all were there."""
        if self.then == self.now:
            return ""
        text = (
            f"percentiles since {self.since.year} stand on {self.then} of today’s "
            f"{words.count(self.now, 'name')} at first: names listed since joined when they were"
        )
        if self.drawdown is None:
            return text
        return (
            f"{text}; those {self.then} alone stand at {words.percent(self.drawdown)}%, "
            f"percentile {words.percentile(self.percentile)}"
        )


def membership(view: View, basket: str, currency: Currency = "local") -> Membership | None:
    """How many of today's names a basket's past began with; None while it has no level."""

    def make() -> Membership | None:
        try:
            path = view.basket(basket, currency)
        except NoPricesError:
            return None
        known = np.flatnonzero(np.isfinite(path.level))
        if not known.size:
            return None
        prices, days = view.prices(currency), view.panel.sessions
        columns = np.array(view.columns(view.universe.basket(basket).symbols), dtype=np.intp)
        columns = columns[np.isfinite(prices[:, columns]).any(axis=0)]
        early = days <= days[known[0]] + _AT_ONCE
        old = columns[np.isfinite(prices[:, columns][early]).any(axis=0)]
        since: date = days[known[0]].item()
        drawdown, percentile = _alone(view, old, currency) if len(old) < len(columns) else (None, None)
        return Membership(len(old), len(columns), since, drawdown, percentile)

    return view.remember(("membership", basket, currency), make)


def _alone(view: View, columns: np.ndarray, currency: Currency) -> tuple[float | None, float | None]:
    """Drawdown and percentile of a basket of some names alone."""
    path = basket_path(
        view.panel.sessions,
        view.returns(currency)[:, columns],
        view.open_exchange[:, columns],
        view.active[:, columns],
        exchanges=[view.universe[view.panel.symbols[column]].exchange.calendar for column in columns],
    )
    if not np.isfinite(path.level).any():
        return None, None
    record: dict[Any, Any] = current_and_worst(path.sessions, path.level, ["alone"]).to_dict("records")[0]
    return float(record["drawdown"]), float(record["percentile"])


def _reason(view: View, item: Instrument, currency: Currency, day: date | None) -> str:
    """Why a name is in no figure; empty when it is in."""
    column = next(iter(view.columns((item.symbol,))), None)
    own = np.flatnonzero(view.panel.present[:, column]) if column is not None else np.zeros(0, np.intp)
    if column is None or not len(own):
        return "no price is stored"
    if currency == "usd":
        dollars = np.flatnonzero(np.isfinite(view.prices("usd")[:, column]))
        if not len(dollars):
            return f"no {item.currency} rate is stored"
        if dollars[-1] < own[-1]:
            return f"the {item.currency} rate ends by {words.day(view.panel.sessions[dollars[-1]])}"
    return "" if day is None else _no_move(view, column, own, day)


def _listed(view: View, symbol: str, day: date) -> bool:
    """Whether a name stood for its security on a day, as far as its bars tell; one without a bar did."""
    if not view.universe[symbol].active_on(day):
        return False
    own = [np.flatnonzero(view.panel.present[:, column]) for column in view.columns((symbol,))]
    return not own or not len(own[0]) or bool(view.panel.sessions[own[0][0]] <= session64(day))


def _to_come(view: View, symbol: str) -> bool:
    """Whether a name stands for a security that was not listed by the last session of a view."""
    start, last = view.universe[symbol].start, view.last_session
    return start is not None and last is not None and start > last


def _no_move(view: View, column: int, own: np.ndarray, day: date) -> str:
    """Why a name with prices has no move of a day; empty when it has, or its exchange was closed."""
    row = int(np.searchsorted(view.panel.sessions, session64(day)))
    if row == len(view.panel.sessions) or view.panel.sessions[row] != session64(day):
        return ""
    if np.isfinite(view.returns()[row, column]) or not view.open_exchange[row, column]:
        return ""
    before = own[own < row]
    if own[0] == row or not len(before):
        return "its first day"
    if view.panel.present[row, column]:
        return "no close to measure from"
    return f"last bar {words.day(view.panel.sessions[before[-1]], year=True)}"


def _pegged(view: View, symbols: Sequence[str]) -> str:
    """Which currency stood at its peg for want of a rate, and since when."""
    told = []
    for currency in dict.fromkeys(view.universe[symbol].currency for symbol in symbols):
        peg, since = PEGS.get(currency), view.pegged_since(currency)
        if peg is not None and since is not None:
            told.append(
                f"{currency} at {peg.middle:.2f}, its peg, from {words.day(since)} for want of a rate"
            )
    return "; ".join(told)


def _some(names: Sequence[str], most: int) -> str:
    kept = ", ".join(names[:most])
    return kept if len(names) <= most else f"{kept} and {len(names) - most} more"

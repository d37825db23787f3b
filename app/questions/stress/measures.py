"""Stress of a basket: turbulence, absorption, co-exceedance and its next leg, and tails, by the clock."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
import pandas as pd

from app.market.asof import priced_columns
from app.market.market import View
from app.questions.breadth import tail
from app.questions.relay.legs import PLACES, SIDES, side_symbols, since_of
from models.analytics import absorption as absorbing
from models.analytics import turbulence as unusual
from models.analytics.absorption import Absorption, absorption
from models.analytics.clock import ClockRows, clock_rows
from models.analytics.coexceedance import Coexceedance, NextLeg, coexceedance, next_leg
from models.analytics.tails import TAIL, TailDependence, holm, tail_dependence, tail_pairs
from models.analytics.trailing import per_session, row_mean
from models.analytics.turbulence import Turbulence, turbulence
from models.errors import OneSidedError, TooFewNamesError
from models.types import Bools, Floats, Sessions, session64

Lead = Literal["us", "asia"]
LEADS: tuple[Lead, ...] = ("us", "asia")
ROWS: Lead = "asia"
"""Rows are trading days unless asked otherwise, Asia and then New York: what a reader means by a date."""


@dataclass(frozen=True, slots=True, eq=False)
class Clocked:
    """A basket's returns in rows of the clock, each brought to one session.

    ``returns`` has shape (R, N), fractions, in the order of ``symbols``; the names of the side that
    closes first stand first.
    """

    rows: ClockRows
    returns: Floats
    symbols: tuple[str, ...]
    asia: Bools

    @property
    def dates(self) -> Sessions:
        """The date on which each row was complete."""
        return self.rows.dates

    @property
    def sessions(self) -> np.ndarray:
        """The most news days of a side that each row compounds; 1 on an ordinary day."""
        spans = [span for span in (self.rows.asia_span, self.rows.us_span) if len(span)]
        return np.max(spans, axis=0) if spans else np.empty(0, dtype=np.int64)


def clocked(view: View, basket: str = "all", lead: Lead = ROWS) -> Clocked:
    """The basket's names with prices, in rows of the clock.

    Raises
    ------
    NoPricesError
        If no name of the basket has a price.
    """

    def make() -> Clocked:
        priced = {view.panel.symbols[column] for column in priced_columns(view, basket)}
        order = SIDES if lead == "asia" else SIDES[::-1]
        symbols = tuple(name for side in order for name in side_symbols(view, side, basket) if name in priced)
        columns = view.columns(symbols)
        asia = np.array([view.universe[name].region == "asia" for name in symbols])
        own = np.where(view.active[:, columns], view.bar_returns()[:, columns], np.nan)
        days = view.panel.sessions
        rows = clock_rows(days, own, asia, view.open_exchange[:, columns], lead=lead)
        return Clocked(rows, per_session(days, own, rows, asia), symbols, asia)

    return view.remember(("clocked", basket, lead), make)


def turbulence_of(
    view: View, basket: str = "all", lead: Lead = ROWS, window: int = unusual.WINDOW
) -> Turbulence:
    """The basket's turbulence on every row of the clock.

    Raises
    ------
    AftershockError
        If the basket has one name alone, or fewer rows than the window needs.
    """

    def make() -> Turbulence:
        given = clocked(view, basket, lead)
        if len(given.symbols) < unusual.MIN_NAMES:
            raise TooFewNamesError("Turbulence", given.symbols, ())
        return turbulence(given.returns, window)

    return view.remember(("turbulence", basket, lead, window), make)


def absorption_of(
    view: View, basket: str = "all", lead: Lead = ROWS, memory: int = absorbing.WINDOW
) -> Absorption:
    """The basket's absorption ratio on every row of the clock; its half-life is half the window.

    Raises
    ------
    AftershockError
        If the basket has fewer names than a ratio needs, or fewer rows than the window.
    """

    def make() -> Absorption:
        given = clocked(view, basket, lead)
        if len(given.symbols) < absorbing.MIN_NAMES:
            raise TooFewNamesError("The absorption ratio", given.symbols, (), needed="five")
        return absorption(given.returns, memory, memory / 2)

    return view.remember(("absorption", basket, lead, memory), make)


def exceeding(view: View, basket: str, side: str) -> Coexceedance:
    """How many names of one side of a basket were in their own worst twentieth, session by session."""

    def make() -> Coexceedance:
        columns = view.columns(side_symbols(view, side, basket))
        exceeded, judged = tail(view)
        return coexceedance(exceeded[:, columns], judged[:, columns])

    return view.remember(("exceeding", basket, side), make)


def next_leg_of(view: View, basket: str = "all", lead: Lead = "us") -> NextLeg:
    """What a side's co-exceedance was followed by on the other, over the last years.

    Raises
    ------
    AftershockError
        If a side of the basket has no name, or too few days can be paired.
    """

    def make() -> NextLeg:
        _both_sides(view, basket, "What follows a co-exceedance")
        given = _since(view, clocked(view, basket, lead).rows)
        days = view.panel.sessions
        return next_leg(days, exceeding(view, basket, "asia"), exceeding(view, basket, "us"), given)

    return view.remember(("next leg", basket, lead), make)


def side_tails(view: View, basket: str = "all", lead: Lead = "us", q: float = TAIL) -> TailDependence:
    """Tail dependence of the side that closes last on the one that closes first, over the last years.

    Raises
    ------
    AftershockError
        If a side of the basket has no name, or too few days can be paired.
    """

    def make() -> TailDependence:
        _both_sides(view, basket, "Tail dependence between the sides")
        given = clocked(view, basket, lead)
        recent = given.dates >= session64(since_of(view))
        east, west = row_mean(given.returns[:, given.asia]), row_mean(given.returns[:, ~given.asia])
        first, last = (west, east) if lead == "us" else (east, west)
        return tail_dependence(first[recent], last[recent], q)

    return view.remember(("side tails", basket, lead, q), make)


def pair_tails(view: View, basket: str = "all", lead: Lead = "us", q: float = TAIL) -> pd.DataFrame:
    """Tail dependence of every pair across the sides, the surest first: by the interval's lower end.

    ``x`` is the name whose market closes first. Pairs with too few common days are left out. ``chance`` is
    that of :func:`~models.analytics.tails.holm` over the pairs across the sides, those looked at.
    """

    def make() -> pd.DataFrame:
        given = clocked(view, basket, lead)
        recent = given.dates >= session64(since_of(view))
        pairs = tail_pairs(given.returns[recent], given.symbols, q)
        sides = dict(zip(given.symbols, given.asia, strict=True))
        across = pairs["x"].map(sides) != pairs["y"].map(sides)
        known = pairs[across & pairs["value"].notna()]
        known = known.assign(chance=holm(known["p"].to_numpy()))
        return known.sort_values("low", ascending=False, kind="stable", ignore_index=True)

    return view.remember(("pair tails", basket, lead, q), make)


def _both_sides(view: View, basket: str, what: str) -> None:
    for side, place in PLACES.items():
        if not side_symbols(view, side, basket):
            raise OneSidedError(what, view.universe.basket(basket).name, place)


def _since(view: View, rows: ClockRows) -> ClockRows:
    recent = rows.dates >= session64(since_of(view))
    kept = {name: getattr(rows, name)[recent] for name in _ARRAYS}
    return replace(rows, **kept)


_ARRAYS = ("asia_dates", "us_dates", "returns", "asia_span", "us_span")

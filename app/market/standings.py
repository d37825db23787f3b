"""Where names and baskets stand: one plain record each, worked out once for a view."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np

from app.market.market import Currency, View
from app.market.words import as_date
from models.analytics.episodes import current_and_worst
from models.analytics.returns import day_moves
from models.errors import NoPricesError


@dataclass(frozen=True, slots=True)
class Standing:
    """A name or a basket: its current fall, its worst, its last day.

    Fractions; dates are sessions; None where there is none. ``recovered`` is when the record of
    the last fall was regained, ``since`` and ``last`` the first and the last session, ``low`` the
    last day's low against the close before, ``price`` the last close in the chosen currency.
    """

    symbol: str
    name: str
    drawdown: float
    peak: date
    first_down: date | None
    trough: date | None
    trough_drawdown: float | None
    recovered: date | None
    sessions: int
    max_drawdown: float
    max_peak: date | None
    max_trough: date | None
    percentile: float
    since: date
    last: date
    day: float | None
    low: float | None
    price: float

    @property
    def under(self) -> bool:
        """Whether it is below its record."""
        return self.drawdown < 0


def names_standing(view: View, currency: Currency) -> dict[str, Standing]:
    """Every name that has a price."""
    return view.remember(("standings", currency), lambda: _names(view, currency))


def basket_standing(view: View, basket_id: str, name: str, currency: Currency) -> Standing:
    """A basket by its level; its day is the return of that session, None where it is withheld.

    Raises
    ------
    NoPricesError
        If none of its names has a price, or only one session.
    """

    def make() -> Standing:
        path = view.basket(basket_id, currency)
        record = current_and_worst(path.sessions, path.level, [basket_id]).to_dict("records")[0]
        known = np.flatnonzero(np.isfinite(path.level))
        if not known.size:
            raise NoPricesError(f"The basket {basket_id!r} has no level by then; it needs two sessions.")
        return _standing(record, name, _known(path.returns[known[-1]]), None, float(path.level[known[-1]]))

    return view.remember(("standing", basket_id, name, currency), make)


def _names(view: View, currency: Currency) -> dict[str, Standing]:
    panel, prices = view.panel, view.prices(currency)
    stored = np.flatnonzero(np.isfinite(prices).any(axis=0))
    symbols = [panel.symbols[column] for column in stored]
    last = [int(np.flatnonzero(np.isfinite(prices[:, column]))[-1]) for column in stored]
    days = view.returns(currency)[last, stored]
    lows = day_moves(panel.open, panel.low, panel.close, panel.adj_close)["low_return"][last, stored]
    lows = np.where(view.over_hole[last, stored], np.nan, lows)
    records = current_and_worst(panel.sessions, prices[:, stored], symbols).to_dict("records")
    closes = prices[last, stored]
    return {
        symbol: _standing(record, view.universe[symbol].name, _known(day), _known(low), float(close))
        for symbol, record, day, low, close in zip(symbols, records, days, lows, closes, strict=True)
    }


def _standing(
    record: dict[Any, Any], name: str, day: float | None, low: float | None, price: float
) -> Standing:
    under, fell = record["drawdown"] < 0, record["max_drawdown"] < 0
    peak, since, last = (as_date(record[name]) for name in ("peak", "since", "last"))
    assert peak is not None and since is not None and last is not None
    return Standing(
        symbol=record["symbol"],
        name=name,
        drawdown=record["drawdown"],
        peak=peak,
        first_down=as_date(record["first_down"]) if under else None,
        trough=as_date(record["trough"]) if under else None,
        trough_drawdown=record["trough_drawdown"] if under else None,
        recovered=as_date(record["recovered"]),
        sessions=int(record["sessions"]),
        max_drawdown=record["max_drawdown"],
        max_peak=as_date(record["max_peak"]) if fell else None,
        max_trough=as_date(record["max_trough"]) if fell else None,
        percentile=record["percentile"],
        since=since,
        last=last,
        day=day,
        low=low,
        price=price,
    )


def _known(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None

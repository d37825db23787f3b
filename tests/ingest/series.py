"""Simulated bars for the tests of the ingest core, and the calendars they stand on."""

from __future__ import annotations

from datetime import UTC, date, datetime
from functools import cache
from typing import Any

import numpy as np

from ingest.checks import Checked, check
from ingest.sources.base import Answer, no_stamps
from models.sessions import Calendar, Calendars
from models.types import BAR_FIELDS, PRICE_FIELDS, Bars
from models.universe import Exchange, Instrument, Layer

NEW_YORK = Exchange("XNAS", "New York", "us", "USD", "America/New_York", "XNYS")
SEOUL = Exchange("XKRX", "Seoul", "asia", "KRW", "Asia/Seoul", "XKRX", ".KS")
CHICAGO = Exchange("XCBO", "New York", "us", "USD", "America/New_York", "XNYS")
LONDON = Exchange("CCY", "Currencies", "world", "USD", "Europe/London", "weekdays", "=X")
END = date(2026, 6, 30)
NOW = datetime(2026, 7, 1, 12, tzinfo=UTC)


@cache
def calendars() -> Calendars:
    return Calendars()


def calendar_of(item: Instrument) -> Calendar:
    return calendars()[item.exchange.calendar]


def instrument(kind: str = "equity", exchange: Exchange = NEW_YORK, symbol: str = "ACME") -> Instrument:
    return Instrument(symbol, symbol, exchange, Layer("test", "Test"), kind, exchange.currency)  # type: ignore[arg-type]


def walk(
    count: int = 300, *, seed: int = 1, item: Instrument | None = None, end: date = END, price: float = 100.0
) -> Bars:
    """A random walk of 2.5 % a day with ordinary ranges and volumes, the last bar on ``end``."""
    item = item or instrument()
    draw = np.random.default_rng(seed)
    sessions = calendar_of(item).between(date(2015, 1, 1), end)[-count:]
    moves = np.clip(draw.normal(0, 0.025, count), -0.06, 0.06)
    close = price * np.exp(np.cumsum(moves))
    before = np.concatenate([[price], close[:-1]])
    opened = before * np.exp(moves * draw.uniform(0, 1, count))
    spread = np.exp(draw.uniform(0.004, 0.012, count))
    high, low = np.maximum(opened, close) * spread, np.minimum(opened, close) / spread
    volume = np.round(1e7 * np.exp(np.clip(draw.normal(0, 0.2, count), -0.5, 0.5)))
    columns = {"open": opened, "high": high, "low": low, "close": close, "adj_close": close * 0.98}
    return Bars.of(item.symbol, sessions, volume=volume, **columns)


def changed(bars: Bars, rows: Any, **factors: float) -> Bars:
    """A copy with some rows of some columns multiplied; ``prices`` means all five."""
    columns = {name: getattr(bars, name).copy() for name in BAR_FIELDS}
    prices = factors.pop("prices", 1.0)
    for name in PRICE_FIELDS:
        columns[name][rows] *= prices
    for name, factor in factors.items():
        columns[name][rows] *= factor
    return Bars.of(bars.symbol, bars.sessions, **columns)


def with_values(bars: Bars, row: int, **values: float) -> Bars:
    """A copy with single values of one row replaced."""
    columns = {name: getattr(bars, name).copy() for name in BAR_FIELDS}
    for name, value in values.items():
        columns[name][row] = value
    return Bars.of(bars.symbol, bars.sessions, **columns)


def answer(bars: Bars, **facts: Any) -> Answer:
    """An answer of a source that knows sessions only, unless told otherwise."""
    said = {
        "currency": None,
        "timezone": None,
        "received_symbol": bars.symbol,
        "fetched_at": NOW,
        "source": "test",
    }
    said |= {"stamps": no_stamps(len(bars))} | facts
    return Answer(bars.symbol, bars, **said)


def judged(bars: Bars, item: Instrument | None = None, **options: Any) -> Checked:
    item = item or instrument()
    facts = options.pop("facts", {})
    return check(answer(bars, **facts), item, calendar_of(item), now=options.pop("now", NOW), **options)


def reasons(checked: Checked) -> dict[str, int]:
    names = [row.reason for row in checked.held]
    return {name: names.count(name) for name in names}


def held_sessions(checked: Checked) -> list[Any]:
    return [row.session for row in checked.held]


def index_with(bars: Bars, row: int, move: float) -> Bars:
    """An index that stands still but for one session."""
    level = np.full(len(bars), 5000.0)
    level[row:] *= 1 + move
    return Bars.of("^INDEX", bars.sessions, close=level)

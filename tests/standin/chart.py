"""The chart answer: rows up to the virtual clock, the running session live, and the meta block."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any

import numpy as np
import orjson
from numpy.typing import NDArray

from tests.standin.prices import FIELDS, Table
from tests.standin.venues import Venue

NOT_FOUND = {
    "chart": {
        "result": None,
        "error": {"code": "Not Found", "description": "No data found, symbol may be delisted"},
    }
}
RANGES = {"1d": 1, "5d": 7, "1mo": 31, "3mo": 92, "6mo": 184, "1y": 366, "2y": 731, "5y": 1827, "10y": 3653}
# How long a quote trails the market: until then the day's row still carries the time of
# the last trade instead of the opening.
DELAY = int(timedelta(minutes=20).total_seconds())


@dataclass
class Reply:
    """A chart answer before it becomes JSON; faults work on it."""

    table: Table
    now: int
    stamps: NDArray[np.int64]
    columns: dict[str, NDArray[np.float64]]
    meta: dict[str, Any]
    live: bool = False
    dividends: dict[int, float] = field(default_factory=dict)
    splits: dict[int, float] = field(default_factory=dict)
    odd_splits: dict[int, dict[str, Any]] = field(default_factory=dict)

    @property
    def venue(self) -> Venue:
        return self.table.venue

    def body(self) -> bytes:
        """The answer as Yahoo writes it."""
        result: dict[str, Any] = {"meta": self.meta}
        if len(self.stamps):
            result["timestamp"] = self.stamps
        if self.dividends or self.splits or self.odd_splits:
            result["events"] = self._events()
        quote = {name: self.columns[name] for name in ("open", "high", "low", "close", "volume")}
        adjusted = [{"adjclose": self.columns["adj_close"]}]
        if not len(self.stamps):
            quote, adjusted = {}, [{}]
        result["indicators"] = {"quote": [quote], "adjclose": adjusted}
        document = {"chart": {"result": [result], "error": None}}
        return orjson.dumps(document, option=orjson.OPT_SERIALIZE_NUMPY)

    def _events(self) -> dict[str, Any]:
        events: dict[str, Any] = {}
        if self.dividends:
            events["dividends"] = {
                str(at): {"amount": value, "date": at} for at, value in self.dividends.items()
            }
        if self.splits or self.odd_splits:
            known = {at: _split(at, ratio) for at, ratio in self.splits.items()} | self.odd_splits
            events["splits"] = {str(at): event for at, event in known.items()}
        return events

    def insert(self, stamp: int, values: dict[str, float]) -> None:
        """Add a row at the end."""
        self.stamps = np.append(self.stamps, stamp)
        self.columns = {name: np.append(column, values[name]) for name, column in self.columns.items()}

    def row(self, index: int) -> dict[str, float]:
        return {name: float(column[index]) for name, column in self.columns.items()}

    def keep(self, mask: NDArray[np.bool_]) -> None:
        self.stamps = self.stamps[mask]
        self.columns = {name: column[mask] for name, column in self.columns.items()}


def _split(at: int, ratio: float) -> dict[str, Any]:
    numerator, denominator = (ratio, 1) if ratio >= 1 else (1, round(1 / ratio))
    return {
        "date": at,
        "numerator": numerator,
        "denominator": denominator,
        "splitRatio": f"{numerator:g}:{denominator:g}",
    }


@dataclass(frozen=True)
class Span:
    """What was asked for: Unix seconds from ``first`` up to but without ``last``."""

    first: int
    last: int
    label: str = ""


def span_of(query: dict[str, str], table: Table, now: int) -> Span | str:
    """Return the span of a query, or the sentence of a refusal."""
    interval = query.get("interval", "1d")
    if interval not in ("1d", "5m"):
        return f"{interval} data is not served by this stand-in."
    if "period1" in query or "period2" in query:
        try:
            return Span(int(query.get("period1", "0")), int(query.get("period2", str(now))))
        except ValueError:
            return "Invalid input - period1 and period2 must be whole seconds."
    label = query.get("range", "1d")
    if label == "max":
        return Span(0, now + 1, label)
    if label not in RANGES:
        return f"Invalid input - range {label} is not supported."
    seen = int(np.searchsorted(table.opens, now, side="right"))
    last = int(table.opens[seen - 1]) if seen else now
    days = RANGES[label]
    return Span(last if days == 1 else now - days * 86_400, now + 1, label)


def build(table: Table, span: Span, now: int) -> Reply:
    """Return the rows of a table that Yahoo would show at ``now``."""
    seen = int(np.searchsorted(table.opens, now, side="right"))
    first = int(np.searchsorted(table.opens, span.first, side="left"))
    last = max(first, min(seen, int(np.searchsorted(table.opens, span.last, side="left"))))
    reply = Reply(
        table=table,
        now=now,
        stamps=table.opens[first:last].copy(),
        columns={name: table.columns[name][first:last].copy() for name in FIELDS},
        meta=_meta(table, span, now, seen),
    )
    if last == seen and last > first and now < int(table.closes[seen - 1]) + DELAY:
        _make_live(reply, seen - 1)
    return reply


def _make_live(reply: Reply, position: int) -> None:
    """Turn the last row into what is known of the running session."""
    table, opens, closes = reply.table, int(reply.table.opens[position]), int(reply.table.closes[position])
    elapsed = min(1.0, (reply.now - opens) / max(1, closes - opens))
    for name, value in partial_bar(table, position, elapsed).items():
        reply.columns[name][-1] = value
    reply.stamps[-1] = min(reply.now, closes)
    reply.meta["regularMarketPrice"] = _last(reply.columns["close"])
    reply.live = True


def partial_bar(table: Table, position: int, elapsed: float) -> dict[str, float]:
    """Return the bar of a session of which a share has passed: a straight way from open to close."""
    bar = {name: float(table.columns[name][position]) for name in FIELDS}
    if elapsed >= 1.0:
        return bar
    before = float(table.columns["close"][position - 1]) if position else bar["close"]
    opened = bar["open"] if np.isfinite(bar["open"]) else before
    price = opened + (bar["close"] - opened) * elapsed
    ratio = bar["adj_close"] / bar["close"]
    bar["close"], bar["adj_close"] = price, price * ratio
    bar["high"] = max(opened, price, opened + (bar["high"] - opened) * elapsed)
    bar["low"] = min(opened, price, opened + (bar["low"] - opened) * elapsed)
    bar["volume"] = float(np.floor(bar["volume"] * elapsed))
    return bar


def _meta(table: Table, span: Span, now: int, seen: int) -> dict[str, Any]:
    venue = table.venue
    position = max(0, seen - 1)
    opens, closes = int(table.opens[position]), int(table.closes[position])
    zone, offset = venue.offset(opens)
    period = {"timezone": zone, "start": opens, "end": closes, "gmtoffset": offset}
    prices = table.columns["close"][:seen]
    meta: dict[str, Any] = {
        "currency": venue.currency,
        "symbol": table.symbol,
        "exchangeName": venue.exchange,
        "fullExchangeName": venue.full_exchange,
        "instrumentType": venue.kind,
        "firstTradeDate": int(table.opens[0]),
        "regularMarketTime": min(now, closes),
        "hasPrePostMarketData": False,
        "gmtoffset": offset,
        "timezone": zone,
        "exchangeTimezoneName": venue.zone,
        "regularMarketPrice": _last(prices),
        "chartPreviousClose": _last(prices[:-1]),
        "priceHint": 2,
        "currentTradingPeriod": {
            "pre": {**period, "end": opens},
            "regular": period,
            "post": {**period, "start": closes},
        },
        "dataGranularity": "1d",
        "range": span.label,
        "validRanges": [*RANGES, "ytd", "max"],
    }
    return meta


def _last(prices: Sequence[float] | NDArray[np.float64]) -> float | None:
    known = np.asarray(prices)[np.isfinite(prices)]
    return float(known[-1]) if len(known) else None


class Charts:
    """Chart answers as bytes, kept while neither the rows nor the meta block can change."""

    def __init__(self) -> None:
        self._kept: dict[tuple[Any, ...], bytes] = {}

    def body(
        self,
        table: Table,
        span: Span,
        now: int,
        change: Callable[[Reply], Reply] | None = None,
        other: Table | None = None,
    ) -> bytes:
        """The answer about a table, its rows changed by a fault, or those of another company's table."""
        if change is not None:
            reply = build(table, span, now)
            if other is not None:
                reply = replace(build(other, span, now), meta=reply.meta)
            return change(reply).body()
        seen = int(np.searchsorted(table.opens, now, side="right"))
        live = seen > 0 and now < int(table.closes[seen - 1]) + DELAY
        bounds = np.searchsorted(table.opens, [span.first, span.last], side="left")
        key = (table.symbol, *(int(bound) for bound in bounds), seen, span.label)
        if live:
            return build(table, span, now).body()
        if key not in self._kept:
            self._kept[key] = build(table, span, now).body()
        return self._kept[key]


def rebased(reply: Reply, ratio: float, rows: slice) -> Reply:
    """Divide the prices of some rows by a ratio, as a split does."""
    columns = {name: column.copy() for name, column in reply.columns.items()}
    for name in FIELDS:
        columns[name][rows] = columns[name][rows] * ratio if name == "volume" else columns[name][rows] / ratio
    return replace(reply, columns=columns)

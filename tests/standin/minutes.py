"""Bars of five minutes for the stand-in: a straight way through each day's own open, low, high and close."""

from __future__ import annotations

import numpy as np
import orjson

from tests.standin.chart import Span, build
from tests.standin.prices import Table

STEP = 300
REACH = 60 * 86_400
# Seconds before the close from which on an exchange's auction has no bars of five minutes, by its code.
AUCTION = {"KSC": 600, "KOE": 600, "JPX": 300, "TAI": 300}
# Lunch, in seconds from the opening.
LUNCH = {"JPX": (9_000, 12_600), "HKG": (9_000, 12_600)}


def minutes(table: Table, span: Span, now: int) -> tuple[int, bytes]:
    """Status and body of the answer; what began 60 days ago is refused as Yahoo refuses it."""
    if span.first < now - REACH:
        told = (
            f"5m data not available for startTime={span.first} and endTime={span.last}. "
            "The requested range must be within the last 60 days."
        )
        error = {"code": "Unprocessable Entity", "description": told}
        return 422, orjson.dumps({"chart": {"result": None, "error": error}})
    reply = build(table, Span(now, now + 1), now)
    reply.meta["dataGranularity"] = "5m"
    stamps, rows = [], []
    for day in range(len(table.days)):
        opens, closes = int(table.opens[day]), int(table.closes[day])
        if closes < span.first or opens > min(now, span.last):
            continue
        for at, row in _session(table, day, opens, closes):
            if span.first <= at < min(now, span.last):
                stamps.append(at)
                rows.append(row)
    reply.stamps = np.array(stamps, dtype=np.int64)
    names = ("open", "high", "low", "close", "volume")
    columns = np.array(rows, dtype=np.float64).reshape(len(rows), len(names))
    reply.columns = {name: columns[:, place].copy() for place, name in enumerate(names)}
    reply.columns["adj_close"] = reply.columns["close"]
    reply.dividends, reply.splits = {}, {}
    return 200, reply.body()


def _session(table: Table, day: int, opens: int, closes: int) -> list[tuple[int, list[float]]]:
    values = {name: float(table.columns[name][day]) for name in ("open", "high", "low", "close")}
    if not all(np.isfinite(value) for value in values.values()):
        return []
    code = table.venue.exchange
    last, (lunch, back) = closes - AUCTION.get(code, 0), LUNCH.get(code, (0, 0))
    edges = np.arange(opens, last + 1, STEP)
    way = [values["open"], values["low"], values["high"], values["close"]]
    price = np.interp(edges, np.linspace(opens, closes, 4), way)
    found = []
    for place, at in enumerate(edges[:-1]):
        if lunch <= at - opens < back:
            continue
        first, then = float(price[place]), float(price[place + 1])
        found.append((int(at), [first, max(first, then), min(first, then), then, 1000.0]))
    return found

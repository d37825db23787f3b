"""A source whose answers are laid out by the test, and what the tests of the reconciler share."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import numpy as np

from ingest.fetching import Rules
from ingest.reconcile import run_once
from ingest.report import RunReport
from ingest.sources.base import Answer, FetchFailure
from models.store import (
    Store,
    stored_bars,
)
from models.types import BAR_FIELDS, Action, Bars, Session
from models.universe import Universe
from tests.exchanges import NEW_YORK
from tests.ingest.series import calendars, instrument, walk

# A Tuesday, an hour and a half after New York's close: the session of that day has just become final.
NOW = datetime(2026, 6, 30, 21, 31, tzinfo=UTC)
ROOT = Path(__file__).parents[2]
NAMES = ("^GSPC", "NVDA", "MU", "META", "AMD", "SMCI")
LINES = "".join(f'    {{ symbol = "{name}", name = "{name}" }},\n' for name in NAMES if name[0] != "^")
UNIVERSE = f"""{NEW_YORK}[layer.names]
name = "Names"
instruments = [
{LINES}]
[layer.context]
name = "Context"
basket = false
instruments = [
    {{ symbol = "^GSPC", name = "S&P 500", kind = "index" }},
]
"""


@dataclass
class Shelf:
    """A source whose answers and failures are laid out by the test; it remembers what it was asked."""

    bars: dict[str, Bars]
    actions: dict[str, tuple[Action, ...]] = field(default_factory=dict)
    failures: dict[str, list[FetchFailure]] = field(default_factory=dict)
    asked: list[tuple[str, Session | None]] = field(default_factory=list)
    until: Callable[[datetime], np.datetime64] = lambda now: np.datetime64(now.replace(tzinfo=None), "D")
    name: str = "shelf"
    simulated: bool = False

    def fetch(self, symbol: str, start: Any = None, end: Any = None, *, now: datetime) -> Answer:
        self.asked.append((symbol, start))
        if self.failures.get(symbol):
            raise self.failures[symbol].pop(0)
        if symbol not in self.bars:
            raise FetchFailure("not_found", f"No data found for {symbol}.", symbol=symbol)
        rows = self.bars[symbol]
        rows = rows.take((rows.sessions >= np.datetime64(start, "D")) & (rows.sessions <= self.until(now)))
        actions = tuple(act for act in self.actions.get(symbol, ()) if act.session >= start)
        stamps = np.full(len(rows), np.datetime64("NaT", "s"))
        return Answer(symbol, rows, None, None, symbol, now, self.name, stamps, actions)

    def symbols_asked(self) -> list[str]:
        return [symbol for symbol, _ in self.asked]


def shelf(count: int = 120, end: date = date(2026, 7, 31)) -> Shelf:
    return Shelf(
        {name: walk(count, seed=at, item=instrument(symbol=name), end=end) for at, name in enumerate(NAMES)}
    )


def run(store: Store, source: Any, universe: Universe, now: datetime = NOW, **options: Any) -> RunReport:
    options.setdefault("rules", Rules(workers=1))
    options.setdefault("wait", lambda _: None)
    return run_once(store, source, universe, calendars(), clock=lambda: now, **options)


def same(store: Store, symbol: str, bars: Bars) -> bool:
    stored = stored_bars(store, symbol)
    return np.array_equal(stored.sessions, bars.sessions) and all(
        np.array_equal(getattr(stored, name), getattr(bars, name), equal_nan=True) for name in BAR_FIELDS
    )


def upto(bars: Bars, day: str) -> Bars:
    return bars.take(bars.sessions <= np.datetime64(day))


def write_csv(folder: Path, symbol: str, bars: Bars) -> None:
    lines = [
        f"{bars.sessions[row]},"
        + ",".join(
            f"{getattr(bars, name)[row]!r}".replace("np.float64(", "").rstrip(")") for name in BAR_FIELDS
        )
        for row in range(len(bars))
    ]
    path = folder / f"{symbol.replace('^', '_')}.csv"
    path.write_text("date," + ",".join(BAR_FIELDS) + "\n" + "\n".join(lines) + "\n", encoding="utf-8")

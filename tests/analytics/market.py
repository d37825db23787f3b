"""Reads a folder of price files, one CSV a symbol, into aligned arrays."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from models.analytics.returns import price_path, return_path, session_legs
from models.sessions import Calendars
from models.types import Bools, Floats, Sessions
from models.universe import load_universe

FIELDS = ("open", "high", "low", "close", "adj_close")
# fmt: off
ASIA = (
    "000660.KS", "005930.KS", "042700.KS", "2317.TW", "2330.TW", "2382.TW",
    "285A.T", "5803.T", "6857.T", "6920.T", "8035.T", "9984.T",
)
US = (
    "AMAT", "AMD", "AMZN", "ANET", "APLD", "ARM", "ASML", "AVGO", "CEG", "CRWV", "DELL", "GEV", "GOOGL",
    "INTC", "KLAC", "LRCX", "META", "MRVL", "MSFT", "MU", "NBIS", "NVDA", "ORCL", "PLTR", "QCOM", "SMCI",
    "SNDK", "VRT", "VST", "WDC",
)
# fmt: on
"""The 12 Asian and 30 US names of the published basket figures."""


@dataclass(frozen=True, eq=False)
class Market:
    """Prices on the union of all sessions, shape (T, N)."""

    sessions: Sessions
    symbols: tuple[str, ...]
    open: Floats
    high: Floats
    low: Floats
    close: Floats
    adj_close: Floats

    def columns(self, symbols: Sequence[str]) -> list[int]:
        return [self.symbols.index(symbol) for symbol in symbols]

    def row(self, day: str) -> int:
        row = int(np.searchsorted(self.sessions, np.datetime64(day)))
        assert self.sessions[row] == np.datetime64(day)
        return row

    def prices(self, symbols: Sequence[str]) -> Floats:
        at = self.columns(symbols)
        return price_path(self.close[:, at], self.adj_close[:, at])

    def returns(self, symbols: Sequence[str]) -> Floats:
        at = self.columns(symbols)
        return return_path(self.close[:, at], self.adj_close[:, at])

    def legs(self, symbols: Sequence[str]) -> tuple[Floats, Floats]:
        at = self.columns(symbols)
        return session_legs(self.open[:, at], self.close[:, at], self.adj_close[:, at])

    def exchange_open(self, symbols: Sequence[str], calendars: Calendars) -> Bools:
        universe = load_universe()
        ids = [universe[symbol].exchange.calendar for symbol in symbols]
        opened = {name: calendars[name].among(self.sessions) for name in set(ids)}
        return np.column_stack([opened[name] for name in ids])


def load_market(folder: Path) -> Market:
    """Read every CSV of the folder; ``_KS11.csv`` is ``^KS11`` and ``JPY_X.csv`` is ``JPY=X``."""
    files = {_symbol(path.stem): _columns(path) for path in sorted(folder.glob("*.csv"))}
    sessions = np.unique(np.concatenate([days for days, _ in files.values()]))
    arrays = {name: np.full((len(sessions), len(files)), np.nan) for name in FIELDS}
    for n, (days, columns) in enumerate(files.values()):
        rows = np.searchsorted(sessions, days)
        for name in FIELDS:
            arrays[name][rows, n] = columns[name]
    return Market(sessions, tuple(files), **arrays)


def _symbol(stem: str) -> str:
    return "^" + stem[1:] if stem.startswith("_") else stem.replace("_X", "=X")


def _columns(path: Path) -> tuple[Sessions, dict[str, list[float]]]:
    with path.open(encoding="utf-8", newline="") as file:
        lines = list(csv.DictReader(file))
    days = np.array([line["date"] for line in lines], dtype="datetime64[D]")
    return days, {name: [float(line[name] or "nan") for line in lines] for name in FIELDS}

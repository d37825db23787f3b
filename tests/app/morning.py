"""A morning worked out a second way: plain pandas on a folder of CSV files, by the exchanges' calendars."""

from __future__ import annotations

import tomllib
from datetime import datetime, time
from functools import cached_property
from pathlib import Path

import numpy as np
import pandas as pd

from models.sessions import Calendars

ROOT = Path(__file__).parents[2]
# Closes of a summer's day, UTC, and the exchange of a symbol by its suffix.
CLOSES = {".T": time(6, 30), ".KS": time(6, 30), ".TW": time(5, 30), ".HK": time(8), "": time(20)}
CALENDARS = {".T": "XTKS", ".KS": "XKRX", ".TW": "XTAI", ".HK": "XHKG", "": "XNYS"}
INDICES = {"^N225": ".T", "^KS11": ".KS", "^TWII": ".TW", "^HSI": ".HK"}


class Morning:
    """The prices of a folder as they were known at an instant, and what the Brief says of them."""

    def __init__(self, folder: Path, calendars: Calendars, at: datetime) -> None:
        document = tomllib.loads((ROOT / "models" / "universe.toml").read_text(encoding="utf-8"))
        self.at, self.calendars = at, calendars
        self.bars: dict[str, pd.DataFrame] = {}
        self.layer: dict[str, str] = {}
        self.names: dict[str, str] = {}
        self.start: dict[str, pd.Timestamp] = {}
        for layer, table in document["layer"].items():
            for item in table["instruments"]:
                path = folder / (item["symbol"].replace("^", "_").replace("=", "_") + ".csv")
                if path.exists():
                    self.bars[item["symbol"]] = self._read(path, item["symbol"])
                    self.names[item["symbol"]] = item["name"]
                    if table.get("basket", True) and "proxy_of" not in item:
                        self.layer[item["symbol"]] = layer
                        self.start[item["symbol"]] = pd.Timestamp(item.get("start", "1990-01-01"))

    def _read(self, path: Path, symbol: str) -> pd.DataFrame:
        table = pd.read_csv(path, index_col="date", parse_dates=True)
        table = table[table["close"].notna() | table["adj_close"].notna()]
        day = pd.Timestamp(self.at.date())
        # A currency's day ends at New York's 17:00.
        close = time(21) if symbol.endswith("=X") else CLOSES[exchange_of(symbol)]
        return table[(table.index < day) | ((table.index == day) & (close <= self.at.time()))]

    @cached_property
    def opened(self) -> pd.DataFrame:
        """Which exchange held a session: the calendar has one, and a name or an index of it has a bar."""
        found: dict[str, pd.Series] = {}
        for symbol, table in self.bars.items():
            if not symbol.endswith("=X"):
                flags = pd.Series(True, index=table.index)
                held = found.get(exchange_of(symbol))
                found[exchange_of(symbol)] = flags if held is None else held.combine_first(flags)
        table = pd.DataFrame(found).notna().sort_index()
        for suffix in table:
            table[suffix] &= table.index.isin(self.expected(suffix))
        return table[table.any(axis=1)]

    def expected(self, suffix: str) -> pd.DatetimeIndex:
        """The sessions of a calendar, but for days on which every name is idle and the index has no value."""
        days = pd.DatetimeIndex(self.calendars[CALENDARS[suffix]].sessions)
        index = next((self.bars[name] for name, of in INDICES.items() if of == suffix), None)
        if index is None:
            return days
        idle = pd.DataFrame(
            {
                symbol: ((table["volume"] == 0) & (table["close"] == table["close"].shift())).astype(float)
                for symbol, table in self.bars.items()
                if exchange_of(symbol) == suffix and symbol not in INDICES
            }
        )
        shut = idle.index[(idle.min(axis=1) == 1) & (idle.notna().sum(axis=1) > 1)].difference(index.index)
        return days.difference(shut[(shut > index.index[0]) & (shut < index.index[-1])])

    @cached_property
    def returns(self) -> pd.DataFrame:
        """Returns of the baskets' names from the session before, from the day they belong to it."""
        found = {}
        for symbol in self.layer:
            days, bars = self.expected(exchange_of(symbol)), self.bars[symbol].index
            before = pd.Series(days.searchsorted(bars, side="right"), index=bars).shift()
            between = days.searchsorted(bars, side="left") - before
            found[symbol] = self.bar_returns[symbol].where(between.reindex(self.opened.index) < 1)
        return pd.DataFrame(found)

    @cached_property
    def bar_returns(self) -> pd.DataFrame:
        """Returns of the baskets' names from bar to bar, however far apart."""
        found = {}
        for symbol in self.layer:
            table = self.bars[symbol]
            adjusted = table["adj_close"] / table["adj_close"].shift() - 1
            own = adjusted.fillna(table["close"] / table["close"].shift() - 1)
            found[symbol] = own[own.index >= self.start[symbol]]
        return pd.DataFrame(found).reindex(self.opened.index)

    def side(self, side: str) -> list[str]:
        return [symbol for symbol in self.layer if (exchange_of(symbol) != "") == (side == "asia")]

    def basket(self, symbols: list[str], moves: pd.DataFrame | None = None) -> pd.Series:
        """The mean of the names, without the days on which too many of an exchange were missing."""
        mean, withheld = self._mean(symbols, moves)
        return mean[~withheld]

    def level(self, symbols: list[str]) -> pd.Series:
        """The chained mean; it runs on through the days that are not shown."""
        mean, withheld = self._mean(symbols, self.bar_returns)
        return (1 + mean).cumprod()[~withheld]

    def _mean(self, symbols: list[str], moves: pd.DataFrame | None = None) -> tuple[pd.Series, pd.Series]:
        """The mean of the names: a closed exchange counts 0, a missing bar is left out."""
        own = (self.returns if moves is None else moves)[symbols]
        open_ = pd.DataFrame({symbol: self.opened[exchange_of(symbol)] for symbol in symbols})
        sessions = open_.cumsum()
        last = sessions.where(own.notna()).ffill()
        member = last.notna() & (sessions - last <= 5)
        due = member & open_
        missing = due & own.isna()
        groups = [[name for name in symbols if exchange_of(name) == suffix] for suffix in CLOSES]
        withheld = pd.Series(False, index=own.index)
        for group in filter(None, groups):
            withheld |= missing[group].sum(axis=1) > 0.4 * due[group].sum(axis=1)
        counted = member & (own.notna() | ~open_)
        mean = own.where(open_, 0.0).where(counted).mean(axis=1)
        mean = mean.where(due.any(axis=1)).dropna()
        return mean, withheld[mean.index]

    def legs(self, side: str) -> tuple[pd.Series, pd.Series]:
        """Gap and session of a side, of the names with an open: equal at the close before, then run."""
        opens, closes = {}, {}
        for symbol in self.side(side):
            table = self.bars[symbol]
            own = 1 + self.returns[symbol].reindex(table.index)
            opened = own * table["open"] / table["close"]
            opens[symbol], closes[symbol] = opened.where(own.notna()), own.where(opened.notna())
        names = self.side(side)
        first, last = (pd.DataFrame(part).reindex(self.opened.index)[names] for part in (opens, closes))
        open_ = pd.DataFrame({symbol: self.opened[exchange_of(symbol)] for symbol in names})
        sessions = open_.cumsum()
        seen = sessions.where(self.returns[names].notna()).ffill()
        member = seen.notna() & (sessions - seen <= 5)
        due = member & open_
        withheld = (due & first.isna()).sum(axis=1) > 0.4 * due.sum(axis=1)
        day = self.basket(names).index
        counted = member & (first.notna() | ~open_)
        gap = first.where(open_, 1.0).where(counted).mean(axis=1)
        close = last.where(open_, 1.0).where(counted).mean(axis=1)
        keep = due.any(axis=1) & ~withheld & first.index.isin(day)
        return (gap - 1)[keep], (close / gap - 1)[keep]

    def in_worst_twentieth(self, symbols: list[str], day: pd.Timestamp) -> int:
        """Names whose return of the day lies in the worst 5% of up to 750 of their own sessions before."""
        found = 0
        for symbol in symbols:
            own = self.returns[symbol].dropna()
            if day in own.index and len(own) > 250:
                found += int(own[day] <= np.quantile(own[own.index < day][-750:], 0.05))
        return found

    def index(self, symbol: str) -> tuple[float, float, float]:
        """Low and close of an index's last session against the close before, and that close."""
        last, before = self.bars[symbol].iloc[-1], self.bars[symbol].iloc[-2]
        return last["low"] / before["close"] - 1, last["close"] / before["close"] - 1, last["close"]


def exchange_of(symbol: str) -> str:
    """The suffix of a symbol's exchange; New York has none."""
    if symbol in INDICES:
        return INDICES[symbol]
    return next((suffix for suffix in CLOSES if suffix and symbol.endswith(suffix)), "")


def z_of(path: pd.Series) -> float:
    """The last value over the standard deviation of the 250 before it."""
    return float(path.iloc[-1] / path.iloc[-251:-1].std())


def percent(value: float, decimals: int = 1) -> str:
    """A fraction with its sign: −5.4%."""
    text = f"{abs(value) * 100:.{decimals}f}"
    return f"{'' if float(text) == 0 else '−' if value < 0 else '+'}{text}%"


def size(value: float) -> str:
    """A fraction without a sign: 5.4%."""
    return f"{abs(value) * 100:.1f}%"

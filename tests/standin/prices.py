"""Daily prices for the stand-in: a folder of CSV files, or simulated ones."""

from __future__ import annotations

import csv
import random
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from tests.standin.venues import Venue, venue_of

FIELDS = ("open", "high", "low", "close", "adj_close", "volume")


class StandInError(Exception):
    """The stand-in cannot start; its text is one sentence that names the fix."""


@dataclass(frozen=True, eq=False)
class Table:
    """The daily bars of one symbol; NaN is served as null."""

    symbol: str
    days: tuple[date, ...]
    columns: dict[str, NDArray[np.float64]]

    @cached_property
    def venue(self) -> Venue:
        return venue_of(self.symbol)

    @cached_property
    def opens(self) -> NDArray[np.int64]:
        """Instant each session opens, Unix seconds."""
        return np.array([self.venue.instant(day, self.venue.opens) for day in self.days], dtype=np.int64)

    @cached_property
    def closes(self) -> NDArray[np.int64]:
        """Instant each session closes, Unix seconds."""
        return np.array([self.venue.instant(day, self.venue.closes) for day in self.days], dtype=np.int64)


class Folder:
    """The CSV files of a folder by symbol, read on the first question for each."""

    def __init__(self, path: Path | str) -> None:
        self.path = Path(path)
        if not self.path.is_dir():
            raise StandInError(f"There is no folder {self.path}; name one that holds SYMBOL.csv files.")
        self._files = {symbol_of(file): file for file in sorted(self.path.glob("*.csv"))}
        if not self._files:
            raise StandInError(f"The folder {self.path} holds no CSV file; name one with SYMBOL.csv files.")
        self._tables: dict[str, Table] = {}

    def __iter__(self) -> Iterator[str]:
        return iter(self._files)

    def get(self, symbol: str) -> Table | None:
        if symbol not in self._files:
            return None
        if symbol not in self._tables:
            self._tables[symbol] = read_table(symbol, self._files[symbol])
        return self._tables[symbol]

    def check(self) -> None:
        """Read every file now, so that a bad one stops the start and not a request."""
        for symbol in self:
            self.get(symbol)


class Simulated:
    """Random walks on weekdays, the same ones for the same seed."""

    def __init__(
        self,
        symbols: Iterable[str],
        start: date = date(2015, 1, 1),
        end: date = date(2026, 7, 31),
        seed: int = 1,
    ) -> None:
        self._symbols = tuple(symbols)
        self._start, self._end, self._seed = start, end, seed
        self._tables: dict[str, Table] = {}

    def __iter__(self) -> Iterator[str]:
        return iter(self._symbols)

    def get(self, symbol: str) -> Table | None:
        if symbol not in self._symbols:
            return None
        if symbol not in self._tables:
            self._tables[symbol] = walk(symbol, self._start, self._end, self._seed)
        return self._tables[symbol]

    def check(self) -> None:
        for symbol in self:
            self.get(symbol)


def symbol_of(file: Path) -> str:
    """Symbol of a file: ``_KS11`` is ^KS11 and ``JPY_X`` is JPY=X."""
    stem = file.stem
    if stem.startswith("_"):
        stem = "^" + stem[1:]
    return stem[:-2] + "=X" if stem.endswith("_X") else stem


def read_table(symbol: str, file: Path) -> Table:
    """Read one file; a blank field is a missing value."""
    days: list[date] = []
    values: list[list[float]] = []
    with file.open(newline="", encoding="utf-8") as lines:
        rows = csv.reader(lines)
        header = next(rows, [])
        if header != ["date", *FIELDS]:
            raise StandInError(f"{file} does not begin with date,{','.join(FIELDS)}; correct its first line.")
        for row in rows:
            try:
                days.append(date.fromisoformat(row[0]))
                values.append([float(text) if text else float("nan") for text in row[1:7]])
            except (ValueError, IndexError):
                where = f"{file} line {rows.line_num}"
                raise StandInError(f"{where} cannot be read; correct it or take it out.") from None
    table = np.array(values, dtype=np.float64).reshape(len(days), len(FIELDS))
    return Table(symbol, tuple(days), {name: table[:, i].copy() for i, name in enumerate(FIELDS)})


def walk(symbol: str, start: date, end: date, seed: int) -> Table:
    """Return a random walk with plausible bars for a symbol."""
    span = (start + timedelta(days=n) for n in range((end - start).days + 1))
    days = tuple(day for day in span if day.weekday() < 5)
    rng = np.random.default_rng(random.Random(f"{seed}:{symbol}").getrandbits(64))
    close = np.round(100 * np.exp(np.cumsum(rng.normal(3e-4, 0.022, len(days)))), 4)
    opens = np.round(np.concatenate([[100.0], close[:-1]]) * np.exp(rng.normal(0, 0.006, len(days))), 4)
    top, bottom = np.maximum(opens, close), np.minimum(opens, close)
    high = np.round(top * np.exp(np.abs(rng.normal(0, 0.006, len(days)))), 4)
    low = np.round(bottom * np.exp(-np.abs(rng.normal(0, 0.006, len(days)))), 4)
    volume = np.round(rng.lognormal(15, 0.4, len(days)))
    columns = dict(zip(FIELDS, (opens, high, low, close, close.copy(), volume), strict=True))
    return Table(symbol, days, columns)


def neighbour(table: Table) -> Table:
    """Another company of the same days, for a symbol that has none beside it."""
    draw = np.random.default_rng(random.Random(f"beside {table.symbol}").getrandbits(64))
    factor = 1.7 * np.exp(np.cumsum(draw.normal(0, 0.03, len(table.days))))
    columns = {
        name: values if name == "volume" else values * factor for name, values in table.columns.items()
    }
    return Table(table.symbol, table.days, columns)

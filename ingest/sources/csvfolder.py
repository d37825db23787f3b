"""A folder of CSV files, one a symbol: ``NVDA.csv``, ``_KS11.csv`` for ^KS11, ``JPY_X.csv`` for JPY=X.

The first line names the columns: ``date`` and, in any order, ``open``, ``high``, ``low``,
``close``, ``adj_close`` and ``volume``; a close of either kind has to be among them. A
blank field is a value that is not known.
"""

from __future__ import annotations

import csv
from datetime import date
from pathlib import Path

import numpy as np

from ingest.sources.base import Answer, FetchFailure, no_stamps
from models.errors import SourceError
from models.types import BAR_FIELDS, Bars, Bools, Floats, Instant, Sessions, session64, utc
from models.types import Session as TradingDay


class CsvFolder:
    """Daily bars from a folder.

    Raises
    ------
    SourceError
        If the folder is not there or holds no CSV file. A file that cannot be read is
        that symbol's failure alone.
    """

    name = "csv"
    simulated = False

    def __init__(self, path: Path | str) -> None:
        self.path = Path(path)
        try:
            files = sorted(self.path.glob("*.csv")) if self.path.is_dir() else None
        except OSError as error:
            raise SourceError(
                f"Cannot read the folder {self.path}: {error.strerror}; check the path."
            ) from error
        if files is None:
            raise SourceError(
                f"There is no folder {self.path}; name one that holds a CSV file for each symbol."
            )
        if not files:
            raise SourceError(f"The folder {self.path} holds no CSV file; name one that holds SYMBOL.csv.")
        self._files = {symbol_of(file.stem): file for file in files}

    @property
    def symbols(self) -> tuple[str, ...]:
        """The symbols the folder has a file for, in the order of their names."""
        return tuple(self._files)

    def fetch(
        self, symbol: str, start: TradingDay | None = None, end: TradingDay | None = None, *, now: Instant
    ) -> Answer:
        """Return the rows of a symbol's file.

        Raises
        ------
        FetchFailure
            ``not_found`` without a file; ``malformed`` with the line that cannot be
            read; ``transient`` if the file cannot be opened.
        """
        file = self._files.get(symbol)
        if file is None:
            raise FetchFailure("not_found", f"{self.path} has no file for {symbol}.", symbol=symbol)
        bars = read_bars(symbol, file)
        bars = bars.take(_asked_for(bars.sessions, start, end))
        return Answer(
            symbol=symbol,
            bars=bars,
            currency=None,
            timezone=None,
            received_symbol=symbol,
            fetched_at=utc(now),
            source=self.name,
            stamps=no_stamps(len(bars)),
            start=start,
            end=end,
        )


def symbol_of(stem: str) -> str:
    """Return the symbol of a file name: a first ``_`` stands for ^ and any other for =."""
    caret, rest = ("^", stem[1:]) if stem.startswith("_") else ("", stem)
    return caret + rest.replace("_", "=")


def read_bars(symbol: str, file: Path) -> Bars:
    """Return the bars of one file, every row in its order.

    Raises
    ------
    FetchFailure
        One sentence that names the file, the line and what is wrong with it.
    """
    header, rows, numbers = _rows(symbol, file)
    try:
        columns = list(zip(*rows, strict=True)) if rows else [()] * len(header)
        named = dict(zip(header, columns, strict=True))
        sessions = _sessions(named["date"])
        values = {name: _values(named[name]) for name in BAR_FIELDS if name in named}
    except ValueError:
        raise _first_bad_line(symbol, file, header, rows, numbers) from None
    return Bars.of(symbol, sessions, **values)


def _rows(symbol: str, file: Path) -> tuple[list[str], list[list[str]], list[int]]:
    """The names of the columns, the rows and the line each stands on; blank lines are none."""
    try:
        with file.open(newline="", encoding="utf-8-sig") as lines:
            reader = csv.reader(lines)
            header = [name.strip().lower() for name in next(reader, [])]
            numbered = [(row, reader.line_num) for row in reader if row]
    except UnicodeDecodeError:
        raise FetchFailure(
            "malformed", f"{file} is not UTF-8 text; save it as a CSV file in UTF-8.", symbol=symbol
        ) from None
    except csv.Error as error:
        raise FetchFailure("malformed", f"{file} is not a CSV file: {error}.", symbol=symbol) from None
    except OSError as error:
        reason = f"{file} cannot be read: {error.strerror or error}"
        raise FetchFailure("transient", f"{reason}; check its permissions.", symbol=symbol) from None
    problem = _header_problem(header)
    if problem:
        raise FetchFailure("malformed", f"{file} line 1: {problem}", symbol=symbol)
    return header, [row for row, _ in numbered], [number for _, number in numbered]


def _header_problem(header: list[str]) -> str | None:
    expected = f"begin it with date,{','.join(BAR_FIELDS)}"
    if not any(header):
        return f"the file is empty; {expected}."
    if "date" not in header or not {"close", "adj_close"} & set(header):
        return f"it names no date or no close; {expected}."
    if len(set(header)) != len(header):
        return f"a column stands twice; {expected}."
    return None


def _sessions(texts: tuple[str, ...]) -> Sessions:
    # numpy would take 2026-06 for a month's first day and a blank for no day at all
    if any(len(text) != 10 for text in texts):
        raise ValueError("not a date")
    return np.array(texts, dtype="datetime64[D]")


def _values(texts: tuple[str, ...]) -> Floats:
    values = np.array([text or "nan" for text in texts], dtype=np.float64)
    if np.isinf(values).any():
        raise ValueError("not a number")
    return values


def _first_bad_line(
    symbol: str, file: Path, header: list[str], rows: list[list[str]], numbers: list[int]
) -> FetchFailure:
    """The sentence for the first row that cannot be read; only asked for when there is one."""
    for row, number in zip(rows, numbers, strict=True):
        problem = _row_problem(header, row)
        if problem:
            where = f"{file} line {number}: {problem}"
            return FetchFailure("malformed", f"{where}; correct the line or take it out.", symbol=symbol)
    return FetchFailure("malformed", f"{file} cannot be read as prices; check its columns.", symbol=symbol)


def _row_problem(header: list[str], row: list[str]) -> str | None:
    if len(row) != len(header):
        return f"{len(row)} fields where the first line names {len(header)}"
    for name, text in zip(header, row, strict=True):
        try:
            if name == "date":
                _sessions((text,))
            elif name in BAR_FIELDS:
                _values((text,))
        except ValueError:
            return (
                f"{name} is {text!r}, which is no {'date such as 2026-06-23' if name == 'date' else 'number'}"
            )
    return None


def _asked_for(sessions: Sessions, start: date | None, end: date | None) -> Bools:
    kept = np.ones(len(sessions), dtype=np.bool_)
    if start is not None:
        kept &= sessions >= session64(start)
    if end is not None:
        kept &= sessions <= session64(end)
    return kept

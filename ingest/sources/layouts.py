"""How a price file is laid out: which line names the columns, what each holds, and of which name.

A file may hold one name, name its rows' symbols in a column, stand several names side by side, or have two
or three lines of headings, as yfinance writes them.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from ingest.sources.headings import PRICES, VALUES, field_of, is_eastern, kind_of, money_in, money_said, plain
from ingest.sources.lines import Lines
from models.tickers import find_symbol
from models.universe import Universe

_ABOVE = 30
"""Rows above the headings that are looked through."""
_PAIR = re.compile(r"\('([^']+)', ?'([^']+)'\)")
_LOOSE = re.compile(r"[a-z0-9^][a-z0-9.^=&/ -]{0,19}", re.I)


@dataclass(frozen=True, slots=True)
class Column:
    """A column that is used: its place, its field, and its name's symbol where several stand side by side."""

    place: int
    field: str
    heading: str
    symbol: str | None = None


@dataclass(frozen=True, slots=True)
class Layout:
    """Where what stands in a price file.

    ``first`` is the first row of data; ``symbol`` whose prices the file says it holds, as it is written
    there; ``twice`` a heading that stands twice; ``left`` columns that name no symbol of the universe.
    """

    columns: tuple[Column, ...]
    width: int
    heading: int
    first: int
    symbol: str | None = None
    money: frozenset[str] = frozenset()
    period: str = ""
    twice: str = ""
    left: tuple[str, ...] = ()
    eastern: bool = False
    headings: tuple[str, ...] = field(default=(), compare=False)

    def at(self, name: str) -> Column | None:
        """The column of a field, None where there is none."""
        return next((column for column in self.columns if column.field == name), None)

    @property
    def beside(self) -> tuple[str, ...]:
        """The symbols whose columns stand side by side; none where the file is of one name or names rows."""
        return tuple(dict.fromkeys(column.symbol for column in self.columns if column.symbol))


def layout_of(lines: Lines, universe: Universe | None) -> Layout | None:
    """Return how prices are laid out in the rows of a file, None if they hold none."""
    for row in range(min(len(lines), _ABOVE)):
        found = _of_two(lines, row, universe) or _of_one(lines, row, universe)
        if found is not None:
            return _with_notes(found, lines.rows[:row])
    return None


def holds(lines: Lines) -> str | None:
    """Return what a file without prices holds, in words, by its first rows; None when they do not tell."""
    return next((what for row in lines.rows[:_ABOVE] if (what := kind_of(row)) is not None), None)


def _of_one(lines: Lines, row: int, universe: Universe | None) -> Layout | None:
    """One line of headings."""
    headings = [cell.strip() for cell in lines.rows[row]]
    ranked: dict[str, list[tuple[int, int]]] = {}
    for place, heading in enumerate(headings):
        if (known := field_of(heading)) is not None:
            ranked.setdefault(known[0], []).append((known[1], place))
    if "date" not in ranked and "time" in ranked:
        ranked["date"] = ranked.pop("time")
    if "date" not in ranked and headings[0] == "" and len(headings) > 1:
        ranked["date"] = [(0, 0)]  # pandas leaves the heading of its index out
    if "date" not in ranked:
        return None
    columns = tuple(
        Column(place, name, headings[place]) for name, places in ranked.items() for _, place in [min(places)]
    )
    twice = next(
        (
            headings[places[0][1]]
            for places in ranked.values()
            if len({plain(headings[place]) for _, place in places}) < len(places)
        ),
        "",
    )
    if {"close", "adj_close"} & set(ranked):
        return _layout(columns, headings, row, row + 1, twice=twice)
    return _side_by_side(columns, headings, row, universe)


def _side_by_side(
    columns: tuple[Column, ...], headings: list[str], row: int, universe: Universe | None
) -> Layout | None:
    """Names side by side: a column of closes a name, or columns such as ``NVDA.Close``."""
    if universe is None:
        return None
    date = next(column for column in columns if column.field == "date")
    found: list[Column] = []
    left: list[str] = []
    for place, heading in enumerate(headings):
        if place == date.place or not heading:
            continue
        symbol, name = _named(heading, universe)
        if symbol is not None:
            found.append(Column(place, name, heading, symbol))
        elif field_of(heading) is None:
            left.append(heading)
    if not any(column.field in ("close", "adj_close") for column in found):
        return None
    pairs = [(column.symbol, column.field) for column in found]
    twice = next(
        (column.heading for column, pair in zip(found, pairs, strict=True) if pairs.count(pair) > 1), ""
    )
    return _layout((date, *found), headings, row, row + 1, twice=twice, left=tuple(left))


def _named(heading: str, universe: Universe) -> tuple[str | None, str]:
    """The symbol and the field of a heading: of a name alone its close."""
    symbol = find_symbol(heading, universe)
    if symbol is not None:
        return symbol, "close"
    pairs = [found.groups() for found in [_PAIR.fullmatch(heading)] if found]
    for mark in (".", "_", " ", "/", "-"):
        before, found, after = heading.rpartition(mark)
        pairs += [(before, after)] if found else []
        before, found, after = heading.partition(mark)
        pairs += [(before, after)] if found else []
    for one, other in pairs:
        for name, word in ((one, other), (other, one)):
            known, symbol = field_of(word), find_symbol(name, universe)
            if known is not None and known[0] in VALUES and symbol is not None:
                return symbol, known[0]
    return None, ""


def _of_two(lines: Lines, row: int, universe: Universe | None) -> Layout | None:
    """Two lines of headings, fields and tickers in either order, and perhaps one that says ``Date``."""
    if row + 1 >= len(lines):
        return None
    upper, lower = ([cell.strip() for cell in cells] for cells in lines.rows[row : row + 2])
    if len(upper) != len(lower) or len(upper) < 2 or not _leads(upper[0]) or not _leads(lower[0]):
        return None
    fields, tickers = upper, lower
    if not _all_fields(fields[1:]):
        fields, tickers = lower, upper
    if not _all_fields(fields[1:]) or not all(_is_ticker(cell, universe) for cell in tickers[1:]):
        return None
    if _all_fields(tickers[1:]):
        return None
    first, date = row + 2, "Date"
    if (
        first < len(lines)
        and _is_date(lines.rows[first][0])
        and not any(map(str.strip, lines.rows[first][1:]))
    ):
        first, date = first + 1, lines.rows[first][0].strip()
    known = [field_of(cell) for cell in fields]
    names = list(dict.fromkeys(tickers[1:]))
    left: list[str] = []
    columns = [Column(0, "date", date)]
    for place, (found, ticker) in enumerate(zip(known[1:], tickers[1:], strict=True), 1):
        symbol = (find_symbol(ticker, universe) if universe else ticker) if len(names) > 1 else None
        if len(names) > 1 and symbol is None:
            left.append(ticker)
        elif found is not None:
            columns.append(Column(place, found[0], fields[place], symbol))
    if not any(column.field in ("close", "adj_close") for column in columns):
        return None
    symbol = names[0] if len(names) == 1 else None
    return _layout(tuple(columns), fields, row, first, symbol=symbol, left=tuple(dict.fromkeys(left)))


def _is_ticker(cell: str, universe: Universe | None) -> bool:
    """Whether a cell can be a ticker and no figure: a code of digits alone must be known."""
    if _LOOSE.fullmatch(cell) is None:
        return False
    return re.search(r"[A-Za-z]", cell) is not None or (
        universe is not None and find_symbol(cell, universe) is not None
    )


def _leads(cell: str) -> bool:
    return plain(cell) in ("", "price", "ticker", "tickers", "attributes", "symbol", "date")


def _is_date(cell: str) -> bool:
    known = field_of(cell)
    return known is not None and known[0] in ("date", "time")


def _all_fields(cells: Sequence[str]) -> bool:
    found = [field_of(cell) for cell in cells if cell]
    return (
        bool(found)
        and len(found) == len(cells)
        and all(item is not None and item[0] in (*VALUES, "dividends", "splits") for item in found)
    )


def _layout(
    columns: tuple[Column, ...],
    headings: Sequence[str],
    heading: int,
    first: int,
    *,
    symbol: str | None = None,
    twice: str = "",
    left: tuple[str, ...] = (),
) -> Layout:
    money = {found for column in columns if column.field in PRICES and (found := money_in(column.heading))}
    return Layout(
        columns,
        len(headings),
        heading,
        first,
        symbol,
        frozenset(money),
        "",
        twice,
        left,
        is_eastern(list(headings)),
        tuple(headings),
    )


def _with_notes(found: Layout, above: Sequence[Sequence[str]]) -> Layout:
    """The same with what the lines above the headings say of symbol, currency and period."""
    symbol, money, period = found.symbol, set(found.money), found.period
    for row in above:
        cells = [cell.strip() for cell in row if cell.strip()]
        if len(cells) != 2:
            continue
        known = field_of(cells[0])
        name = known[0] if known is not None else ""
        if name == "symbol" and symbol is None:
            symbol = cells[1]
        elif name == "currency" and (unit := money_said(cells[1])):
            money.add(unit)
        elif name == "period":
            period = cells[1]
    return Layout(
        found.columns,
        found.width,
        found.heading,
        found.first,
        symbol,
        frozenset(money),
        period,
        found.twice,
        found.left,
        found.eastern,
        found.headings,
    )

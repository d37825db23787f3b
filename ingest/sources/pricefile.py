"""A price file of a person, read: bars of each name in it, as they stand there."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from ingest.sources.figures import BLANKS, FigureError, Figures, figures_of
from ingest.sources.filedays import DayError, days_of
from ingest.sources.headings import PRICES, VALUES, money_said
from ingest.sources.layouts import Column, Layout, holds, layout_of
from ingest.sources.lines import HEAD, LARGEST, FileFault, Lines, read_lines
from models.types import BAR_FIELDS, Action, Bars, Floats, Sessions
from models.universe import Universe

EXPECTED = f"begin it with date,{','.join(BAR_FIELDS)}"
_NOTICE = re.compile(
    r"(?P<value>\d[\d.,:/]*)?\s*(?P<kind>dividend|stock splits?|split|capital gain)s?\b.*", re.I
)
_DAILY = frozenset(("", "d", "1d", "day", "daily", "days", "일", "日", "1 day"))


@dataclass(frozen=True, slots=True, eq=False)
class Sheaf:
    """What a file holds of one name.

    Attributes
    ----------
    symbol
        The name as the file says it, None where only the file's own name can tell.
    bars
        Its rows in their order.
    actions
        Dividends and splits that stand among them.
    money
        Currencies, or signs of several, that stand beside the figures.
    intraday
        Whether a day has rows at different times.
    notes
        What was passed over, in sentences.
    """

    symbol: str | None
    bars: Bars
    actions: tuple[Action, ...] = ()
    money: frozenset[str] = frozenset()
    intraday: bool = False
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Head:
    """What the first lines of a file say of it: its layout, or in ``what`` that it is something else."""

    layout: Layout | None
    what: str = ""


def head_of(file: Path, universe: Universe | None) -> Head:
    """Return what a file holds, by its first lines.

    Raises
    ------
    FileFault
        If it cannot be opened, or is no text.
    """
    lines, layout = read_lines(file, lambda lines: layout_of(lines, universe), HEAD)
    return Head(layout, "" if layout is not None else holds(lines) or "")


def read_prices(
    file: Path, universe: Universe | None = None, zone_of: Callable[[str | None], str | None] = lambda _: None
) -> list[Sheaf]:
    """Return what a file holds, name by name, every row in its order.

    Parameters
    ----------
    universe
        Whose symbols may stand side by side in the headings.
    zone_of
        The zone of a name's exchange, None where it is not known: an instant has its date there.

    Raises
    ------
    FileFault
        One sentence that names the file, the line and what is wrong with it.
    """
    lines, layout = read_lines(file, lambda lines: layout_of(lines, universe), LARGEST)
    if layout is None:
        raise FileFault(f"{file} line 1: {_problem(lines)}")
    line = lines.numbers[layout.heading]
    if layout.twice:
        raise FileFault(f"{file} line {line}: a column stands twice; {EXPECTED}.")
    if layout.period.strip().lower() not in _DAILY:
        raise FileFault(
            f"{file} says its period is {layout.period[:20]!r}: this is no daily file; import daily rows.",
            "not_daily",
        )
    reading = _Reading(file, lines, layout, zone_of)
    return reading.sheaves()


def _problem(lines: Lines) -> str:
    if not lines:
        return f"the file is empty; {EXPECTED}."
    what = holds(lines)
    return f"it names no date or no close{f' ({what})' if what else ''}; {EXPECTED}."


@dataclass(slots=True)
class _Reading:
    """One file under way."""

    file: Path
    lines: Lines
    layout: Layout
    zone_of: Callable[[str | None], str | None]
    notes: list[str] = field(default_factory=list)
    notices: list[tuple[list[str], int]] = field(default_factory=list)

    def sheaves(self) -> list[Sheaf]:
        rows, numbers = self._rows()
        symbols = self._column(rows, "symbol")
        if symbols is None:
            if self.layout.beside:
                return [self._sheaf(rows, numbers, symbol, symbol) for symbol in self.layout.beside]
            return [self._sheaf(rows, numbers, self.layout.symbol, None)]
        groups: dict[str, list[int]] = {}
        for place, text in enumerate(symbols):
            groups.setdefault(text.strip(), []).append(place)
        if not groups:
            return [self._sheaf([], [], self.layout.symbol, None)]
        return [
            self._sheaf([rows[at] for at in places], [numbers[at] for at in places], symbol or None, None)
            for symbol, places in groups.items()
        ]

    def _rows(self) -> tuple[list[list[str]], list[int]]:
        """The rows of data; what stands below or among them and is none is noted."""
        rows: list[list[str]] = []
        numbers: list[int] = []
        passed: list[int] = []
        width, start = self.layout.width, self.layout.first
        headings = [cell.strip() for cell in self.lines.rows[self.layout.heading]]
        for row, number in zip(self.lines.rows[start:], self.lines.numbers[start:], strict=True):
            if len(row) > width and not any(map(str.strip, row[width:])):
                row = row[:width]
            if [cell.strip() for cell in row] == headings:
                continue
            if any(_NOTICE.fullmatch(cell.strip()) for cell in row[1:]):
                self.notices.append((row, number))
            elif not self._holds_data(row):
                passed.append(number)
            else:
                rows.append(row)
                numbers.append(number)
        if passed:
            shown = ", ".join(map(str, passed[:5])) + (" and more" if len(passed) > 5 else "")
            self.notes.append(f"{self.file.name}: no prices in line {shown}, passed over.")
        return rows, numbers

    def _holds_data(self, row: Sequence[str]) -> bool:
        """Whether a row has a figure or a day: a remark below the table has neither."""
        date = self.layout.at("date")
        assert date is not None
        if len(row) == 1 < self.layout.width and " " in row[0].strip():
            return False
        if len(row) > date.place and re.search(r"\d", row[date.place]) and len(row[date.place]) <= 40:
            return True
        cells = [
            row[column.place]
            for column in self.layout.columns
            if column.place < len(row) and column is not date
        ]
        return any(re.search(r"\d", cell) and len(cell) <= 40 for cell in cells)

    def _column(self, rows: Sequence[Sequence[str]], name: str) -> list[str] | None:
        column = self.layout.at(name)
        return (
            None if column is None else [row[column.place] if column.place < len(row) else "" for row in rows]
        )

    def _sheaf(
        self, rows: list[list[str]], numbers: list[int], symbol: str | None, beside: str | None
    ) -> Sheaf:
        columns = [
            column
            for column in self.layout.columns
            if column.symbol == beside and column.field in (*VALUES, "dividends", "splits")
        ]
        date = self.layout.at("date")
        assert date is not None
        for row, number in zip(rows, numbers, strict=True):
            if len(row) != self.layout.width:
                problem = f"{len(row)} fields where the first line names {self.layout.width}"
                raise self._fault(number, problem)
        self._check_period(rows)
        texts = {column: [row[column.place] for row in rows] for column in columns}
        figures = self._figures(texts, numbers)
        try:
            days = days_of(
                [row[date.place] for row in rows],
                self._column(rows, "time"),
                eastern=self.layout.eastern,
                zone=self.zone_of(symbol),
            )
        except DayError as error:
            self._first_figure(texts, figures, numbers, error.row)
            raise self._day_fault(date, rows, numbers, error) from None
        try:
            values = {
                column.field: figures.values(cells, sized=column.field == "volume")
                for column, cells in texts.items()
            }
        except ValueError:
            self._first_figure(texts, figures, numbers, len(rows))
            raise
        actions = self._actions(days.sessions, values, rows, symbol, figures)
        prices = {name: found for name, found in values.items() if name in BAR_FIELDS}
        bars = Bars.of(symbol or "", days.sessions, **prices)
        bars, notes = _unadjusted(self.file, bars, values)
        money = {*self.layout.money, *figures.money, *self._money(rows)}
        return Sheaf(symbol, bars, actions, frozenset(money), days.intraday, (*self.notes, *notes))

    def _check_period(self, rows: Sequence[Sequence[str]]) -> None:
        for text in self._column(rows, "period") or ():
            if text.strip().lower() not in _DAILY:
                raise FileFault(
                    f"{self.file} says its period is {text[:20]!r}: this is no daily file; "
                    "import daily rows.",
                    "not_daily",
                )

    def _figures(self, texts: dict[Column, list[str]], numbers: Sequence[int]) -> Figures:
        try:
            return figures_of(texts.values(), self.lines.delimiter, eastern=self.layout.eastern)
        except FigureError as error:
            for column, cells in texts.items():
                if error.example in cells:
                    problem = f"{column.heading.lower()} is {error.example!r}; {error.why}"
                    raise FileFault(
                        f"{self.file} line {numbers[cells.index(error.example)]}: {problem}."
                    ) from None
            raise

    def _first_figure(
        self, texts: dict[Column, list[str]], figures: Figures, numbers: Sequence[int], until: int
    ) -> None:
        """Raise the fault of the first row before another whose figures cannot be read."""
        for row in range(until):
            for column, cells in texts.items():
                try:
                    figures.values([cells[row]], sized=column.field == "volume")
                except ValueError:
                    problem = f"{column.heading.lower()} is {cells[row]!r}, which is no number"
                    raise self._fault(numbers[row], problem) from None

    def _day_fault(
        self, date: Column, rows: Sequence[Sequence[str]], numbers: Sequence[int], error: DayError
    ) -> FileFault:
        said = f"{date.heading.lower() or 'date'} is {rows[error.row][date.place]!r}"
        if error.doubt:
            return FileFault(f"{self.file} line {numbers[error.row]}: {said}: {error.why}.")
        why = f" ({error.why})" if error.why else ""
        return self._fault(numbers[error.row], f"{said}, which is no date such as 2026-06-23{why}")

    def _fault(self, number: int, problem: str) -> FileFault:
        return FileFault(f"{self.file} line {number}: {problem}; correct the line or take it out.")

    def _money(self, rows: Sequence[Sequence[str]]) -> set[str]:
        return {found for text in self._column(rows, "currency") or () if (found := money_said(text))}

    def _actions(
        self,
        sessions: Sessions,
        values: dict[str, Floats],
        rows: Sequence[Sequence[str]],
        symbol: str | None,
        figures: Figures,
    ) -> tuple[Action, ...]:
        """Dividends and splits: of their own columns, and of rows that tell of nothing else."""
        found: list[Action] = []
        for name, kind in (("dividends", "dividend"), ("splits", "split")):
            column = values.get(name, np.empty(0))
            # One that cannot be is told of with the others that cannot.
            paid = np.flatnonzero(np.isfinite(column) & (column != 0)).tolist()
            found += [Action(sessions[at].item(), kind, float(column[at])) for at in paid]  # type: ignore[arg-type]
        mine = self._column([row for row, _ in self.notices], "symbol")
        for place, (row, number) in enumerate(self.notices):
            if mine is None or symbol is None or mine[place].strip() == symbol:
                found += self._notice(row, number, figures, symbol)
        return tuple(found)

    def _notice(self, row: Sequence[str], number: int, figures: Figures, symbol: str | None) -> list[Action]:
        date = self.layout.at("date")
        assert date is not None
        text = next(found for cell in row[1:] if (found := _NOTICE.fullmatch(cell.strip())))
        try:
            day = days_of([row[date.place]], eastern=self.layout.eastern, zone=self.zone_of(symbol)).sessions[
                0
            ]
            value = _action_value(text["value"] or "", figures)
        except (ValueError, ZeroDivisionError):
            value = 0.0
        if not 0 < value < np.inf:
            self.notes.append(
                f"{self.file.name}: line {number} tells of a dividend or split and was passed over."
            )
            return []
        kind = text["kind"].lower()
        name = "dividend" if kind == "dividend" else "capital_gain" if kind.startswith("capital") else "split"
        return [Action(day.item(), name, value)]  # type: ignore[arg-type]


def _action_value(text: str, figures: Figures) -> float:
    parts = re.split(r"[:/]", text)
    first = figures.value(parts[0])
    return first / figures.value(parts[1]) if len(parts) > 1 else first


def _unadjusted(file: Path, bars: Bars, values: dict[str, Floats]) -> tuple[Bars, tuple[str, ...]]:
    """The bars with what an adjusted history calls a close moved to where it belongs.

    yfinance's own history adjusts every price for dividends, has no column for the adjusted close, and
    lists the dividends beside: what stands before the last of them is no close that was ever struck.
    """
    paid = values.get("dividends")
    if paid is None or "adj_close" in values or "close" not in values or not (paid > 0).any():
        return bars, ()
    last = bars.sessions[np.nan_to_num(paid) > 0].max()
    before = bars.sessions < last
    if not before.any():
        return bars, ()
    moved = {name: np.where(before, np.nan, getattr(bars, name)) for name in PRICES if name != "adj_close"}
    note = (
        f"{file.name}: its prices before {last} are adjusted for dividends: "
        "taken for returns, their closes unknown."
    )
    given = {name: getattr(bars, name) for name in BAR_FIELDS} | moved | {"adj_close": bars.close}
    return Bars.of(bars.symbol, bars.sessions, **given), (note,)


def is_blank(text: str) -> bool:
    """Whether a field says that its value is not known."""
    return text.strip().lower() in BLANKS

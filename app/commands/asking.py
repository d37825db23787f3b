"""Commands that ask the stored prices and print rows."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from typing import Any

from rich.table import Table

from app import words
from app.answers import falling, moving
from app.answers.falling import Kind
from app.answers.rows import moment_of
from app.commands.printing import console, new_table, write
from app.data import Currency, Market, View
from app.settings import load_settings
from app.sheets import Sheet
from app.state import parse_asof
from models.errors import AftershockError

DONE = 0
_FRACTIONS = {
    *("close_return", "gap_return", "session_return", "low_return"),
    *("drawdown", "max_drawdown", "depth"),
}


def moves(on: str, form: str) -> int:
    """Print each name's session of a date."""
    day = _date(on)
    return _print(form, day, lambda view: moving.moves(view, day))


def drawdowns(as_of: str | None, basket: str, currency: Currency, form: str) -> int:
    """Print where each name of a basket stands."""
    then = parse_asof(as_of or "")
    return _print(form, then, lambda view: falling.drawdowns(view, basket, currency, then))


def episodes(
    as_of: str | None, basket: str, kind: Kind, threshold: float, currency: Currency, form: str
) -> int:
    """Print selloff legs of a basket or drawdown episodes of its names."""
    if not 0 < threshold < 1:
        raise AftershockError(f"--threshold is a fraction between 0 and 1, such as 0.10, not {threshold:g}.")
    then = parse_asof(as_of or "")
    return _print(form, then, lambda view: falling.episodes(view, kind, basket, currency, threshold, then))


def _date(text: str) -> date:
    found = parse_asof(text)
    if found is None or isinstance(found, datetime):
        raise AftershockError(f"{text!r} is no session date; write it as 2026-06-23.")
    return found


def _print(form: str, then: date | datetime | None, ask: Callable[[View], Sheet]) -> int:
    market = Market(load_settings())
    try:
        sheet = ask(market.view(moment_of(then, market.now())))
    finally:
        market.close()
    if form == "json":
        write(sheet.json())
    elif form == "csv":
        write(sheet.csv())
    else:
        screen = console()
        screen.print(_table(sheet))
        for remark in _remarks(sheet):
            screen.print(remark, soft_wrap=True, markup=False)
    return DONE


def _remarks(sheet: Sheet) -> list[str]:
    """What to know of names, one line a reason; what a dash or a zero says by itself is left out."""
    if sheet.columns not in (moving.MOVE_COLUMNS, falling.DRAWDOWN_COLUMNS):
        return []
    told: dict[str, list[str]] = {}
    for note in sheet.notes:
        if note.reason not in (falling.OPEN, falling.AT_RECORD):
            told.setdefault(note.reason, []).append(note.symbol or "all")
    return [f"{', '.join(symbols)}: {reason}." for reason, symbols in told.items()]


def _table(sheet: Sheet) -> Table:
    basis = "SIMULATED prices" if sheet.simulated else "stored prices"
    table = new_table(f"As of {words.day(words.as_date(sheet.as_of))}, {basis}; falls and moves in percent")
    for name in sheet.columns:
        left = name in ("symbol", "status", "started_by", "started_leg", "largest_losers")
        table.add_column(name.replace("_", " "), justify="left" if left else "right", no_wrap=not left)
    for row in (sheet.basket, *sheet.rows):
        if row is not None:
            table.add_row(
                *(_text(name, row[name]) for name in sheet.columns), end_section=row is sheet.basket
            )
    return table


def _text(name: str, value: Any) -> str:
    if value is None:
        return "–"
    if name == "breadth":
        return f"{value * 100:.0f}"
    if name == "percentile":
        return words.percentile(value)
    if name in _FRACTIONS:
        return words.percent(value)
    if isinstance(value, date):
        return words.short_day(value)
    if isinstance(value, list):
        return ", ".join(f"{item['symbol']} {words.percent(item['change'])}" for item in value)
    return str(value)

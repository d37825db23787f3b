"""Commands that ask the stored prices and print rows."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from typing import Any

from rich.console import Console
from rich.table import Table

from app import answers, words
from app.answers import Kind, Sheet
from app.data import Currency, Market, View
from app.settings import load_settings
from app.state import parse_asof
from models.errors import AftershockError

DONE = 0
_FRACTIONS = {
    *("close_return", "gap_return", "session_return", "low_return", "drawdown", "max_drawdown", "depth"),
    *("breadth",),
}


def moves(on: str, form: str) -> int:
    """Print each name's session of a date."""
    day = _date(on)
    return _print(form, on, day, lambda view: answers.moves(view, day))


def drawdowns(as_of: str | None, basket: str, currency: Currency, form: str) -> int:
    """Print where each name of a basket stands."""
    then = parse_asof(as_of or "")
    return _print(form, basket, then, lambda view: answers.drawdowns(view, basket, currency, then))


def episodes(
    as_of: str | None, basket: str, kind: Kind, threshold: float, currency: Currency, form: str
) -> int:
    """Print selloff legs of a basket or drawdown episodes of its names."""
    if not 0 < threshold < 1:
        raise AftershockError(f"--threshold is a fraction between 0 and 1, such as 0.10, not {threshold:g}.")
    then = parse_asof(as_of or "")
    return _print(
        form, basket, then, lambda view: answers.episodes(view, kind, basket, currency, threshold, then)
    )


def _date(text: str) -> date:
    found = parse_asof(text)
    if found is None or isinstance(found, datetime):
        raise AftershockError(f"{text!r} is no session date; write it as 2026-06-23.")
    return found


def _print(form: str, about: str, then: date | datetime | None, ask: Callable[[View], Sheet]) -> int:
    settings = load_settings()
    market = Market(settings)
    try:
        if about != "all" and not isinstance(then, type(None)):
            pass
        sheet = ask(market.view(answers.moment_of(then, market.now())))
    finally:
        market.close()
    show(sheet, form)
    return DONE


def show(sheet: Sheet, form: str) -> None:
    """Write a sheet to standard output, as JSON, CSV or a table."""
    console = Console()
    if form == "json":
        print_plain(console, sheet.json() + "\n")
    elif form == "csv":
        print_plain(console, sheet.csv())
    else:
        console.print(_table(sheet))


def print_plain(console: Console, text: str) -> None:
    """Write text as it is: no wrapping, no markup, no colours."""
    console.file.write(text)


def _table(sheet: Sheet) -> Table:
    basis = "SIMULATED prices" if sheet.simulated else "stored prices"
    day = sheet.as_of.date() if isinstance(sheet.as_of, datetime) else sheet.as_of
    table = Table(title=f"As of {words.day(day)}, {basis}", title_justify="left", header_style="bold")
    for name in sheet.columns:
        head = name.replace("_", " ") + (" %" if name in _FRACTIONS else "")
        table.add_column(head, justify="left" if name in ("symbol", "status") else "right")
    for row in sheet.rows:
        table.add_row(*(_text(name, row[name]) for name in sheet.columns))
    return table


def _text(name: str, value: Any) -> str:
    if value is None:
        return "–"
    if name == "percentile":
        return words.percentile(value)
    if name in _FRACTIONS:
        return words.percent(value)
    if isinstance(value, list):
        return ", ".join(f"{item['symbol']} {words.percent(item['change'])}" for item in value)
    return str(value)

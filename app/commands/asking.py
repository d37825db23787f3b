"""Commands that ask the stored prices and print rows."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date, datetime
from typing import Any

from rich.console import Console

from app.commands.printing import console, print_table, write
from app.kinds.address import Partly, names_of
from app.kinds.answer import Sheet
from app.kinds.column import Column
from app.market import words
from app.market.asof import moment_of, parse_asof
from app.market.market import Currency, Market, View
from app.questions import moves as moving
from app.questions.drawdowns import falls
from app.questions.drawdowns.falls import Kind
from app.questions.events.moments import by_then
from app.settings import load_settings
from models.errors import AftershockError
from models.events import Event
from models.universe import load_universe

DONE, PARTIAL = 0, 1
# Falls that are still open or regained speak for themselves in a dash.
_SILENT = (falls.EPISODE_COLUMNS, falls.SELLOFF_COLUMNS)


def moves(on: str, form: str) -> int:
    """Print each name's session of a date."""
    day = date_of(on)
    return answer(form, day, lambda view: moving.moves(view, day))


def drawdowns(as_of: str | None, basket: str, currency: Currency, form: str) -> int:
    """Print where each name of a basket stands."""
    then = asked_of(as_of)
    return answer(form, then, lambda view: falls.drawdowns(view, basket, currency, then))


def episodes(
    as_of: str | None, basket: str, kind: Kind, threshold: float, currency: Currency, form: str
) -> int:
    """Print selloff legs of a basket or drawdown episodes of its names."""
    if not 0 < threshold < 1:
        raise AftershockError(f"--threshold is a fraction between 0 and 1, such as 0.10, not {threshold:g}.")
    then = asked_of(as_of)
    return answer(form, then, lambda view: falls.episodes(view, kind, basket, currency, threshold, then))


def date_of(text: str) -> date:
    """A session date from what was typed.

    Raises
    ------
    AftershockError
        If it is none.
    """
    found = asked_of(text)
    if found is None or isinstance(found, datetime):
        raise AftershockError(f"{text!r} is no session date; write it as 2026-06-23.")
    return found


def asked_of(text: str | None) -> date | datetime | None:
    """A date or an instant from what was typed, None of nothing; ``today`` is the clock's.

    Raises
    ------
    BadDateError
        If it is neither.
    """
    return parse_asof(text, load_settings().clock()) if text else None


def chosen_of(text: str) -> tuple[tuple[str, ...], int]:
    """The names typed into a list, and an exit code: partial when some are not known, which is said.

    Raises
    ------
    AftershockError, ValueError
        If none is known, or there are more than a chart holds.
    """
    if not text.strip():
        return (), DONE
    try:
        found = names_of(text, load_universe(load_settings().universe))
    except ValueError as error:
        raise AftershockError(f"--names: {error}") from None
    if isinstance(found, Partly):
        console(err=True).print(f"Left out of --names, {found.left}", soft_wrap=True, markup=False)
        return found.value, PARTIAL
    return found, DONE


def answer(form: str, then: date | datetime | None, ask: Callable[[View], Sheet]) -> int:
    """Ask the market as it stood then, and print the answer in the form wanted."""
    market = Market(load_settings())
    try:
        sheet = ask(market.view(moment_of(then, market.now())))
    finally:
        market.close()
    show(sheet, form)
    return DONE


def answer_noted(
    form: str, then: date | datetime | None, ask: Callable[[View, tuple[Event, ...]], Sheet]
) -> int:
    """The same of the market and the events that had happened by then."""
    market = Market(load_settings())
    try:
        moment = moment_of(then, market.now()) or market.now()
        view = market.view(moment)
        sheet = ask(view, by_then(view, market.events(view).events, moment))
    finally:
        market.close()
    show(sheet, form)
    return DONE


def show(sheet: Sheet, form: str, terminal: tuple[str, ...] = ()) -> None:
    """Print an answer in the form wanted; a table has the columns of ``terminal`` where not all would fit."""
    if form == "json":
        write(sheet.json())
    elif form == "csv":
        write(sheet.csv())
    else:
        screen = console()
        if sheet.sentence:
            screen.print(sheet.sentence, soft_wrap=True, markup=False)
        by_key = {column.key: column for column in sheet.columns}
        _print(screen, replace(sheet, columns=tuple(by_key[key] for key in terminal)) if terminal else sheet)
        for remark in [] if terminal else _remarks(sheet):
            screen.print(remark, soft_wrap=True, markup=False)


def _remarks(sheet: Sheet) -> list[str]:
    """What to know of names, one line a reason; what a dash or a zero says by itself is left out."""
    if sheet.columns in _SILENT:
        return []
    told: dict[str, list[str]] = {}
    for note in sheet.notes:
        if note.reason not in (falls.OPEN, falls.AT_RECORD):
            told.setdefault(note.reason, []).append(note.symbol or "all")
    return [f"{', '.join(symbols)}: {reason}." for reason, symbols in told.items()]


def _print(screen: Console, sheet: Sheet) -> None:
    basis = "SIMULATED prices" if sheet.simulated else "stored prices"
    parts = any(column.format.unit == "%" for column in sheet.columns)
    title = f"As of {words.day(words.as_date(sheet.as_of))}, {basis}{'; falls and moves in percent' * parts}"
    rows = [row for row in (sheet.basket, *sheet.rows) if row is not None]
    heads = [column.key.replace("_", " ") for column in sheet.columns]
    print_table(
        screen,
        title,
        heads,
        [[_text(column, row[column.key]) for column in sheet.columns] for row in rows],
        {head for head, column in zip(heads, sheet.columns, strict=True) if column.format.kind == "text"},
        first_apart=sheet.basket is not None,
    )


def _text(column: Column, value: Any) -> str:
    return "–" if words.missing(value) else column.format.write(value)

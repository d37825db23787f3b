"""Commands that ask the stored prices and print rows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date, datetime
from typing import Any

from rich.console import Console

from app.commands.printing import console, print_table, write
from app.kinds.answer import Answer
from app.kinds.column import Column
from app.kinds.parameters import Reading, option_of, read_params
from app.kinds.question import Question
from app.market import words
from app.market.asof import parse_asof
from app.market.market import Market
from app.questions.drawdowns import falls
from app.settings import load_settings
from models.errors import AftershockError

DONE, PARTIAL = 0, 1
# Falls that are still open or regained speak for themselves in a dash.
_SILENT = (falls.EPISODE_COLUMNS, falls.SELLOFF_COLUMNS)


def ask(question: Question[Any], texts: Mapping[str, str], form: str) -> int:
    """Ask a question by the texts of its options, and print the answer in the form wanted.

    Names that are not known are left out, which is said; the exit code tells it too.
    """
    market = Market(load_settings())
    try:
        reading = Reading(market.universe, market.now())
        params, left = read_params(question.params, texts, reading, option_of)
        for sentence in left:
            console(err=True).print(sentence, soft_wrap=True, markup=False)
        sheet = question.answer(market, params)
    finally:
        market.close()
    show(sheet, form)
    return PARTIAL if left else DONE


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


def show(sheet: Answer, form: str, terminal: tuple[str, ...] = ()) -> None:
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


def _remarks(sheet: Answer) -> list[str]:
    """What to know of names, one line a reason; what a dash or a zero says by itself is left out."""
    if sheet.columns in _SILENT:
        return []
    told: dict[str, list[str]] = {}
    for note in sheet.notes:
        if note.reason not in (falls.OPEN, falls.AT_RECORD):
            told.setdefault(note.reason, []).append(note.symbol or "all")
    return [f"{', '.join(symbols)}: {reason}." for reason, symbols in told.items()]


def _print(screen: Console, sheet: Answer) -> None:
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

"""Commands about held rows, and about what was known when."""

from __future__ import annotations

import getpass
from typing import Any

from app.commands.asking import show
from app.commands.printing import write
from app.kinds.answer import Answer
from app.market import words
from app.questions.quarantine import CASE_COLUMNS, COLUMNS, case_of, compared, decide
from app.questions.quarantine import listed as held_rows
from app.questions.revisions import known_sheet
from app.settings import load_settings
from models.reasons import reason_words
from models.store import Store, dataset_version
from models.tickers import find_symbol
from models.universe import load_universe

DONE = 0
_TABLE = ("id", "symbol", "session", "meaning", "close", "state")


def listed(symbol: str | None, form: str, *, decided: bool) -> int:
    """Print the held rows."""
    settings = load_settings()
    with Store.open(settings.store_url) as store:
        symbol = _symbol(symbol) if symbol else None
        rows = held_rows(store, symbol=symbol, decided=decided)
        params = {"symbol": symbol, "all": decided}
        sheet = Answer(settings.clock(), dataset_version(store), False, params, COLUMNS, rows)
    if form == "table" and not rows:
        write("No row is held.")
    else:
        show(sheet, form, _TABLE if form == "table" else ())
    return DONE


def _symbol(text: str) -> str:
    """The symbol that was typed; one that has left the universe is still the store's, as it is written."""
    return find_symbol(text, load_universe(load_settings().universe)) or text


def shown(number: int, form: str) -> int:
    """Print one held row among its neighbours."""
    settings = load_settings()
    with Store.open(settings.store_url) as store:
        case = case_of(store, number)
        about: dict[str, Any] = {
            "id": case.id,
            "symbol": case.held.symbol,
            "session": case.held.session,
            "reason": case.held.reason,
            "meaning": reason_words(case.held.reason),
            "detail": case.held.detail,
            "state": case.state,
            "by": case.by,
            "why": case.why,
        }
        sentence = f"{case.held.symbol}, {words.day(case.held.session)}: {case.held.detail}"
        if case.state != "open":
            sentence += f" {case.state.capitalize()} by {case.by}: {case.why}."
        sheet = Answer(
            settings.clock(),
            dataset_version(store),
            False,
            {"id": number},
            CASE_COLUMNS,
            compared(case),
            facts={"held": about},
            sentence=sentence,
        )
    show(sheet, form)
    return DONE


def decided(number: int, what: str, reason: str, by: str | None) -> int:
    """Release a row or confirm it, and say what follows."""
    settings = load_settings()
    with Store.open(settings.store_url) as store:
        name = by or getpass.getuser()
        write(decide(store, number, what, by=name, why=reason, now=settings.clock()).sentence)
    return DONE


def known(symbol: str, when: str, form: str, *, every: bool) -> int:
    """Print a name as it was known on a date."""
    settings = load_settings()
    with Store.open(settings.store_url) as store:
        sheet = known_sheet(store, _symbol(symbol), when, settings.clock(), every=every)
    if form == "table" and not sheet.rows:
        write(sheet.sentence)
    else:
        show(sheet, form)
    return DONE

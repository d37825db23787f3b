"""How each name moved in one session: what `aftershock moves` prints."""

from __future__ import annotations

from datetime import date
from typing import Any

import numpy as np

from app import words
from app.answers.rows import number, sheet_of
from app.data import View
from app.sheets import Note, Sheet
from models.analytics.returns import day_moves
from models.errors import NoPricesError
from models.types import Flag, session64
from models.universe import Instrument

MOVES = ("close_return", "gap_return", "session_return", "low_return")
MOVE_COLUMNS = ("symbol", "session", *MOVES, "status")


def moves(view: View, on: date) -> Sheet:
    """Every instrument's session of one date: close, gap, session and low moves, and its status.

    Raises
    ------
    NoPricesError
        If the date lies before the first stored session.
    """
    _check_reach(view, on)
    panel, day = view.panel, session64(on)
    row = int(np.searchsorted(panel.sessions, day, side="right"))
    known = row > 0 and bool(panel.sessions[row - 1] == day)
    # The move of a day needs the bar before it, which a lapse can put far back: the whole past.
    columns = (panel.open[:row], panel.low[:row], panel.close[:row], panel.adj_close[:row])
    values = {name: found[-1] for name, found in day_moves(*columns).items()} if known else {}
    rows, notes = [], []
    for item in view.universe.instruments:
        column = next(iter(view.columns((item.symbol,))), None)
        here = known and column is not None and bool(panel.present[row - 1, column])
        line: dict[str, Any] = {"symbol": item.symbol, "session": on, **dict.fromkeys(MOVES)}
        if here:
            line |= {name: number(values[name][column]) for name in MOVES}
            line["status"] = "final" if panel.final[row - 1, column] else "provisional"
            notes += _move_notes(view, item, line, row - 1, column or 0)
        else:
            line["status"], reason = _absence(view, item, on, column)
            notes.append(Note(item.symbol, MOVES, reason))
        rows.append(line)
    return sheet_of(view, on, {"on": on}, MOVE_COLUMNS, rows, notes)


def _check_reach(view: View, on: date) -> None:
    if view.empty:
        raise NoPricesError(f"No price is stored up to {on}; run `aftershock backfill --since {on}`.")
    first = view.panel.sessions[0].item()
    if on < first:
        raise NoPricesError(
            f"The first stored session is {first}; run `aftershock backfill --since {on}` for earlier ones."
        )


def _absence(view: View, item: Instrument, on: date, column: int | None) -> tuple[str, str]:
    """Status and reason of a name without a bar on a date."""
    if not item.active_on(on):
        return "not listed", f"the symbol stood for this security {_span(item)}"
    calendar = view.calendars[item.exchange.calendar]
    if not calendar.is_session(on):
        return "closed", f"{item.exchange.city} held no session on {on}"
    own = np.flatnonzero(view.panel.present[:, column]) if column is not None else np.zeros(0, np.intp)
    if not len(own):
        return "missing", "no price is stored"
    first = view.panel.sessions[own[0]].item()
    if on < first:
        return "missing", f"the first stored session is {first}"
    if not _traded(view, item, on):
        return "closed", f"no name of {item.exchange.city} has a bar of {on}: probably an unscheduled closure"
    return "missing", f"{item.exchange.city} traded, and no bar of {on} is stored"


def _traded(view: View, item: Instrument, on: date) -> bool:
    """Whether the exchange held its session as far as the stored bars tell."""
    row = int(np.searchsorted(view.panel.sessions, session64(on)))
    if row == len(view.panel.sessions) or view.panel.sessions[row] != session64(on):
        return True
    column = view.columns((item.symbol,))
    return bool(view.open_exchange[row, column].any())


def _span(item: Instrument) -> str:
    parts = [f"from {item.start}"] if item.start else []
    return " ".join([*parts, f"until {item.end}"] if item.end else parts)


def _move_notes(view: View, item: Instrument, line: dict[str, Any], row: int, column: int) -> list[Note]:
    """What to know of a name's moves: which are missing and why, a lapse before them, a suspect bar."""
    notes = []
    own = np.flatnonzero(view.panel.present[:row, column])
    absent = tuple(name for name in MOVES if line[name] is None)
    if absent:
        reason = (
            _missing_prices(view, row, column) if len(own) else "there is no close before the first session"
        )
        notes.append(Note(item.symbol, absent, reason))
    if len(own):
        before = view.panel.sessions[own[-1]].item()
        skipped = view.calendars[item.exchange.calendar].between(before, line["session"])[1:-1]
        if len(skipped):
            lapse = words.count(len(skipped), "session")
            notes.append(
                Note(item.symbol, MOVES, f"measured from {before}: {lapse} in between without a bar")
            )
    flags = Flag(int(view.panel.flags[row, column]))
    if flags:
        named = ", ".join(str(flag.name).lower().replace("_", " ") for flag in flags)
        notes.append(Note(item.symbol, (), f"the bar is suspect: {named}"))
    return notes


def _missing_prices(view: View, row: int, column: int) -> str:
    prices = {"open": view.panel.open, "low": view.panel.low, "close": view.panel.close}
    gone = [name for name, values in prices.items() if np.isnan(values[row, column])]
    return f"no {words.join(gone)} is stored" if gone else "the session before has no close"

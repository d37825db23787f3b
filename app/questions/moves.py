"""How each name moved in one session: what `aftershock moves` prints."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np

from app.kinds.answer import Answer, Note, answer_of, number
from app.kinds.column import DAY, MOVE, SYMBOL, TEXT, Column, columns
from app.kinds.parameters import Params, session
from app.kinds.question import Question
from app.market import words
from app.market.holes import missing_session, over_words, skipped_sessions
from app.market.market import View
from models.analytics.holes import no_trade
from models.analytics.returns import day_moves
from models.errors import NoPricesError
from models.sessions import GRACE
from models.types import Flag, Instant, session64
from models.universe import Instrument

MOVES = ("close_return", "gap_return", "session_return", "low_return")
MOVE_COLUMNS = (
    Column("symbol", SYMBOL),
    Column("session", DAY),
    *columns(MOVE, "close_return", "gap_return", "session_return", "low_return"),
    Column("status", TEXT),
)


def moves(view: View, on: date) -> Answer:
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
            withheld = item.kind == "rate" or view.over_hole[row - 1, column]
            line |= {name: None if withheld else number(values[name][column]) for name in MOVES}
            line["status"] = "final" if panel.final[row - 1, column] else "provisional"
            notes += _move_notes(view, item, line, row - 1, column or 0)
        else:
            line["status"], reason = _absence(view, item, on, column)
            notes.append(Note(item.symbol, MOVES, reason))
        rows.append(line)
    return answer_of(view, on, {"on": on}, MOVE_COLUMNS, rows, notes)


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
    calendar, city = view.calendars[item.exchange.calendar], item.exchange.city
    if not calendar.is_session(on):
        return "closed", f"{city} held no session on {on}"
    if calendar.open_of(on) > view.moment:
        return "not yet open", f"{city} opens {_clock(calendar.open_of(on), view.moment)}"
    if calendar.close_of(on) > view.moment:
        return (
            "open",
            f"{city} is in session, closes {_clock(calendar.close_of(on), view.moment)}; no bar yet",
        )
    own = np.flatnonzero(view.panel.present[:, column]) if column is not None else np.zeros(0, np.intp)
    if not len(own):
        return "missing", "no price is stored"
    first = view.panel.sessions[own[0]].item()
    if on < first:
        return "missing", f"the first stored session is {first}"
    if not view.expects(calendar.id, on):
        return "closed", missing_session(view, item, on)
    if not _traded(view, item, on):
        return _untraded(view, item, on)
    return "missing", f"{city} traded, and no bar of {on} is stored"


def _untraded(view: View, item: Instrument, on: date) -> tuple[str, str]:
    """Status and reason where no name of an exchange has a bar of a session it should have held."""
    days, reason = view.still.get(item.exchange.calendar), missing_session(view, item, on)
    if days is not None and session64(on) in days:
        return "stale", reason
    calendar = view.calendars[item.exchange.calendar]
    if not calendar.closed_by(np.array([session64(on)]), view.moment, GRACE)[0]:
        return "missing", f"{item.exchange.city} has closed; its bars are due 90 minutes later"
    return "missing", reason


def _traded(view: View, item: Instrument, on: date) -> bool:
    """Whether any name of the exchange has a bar of the session."""
    row = int(np.searchsorted(view.panel.sessions, session64(on)))
    if row == len(view.panel.sessions) or view.panel.sessions[row] != session64(on):
        return False
    return bool(view.traded_exchange[row, view.columns((item.symbol,))].any())


def _clock(at: Instant, now: Instant) -> str:
    """An hour in UTC, with its day where that is not today's."""
    return f"{at:%H:%M} UTC" if at.date() == now.date() else f"{at:%a} {at:%H:%M} UTC"


def _span(item: Instrument) -> str:
    parts = [f"from {item.start}"] if item.start else []
    return " ".join([*parts, f"until {item.end}"] if item.end else parts)


def _move_notes(view: View, item: Instrument, line: dict[str, Any], row: int, column: int) -> list[Note]:
    """What to know of a name's moves: which are missing and why, a lapse before them, a suspect bar."""
    notes = []
    own = np.flatnonzero(view.panel.present[:row, column])
    absent = tuple(name for name in MOVES if line[name] is None)
    skipped = skipped_sessions(view, column, row)
    if skipped:
        notes.append(Note(item.symbol, MOVES, f"withheld: {over_words(skipped)}"))
    elif item.kind == "rate":
        before = float(view.panel.close[own[-1], column]) if len(own) else np.nan
        change = words.signed((float(view.panel.close[row, column]) - before) * 100, 1)
        told = f"a yield moves in basis points: {change}" if np.isfinite(before) else "a yield has no return"
        notes.append(Note(item.symbol, MOVES, told))
    elif absent:
        reason = (
            _missing_prices(view, row, column) if len(own) else "there is no close before the first session"
        )
        notes.append(Note(item.symbol, absent, reason))
    if not view.expects(item.exchange.calendar, line["session"]) and view.calendars[
        item.exchange.calendar
    ].is_session(line["session"]):
        notes.append(Note(item.symbol, (), missing_session(view, item, line["session"])))
    elif item.kind not in ("index", "fx", "rate") and _idle(view, row, column):
        notes.append(Note(item.symbol, (), "no trade: no volume, and the close before is repeated"))
    flags = Flag(int(view.panel.flags[row, column]))
    if flags:
        named = ", ".join(str(flag.name).lower().replace("_", " ") for flag in flags)
        notes.append(Note(item.symbol, (), f"the bar is suspect: {named}"))
    return notes


def _idle(view: View, row: int, column: int) -> bool:
    """Whether a name's bar is that of a name that did not trade."""
    panel, upto = view.panel, slice(0, row + 1)
    cells = (panel.close[upto, [column]], panel.volume[upto, [column]], panel.present[upto, [column]])
    return bool(no_trade(*cells)[-1, 0])


def _missing_prices(view: View, row: int, column: int) -> str:
    prices = {"open": view.panel.open, "low": view.panel.low, "close": view.panel.close}
    gone = [name for name, values in prices.items() if np.isnan(values[row, column])]
    return f"no {words.join(gone)} is stored" if gone else "the session before has no close"


@dataclass(frozen=True, slots=True)
class MovesParams(Params):
    """What may be asked of the moves of a date."""

    on: str = session(help="The session date.", required=True)


MOVES_OF_A_DAY = Question(
    "moves",
    MovesParams,
    ask=lambda ground, params: moves(ground.view, date.fromisoformat(params.on)),
    then=lambda params: params.on,
)

"""Answers in rows: what the command line prints and the pages put in their tables and CSV.

Each function takes a :class:`~app.data.View` and gives a :class:`Sheet`, so that a page and a
command can never disagree. Fractions, ISO dates, and a note for each value that is missing.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, time
from typing import Any, Literal

import numpy as np
import pandas as pd

from app import words
from app.data import Currency, View
from app.sheets import Note, Sheet
from app.standings import Standing, basket_standing, names_standing
from models.analytics.baskets import BasketPath
from models.analytics.episodes import drawdown_episodes
from models.analytics.relay import LEGS, basket_legs, relay_legs
from models.analytics.returns import day_moves, session_legs
from models.analytics.selloffs import selloff_table
from models.errors import NoPricesError
from models.types import Flag, Floats, Instant, session64
from models.universe import Instrument

Kind = Literal["selloff", "drawdown"]
MOVES = ("close_return", "gap_return", "session_return", "low_return")
MOVE_COLUMNS = ("symbol", "session", *MOVES, "status")
DRAWDOWN_COLUMNS = (
    *("symbol", "drawdown", "peak", "first_down", "trough", "recovered", "sessions"),
    *("max_drawdown", "max_peak", "max_trough", "percentile"),
)
EPISODE_COLUMNS = (
    *("symbol", "peak", "first_down", "trough", "recovered", "depth"),
    *("sessions", "sessions_to_trough", "sessions_to_recovery"),
)
AT_RECORD, OPEN = "at its record: no fall is open", "the fall is open"
SELLOFF_COLUMNS = (
    *("symbol", "peak", "first_down", "onset", "trough", "recovered", "depth", "sessions"),
    *("started_by", "started_leg", "breadth", "largest_losers"),
)


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
            line |= {name: _number(values[name][column]) for name in MOVES}
            line["status"] = "final" if panel.final[row - 1, column] else "provisional"
            notes += _move_notes(view, item, line, row - 1, column or 0)
        else:
            line["status"], reason = _absence(view, item, on, column)
            notes.append(Note(item.symbol, MOVES, reason))
        rows.append(line)
    return _sheet(view, on, {"on": on}, MOVE_COLUMNS, rows, notes)


def drawdowns(
    view: View, basket: str = "all", currency: Currency = "local", as_of: date | datetime | None = None
) -> Sheet:
    """Where each name of a basket stands below its record close, and its worst fall; deepest first.

    Beside the rows the basket's own line, by its level; no line while it has no level.
    """
    _with_prices(view, basket)
    standing, rows, notes = names_standing(view, currency), [], []
    for symbol in view.universe.basket(basket).symbols:
        if symbol in standing:
            row = _standing_row(standing[symbol])
            found = (_drawdown_note(row), _stale_note(view, standing[symbol]))
        else:
            row = dict.fromkeys(DRAWDOWN_COLUMNS) | {"symbol": symbol}
            found = (Note(symbol, DRAWDOWN_COLUMNS[1:], _no_standing(view, symbol)), None)
        rows.append(row)
        notes += [note for note in found if note]
    rows.sort(key=lambda row: (row["drawdown"] is None, row["drawdown"] or 0.0))
    whole, missing = _basket_row(view, basket, currency)
    params = {"basket": basket, "currency": currency, "as_of": as_of}
    sheet = _sheet(view, as_of, params, DRAWDOWN_COLUMNS, rows, notes + ([missing] if missing else []))
    return replace(sheet, basket=whole)


def episodes(
    view: View,
    kind: Kind = "selloff",
    basket: str = "all",
    currency: Currency = "local",
    threshold: float = 0.10,
    as_of: date | datetime | None = None,
) -> Sheet:
    """Falls past: selloff legs of the basket, or drawdown episodes of its names at least as deep."""
    params = {"kind": kind, "basket": basket, "currency": currency, "threshold": threshold, "as_of": as_of}
    if kind == "selloff":
        frame = selloffs(view, basket, currency, threshold)
        frame = frame.assign(symbol=basket, started_by=frame["starter"], started_leg=frame["starter_leg"])
        rows = _records(frame.assign(largest_losers=_losers(frame["losers"])), SELLOFF_COLUMNS)
        reasons = frame["starter_reason"].tolist()
        notes = [note for row, why in zip(rows, reasons, strict=True) for note in _selloff_notes(row, why)]
        return _sheet(view, as_of, params, SELLOFF_COLUMNS, rows, notes)
    columns = _with_prices(view, basket)
    names = [view.panel.symbols[column] for column in columns]
    found = drawdown_episodes(view.panel.sessions, view.prices(currency)[:, columns], names)
    rows = _records(found[found["depth"] <= -threshold], EPISODE_COLUMNS)
    missing = ("recovered", "sessions_to_recovery")
    notes = [
        Note(row["symbol"], missing, f"the fall from {row['peak']} is open")
        for row in rows
        if row["recovered"] is None
    ]
    return _sheet(view, as_of, params, EPISODE_COLUMNS, rows, notes)


def selloffs(view: View, basket: str, currency: Currency = "local", threshold: float = 0.10) -> pd.DataFrame:
    """The selloff legs of a basket with starter, breadth, losers and the session of recovery."""

    def make() -> pd.DataFrame:
        path = view.basket(basket, currency)
        columns = _with_prices(view, basket)
        names = [view.panel.symbols[column] for column in columns]
        prices = view.prices(currency)[:, columns]
        legs = selloff_table(path.sessions, path.level, relay(view), prices, names, threshold=threshold)
        return legs.assign(recovered=_regained(path, legs))

    return view.remember(("selloffs", basket, currency, threshold), make)


def _regained(path: BasketPath, legs: pd.DataFrame) -> np.ndarray:
    """First session after each leg's peak whose level is back at the peak's; NaT while there is none."""
    days, found = path.sessions, np.full(len(legs), np.datetime64("NaT", "s"))
    for number, peak in enumerate(legs["peak"].to_numpy().astype("datetime64[D]")):
        row = int(np.searchsorted(days, peak))
        back = np.flatnonzero(path.level[row + 1 :] >= path.level[row])
        if len(back):
            found[number] = days[row + 1 + back[0]]
    return found


def relay(view: View) -> pd.DataFrame:
    """Every leg of the relay between the Asian and the US basket, in clock order, with its z."""

    def make() -> pd.DataFrame:
        panel = view.panel
        gap, session = session_legs(panel.open, panel.close, panel.adj_close)
        legs: dict[str, Floats] = {}
        for side in ("asia", "us"):
            own = view.columns(view.universe.basket(side).symbols)
            parts = basket_legs(
                panel.sessions, gap[:, own], session[:, own], view.open_exchange[:, own], view.active[:, own]
            )
            legs |= {f"{side}_gap": parts[0], f"{side}_session": parts[1]}
        return relay_legs(panel.sessions, {leg: legs[leg] for leg in LEGS})

    return view.remember("relay", make)


def _standing_row(item: Standing) -> dict[str, Any]:
    return {name: _plain(getattr(item, name)) for name in DRAWDOWN_COLUMNS}


def _basket_row(view: View, basket: str, currency: Currency) -> tuple[dict[str, Any] | None, Note | None]:
    """The basket's own line, and a note for what it lacks; without a level there is only the note."""
    try:
        row = _standing_row(basket_standing(view, basket, view.universe.basket(basket).label, currency))
    except NoPricesError as error:
        return None, Note(basket, DRAWDOWN_COLUMNS[1:], str(error))
    return row, _drawdown_note(row)


def _no_standing(view: View, symbol: str) -> str:
    columns = view.columns((symbol,))
    stored = bool(view.panel.present[:, columns].any())
    return "no exchange rate is stored" if stored else "no price is stored"


def _with_prices(view: View, basket: str) -> list[int]:
    """Columns of the basket's names that have a bar."""
    columns = view.columns(view.universe.basket(basket).symbols)
    found = [column for column in columns if view.panel.present[:, column].any()]
    if not found:
        raise NoPricesError(
            f"No name of the basket {basket!r} has a price by then; run `aftershock ingest once`."
        )
    return found


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


def _drawdown_note(row: dict[str, Any]) -> Note | None:
    missing = tuple(name for name in DRAWDOWN_COLUMNS if row[name] is None)
    if not missing:
        return None
    if row["drawdown"] == 0:
        return Note(row["symbol"], missing, AT_RECORD)
    return Note(row["symbol"], missing, OPEN)


def _stale_note(view: View, item: Standing) -> Note | None:
    """A name whose exchange went on without it: it stands where its last bar left it."""
    column = view.columns((item.symbol,))
    after = (view.panel.sessions > session64(item.last)) & view.active[:, column[0]]
    missed = int(view.open_exchange[after, column[0]].sum())
    if not missed:
        return None
    fields = ("drawdown", "trough", "sessions", "percentile")
    reason = f"the last bar is of {item.last}, {words.count(missed, 'session')} ago"
    return Note(item.symbol, fields, reason)


def _selloff_notes(row: dict[str, Any], why: str) -> list[Note]:
    notes = [Note(row["symbol"], ("started_by", "started_leg"), f"{row['peak']}: {why}")]
    if row["recovered"] is None:
        notes.append(
            Note(row["symbol"], ("recovered",), f"the fall from {row['peak']} has not been regained")
        )
    return notes


def _losers(pairs: Iterable[Sequence[tuple[str, float]]]) -> list[list[dict[str, Any]]]:
    return [[{"symbol": symbol, "change": float(change)} for symbol, change in group] for group in pairs]


def _sheet(
    view: View,
    as_of: Instant | date | None,
    params: dict[str, Any],
    columns: tuple[str, ...],
    rows: list[dict[str, Any]],
    notes: list[Note],
) -> Sheet:
    standing = as_of or view.last_session
    if standing is None:
        raise NoPricesError("No prices yet. Run `aftershock ingest once`.")
    return Sheet(standing, view.panel.version, view.simulated, params, columns, rows, notes)


def _records(frame: pd.DataFrame, columns: tuple[str, ...]) -> list[dict[str, Any]]:
    """Rows of plain values: dates, numbers and text, None where there is none."""
    cells = [[_plain(value) for value in frame[name]] for name in columns]
    return [dict(zip(columns, values, strict=True)) for values in zip(*cells, strict=True)]


def _plain(value: Any) -> Any:
    if isinstance(value, str | list | bool) or value is None:
        return value
    if pd.isna(value):
        return None
    if isinstance(value, datetime):
        return value.date()
    return value.item() if isinstance(value, np.generic) else value


def _number(value: Any) -> float | None:
    return float(value) if np.isfinite(value) else None


def moment_of(as_of: date | datetime | None, now: Instant) -> Instant | None:
    """The instant of an as-of that was asked for; None means now.

    A date stands for its last minute in UTC: by then every exchange has closed its session of
    that date, New York's too, and none has opened the next.

    Raises
    ------
    NoPricesError
        If it has not come yet.
    """
    if as_of is None:
        return None
    end = as_of if isinstance(as_of, datetime) else datetime.combine(as_of, time(23, 59), UTC)
    if end > now and (isinstance(as_of, datetime) or as_of > now.date()):
        raise NoPricesError(f"{as_of} has not come yet; the clock says {now:%Y-%m-%d %H:%M} UTC.")
    return min(end, now)

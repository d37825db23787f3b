"""How deep each name stands, and the falls past."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import date, datetime
from typing import Any, Literal

import numpy as np
import pandas as pd

from app.kinds.answer import Answer, Note, answer_of, plain, records
from app.kinds.column import COUNT, DAY, MOVE, MOVES, PERCENTILE, SHARE, SYMBOL, TEXT, Column, columns, keys
from app.market import words
from app.market.asof import priced_columns
from app.market.left_out import membership
from app.market.market import Currency, View
from app.market.standings import Standing, basket_standing, names_standing
from app.questions.relay.legs import walk
from models.analytics.baskets import BasketPath
from models.analytics.episodes import drawdown_episodes
from models.analytics.selloffs import selloff_table
from models.errors import NoPricesError
from models.types import session64

Kind = Literal["selloff", "drawdown"]
WORST_DAYS = 10
DRAWDOWN_COLUMNS = (
    Column("symbol", SYMBOL),
    Column("drawdown", MOVE),
    *columns(DAY, "peak", "first_down", "trough", "recovered"),
    Column("sessions", COUNT),
    Column("max_drawdown", MOVE),
    *columns(DAY, "max_peak", "max_trough"),
    Column("percentile", PERCENTILE),
)
EPISODE_COLUMNS = (
    Column("symbol", SYMBOL),
    *columns(DAY, "peak", "first_down", "trough", "recovered"),
    Column("depth", MOVE),
    *columns(COUNT, "sessions", "sessions_to_trough", "sessions_to_recovery"),
)
AT_RECORD, OPEN = "at its record: no fall is open", "the fall is open"
SELLOFF_COLUMNS = (
    Column("symbol", SYMBOL),
    *columns(DAY, "peak", "first_down", "onset", "trough", "recovered"),
    Column("depth", MOVE),
    Column("sessions", COUNT),
    *columns(TEXT, "started_by", "started_leg"),
    Column("breadth", SHARE),
    Column("largest_losers", MOVES),
)


def drawdowns(
    view: View, basket: str = "all", currency: Currency = "local", as_of: date | datetime | None = None
) -> Answer:
    """Where each name of a basket stands below its record close, and its worst fall; deepest first.

    Beside the rows the basket's own line, by its level; no line while it has no level.
    """
    priced_columns(view, basket)
    standing, rows, notes = names_standing(view, currency), [], []
    for symbol in view.universe.basket(basket).symbols:
        if symbol in standing:
            row = _standing_row(standing[symbol])
            found = (_drawdown_note(row), _stale_note(view, standing[symbol]))
        else:
            row = dict.fromkeys(keys(DRAWDOWN_COLUMNS)) | {"symbol": symbol}
            found = (Note(symbol, keys(DRAWDOWN_COLUMNS[1:]), _no_standing(view, symbol)), None)
        rows.append(row)
        notes += [note for note in found if note]
    rows.sort(key=lambda row: (row["drawdown"] is None, row["drawdown"] or 0.0))
    whole, missing = _basket_row(view, basket, currency)
    then = membership(view, basket, currency)
    if then is not None and then.told:
        notes.append(Note(basket, ("percentile",), then.told))
    params = {"basket": basket, "currency": currency, "as_of": as_of}
    sheet = answer_of(view, as_of, params, DRAWDOWN_COLUMNS, rows, notes + ([missing] if missing else []))
    return replace(sheet, basket=whole)


def episodes(
    view: View,
    kind: Kind = "selloff",
    basket: str = "all",
    currency: Currency = "local",
    threshold: float = 0.10,
    as_of: date | datetime | None = None,
) -> Answer:
    """Falls past: selloff legs of the basket, or drawdown episodes of its names at least as deep."""
    params = {"kind": kind, "basket": basket, "currency": currency, "threshold": threshold, "as_of": as_of}
    if kind == "selloff":
        frame = selloffs(view, basket, currency, threshold)
        frame = frame.assign(symbol=basket, started_by=frame["starter"], started_leg=frame["starter_leg"])
        rows = records(frame.assign(largest_losers=_losers(frame["losers"])), keys(SELLOFF_COLUMNS))
        reasons = frame["starter_reason"].tolist()
        notes = [note for row, why in zip(rows, reasons, strict=True) for note in _selloff_notes(row, why)]
        return answer_of(view, as_of, params, SELLOFF_COLUMNS, rows, notes)
    columns = priced_columns(view, basket)
    names = [view.panel.symbols[column] for column in columns]
    found = drawdown_episodes(view.panel.sessions, view.prices(currency)[:, columns], names)
    rows = records(found[found["depth"] <= -threshold], keys(EPISODE_COLUMNS))
    missing = ("recovered", "sessions_to_recovery")
    notes = [
        Note(row["symbol"], missing, f"the fall from {row['peak']} is open")
        for row in rows
        if row["recovered"] is None
    ]
    return answer_of(view, as_of, params, EPISODE_COLUMNS, rows, notes)


def selloffs(view: View, basket: str, currency: Currency = "local", threshold: float = 0.10) -> pd.DataFrame:
    """The selloff legs of a basket with starter, breadth, losers and the session of recovery."""

    def make() -> pd.DataFrame:
        path = view.basket(basket, currency)
        columns = priced_columns(view, basket)
        names = [view.panel.symbols[column] for column in columns]
        prices = view.prices(currency)[:, columns]
        legs = selloff_table(path.sessions, path.level, walk(view), prices, names, threshold=threshold)
        return legs.assign(recovered=_regained(path, legs))

    return view.remember(("selloffs", basket, currency, threshold), make)


def worst_days(
    view: View, basket: str, since: date, currency: Currency = "local", until: date = date.max
) -> pd.DataFrame:
    """The basket's worst days between two dates, in order: ``session, fall``, its two largest ``losers``."""

    def make() -> pd.DataFrame:
        path, days = view.basket(basket, currency), view.panel.sessions
        columns = view.columns(view.universe.basket(basket).symbols)
        inside = (days >= session64(since)) & (days <= session64(until))
        rows = np.flatnonzero(inside & np.isfinite(path.returns) & (path.returns < 0))
        rows = np.sort(rows[np.argsort(path.returns[rows], kind="stable")[:WORST_DAYS]])
        losers = []
        for row in rows:
            falls = view.returns(currency)[row, columns]
            order = [place for place in np.argsort(falls, kind="stable") if np.isfinite(falls[place])][:2]
            losers.append([(view.panel.symbols[columns[place]], float(falls[place])) for place in order])
        return pd.DataFrame({"session": days[rows], "fall": path.returns[rows], "losers": losers})

    return view.remember(("worst days", basket, since, currency, until), make)


def _regained(path: BasketPath, legs: pd.DataFrame) -> np.ndarray:
    """First session after each leg's peak whose level is back at the peak's; NaT while there is none."""
    days, found = path.sessions, np.full(len(legs), np.datetime64("NaT", "s"))
    for number, peak in enumerate(legs["peak"].to_numpy().astype("datetime64[D]")):
        row = int(np.searchsorted(days, peak))
        back = np.flatnonzero(path.level[row + 1 :] >= path.level[row])
        if len(back):
            found[number] = days[row + 1 + back[0]]
    return found


def _standing_row(item: Standing) -> dict[str, Any]:
    return {name: plain(getattr(item, name)) for name in keys(DRAWDOWN_COLUMNS)}


def _basket_row(view: View, basket: str, currency: Currency) -> tuple[dict[str, Any] | None, Note | None]:
    """The basket's own line, and a note for what it lacks; without a level there is only the note."""
    try:
        row = _standing_row(basket_standing(view, basket, view.priced(basket, currency).label, currency))
    except NoPricesError as error:
        return None, Note(basket, keys(DRAWDOWN_COLUMNS[1:]), str(error))
    return row, _drawdown_note(row)


def _no_standing(view: View, symbol: str) -> str:
    columns = view.columns((symbol,))
    stored = bool(view.panel.present[:, columns].any())
    return "no exchange rate is stored" if stored else "no price is stored"


def _drawdown_note(row: dict[str, Any]) -> Note | None:
    missing = tuple(name for name in keys(DRAWDOWN_COLUMNS) if row[name] is None)
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

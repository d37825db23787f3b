"""Rows that the checks hold back: listed, shown beside what is stored around them, and decided on."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

import pandas as pd

from app.kinds.column import COUNT, DAY, INSTANT, PRICE, SYMBOL, TEXT, Column, columns
from app.market import words
from models.errors import AftershockError
from models.noting import author
from models.reasons import RELEASABLE, reason_words
from models.store import HeldCase, Store, confirm, held_case, quarantined, release
from models.types import BAR_FIELDS, Instant

COLUMNS = (
    Column("id", TEXT),
    Column("symbol", SYMBOL),
    Column("session", DAY),
    Column("reason", TEXT),
    Column("close", PRICE),
    *columns(TEXT, "meaning", "state"),
    Column("seen_at", INSTANT),
)
CASE_COLUMNS = (
    Column("session", DAY),
    Column("is", TEXT),
    *columns(PRICE, "open", "high", "low", "close", "adj_close"),
    Column("volume", COUNT),
)
RECEIVED, STORED = "received", "stored"
LONGEST_WHY = 500


class HeldError(AftershockError, ValueError):
    """There is no such row, or a decision about it cannot be taken as it was given."""


@dataclass(frozen=True, slots=True)
class Decision:
    """What came of it, in one sentence."""

    sentence: str


def listed(store: Store, *, symbol: str | None = None, decided: bool = False) -> list[dict[str, Any]]:
    """The held rows, newest session first; with ``decided`` those that are settled too."""
    frame = quarantined(store, symbol=symbol, open_only=not decided)
    return [
        {
            "id": int(row["id"]),
            "symbol": row["symbol"],
            "session": words.as_date(row["session"]),
            "reason": row["reason"],
            "close": json.loads(row["row"]).get("close"),
            "meaning": reason_words(row["reason"]),
            "state": _state(row),
            "seen_at": row["seen_at"].to_pydatetime(),
        }
        for row in frame.to_dict("records")
    ]


def _state(row: dict[Any, Any]) -> str:
    if not pd.isna(row["released_at"]):
        return f"released by {row['released_by']}: {row['released_why']}"
    if not pd.isna(row["confirmed_at"]):
        return f"confirmed by {row['confirmed_by']}: {row['confirmed_why']}"
    return "open"


def case_of(store: Store, number: int) -> HeldCase:
    """One held row with the bars around it.

    Raises
    ------
    HeldError
        If there is none of that number.
    """
    found = held_case(store, number)
    if found is None:
        raise HeldError(f"There is no held row {number}; `aftershock quarantine list --all` names them.")
    return found


def compared(case: HeldCase) -> list[dict[str, Any]]:
    """The row as received among the stored bars around it, by session."""
    bars = case.around
    rows = [
        {"session": day, "is": STORED} | {name: float(getattr(bars, name)[at]) for name in BAR_FIELDS}
        for at, day in enumerate(bars.sessions.tolist())
    ]
    mine = {"session": case.held.session, "is": RECEIVED} | {
        name: case.held.row.get(name) for name in BAR_FIELDS
    }
    day = case.held.session
    place = sum(day is not None and row["session"] <= day for row in rows)
    return [_plain(row) for row in (*rows[:place], mine, *rows[place:])]


def _plain(row: dict[str, Any]) -> dict[str, Any]:
    return {
        name: None if isinstance(value, float) and value != value else value for name, value in row.items()
    }


def decide(store: Store, number: int, what: str, *, by: str, why: str, now: Instant) -> Decision:
    """Release a held row, or confirm that it is wrong.

    Raises
    ------
    HeldError
        If the row is unknown or settled, or no reason was given.
    EventRefusedError
        If the name is none.
    """
    reason = " ".join(why.split())
    if not reason:
        raise HeldError("Say why: the reason is kept with the decision.")
    if len(reason) > LONGEST_WHY:
        raise HeldError(f"The reason is too long ({len(reason):,d} of {LONGEST_WHY} characters).")
    case, name = case_of(store, number), author(by)
    done = (release if what == "release" else confirm)(store, number, by=name, why=reason, now=now)
    row = f"Row {number}, {case.held.symbol} of {words.day(case.held.session)},"
    if not done:
        raise HeldError(f"{row} is {case.state} already, by {case.by}: {case.why}.")
    if what == "confirm":
        return Decision(f"{row} is confirmed as wrong: it stays out of every figure.")
    if case.held.reason in RELEASABLE:
        return Decision(f"{row} is released: the next run asks for it and stores it if it comes the same.")
    return Decision(f"{row} is released from the list; it holds no price that could be stored.")


__all__ = [
    "CASE_COLUMNS",
    "COLUMNS",
    "Decision",
    "HeldError",
    "case_of",
    "compared",
    "decide",
    "listed",
]

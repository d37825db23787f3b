"""Rows that failed a check: kept once, and released by a person or by a better answer."""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import numpy as np
import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from models.store.blocks import read_records, unpack
from models.store.engine import Store
from models.store.schema import instrument, quarantine, run_item
from models.types import Bars, HeldRow, session64

RELEASED_BY_SOURCE = "source"
RELEASED_WHY = "the source gave a bar that passes"

OPEN = quarantine.c.released_at.is_(None) & quarantine.c.confirmed_at.is_(None)
"""Rows that nobody has looked at, and no better answer has taken the place of."""

_OPEN_ROWS = sa.select(quarantine.c.id, quarantine.c.session, quarantine.c.digest).where(
    quarantine.c.instrument_id == sa.bindparam("instrument"),
    OPEN,
    quarantine.c.session.is_not(None),
)


def release(store: Store, quarantine_id: int, *, by: str, why: str, now: datetime) -> bool:
    """Release a quarantined row, and return whether it was held until now.

    The row itself becomes a bar when the source gives it again, which the next run asks for.
    """
    with store.writing() as connection:
        done = connection.execute(
            sa.update(quarantine)
            .where(quarantine.c.id == quarantine_id, quarantine.c.released_at.is_(None))
            .values(released_at=now, released_by=by, released_why=why)
        )
    return done.rowcount == 1


def confirm(store: Store, quarantine_id: int, *, by: str, why: str, now: datetime) -> bool:
    """Confirm that a held row is wrong, and return whether it was open until now.

    It stays out of the prices, and off the list of what waits to be looked at.
    """
    with store.writing() as connection:
        done = connection.execute(
            sa.update(quarantine)
            .where(quarantine.c.id == quarantine_id, OPEN)
            .values(confirmed_at=now, confirmed_by=by, confirmed_why=why)
        )
    return done.rowcount == 1


@dataclass(frozen=True, slots=True, eq=False)
class HeldCase:
    """A held row with what a person needs to judge it.

    ``state`` is ``open``, ``released`` or ``confirmed``, with who said so, when and why; ``around`` are
    the stored bars of the sessions next to it, and of its own if there is one.
    """

    id: int
    held: HeldRow
    seen_at: datetime
    run: int
    state: str
    by: str | None
    why: str | None
    at: datetime | None
    around: Bars


def held_case(store: Store, quarantine_id: int, *, neighbours: int = 3) -> HeldCase | None:
    """Return a held row beside the stored bars around its session, None if there is no such row."""
    query = (
        sa.select(quarantine, instrument.c.symbol, run_item.c.run_id)
        .join(instrument, instrument.c.id == quarantine.c.instrument_id)
        .join(run_item, run_item.c.id == quarantine.c.item_id)
        .where(quarantine.c.id == quarantine_id)
    )
    with store.reading() as connection:
        row = connection.execute(query).first()
        if row is None:
            return None
        bars = unpack(row.symbol, read_records(connection, row.instrument_id))
    state = "released" if row.released_at else "confirmed" if row.confirmed_at else "open"
    by, why, at = (getattr(row, f"{state}_{name}", None) for name in ("by", "why", "at"))
    held = HeldRow(row.symbol, row.session, row.reason, row.detail, json.loads(row.row))
    around = bars.take(slice(0, 0)) if row.session is None else _around(bars, row.session, neighbours)
    return HeldCase(row.id, held, row.seen_at, row.run_id, state, by, why, at, around)


def _around(bars: Bars, day: date, neighbours: int) -> Bars:
    at = int(np.searchsorted(bars.sessions, session64(day)))
    own = at < len(bars) and bars.sessions[at] == session64(day)
    return bars.take(slice(max(0, at - neighbours), at + own + neighbours))


@dataclass(frozen=True, slots=True)
class Released:
    """A row that a person released, and when."""

    held: HeldRow
    at: datetime


def released(store: Store) -> dict[str, list[Released]]:
    """Return the rows that a person released, by symbol; what a source released itself is left out."""
    query = (
        sa.select(
            instrument.c.symbol,
            *(quarantine.c[name] for name in ("session", "reason", "detail", "row")),
            quarantine.c.released_at,
        )
        .join(instrument, instrument.c.id == quarantine.c.instrument_id)
        .where(quarantine.c.released_at.is_not(None), quarantine.c.released_by != RELEASED_BY_SOURCE)
        .order_by(quarantine.c.id)
    )
    with store.reading() as connection:
        rows = connection.execute(query).all()
    found: dict[str, list[Released]] = {}
    for row in rows:
        held = HeldRow(row.symbol, row.session, row.reason, row.detail, json.loads(row.row))
        found.setdefault(row.symbol, []).append(Released(held, row.released_at))
    return found


def write_held(
    connection: sa.Connection,
    instrument_id: int,
    item_id: int,
    held: Sequence[HeldRow],
    bars: Bars,
    now: datetime,
) -> None:
    """Keep the rows an answer held, and release those of sessions that it gave a final bar for.

    A row that was held before, whether released since or not, stays as it is.
    """
    rows = {(row := _held_row(instrument_id, item_id, item, now))["digest"]: row for item in held}
    if rows:
        connection.execute(insert_for(connection)(quarantine).on_conflict_do_nothing(), list(rows.values()))
    _release_passed(connection, instrument_id, set(rows), bars, now)


def _held_row(instrument_id: int, item_id: int, held: HeldRow, now: datetime) -> dict[str, Any]:
    text = json.dumps({str(key): _plain(value) for key, value in held.row.items()}, sort_keys=True)
    identity = f"{instrument_id}|{held.session}|{held.reason}|{text}"
    return {
        "instrument_id": instrument_id,
        "session": held.session,
        "reason": held.reason,
        "detail": readable(held.detail),
        "row": text,
        "digest": hashlib.sha256(identity.encode()).hexdigest(),
        "seen_at": now,
        "item_id": item_id,
    }


def _plain(value: Any) -> Any:
    # JSON knows no NaN, and a source's own types only by their text.
    if isinstance(value, float):
        return value if math.isfinite(value) else None if math.isnan(value) else str(value)
    return value if value is None or isinstance(value, (bool, int, str)) else str(value)


def readable(text: str | None) -> str | None:
    """Return a text as either database can keep it."""
    # Neither database takes half a surrogate pair, nor Postgres a NUL.
    return text and text.encode("utf-8", "backslashreplace").decode().replace("\0", "\\0")


def _release_passed(
    connection: sa.Connection, instrument_id: int, digests: set[str], bars: Bars, now: datetime
) -> None:
    open_rows = connection.execute(_OPEN_ROWS, {"instrument": instrument_id}).all()
    if not open_rows:
        return
    passed = set(bars.sessions[bars.final].tolist())
    held_now = {row.session for row in open_rows if row.digest in digests}
    done = [row.id for row in open_rows if row.session in passed and row.session not in held_now]
    if done:
        connection.execute(
            sa.update(quarantine)
            .where(quarantine.c.id.in_(done))
            .values(released_at=now, released_by=RELEASED_BY_SOURCE, released_why=RELEASED_WHY)
        )


def insert_for(connection: sa.Connection) -> Any:
    """Return the dialect's insert, the one that knows ON CONFLICT."""
    return sqlite.insert if connection.dialect.name == "sqlite" else postgresql.insert

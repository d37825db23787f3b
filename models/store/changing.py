"""What became of names and closes that a person should hear of: gone from the source, or moved by it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa

from models.limits import REVISED_FAR
from models.store.engine import Store
from models.store.schema import bar, bar_revision, instrument, run_item

REBASED = "re-based "
"""How the line of a run begins to say that a history was put on another basis; the ratio follows."""


def days_not_found(store: Store) -> dict[str, int]:
    """Return on how many days in UTC a source said that it has no such symbol, since its last answer.

    Symbols that were found the last time are left out.
    """
    answered = (
        sa.select(run_item.c.instrument_id, sa.func.max(run_item.c.id).label("id"))
        .where(run_item.c.failure.is_(None))
        .group_by(run_item.c.instrument_id)
        .subquery()
    )
    query = (
        sa.select(instrument.c.symbol, run_item.c.at)
        .join(instrument, instrument.c.id == run_item.c.instrument_id)
        .outerjoin(answered, answered.c.instrument_id == run_item.c.instrument_id)
        .where(run_item.c.failure == "not_found", run_item.c.id > sa.func.coalesce(answered.c.id, 0))
    )
    with store.reading() as connection:
        rows = connection.execute(query).all()
    days: dict[str, set[str]] = {}
    for row in rows:
        days.setdefault(row.symbol, set()).add(row.at.date().isoformat())
    return {symbol: len(found) for symbol, found in days.items()}


def last_answer(store: Store) -> datetime | None:
    """Return when a source last answered for any name, None before the first answer."""
    query = sa.select(run_item.c.at).where(run_item.c.failure.is_(None)).order_by(run_item.c.id.desc())
    with store.reading() as connection:
        found: datetime | None = connection.scalar(query.limit(1))
    return found


def rebased(store: Store) -> dict[str, tuple[str, datetime]]:
    """Return the last time that a source put a name's whole history on another basis: ratio and instant."""
    noted = run_item.c.failure.is_(None) & run_item.c.detail.like(f"%{REBASED}%")
    last = sa.select(sa.func.max(run_item.c.id)).where(noted).group_by(run_item.c.instrument_id)
    query = sa.select(instrument.c.symbol, run_item.c.detail, run_item.c.at).join(instrument)
    with store.reading() as connection:
        rows = connection.execute(query.where(run_item.c.id.in_(last))).all()
    return {row.symbol: (row.detail.split(REBASED, 1)[1], row.at) for row in rows}


LEFT_OUT = "Left out: "
"""How it says what of an answer was no part of it, such as a split that cannot be; no price moved by that."""


@dataclass(frozen=True, slots=True)
class Moved:
    """Closes of a name that a source moved far: how many, and the one that moved furthest.

    ``was`` and ``now`` are closes of ``session``, local currency; ``at`` is when the source changed it.
    """

    count: int
    session: date
    was: float
    now: float
    at: datetime


def moved_since(store: Store, since: datetime) -> dict[str, Moved]:
    """Return the final closes of each name that a source has moved far since an instant, re-bases left out.

    Far is more than the ``REVISED_FAR`` of :mod:`models.limits`.
    """
    same = (bar.c.instrument_id == bar_revision.c.instrument_id) & (bar.c.session == bar_revision.c.session)
    far = sa.func.abs(bar.c.close / bar_revision.c.close - 1)
    said = run_item.c.detail
    left_out = said.like(f"{LEFT_OUT}%") | said.like(f"late, {LEFT_OUT}%")
    plain = said.is_(None) | (said == "late") | left_out
    columns = bar_revision.c.session, bar_revision.c.close.label("was"), bar.c.close.label("now")
    query = (
        sa.select(instrument.c.symbol, *columns, run_item.c.at)
        .join(bar, same)
        .join(run_item, run_item.c.id == bar_revision.c.replaced_by)
        .join(instrument, instrument.c.id == bar_revision.c.instrument_id)
        .where(bar_revision.c.final, bar_revision.c.close != 0, run_item.c.at >= since, plain)
        .where(far > REVISED_FAR)
        .order_by(instrument.c.symbol, far.desc())
    )
    with store.reading() as connection:
        rows = connection.execute(query).all()
    by_name: dict[str, list[Any]] = {}
    for row in rows:
        by_name.setdefault(row.symbol, []).append(row)
    return {
        symbol: Moved(len({row.session for row in found}), *found[0][1:]) for symbol, found in by_name.items()
    }

"""What became of names and closes that a person should hear of: gone from the source, or moved by it."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa

from models.limits import REVISED_FAR
from models.store.engine import Store
from models.store.schema import bar, bar_revision, instrument, run_item


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


def moved_since(store: Store, since: datetime) -> dict[str, int]:
    """Return how many final closes of a name a source has moved far since an instant, re-bases left out.

    Far is more than the ``REVISED_FAR`` of :mod:`models.limits`.
    """
    same = (bar.c.instrument_id == bar_revision.c.instrument_id) & (bar.c.session == bar_revision.c.session)
    far = sa.func.abs(bar.c.close / bar_revision.c.close - 1) > REVISED_FAR
    plain = run_item.c.detail.is_(None) | (run_item.c.detail == "late")
    query = (
        sa.select(instrument.c.symbol, sa.func.count(sa.distinct(bar_revision.c.session)))
        .join(bar, same)
        .join(run_item, run_item.c.id == bar_revision.c.replaced_by)
        .join(instrument, instrument.c.id == bar_revision.c.instrument_id)
        .where(bar_revision.c.final, bar_revision.c.close != 0, run_item.c.at >= since, plain, far)
        .group_by(instrument.c.symbol)
        .order_by(instrument.c.symbol)
    )
    with store.reading() as connection:
        return {row[0]: row[1] for row in connection.execute(query)}

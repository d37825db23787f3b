"""Sources that are left alone for a while: kept, so that a restart or a command does not ask them sooner."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from models.store.engine import Store
from models.store.guards import source_pause
from models.store.holding import insert_for


@dataclass(frozen=True, slots=True)
class Pause:
    """Why a source is left alone, since when and until when, and for the how-many-th time in a row."""

    source: str
    reason: str
    since: datetime
    until: datetime
    times: int


def pause_source(store: Store, source: str, *, reason: str, until: datetime, now: datetime) -> None:
    """Leave a source alone until an instant; one that is being left alone counts one more time."""
    row = {"source": source, "reason": reason, "since": now, "until": until, "times": 1}
    with store.writing() as connection:
        statement = insert_for(connection)(source_pause).values(row)
        again = {"reason": reason, "until": until, "times": source_pause.c.times + 1}
        connection.execute(statement.on_conflict_do_update(index_elements=["source"], set_=again))


def resume_source(store: Store, source: str) -> None:
    """Say that a source answers again."""
    with store.writing() as connection:
        connection.execute(sa.delete(source_pause).where(source_pause.c.source == source))


def pauses(store: Store) -> dict[str, Pause]:
    """Return the sources that were left alone and have not answered since, by name."""
    with store.reading() as connection:
        rows = connection.execute(sa.select(source_pause)).all()
    return {row.source: Pause(row.source, row.reason, row.since, row.until, row.times) for row in rows}

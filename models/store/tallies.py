"""Counts of what the store holds and of what was asked, for whoever watches over it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from models.store.engine import Store
from models.store.schema import bar, ingest_run, instrument, quarantine, run_item


@dataclass(frozen=True, slots=True)
class Tallies:
    """What is stored and was asked so far.

    ``answers`` counts the lines of every run by class: ``answered``, or what failed;
    ``last_success`` gives each exchange's last answer, in UTC.
    """

    bars: int
    held: int
    runs: dict[str, int]
    answers: dict[str, int]
    last_success: dict[str, datetime]


def tallies(store: Store) -> Tallies:
    """Count in one snapshot of the database; the index answers, no bar is read."""
    answered = sa.func.coalesce(run_item.c.failure, "answered")
    last = (
        sa.select(instrument.c.exchange, sa.func.max(run_item.c.at).label("at"))
        .join(run_item, run_item.c.instrument_id == instrument.c.id)
        .where(run_item.c.failure.is_(None))
        .group_by(instrument.c.exchange)
    )
    with store.reading() as connection:
        return Tallies(
            bars=_count(connection, sa.select(sa.func.count()).select_from(bar)),
            held=_count(
                connection,
                sa.select(sa.func.count()).select_from(quarantine).where(quarantine.c.released_at.is_(None)),
            ),
            runs=_by(
                connection, sa.select(ingest_run.c.status, sa.func.count()).group_by(ingest_run.c.status)
            ),
            answers=_by(connection, sa.select(answered, sa.func.count()).group_by(answered)),
            last_success={row[0]: row[1] for row in connection.execute(last)},
        )


def _count(connection: sa.Connection, query: Any) -> int:
    return int(connection.scalar(query) or 0)


def _by(connection: sa.Connection, query: Any) -> dict[str, int]:
    return {str(row[0]): int(row[1]) for row in connection.execute(query)}

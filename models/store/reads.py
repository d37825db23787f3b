"""Everything that is asked of the store, answered in plain rows and frames."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import numpy as np
import pandas as pd
import sqlalchemy as sa

from models.errors import UnknownSymbolError
from models.store.blocks import Records, joined, read_records, read_years, sessions_of, unpack
from models.store.engine import Store
from models.store.holding import OPEN
from models.store.schema import (
    bar_revision,
    corporate_action,
    dataset,
    ingest_run,
    instrument,
    quarantine,
    run_item,
)
from models.store.schema import view as view_table
from models.types import Action, Bars, Bools, Sessions, session64


@dataclass(frozen=True, slots=True, eq=False)
class StoredSessions:
    """What is stored of a symbol: sessions and whether each is final, both shape (n,).

    ``seen_at`` is when the source last answered about it, None before the first answer.
    """

    symbol: str
    sessions: Sessions
    final: Bools
    seen_at: datetime | None


@dataclass(frozen=True, slots=True)
class Attempt:
    """The last time a symbol was asked for, and how many tries failed since an answer.

    ``failing_since`` is the first of those tries; None when the last one was answered.
    """

    symbol: str
    at: datetime
    failure: str | None
    detail: str | None
    consecutive_failures: int
    failing_since: datetime | None


@dataclass(frozen=True, slots=True)
class RunProgress:
    """A run and how far it is; every symbol counts once, by its last line.

    ``late`` counts those to be tried again (the source limited, failed for a while, or had
    no bar yet), ``refused`` those it answered in a way that cannot be used.
    """

    run: int
    trigger: str
    source: str
    status: str
    started_at: datetime
    finished_at: datetime | None
    total: int
    done: int
    late: int
    refused: int
    stored: int
    revised: int
    quarantined: int


LATE = frozenset({"late", "rate_limit", "transient", "clock_skew"})


def dataset_version(store: Store) -> int:
    """Return the version of the data, raised by each commit that changes prices."""
    with store.reading() as connection:
        return int(connection.scalar(sa.select(dataset.c.version)) or 0)


def stored_bars(store: Store, symbol: str, since: date | None = None) -> Bars:
    """Return the stored bars of a symbol, from a session on if given.

    Raises
    ------
    UnknownSymbolError
        If the symbol is no instrument of the store.
    """
    with store.reading() as connection:
        records = read_records(connection, _instrument_id(connection, symbol))
    if since is not None:
        records = records[sessions_of(records) >= session64(since)]
    return unpack(symbol, records)


def stored_actions(store: Store, symbol: str, source: str | None = None) -> list[Action]:
    """Return the corporate actions of a symbol, ordered by session; those of one source when it is named.

    Raises
    ------
    UnknownSymbolError
        If the symbol is no instrument of the store.
    """
    table = corporate_action
    with store.reading() as connection:
        key = _instrument_id(connection, symbol)
        query = sa.select(table.c.session, table.c.kind, table.c.value).where(table.c.instrument_id == key)
        if source is not None:
            query = query.join(run_item, run_item.c.id == table.c.item_id).where(run_item.c.source == source)
        rows = connection.execute(query.order_by(table.c.session, table.c.kind)).all()
    return [Action(row.session, row.kind, row.value) for row in rows]


def _instrument_id(connection: sa.Connection, symbol: str) -> int:
    found = connection.scalar(sa.select(instrument.c.id).where(instrument.c.symbol == symbol))
    if found is None:
        raise UnknownSymbolError(symbol)
    return int(found)


def stored_sessions(store: Store, source: str | None = None) -> dict[str, StoredSessions]:
    """Return what is stored of every listed symbol, in the order of the universe.

    With a source, ``seen_at`` is when that one last answered: what a folder of files lacks
    says nothing about what another source has.
    """
    with store.reading() as connection:
        records = _records_by_symbol(connection)
        seen = _last_answers(connection, source)
    return {
        symbol: StoredSessions(symbol, sessions_of(found), found["final"].astype(np.bool_), seen.get(symbol))
        for symbol, found in records.items()
    }


def _records_by_symbol(connection: sa.Connection) -> dict[str, Records]:
    listed = sa.select(instrument.c.id, instrument.c.symbol).where(instrument.c.listed)
    symbols = {row.id: row.symbol for row in connection.execute(listed.order_by(instrument.c.position))}
    years: dict[int, list[tuple[int, Any]]] = {key: [] for key in symbols}
    for key, year, data in read_years(connection):
        if key in years:
            years[key].append((year, data))
    return {symbols[key]: joined([data for _, data in sorted(found)]) for key, found in years.items()}


def _last_answers(connection: sa.Connection, source: str | None = None) -> dict[str, datetime]:
    last = (
        sa.select(sa.func.max(run_item.c.id))
        .where(run_item.c.failure.is_(None), _from(source))
        .group_by(run_item.c.instrument_id)
    )
    query = sa.select(instrument.c.symbol, run_item.c.at).join(instrument).where(run_item.c.id.in_(last))
    return {row.symbol: row.at for row in connection.execute(query)}


def _from(source: str | None) -> sa.ColumnElement[bool]:
    return sa.true() if source is None else run_item.c.source == source


def attempts(store: Store, source: str | None = None) -> dict[str, Attempt]:
    """Return the last attempt at every symbol that was ever asked for, of one source if given."""
    answered = (
        sa.select(run_item.c.instrument_id, sa.func.max(run_item.c.id).label("id"))
        .where(run_item.c.failure.is_(None), _from(source))
        .group_by(run_item.c.instrument_id)
        .subquery()
    )
    since = (
        sa.select(
            run_item.c.instrument_id,
            sa.func.count().label("failures"),
            sa.func.min(run_item.c.id).label("first"),
        )
        .outerjoin(answered, answered.c.instrument_id == run_item.c.instrument_id)
        .where(run_item.c.id > sa.func.coalesce(answered.c.id, 0), _from(source))
        .group_by(run_item.c.instrument_id)
        .subquery()
    )
    last = sa.select(sa.func.max(run_item.c.id)).where(_from(source)).group_by(run_item.c.instrument_id)
    first = run_item.alias("first")
    query = (
        sa.select(
            instrument.c.symbol,
            run_item.c.at,
            run_item.c.failure,
            run_item.c.detail,
            sa.func.coalesce(since.c.failures, 0).label("failures"),
            first.c.at.label("failing_since"),
        )
        .join(instrument, instrument.c.id == run_item.c.instrument_id)
        .outerjoin(since, since.c.instrument_id == run_item.c.instrument_id)
        .outerjoin(first, first.c.id == since.c.first)
        .where(run_item.c.id.in_(last))
        .order_by(instrument.c.position)
    )
    with store.reading() as connection:
        rows = connection.execute(query).all()
    return {
        row.symbol: Attempt(row.symbol, row.at, row.failure, row.detail, row.failures, row.failing_since)
        for row in rows
    }


def coverage(store: Store) -> pd.DataFrame:
    """Return what is stored of each listed symbol, one row a symbol in universe order.

    Columns: symbol, first and last (sessions, NaT without bars), bars, provisional, suspect
    (bars with a flag), held (rows in quarantine now), revised (sessions whose final bar the
    source ever changed), seen_at (the last answer, UTC).
    """
    with store.reading() as connection:
        records = _records_by_symbol(connection)
        seen = _last_answers(connection)
        held = _counts(connection, quarantine, sa.func.count(), OPEN)
        sessions = sa.func.count(sa.distinct(bar_revision.c.session))
        revised = _counts(connection, bar_revision, sessions, bar_revision.c.final)
    rows = [_coverage_row(symbol, found) for symbol, found in records.items()]
    frame = pd.DataFrame(rows, columns=["symbol", "first", "last", "bars", "provisional", "suspect"])
    frame["held"] = [held.get(symbol, 0) for symbol in records]
    frame["revised"] = [revised.get(symbol, 0) for symbol in records]
    frame["seen_at"] = pd.to_datetime([seen.get(symbol) for symbol in records], utc=True)
    return frame.astype({"first": "datetime64[s]", "last": "datetime64[s]"})


def _coverage_row(symbol: str, records: Records) -> tuple[Any, ...]:
    days = sessions_of(records)
    first, last = (days[0], days[-1]) if len(days) else (np.datetime64("NaT"), np.datetime64("NaT"))
    provisional, suspect = int((records["final"] == 0).sum()), int((records["flags"] != 0).sum())
    return symbol, first, last, len(days), provisional, suspect


def _counts(connection: sa.Connection, table: sa.Table, count: Any, condition: Any) -> dict[str, int]:
    query = (
        sa.select(instrument.c.symbol, count)
        .join(table, table.c.instrument_id == instrument.c.id)
        .where(condition)
        .group_by(instrument.c.symbol)
    )
    return {row[0]: row[1] for row in connection.execute(query)}


def runs(store: Store, limit: int = 20) -> pd.DataFrame:
    """Return the last runs, newest first: run, trigger, source, status, total, started_at,
    finished_at, and over their lines answers, failures, late (to be tried again, as in
    :class:`RunProgress`; some of them are answers), refused, stored, revised, quarantined."""
    failed = sa.func.count(run_item.c.failure)
    passing = run_item.c.failure.in_(LATE)
    late = sa.func.count(
        sa.case((passing | (run_item.c.failure.is_(None) & run_item.c.detail.startswith("late")), 1))
    )
    refused = failed - sa.func.count(sa.case((passing, 1)))
    summed = ("stored", "revised", "quarantined")
    sums = [sa.func.coalesce(sa.func.sum(run_item.c[name]), 0).label(name) for name in summed]
    names = ("trigger", "source", "status", "total", "started_at", "finished_at")
    query = (
        sa.select(
            ingest_run.c.id.label("run"),
            *(ingest_run.c[name] for name in names),
            (sa.func.count(run_item.c.id) - failed).label("answers"),
            failed.label("failures"),
            late.label("late"),
            refused.label("refused"),
            *sums,
        )
        .outerjoin(run_item, run_item.c.run_id == ingest_run.c.id)
        .group_by(ingest_run.c.id)
        .order_by(ingest_run.c.id.desc())
        .limit(limit)
    )
    return _frame(store, query, instants=("started_at", "finished_at"))


def run_items(store: Store, run_id: int) -> pd.DataFrame:
    """Return the lines of a run in order: symbol, source, at, requested, stored, revised,
    unchanged, quarantined, failure, detail, duration (seconds)."""
    names = [column.name for column in run_item.c if column.name not in {"id", "run_id", "instrument_id"}]
    query = (
        sa.select(instrument.c.symbol, *(run_item.c[name] for name in names))
        .join(instrument, instrument.c.id == run_item.c.instrument_id)
        .where(run_item.c.run_id == run_id)
        .order_by(run_item.c.id)
    )
    return _frame(store, query, instants=("at",))


def quarantined(store: Store, *, symbol: str | None = None, open_only: bool = True) -> pd.DataFrame:
    """Return quarantined rows, newest session first: id, symbol, session, reason, detail, row
    (JSON, as received), seen_at, run, released_at, released_by, released_why, confirmed_at,
    confirmed_by, confirmed_why. Open ones are those that nobody released or confirmed."""
    table = quarantine
    query = (
        sa.select(
            table.c.id,
            instrument.c.symbol,
            *(table.c[name] for name in ("session", "reason", "detail", "row", "seen_at")),
            run_item.c.run_id.label("run"),
            *(
                table.c[f"{what}_{name}"]
                for what in ("released", "confirmed")
                for name in ("at", "by", "why")
            ),
        )
        .join(instrument, instrument.c.id == table.c.instrument_id)
        .join(run_item, run_item.c.id == table.c.item_id)
        .order_by(table.c.session.desc(), table.c.id.desc())
    )
    if symbol is not None:
        query = query.where(instrument.c.symbol == symbol)
    if open_only:
        query = query.where(OPEN)
    return _frame(store, query, instants=("seen_at", "released_at", "confirmed_at"), sessions=("session",))


def revisions(store: Store, symbol: str) -> pd.DataFrame:
    """Return what a symbol's bars said before, newest change first.

    Columns: session, open … volume (the former values, local currency), final (whether the
    former bar was), seen_at and revised_at (instants of the former and of the new value).
    """
    table, old, new = bar_revision, run_item.alias("old"), run_item.alias("new")
    values = ("open", "high", "low", "close", "adj_close", "volume", "final")
    query = (
        sa.select(
            table.c.session,
            *(table.c[name] for name in values),
            old.c.at.label("seen_at"),
            new.c.at.label("revised_at"),
        )
        .join(instrument, instrument.c.id == table.c.instrument_id)
        .join(old, old.c.id == table.c.item_id)
        .join(new, new.c.id == table.c.replaced_by)
        .where(instrument.c.symbol == symbol)
        .order_by(table.c.id.desc())
    )
    return _frame(store, query, instants=("seen_at", "revised_at"), sessions=("session",))


def _frame(
    store: Store, query: Any, *, instants: tuple[str, ...], sessions: tuple[str, ...] = ()
) -> pd.DataFrame:
    with store.reading() as connection:
        result = connection.execute(query)
        frame = pd.DataFrame(result.all(), columns=list(result.keys()))
    for name in instants:
        frame[name] = pd.to_datetime(frame[name], utc=True)
    for name in sessions:
        frame[name] = pd.to_datetime(frame[name]).astype("datetime64[s]")
    return frame


def latest_run(store: Store) -> RunProgress | None:
    """Return the running or the last run with its progress, None before the first."""
    with store.reading() as connection:
        run = connection.execute(sa.select(ingest_run).order_by(ingest_run.c.id.desc()).limit(1)).first()
        if run is None:
            return None
        items = connection.execute(
            sa.select(run_item).where(run_item.c.run_id == run.id).order_by(run_item.c.id)
        ).all()
    last = {item.instrument_id: item.failure or item.detail for item in items}
    failed = {item.instrument_id: item.failure is not None for item in items}
    late = {key for key, word in last.items() if word is not None and word.split(",")[0] in LATE}
    refused = {key for key, failure in failed.items() if failure} - late
    sums = {name: sum(getattr(item, name) for item in items) for name in ("stored", "revised", "quarantined")}
    return RunProgress(
        run=run.id,
        trigger=run.trigger,
        source=run.source,
        status=run.status,
        started_at=run.started_at,
        finished_at=run.finished_at,
        total=run.total,
        done=len(last) - len(late) - len(refused),
        late=len(late),
        refused=len(refused),
        **sums,
    )


def view(store: Store, view_id: str) -> tuple[str, str] | None:
    """Return the path and the query a view ID stands for, None if it is unknown."""
    query = sa.select(view_table.c.path, view_table.c.query).where(view_table.c.id == view_id)
    with store.reading() as connection:
        row = connection.execute(query).first()
    return None if row is None else (row.path, row.query)

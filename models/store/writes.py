"""Everything that changes the store. One answer is one transaction."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

import sqlalchemy as sa

from models.errors import UnknownSymbolError
from models.store.blocks import pack, read_records
from models.store.bulk import bulk_for
from models.store.engine import Store
from models.store.holding import insert_for, readable, write_held
from models.store.merging import Change, check_bars, compare
from models.store.schema import (
    bar_block,
    corporate_action,
    dataset,
    ingest_run,
    instrument,
    run_item,
    view,
)
from models.types import Action, Bars, HeldRow
from models.universe import Instrument, Universe

# Built once: putting a statement together costs as much as a small one takes to run.
_LOCKED = (
    sa.select(instrument.c.id)
    .where(instrument.c.symbol == sa.bindparam("symbol"))
    .with_for_update(key_share=True)
)
_DROP_YEARS = sa.delete(bar_block).where(
    bar_block.c.instrument_id == sa.bindparam("instrument"),
    bar_block.c.year.in_(sa.bindparam("years", expanding=True)),
)
_PACK_YEAR = sa.insert(bar_block)
_ACTIONS = sa.select(corporate_action.c.session, corporate_action.c.kind, corporate_action.c.value).where(
    corporate_action.c.instrument_id == sa.bindparam("instrument")
)
_BUMP = sa.update(dataset).values(version=dataset.c.version + 1)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What an answer did: rows asked about, and what became of each.

    ``requested`` is the sum of the others. ``marked`` rows kept their prices and changed
    their final mark or their flags. ``removed`` counts stored sessions that a replacing
    answer no longer held; they are no part of the request.
    """

    requested: int
    inserted: int
    revised: int
    unchanged: int
    held: int
    marked: int = 0
    removed: int = 0
    changed: bool = False


def sync_instruments(store: Store, universe: Universe) -> bool:
    """Make the instruments those of the universe, in its order, and return whether any changed.

    A symbol that left the universe keeps its history and is no longer listed.
    """
    wanted = [_instrument_row(position, item) for position, item in enumerate(universe.instruments)]
    with store.writing() as connection:
        stored = {row["symbol"]: dict(row) for row in connection.execute(sa.select(instrument)).mappings()}
        changed = [row for row in wanted if _differs(stored.get(row["symbol"]), row)]
        symbols = {row["symbol"] for row in wanted}
        gone = [symbol for symbol, row in stored.items() if row["listed"] and symbol not in symbols]
        if changed:
            _upsert(connection, instrument, ["symbol"], changed)
        if gone:
            connection.execute(
                sa.update(instrument).where(instrument.c.symbol.in_(gone)).values(listed=False)
            )
        if changed or gone:
            _bump(connection)
    return bool(changed or gone)


def _instrument_row(position: int, item: Instrument) -> dict[str, Any]:
    return {
        "symbol": item.symbol,
        "name": item.name,
        "exchange": item.exchange.mic,
        "currency": item.currency,
        "region": item.region,
        "layer": item.layer.id,
        "kind": item.kind,
        "start": item.start,
        "end": item.end,
        "proxy_of": item.proxy_of,
        "position": position,
        "listed": True,
    }


def _differs(stored: dict[str, Any] | None, row: dict[str, Any]) -> bool:
    return stored is None or any(stored[name] != value for name, value in row.items())


def start_run(store: Store, *, trigger: str, source: str, now: datetime, total: int | None = None) -> int:
    """Open a run and return its number; a run that another start left open was interrupted.

    Parameters
    ----------
    trigger
        What asked for it: ``schedule``, ``user``, ``import`` and the like.
    source
        Where prices come from, for instance ``yahoo``.
    total
        How many symbols it is about; by default every listed one.
    """
    with store.writing() as connection:
        connection.execute(
            sa.update(ingest_run)
            .where(ingest_run.c.status == "running")
            .values(status="interrupted", finished_at=now)
        )
        if total is None:
            total = connection.scalar(sa.select(sa.func.count()).where(instrument.c.listed)) or 0
        row = {"trigger": trigger, "source": source, "status": "running", "total": total, "started_at": now}
        return _inserted(connection, ingest_run, row)


def finish_run(
    store: Store, run_id: int, *, status: Literal["done", "partial", "failed"], now: datetime
) -> None:
    """Close a run."""
    with store.writing() as connection:
        connection.execute(
            sa.update(ingest_run).where(ingest_run.c.id == run_id).values(status=status, finished_at=now)
        )


def store_answer(
    store: Store,
    run_id: int,
    bars: Bars,
    *,
    actions: Sequence[Action] = (),
    held: Sequence[HeldRow] = (),
    withdrawn: Sequence[Action] = (),
    source: str,
    replace: bool = False,
    duration: float = 0.0,
    note: str | None = None,
    now: datetime,
) -> Outcome:
    """Store what a source said about one symbol, all of it or nothing.

    Bars, revisions, corporate actions, quarantined rows and the run's line are one
    transaction. A row that is as it was is not written, and when no price or action changed
    the version of the data set stays.

    Parameters
    ----------
    bars
        Checked bars of one symbol, sessions increasing. Prices in local currency; NaN where
        the source gave nothing. A stored final bar is kept against a provisional one.
    actions
        Corporate actions; one of the same session and kind takes the new value.
    held
        Rows that failed a check. A held row is kept once, however often it comes; one whose
        session later passes is released by itself.
    withdrawn
        Stored actions that the source reports no more; they are taken out.
    replace
        The answer is the symbol's whole history on a new basis: what is stored goes to the
        revisions, and no session stays on the old basis.
    duration
        Seconds the answer took.
    note
        A word on the run's line, such as ``late`` or ``re-based 10:1``.

    Raises
    ------
    UnknownSymbolError
        If the symbol is no instrument of the store.
    ValueError
        If the bars could not have passed a check, or ``replace`` comes without bars.
    StoreError
        If the database refuses; nothing was stored.
    """
    check_bars(bars)
    if replace and not len(bars):
        raise ValueError(f"{bars.symbol}: an empty answer cannot replace a history")
    answered = pack(bars)
    with store.writing() as connection:
        instrument_id = _locked_instrument(connection, bars.symbol)
        change = compare(read_records(connection, instrument_id), answered, replace=replace)
        item_id = _inserted(
            connection,
            run_item,
            {
                **_item_row(run_id, instrument_id, source, duration, now),
                "requested": len(bars) + len(held),
                "stored": change.inserted,
                "revised": change.revised,
                "unchanged": change.unchanged,
                "quarantined": len(held),
                "detail": readable(note),
            },
        )
        if not change.empty:
            _write_bars(connection, instrument_id, item_id, change)
        acted = _write_actions(connection, instrument_id, item_id, actions, withdrawn, replace=replace)
        write_held(connection, instrument_id, item_id, held, bars, now)
        changed = acted or not change.empty
        if changed:
            _bump(connection)
    return Outcome(
        requested=len(bars) + len(held),
        inserted=change.inserted,
        revised=change.revised,
        unchanged=change.unchanged,
        held=len(held),
        marked=change.marked,
        removed=len(change.removed),
        changed=changed,
    )


def record_failure(
    store: Store,
    run_id: int,
    symbol: str,
    *,
    failure: str,
    detail: str,
    duration: float,
    now: datetime,
    source: str = "",
) -> None:
    """Record that a source gave no usable answer about a symbol, and why.

    Raises
    ------
    UnknownSymbolError
        If the symbol is no instrument of the store.
    """
    with store.writing() as connection:
        instrument_id = _locked_instrument(connection, symbol)
        row = _item_row(run_id, instrument_id, source, duration, now)
        _inserted(connection, run_item, row | {"failure": failure, "detail": readable(detail)})


def save_view(store: Store, view_id: str, path: str, query: str, now: datetime) -> None:
    """Keep what a view ID stands for; an ID that is known keeps what it stood for."""
    row = {"id": view_id, "path": path, "query": query, "created": now}
    with store.writing() as connection:
        connection.execute(insert_for(connection)(view).values(row).on_conflict_do_nothing())


def _item_row(run_id: int, instrument_id: int, source: str, duration: float, now: datetime) -> dict[str, Any]:
    row = {
        "run_id": run_id,
        "instrument_id": instrument_id,
        "source": source,
        "at": now,
        "duration": duration,
    }
    return row | dict.fromkeys(("requested", "stored", "revised", "unchanged", "quarantined"), 0)


def _locked_instrument(connection: sa.Connection, symbol: str) -> int:
    # The lock makes the comparison hold until the commit; on SQLite the transaction has it already.
    found = connection.scalar(_LOCKED, {"symbol": symbol})
    if found is None:
        raise UnknownSymbolError(symbol)
    return int(found)


def _write_bars(connection: sa.Connection, instrument_id: int, item_id: int, change: Change) -> None:
    bulk = bulk_for(connection)
    years = change.packed_years()
    # First of all, because the triggers of a hand correction look for packed years.
    connection.execute(_DROP_YEARS, {"instrument": instrument_id, "years": list(years)})
    if len(change.superseded):
        bulk.keep_old(connection, instrument_id, item_id, change.superseded)
    if len(change.removed):
        bulk.remove(connection, instrument_id, change.removed)
    if len(change.upserts):
        bulk.upsert(connection, instrument_id, item_id, change.upserts)
    packed = [
        {"instrument_id": instrument_id, "year": year, "data": records.tobytes()}
        for year, records in years.items()
        if len(records)
    ]
    if packed:
        connection.execute(_PACK_YEAR, packed)


def _write_actions(
    connection: sa.Connection,
    instrument_id: int,
    item_id: int,
    actions: Sequence[Action],
    withdrawn: Sequence[Action],
    *,
    replace: bool,
) -> bool:
    table = corporate_action
    rows_now = connection.execute(_ACTIONS, {"instrument": instrument_id})
    stored = {(row.session, row.kind): row.value for row in rows_now}
    given = {(action.session, action.kind): float(action.value) for action in actions}
    rows = [
        {"instrument_id": instrument_id, "session": session, "kind": kind, "value": value, "item_id": item_id}
        for (session, kind), value in given.items()
        if stored.get((session, kind)) != value
    ]
    no_more = {(action.session, action.kind) for action in withdrawn}
    gone = [key for key in stored if key not in given and (replace or key in no_more)]
    for session, kind in gone:
        connection.execute(
            sa.delete(table).where(
                table.c.instrument_id == instrument_id, table.c.session == session, table.c.kind == kind
            )
        )
    if rows:
        _upsert(connection, table, ["instrument_id", "session", "kind"], rows)
    return bool(rows or gone)


def _bump(connection: sa.Connection) -> None:
    # Last in its transaction: on Postgres every writer queues for this row.
    connection.execute(_BUMP)


def _inserted(connection: sa.Connection, table: sa.Table, row: dict[str, Any]) -> int:
    key = connection.execute(sa.insert(table).values(row)).inserted_primary_key
    assert key is not None  # a single-row insert always has one
    return int(key[0])


def _upsert(connection: sa.Connection, table: sa.Table, keys: list[str], rows: list[dict[str, Any]]) -> None:
    statement = insert_for(connection)(table)
    values = {name: statement.excluded[name] for name in rows[0] if name not in keys}
    connection.execute(statement.on_conflict_do_update(index_elements=keys, set_=values), rows)

"""Events in the store: the catalogue that ships, what people note, and every change with who and when.

Whoever changes an event names the version they saw. A change made on another version than the stored
one is refused whole, with both: two editors lose nothing. Nothing is ever deleted.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict, fields, replace
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from models.errors import EventConflictError, UnknownEventError
from models.events import (
    Claim,
    Event,
    LedgerItem,
    Revision,
    Step,
    event_of_plain,
    plain_event,
    same_content,
)
from models.store.engine import Store
from models.store.schema import claim, dataset, event, event_revision, event_symbol
from models.store.schema import ledger as ledger_table
from models.types import Instant

CATALOGUE = "catalogue"
"""Who changes an event when a newer catalogue does."""
_CLAIM = tuple(item.name for item in fields(Claim))
_LEDGER = tuple(item.name for item in fields(LedgerItem))
# Writers of events take turns at this row, so that what one compares holds until it commits.
_TURN = sa.select(dataset.c.catalogue).with_for_update()
_BUMP = sa.update(dataset).values(events=dataset.c.events + 1)


def events_version(store: Store) -> int:
    """Return the version of the events, raised by each commit that changes one; prices have their own."""
    with store.reading() as connection:
        return int(connection.scalar(sa.select(dataset.c.events)) or 0)


def catalogue_version(store: Store) -> int:
    """Return the version of the catalogue that was loaded last, 0 before the first."""
    with store.reading() as connection:
        return int(connection.scalar(sa.select(dataset.c.catalogue)) or 0)


def events(store: Store, include_retired: bool = False) -> list[Event]:
    """Return the events by day, retired ones only when asked for."""
    with store.reading() as connection:
        found = _read(connection, sa.true() if include_retired else ~event.c.retired)
    return sorted(found, key=lambda item: (item.day, item.id))


def event_of_id(store: Store, event_id: str) -> Event:
    """Return one event, retired or not.

    Raises
    ------
    UnknownEventError
        If there is none of this id.
    """
    with store.reading() as connection:
        return _stored(connection, event_id)


def event_history(store: Store, event_id: str) -> list[Revision]:
    """Return the changes of an event, newest first, each with what it said before.

    Raises
    ------
    UnknownEventError
        If there is none of this id.
    """
    table = event_revision
    query = sa.select(table).where(table.c.event_id == event_id).order_by(table.c.version.desc())
    with store.reading() as connection:
        _stored(connection, event_id)
        rows = connection.execute(query).all()
    return [
        Revision(
            row.event_id,
            row.version,
            row.step,
            row.changed_by,
            row.changed_at,
            event_of_plain(json.loads(row.before)) if row.before else None,
        )
        for row in rows
    ]


def ledger(store: Store) -> list[LedgerItem]:
    """Return the ledger in the order of the catalogue."""
    query = sa.select(*(ledger_table.c[name] for name in _LEDGER)).order_by(ledger_table.c.position)
    with store.reading() as connection:
        return [LedgerItem(*row) for row in connection.execute(query)]


def add_event(store: Store, new: Event, *, by: str, now: datetime) -> Event:
    """Store an event that people noted, and return it as stored.

    An id that is taken gets a number: two notes of one day with one title are two events.
    """
    with store.writing() as connection:
        connection.execute(_TURN)
        alike = event.c.id.startswith(new.id, autoescape=True)
        taken = set(connection.scalars(sa.select(event.c.id).where(alike)))
        numbers = (f"{new.id}-{number}" for number in range(2, len(taken) + 3))
        found = new.id if new.id not in taken else next(name for name in numbers if name not in taken)
        stored = replace(
            new, id=found, origin="people", version=1, retired=False, edited_by=by, edited_at=_whole(now)
        )
        _insert(connection, stored, touched=True)
        _note(connection, stored, "added", None)
    return stored


def edit_event(store: Store, changed: Event, *, expected_version: int, by: str, now: datetime) -> Event:
    """Store an event as someone changed it, and return it as stored.

    A change that says the same as is stored changes nothing. Origin and retirement stay as they are.

    Raises
    ------
    UnknownEventError
        If there is none of this id.
    EventConflictError
        If the stored version is another than the expected one; it carries both events.
    """
    with store.writing() as connection:
        connection.execute(_TURN)
        before = _expected(connection, changed.id, expected_version, changed)
        if same_content(before, changed):
            return before
        after = replace(
            changed,
            origin=before.origin,
            retired=before.retired,
            version=before.version + 1,
            edited_by=by,
            edited_at=_whole(now),
        )
        _update(connection, after, touched=True)
        _note(connection, after, "edited", before)
    return after


def retire(
    store: Store, event_id: str, *, by: str, now: datetime, expected_version: int | None = None
) -> Event:
    """Take an event off every list and chart, and return it; it is kept.

    Raises
    ------
    UnknownEventError
        If there is none of this id.
    EventConflictError
        If a version was expected and another is stored.
    """
    return _set_retired(store, event_id, True, by, now, expected_version)


def restore(
    store: Store, event_id: str, *, by: str, now: datetime, expected_version: int | None = None
) -> Event:
    """Bring a retired event back, and return it.

    Raises
    ------
    UnknownEventError
        If there is none of this id.
    EventConflictError
        If a version was expected and another is stored.
    """
    return _set_retired(store, event_id, False, by, now, expected_version)


def load_catalogue(
    store: Store, shipped: Sequence[Event], items: Sequence[LedgerItem], version: int, now: datetime
) -> bool:
    """Bring the events and the ledger that ship with the product in, and return whether anything was done.

    Done once for each version, and never for an older one. An event that a person edited stays as they
    left it; one that was retired stays retired; one that a newer catalogue no longer holds stays.
    """
    if catalogue_version(store) >= version:
        return False
    with store.writing() as connection:
        if int(connection.scalar(_TURN) or 0) >= version:
            return False  # another process was quicker
        stored = {item.id: item for item in _read(connection, sa.true())}
        touched = set(connection.scalars(sa.select(event.c.id).where(event.c.touched)))
        for item in shipped:
            if item.id not in touched:
                _bring(connection, item, stored.get(item.id), _whole(now))
        connection.execute(sa.delete(ledger_table))
        rows = [asdict(item) | {"position": position} for position, item in enumerate(items)]
        if rows:
            connection.execute(sa.insert(ledger_table), rows)
        connection.execute(sa.update(dataset).values(catalogue=version))
        connection.execute(_BUMP)
    return True


def _bring(connection: sa.Connection, item: Event, before: Event | None, now: Instant) -> None:
    item = replace(item, origin="catalogue", edited_by=CATALOGUE, edited_at=now)
    if before is None:
        added = replace(item, version=1, retired=False)
        _insert(connection, added, touched=False)
        _note(connection, added, "added", None)
    elif not same_content(before, item):
        after = replace(item, version=before.version + 1, retired=before.retired)
        _update(connection, after, touched=False)
        _note(connection, after, "edited", before)


def _set_retired(
    store: Store, event_id: str, retired: bool, by: str, now: datetime, expected: int | None
) -> Event:
    with store.writing() as connection:
        connection.execute(_TURN)
        before = _expected(connection, event_id, expected, None)
        if before.retired == retired:
            return before
        after = replace(
            before, retired=retired, version=before.version + 1, edited_by=by, edited_at=_whole(now)
        )
        row = {name: getattr(after, name) for name in ("retired", "version", "edited_by", "edited_at")}
        connection.execute(sa.update(event).where(event.c.id == event_id).values(row))
        _note(connection, after, "retired" if retired else "restored", before)
    return after


def _expected(connection: sa.Connection, event_id: str, version: int | None, mine: Event | None) -> Event:
    found = _stored(connection, event_id)
    if version is not None and found.version != version:
        raise EventConflictError(version, mine, found)
    return found


def _stored(connection: sa.Connection, event_id: str) -> Event:
    found = _read(connection, event.c.id == event_id)
    if not found:
        raise UnknownEventError(event_id)
    return found[0]


def _read(connection: sa.Connection, condition: Any) -> list[Event]:
    chosen = sa.select(event.c.id).where(condition)
    symbols = _grouped(connection, event_symbol, ("symbol",), chosen)
    claims = _grouped(connection, claim, _CLAIM, chosen)
    rows = connection.execute(sa.select(event).where(condition)).all()
    return [
        Event(
            id=row.id,
            at=row.day if row.instant is None else row.instant,
            zone=row.zone,
            title=row.title,
            what=row.what,
            category=row.category,
            severity=row.severity,
            layers=tuple(json.loads(row.layers)),
            symbols=tuple(symbol for (symbol,) in symbols.get(row.id, ())),
            source_url=row.source_url,
            claims=tuple(Claim(*values) for values in claims.get(row.id, ())),
            origin=row.origin,
            version=row.version,
            retired=row.retired,
            edited_by=row.edited_by,
            edited_at=row.edited_at,
        )
        for row in rows
    ]


def _grouped(
    connection: sa.Connection, table: sa.Table, names: Iterable[str], chosen: Any
) -> dict[str, list[tuple[Any, ...]]]:
    query = (
        sa.select(table.c.event_id, *(table.c[name] for name in names))
        .where(table.c.event_id.in_(chosen))
        .order_by(table.c.event_id, table.c.position)
    )
    found: dict[str, list[tuple[Any, ...]]] = {}
    for event_id, *values in connection.execute(query):
        found.setdefault(event_id, []).append(tuple(values))
    return found


def _row(item: Event, *, touched: bool) -> dict[str, Any]:
    names = ("zone", "title", "what", "category", "severity", "source_url", "origin", "version", "retired")
    row = {name: getattr(item, name) for name in (*names, "edited_by", "edited_at")}
    day = None if isinstance(item.at, datetime) else item.at
    return row | {
        "day": day,
        "instant": item.instant,
        "layers": json.dumps(item.layers),
        "touched": touched,
    }


def _insert(connection: sa.Connection, item: Event, *, touched: bool) -> None:
    connection.execute(sa.insert(event).values(id=item.id, **_row(item, touched=touched)))
    _insert_parts(connection, item)


def _update(connection: sa.Connection, item: Event, *, touched: bool) -> None:
    connection.execute(sa.update(event).where(event.c.id == item.id).values(_row(item, touched=touched)))
    for table in (event_symbol, claim):
        connection.execute(sa.delete(table).where(table.c.event_id == item.id))
    _insert_parts(connection, item)


def _insert_parts(connection: sa.Connection, item: Event) -> None:
    symbols = [{"symbol": symbol} for symbol in item.symbols]
    for table, rows in ((event_symbol, symbols), (claim, [asdict(found) for found in item.claims])):
        if rows:
            numbered = [
                row | {"event_id": item.id, "position": position} for position, row in enumerate(rows)
            ]
            connection.execute(sa.insert(table), numbered)


def _note(connection: sa.Connection, after: Event, step: Step, before: Event | None) -> None:
    row = {
        "event_id": after.id,
        "version": after.version,
        "step": step,
        "changed_by": after.edited_by,
        "changed_at": after.edited_at,
        "before": json.dumps(plain_event(before)) if before else None,
    }
    connection.execute(sa.insert(event_revision).values(row))
    connection.execute(_BUMP)


def _whole(now: datetime) -> Instant:
    return now.replace(microsecond=0)

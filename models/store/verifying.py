"""Whether a store is whole: what `aftershock doctor` asks of it."""

from __future__ import annotations

import numpy as np
import sqlalchemy as sa

from models.store.blocks import read_records, rows_of_year, year_of_days
from models.store.engine import Store
from models.store.schema import bar, bar_block, dataset, instrument


def verify(store: Store) -> list[str]:
    """Return what is wrong with the stored data, one sentence each; nothing when it is whole.

    SQLite's own checks, and for every symbol whether the packed years say what the rows say:
    rows that were inserted by hand are the one thing no trigger notices.
    """
    with store.reading() as connection:
        found = _sqlite_faults(connection) if store.path else []
        for key, symbol in connection.execute(sa.select(instrument.c.id, instrument.c.symbol)).all():
            if not _packed_as_rows(connection, key):
                found.append(
                    f"The packed bars of {symbol} differ from its rows; run `aftershock doctor --repair`."
                )
    return found


def _sqlite_faults(connection: sa.Connection) -> list[str]:
    result = connection.exec_driver_sql("PRAGMA integrity_check").scalars().all()
    faults = [f"The file is damaged ({line}); restore a backup." for line in result if line != "ok"]
    orphans = {row[0] for row in connection.exec_driver_sql("PRAGMA foreign_key_check")}
    return faults + [f"Rows of {table} lack their parents; restore a backup." for table in sorted(orphans)]


def _packed_as_rows(connection: sa.Connection, instrument_id: int) -> bool:
    packed = read_records(connection, instrument_id)
    rows = [
        rows_of_year(connection, instrument_id, year).tobytes()
        for year in _years(connection, instrument_id, np.unique(year_of_days(packed["session"])).tolist())
    ]
    return packed.tobytes() == b"".join(rows)


def _years(connection: sa.Connection, instrument_id: int, packed: list[int]) -> list[int]:
    query = sa.select(sa.func.min(bar.c.session), sa.func.max(bar.c.session))
    first, last = connection.execute(query.where(bar.c.instrument_id == instrument_id)).one()
    return sorted({*packed, *(range(first.year, last.year + 1) if first else ())})


def repack(store: Store) -> None:
    """Write the packed years of every symbol anew from its rows, and raise the data version."""
    with store.writing() as connection:
        connection.execute(sa.delete(bar_block))
        for key in connection.execute(sa.select(instrument.c.id)).scalars().all():
            for year in _years(connection, key, []):
                if len(records := rows_of_year(connection, key, year)):
                    row = {"instrument_id": key, "year": year, "data": records.tobytes()}
                    connection.execute(sa.insert(bar_block).values(row))
        connection.execute(sa.update(dataset).values(version=dataset.c.version + 1))

"""Bars as packed records: the form in which a symbol's year is read in one piece.

Reading 156,000 rows through a driver takes a quarter of a second, most of it spent on making
Python objects; an Arrow driver takes a tenth, but brings a second copy of SQLite into the
process, and the POSIX locks of the two undo one another: a writer in another process was
seen to enter an open write transaction. So the transaction that writes the rows also writes
them packed, and a panel is one join of a few hundred blobs.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any, TypeAlias

import numpy as np
import sqlalchemy as sa
from numpy.typing import NDArray

from models.store.schema import bar, bar_block
from models.types import BAR_FIELDS, Bars, Sessions

RECORD = np.dtype(
    [
        ("session", "<i4"),  # days since 1970-01-01
        ("flags", "<u2"),
        ("final", "u1"),
        ("spare", "u1"),  # keeps the doubles on their boundary
        *((name, "<f8") for name in BAR_FIELDS),
    ]
)
Records: TypeAlias = NDArray[np.void]


def pack(bars: Bars) -> Records:
    """Return bars as records of shape (n_sessions,), in the order given."""
    records = np.zeros(len(bars), dtype=RECORD)
    records["session"] = bars.sessions.astype("datetime64[D]").astype(np.int64)
    records["flags"] = bars.flags
    records["final"] = bars.final
    for name in BAR_FIELDS:
        # One zero and one NaN: a database keeps neither the sign of the first nor the bits of the other.
        values = getattr(bars, name) + 0.0
        values[np.isnan(values)] = np.nan
        records[name] = values
    return records


def unpack(symbol: str, records: Records) -> Bars:
    """Return records of shape (n_sessions,) as the bars of a symbol."""
    return Bars(
        symbol,
        sessions_of(records),
        **{name: np.ascontiguousarray(records[name]) for name in BAR_FIELDS},
        final=records["final"].astype(np.bool_),
        flags=records["flags"].astype(np.uint16),
    )


def sessions_of(records: Records) -> Sessions:
    """Return the sessions of records as ``datetime64[D]``."""
    return records["session"].astype(np.int64).astype("datetime64[D]")


def year_of_days(days: NDArray[Any]) -> NDArray[np.int64]:
    """Return the calendar year of days counted from 1970-01-01."""
    return days.astype("datetime64[D]").astype("datetime64[Y]").astype(np.int64) + 1970


def joined(blobs: Sequence[Any]) -> Records:
    """Return packed years, in order, as one array of records."""
    return np.frombuffer(b"".join(blobs), dtype=RECORD)


def read_records(connection: sa.Connection, instrument_id: int) -> Records:
    """Return everything stored of one instrument, ordered by session."""
    query = (
        sa.select(bar_block.c.year, bar_block.c.data)
        .where(bar_block.c.instrument_id == instrument_id)
        .order_by(bar_block.c.year)
    )
    rows = connection.execute(query).all()
    return joined([blob_or_rows(connection, instrument_id, year, data) for year, data in rows])


def read_years(connection: sa.Connection) -> list[tuple[int, int, Any]]:
    """Return instrument, year and packed records of everything stored, in no order.

    Neither joined nor sorted, which would carry every blob through a sort; and on Postgres
    past SQLAlchemy, whose results come as text: hexadecimal, twice the bytes.
    """
    query = "SELECT instrument_id, year, data FROM bar_block"
    if connection.dialect.name == "sqlite":
        rows = connection.exec_driver_sql(query).all()
    else:
        driver: Any = connection.connection.driver_connection
        with driver.cursor(binary=True) as cursor:
            rows = cursor.execute(query).fetchall()
    return [(key, year, blob_or_rows(connection, key, year, data)) for key, year, data in rows]


def blob_or_rows(connection: sa.Connection, instrument_id: int, year: int, data: Any) -> Any:
    """Return a packed year; one that a hand correction made out of date is packed from its rows."""
    return data if data is not None else rows_of_year(connection, instrument_id, year).tobytes()


def rows_of_year(connection: sa.Connection, instrument_id: int, year: int) -> Records:
    """Return the records of one year as the rows of ``bar`` have them, ordered by session."""
    columns = [bar.c[name] for name in ("session", "flags", "final", *BAR_FIELDS)]
    query = (
        sa.select(*columns)
        .where(bar.c.instrument_id == instrument_id)
        .where(bar.c.session.between(date(year, 1, 1), date(year, 12, 31)))
        .order_by(bar.c.session)
    )
    rows = connection.execute(query).all()
    records = np.zeros(len(rows), dtype=RECORD)
    for name, values in zip((column.name for column in columns), zip(*rows, strict=True), strict=False):
        if name == "session":
            records[name] = np.array(values, dtype="datetime64[D]").astype(np.int64)
        else:
            records[name] = np.array(values, dtype=np.float64)
    return records

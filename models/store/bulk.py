"""Many bars at once, the quickest way each dialect has; one path a dialect.

Measured with the whole answer around it: a driver-level ``executemany`` on SQLite, a binary
COPY into a temporary table and one upsert from it on Postgres. A ``VALUES`` list of rows or
``RETURNING`` is ten to thirty times slower on both.
"""

from __future__ import annotations

from datetime import date
from typing import Any, Protocol

import numpy as np
import sqlalchemy as sa
from numpy.typing import NDArray

from models.store.blocks import Records
from models.types import BAR_FIELDS

_COLUMNS = ("instrument_id", "session", *BAR_FIELDS, "final", "flags", "item_id")
_UPSERT = (
    f"ON CONFLICT (instrument_id, session) DO UPDATE SET "
    f"{', '.join(f'{name} = excluded.{name}' for name in _COLUMNS[2:])}"
)
_REVISION = ("instrument_id", "session", *BAR_FIELDS, "final", "flags", "item_id")
_POSTGRES_EPOCH = 10957  # 2000-01-01 in days since 1970


class Bulk(Protocol):
    """The statements that differ between the dialects; sessions are days since 1970."""

    def upsert(self, connection: sa.Connection, instrument_id: int, item_id: int, records: Records) -> None:
        """Insert or overwrite the rows of one instrument."""

    def keep_old(
        self, connection: sa.Connection, instrument_id: int, item_id: int, days: NDArray[np.int64]
    ) -> None:
        """Copy the rows of these sessions to the revisions, as replaced by an answer."""

    def remove(self, connection: sa.Connection, instrument_id: int, days: NDArray[np.int64]) -> None:
        """Delete the rows of these sessions."""


class SqliteBulk:
    """Driver-level ``executemany``, lists of sessions as one JSON parameter."""

    def upsert(self, connection: sa.Connection, instrument_id: int, item_id: int, records: Records) -> None:
        """Insert or overwrite the rows of one instrument."""
        n = len(records)
        columns = [[instrument_id] * n, _yyyymmdd(records["session"].astype(np.int64)).tolist()]
        # SQLite stores a NaN as NULL, which is what a missing price is.
        columns += [records[name].tolist() for name in (*BAR_FIELDS, "final", "flags")]
        marks = ", ".join("?" * len(_COLUMNS))
        connection.exec_driver_sql(
            f"INSERT INTO bar ({', '.join(_COLUMNS)}) VALUES ({marks}) {_UPSERT}",
            list(zip(*columns, [item_id] * n, strict=True)),
        )

    def keep_old(
        self, connection: sa.Connection, instrument_id: int, item_id: int, days: NDArray[np.int64]
    ) -> None:
        """Copy the rows of these sessions to the revisions, as replaced by an answer."""
        connection.exec_driver_sql(
            f"INSERT INTO bar_revision ({', '.join(_REVISION)}, replaced_by) "
            f"SELECT {', '.join(_REVISION)}, ? FROM bar "
            "WHERE instrument_id = ? AND session IN (SELECT value FROM json_each(?))",
            (item_id, instrument_id, str(_yyyymmdd(days).tolist())),
        )

    def remove(self, connection: sa.Connection, instrument_id: int, days: NDArray[np.int64]) -> None:
        """Delete the rows of these sessions."""
        connection.exec_driver_sql(
            "DELETE FROM bar WHERE instrument_id = ? AND session IN (SELECT value FROM json_each(?))",
            (instrument_id, str(_yyyymmdd(days).tolist())),
        )


class PostgresBulk:
    """Binary COPY to a temporary table of the connection, lists of sessions as arrays."""

    def upsert(self, connection: sa.Connection, instrument_id: int, item_id: int, records: Records) -> None:
        """Insert or overwrite the rows of one instrument."""
        names = ", ".join(_COLUMNS)
        connection.exec_driver_sql("SET LOCAL client_min_messages = warning")
        connection.exec_driver_sql(
            f"CREATE TEMPORARY TABLE IF NOT EXISTS incoming_bar ON COMMIT DELETE ROWS AS "
            f"SELECT {names} FROM bar WITH NO DATA"
        )
        cursor = _driver(connection).cursor()
        with cursor.copy(f"COPY incoming_bar ({names}) FROM STDIN (FORMAT BINARY)") as copy:
            copy.write(copy_stream(instrument_id, item_id, records))
        connection.exec_driver_sql(f"INSERT INTO bar ({names}) SELECT {names} FROM incoming_bar {_UPSERT}")
        connection.exec_driver_sql("TRUNCATE incoming_bar")

    def keep_old(
        self, connection: sa.Connection, instrument_id: int, item_id: int, days: NDArray[np.int64]
    ) -> None:
        """Copy the rows of these sessions to the revisions, as replaced by an answer."""
        connection.exec_driver_sql(
            f"INSERT INTO bar_revision ({', '.join(_REVISION)}, replaced_by) "
            f"SELECT {', '.join(_REVISION)}, %s FROM bar WHERE instrument_id = %s AND session = ANY(%s)",
            (item_id, instrument_id, _dates(days)),
        )

    def remove(self, connection: sa.Connection, instrument_id: int, days: NDArray[np.int64]) -> None:
        """Delete the rows of these sessions."""
        connection.exec_driver_sql(
            "DELETE FROM bar WHERE instrument_id = %s AND session = ANY(%s)", (instrument_id, _dates(days))
        )


def bulk_for(connection: sa.Connection) -> Bulk:
    """Return the bulk statements of the connection's dialect."""
    return SqliteBulk() if connection.dialect.name == "sqlite" else PostgresBulk()


def _driver(connection: sa.Connection) -> Any:
    return connection.connection.driver_connection


def _yyyymmdd(days: NDArray[np.int64]) -> NDArray[np.int64]:
    day = days.astype("datetime64[D]")
    month = day.astype("datetime64[M]")
    months = month.astype(np.int64)
    return (months // 12 + 1970) * 10000 + (months % 12 + 1) * 100 + (day - month).astype(np.int64) + 1


def _dates(days: NDArray[np.int64]) -> list[date]:
    listed: list[date] = days.astype("datetime64[D]").tolist()
    return listed


def copy_stream(instrument_id: int, item_id: int, records: Records) -> bytes:
    """Return records as Postgres reads a binary COPY.

    A missing price is a length of -1 and no bytes, so rows are laid out once for each
    pattern of missing fields: one or two in a symbol's history.
    """
    missing = np.stack([np.isnan(records[name]) for name in BAR_FIELDS], axis=1)
    patterns, which = np.unique(missing, axis=0, return_inverse=True)
    parts = [b"PGCOPY\n\xff\r\n\0" + bytes(8)]
    for index, pattern in enumerate(patterns):
        rows = records[which.reshape(-1) == index]
        parts.append(_rows_alike(instrument_id, item_id, rows, pattern).tobytes())
    return b"".join([*parts, b"\xff\xff"])


def _rows_alike(instrument_id: int, item_id: int, rows: Records, missing: NDArray[np.bool_]) -> NDArray[np.void]:
    fields: list[tuple[str, str, Any]] = [
        ("instrument_id", ">i4", instrument_id),
        ("session", ">i4", rows["session"].astype(np.int64) - _POSTGRES_EPOCH),
        *((name, "" if gone else ">f8", rows[name]) for name, gone in zip(BAR_FIELDS, missing, strict=True)),
        ("final", "u1", rows["final"]),
        ("flags", ">i4", rows["flags"]),
        ("item_id", ">i4", item_id),
    ]
    layout: list[tuple[str, str]] = [("fields", ">i2")]
    for name, kind, _ in fields:
        layout += [(f"{name} length", ">i4"), *([(name, kind)] if kind else [])]
    out = np.zeros(len(rows), dtype=np.dtype(layout))
    out["fields"] = len(fields)
    for name, kind, values in fields:
        out[f"{name} length"] = np.dtype(kind).itemsize if kind else -1
        if kind:
            out[name] = values
    return out

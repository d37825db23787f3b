"""The tables, and the two column types that decide how a session and an instant are kept.

A session is a DATE on Postgres and an INTEGER such as 20260623 on SQLite: as readable in
a shell as ISO text, a twelfth smaller on disk, and never slower in the trials. An instant
is a TIMESTAMPTZ on Postgres and whole Unix seconds on SQLite.
"""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Dialect
from sqlalchemy.types import TypeDecorator

from models.events import BASES

REVISION = "0005"
"""The schema this build reads and writes: the newest file of ``migrations/versions``."""


class SessionDate(TypeDecorator[date]):
    """A session: the exchange's own date, naive."""

    impl = sa.Date
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> Any:
        """Return INTEGER on SQLite, DATE elsewhere."""
        return dialect.type_descriptor(sa.Integer() if dialect.name == "sqlite" else sa.Date())

    def process_bind_param(self, value: date | None, dialect: Dialect) -> Any:
        """Turn a date into what the dialect keeps."""
        if value is None or dialect.name != "sqlite":
            return value
        return value.year * 10000 + value.month * 100 + value.day

    def process_result_value(self, value: Any, dialect: Dialect) -> date | None:
        """Turn what the dialect keeps into a date."""
        if value is None or dialect.name != "sqlite":
            return value
        return date(value // 10000, value // 100 % 100, value % 100)


class Instant(TypeDecorator[datetime]):
    """An instant in UTC, to the second on both dialects."""

    impl = sa.DateTime
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> Any:
        """Return BIGINT on SQLite, TIMESTAMPTZ elsewhere."""
        return dialect.type_descriptor(
            sa.BigInteger() if dialect.name == "sqlite" else sa.DateTime(timezone=True)
        )

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> Any:
        """Turn an aware datetime into what the dialect keeps, dropping fractions of a second."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"{value!r} has no time zone; an instant is always UTC")
        whole = value.astimezone(UTC).replace(microsecond=0)
        return int(whole.timestamp()) if dialect.name == "sqlite" else whole

    def process_result_value(self, value: Any, dialect: Dialect) -> datetime | None:
        """Turn what the dialect keeps into a UTC datetime."""
        if value is None:
            return None
        return datetime.fromtimestamp(value, UTC) if dialect.name == "sqlite" else value.astimezone(UTC)


metadata = sa.MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)


def _id() -> sa.Column[int]:
    return sa.Column("id", sa.Integer, primary_key=True)


def _fk(name: str, target: str, *, nullable: bool = False, primary_key: bool = False) -> sa.Column[int]:
    return sa.Column(name, sa.Integer, sa.ForeignKey(target), nullable=nullable, primary_key=primary_key)


def _values() -> list[sa.Column[Any]]:
    names = ("open", "high", "low", "close", "adj_close", "volume")
    return [
        *(sa.Column(name, sa.Double) for name in names),
        sa.Column("final", sa.Boolean, nullable=False),
        sa.Column("flags", sa.Integer, nullable=False),
    ]


def _guards() -> list[sa.CheckConstraint]:
    return [
        sa.CheckConstraint("close IS NOT NULL OR adj_close IS NOT NULL", name="close"),
        sa.CheckConstraint("flags BETWEEN 0 AND 65535", name="flags"),
        sa.CheckConstraint("volume IS NULL OR volume >= 0", name="volume"),
    ]


instrument = sa.Table(
    "instrument",
    metadata,
    _id(),
    sa.Column("symbol", sa.Text, nullable=False, unique=True),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("exchange", sa.Text, nullable=False),
    sa.Column("currency", sa.Text, nullable=False),
    sa.Column("region", sa.Text, nullable=False),
    sa.Column("layer", sa.Text, nullable=False),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("start", SessionDate),
    sa.Column("end", SessionDate),
    sa.Column("proxy_of", sa.Text),
    sa.Column("position", sa.Integer, nullable=False),
    sa.Column("listed", sa.Boolean, nullable=False),
    sa.CheckConstraint("symbol <> ''", name="symbol"),
    sa.CheckConstraint("kind IN ('equity', 'index', 'etf', 'fx', 'rate')", name="kind"),
)
"""One row a symbol ever followed; ``listed`` is false once its line left the universe file."""

ingest_run = sa.Table(
    "ingest_run",
    metadata,
    _id(),
    sa.Column("trigger", sa.Text, nullable=False),
    sa.Column("source", sa.Text, nullable=False),
    sa.Column("status", sa.Text, nullable=False),
    sa.Column("total", sa.Integer, nullable=False),
    sa.Column("started_at", Instant, nullable=False),
    sa.Column("finished_at", Instant),
    sa.CheckConstraint(
        "status IN ('running', 'done', 'partial', 'failed', 'interrupted')",
        name="status",
    ),
)

run_item = sa.Table(
    "run_item",
    metadata,
    _id(),
    _fk("run_id", "ingest_run.id"),
    _fk("instrument_id", "instrument.id"),
    sa.Column("source", sa.Text, nullable=False),
    sa.Column("at", Instant, nullable=False),
    sa.Column("requested", sa.Integer, nullable=False),
    sa.Column("stored", sa.Integer, nullable=False),
    sa.Column("revised", sa.Integer, nullable=False),
    sa.Column("unchanged", sa.Integer, nullable=False),
    sa.Column("quarantined", sa.Integer, nullable=False),
    sa.Column("failure", sa.Text),
    sa.Column("detail", sa.Text),
    sa.Column("duration", sa.Double, nullable=False),
    sa.UniqueConstraint("instrument_id", "id"),
    sa.Index(None, "run_id"),
)
"""One row an answer, or a failure to get one. A bar names the answer that brought it, and
through it the run, the source and the instant it was first seen."""

bar = sa.Table(
    "bar",
    metadata,
    sa.Column("instrument_id", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("session", SessionDate, primary_key=True),
    *_values(),
    sa.Column("item_id", sa.Integer, nullable=False),
    # One key for both: an answer is about one instrument, and a second lookup a row would cost
    # a fifth of the insert. On Postgres, where a key is checked row by row at half the speed of
    # a COPY, a trigger of the migration checks each statement as a whole instead.
    sa.ForeignKeyConstraint(["instrument_id", "item_id"], ["run_item.instrument_id", "run_item.id"]).ddl_if(
        dialect="sqlite"
    ),
    *_guards(),
    sqlite_with_rowid=False,
)
"""The record: one row a symbol and session, clustered by its key on SQLite."""

bar_revision = sa.Table(
    "bar_revision",
    metadata,
    _id(),
    sa.Column("instrument_id", sa.Integer, nullable=False),
    sa.Column("session", SessionDate, nullable=False),
    *_values(),
    sa.Column("item_id", sa.Integer, nullable=False),
    sa.Column("replaced_by", sa.Integer, nullable=False),
    sa.ForeignKeyConstraint(["instrument_id", "item_id"], ["run_item.instrument_id", "run_item.id"]),
    sa.ForeignKeyConstraint(["instrument_id", "replaced_by"], ["run_item.instrument_id", "run_item.id"]),
    *_guards(),
    sa.Index(None, "instrument_id", "session"),
)
"""What a bar said before, the answer that had brought it, and the one that replaced it."""

bar_block = sa.Table(
    "bar_block",
    metadata,
    _fk("instrument_id", "instrument.id", primary_key=True),
    sa.Column("year", sa.Integer, primary_key=True),
    sa.Column("data", sa.LargeBinary),
)
"""The same bars packed for one columnar read: a symbol's year of records, written in the
transaction that writes the rows. Null after someone corrected a row by hand (a trigger sees
to it), until the next answer packs it again; readers then take that year from the rows."""

intraday_bar = sa.Table(
    "intraday_bar",
    metadata,
    _fk("instrument_id", "instrument.id", primary_key=True),
    sa.Column("at", Instant, primary_key=True),
    *(sa.Column(name, sa.Double) for name in ("open", "high", "low")),
    sa.Column("close", sa.Double, nullable=False),
    sa.Column("volume", sa.Double),
    sa.Column("seen_at", Instant, nullable=False),
)
"""Five minutes of a name, by the instant they begin; kept after the source has dropped them. What a
later answer says of the same minutes replaces them: nobody defends a figure by these bars."""

corporate_action = sa.Table(
    "corporate_action",
    metadata,
    _fk("instrument_id", "instrument.id", primary_key=True),
    sa.Column("session", SessionDate, primary_key=True),
    sa.Column("kind", sa.Text, primary_key=True),
    sa.Column("value", sa.Double, nullable=False),
    _fk("item_id", "run_item.id"),
    sa.CheckConstraint("kind IN ('split', 'dividend', 'capital_gain')", name="kind"),
)

quarantine = sa.Table(
    "quarantine",
    metadata,
    _id(),
    _fk("instrument_id", "instrument.id"),
    sa.Column("session", SessionDate),
    sa.Column("reason", sa.Text, nullable=False),
    sa.Column("detail", sa.Text, nullable=False),
    sa.Column("row", sa.Text, nullable=False),
    sa.Column("digest", sa.Text, nullable=False, unique=True),
    sa.Column("seen_at", Instant, nullable=False),
    _fk("item_id", "run_item.id"),
    sa.Column("released_at", Instant),
    sa.Column("released_by", sa.Text),
    sa.Column("released_why", sa.Text),
    sa.Column("confirmed_at", Instant),
    sa.Column("confirmed_by", sa.Text),
    sa.Column("confirmed_why", sa.Text),
    sa.Index(None, "instrument_id", "session"),
    sa.CheckConstraint(
        "(released_at IS NULL) = (released_by IS NULL) AND (released_at IS NULL) = (released_why IS NULL)",
        name="released",
    ),
)
"""A row that failed a check, once however often the source repeats it (``digest``). A person may
release it, or confirm that it is wrong: then it is out of the way and stays out of the prices."""

dataset = sa.Table(
    "dataset",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("version", sa.BigInteger, nullable=False),
    sa.Column("events", sa.BigInteger, nullable=False, server_default="0"),
    sa.Column("catalogue", sa.BigInteger, nullable=False, server_default="0"),
    sa.CheckConstraint("id = 1", name="one"),
)
"""One row: the version that each commit which changes prices raises by one, that of events, and
the version of the catalogue that was loaded last.

Events have a version of their own, so that a note made in a meeting shows at once and no price
has to be read again for it.
"""

view = sa.Table(
    "view",
    metadata,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("path", sa.Text, nullable=False),
    sa.Column("query", sa.Text, nullable=False),
    sa.Column("created", Instant, nullable=False),
)


def _texts(*names: str, nullable: bool = False) -> list[sa.Column[Any]]:
    return [sa.Column(name, sa.Text, nullable=nullable) for name in names]


def _of_event() -> sa.Column[str]:
    return sa.Column("event_id", sa.Text, sa.ForeignKey("event.id"), primary_key=True)


event = sa.Table(
    "event",
    metadata,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("day", SessionDate),
    sa.Column("instant", Instant),
    *_texts("zone", nullable=True),
    *_texts("title", "what", "category"),
    sa.Column("severity", sa.Integer, nullable=False),
    *_texts("layers"),
    *_texts("source_url", nullable=True),
    *_texts("origin"),
    sa.Column("version", sa.Integer, nullable=False),
    sa.Column("retired", sa.Boolean, nullable=False),
    sa.Column("touched", sa.Boolean, nullable=False),
    *_texts("edited_by"),
    sa.Column("edited_at", Instant, nullable=False),
    sa.CheckConstraint("(day IS NULL) <> (instant IS NULL)", name="moment"),
    sa.CheckConstraint("length(title) BETWEEN 1 AND 120", name="title"),
    sa.CheckConstraint("length(what) <= 4000", name="what"),
    sa.CheckConstraint("severity BETWEEN 1 AND 3", name="severity"),
    sa.CheckConstraint("origin IN ('catalogue', 'people')", name="origin"),
)
"""One row an event, never deleted. ``touched`` once a person edited it: a newer catalogue then
leaves it alone. ``layers`` is a JSON list."""

event_symbol = sa.Table(
    "event_symbol",
    metadata,
    _of_event(),
    sa.Column("position", sa.Integer, primary_key=True),
    *_texts("symbol"),
    sa.Index(None, "symbol"),
)
"""Instruments of an event, by symbol: an event outlives the universe file it was noted under."""

claim = sa.Table(
    "claim",
    metadata,
    _of_event(),
    sa.Column("position", sa.Integer, primary_key=True),
    *_texts("entity"),
    *_texts("symbol", nullable=True),
    *_texts("metric"),
    sa.Column("value", sa.Double),
    *_texts("text", "unit", "basis"),
    sa.Column("date", SessionDate),
    *_texts("source"),
    sa.Column("source_date", SessionDate),
    *_texts("confidence", "note"),
    sa.CheckConstraint(f"basis IN ({', '.join(map(repr, BASES))})", name="basis"),
    sa.CheckConstraint("confidence IN ('high', 'medium', 'low')", name="confidence"),
)

event_revision = sa.Table(
    "event_revision",
    metadata,
    _of_event(),
    sa.Column("version", sa.Integer, primary_key=True),
    *_texts("step", "changed_by"),
    sa.Column("changed_at", Instant, nullable=False),
    *_texts("before", nullable=True),
)
"""One row a change: the version it made, who and when, and the event before as JSON."""

ledger = sa.Table(
    "ledger",
    metadata,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("position", sa.Integer, nullable=False),
    *_texts("kind", "entity"),
    *_texts("symbol", nullable=True),
    *_texts("metric"),
    sa.Column("value", sa.Double),
    *_texts("text", "unit", "period"),
    sa.Column("date", SessionDate),
    *_texts("source"),
    sa.Column("source_date", SessionDate),
    *_texts("confidence", "note"),
)
"""Guidance, backlog and commitments of the catalogue, replaced as a whole by a newer one."""

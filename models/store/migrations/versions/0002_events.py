"""Events with their claims and revisions, the ledger, and the versions of events and catalogue."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"

# Written out, not imported from the schema: a migration must not change when the schema does.
SESSION = sa.Integer().with_variant(sa.Date(), "postgresql")
INSTANT = sa.BigInteger().with_variant(sa.DateTime(timezone=True), "postgresql")
BASES = (
    *("close", "open", "gap", "low", "high", "session", "level", "intraday", "halt"),
    *("premarket", "afterhours", "unstated"),
)


def upgrade() -> None:
    """Create the tables; what is stored of prices stays as it is."""
    for name in ("events", "catalogue"):
        op.add_column("dataset", sa.Column(name, sa.BigInteger, nullable=False, server_default="0"))
    _event_tables()
    op.create_table(
        "ledger",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("position", sa.Integer, nullable=False),
        *(_text(name) for name in ("kind", "entity")),
        _text("symbol", nullable=True),
        _text("metric"),
        sa.Column("value", sa.Double),
        *(_text(name) for name in ("text", "unit", "period")),
        sa.Column("date", SESSION),
        _text("source"),
        sa.Column("source_date", SESSION),
        *(_text(name) for name in ("confidence", "note")),
    )


def _text(name: str, *, nullable: bool = False) -> sa.Column[Any]:
    return sa.Column(name, sa.Text, nullable=nullable)


def _of_event(**kind: Any) -> sa.Column[Any]:
    return sa.Column("event_id", sa.Text, sa.ForeignKey("event.id"), nullable=False, **kind)


def _event_tables() -> None:
    op.create_table(
        "event",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("day", SESSION),
        sa.Column("instant", INSTANT),
        _text("zone", nullable=True),
        *(_text(name) for name in ("title", "what", "category")),
        sa.Column("severity", sa.Integer, nullable=False),
        _text("layers"),
        _text("source_url", nullable=True),
        _text("origin"),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("retired", sa.Boolean, nullable=False),
        sa.Column("touched", sa.Boolean, nullable=False),
        _text("edited_by"),
        sa.Column("edited_at", INSTANT, nullable=False),
        sa.CheckConstraint("(day IS NULL) <> (instant IS NULL)", name="moment"),
        sa.CheckConstraint("length(title) BETWEEN 1 AND 120", name="title"),
        sa.CheckConstraint("length(what) <= 4000", name="what"),
        sa.CheckConstraint("severity BETWEEN 1 AND 3", name="severity"),
        sa.CheckConstraint("origin IN ('catalogue', 'people')", name="origin"),
    )
    op.create_table(
        "event_symbol",
        _of_event(primary_key=True),
        sa.Column("position", sa.Integer, primary_key=True),
        _text("symbol"),
        sa.Index(None, "symbol"),
    )
    op.create_table(
        "claim",
        _of_event(primary_key=True),
        sa.Column("position", sa.Integer, primary_key=True),
        _text("entity"),
        _text("symbol", nullable=True),
        _text("metric"),
        sa.Column("value", sa.Double),
        *(_text(name) for name in ("text", "unit", "basis")),
        sa.Column("date", SESSION),
        _text("source"),
        sa.Column("source_date", SESSION),
        *(_text(name) for name in ("confidence", "note")),
        sa.CheckConstraint(f"basis IN ({', '.join(map(repr, BASES))})", name="basis"),
        sa.CheckConstraint("confidence IN ('high', 'medium', 'low')", name="confidence"),
    )
    op.create_table(
        "event_revision",
        _of_event(primary_key=True),
        sa.Column("version", sa.Integer, primary_key=True),
        *(_text(name) for name in ("step", "changed_by")),
        sa.Column("changed_at", INSTANT, nullable=False),
        _text("before", nullable=True),
    )

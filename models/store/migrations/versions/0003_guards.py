"""Who leads, which source wants to be left alone, what a person confirmed, and second sources of closes."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"

# Written out, not imported from the schema: a migration must not change when the schema does.
SESSION = sa.Integer().with_variant(sa.Date(), "postgresql")
INSTANT = sa.BigInteger().with_variant(sa.DateTime(timezone=True), "postgresql")


def upgrade() -> None:
    """Create the tables and the columns; what is stored stays as it is."""
    for name, kind in (("confirmed_at", INSTANT), ("confirmed_by", sa.Text()), ("confirmed_why", sa.Text())):
        op.add_column("quarantine", sa.Column(name, kind))
    op.create_table(
        "leader",
        sa.Column("id", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("epoch", sa.BigInteger, nullable=False),
        _text("holder", nullable=True),
        sa.Column("backend", sa.Integer),
        sa.Column("since", INSTANT),
        sa.Column("beat", sa.Double, nullable=False),
        sa.Column("wanted", sa.Double, nullable=False),
        sa.CheckConstraint("id = 1", name="one"),
    )
    op.execute("INSERT INTO leader (id, epoch, beat, wanted) VALUES (1, 0, 0, 0)")
    op.create_table(
        "source_pause",
        sa.Column("source", sa.Text, primary_key=True),
        _text("reason"),
        sa.Column("since", INSTANT, nullable=False),
        sa.Column("until", INSTANT, nullable=False),
        sa.Column("times", sa.Integer, nullable=False),
    )
    op.create_table(
        "cross_check",
        sa.Column("instrument_id", sa.Integer, sa.ForeignKey("instrument.id"), primary_key=True),
        sa.Column("session", SESSION, primary_key=True),
        sa.Column("against", sa.Text, primary_key=True),
        _text("finding"),
        sa.Column("stored", sa.Double),
        sa.Column("other", sa.Double),
        sa.Column("seen_at", INSTANT, nullable=False),
    )


def _text(name: str, *, nullable: bool = False) -> sa.Column[Any]:
    return sa.Column(name, sa.Text, nullable=nullable)

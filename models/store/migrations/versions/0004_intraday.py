"""Bars of five minutes: what the last weeks did between open and close."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"

# Written out, not imported from the schema: a migration must not change when the schema does.
INSTANT = sa.BigInteger().with_variant(sa.DateTime(timezone=True), "postgresql")


def upgrade() -> None:
    """Create the table; what is stored stays as it is."""
    op.create_table(
        "intraday_bar",
        sa.Column("instrument_id", sa.Integer, sa.ForeignKey("instrument.id"), primary_key=True),
        sa.Column("at", INSTANT, primary_key=True),
        *(sa.Column(name, sa.Double) for name in ("open", "high", "low")),
        sa.Column("close", sa.Double, nullable=False),
        sa.Column("volume", sa.Double),
        sa.Column("seen_at", INSTANT, nullable=False),
    )

"""Tables of what guards the prices: who writes, which source rests, what a second source says."""

from __future__ import annotations

import sqlalchemy as sa

from models.store.schema import Instant, SessionDate, metadata

leader = sa.Table(
    "leader",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("epoch", sa.BigInteger, nullable=False),
    sa.Column("holder", sa.Text),
    sa.Column("backend", sa.Integer),
    sa.Column("since", Instant),
    sa.Column("beat", sa.Double, nullable=False),
    sa.Column("wanted", sa.Double, nullable=False),
    sa.CheckConstraint("id = 1", name="one"),
)
"""One row: which ingester may write. Each take-over raises ``epoch``; ``beat`` and ``wanted`` are
Unix seconds of its last sign of life and of the last command that asked for its place."""

source_pause = sa.Table(
    "source_pause",
    metadata,
    sa.Column("source", sa.Text, primary_key=True),
    sa.Column("reason", sa.Text, nullable=False),
    sa.Column("since", Instant, nullable=False),
    sa.Column("until", Instant, nullable=False),
    sa.Column("times", sa.Integer, nullable=False),
)
"""A source that is left alone, until when, and how many times in a row; no row when it answers."""

cross_check = sa.Table(
    "cross_check",
    metadata,
    sa.Column("instrument_id", sa.Integer, sa.ForeignKey("instrument.id"), primary_key=True),
    sa.Column("session", SessionDate, primary_key=True),
    sa.Column("against", sa.Text, primary_key=True),
    sa.Column("finding", sa.Text, nullable=False),
    sa.Column("stored", sa.Double),
    sa.Column("other", sa.Double),
    sa.Column("seen_at", Instant, nullable=False),
)
"""What a second source says of a close, where the two differ; the bar itself is left as it is."""

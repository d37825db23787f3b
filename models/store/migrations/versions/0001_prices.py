"""Instruments, bars with their revisions, actions, quarantine, runs and views."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

# Written out, not imported from the schema: a migration must not change when the schema does.
SESSION = sa.Integer().with_variant(sa.Date(), "postgresql")
INSTANT = sa.BigInteger().with_variant(sa.DateTime(timezone=True), "postgresql")


def upgrade() -> None:
    """Create every table, the hand-correction triggers, and dataset version 0."""
    _reference_tables()
    _run_tables()
    _bar_tables()
    _quarantine_table()
    for statement in SQLITE_TRIGGERS if _on_sqlite() else POSTGRES_TRIGGERS:
        op.execute(sa.DDL(statement))
    op.execute("INSERT INTO dataset (id, version) VALUES (1, 0)")


def _on_sqlite() -> bool:
    return op.get_bind().dialect.name == "sqlite"


def _id() -> sa.Column[Any]:
    return sa.Column("id", sa.Integer, primary_key=True)


def _fk(name: str, target: str, **kind: Any) -> sa.Column[Any]:
    return sa.Column(name, sa.Integer, sa.ForeignKey(target), nullable=False, **kind)


def _answer(name: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(["instrument_id", name], ["run_item.instrument_id", "run_item.id"])


def _text(name: str, *, nullable: bool = False) -> sa.Column[Any]:
    return sa.Column(name, sa.Text, nullable=nullable)


def _values() -> list[Any]:
    names = ("open", "high", "low", "close", "adj_close", "volume")
    return [
        *(sa.Column(name, sa.Double) for name in names),
        sa.Column("final", sa.Boolean, nullable=False),
        sa.Column("flags", sa.Integer, nullable=False),
        sa.CheckConstraint("close IS NOT NULL OR adj_close IS NOT NULL", name="close"),
        sa.CheckConstraint("flags BETWEEN 0 AND 65535", name="flags"),
        sa.CheckConstraint("volume IS NULL OR volume >= 0", name="volume"),
    ]


def _reference_tables() -> None:
    op.create_table(
        "instrument",
        _id(),
        sa.Column("symbol", sa.Text, nullable=False, unique=True),
        *(_text(name) for name in ("name", "exchange", "currency", "region", "layer", "kind")),
        sa.Column("start", SESSION),
        sa.Column("end", SESSION),
        _text("proxy_of", nullable=True),
        sa.Column("position", sa.Integer, nullable=False),
        sa.Column("listed", sa.Boolean, nullable=False),
        sa.CheckConstraint("symbol <> ''", name="symbol"),
        sa.CheckConstraint("kind IN ('equity', 'index', 'etf', 'fx', 'rate')", name="kind"),
    )
    op.create_table(
        "dataset",
        sa.Column("id", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("version", sa.BigInteger, nullable=False),
        sa.CheckConstraint("id = 1", name="one"),
    )
    op.create_table(
        "view",
        sa.Column("id", sa.Text, primary_key=True),
        _text("path"),
        _text("query"),
        sa.Column("created", INSTANT, nullable=False),
    )


def _run_tables() -> None:
    op.create_table(
        "ingest_run",
        _id(),
        *(_text(name) for name in ("trigger", "source", "status")),
        sa.Column("total", sa.Integer, nullable=False),
        sa.Column("started_at", INSTANT, nullable=False),
        sa.Column("finished_at", INSTANT),
        sa.CheckConstraint(
            "status IN ('running', 'done', 'partial', 'failed', 'interrupted')", name="status"
        ),
    )
    op.create_table(
        "run_item",
        _id(),
        _fk("run_id", "ingest_run.id"),
        _fk("instrument_id", "instrument.id"),
        _text("source"),
        sa.Column("at", INSTANT, nullable=False),
        *(
            sa.Column(name, sa.Integer, nullable=False)
            for name in ("requested", "stored", "revised", "unchanged", "quarantined")
        ),
        _text("failure", nullable=True),
        _text("detail", nullable=True),
        sa.Column("duration", sa.Double, nullable=False),
        sa.UniqueConstraint("instrument_id", "id"),
        sa.Index(None, "run_id"),
    )


def _bar_tables() -> None:
    op.create_table(
        "bar",
        sa.Column("instrument_id", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("session", SESSION, primary_key=True),
        *_values(),
        sa.Column("item_id", sa.Integer, nullable=False),
        *([_answer("item_id")] if _on_sqlite() else []),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "bar_revision",
        _id(),
        sa.Column("instrument_id", sa.Integer, nullable=False),
        sa.Column("session", SESSION, nullable=False),
        *_values(),
        sa.Column("item_id", sa.Integer, nullable=False),
        sa.Column("replaced_by", sa.Integer, nullable=False),
        _answer("item_id"),
        _answer("replaced_by"),
        sa.Index(None, "instrument_id", "session"),
    )
    op.create_table(
        "bar_block",
        _fk("instrument_id", "instrument.id", primary_key=True),
        sa.Column("year", sa.Integer, primary_key=True),
        sa.Column("data", sa.LargeBinary),
    )
    op.create_table(
        "corporate_action",
        _fk("instrument_id", "instrument.id", primary_key=True),
        sa.Column("session", SESSION, primary_key=True),
        sa.Column("kind", sa.Text, primary_key=True),
        sa.Column("value", sa.Double, nullable=False),
        _fk("item_id", "run_item.id"),
        sa.CheckConstraint("kind IN ('split', 'dividend', 'capital_gain')", name="kind"),
    )


def _quarantine_table() -> None:
    op.create_table(
        "quarantine",
        _id(),
        _fk("instrument_id", "instrument.id"),
        sa.Column("session", SESSION),
        *(_text(name) for name in ("reason", "detail", "row")),
        sa.Column("digest", sa.Text, nullable=False, unique=True),
        sa.Column("seen_at", INSTANT, nullable=False),
        _fk("item_id", "run_item.id"),
        sa.Column("released_at", INSTANT),
        _text("released_by", nullable=True),
        _text("released_why", nullable=True),
        sa.Index(None, "instrument_id", "session"),
        sa.CheckConstraint(
            "(released_at IS NULL) = (released_by IS NULL)"
            " AND (released_at IS NULL) = (released_why IS NULL)",
            name="released",
        ),
    )


# An answer always brings a new item_id, so an update that keeps it, or a delete while the
# packed year still stands, was made by hand: the packed copy is then out of date.
SQLITE_TRIGGERS = (
    """CREATE TRIGGER bar_corrected AFTER UPDATE ON bar WHEN NEW.item_id = OLD.item_id BEGIN
        UPDATE bar_block SET data = NULL
            WHERE instrument_id = OLD.instrument_id AND year = OLD.session / 10000;
        UPDATE bar_block SET data = NULL
            WHERE instrument_id = NEW.instrument_id AND year = NEW.session / 10000;
        UPDATE dataset SET version = version + 1;
    END""",
    """CREATE TRIGGER bar_removed AFTER DELETE ON bar WHEN EXISTS (
        SELECT 1 FROM bar_block WHERE instrument_id = OLD.instrument_id
            AND year = OLD.session / 10000 AND data IS NOT NULL
    ) BEGIN
        UPDATE bar_block SET data = NULL
            WHERE instrument_id = OLD.instrument_id AND year = OLD.session / 10000;
        UPDATE dataset SET version = version + 1;
    END""",
)
POSTGRES_TRIGGERS = (
    # Packed prices do not compress; trying costs more than storing them.
    "ALTER TABLE bar_block ALTER COLUMN data SET STORAGE EXTERNAL",
    """CREATE FUNCTION bar_corrected() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
        UPDATE bar_block SET data = NULL WHERE data IS NOT NULL
            AND instrument_id = OLD.instrument_id AND year = extract(year FROM OLD.session);
        IF TG_OP = 'UPDATE' THEN
            UPDATE bar_block SET data = NULL WHERE data IS NOT NULL
                AND instrument_id = NEW.instrument_id AND year = extract(year FROM NEW.session);
            UPDATE dataset SET version = version + 1;
        ELSIF FOUND THEN
            UPDATE dataset SET version = version + 1;
        END IF;
        RETURN NULL;
    END $$""",
    """CREATE TRIGGER bar_corrected AFTER UPDATE ON bar FOR EACH ROW
        WHEN (NEW.item_id = OLD.item_id) EXECUTE FUNCTION bar_corrected()""",
    """CREATE TRIGGER bar_removed AFTER DELETE ON bar FOR EACH ROW EXECUTE FUNCTION bar_corrected()""",
    # The foreign key of bar, checked a statement at a time: row by row it halves a COPY.
    """CREATE FUNCTION bar_answered() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
        IF EXISTS (
            SELECT instrument_id, item_id FROM written
            EXCEPT SELECT w.instrument_id, w.item_id
                FROM (SELECT DISTINCT instrument_id, item_id FROM written) AS w
                JOIN run_item AS r ON r.instrument_id = w.instrument_id AND r.id = w.item_id
        ) THEN
            RAISE foreign_key_violation USING MESSAGE = 'a bar names no answer about its instrument';
        END IF;
        RETURN NULL;
    END $$""",
    """CREATE TRIGGER bar_inserted AFTER INSERT ON bar REFERENCING NEW TABLE AS written
        FOR EACH STATEMENT EXECUTE FUNCTION bar_answered()""",
    """CREATE TRIGGER bar_updated AFTER UPDATE ON bar REFERENCING NEW TABLE AS written
        FOR EACH STATEMENT EXECUTE FUNCTION bar_answered()""",
    """CREATE FUNCTION run_item_kept() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
        IF EXISTS (SELECT 1 FROM bar WHERE instrument_id = OLD.instrument_id AND item_id = OLD.id) THEN
            RAISE foreign_key_violation USING MESSAGE = 'bars stand on this answer';
        END IF;
        RETURN OLD;
    END $$""",
    """CREATE TRIGGER run_item_kept BEFORE DELETE ON run_item FOR EACH ROW
        EXECUTE FUNCTION run_item_kept()""",
)

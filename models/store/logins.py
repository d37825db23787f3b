"""Who is logged in, and who tried wrong passwords: shared by all web processes on one database.

Neither a session's number nor a name nor an address is kept, only digests that the caller made of them.
Instants are Unix seconds: they are of the machine's clock, not of the one that a replay stops.
"""

from __future__ import annotations

from dataclasses import dataclass

import sqlalchemy as sa

from models.store.engine import Store
from models.store.schema import metadata

SESSIONS_EACH = 50
"""Sessions that one user may have at a time; the oldest end first."""
TRIES_KEPT = 10_000
"""Rows of wrong tries; when there are more, those with the fewest tries go first."""

_LOCK = 0x4C4F474E  # any number that nothing else here locks

login_session = sa.Table(
    "login_session",
    metadata,
    sa.Column("digest", sa.Text, primary_key=True),
    sa.Column("name", sa.Text, nullable=False, index=True),
    sa.Column("began", sa.Double, nullable=False),
    sa.Column("until", sa.Double, nullable=False),
)
"""One row a login that has not been ended; a cookie without its row reads nothing."""

login_try = sa.Table(
    "login_try",
    metadata,
    sa.Column("digest", sa.Text, primary_key=True),
    sa.Column("tries", sa.Integer, nullable=False),
    sa.Column("last", sa.Double, nullable=False, index=True),
    sa.Column("until", sa.Double, nullable=False),
)
"""Wrong passwords of one name from one address, and until when no other is looked at."""


@dataclass(frozen=True, slots=True)
class Patience:
    """How many wrong passwords are free, how the wait for the next grows, and when all is forgotten.

    After ``free`` tries the wait is ``first`` seconds, then twice as long after each, ``most`` at most.
    """

    free: int = 5
    first: float = 60.0
    most: float = 3600.0
    forget: float = 12 * 3600.0

    def wait(self, tries: int) -> float:
        """Seconds until the next try, after so many."""
        over = tries - self.free
        return 0.0 if over < 0 else min(self.first * 2.0 ** min(over, 30), self.most)


def begin_session(store: Store, digest: str, name: str, *, now: float, until: float) -> None:
    """Keep a login, and drop those that are over."""
    table = login_session
    with store.writing(fenced=False) as connection:
        connection.execute(table.delete().where(table.c.until <= now))
        newest = (
            sa.select(table.c.digest)
            .where(table.c.name == name)
            .order_by(table.c.began.desc(), table.c.digest)
            .limit(SESSIONS_EACH - 1)
        )
        kept = list(connection.scalars(newest))
        connection.execute(table.delete().where(table.c.name == name, table.c.digest.not_in(kept)))
        connection.execute(table.insert().values(digest=digest, name=name, began=now, until=until))


def session_until(store: Store, digest: str) -> float | None:
    """Return until when a login stands, None for one that was ended or never was."""
    query = sa.select(login_session.c.until).where(login_session.c.digest == digest)
    with store.reading() as connection:
        found: float | None = connection.scalar(query)
    return found


def end_session(store: Store, digest: str) -> None:
    """End a login: its cookie, and every copy of it, reads nothing any more."""
    with store.writing(fenced=False) as connection:
        connection.execute(login_session.delete().where(login_session.c.digest == digest))


def take_try(store: Store, digest: str, patience: Patience, *, now: float) -> float:
    """Count one try before its password is looked at; return the seconds to wait, 0 when it may be.

    A try that has to wait is not counted. Of many at once each is counted for itself, so that they get no
    more guesses than one after the other.
    """
    table = login_try
    with store.writing(fenced=False) as connection:
        if connection.dialect.name == "postgresql":  # on a file the transaction itself is alone
            connection.execute(sa.text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOCK})
        connection.execute(table.delete().where(table.c.last < now - patience.forget, table.c.until <= now))
        row = connection.execute(
            sa.select(table.c.tries, table.c.until).where(table.c.digest == digest)
        ).first()
        if row is not None and row.until > now:
            if row.until - now <= patience.most:
                return float(row.until - now)
            # The clock was ahead when it was counted, and has been set: nobody waits for it to catch up.
            left = patience.wait(row.tries)
            connection.execute(
                table.update().where(table.c.digest == digest).values(last=now, until=now + left)
            )
            return left
        tries = (row.tries if row is not None else 0) + 1
        found = {"digest": digest, "tries": tries, "last": now, "until": now + patience.wait(tries)}
        connection.execute(table.delete().where(table.c.digest == digest))
        connection.execute(table.insert().values(found))
        _drop_over(connection)
    return 0.0


def forget_tries(store: Store, digest: str) -> None:
    """Begin anew for a name from an address: its password was right."""
    with store.writing(fenced=False) as connection:
        connection.execute(login_try.delete().where(login_try.c.digest == digest))


def _drop_over(connection: sa.Connection) -> None:
    """Keep the table at its size: a flood of invented names must not push out those that were tried often."""
    table = login_try
    over = int(connection.scalar(sa.select(sa.func.count()).select_from(table)) or 0) - TRIES_KEPT
    if over > 0:
        least = sa.select(table.c.digest).order_by(table.c.tries, table.c.last, table.c.digest).limit(over)
        connection.execute(table.delete().where(table.c.digest.in_(list(connection.scalars(least)))))

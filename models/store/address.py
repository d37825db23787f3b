"""Database URLs: what is accepted, how they are shown, and what is said when one is wrong."""

from __future__ import annotations

import re
from pathlib import Path

import sqlalchemy as sa

from models.errors import StoreError

EXAMPLES = "sqlite:///path/to/aftershock.db or postgresql+psycopg://user:password@host:5432/name"
_POSTGRES = {"postgres", "postgresql", "postgresql+psycopg"}


def parse_url(text: str) -> sa.URL:
    """Read a database URL; ``postgres://`` and ``postgresql://`` mean psycopg 3.

    Raises
    ------
    StoreError
        If it is no URL, names another database than SQLite and Postgres, or lacks the file.
    """
    try:
        url = sa.make_url(text)
    except (sa.exc.ArgumentError, ValueError):
        raise StoreError(
            f"{masked(text)!r} is not a database URL; write {EXAMPLES}."
        ) from None  # the cause repeats the text, password and all
    if url.drivername in _POSTGRES:
        return _postgres(url)
    if url.drivername not in {"sqlite", "sqlite+pysqlite"}:
        raise StoreError(
            f"Aftershock keeps its data in SQLite or Postgres, not in {url.drivername!r}; write {EXAMPLES}."
        )
    if not url.database or url.database == ":memory:" or url.host:
        raise StoreError(f"{shown(url)} names no file; write sqlite:///path/to/aftershock.db.")
    path = Path(url.database).expanduser().absolute()
    return sa.URL.create("sqlite", database=str(path))


def _postgres(url: sa.URL) -> sa.URL:
    if not url.database:
        raise StoreError(f"{shown(url)} names no database; write {EXAMPLES.split(' or ')[1]}.")
    return url.set(drivername="postgresql+psycopg")


def shown(url: sa.URL) -> str:
    """Return the URL as it may be shown: every password hidden, in the query too."""
    secret = {key: "***" if "password" in key.lower() else value for key, value in url.query.items()}
    return url.set(query=secret).render_as_string(hide_password=True)


def masked(text: str) -> str:
    """Return a text that may be a malformed URL with what looks like its password hidden."""
    return re.sub(r"^([\w+]*:?/*).*@", r"\1***@", _unqueried(text))


def masked_in(text: str) -> str:
    """Return a text of any kind with the password of each URL in it hidden, and nothing else."""
    return re.sub(r"(://[^:/@\s]*):\S*@", r"\1:***@", _unqueried(text))


def _unqueried(text: str) -> str:
    return re.sub(r"(?i)(password=)[^&\s]*", r"\1***", text)

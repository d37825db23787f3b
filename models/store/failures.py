"""A driver's failure in one sentence that names the fix, without the statement or a password."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import sqlalchemy as sa

from models.errors import (
    PlaceTakenError,
    StoreBusyError,
    StoreError,
    StoreFullError,
    StoreUnreachableError,
)

if TYPE_CHECKING:
    from models.store.engine import Store

_SQLITE = (
    ("database is locked", StoreBusyError, "Another process keeps {where} locked; wait for it, or stop it."),
    ("database or disk is full", StoreFullError, "The disk under {where} is full; free some space."),
    ("disk i/o error", StoreFullError, "The disk under {where} refuses a write; check its space and health."),
    ("readonly database", StoreError, "{where} is read-only; let this user write it and its folder."),
    ("unable to open", StoreError, "{where} cannot be opened; check the folder and its permissions."),
    ("not a database", StoreError, "{where} is not an SQLite database; name another file."),
    ("malformed", StoreError, "{where} is damaged; restore it from a backup."),
)
_POSTGRES = (
    ("password authentication failed", StoreError, "{where} refuses the user or password; correct the URL."),
    ("no password supplied", StoreError, "{where} asks for a password; put it into the URL."),
    ("does not exist", StoreError, "{where} answers: {what}; create it or correct the URL."),
    ("too many clients", StoreBusyError, "{where} has no connection left; close some or allow more."),
    ("no space left", StoreFullError, "The disk under {where} is full; free some space."),
    ("lock timeout", StoreBusyError, "Another process keeps a row of {where} locked; try again."),
    ("statement timeout", StoreBusyError, "{where} took too long to answer; try again when it is less busy."),
)
# For readers on the network: what it is and what to do, without a path, a host or the driver's words.
_DISCREET: dict[type[StoreError], str] = {
    PlaceTakenError: "Another process is writing and does not end; try again.",
    StoreBusyError: "The database is busy; try again.",
    StoreFullError: "The disk of the database is full or refuses writes; make room.",
    StoreUnreachableError: "The database cannot be reached; see that it runs.",
    StoreError: "The database cannot be used; the log of the server says why.",
}
_UNREACHABLE = "{where} cannot be reached: {what}; check that it runs, and host and port in the URL."
_LOST = {"OperationalError", "ConnectionTimeout", "AdminShutdown", "CrashShutdown"}


@contextmanager
def in_words(store: Store) -> Iterator[None]:
    """Raise every failure of the database as a StoreError, with the driver's as its cause.

    A store that is read for others says no more than they need: see :func:`discreet`.
    """
    try:
        with _whole(store):
            yield
    except StoreError as error:
        if not store.discreet or (told := discreet(error)) is error:
            raise
        raise told from error


def discreet(error: StoreError) -> StoreError:
    """The same failure in a sentence for readers; the sentence as it was is its ``whole``, for the log.

    Failures whose sentences name no place of the server stay as they are.
    """
    if type(error) not in _DISCREET or error.whole:
        return error
    told = StoreBusyError() if isinstance(error, StoreBusyError) else type(error)()
    told.args, told.whole = (_DISCREET[type(error)],), str(error)
    return told


@contextmanager
def _whole(store: Store) -> Iterator[None]:
    try:
        yield
    except sa.exc.TimeoutError as error:
        raise StoreBusyError(f"All connections to {store.url_shown} are in use; try again.") from error
    except sa.exc.DBAPIError as error:
        raise _failure(store, error.orig or error, lost=error.connection_invalidated) from error
    except OSError as error:
        if store.path is None:
            raise
        what = error.strerror or error
        raise StoreError(f"{store.path} cannot be used: {what}; check the folder's permissions.") from error
    except Exception as error:
        # A COPY, and the look at a file's schema, go past SQLAlchemy.
        if type(error).__module__.split(".")[0] not in {"sqlite3", "psycopg"}:
            raise
        raise _failure(store, error, lost=False) from error


def _failure(store: Store, error: BaseException, *, lost: bool) -> StoreError:
    lines = str(error).strip().splitlines()
    what = lines[0].rstrip(".") if lines else type(error).__name__
    where = str(store.path or f"The server of {store.url_shown}")
    for part, kind, sentence in _SQLITE if store.path else _POSTGRES:
        if part in str(error).lower():
            return kind(sentence.format(where=where, what=what))
    if store.path is None and (lost or type(error).__name__ in _LOST):
        return StoreUnreachableError(_UNREACHABLE.format(where=where, what=what))
    return StoreError(f"{where} refused the change: {what}; nothing of it was stored.")

"""Logins and wrong passwords of all web processes: one store, the same on a file and on a Postgres."""

from __future__ import annotations

import threading
from collections.abc import Callable

import pytest
import sqlalchemy as sa

from models.store import Store, logins
from models.store.logins import (
    Patience,
    begin_session,
    end_session,
    forget_tries,
    login_try,
    session_until,
    take_try,
)

NOW = 1_780_000_000.0
PATIENCE = Patience(free=3, first=60.0, most=300.0, forget=3_600.0)


def test_a_login_stands_until_it_ends_for_every_process(url: str, open_store: Callable[..., Store]) -> None:
    first, second = open_store(url), open_store(url)
    begin_session(first, "a", "ann", now=NOW, until=NOW + 10)
    begin_session(second, "b", "ann", now=NOW + 1, until=NOW + 11)
    assert [session_until(second, digest) for digest in "abc"] == [NOW + 10, NOW + 11, None]
    end_session(second, "a")
    end_session(second, "a")  # twice does no harm
    assert [session_until(first, digest) for digest in "ab"] == [None, NOW + 11]


def test_logins_that_are_over_are_dropped_and_one_user_has_so_many(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(logins, "SESSIONS_EACH", 3)
    begin_session(store, "old", "bob", now=NOW, until=NOW + 10)
    for number in range(5):
        begin_session(store, f"a{number}", "ann", now=NOW + number, until=NOW + 100)
    begin_session(store, "new", "bob", now=NOW + 10, until=NOW + 110)
    standing = [
        digest for digest in ("old", "a0", "a1", "a2", "a3", "a4", "new") if session_until(store, digest)
    ]
    assert standing == ["a2", "a3", "a4", "new"], "the oldest of ann’s, and what was over, are gone"


def test_the_wait_grows_and_is_said_and_ends(store: Store) -> None:
    now, waits = NOW, []
    for _ in range(7):
        assert take_try(store, "ann", PATIENCE, now=now) == 0.0
        waits.append(take_try(store, "ann", PATIENCE, now=now) if len(waits) >= 2 else 0.0)
        now += waits[-1]
    assert waits == [0.0, 0.0, 60.0, 120.0, 240.0, 300.0, 300.0]
    assert take_try(store, "bob", PATIENCE, now=now - 1) == 0.0, "another name waits for nobody"
    assert take_try(store, "ann", PATIENCE, now=now - 1) == pytest.approx(1.0)
    forget_tries(store, "ann")
    assert [take_try(store, "ann", PATIENCE, now=now) for _ in range(3)] == [0.0, 0.0, 0.0]
    assert take_try(store, "ann", PATIENCE, now=now) == 60.0
    assert [take_try(store, "ann", PATIENCE, now=now + 3_601) for _ in range(2)] == [0.0, 0.0], (
        "all is forgotten"
    )


def test_many_tries_at_once_get_no_more_than_one_after_the_other(
    url: str, open_store: Callable[..., Store]
) -> None:
    stores, waits = [open_store(url), open_store(url)], []
    ready = threading.Barrier(16)

    def guess(number: int) -> None:
        ready.wait(20)
        waits.append(take_try(stores[number % 2], "ann", PATIENCE, now=NOW))

    threads = [threading.Thread(target=guess, args=(number,)) for number in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert sorted(waits) == [0.0] * 3 + [60.0] * 13


def test_a_clock_that_was_ahead_keeps_nobody_out(store: Store) -> None:
    year = 365 * 86_400.0
    assert [take_try(store, "ann", PATIENCE, now=NOW + year) for _ in range(4)] == [0.0, 0.0, 0.0, 60.0]
    assert take_try(store, "ann", PATIENCE, now=NOW) == 60.0, "the wait that it would have been"
    assert take_try(store, "ann", PATIENCE, now=NOW + 59) == pytest.approx(1.0)
    assert take_try(store, "ann", PATIENCE, now=NOW + 61) == 0.0


def test_a_flood_of_names_pushes_out_none_that_was_tried_often(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(logins, "TRIES_KEPT", 5)
    for at in range(3):
        take_try(store, "ann", PATIENCE, now=NOW + at)
    for number in range(20):
        take_try(store, f"invented {number}", PATIENCE, now=NOW + 10 + number)
    with store.reading() as connection:
        kept = list(connection.scalars(sa.select(login_try.c.digest)))
    assert len(kept) == 5 and "ann" in kept
    assert take_try(store, "ann", PATIENCE, now=NOW + 30) > 0

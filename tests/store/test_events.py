"""Events in the store: the catalogue loaded once, people's changes apart, two editors losing nothing."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
import sqlalchemy as sa

from models.errors import EventConflictError, StoreError, UnknownEventError
from models.events import Event, LedgerItem, plain_event
from models.noting import event_of
from models.store import Store, dataset_version
from models.store.events import (
    CATALOGUE,
    add_event,
    edit_event,
    event_history,
    event_of_id,
    events,
    events_version,
    ledger,
    load_catalogue,
    restore,
    retire,
)
from tests.store.conftest import NOW

LATER = NOW + timedelta(hours=1)
CLAIM = {"entity": "KOSPI", "symbol": "^KS11", "value": -5.81, "basis": "close", "source": "An agency"}
FALL = {
    "at": "2026-06-26",
    "zone": "Asia/Seoul",
    "title": "Seoul stops",
    "what": "<b>Circuit</b> breakers.\nTwice.",
    "category": "selloff",
    "severity": 3,
    "layers": ["memory", "accelerators"],
    "symbols": ["^KS11", "MU"],
    "source_url": "https://example.org/",
    "claims": [CLAIM, CLAIM | {"value": None, "text": "sector-wide", "basis": "unstated", "symbol": None}],
}
ITEM = LedgerItem(
    *("backlog", "backlog", "CoreWeave", "CRWV", "revenue backlog", 99.4, "99.4", "USD bn", "contracted"),
    *(date(2026, 5, 7), "A report", None, "medium", "a note"),
)


def fall(**changes: object) -> Event:
    return event_of(FALL | changes)


def note(store: Store, **changes: object) -> Event:
    return add_event(store, fall(**changes), by="Ann", now=NOW)


def test_an_event_comes_back_as_it_was_stored(store: Store) -> None:
    stored = note(store)
    assert stored == replace(fall(), edited_by="Ann", edited_at=NOW)
    assert events(store) == [stored]
    moment = note(store, at="2026-06-26T09:05", title="An instant")
    assert moment.at == datetime(2026, 6, 26, 0, 5, tzinfo=UTC)
    assert event_of_id(store, moment.id) == moment
    assert [item.id for item in events(store)] == [moment.id, stored.id]


def test_every_change_is_kept_with_who_and_when(store: Store) -> None:
    first = note(store)
    second = edit_event(store, replace(first, title="Seoul halts"), expected_version=1, by="Bo", now=LATER)
    retire(store, first.id, by="Cy", now=LATER)
    back = restore(store, first.id, by="Di", now=LATER, expected_version=3)
    assert (back.title, back.version, back.retired, back.edited_by) == ("Seoul halts", 4, False, "Di")
    history = event_history(store, first.id)
    assert [(item.version, item.step, item.by) for item in history] == [
        (4, "restored", "Di"),
        (3, "retired", "Cy"),
        (2, "edited", "Bo"),
        (1, "added", "Ann"),
    ]
    assert [item.before for item in history[2:]] == [first, None]
    assert history[1].before == second
    assert history[0].at == LATER


def test_events_and_prices_have_versions_of_their_own(store: Store) -> None:
    prices, before = dataset_version(store), events_version(store)
    stored = note(store)
    edited = edit_event(store, replace(stored, severity=1), expected_version=1, by="Bo", now=LATER)
    retire(store, stored.id, by="Bo", now=LATER)
    assert events_version(store) == before + 3
    retire(store, stored.id, by="Bo", now=LATER)
    same = edit_event(store, edited, expected_version=3, by="Bo", now=LATER)
    assert (events_version(store), same.version, same.retired) == (before + 3, 3, True)
    assert dataset_version(store) == prices


def test_a_retired_event_is_shown_only_when_asked_for(store: Store) -> None:
    stored = note(store)
    retire(store, stored.id, by="Ann", now=LATER)
    assert events(store) == []
    assert [item.id for item in events(store, include_retired=True)] == [stored.id]


def test_two_notes_of_one_day_with_one_title_are_two_events(store: Store) -> None:
    assert [note(store).id for _ in range(3)] == [
        "2026-06-26-seoul-stops",
        "2026-06-26-seoul-stops-2",
        "2026-06-26-seoul-stops-3",
    ]


def test_of_two_editors_the_second_is_told_and_neither_loses(store: Store) -> None:
    seen = note(store)
    mine, theirs = replace(seen, title="Mine"), replace(seen, title="Theirs")
    stored = edit_event(store, theirs, expected_version=seen.version, by="Bo", now=LATER)
    before = events_version(store)
    with pytest.raises(EventConflictError, match="changed by Bo meanwhile: it is at version 2") as caught:
        edit_event(store, mine, expected_version=seen.version, by="Ann", now=LATER)
    assert (caught.value.mine, caught.value.theirs, caught.value.expected) == (mine, stored, 1)
    with pytest.raises(EventConflictError) as caught:
        retire(store, seen.id, by="Ann", now=LATER, expected_version=1)
    assert caught.value.mine is None
    assert (events(store), events_version(store)) == ([stored], before)
    again = edit_event(store, mine, expected_version=2, by="Ann", now=LATER)
    assert (again.title, again.version) == ("Mine", 3)


def test_of_many_who_save_at_once_one_does(url: str, open_store: Callable[..., Store]) -> None:
    stores = [open_store(url) for _ in range(4)]
    seen = note(stores[0])
    start = threading.Barrier(len(stores))
    outcomes: list[str] = []

    def save(number: int, store: Store) -> None:
        start.wait()
        try:
            edit_event(store, replace(seen, title=f"By {number}"), expected_version=1, by="x", now=LATER)
            outcomes.append("stored")
        except EventConflictError as error:
            outcomes.append(str(error.theirs.version))

    threads = [threading.Thread(target=save, args=item) for item in enumerate(stores)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert sorted(outcomes) == ["2", "2", "2", "stored"]
    assert len(event_history(stores[0], seen.id)) == 2


def test_of_many_who_add_at_once_all_do(url: str, open_store: Callable[..., Store]) -> None:
    stores = [open_store(url) for _ in range(4)]
    start = threading.Barrier(len(stores))

    def add(store: Store) -> None:
        start.wait()
        note(store)

    threads = [threading.Thread(target=add, args=(store,)) for store in stores]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert len(events(stores[0])) == 4


def test_an_event_that_is_not_there(store: Store) -> None:
    for ask in (
        lambda: event_of_id(store, "x"),
        lambda: event_history(store, "x"),
        lambda: retire(store, "x", by="Ann", now=NOW),
        lambda: edit_event(store, fall(id="x"), expected_version=1, by="Ann", now=NOW),
    ):
        with pytest.raises(UnknownEventError, match="There is no event x"):
            ask()


def test_the_database_refuses_what_no_check_should_have_let_through(store: Store) -> None:
    long = replace(fall(), title="x" * 121)
    with pytest.raises(StoreError):
        add_event(store, long, by="Ann", now=NOW)
    assert events(store) == []


SHIPPED = [fall(id="one", title="One"), fall(id="two", title="Two"), fall(id="three", title="Three")]


def load(store: Store, shipped: list[Event] = SHIPPED, version: int = 1) -> bool:
    return load_catalogue(store, shipped, [ITEM], version, NOW)


def test_the_catalogue_is_loaded_once(store: Store) -> None:
    prices = dataset_version(store)
    assert load(store)
    loaded, version = events(store), events_version(store)
    assert [item.id for item in loaded] == ["one", "three", "two"]
    assert {(item.origin, item.edited_by, item.version) for item in loaded} == {("catalogue", CATALOGUE, 1)}
    assert ledger(store) == [ITEM]
    assert not load(store)
    assert not load(store, [], 0)
    assert (events(store), events_version(store), dataset_version(store)) == (loaded, version, prices)


def test_a_newer_catalogue_leaves_people_s_changes_alone(store: Store) -> None:
    load(store)
    edit_event(store, replace(event_of_id(store, "one"), what="Ours"), expected_version=1, by="Ann", now=NOW)
    retire(store, "two", by="Ann", now=NOW)
    mine = add_event(store, fall(id="four", title="Mine"), by="Ann", now=NOW)
    newer = [replace(item, what="Newer", severity=1) for item in SHIPPED]
    newer += [fall(id="four", title="Theirs"), fall(id="five", title="Five")]
    assert load_catalogue(store, newer, [replace(ITEM, value=100.0), replace(ITEM, id="b")], 2, LATER)
    found = {item.id: item for item in events(store, include_retired=True)}
    assert (found["one"].what, found["one"].origin, found["one"].version) == ("Ours", "catalogue", 2)
    assert (found["two"].what, found["two"].retired, found["two"].version) == ("Newer", True, 3)
    assert (found["three"].what, found["three"].edited_by, found["three"].version) == ("Newer", CATALOGUE, 2)
    assert found["four"] == mine
    assert found["five"].origin == "catalogue"
    assert [item.value for item in ledger(store)] == [100.0, 99.4]
    restore(store, "two", by="Ann", now=LATER)
    load_catalogue(store, SHIPPED, [], 3, LATER)
    found = {item.id: item for item in events(store)}
    assert (found["two"].what, found["five"].what) == (SHIPPED[1].what, newer[-1].what)
    assert ledger(store) == []


def test_what_a_newer_catalogue_says_the_same_is_not_a_change(store: Store) -> None:
    load(store)
    load(store, version=2)
    assert {item.version for item in events(store)} == {1}
    assert len(event_history(store, "one")) == 1


def test_of_many_who_load_at_once_one_does(url: str, open_store: Callable[..., Store]) -> None:
    stores = [open_store(url) for _ in range(4)]
    start = threading.Barrier(len(stores))
    done: list[bool] = []

    def bring(store: Store) -> None:
        start.wait()
        done.append(load(store))

    threads = [threading.Thread(target=bring, args=(store,)) for store in stores]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert sorted(done) == [False, False, False, True]
    assert len(events(stores[0])) == 3


def test_a_failure_in_the_middle_leaves_no_half_of_a_catalogue(store: Store) -> None:
    broken = [*SHIPPED, replace(fall(id="bad"), severity=7)]
    with pytest.raises(StoreError):
        load(store, broken)
    assert (events(store), ledger(store), events_version(store)) == ([], [], 0)
    assert load(store)


def test_what_an_event_was_is_kept_whole(store: Store) -> None:
    load(store)
    before = event_of_id(store, "one")
    edit_event(store, replace(before, claims=(), symbols=()), expected_version=1, by="Ann", now=LATER)
    found = event_history(store, "one")[0].before
    assert found is not None
    assert plain_event(found) == plain_event(before)
    with store.reading() as connection:
        assert connection.scalar(sa.text("SELECT count(*) FROM claim WHERE event_id = 'one'")) == 0

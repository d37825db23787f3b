from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from app.market.market import Market
from app.settings import Settings
from models.errors import StoreUnreachableError
from models.events import Event
from models.store import Store
from models.store.events import add_event, edit_event, retire
from tests.app.situations import NOW

CRASH = Event("crash", date(2026, 6, 23), None, "Crash", "", "selloff", 3)


@pytest.fixture
def market(filled: Path, tmp_path: Path) -> Iterator[Market]:
    """A market whose events are all retired: the catalogue is in every store."""
    shutil.copytree(filled, tmp_path / "own")
    found = Market(Settings(data_dir=tmp_path / "own", now=NOW), poll=0.0)
    for event in found.events().events:
        retire(found.store(), event.id, by="Ada", now=NOW)
    yield found
    found.close()


def test_a_book_knows_no_retired_event(market: Market) -> None:
    book = market.events()
    assert book.events == ()
    assert market.stamp(market.view()) == f"{market.view().key}-{book.key}"


def test_a_change_of_an_event_changes_what_a_page_is_known_by(market: Market) -> None:
    store, view = market.store(), market.view()
    stamps = [market.stamp(view)]
    added = add_event(store, CRASH, by="Ada", now=NOW)
    stamps.append(market.stamp(view))
    assert [event.title for event in market.events(view).events] == ["Crash"]
    edit_event(store, replace(added, title="Rout"), expected_version=1, by="Bob", now=NOW)
    stamps.append(market.stamp(view))
    assert [event.title for event in market.events(view).events] == ["Rout"]
    retire(store, added.id, by="Bob", now=NOW)
    stamps.append(market.stamp(view))
    assert market.events(view).events == ()
    assert len(set(stamps)) == 4
    assert market.view() is view, "prices are not read again for an event"


def test_between_two_polls_nothing_is_read_unless_this_process_changed_it(market: Market) -> None:
    patient = Market(market.settings, poll=3_600.0)
    assert patient.events().events == ()
    add_event(patient.store(), CRASH, by="Ada", now=NOW)
    assert patient.events().events == ()
    patient.noted()
    assert len(patient.events().events) == 1
    patient.close()


def test_a_database_that_is_away_keeps_the_last_events(
    market: Market, monkeypatch: pytest.MonkeyPatch
) -> None:
    add_event(market.store(), CRASH, by="Ada", now=NOW)
    held = market.events()

    def away(**_: bool) -> Store:
        raise StoreUnreachableError("The server is away.")

    monkeypatch.setattr(market, "store", away)
    assert market.events() is held


def test_without_a_price_the_real_store_is_asked(tmp_path: Path, filled: Path) -> None:
    (tmp_path / "cache").symlink_to(filled / "cache")
    market = Market(Settings(data_dir=tmp_path, now=datetime(2026, 6, 24, tzinfo=UTC)), poll=0.0)
    add_event(market.store(), CRASH, by="Ada", now=NOW)
    assert [event.title for event in market.events().events] == ["Crash"]
    market.close()

"""The note that a database takes no new price: kept on a full disk, believed of its own database alone."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from models.errors import FencedError, PlaceTakenError, StoreBusyError, StoreError, StoreFullError
from models.store.refusals import ROOM, Refusal, Refusals

NOW = datetime(2026, 6, 30, 22, tzinfo=UTC)


@pytest.fixture
def notes(tmp_path: Path) -> Refusals:
    made = Refusals(tmp_path / "data" / "refused.json", "sqlite:///prices.db")
    made.reserve()
    return made


def test_a_refusal_stands_with_its_beginning_until_it_is_taken_back(notes: Refusals) -> None:
    assert notes.read() is None
    notes.tell(StoreFullError("The disk is full."), NOW)
    later = NOW + timedelta(minutes=5)
    notes.tell(StoreBusyError("Locked."), later)
    assert notes.read() == Refusal("busy", "Locked.", NOW, later)
    notes.clear()
    assert notes.read() is None
    notes.tell(StoreError("Read-only."), later)
    assert notes.read() == Refusal("other", "Read-only.", later, later)


def test_no_byte_is_added_when_it_is_written(notes: Refusals, tmp_path: Path) -> None:
    file = tmp_path / "data" / "refused.json"
    assert file.stat().st_size == ROOM
    held = file.stat().st_ino
    notes.tell(StoreFullError("ü" * 5000), NOW)
    assert (file.stat().st_size, file.stat().st_ino) == (ROOM, held)
    found = notes.read()
    assert found is not None and set(found.reason) == {"ü"}


def test_a_note_of_another_database_and_a_torn_one_are_not_believed(notes: Refusals, tmp_path: Path) -> None:
    notes.tell(StoreFullError("Full."), NOW)
    file = tmp_path / "data" / "refused.json"
    assert Refusals(file, "sqlite:///others.db").read() is None
    for torn in (b"", b"{", b"[]", b"\xff\xff", json.dumps({"database": "sqlite:///prices.db"}).encode()):
        file.write_bytes(torn)
        assert notes.read() is None
    assert Refusals().read() is None


def test_who_was_taken_over_from_notes_nothing_and_a_folder_that_is_gone_does_no_harm(
    notes: Refusals, tmp_path: Path
) -> None:
    notes.tell(FencedError(), NOW)
    notes.tell(PlaceTakenError("another process", "prices.db"), NOW)
    assert notes.read() is None
    nowhere = Refusals(tmp_path / "file" / "refused.json", "x")
    (tmp_path / "file").write_text("no folder")
    nowhere.reserve()
    nowhere.tell(StoreFullError("Full."), NOW)
    nowhere.clear()
    assert nowhere.read() is None


def test_what_is_watched_is_noted_and_taken_back(notes: Refusals) -> None:
    with pytest.raises(StoreFullError), notes.watching(lambda: NOW):
        raise StoreFullError("Full.")
    assert notes.read() is not None
    with pytest.raises(ValueError), notes.watching(lambda: NOW):
        raise ValueError
    assert notes.read() is not None, "what failed elsewhere says nothing about the database"
    with notes.watching(lambda: NOW):
        pass
    assert notes.read() is None

"""Whether a store is whole, and how one that is not is mended."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import sqlalchemy as sa

from models.store import Store, dataset_version, load_panel, repack, store_answer, verify
from tests.store.conftest import NOW
from tests.store.given import some_bars


def test_a_row_inserted_by_hand_is_found_and_packed(store: Store, run: int) -> None:
    store_answer(store, run, some_bars(start="2025-12-30", n=4), source="test", now=NOW)
    assert verify(store) == []
    day = "20260701" if store.path else "'2026-07-01'"
    columns = "instrument_id, session, close, final, flags, item_id"
    copied = f"SELECT instrument_id, {day}, 7, final, flags, item_id FROM bar WHERE close = 100"
    with store.writing() as connection:
        connection.execute(sa.text(f"INSERT INTO bar ({columns}) {copied}"))
    (sentence,) = verify(store)
    assert sentence == "The packed bars of MU differ from its rows; run `aftershock doctor --repair`."
    before = dataset_version(store)
    repack(store)
    assert verify(store) == []
    assert load_panel(store).bars("MU").close.tolist() == [100.0, 101.0, 102.0, 103.0, 7.0]
    assert dataset_version(store) == before + 1


def test_a_damaged_file_is_named(
    tmp_path: Path, sqlite_template: Path, open_store: Callable[..., Store]
) -> None:
    path = tmp_path / "store.db"
    shutil.copy(sqlite_template, path)
    with open_store(f"sqlite:///{path}") as store, store.writing() as connection:
        connection.exec_driver_sql("PRAGMA ignore_check_constraints = ON")
        connection.exec_driver_sql("UPDATE dataset SET id = 2")
    (sentence,) = verify(store)
    assert sentence.startswith("The file is damaged (")
    assert sentence.endswith("; restore a backup.")

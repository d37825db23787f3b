"""What can be asked of the store."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import pandas as pd
import pytest

from models.errors import UnknownSymbolError
from models.store import (
    Store,
    attempts,
    coverage,
    dataset_version,
    latest_run,
    load_panel,
    quarantined,
    record_failure,
    run_items,
    runs,
    save_view,
    store_answer,
    stored_bars,
    stored_sessions,
    view,
)
from models.types import HeldRow
from tests.store.conftest import NOW
from tests.store.given import same, some_bars


def test_an_empty_store_answers_everything(store: Store) -> None:
    assert latest_run(store) is None
    assert view(store, "none") is None
    assert attempts(store) == {}
    assert runs(store).empty
    assert quarantined(store).empty
    assert len(stored_bars(store, "MU")) == 0
    assert coverage(store)["bars"].tolist() == [0, 0, 0]
    assert coverage(store)["seen_at"].isna().all()
    panel = load_panel(store)
    assert (panel.close.shape, panel.symbols) == ((0, 3), ("MU", "285A.T", "^SOX"))


def test_stored_sessions_say_what_is_there_and_final(store: Store, run: int) -> None:
    bars = some_bars(final=[True, True, False])
    store_answer(store, run, bars, source="test", now=NOW)
    record_failure(store, run, "MU", failure="transient", detail="", duration=1, now=NOW + timedelta(1))
    found = stored_sessions(store)
    assert list(found) == ["MU", "285A.T", "^SOX"]
    assert np.array_equal(found["MU"].sessions, bars.sessions)
    assert found["MU"].final.tolist() == [True, True, False]
    assert (found["MU"].seen_at, found["^SOX"].seen_at) == (NOW, None)


def test_bars_since_a_session(store: Store, run: int) -> None:
    store_answer(store, run, some_bars(), source="test", now=NOW)
    assert stored_bars(store, "MU", since=date(2026, 6, 16)).close.tolist() == [101.0, 102.0]
    with pytest.raises(UnknownSymbolError):
        stored_bars(store, "TSLA")


def test_attempts_count_the_failures_since_an_answer(store: Store, run: int) -> None:
    def fails(hours: int) -> None:
        at = NOW + timedelta(hours=hours)
        record_failure(store, run, "MU", failure="not_found", detail="no data", duration=0.5, now=at)

    fails(0)
    store_answer(store, run, some_bars(), source="test", now=NOW + timedelta(hours=1))
    assert attempts(store)["MU"].consecutive_failures == 0
    assert attempts(store)["MU"].failing_since is None
    fails(2)
    fails(3)
    found = attempts(store)["MU"]
    assert (found.failure, found.detail, found.consecutive_failures) == ("not_found", "no data", 2)
    assert (found.at, found.failing_since) == (NOW + timedelta(hours=3), NOW + timedelta(hours=2))
    assert list(attempts(store)) == ["MU"]


def test_coverage_and_runs_in_frames(store: Store, run: int) -> None:
    held = [HeldRow("MU", date(2026, 6, 12), "zero", "close is 0", {"close": 0})]
    store_answer(
        store, run, some_bars(final=[1, 1, 0]), held=held, source="test", duration=0.25, note="late", now=NOW
    )
    row = coverage(store).iloc[0]
    assert (row["symbol"], row["first"], row["last"]) == (
        "MU",
        pd.Timestamp("2026-06-15"),
        pd.Timestamp("2026-06-17"),
    )
    assert row[["bars", "provisional", "suspect", "held", "revised"]].tolist() == [3, 1, 0, 1, 0]
    assert row["seen_at"] == NOW
    (item,) = run_items(store, run).to_dict("records")
    assert (item["symbol"], item["requested"], item["stored"], item["quarantined"]) == ("MU", 4, 3, 1)
    assert (item["at"], item["duration"], item["detail"]) == (NOW, 0.25, "late")
    (line,) = runs(store).to_dict("records")
    assert (line["run"], line["status"], line["answers"], line["failures"]) == (run, "running", 1, 0)
    progress = latest_run(store)
    assert progress is not None
    assert (progress.late, progress.done, progress.total) == (1, 0, 3)


def test_a_view_keeps_what_it_stood_for(store: Store) -> None:
    save_view(store, "a1b2", "/drawdowns", "names=MU", NOW)
    save_view(store, "a1b2", "/other", "", NOW)
    assert view(store, "a1b2") == ("/drawdowns", "names=MU")


def test_the_panel_aligns_every_symbol(store: Store, run: int) -> None:
    tokyo = some_bars("285A.T", start="2026-06-16", n=4, final=[1, 1, 1, 0], flags=[0, 2, 0, 0])
    new_york = some_bars("MU", volume=[1.0, np.nan, 3.0])
    for bars in (tokyo, new_york):
        store_answer(store, run, bars, source="test", now=NOW)
    panel = load_panel(store)
    assert panel.version == dataset_version(store)
    assert panel.sessions.astype(str).tolist() == [f"2026-06-{day}" for day in range(15, 20)]
    assert same(panel.bars("285A.T"), tokyo)
    assert same(panel.bars("MU"), new_york)
    assert panel.present.sum(axis=0).tolist() == [3, 4, 0]
    assert np.isnan(panel.close[~panel.present]).all()
    assert panel.close.flags.c_contiguous
    with pytest.raises(UnknownSymbolError):
        panel.column("TSLA")


def test_the_panel_until_a_date(store: Store, run: int) -> None:
    store_answer(store, run, some_bars(), source="test", now=NOW)
    panel = load_panel(store).until(date(2026, 6, 16))
    assert panel.sessions.astype(str).tolist() == ["2026-06-15", "2026-06-16"]
    assert panel.bars("MU").close.tolist() == [100.0, 101.0]
    assert load_panel(store).until(date(2020, 1, 1)).close.shape == (0, 3)

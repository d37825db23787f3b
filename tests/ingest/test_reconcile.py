from __future__ import annotations

import threading
import time
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from ingest.fetching import Rules
from ingest.reconcile import backfill, import_folder
from ingest.report import Progress
from ingest.sources.base import Answer, FetchFailure
from ingest.sources.csvfolder import CsvFolder
from models.store import (
    Store,
    dataset_version,
    latest_run,
    quarantined,
    revisions,
    run_items,
    runs,
    stored_actions,
    stored_bars,
)
from models.types import Action
from models.universe import Universe
from tests.ingest.series import calendars, changed
from tests.ingest.shelf import NAMES, NOW, Shelf, run, same, shelf, upto, write_csv
from tests.patience import promised


def test_an_empty_store_is_filled_and_a_second_run_asks_nothing(store: Store, universe: Universe) -> None:
    source, told = shelf(), list[Progress]()
    report = run(store, source, universe, progress=told.append)
    assert report.status == "done" and report.answered == report.total == 6 and report.inserted == 6 * 98
    assert source.symbols_asked() == list(NAMES), "the index first, then the file's order"
    assert [(step.symbol, step.outcome, step.done) for step in told] == [
        (name, "stored", at) for at, name in enumerate(NAMES, start=1)
    ]
    assert all(same(store, name, upto(source.bars[name], "2026-06-30")) for name in NAMES)
    version = dataset_version(store)
    again = run(store, source, universe, NOW + timedelta(minutes=5))
    assert again.run_id is None and again.total == 0 and len(source.asked) == 6
    assert dataset_version(store) == version and len(runs(store)) == 1


def test_the_next_session_is_asked_with_the_ten_before_it(store: Store, universe: Universe) -> None:
    source = shelf()
    run(store, source, universe)
    source.asked.clear()
    assert run(store, source, universe, NOW + timedelta(hours=23)).total == 0, "not final yet"
    report = run(store, source, universe, NOW + timedelta(days=1))
    assert report.inserted == 6 and report.revised == 0
    assert {start for _, start in source.asked} == {date(2026, 6, 16)}


def test_a_bar_seen_in_session_is_asked_again_after_the_close(store: Store, universe: Universe) -> None:
    source = shelf()
    midday = datetime(2026, 6, 30, 16, tzinfo=UTC)
    run(store, source, universe, midday)
    assert list(stored_bars(store, "NVDA").final[-2:]) == [True, False]
    report = run(store, source, universe, NOW)
    assert report.answered == 6 and stored_bars(store, "NVDA").final.all()
    assert revisions(store, "NVDA").empty


def test_a_revised_bar_leaves_a_trace(store: Store, universe: Universe) -> None:
    source = shelf()
    run(store, source, universe)
    before = source.bars["NVDA"]
    source.bars["NVDA"] = changed(before, 95, prices=1.003)
    report = run(store, source, universe, NOW + timedelta(days=1))
    assert report.revised == 1 and not report.rebased
    old = revisions(store, "NVDA")
    assert list(old["close"]) == [before.close[95]]


@pytest.mark.parametrize("event", [True, False])
def test_a_split_reads_the_whole_history_again_at_once(store: Store, universe: Universe, event: bool) -> None:
    source = shelf()
    run(store, source, universe)
    source.bars["NVDA"] = changed(source.bars["NVDA"], slice(None), prices=0.1, volume=10.0)
    if event:
        source.actions["NVDA"] = (Action(date(2026, 7, 1), "split", 10.0),)
    source.asked.clear()
    report = run(store, source, universe, NOW + timedelta(days=1))
    assert [start for symbol, start in source.asked if symbol == "NVDA"] == [
        date(2026, 6, 16),
        date(2015, 1, 1),
    ]
    assert report.rebased == {"NVDA": "split 10:1" if event else "re-based 10:1"} and report.held == 0
    assert same(store, "NVDA", upto(source.bars["NVDA"], "2026-07-01"))
    source.asked.clear()
    later = run(store, source, universe, NOW + timedelta(days=2))
    assert not later.rebased and len(source.asked) == 6


def test_a_dividend_moves_the_adjusted_closes_in_one_piece(store: Store, universe: Universe) -> None:
    source = shelf()
    run(store, source, universe)
    source.bars["MU"] = changed(source.bars["MU"], slice(0, 98), adj_close=0.9992)
    report = run(store, source, universe, NOW + timedelta(days=1))
    assert report.rebased == {"MU": "adjusted closes moved"}
    assert same(store, "MU", upto(source.bars["MU"], "2026-07-01"))


def test_a_split_that_is_only_announced_mixes_nothing(store: Store, universe: Universe) -> None:
    """The event and the new price are there, the old history is not re-based yet: the new row waits."""
    source = shelf()
    run(store, source, universe)
    whole = source.bars["NVDA"]
    source.bars["NVDA"] = changed(whole, slice(98, 120), prices=0.1)
    source.actions["NVDA"] = (Action(date(2026, 7, 1), "split", 10.0),)
    report = run(store, source, universe, NOW + timedelta(days=1))
    assert report.late == ["NVDA"] and same(store, "NVDA", upto(whole, "2026-06-30"))
    assert list(quarantined(store)["reason"]) == ["split_jump"]
    assert stored_actions(store, "NVDA") == [Action(date(2026, 7, 1), "split", 10.0)]
    source.bars["NVDA"] = changed(whole, slice(None), prices=0.1)
    mended = run(store, source, universe, NOW + timedelta(days=1, hours=2))
    assert mended.rebased == {"NVDA": "re-based 10:1"} and quarantined(store).empty
    assert same(store, "NVDA", upto(source.bars["NVDA"], "2026-07-01"))


def test_a_history_that_comes_back_short_replaces_nothing(store: Store, universe: Universe) -> None:
    source = shelf()
    run(store, source, universe)
    whole = source.bars["NVDA"]
    source.bars["NVDA"] = changed(whole, slice(None), prices=0.1, volume=10.0).take(slice(60, 120))
    report = run(store, source, universe, NOW + timedelta(days=1))
    assert report.failures["NVDA"][0] == "malformed"
    assert same(store, "NVDA", upto(whole, "2026-06-30"))


def test_a_whole_answer_in_another_unit_changes_nothing(store: Store, universe: Universe) -> None:
    source = shelf()
    run(store, source, universe)
    whole = source.bars["NVDA"]
    source.bars["NVDA"] = changed(whole, slice(None), prices=0.01)
    report = run(store, source, universe, NOW + timedelta(days=1))
    assert report.failures["NVDA"][0] == "scale_100" and same(store, "NVDA", upto(whole, "2026-06-30"))


def test_a_late_symbol_is_asked_at_growing_intervals_until_the_next_open(
    store: Store, universe: Universe
) -> None:
    source = shelf()
    run(store, source, universe)
    source.bars["SMCI"] = upto(source.bars["SMCI"], "2026-06-30")
    closing = NOW + timedelta(days=1)
    assert run(store, source, universe, closing).late == ["SMCI"]
    source.asked.clear()
    asked_at = []
    for minute in range(5, 24 * 60, 5):
        now = closing + timedelta(minutes=minute)
        run(store, source, universe, now)
        if len(source.asked) > len(asked_at):
            asked_at.append(minute)
    assert source.symbols_asked() == ["SMCI"] * len(asked_at)
    assert asked_at[:4] == [10, 25, 55, 115] and np.diff(asked_at[3:]).max() == 60
    # New York opens again at 13:30; two hours later an answer without the bar settles it.
    assert closing + timedelta(minutes=asked_at[-1]) >= datetime(2026, 7, 2, 15, 30, tzinfo=UTC)
    assert asked_at[-1] < 20 * 60 and latest_run(store) is not None


def test_a_gap_that_the_source_confirmed_is_looked_at_once_a_week(store: Store, universe: Universe) -> None:
    source = shelf()
    whole = source.bars["META"]
    source.bars["META"] = whole.take(np.arange(len(whole)) != 70)
    run(store, source, universe)
    gap = whole.sessions[70].item()
    starts = {}
    for days in range(1, 9):
        source.asked.clear()
        run(store, source, universe, NOW + timedelta(days=days))
        starts[NOW + timedelta(days=days)] = [start for symbol, start in source.asked if symbol == "META"]
    looked = [now for now, found in starts.items() if found and found[0] <= gap]
    assert [now.date() for now in looked] == [date(2026, 7, 6)], "the first session of the next week"
    source.bars["META"] = whole
    run(store, source, universe, NOW + timedelta(days=13))
    assert gap in stored_bars(store, "META").sessions.tolist()


def test_a_symbol_that_ended_is_asked_once_a_session(store: Store, universe: Universe) -> None:
    source = shelf()
    source.bars["AMD"] = source.bars["AMD"].take(slice(0, 60))
    assert run(store, source, universe).late == ["AMD"]
    source.asked.clear()
    for hours in range(1, 48):
        run(store, source, universe, NOW + timedelta(hours=hours))
    assert source.symbols_asked().count("AMD") == 1


def test_others_go_on_beside_failures_and_the_run_is_partial(store: Store, universe: Universe) -> None:
    source = shelf()
    del source.bars["META"]
    source.failures["MU"] = [FetchFailure("malformed", "Half a reply.") for _ in range(9)]
    report = run(store, source, universe)
    assert report.status == "partial" and report.answered == 4
    assert {symbol: kind for symbol, (kind, _) in report.failures.items()} == {
        "MU": "malformed",
        "META": "not_found",
    }
    assert source.symbols_asked().count("MU") == 1
    lines = run_items(store, report.run_id or 0).set_index("symbol")
    assert lines.loc["META", "failure"] == "not_found" and lines.loc["NVDA", "stored"] == 98
    source.asked.clear()
    run(store, source, universe, NOW + timedelta(minutes=5))
    assert source.asked == []
    run(store, source, universe, NOW + timedelta(minutes=11))
    assert sorted(source.symbols_asked()) == ["META", "MU"]


def test_what_passes_is_tried_three_times_with_growing_pauses(store: Store, universe: Universe) -> None:
    source, pauses = shelf(), list[float]()
    source.failures["NVDA"] = [FetchFailure("transient", "500.") for _ in range(2)]
    source.failures["MU"] = [FetchFailure("transient", "500.") for _ in range(5)]
    report = run(store, source, universe, wait=pauses.append)
    assert list(report.failures) == ["MU"] and report.failures["MU"][0] == "transient"
    assert source.symbols_asked().count("NVDA") == source.symbols_asked().count("MU") == 3
    assert all(
        0.5 <= short <= 1.5 and 2 <= long <= 6 for short, long in zip(pauses[::2], pauses[1::2], strict=True)
    )


def test_a_rate_limit_stops_the_batch_and_is_honoured(store: Store, universe: Universe) -> None:
    source = shelf()
    source.failures["MU"] = [FetchFailure("rate_limit", "429.", retry_after=timedelta(minutes=40))]
    report = run(store, source, universe)
    assert source.symbols_asked() == ["^GSPC", "NVDA", "MU"]
    assert report.status == "partial" and report.limited_until == NOW + timedelta(minutes=40)
    assert run(store, source, universe, NOW + timedelta(minutes=14)).total == 0
    assert len(source.asked) == 3
    resumed = run(store, source, universe, NOW + timedelta(minutes=41))
    assert resumed.answered == 4 and resumed.status == "done"
    assert source.symbols_asked() == ["^GSPC", "NVDA", "MU", "MU", "META", "AMD", "SMCI"]


def test_while_everything_is_limited_one_probe_a_quarter_hour(store: Store, universe: Universe) -> None:
    source = shelf()
    source.failures = {name: [FetchFailure("rate_limit", "429.") for _ in range(99)] for name in NAMES}
    for minute in range(0, 6 * 60, 5):
        run(store, source, universe, NOW + timedelta(minutes=minute), rules=Rules(workers=3))
    assert len(source.asked) <= 3 + 6 * 4


def test_no_answer_at_all_stops_early_and_says_so(store: Store, universe: Universe) -> None:
    source = shelf()
    refused = [FetchFailure("transient", "Connection refused.", reached=False) for _ in range(9)]
    source.failures = {name: list(refused) for name in NAMES}
    report = run(store, source, universe)
    assert report.unreachable and report.status == "failed" and report.answered == 0
    assert len(source.asked) == 4, "a first run does not try twice what nothing answers for"


def test_patience_ends_with_the_first_answer(store: Store, universe: Universe) -> None:
    release = threading.Event()

    @dataclass
    class Silent(Shelf):
        def fetch(self, symbol: str, start: Any = None, end: Any = None, *, now: datetime) -> Answer:
            release.wait(20)
            return super().fetch(symbol, start, end, now=now)

    began = time.monotonic()
    report = run(
        store, Silent(shelf().bars), universe, rules=Rules(workers=2, patience=timedelta(seconds=0.3))
    )
    release.set()
    assert report.unreachable and report.status == "failed"
    assert time.monotonic() - began < min(promised(5), 18)


def test_a_stop_finishes_the_symbol_under_way(store: Store, universe: Universe) -> None:
    source, told = shelf(), list[Progress]()
    report = run(store, source, universe, progress=told.append, stopping=lambda: len(told) >= 2)
    assert report.status == "partial" and report.answered == 2
    assert run(store, source, universe, NOW + timedelta(minutes=1)).answered == 4


def test_a_backfill_asks_everyone_from_a_day_on(store: Store, universe: Universe) -> None:
    source = shelf()
    run(store, source, universe)
    source.asked.clear()
    report = backfill(
        store,
        source,
        universe,
        calendars(),
        since=date(2026, 5, 1),
        clock=lambda: NOW,
        rules=Rules(workers=1),
    )
    assert {start for _, start in source.asked} == {date(2026, 5, 1)} and len(source.asked) == 6
    assert report.inserted == report.revised == 0 and report.status == "done"


def test_a_folder_goes_the_same_way(store: Store, universe: Universe, tmp_path: Path) -> None:
    folder, bars = tmp_path / "csv", shelf().bars
    folder.mkdir()
    for symbol in ("NVDA", "^GSPC"):
        write_csv(folder, symbol, bars[symbol])
    write_csv(folder, "OTHER", bars["MU"])
    (folder / "MU.csv").write_text("date,close\n2026-06-30,abc\n", encoding="utf-8")
    later = datetime(2026, 8, 3, tzinfo=UTC)
    report = import_folder(store, CsvFolder(folder), universe, calendars(), now=later)
    assert report.answered == 2 and report.status == "partial" and report.failures["MU"][0] == "malformed"
    assert report.ignored == ("OTHER",) and report.late == []
    assert same(store, "NVDA", bars["NVDA"])
    again = import_folder(store, CsvFolder(folder), universe, calendars(), now=later)
    assert again.inserted == again.revised == 0


def test_a_name_the_source_does_not_have_is_news_once(store: Store, universe: Universe) -> None:
    source = shelf()
    del source.bars["META"]
    first = run(store, source, universe, retry=True)
    assert first.status == "partial" and list(first.failures) == ["META"] and not first.unknown
    source.asked.clear()
    again = run(store, source, universe, retry=True)
    assert again.run_id is None and again.waiting == ("META",) and source.asked == []
    later = run(store, source, universe, NOW + timedelta(minutes=11))
    assert later.status == "done" and later.unknown == ["META"]
    forced = run(store, source, universe, NOW + timedelta(minutes=12), force=True)
    assert forced.total == 6 and forced.status == "partial" and forced.unknown == []
    source.asked.clear()
    for hours in range(3, 240):
        run(store, source, universe, NOW + timedelta(hours=hours))
    assert source.symbols_asked().count("META") <= 7 + 4 * 2  # as it doubles at first, then once a session
    source.asked.clear()
    source.bars["META"] = shelf().bars["META"]
    assert run(store, source, universe, NOW + timedelta(days=13, hours=1)).status == "done"
    assert len(stored_bars(store, "META"))


def test_what_failed_in_passing_can_be_asked_at_once_and_nothing_else(
    store: Store, universe: Universe
) -> None:
    source = shelf()
    source.failures["MU"] = [FetchFailure("transient", "500.") for _ in range(3)]
    source.failures["META"] = [FetchFailure("malformed", "Half a reply.")]
    source.bars["AMD"] = upto(source.bars["AMD"], "2026-06-29")
    assert run(store, source, universe, wait=lambda _: None).late == ["AMD"]
    source.asked.clear()
    assert run(store, source, universe).waiting == ("MU", "META", "AMD")
    report = run(store, source, universe, retry=True)
    assert source.symbols_asked() == ["MU"] and report.status == "done" and report.waiting == ("META", "AMD")


def test_what_another_source_lacks_says_nothing_about_this_one(
    store: Store, universe: Universe, tmp_path: Path
) -> None:
    source, folder = shelf(), tmp_path / "csv"
    folder.mkdir()
    for symbol, bars in source.bars.items():
        write_csv(folder, symbol, upto(bars, "2026-05-01"))
    assert import_folder(store, CsvFolder(folder), universe, calendars(), now=NOW).status == "done"
    report = run(store, source, universe)
    assert report.status == "done" and report.answered == 6
    assert all(stored_bars(store, symbol).sessions[-1] == np.datetime64("2026-06-30") for symbol in NAMES)

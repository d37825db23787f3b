from __future__ import annotations

from datetime import timedelta

from models.store import (
    Store,
    days_not_found,
    moved_since,
    pause_source,
    pauses,
    record_failure,
    resume_source,
    store_answer,
)
from tests.store.conftest import NOW
from tests.store.given import some_bars


def _lost(store: Store, run: int, days: float) -> None:
    at = NOW + timedelta(days=days)
    record_failure(store, run, "MU", failure="not_found", detail="", duration=0.1, now=at)


def test_days_without_the_symbol_are_counted_since_the_last_answer(store: Store, run: int) -> None:
    _lost(store, run, -9)
    store_answer(store, run, some_bars(), source="test", now=NOW - timedelta(days=8))
    assert days_not_found(store) == {}
    for days in (0, 0.1, 1, 2):
        _lost(store, run, days)
    assert days_not_found(store) == {"MU": 3}


def test_a_close_moved_far_is_told_and_a_rebase_is_not(store: Store, run: int) -> None:
    store_answer(store, run, some_bars(), source="test", now=NOW)
    store_answer(store, run, some_bars(close=[100.0, 101.4, 107.1]), source="test", now=NOW)
    (moved,) = moved_since(store, NOW).items()
    assert (moved[0], moved[1].count, moved[1].at) == ("MU", 1, NOW)
    assert moved_since(store, NOW + timedelta(seconds=1)) == {}
    noted, at = "late, Left out: a split of 3:0, which cannot be read.", NOW + timedelta(minutes=5)
    store_answer(store, run, some_bars(close=[100.0, 108.0, 107.1]), source="test", note=noted, now=at)
    assert list(moved_since(store, at)) == ["MU"], "what was left out beside them moved no close"
    halved = some_bars(close=[50.0, 50.7, 53.55])
    store_answer(store, run, halved, source="test", replace=True, note="split 2:1", now=NOW)
    later = NOW + timedelta(days=1)
    assert moved_since(store, later) == {}


def test_a_pause_is_kept_counted_and_ended(store: Store) -> None:
    for hour in (1, 2):
        at = NOW + timedelta(hours=hour)
        pause_source(store, "yahoo", reason="rate_limit", until=at + timedelta(minutes=15), now=at)
    (pause,) = pauses(store).values()
    assert (pause.times, pause.since, pause.until) == (
        2,
        NOW + timedelta(hours=1),
        NOW + timedelta(hours=2, minutes=15),
    )
    resume_source(store, "yahoo")
    assert pauses(store) == {}

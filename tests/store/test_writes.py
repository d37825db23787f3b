"""What an answer changes, and what it leaves alone."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import numpy as np
import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from models.errors import StoreError, UnknownSymbolError
from models.store import (
    Outcome,
    Store,
    coverage,
    dataset_version,
    finish_run,
    latest_run,
    load_panel,
    quarantined,
    record_failure,
    release,
    revisions,
    run_items,
    start_run,
    store_answer,
    stored_actions,
    stored_bars,
    sync_instruments,
    verify,
)
from models.store.merging import JITTER
from models.types import Action, Bars, Flag, HeldRow
from models.universe import Universe
from tests.store.conftest import NOW
from tests.store.given import any_bars, packed, same, some_bars

LATER = NOW + timedelta(hours=1)


def answer(store: Store, run: int, bars: Bars, **options: object) -> Outcome:
    return store_answer(store, run, bars, **({"source": "test", "now": NOW} | options))  # type: ignore[arg-type]


def changed(bars: Bars, day: int, **values: float) -> Bars:
    """The same bars with other values on one of the days."""
    names = ("open", "close", "adj_close", "volume", "final", "flags")
    columns = {name: getattr(bars, name).copy() for name in names}
    for name, value in values.items():
        columns[name][day] = value
    return Bars.of(bars.symbol, bars.sessions, **columns)


def test_the_first_answer_is_inserted(store: Store, run: int) -> None:
    bars = some_bars()
    before = dataset_version(store)
    assert answer(store, run, bars) == Outcome(3, 3, 0, 0, 0, changed=True)
    assert same(stored_bars(store, "MU"), bars)
    assert dataset_version(store) == before + 1


def test_the_same_answer_again_changes_nothing(store: Store, run: int) -> None:
    held = [HeldRow("MU", date(2026, 6, 12), "null", "no close", {"close": None})]
    dividend = [Action(date(2026, 6, 15), "dividend", 0.25)]
    answer(store, run, some_bars(), held=held, actions=dividend)
    before = dataset_version(store), len(quarantined(store)), rows_of(store, "bar")
    assert answer(store, run, some_bars(), held=held, actions=dividend, now=LATER) == Outcome(4, 0, 0, 3, 1)
    assert (dataset_version(store), len(quarantined(store)), rows_of(store, "bar")) == before
    assert revisions(store, "MU").empty


def rows_of(store: Store, table: str) -> list[tuple[object, ...]]:
    with store.reading() as connection:
        return [tuple(row) for row in connection.execute(sa.text(f"SELECT * FROM {table} ORDER BY 1, 2"))]


def test_a_changed_value_leaves_what_it_was(store: Store, run: int) -> None:
    answer(store, run, some_bars())
    outcome = answer(store, run, changed(some_bars(), 1, close=99.5), now=LATER)
    assert outcome == Outcome(3, 0, 1, 2, 0, changed=True)
    (old,) = revisions(store, "MU").to_dict("records")
    assert (old["session"].date(), old["close"], old["adj_close"]) == (date(2026, 6, 16), 101.0, 50.5)
    assert (old["seen_at"], old["revised_at"]) == (NOW, LATER)
    assert stored_bars(store, "MU").close.tolist() == [100.0, 99.5, 102.0]
    assert coverage(store).set_index("symbol").loc["MU", "revised"] == 1


@pytest.mark.parametrize(("old", "new"), [(np.nan, 5.0), (5.0, np.nan)])
def test_a_value_that_appears_or_goes_is_a_revision(store: Store, run: int, old: float, new: float) -> None:
    answer(store, run, changed(some_bars(), 0, open=old))
    assert answer(store, run, changed(some_bars(), 0, open=new)).revised == 1
    assert stored_bars(store, "MU").open[0] == pytest.approx(new, nan_ok=True)


def test_a_bar_becomes_final_without_a_revision(store: Store, run: int) -> None:
    answer(store, run, changed(some_bars(), 2, final=False))
    assert answer(store, run, some_bars()) == Outcome(3, 0, 0, 2, 0, marked=1, changed=True)
    assert revisions(store, "MU").empty
    assert stored_bars(store, "MU").final.all()


def test_a_final_bar_stands_against_a_provisional_one(store: Store, run: int) -> None:
    answer(store, run, some_bars())
    assert answer(store, run, changed(some_bars(), 2, final=False, close=90.0)) == Outcome(3, 0, 0, 3, 0)
    assert stored_bars(store, "MU").close[2] == 102.0


def test_a_provisional_bar_moves_and_does_not_count_as_revised(store: Store, run: int) -> None:
    answer(store, run, changed(some_bars(), 2, final=False))
    answer(store, run, changed(some_bars(), 2, final=False, close=90.0))
    assert stored_bars(store, "MU").close[2] == 90.0
    assert revisions(store, "MU")["final"].tolist() == [False]
    assert coverage(store).set_index("symbol").loc["MU", "revised"] == 0


def test_a_flag_is_stored_without_a_revision(store: Store, run: int) -> None:
    answer(store, run, some_bars())
    assert answer(store, run, changed(some_bars(), 1, flags=Flag.STALE_CLOSE)).marked == 1
    assert coverage(store).set_index("symbol").loc["MU", "suspect"] == 1
    assert revisions(store, "MU").empty


def test_an_answer_about_some_sessions_leaves_the_others(store: Store, run: int) -> None:
    answer(store, run, some_bars(start="2025-12-30", n=5))
    answer(store, run, some_bars(start="2026-01-02", n=3))
    found = stored_bars(store, "MU")
    assert found.sessions.astype(str).tolist()[0::5] == ["2025-12-30", "2026-01-04"]
    assert found.close.tolist() == [100.0, 101.0, 102.0, 100.0, 101.0, 102.0]


def test_a_new_basis_replaces_the_whole_history(store: Store, run: int) -> None:
    answer(
        store, run, some_bars(start="2025-12-30", n=5), actions=[Action(date(2025, 12, 31), "dividend", 1.0)]
    )
    split = [Action(date(2026, 1, 5), "split", 10.0)]
    based = some_bars(start="2026-01-01", n=5, close=np.arange(10.0, 15.0), final=[1, 1, 1, 1, 0])
    outcome = answer(store, run, based, replace=True, actions=split, now=LATER)
    assert (outcome.inserted, outcome.revised, outcome.removed) == (2, 3, 2)
    assert same(stored_bars(store, "MU"), based)
    assert stored_actions(store, "MU") == split
    assert len(revisions(store, "MU")) == 5


def test_a_replacement_that_fails_half_way_leaves_the_old(
    store: Store, run: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    answer(store, run, some_bars(n=4))
    tables = ("bar", "bar_block", "run_item", "dataset")
    before = [rows_of(store, table) for table in tables]

    def fails(*_: object, **__: object) -> None:
        raise RuntimeError("the power went")

    for step in ("_write_actions", "write_held", "_bump"):
        with monkeypatch.context() as patch:
            patch.setattr(f"models.store.writes.{step}", fails)
            with pytest.raises(RuntimeError):
                answer(store, run, some_bars(close=[1.0, 2.0, 3.0]), replace=True)
        assert [rows_of(store, table) for table in tables] == before
    assert revisions(store, "MU").empty


def test_an_empty_answer_never_replaces_a_history(store: Store, run: int) -> None:
    with pytest.raises(ValueError, match="empty answer"):
        answer(store, run, some_bars(n=0), replace=True)
    assert answer(store, run, some_bars(n=0)) == Outcome(0, 0, 0, 0, 0)


@pytest.mark.parametrize(
    "bars",
    [
        Bars.of("MU", ["2026-06-16", "2026-06-15"], close=[1, 2]),
        Bars.of("MU", ["2026-06-15", "2026-06-15"], close=[1, 2]),
        Bars.of("MU", ["NaT"], close=[1]),
        Bars.of("MU", ["2026-06-15"], close=[np.inf]),
        Bars.of("MU", ["2026-06-15"], close=[1], volume=[-1]),
        Bars.of("MU", ["2026-06-15"], open=[1]),
    ],
)
def test_bars_no_check_would_pass_are_refused(store: Store, run: int, bars: Bars) -> None:
    with pytest.raises(ValueError, match="MU"):
        answer(store, run, bars)
    assert run_items(store, run).empty


def test_an_unknown_symbol_is_refused(store: Store, run: int) -> None:
    with pytest.raises(UnknownSymbolError):
        answer(store, run, some_bars("TSLA"))
    with pytest.raises(UnknownSymbolError):
        record_failure(store, run, "TSLA", failure="not_found", detail="", duration=0, now=NOW)


def test_an_unknown_run_is_refused(store: Store) -> None:
    with pytest.raises(StoreError, match="refused"):
        answer(store, 4711, some_bars())


def test_a_held_row_is_kept_once_and_released_when_its_session_passes(store: Store, run: int) -> None:
    day = date(2026, 6, 17)
    null = HeldRow("MU", day, "null", "no close", {"close": float("nan"), "high": np.inf, "day": day})
    unread = HeldRow("MU", None, "malformed", "no \0 session \ud800", {"raw": "\ud800\0"})
    for _ in range(2):
        assert answer(store, run, some_bars(n=2), held=[null, unread]).held == 2
    assert quarantined(store, symbol="MU")["reason"].tolist().count("null") == 1
    answer(store, run, some_bars(n=3), now=LATER)
    assert quarantined(store)["reason"].tolist() == ["malformed"]
    done = quarantined(store, open_only=False).dropna(subset="released_at").iloc[0]
    assert (done["released_by"], done["released_at"], done["run"]) == ("source", LATER, run)


def test_a_twin_of_a_good_bar_stays_held(store: Store, run: int) -> None:
    twin = HeldRow("MU", date(2026, 6, 17), "duplicate", "a second row", {"close": 1})
    for _ in range(2):
        answer(store, run, some_bars(n=3), held=[twin])
        assert len(quarantined(store)) == 1


def test_a_person_releases_a_held_row_once(store: Store, run: int) -> None:
    answer(store, run, some_bars(n=1), held=[HeldRow("MU", date(2026, 6, 20), "not_a_session", "Saturday")])
    number = int(quarantined(store).loc[0, "id"])
    assert release(store, number, by="ann", why="Taipei worked that day", now=LATER)
    assert not release(store, number, by="bob", why="late", now=LATER)
    assert quarantined(store).empty


def test_the_universe_is_followed(store: Store, universe: Universe, run: int) -> None:
    before = dataset_version(store)
    answer(store, run, some_bars("285A.T"))
    assert not sync_instruments(store, universe)
    fewer = Universe(universe.instruments[::-2], universe.layers, universe.exchanges)
    assert sync_instruments(store, fewer)
    assert dataset_version(store) == before + 2
    assert load_panel(store).symbols == ("^SOX", "MU")
    assert len(stored_bars(store, "285A.T")) == 3
    sync_instruments(store, universe)
    assert load_panel(store).bars("285A.T").close.tolist() == [100.0, 101.0, 102.0]


def test_a_run_left_open_was_interrupted(store: Store, run: int) -> None:
    second = start_run(store, trigger="schedule", source="test", now=LATER, total=2)
    record_failure(store, second, "MU", failure="rate_limit", detail="429", duration=0.1, now=LATER)
    record_failure(store, second, "^SOX", failure="not_found", detail="404", duration=0.1, now=LATER)
    record_failure(store, second, "285A.T", failure="transient", detail="500", duration=0.1, now=LATER)
    answer(store, second, some_bars("285A.T"))
    finish_run(store, second, status="partial", now=LATER)
    last = latest_run(store)
    assert last is not None
    assert (last.run, last.status, last.total, last.stored) == (second, "partial", 2, 3)
    assert (last.done, last.late, last.refused) == (1, 1, 1)
    with store.reading() as connection:
        query = sa.text("SELECT status FROM ingest_run WHERE id = :run")
        assert connection.scalar(query, {"run": run}) == "interrupted"


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(first=any_bars(), second=any_bars(), replace=st.booleans())
def test_any_answers_come_back_as_they_were(
    store: Store, run: int, first: Bars, second: Bars, replace: bool
) -> None:
    wiped = some_bars(n=1)
    assume(not any(nearly(one, two) for one, two in ((wiped, first), (wiped, second), (first, second))))
    answer(store, run, wiped, replace=True)
    outcomes = [answer(store, run, wiped, replace=True)]
    outcomes += [answer(store, run, bars, replace=replace and len(bars) > 0) for bars in (first, second)]
    for outcome in outcomes:
        parts = outcome.inserted + outcome.revised + outcome.marked + outcome.unchanged + outcome.held
        assert outcome.requested == parts
    expected = {day: row for bars in (wiped,) for day, row in by_day(bars).items()}
    for bars in (first, second):
        expected = {} if replace and len(bars) else expected
        for day, row in by_day(bars).items():
            if day not in expected or row.final[0] or not expected[day].final[0]:
                expected[day] = row
    found = by_day(stored_bars(store, "MU"))
    assert sorted(found) == sorted(expected)
    assert all(packed(found[day]) == packed(expected[day]) for day in expected)
    assert verify(store) == []


def nearly(one: Bars, two: Bars) -> bool:
    """Whether an adjusted close of a session differs, but by so little that it counts as the same."""
    mine, theirs = by_day(one), by_day(two)
    pairs = [(mine[day].adj_close[0], theirs[day].adj_close[0]) for day in mine.keys() & theirs.keys()]
    return any(a != b and abs(a - b) <= JITTER * max(abs(a), abs(b)) for a, b in pairs)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(noise=st.lists(st.floats(-1e-9, 1e-9), min_size=10, max_size=10), real=st.sampled_from([1e-4, -1e-4]))
def test_jitter_of_the_adjusted_close_is_no_revision_and_a_real_change_is(
    store: Store, run: int, noise: list[float], real: float
) -> None:
    bars = some_bars(n=10)
    answer(store, run, bars, replace=True)
    version, kept = dataset_version(store), rows_of(store, "bar_revision")
    for times in (1, 2, 3):
        moved = replace(bars, adj_close=bars.adj_close * (1 + times * np.array(noise)))
        outcome = answer(store, run, moved)
        assert (outcome.unchanged, outcome.changed) == (10, False)
    assert same(stored_bars(store, "MU"), bars)
    assert (dataset_version(store), rows_of(store, "bar_revision")) == (version, kept)
    assert answer(store, run, replace(bars, adj_close=bars.adj_close * (1 + real))).revised == 10
    assert dataset_version(store) == version + 1
    assert answer(store, run, replace(bars, close=bars.close * (1 + 1e-9))).revised == 10


def by_day(bars: Bars) -> dict[int, Bars]:
    days = bars.sessions.astype(np.int64).tolist()
    return {day: bars.take(slice(index, index + 1)) for index, day in enumerate(days)}


@pytest.mark.parametrize(
    ("statement", "left"),
    [
        ("UPDATE bar SET close = 7 WHERE close = 101", [100.0, 7.0, 102.0, 103.0]),
        ("DELETE FROM bar WHERE close = 101", [100.0, 102.0, 103.0]),
    ],
)
def test_a_correction_by_hand_is_seen(store: Store, run: int, statement: str, left: list[float]) -> None:
    answer(store, run, some_bars(start="2025-12-30", n=4))
    before = dataset_version(store)
    with store.writing() as connection:
        connection.execute(sa.text(statement))
    assert dataset_version(store) == before + 1
    assert load_panel(store).bars("MU").close.tolist() == left
    answer(store, run, some_bars(start="2025-12-30", n=4))
    assert stored_bars(store, "MU").close.tolist() == [100.0, 101.0, 102.0, 103.0]
    assert verify(store) == []

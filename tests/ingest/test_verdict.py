from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import pytest

from ingest.reasons import CODES
from ingest.verdict import Verdict
from models.reasons import REASONS, RELEASABLE
from models.store import Store, quarantined, release, stored_bars
from models.types import Bars, HeldRow
from models.universe import Universe
from tests.ingest.series import changed, judged, reasons, walk, with_values
from tests.ingest.shelf import NOW, run, shelf

nan = float("nan")
FAULTS = {
    "scale_100": {"open": 1e4},
    "high_below_low": {"high": 60.0, "low": 70.0, "open": nan},
    "close_outside_bar": {"open": 100.0, "high": 101.0, "low": 99.0, "close": 101.5, "adj_close": nan},
    "open_outside_bar": {"open": 98.0, "high": 101.0, "low": 99.0, "close": 100.0, "adj_close": nan},
}


def test_what_may_be_overruled_are_reasons_there_are() -> None:
    assert set(REASONS) > RELEASABLE


@pytest.mark.parametrize(("reason", "values"), FAULTS.items())
def test_a_released_row_passes_its_rule_and_no_other(reason: str, values: dict[str, float]) -> None:
    base = walk(price=90)
    bars = with_values(base, 150, **values)
    held = judged(bars).held
    assert [row.reason for row in held] == [reason]
    again = judged(bars, released=held)
    assert reasons(again).get(reason) is None
    worse = with_values(bars, 150, volume=-1.0)
    assert reasons(judged(worse, released=held)) == {"negative_volume": 1}
    elsewhere = [HeldRow(row.symbol, date(2026, 1, 7), row.reason, "", row.row) for row in held]
    assert reasons(judged(bars, released=elsewhere)) == {reason: 1}


def test_another_close_in_its_place_is_another_row() -> None:
    bars = changed(walk(), slice(150, 151), prices=100.0)
    held = judged(bars).held
    assert [row.reason for row in held] == ["scale_100"]
    assert judged(bars, released=held).held == ()
    other = changed(bars, slice(150, 151), prices=1.1)
    assert reasons(judged(other, released=held)) == {"scale_100": 1}


def test_the_first_row_of_a_new_level_settles_those_after_it() -> None:
    bars = changed(walk(), slice(-5, None), prices=0.5)
    held = judged(bars).held
    assert {row.reason for row in held} == {"split_jump"} and len(held) == 5
    assert judged(bars, released=held[:1]).held == ()


def test_of_two_rows_of_a_session_one_can_be_released() -> None:
    base = walk()
    twin = base.take([150])
    both = Bars.of(
        base.symbol,
        np.concatenate([base.sessions, twin.sessions]),
        **{
            name: np.concatenate([getattr(base, name), getattr(twin, name) * factor])
            for name, factor in (("open", 1), ("high", 1), ("low", 1), ("close", 1.001), ("volume", 1))
        },
    )
    held = judged(both).held
    assert [row.reason for row in held] == ["duplicate", "duplicate"]
    checked = judged(both, released=held[1:])
    assert [row.row["close"] for row in checked.held] == [held[0].row["close"]]
    assert len(checked.bars) == len(base)
    assert len(judged(both, released=held).bars) == len(base), "never two of one session"


@pytest.mark.parametrize("reason", sorted(set(REASONS) - RELEASABLE))
def test_what_is_no_bar_stays_none(reason: str) -> None:
    bars = walk(30)
    row = HeldRow(bars.symbol, bars.sessions[3].item(), reason, "", {"close": float(bars.close[3])})
    verdict = Verdict(bars, [row])
    verdict.hold(np.ones(30, dtype=np.bool_), reason)
    assert (verdict.codes == CODES[reason]).all()


def test_a_row_that_a_person_released_is_asked_for_and_stored(store: Store, universe: Universe) -> None:
    source = shelf()
    rows = len(source.bars["NVDA"])
    at = int(np.searchsorted(source.bars["NVDA"].sessions, np.datetime64("2026-05-20")))
    source.bars["NVDA"] = changed(source.bars["NVDA"], slice(at, at + 1), prices=100.0)
    run(store, source, universe)
    held = quarantined(store)
    assert held["reason"].tolist() == ["scale_100"]
    before = len(stored_bars(store, "NVDA"))
    source.asked.clear()
    assert run(store, source, universe).total == 0, "held is no reason to ask again"
    assert release(store, int(held.loc[0, "id"]), by="ann", why="seen on the tape", now=NOW)
    soon = NOW + timedelta(hours=1, minutes=1)
    report = run(store, source, universe, soon)
    assert source.symbols_asked() == ["NVDA"] and source.asked[0][1] == date(2026, 5, 20)
    assert report.inserted == 1 and report.held == 0 and not report.rebased
    assert len(stored_bars(store, "NVDA")) == before + 1 <= rows
    assert quarantined(store).empty
    assert run(store, source, universe, soon + timedelta(hours=2)).total == 0
    assert run(store, source, universe, soon, since=date(2025, 1, 1)).held == 0
    assert run(store, source, universe, NOW + timedelta(days=1)).held == 0
    assert len(stored_bars(store, "NVDA")) == before + 2

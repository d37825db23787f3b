"""Splits as sources tell them: small ones, several of one day, and what a fall of a third is not."""

from __future__ import annotations

import numpy as np
import pytest

from ingest.actions import sound_actions
from models.types import Action
from tests.ingest.series import answer, calendar_of, changed, instrument, judged, reasons, walk, with_values

ITEM = instrument()
BARS = walk(140, seed=8)
STORED, TAIL = BARS.take(slice(0, 130)), BARS.take(slice(120, 140))
DAY = BARS.sessions[133].item()
STAMPS = {
    "stamps": calendar_of(ITEM).opens[np.searchsorted(calendar_of(ITEM).sessions, TAIL.sessions)],
    "currency": "USD",
    "timezone": "America/New_York",
}


@pytest.mark.parametrize("ratio", [1.002, 1.004, 1.005, 1.012, 0.996])
def test_a_small_split_that_was_worked_in_is_told_from_none(ratio: float) -> None:
    rows = changed(TAIL, slice(None), prices=1 / ratio, volume=ratio)
    found = judged(rows, previous=STORED, facts={"actions": (Action(DAY, "split", ratio),)})
    assert found.rejected is None and found.held == () and found.rebased is not None
    assert len(found.bars) == len(TAIL)


def test_two_splits_of_one_day_are_one_and_one_twice_is_once() -> None:
    two = (Action(DAY, "split", 2.5), Action(DAY, "split", 1.3))
    kept, notes = sound_actions(two, TAIL)
    assert kept == (Action(DAY, "split", 3.25),) and notes == (
        f"Two splits on {DAY} are taken for one of 3.25.",
    )
    assert sound_actions((two[0], two[0]), TAIL) == ((two[0],), ())
    rows = changed(TAIL, slice(None), prices=1 / 3.25)
    found = judged(rows, previous=STORED, facts={"actions": two})
    assert found.rebased == "re-based 13:4" and found.held == ()
    assert len(answer(rows, actions=two).actions) == 2


def test_a_fall_of_a_third_on_four_times_the_volume_stands_where_no_split_is_told() -> None:
    row = 13
    step = float(TAIL.close[row] / TAIL.close[row - 1])
    rows = changed(TAIL, slice(row, None), prices=0.66 / step)
    rows = with_values(rows, row, volume=float(np.median(TAIL.volume)) * 4.4)
    spread = float(np.median(TAIL.high / TAIL.low))
    rows = with_values(
        rows, row, high=float(rows.close[row]) * spread**0.6, low=float(rows.close[row]) / spread**0.6
    )
    rows = with_values(rows, row, open=float(rows.close[row]))
    assert judged(rows, previous=STORED, facts=STAMPS).held == ()
    quiet = with_values(rows, row, volume=float(np.median(TAIL.volume)) * 1.5)
    assert set(reasons(judged(quiet, previous=STORED, facts=STAMPS))) == {"split_jump"}

"""Corporate actions that a source takes back: what rested on them is undone or held, and said."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest

from ingest.report import RunReport
from ingest.sources.base import Answer
from models.store import Store, quarantined, run_items, stored_actions, stored_bars
from models.types import Action, Bars
from models.universe import Universe
from tests.ingest.series import changed
from tests.ingest.shelf import NOW, Shelf, run, same, shelf, upto

DAY = date(2026, 7, 1)
NEXT = NOW + timedelta(days=1)
LATER = NOW + timedelta(days=2)


def based(bars: Bars, ratio: float) -> Bars:
    return changed(bars, slice(None), prices=1 / ratio, volume=ratio)


def line_of(store: Store, report: RunReport, symbol: str) -> str:
    assert report.run_id is not None
    lines = run_items(store, report.run_id)
    return str(lines.loc[lines["symbol"] == symbol, "detail"].iloc[-1])


@pytest.mark.parametrize("ratio", [3.7, 0.05, 10.0])
def test_a_history_that_was_rebased_for_a_false_split_comes_back(
    store: Store, universe: Universe, ratio: float
) -> None:
    source = shelf()
    true = source.bars["NVDA"]
    run(store, source, universe)
    split = Action(DAY, "split", ratio)
    source.bars["NVDA"], source.actions["NVDA"] = based(true, ratio), (split,)
    assert run(store, source, universe, NEXT).rebased
    assert stored_actions(store, "NVDA") == [split]
    source.bars["NVDA"], source.actions["NVDA"] = true, ()
    report = run(store, source, universe, LATER)
    assert report.failures == {} and report.held == 0
    assert same(store, "NVDA", upto(true, "2026-07-02")) and stored_actions(store, "NVDA") == []
    said = f"Withdrawn: a split on 2026-07-01, {ratio:g} new shares for each old one"
    assert report.notes["NVDA"][0].startswith(said)
    line = line_of(store, report, "NVDA")
    assert "re-based" in line and said in line
    assert run(store, source, universe, LATER + timedelta(days=1)).rebased == {}


def test_an_event_alone_is_taken_back_and_no_price_moves(store: Store, universe: Universe) -> None:
    source = shelf()
    source.actions["NVDA"] = (Action(date(2026, 6, 24), "split", 4.0),)
    source.actions["MU"] = (Action(date(2026, 6, 24), "dividend", 0.11),)
    run(store, source, universe)
    assert len(stored_actions(store, "NVDA")) == 1 == len(stored_actions(store, "MU"))
    source.actions.clear()
    report = run(store, source, universe, NEXT)
    assert stored_actions(store, "NVDA") == [] == stored_actions(store, "MU")
    assert same(store, "NVDA", upto(source.bars["NVDA"], "2026-07-01"))
    assert "split" in report.notes["NVDA"][0]
    assert report.notes["MU"] == (
        "Withdrawn: a dividend on 2026-06-24, 0.11; the source reports it no more.",
    )


def test_a_history_at_no_ratio_of_what_was_withdrawn_is_refused(store: Store, universe: Universe) -> None:
    source = shelf()
    true = source.bars["NVDA"]
    run(store, source, universe)
    split = Action(DAY, "split", 4.0)
    source.bars["NVDA"], source.actions["NVDA"] = based(true, 4.0), (split,)
    run(store, source, universe, NEXT)
    kept = stored_bars(store, "NVDA")
    source.bars["NVDA"], source.actions["NVDA"] = changed(true, slice(None), prices=1.9), ()
    report = run(store, source, universe, LATER)
    assert report.failures["NVDA"][0] == "wrong_basis"
    assert same(store, "NVDA", kept) and stored_actions(store, "NVDA") == [split]


def test_a_split_that_moves_to_another_day_moves(store: Store, universe: Universe) -> None:
    source = shelf()
    true = source.bars["NVDA"]
    run(store, source, universe)
    source.bars["NVDA"] = based(true, 7.5)
    source.actions["NVDA"] = (Action(DAY, "split", 7.5),)
    run(store, source, universe, NEXT)
    source.actions["NVDA"] = (Action(date(2026, 7, 2), "split", 7.5),)
    report = run(store, source, universe, LATER)
    assert report.failures == {} and report.held == 0
    assert stored_actions(store, "NVDA") == [Action(date(2026, 7, 2), "split", 7.5)]
    assert same(store, "NVDA", upto(source.bars["NVDA"], "2026-07-02"))


class Forgetful(Shelf):
    """Tells of no action when it is asked for some days alone."""

    def fetch(
        self, symbol: str, start: date | None = None, end: date | None = None, **given: object
    ) -> Answer:
        found = super().fetch(symbol, start, end, **given)  # type: ignore[arg-type]
        return found if start == date(2015, 1, 1) else replace(found, actions=())


def test_an_answer_of_some_days_withdraws_nothing(store: Store, universe: Universe) -> None:
    whole = shelf()
    source = Forgetful(whole.bars, {"NVDA": (Action(date(2026, 6, 24), "split", 4.0),)})
    run(store, source, universe)
    report = run(store, source, universe, NEXT)
    assert len(stored_actions(store, "NVDA")) == 1 and "NVDA" not in report.notes
    assert "no more" not in line_of(store, report, "NVDA")


def test_prices_divided_by_a_split_that_did_not_happen_are_held(store: Store, universe: Universe) -> None:
    source = shelf()
    true = source.bars["NVDA"]
    run(store, source, universe)
    source.bars["NVDA"] = changed(
        true, true.sessions < true.sessions.dtype.type("2026-07-01"), prices=1 / 2.7
    )
    source.actions["NVDA"] = (Action(DAY, "split", 2.7),)
    report = run(store, source, universe, NEXT)
    assert report.held > 0 or "NVDA" in report.failures
    assert set(quarantined(store)["reason"]) <= {"split_jump"}
    closes = stored_bars(store, "NVDA").close
    assert abs(closes[1:] / closes[:-1] - 1).max() < 0.2

"""An answer beside what is stored: what may replace it, what may not, and why."""

from __future__ import annotations

from datetime import date
from typing import Any

import numpy as np
import pytest

from ingest.basis import agreement, covers, ratio_words
from ingest.checks import Checked
from models.types import BAR_FIELDS, PRICE_FIELDS, Action, Bars
from tests.ingest.series import SEOUL, changed, instrument, judged, reasons, walk, with_values

nan = float("nan")
DAYS = 12
"""Rows of a tail: ten that are stored, and two that are new."""


def times(bars: Bars, factor: Any) -> Bars:
    """Every price of every row times a factor of its own."""
    columns = {name: getattr(bars, name) * factor for name in PRICE_FIELDS}
    return Bars.of(bars.symbol, bars.sessions, volume=bars.volume, **columns)


def stored_and_tail(bars: Bars, new: int = 2, shared: int = 10) -> tuple[Bars, Bars]:
    count = len(bars)
    return bars.take(slice(0, count - new)), bars.take(slice(count - new - shared, count))


def beside(tail: Bars, stored: Bars, *actions: Action, **options: Any) -> Checked:
    return judged(tail, previous=stored, facts={"actions": actions}, **options)


def refused(checked: Checked) -> bool:
    nothing = len(checked.bars) == 0 and not checked.held
    return checked.rejected == "wrong_basis" and nothing and "the stored history stays" in checked.detail


ODD = {
    "a rate of each day": lambda count: np.exp(np.random.default_rng(3).normal(0, 0.004, count)) / 152.4,
    "a rate near one": lambda count: 0.93 + 0.007 * np.arange(count),
    "a growing factor": lambda count: 0.7 + 0.01 * np.arange(count),
    "one that falls": lambda count: 1.3 - 0.02 * np.arange(count),
    "a constant one": lambda count: np.full(count, 7.83),
    "a thousand": lambda count: np.full(count, 1e-3),
    "a ratio of splits, volumes as they were": lambda count: np.full(count, 0.25),
}


@pytest.mark.parametrize("factor", ODD)
@pytest.mark.parametrize("shared", [1, 2, 3, 10, 60])
def test_prices_at_another_factor_are_refused_whole(factor: str, shared: int) -> None:
    stored, tail = stored_and_tail(walk(200, seed=5), shared=shared)
    assert refused(beside(times(tail, ODD[factor](len(tail))), stored))


def test_a_whole_history_in_another_currency_is_refused_too() -> None:
    bars = walk(250, seed=2)
    rate = 1310 * np.exp(np.cumsum(np.random.default_rng(1).normal(0, 0.003, len(bars))))
    assert refused(beside(times(bars, rate), bars.take(slice(0, 240))))
    assert refused(beside(times(bars, 1 / rate), bars.take(slice(0, 240))))


def test_another_companys_prices_under_the_right_label_are_refused() -> None:
    """Of the same size too, so that only the days tell the two apart."""
    mine, other = walk(200, seed=1), walk(200, seed=8)
    stored, _ = stored_and_tail(mine)
    _, tail = stored_and_tail(times(other, mine.close[-12] / other.close[-12]))
    assert refused(beside(tail, stored))


def test_the_prices_of_the_day_before_are_refused() -> None:
    bars = walk(200, seed=4)
    stored, tail = stored_and_tail(bars)
    late = bars.take(slice(len(bars) - len(tail) - 1, len(bars) - 1))
    columns = {name: getattr(late, name) for name in BAR_FIELDS}
    assert refused(beside(Bars.of(bars.symbol, tail.sessions, **columns), stored))


def test_a_few_revised_closes_stay_revisions() -> None:
    stored, tail = stored_and_tail(walk(200, seed=6))
    late = changed(tail, slice(9, 10), prices=0.81)  # yesterday's close had been stale
    checked = beside(late, stored)
    assert checked.rejected is None and not checked.held and len(checked.bars) == DAYS
    assert checked.bars.close[9] == late.close[9]
    three = changed(tail, [1, 4, 8], prices=1.013)
    assert beside(three, stored).rejected is None
    assert refused(beside(changed(tail, slice(0, 6), prices=1.013), stored))


@pytest.mark.parametrize("shared", [1, 2])
def test_one_or_two_shared_rows_may_be_a_little_revised(shared: int) -> None:
    stored, tail = stored_and_tail(walk(200, seed=7), shared=shared)
    assert beside(changed(tail, slice(0, 1), prices=1.02), stored).rejected is None


@pytest.mark.parametrize("ratio", [2.5, 1.323, 1.25, 1.1, 4 / 3, 3.5, 1 / 190, 150, 10, 1.05])
@pytest.mark.parametrize("stage", ["applied", "not applied", "told before"])
def test_a_reported_split_of_any_ratio_is_applied_once(ratio: float, stage: str) -> None:
    bars = walk(120, seed=9)
    stored, tail = stored_and_tail(bars)
    split = Action(tail.sessions[10].item(), "split", ratio)
    if stage == "applied":
        whole = times(bars, 1 / ratio)
        checked = beside(whole, stored, split)
        assert checked.rejected is None and not checked.held and len(checked.bars) == len(bars)
        assert checked.rebased == f"re-based {ratio_words(ratio)}"
        np.testing.assert_array_equal(checked.bars.close, whole.close)
        return
    known = [split] if stage == "told before" else []
    checked = beside(changed(tail, slice(10, 12), prices=1 / ratio), stored, split, known=known)
    assert checked.rebased is None and reasons(checked) == {"split_jump": 2}
    assert checked.bars.sessions[-1] == stored.sessions[-1]


@pytest.mark.parametrize("ratio", [2.5, 10, 1.1, 1 / 190])
def test_a_split_that_is_stored_is_not_applied_twice(ratio: float) -> None:
    bars = walk(120, seed=3)
    split = Action(bars.sessions[105].item(), "split", ratio)
    stored, tail = stored_and_tail(bars)
    right = beside(tail, stored, split, known=[split])
    assert right.rejected is None and not right.held and right.rebased is None
    assert refused(beside(times(bars, 1 / ratio), stored, split, known=[split]))


def test_rows_that_fall_back_to_the_old_basis_are_held_alone() -> None:
    bars = walk(120, seed=3)
    split = Action(bars.sessions[112].item(), "split", 7.0)
    stored, tail = stored_and_tail(bars)
    back = changed(tail, slice(0, 4), prices=7.0)
    checked = beside(back, stored, split, known=[split])
    assert checked.rejected is None and reasons(checked) == {"split_jump": 4} and len(checked.bars) == 8


def test_two_splits_at_once_explain_their_product() -> None:
    bars = walk(120, seed=1)
    stored = bars.take(slice(0, 100))
    splits = Action(bars.sessions[103].item(), "split", 2.5), Action(bars.sessions[110].item(), "split", 3.0)
    checked = beside(times(bars, 1 / 7.5), stored, *splits)
    assert checked.rejected is None and checked.rebased == "re-based 7.5:1"
    assert refused(beside(times(bars, 1 / 6), stored, *splits))


def test_a_dividend_explains_the_step_it_makes() -> None:
    bars = walk(120, seed=1)
    stored, tail = stored_and_tail(bars)
    paid = Action(tail.sessions[11].item(), "dividend", float(0.03 * stored.close[-1]))
    taken = np.where(tail.sessions < np.datetime64(paid.session), 0.97, 1.0)
    assert beside(times(tail, taken), stored, paid).rejected is None
    assert refused(beside(times(tail, taken), stored))


def test_adjusted_closes_move_in_steps_and_never_drift() -> None:
    bars = walk(200, seed=1)
    stored, tail = stored_and_tail(bars, shared=40)
    steps = np.where(np.arange(len(tail)) < 20, 0.985, 1.0)
    paid = Action(tail.sessions[20].item(), "dividend", 1.5)
    columns = {name: getattr(tail, name) for name in BAR_FIELDS} | {"adj_close": tail.adj_close * steps}
    assert beside(Bars.of(tail.symbol, tail.sessions, **columns), stored, paid).rejected is None
    columns["adj_close"] = tail.adj_close * (0.9 + 0.004 * np.arange(len(tail)))
    assert refused(beside(Bars.of(tail.symbol, tail.sessions, **columns), stored))


def test_volumes_prove_a_split_that_nobody_reported() -> None:
    bars = walk(120, seed=2)
    stored, tail = stored_and_tail(bars)
    fresh = changed(tail, slice(None), prices=0.25, volume=4.0)
    found = agreement(fresh, stored, (), ())
    assert found.refusal is None and found.words == "re-based 4:1" and found.moved
    assert agreement(changed(tail, slice(None), prices=0.25), stored, (), ()).refusal is not None


@pytest.mark.parametrize("size", [-0.35, 0.30, -0.60])
def test_a_real_day_beside_a_history_that_agrees_is_kept(size: float) -> None:
    stored, tail = stored_and_tail(walk(120, seed=3))
    factor = (1 + size) * tail.close[9] / tail.close[10]
    crashed = changed(tail, slice(10, 12), prices=factor)
    checked = beside(crashed, stored)
    assert checked.rejected is None and not checked.held and len(checked.bars) == DAYS


def test_rows_that_share_nothing_must_go_on_from_what_is_stored() -> None:
    bars = walk(120, seed=3)
    stored, fresh = bars.take(slice(0, 110)), bars.take(slice(110, 120))
    assert beside(fresh, stored).rejected is None
    assert refused(beside(times(fresh, 1 / 152), stored))
    split = Action(fresh.sessions[0].item(), "split", 152.0)
    assert reasons(beside(times(fresh, 1 / 152), stored, split)) == {"split_jump": 10}


def test_a_symbol_that_comes_back_after_months_may_be_another_companys() -> None:
    bars = walk(300, seed=3)
    stored, fresh = bars.take(slice(0, 200)), bars.take(slice(260, 300))
    item = instrument()
    said = {"currency": "USD", "timezone": item.exchange.timezone}
    facts = said | {"stamps": fresh.sessions.astype("datetime64[s]")}
    checked = judged(fresh, previous=stored, facts=facts)
    assert checked.rejected == "wrong_security" and "--accept" in checked.detail
    accepted = judged(fresh, previous=stored, facts=facts, accepted=True)
    assert accepted.rejected is None and len(accepted.bars) == 40
    whole = facts | {"stamps": bars.sessions.astype("datetime64[s]")}
    assert judged(bars, previous=stored, facts=whole).rejected is None, "a long suspension"


def test_a_first_answer_has_nothing_to_agree_with() -> None:
    bars = walk(20)
    for previous in (None, bars.take(slice(0, 0))):
        assert judged(times(bars, 3.7), previous=previous).rejected is None
    provisional = bars.take(slice(None))
    provisional.final[:] = False
    assert judged(times(bars, 1.3), previous=provisional).rejected is None


def test_a_null_erases_nothing() -> None:
    bars = walk(120)
    stored, tail = stored_and_tail(bars)
    gone = with_values(tail, 3, open=nan, high=nan, low=nan, close=nan, volume=nan)
    checked = beside(gone, stored)
    assert reasons(checked) == {"close_missing": 1} and len(checked.bars) == DAYS - 1
    bare = with_values(tail, 3, open=nan, high=nan, low=nan, volume=nan, adj_close=nan)
    kept = beside(bare, stored).bars
    for name in BAR_FIELDS:
        assert getattr(kept, name)[3] == getattr(tail, name)[3], name
    moved = with_values(bare, 3, close=tail.close[3] * 1.03)
    assert np.isnan(beside(moved, stored).bars.open[3]), "an open of another close says nothing"
    columns = {"adj_close": tail.adj_close, "volume": tail.volume}
    assert beside(Bars.of(tail.symbol, tail.sessions, **columns), stored).rejected == "wrong_basis"


def test_what_takes_the_place_of_a_history_has_its_closes() -> None:
    bars = walk(50)
    assert covers(bars, bars)
    assert not covers(Bars.of(bars.symbol, bars.sessions, adj_close=bars.adj_close), bars)


@pytest.mark.parametrize(
    ("value", "words"), [(10, "10:1"), (2.5, "5:2"), (4 / 3, "4:3"), (1 / 190, "1:190"), (1.323, "1.323:1")]
)
def test_a_split_reads_as_people_write_it(value: float, words: str) -> None:
    assert ratio_words(value) == words


@pytest.mark.parametrize("step", [5, 21])
@pytest.mark.parametrize("count", [8, 40])
def test_rows_of_weeks_and_months_are_refused_first_and_later(step: int, count: int) -> None:
    bars = walk(step * count + 5)
    sparse = bars.take(slice(0, None, step))
    for previous in (None, bars):
        checked = judged(sparse, previous=previous)
        assert checked.rejected == "wrong_granularity" and "no daily prices" in checked.detail


def test_rows_of_hours_are_refused() -> None:
    bars = walk(30)
    days = np.repeat(bars.sessions, 5)
    factor = np.tile([0.99, 1.0, 1.01, 1.005, 1.002], 30)
    columns = {name: np.repeat(getattr(bars, name), 5) * factor for name in PRICE_FIELDS}
    assert judged(Bars.of(bars.symbol, days, **columns)).rejected == "wrong_granularity"
    assert judged(bars, facts={"granularity": "1wk"}).rejected == "wrong_granularity"
    assert judged(bars, facts={"granularity": "1d"}).rejected is None


def test_a_share_that_is_seldom_traded_is_daily_all_the_same() -> None:
    item = instrument(exchange=SEOUL, symbol="000001.KS")
    bars = walk(400, item=item)
    rows = np.flatnonzero(np.random.default_rng(2).random(400) < 0.25)
    assert judged(bars.take(rows), item).rejected is None


def test_an_answer_of_instants_names_its_symbol() -> None:
    bars = walk(20)
    facts = {"currency": "USD", "timezone": "America/New_York", "received_symbol": None}
    facts["stamps"] = bars.sessions.astype("datetime64[s]")
    assert judged(bars, facts=facts).rejected == "wrong_symbol"


ABSURD = [("close", 3e9), ("adj_close", 1e308), ("low", 1e-9), ("volume", 1e30)]


@pytest.mark.parametrize(("name", "value"), ABSURD)
def test_no_price_or_volume_is_beyond_any_there_is(name: str, value: float) -> None:
    columns = {"open": nan, "high": nan, "low": nan, "close": nan, "adj_close": nan} | {"close": 100.0}
    bars = with_values(walk(50), 20, **(columns | {name: value}))
    assert reasons(judged(bars)) == {"absurd": 1}


def test_an_action_that_cannot_be_costs_itself_alone() -> None:
    bars = walk(60)
    day, paid = bars.sessions[30].item(), date(2026, 6, 1)
    odd = [
        Action(day, "split", 0.0),
        Action(day, "split", nan),
        Action(day, "split", 1e7),
        Action(day, "split", -2.0),
        Action(day, "dividend", 1e300),
        Action(day, "dividend", float(bars.close[29]) * 1.01),
        Action(day, "capital_gain", float("inf")),
        Action(day, "dividend", -0.1),
    ]
    good = Action(paid, "dividend", 0.5)
    checked = judged(bars, facts={"actions": (*odd, good)})
    assert checked.actions == (good,) and len(checked.notes) == len(odd)
    assert len(checked.bars) == 60 and all(note.startswith("Left out: a ") for note in checked.notes)

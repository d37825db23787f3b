from __future__ import annotations

import pytest

from models.types import Action, Bars, Flag
from tests.ingest.series import (
    CHICAGO,
    SEOUL,
    changed,
    held_sessions,
    index_with,
    instrument,
    judged,
    reasons,
    walk,
    with_values,
)

nan = float("nan")


@pytest.mark.parametrize("factor", [100.0, 0.01])
@pytest.mark.parametrize(
    "rows", [slice(150, 151), slice(150, 190), slice(299, 300), slice(0, 5), slice(280, 300)]
)
def test_another_unit_is_held_alone_and_in_a_run(factor: float, rows: slice) -> None:
    bars = walk()
    checked = judged(changed(bars, rows, prices=factor))
    assert held_sessions(checked) == bars.sessions[rows].tolist()
    assert set(reasons(checked)) == {"scale_100"}


@pytest.mark.parametrize("field", ["open", "high", "low", "adj_close"])
def test_one_field_in_another_unit_is_held(field: str) -> None:
    bars = walk()
    factor = 0.01 if field == "low" else 100.0
    assert held_sessions(judged(changed(bars, 99, **{field: factor}))) == [bars.sessions[99].item()]


def test_a_unit_is_judged_against_what_is_stored() -> None:
    bars = walk()
    tail = changed(bars.take(slice(290, 300)), slice(None), prices=100.0)
    overlapping = judged(tail, previous=bars.take(slice(0, 295)))
    assert overlapping.rejected == "scale_100" and not len(overlapping.bars)
    after = judged(tail, previous=bars.take(slice(0, 290)))
    assert reasons(after) == {"scale_100": 10}


@pytest.mark.parametrize("ratio", [2, 3, 4, 5, 6, 10, 20, 0.5, 0.2, 0.1])
@pytest.mark.parametrize("volumes", ["as they were", "re-based"])
@pytest.mark.parametrize("seed", range(4))
def test_a_split_without_its_action_is_held(ratio: float, volumes: str, seed: int) -> None:
    bars = walk(seed=seed)
    rows = slice(290 - seed, 300)
    volume = ratio if volumes == "re-based" else 1.0
    fresh = changed(bars, rows, prices=1 / ratio, volume=volume)
    for checked in (judged(fresh), judged(fresh.take(slice(0, 291 - seed)))):
        assert set(reasons(checked)) == {"split_jump"}
        assert held_sessions(checked)[0] == bars.sessions[290 - seed].item()
        assert len(checked.bars) == 290 - seed


def test_a_run_on_another_basis_in_the_middle_is_held_alone() -> None:
    bars = walk()
    checked = judged(changed(bars, slice(100, 108), prices=0.25))
    assert held_sessions(checked) == bars.sessions[100:108].tolist()


def test_a_spike_that_is_no_ratio_is_held() -> None:
    bars = walk()
    checked = judged(changed(bars, 120, prices=2.45))
    assert reasons(checked) == {"spike": 1} and held_sessions(checked) == [bars.sessions[120].item()]


def test_a_split_that_was_reported_and_not_applied_is_held() -> None:
    bars = walk()
    loud = changed(bars, slice(295, 300), prices=0.1, volume=60.0)
    actions = (Action(bars.sessions[295].item(), "split", 10.0),)
    assert reasons(judged(loud, facts={"actions": actions})) == {"split_jump": 5}


def test_one_close_re_based_without_the_other_is_held() -> None:
    bars = walk()
    checked = judged(changed(bars, slice(0, 40), adj_close=0.25))
    assert held_sessions(checked) == bars.sessions[:40].tolist()
    dividend = (Action(bars.sessions[40].item(), "dividend", 75.0),)
    assert not judged(changed(bars, slice(0, 40), adj_close=0.25), facts={"actions": dividend}).held


@pytest.mark.parametrize("size", [-0.20, -0.35, -0.60, 0.30, -0.45, 0.60])
@pytest.mark.parametrize("volume", [1.0, 4.0])
@pytest.mark.parametrize("seed", range(4))
def test_a_crash_is_never_held_for_its_size(size: float, volume: float, seed: int) -> None:
    """Not even as a gap on an ordinary volume, nor when it is undone the next day."""
    bars = walk(seed=seed)
    flat = with_values(bars, 200, close=bars.close[199], adj_close=bars.adj_close[199])
    flat = with_values(
        flat, 200, open=bars.close[199], high=bars.close[199] * 1.01, low=bars.close[199] * 0.99
    )
    rest = slice(200, 300)
    crashed = changed(changed(flat, rest, prices=1 + size), 200, volume=volume)
    assert not judged(crashed).held
    assert not judged(crashed.take(slice(0, 201)), index=index_with(bars, 200, 0.001)).held


@pytest.mark.parametrize("size", [-0.5, -2 / 3, -0.75, -0.8])
def test_a_real_fall_by_a_split_ratio_is_kept_when_the_day_says_so(size: float) -> None:
    bars = walk()
    fall = changed(bars, slice(250, 300), prices=1 + size)
    loud = changed(fall, 250, volume=25.0, low=0.9, high=1.08)
    assert not judged(loud).held
    with_peers = judged(changed(fall, 250, volume=8.0), index=index_with(bars, 250, -0.09))
    assert not with_peers.held
    through_the_day = with_values(fall, 250, open=bars.close[249], high=bars.close[249] * 1.01)
    assert not judged(through_the_day).held
    assert reasons(judged(fall)) == {"split_jump": 50}


def test_a_thinly_proved_fall_is_kept_and_flagged() -> None:
    fall = changed(walk(), slice(250, 300), prices=0.5)
    checked = judged(changed(fall, 250, volume=12.0, low=0.985, high=1.01))
    assert not checked.held
    assert checked.bars.flags[250] == Flag.JUMP_UNCONFIRMED


def test_a_day_locked_at_its_limit_is_kept() -> None:
    item = instrument(exchange=SEOUL, symbol="000001.KS")
    bars = walk(item=item)
    for size in (-0.2999, 0.2999):
        locked = changed(bars, slice(200, 300), prices=bars.close[199] / bars.close[200] * (1 + size))
        price = locked.close[200]
        locked = with_values(locked, 200, open=price, high=price, low=price, volume=1000.0)
        assert not judged(locked, item).held


def test_a_move_its_exchange_forbids_is_no_crash() -> None:
    item = instrument(exchange=SEOUL, symbol="000001.KS")
    loud = changed(changed(walk(item=item), slice(250, 300), prices=0.5), 250, volume=40.0)
    assert reasons(judged(loud, item)) == {"split_jump": 50}


def test_a_yield_in_another_unit_is_held_and_a_volatile_index_is_not() -> None:
    item = instrument("rate", CHICAGO, "^TNX")
    bars = walk(item=item, price=4.2)
    only = Bars.of("^TNX", bars.sessions, close=bars.close)
    assert not judged(only, item).held
    assert reasons(judged(changed(only, slice(298, 300), close=10.0), item)) == {"scale_100": 2}
    fear = instrument("index", CHICAGO, "^VIX")
    calm = walk(item=fear)
    leap = changed(calm, 100, close=2.2, adj_close=2.2, high=2.4)
    assert not judged(leap, fear).held

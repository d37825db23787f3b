"""Ranks of a day and of a fall for its age, and what followed days alike: loops against the functions."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.analytics.brief import ALIKE, MIN_ALIKE, age_rank, followed, move_rank
from models.analytics.relay import leg_z
from models.types import Floats
from tests.analytics.conftest import days

NAN = np.nan
MOVES = st.lists(
    st.one_of(st.just(NAN), st.integers(-30, 30).map(lambda n: n / 100)), min_size=1, max_size=60
)


@given(MOVES, st.data())
def test_the_place_of_a_day_is_that_of_a_count(moves: list[float], data: st.DataObject) -> None:
    returns = np.array(moves)
    row = data.draw(st.integers(0, len(moves) - 1))
    found = move_rank(returns, row)
    known = [move for move in moves[: row + 1] if move == move]
    if returns[row] != returns[row]:
        assert found is None
        return
    assert found is not None
    assert (found.days, found.worst) == (len(known), 1 + sum(move < returns[row] for move in known))
    assert found.best == 1 + sum(move > returns[row] for move in known)
    assert found.percentile == pytest.approx((found.best - 1) / found.days)
    assert move_rank(np.append(returns, [0.9, -0.9]), row) == found, "what comes later changes nothing"


def test_no_day_has_no_place() -> None:
    assert move_rank(np.zeros(0), 0) is None


@given(st.lists(st.integers(-20, 20).map(lambda n: n / 100), min_size=2, max_size=80))
def test_a_fall_is_ranked_among_falls_as_old(moves: list[float]) -> None:
    level = np.cumprod(1 + np.array(moves))
    found, fall = age_rank(level), level / np.maximum.accumulate(level) - 1
    runs, run = [], []
    for drop in fall:
        run = [*run, drop] if drop < 0 else []
        runs.append(run)
    if not runs[-1]:
        assert found is None
        return
    age = len(runs[-1])
    same = [held[-1] for held in runs if len(held) == age]
    assert found is not None
    assert (found.age, found.falls) == (age, len(same))
    assert found.depth == pytest.approx(fall[-1])
    assert found.deeper == sum(depth < found.depth for depth in same)


def test_days_without_a_level_have_no_age() -> None:
    level = np.array([1.0, NAN, 0.9, NAN, 0.8])
    found = age_rank(level)
    assert found is not None
    assert found.age == 2
    assert age_rank(np.full(3, NAN)) is None


def pair(count: int, seed: int) -> tuple[Floats, Floats]:
    rng = np.random.default_rng(seed)
    source = rng.normal(0, 0.01, count)
    return source, 0.6 * source + rng.normal(0, 0.005, count)


@pytest.mark.parametrize("same_day", [True, False])
def test_days_like_the_last_are_the_nearest_by_z(same_day: bool) -> None:
    source, target = pair(700, 3)
    target[-1] = NAN
    source[50:400:17] = NAN
    found = followed(days(700), source, target, same_day=same_day)
    z = leg_z(source)
    walked = [row for row in range(700) if source[row] == source[row]]
    pairs = []
    for row, later in zip(walked, [*walked[1:], None], strict=True):
        rows = range(row if same_day else row + 1, 700)
        then = next((at for at in rows if target[at] == target[at]), None)
        overtaken = later is not None and then is not None and (later <= then if same_day else later < then)
        if then is not None and not overtaken and z[row] == z[row] and row != walked[-1]:
            pairs.append((abs(z[row] - z[walked[-1]]), row, target[then] < 0))
    cases = int(np.ceil(len(pairs) * ALIKE))
    assert found is not None
    assert (found.cases, found.base_cases) == (cases, len(pairs))
    assert found.base_fell == sum(fell for *_, fell in pairs)
    assert found.fell == sum(fell for *_, fell in sorted(pairs)[:cases])
    like = [z[row] for _, row, _ in sorted(pairs)[:cases]]
    assert (found.z_low, found.z_high) == (min(like), max(like))
    assert 0 <= found.interval[0] < found.rate < found.interval[1] <= 1
    assert found.rate == found.fell / cases
    assert found.base_rate == found.base_fell / len(pairs)


def test_the_last_day_s_own_outcome_is_not_counted() -> None:
    source, target = pair(600, 5)
    known = followed(days(600), source, target, same_day=True)
    target[-1] = -target[-1]
    assert followed(days(600), source, target, same_day=True) == known


def test_too_few_days_alike_say_nothing() -> None:
    source, target = pair(100 + MIN_ALIKE * 8, 1)
    assert followed(days(len(source)), source, target, same_day=True) is None
    assert followed(days(3), np.full(3, NAN), np.zeros(3), same_day=True) is None
    source, target = pair(900, 1)
    since = days(900)[850]
    assert followed(days(900), source, target, same_day=True, since=since) is None

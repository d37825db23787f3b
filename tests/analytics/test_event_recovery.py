"""What came back after a fall, and benchmarks without the name."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.analytics.event_benchmarks import rest_of, session_before
from models.analytics.event_recovery import aligned_levels, recoveries
from tests.analytics.conftest import days

NAN = np.nan


def legs(*pairs: tuple[int, int]) -> pd.DataFrame:
    found = days(60).astype("datetime64[s]")
    return pd.DataFrame({"peak": [found[a] for a, _ in pairs], "trough": [found[b] for _, b in pairs]})


def test_the_share_that_came_back() -> None:
    level = np.array([100, 90, 80, 85, 90, 75, 120.0])
    found = recoveries(level, days(7), legs((0, 2)), steps=(1, 2, 3, 4, 5)).iloc[0]
    assert found["depth"] == pytest.approx(-0.2)
    assert [found[f"recovery_{k}"] for k in (1, 2, 3, 4)] == pytest.approx([0.25, 0.5, -0.25, 2.0])
    assert np.isnan(found["recovery_5"])
    assert (found["earlier_1"], np.isnan(found["rank_1"])) == (0, True)


def test_sessions_without_a_level_are_not_counted() -> None:
    level = np.array([100, 80, NAN, 90, NAN, 100.0])
    found = recoveries(level, days(6), legs((0, 1)), steps=(1, 2)).iloc[0]
    assert [found["recovery_1"], found["recovery_2"]] == pytest.approx([0.5, 1.0])


def test_a_fall_stands_beside_those_before_it() -> None:
    level = np.array([100, 80, 90, 100, 80, 95, 100, 80, 85, 100, 80.0])
    found = recoveries(level, days(11), legs((0, 1), (3, 4), (6, 7), (9, 10)), steps=(1,))
    assert found["recovery_1"].tolist()[:3] == pytest.approx([0.5, 0.75, 0.25])
    assert found["earlier_1"].tolist() == [0, 1, 2, 0]
    assert found["rank_1"].tolist()[1:3] == [1.0, 0.0]
    assert found["rank_1"].isna().tolist() == [True, False, False, True]


def test_what_comes_later_does_not_move_a_rank() -> None:
    level = np.array([100, 80, 90, 100, 80, 95, 100, 80, 85, 100.0])
    pairs = [(0, 1), (3, 4), (6, 7)]
    all_of_them = recoveries(level, days(10), legs(*pairs), steps=(1,))
    pd.testing.assert_frame_equal(
        all_of_them.head(2), recoveries(level[:6], days(6), legs(*pairs[:2]), steps=(1,))
    )


def test_a_rise_and_a_day_without_a_level_have_no_recovery() -> None:
    level = np.array([100, 110, 120, NAN, 90.0])
    found = recoveries(level, days(5), legs((0, 1), (2, 3)), steps=(1,))
    assert found["recovery_1"].isna().all()
    assert np.isnan(found["depth"].iloc[1])


def test_no_leg_and_no_level() -> None:
    assert recoveries(np.array([1.0, 2.0]), days(2), legs(), steps=(1,)).empty
    assert recoveries(np.array([NAN, NAN]), days(2), legs((0, 1)), steps=(1,))["recovery_1"].isna().all()


def test_levels_side_by_side_from_their_dates() -> None:
    level = np.array([100, 110, 99, NAN, 88, 77.0])
    offsets, found = aligned_levels(level, days(6), days(6)[[1, 3]], 1, 2)
    assert offsets.tolist() == [-1, 0, 1, 2]
    np.testing.assert_allclose(found[0], [100 / 110 - 1, 0, -0.1, -0.2])
    # The fourth day has no level: the last before it stands for it.
    np.testing.assert_allclose(found[1], [110 / 99 - 1, 0, 88 / 99 - 1, 77 / 99 - 1])


def test_the_mean_of_the_others_never_holds_the_name() -> None:
    returns = np.array([[0.1, 0.2, 0.3, 0.6], [0.1, NAN, 0.3, 0.5], [NAN, NAN, 0.3, 0.5]])
    found = rest_of(returns)
    np.testing.assert_allclose(found[0], [1.1 / 3, 1.0 / 3, 0.9 / 3, 0.6 / 3])
    # A name that did not trade may still be told what three others did.
    np.testing.assert_allclose(found[1], [NAN, 0.9 / 3, NAN, NAN])
    assert np.isnan(found[2]).all()


@given(seed=st.integers(0, 1000), shock=st.floats(-0.5, 0.5))
def test_a_names_own_fall_does_not_reach_its_benchmark(seed: int, shock: float) -> None:
    returns = np.random.default_rng(seed).normal(0, 0.02, (8, 5))
    shocked = returns.copy()
    shocked[:, 2] += shock
    np.testing.assert_allclose(rest_of(shocked)[:, 2], rest_of(returns)[:, 2], atol=1e-14)


def test_the_session_before_is_all_that_new_york_did_since_the_last_own_session() -> None:
    #                  Mon   Tue   Wed   Thu   Fri   Mon
    factor = np.array([0.01, 0.02, NAN, 0.03, 0.04, 0.05])
    held = np.array([True, True, False, True, True, True])
    own = np.array([True, True, True, True, False, True])
    found = session_before(factor, held, own)
    # Tuesday knows Monday, Wednesday Tuesday, Thursday nothing new, Monday Thursday and Friday.
    np.testing.assert_allclose(found, [NAN, 0.01, 0.02, 0.0, NAN, 1.03 * 1.04 - 1], atol=1e-15)


def test_a_missing_bar_of_the_factor_is_not_taken_for_a_holiday() -> None:
    factor = np.array([0.01, NAN, 0.02, 0.03])
    everyday = np.ones(4, dtype=np.bool_)
    np.testing.assert_allclose(session_before(factor, everyday, everyday), [NAN, 0.01, NAN, 0.02], atol=1e-15)


@given(seed=st.integers(0, 1000))
def test_the_session_before_knows_nothing_of_the_same_date(seed: int) -> None:
    rng = np.random.default_rng(seed)
    factor, opened = rng.normal(0, 0.02, 30), rng.random(30) < 0.8
    later = factor.copy()
    later[20:] = 9.0
    everyday = np.ones(30, dtype=np.bool_)
    first, second = (session_before(path, everyday, opened)[:21] for path in (factor, later))
    np.testing.assert_array_equal(first, second)
    assert session_before(np.array([]), everyday[:0], everyday[:0]).shape == (0,)

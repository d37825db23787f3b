from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from models.analytics.clock import ClockRows, clock_rows
from models.analytics.trailing import (
    OUT,
    Out,
    left_out,
    membership,
    per_session,
    row_mean,
    runs,
    trailing_moments,
)
from tests.analytics.conftest import days

NAN = np.nan


def noise(rows: int, names: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).standard_t(4, (rows, names)) * 0.01


def test_a_name_joins_when_the_window_is_covered_and_one_missing_bar_does_not_put_it_out() -> None:
    returns = noise(200, 3)
    returns[:80, 1] = NAN  # listed on row 80
    returns[120, 2] = NAN
    status = membership(returns, window=40)
    assert (status[:39] == Out.SHORT).all(), "nobody before the first whole window"
    assert (status[39:, 0] == Out.NO).all()
    joined = 80 + 38 - 1  # 38 of 40 rows are 95 %
    assert (status[:joined, 1] == Out.SHORT).all() and (status[joined:, 1] == Out.NO).all()
    assert status[120, 2] == Out.ABSENT and (status[121:, 2] == Out.NO).all()


def test_a_window_that_ends_the_day_before_does_not_hold_the_day() -> None:
    returns = noise(60, 2)
    status = membership(returns, window=40, lag=1)
    assert (status[:40] == Out.SHORT).all() and (status[40:] == Out.NO).all()
    changed = returns.copy()
    changed[50:, 0] = NAN
    assert (membership(changed, window=40, lag=1)[:50] == status[:50]).all()


def test_a_name_that_did_not_move_is_out_for_as_long_as_its_window_is_still() -> None:
    returns = noise(150, 2)
    returns[20:100, 1] = 0.0
    status = membership(returns, window=40)
    assert (status[59:100, 1] == Out.FLAT).all()
    assert status[58, 1] == Out.NO and (status[100:, 1] == Out.NO).all()


def test_returns_that_differ_by_rounding_alone_are_no_moves() -> None:
    closes = 100 * np.cumprod(np.full(120, 1.001))
    returns = np.column_stack([noise(119, 1)[:, 0], closes[1:] / closes[:-1] - 1])
    assert len(np.unique(returns[:, 1])) > 1
    assert (membership(returns, window=40)[39:, 1] == Out.FLAT).all()


def test_a_history_shorter_than_the_window_has_no_member() -> None:
    assert (membership(noise(30, 2), window=40) == Out.SHORT).all()
    assert (membership(noise(40, 2), window=40, lag=1) == Out.SHORT).all()
    assert membership(np.empty((0, 2)), window=40).shape == (0, 2)


def test_stretches_have_one_set_of_members_each() -> None:
    members = np.array([[0, 0], [1, 0], [1, 0], [1, 1], [0, 0], [1, 1]], dtype=bool)
    found = [(rows.start, rows.stop, columns.tolist()) for rows, columns in runs(members)]
    assert found == [(1, 3, [0]), (3, 4, [0, 1]), (5, 6, [0, 1])]
    assert list(runs(members[:0])) == []


@given(st.integers(0, 10_000), st.sampled_from([1.0, 0.5 ** (1 / 25)]), st.sampled_from([0, 1]))
def test_moving_moments_are_those_of_each_window(seed: int, decay: float, lag: int) -> None:
    returns = noise(150, 4, seed)
    returns[np.random.default_rng(seed).integers(0, 150, 5), 1] = NAN
    window = 40
    for rows, counts, means, spreads in trailing_moments(returns, slice(60, 150), window, lag, decay):
        for at, count, mean, spread in zip(range(rows.start, rows.stop), counts, means, spreads, strict=True):
            known = returns[at - lag - window + 1 : at - lag + 1]
            weights = decay ** np.arange(window)[::-1]
            whole = np.isfinite(known).all(axis=1)
            assert count == whole.sum()
            np.testing.assert_allclose(
                mean, np.average(known[whole], axis=0, weights=weights[whole]), atol=1e-15
            )
            expected = np.cov(known[whole].T, aweights=weights[whole], ddof=0)
            np.testing.assert_allclose(spread, expected, atol=1e-16, rtol=1e-9)


def _rows(opened: np.ndarray, asia: np.ndarray) -> tuple[np.ndarray, ClockRows]:
    returns = np.where(opened, noise(*opened.shape, seed=3), NAN)
    return returns, clock_rows(days(len(opened)), returns, asia, opened)


def test_a_week_is_brought_to_the_scale_of_a_session() -> None:
    opened = np.ones((12, 3), dtype=bool)
    opened[4:8, 0] = False  # Seoul shut for four days, Tokyo and New York open
    asia = np.array([True, True, False])
    returns, rows = _rows(opened, asia)
    found = per_session(days(12), returns, rows, asia)
    week = int(np.searchsorted(rows.asia_dates, days(12)[8]))
    assert rows.us_span[week] == 5 and rows.asia_span[week] == 1
    np.testing.assert_allclose(found[week], rows.returns[week] / np.sqrt([1, 5, 5]))
    others = np.arange(len(found)) != week
    np.testing.assert_allclose(found[others], rows.returns[others])


def test_one_side_alone_has_its_own_days() -> None:
    opened = np.ones((6, 2), dtype=bool)
    west = np.zeros(2, dtype=bool)
    returns, rows = _rows(opened, west)
    np.testing.assert_allclose(per_session(days(6), returns, rows, west), returns[1:])


def test_the_mean_of_a_row_is_over_the_names_it_has() -> None:
    np.testing.assert_allclose(row_mean(np.array([[0.01, 0.03], [NAN, 0.02], [NAN, NAN]])), [0.02, 0.02, NAN])


def test_who_was_left_out_why_how_long_and_whether_still() -> None:
    status = np.zeros((5, 2), dtype=np.uint8)
    status[:3, 0], status[4, 1] = Out.SHORT, Out.ABSENT
    frame = left_out(status, days(5), ["A", "B"])
    assert frame["symbol"].tolist() == ["A", "B"]
    assert frame["reason"].tolist() == [OUT[Out.SHORT], OUT[Out.ABSENT]]
    assert frame["rows"].tolist() == [3, 1]
    assert [str(day.date()) for day in frame["last"]] == ["2024-01-03", "2024-01-05"]
    assert frame["now"].tolist() == [False, True]
    assert left_out(status * 0, days(5), ["A", "B"]).empty


def test_each_code_has_its_words() -> None:
    assert set(OUT) == set(Out) - {Out.NO}

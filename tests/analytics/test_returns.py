from __future__ import annotations

from datetime import date

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from models.analytics.returns import (
    compound_fx,
    day_factor,
    day_moves,
    moves,
    price_path,
    price_return_only,
    return_path,
    session_legs,
    to_usd,
    usd_rate,
)
from models.types import Floats
from tests.analytics.conftest import days

NAN = np.nan
SIZE = st.tuples(st.integers(1, 20), st.integers(1, 4))
CELLS = st.one_of(st.floats(1, 1000), st.just(np.nan))


@st.composite
def bars(draw: st.DrawFn) -> tuple[Floats, Floats, Floats]:
    shape = draw(SIZE)
    return tuple(draw(arrays(np.float64, shape, elements=CELLS)) for _ in range(3))


def test_path_is_the_close_completed_by_the_adjusted_close() -> None:
    close = np.array([NAN, NAN, 50, NAN, 60, NAN])
    adjusted = np.array([20.0, 22, 25, 26, 24, 36])
    np.testing.assert_allclose(price_path(close, adjusted), [40, 44, 50, 65, 60, 90])
    np.testing.assert_array_equal(price_path(close[:2], adjusted[:2]), adjusted[:2])
    np.testing.assert_array_equal(price_path(np.array([10.0, NAN, 12]), np.full(3, NAN)), [10, NAN, 12])


def test_returns_use_the_adjusted_close_where_both_ends_have_it() -> None:
    close = np.array([100.0, 99, 110, 121])
    adjusted = np.array([90.0, 99, NAN, 121])
    np.testing.assert_allclose(return_path(close, adjusted), [NAN, 0.1, 110 / 99 - 1, 0.1])
    np.testing.assert_array_equal(price_return_only(close, adjusted), [False, False, True, True])


def test_returns_step_over_missing_bars_and_fill_nothing() -> None:
    close = np.array([[100, NAN], [NAN, 50], [110, NAN], [99, 40]])
    expected = [[NAN, NAN], [NAN, NAN], [0.1, NAN], [-0.1, -0.2]]
    np.testing.assert_allclose(return_path(close, np.full(close.shape, NAN)), expected)


def test_no_return_between_ends_that_share_no_column() -> None:
    assert np.isnan(return_path(np.array([NAN, 10.0]), np.array([9.0, NAN]))).all()


def test_a_dividend_lies_in_the_gap() -> None:
    close, adjusted, opened = np.array([100.0, 98]), np.array([95.0, 98]), np.array([99.0, 96])
    factor = day_factor(close, adjusted)[1]
    assert factor == pytest.approx(100 / 95)
    gap, session = session_legs(opened, close, adjusted)
    assert gap[1] == pytest.approx(96 * factor / 100 - 1)
    assert session[1] == pytest.approx(98 / 96 - 1)
    assert day_moves(opened, opened - 1, close, adjusted)["low_return"][1] == pytest.approx(
        95 * factor / 100 - 1
    )


@given(bars())
def test_gap_and_session_split_the_return_exactly(drawn: tuple[Floats, Floats, Floats]) -> None:
    opened, close, adjusted = drawn
    gap, session = session_legs(opened, close, adjusted)
    both = np.isfinite(gap)
    assert (both == np.isfinite(session)).all()
    whole = return_path(close, adjusted)
    np.testing.assert_allclose(((1 + gap) * (1 + session))[both], 1 + whole[both], rtol=1e-12, atol=1e-12)
    assert np.isnan(gap[np.isnan(opened) | np.isnan(close)]).all()


@given(bars(), st.integers(-8, 8))
def test_returns_know_no_scale(drawn: tuple[Floats, Floats, Floats], power: int) -> None:
    scale = 2.0**power
    for one, other in zip(
        day_moves(*(drawn[0], *drawn)).values(),
        day_moves(*(prices * scale for prices in (drawn[0], *drawn))).values(),
        strict=True,
    ):
        np.testing.assert_array_equal(one, other)


@given(bars())
def test_one_column_is_the_same_alone(drawn: tuple[Floats, Floats, Floats]) -> None:
    _, close, adjusted = drawn
    for call in (return_path, price_path, day_factor):
        np.testing.assert_array_equal(call(close[:, 0], adjusted[:, 0]), call(close, adjusted)[:, 0])


@given(bars())
def test_later_bars_change_no_return(drawn: tuple[Floats, Floats, Floats]) -> None:
    _, close, adjusted = drawn
    half = len(close) // 2
    np.testing.assert_array_equal(
        return_path(close[:half], adjusted[:half]), return_path(close, adjusted)[:half]
    )


def test_awkward_inputs_keep_their_shape(awkward: Floats) -> None:
    for values in (*day_moves(awkward, awkward, awkward, awkward).values(), price_path(awkward, awkward)):
        assert values.shape == awkward.shape


def test_moves_of_one_session() -> None:
    close = np.array([[10.0, 20], [11, NAN], [9.9, 22]])
    given = {"open_": close, "low": close - 1, "close": close, "adj_close": np.full(close.shape, NAN)}
    frame = moves(days(3), ["A", "B"], on=date(2024, 1, 3), **given)
    assert list(frame["symbol"]) == ["A", "B"]
    np.testing.assert_allclose(frame["close_return"], [-0.1, 0.1])
    np.testing.assert_allclose(frame["low_return"], [8.9 / 11 - 1, 0.05])
    np.testing.assert_allclose(frame["session_return"], [0, 0])
    assert frame["price_return"].all()
    quiet = moves(days(3), ["A", "B"], on=date(2024, 1, 2), **given)
    assert np.isnan(quiet["close_return"][1])
    none = moves(days(3), ["A", "B"], on=date(2024, 6, 1), **given)
    assert list(none.columns) == list(frame.columns)
    assert none["close_return"].isna().all()


def test_the_rate_of_a_day_is_the_last_one_not_too_old() -> None:
    sessions = np.array(["2024-01-01", "2024-01-05", "2024-01-10", "2024-01-20"], dtype="datetime64[D]")
    quoted = np.array(["2024-01-04", "2024-01-08", "2024-01-09"], dtype="datetime64[D]")
    found = usd_rate(sessions, quoted, np.array([150.0, 155.0, NAN]))
    np.testing.assert_array_equal(found, [NAN, 150, 155, NAN])
    assert np.isnan(usd_rate(sessions, quoted[:0], np.empty(0))).all()


@given(
    arrays(np.float64, 12, elements=st.floats(1, 1000)), arrays(np.float64, 12, elements=st.floats(50, 200))
)
def test_dollar_returns_compound_exactly(close: Floats, rate: Floats) -> None:
    nothing = np.full(12, NAN)
    dollars = return_path(to_usd(close, rate), nothing)
    fx = np.concatenate(([NAN], rate[:-1] / rate[1:] - 1))
    np.testing.assert_allclose(dollars, compound_fx(return_path(close, nothing), fx), rtol=1e-9, atol=1e-12)


def test_a_rate_a_session_converts_every_column() -> None:
    prices = np.array([[100.0, 200], [300, 400]])
    np.testing.assert_array_equal(to_usd(prices, np.array([100.0, 200])), [[1, 2], [1.5, 2]])

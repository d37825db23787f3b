from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.analytics.clock import clock_rows
from tests.analytics.conftest import days
from tests.analytics.market import ASIA, US, Market

ASIA_FIRST = np.array([True, False])


def _open(*rows: str) -> np.ndarray:
    """Which exchange was open: one letter a name, ``x`` open, ``.`` closed."""
    return np.array([[letter == "x" for letter in row] for row in rows])


def _returns(opened: np.ndarray, seed: int = 0) -> np.ndarray:
    values = np.random.default_rng(seed).normal(0, 0.02, opened.shape)
    return np.where(opened, values, np.nan)


def test_a_us_close_stands_beside_the_asian_close_that_followed_it() -> None:
    opened = _open("xx", "xx", "xx", "xx")
    returns = _returns(opened)
    rows = clock_rows(days(4), returns, ASIA_FIRST, opened, lead="us")
    assert list(rows.us_dates) == list(days(4)[1:3])
    assert list(rows.asia_dates) == list(days(4)[2:])
    np.testing.assert_allclose(rows.returns[:, 0], returns[2:, 0])
    np.testing.assert_allclose(rows.returns[:, 1], returns[1:3, 1])


def test_an_asian_close_stands_beside_the_us_close_of_its_news_day() -> None:
    opened = _open("xx", "xx", "xx")
    returns = _returns(opened)
    rows = clock_rows(days(3), returns, ASIA_FIRST, opened, lead="asia")
    assert list(rows.us_dates) == list(rows.asia_dates) == list(days(3)[1:])
    np.testing.assert_allclose(rows.returns, returns[1:])


def test_a_week_of_holidays_on_one_side_is_compounded_not_dropped() -> None:
    opened = _open("xx", "xx", ".x", ".x", ".x", "xx", "xx")
    returns = _returns(opened)
    rows = clock_rows(days(7), returns, ASIA_FIRST, opened, lead="asia")
    assert list(rows.asia_dates) == list(days(7)[[1, 5, 6]])
    assert rows.us_span.tolist() == [1, 4, 1]
    assert rows.returns[1, 1] == pytest.approx(np.prod(1 + returns[2:6, 1]) - 1)
    assert rows.returns[1, 0] == pytest.approx(returns[5, 0])


def test_one_closed_asian_exchange_moves_the_row_to_the_next_day() -> None:
    opened = _open("xxx", "xxx", "x.x", "xxx")
    returns = _returns(opened)
    asia = np.array([True, True, False])
    rows = clock_rows(days(4), returns, asia, opened, lead="asia")
    assert list(rows.asia_dates) == list(days(4)[[1, 3]])
    assert rows.returns[1, 0] == pytest.approx(np.prod(1 + returns[2:, 0]) - 1)
    assert rows.returns[1, 1] == pytest.approx(returns[3, 1])


def test_an_exchange_whose_prices_ended_holds_up_no_row() -> None:
    opened = _open("xxx", "xxx", "x.x", "x.x")
    rows = clock_rows(days(4), _returns(opened), np.array([True, True, False]), opened, lead="asia")
    assert list(rows.asia_dates) == list(days(4)[1:])
    assert np.isnan(rows.returns[1:, 1]).all()


def test_a_missing_bar_costs_the_name_both_rows_it_touches_and_no_other_name() -> None:
    opened = _open("xx", "xx", "xx", "xx", "xx")
    returns = _returns(opened)
    returns[2, 0] = np.nan
    rows = clock_rows(days(5), returns, ASIA_FIRST, opened, lead="asia")
    assert np.isnan(rows.returns[:, 0]).tolist() == [False, True, True, False]
    assert np.isfinite(rows.returns[:, 1]).all()


@pytest.mark.parametrize("asia", [[True, True], [False, False]])
def test_names_of_one_side_alone_are_that_sides_days(asia: list[bool]) -> None:
    opened = _open("xx", "xx", "xx")
    returns = _returns(opened)
    rows = clock_rows(days(3), returns, np.array(asia), opened)
    np.testing.assert_allclose(rows.returns, returns[1:])
    assert list(rows.dates) == list(days(3)[1:])


def test_nothing_is_made_of_nothing() -> None:
    rows = clock_rows(days(0), np.empty((0, 2)), ASIA_FIRST, np.empty((0, 2), dtype=np.bool_))
    assert rows.returns.shape == (0, 2)


@given(seed=st.integers(0, 10_000), lead=st.sampled_from(["us", "asia"]))
def test_rows_compound_to_the_whole_way(seed: int, lead: str) -> None:
    """However holidays fall, each name's rows together are its path between the first and the last row."""
    rng = np.random.default_rng(seed)
    opened = rng.random((40, 2)) < 0.7
    returns = _returns(opened, seed)
    rows = clock_rows(days(40), returns, ASIA_FIRST, opened, lead=lead)  # type: ignore[arg-type]
    if len(rows.dates) < 2:
        return
    for name, dates in enumerate((rows.asia_dates, rows.us_dates)):
        inside = (days(40) > dates[0]) & (days(40) <= dates[-1]) & opened[:, name]
        whole = np.prod(1 + returns[inside, name])
        assert np.prod(1 + rows.returns[1:, name]) == pytest.approx(whole)
    gap = (rows.asia_dates - rows.us_dates).astype(int)
    assert (gap > 0).all() if lead == "us" else (gap <= 0).all()


def test_a_join_on_the_calendar_date_sees_the_weak_link_and_misses_the_strong_one() -> None:
    """asia[t] = a[t] + u[t−1], us[t] = .5 a[t] + u[t]: theory .3162 on the same date, .6325 to the next."""
    rng = np.random.default_rng(7)
    news = rng.normal(0, 0.01, (20_001, 2))
    asia, us = news[1:, 0] + news[:-1, 1], 0.5 * news[1:, 0] + news[1:, 1]
    returns, opened = np.column_stack([asia, us]), np.ones((20_000, 2), dtype=np.bool_)

    def link(lead: str) -> float:
        rows = clock_rows(days(20_000), returns, ASIA_FIRST, opened, lead=lead)  # type: ignore[arg-type]
        return float(np.corrcoef(rows.returns.T)[0, 1])

    by_date = float(np.corrcoef(returns.T)[0, 1])
    assert link("asia") == pytest.approx(0.3162, abs=0.02)
    assert link("us") == pytest.approx(0.6325, abs=0.02)
    assert by_date == pytest.approx(0.3162, abs=0.02)


def test_real_prices_keep_every_day_of_both_sides(market: Market) -> None:
    names = (*ASIA, *US)
    returns = market.returns(names)
    opened = np.isfinite(returns)
    for group in (slice(0, len(ASIA)), slice(len(ASIA), None)):
        opened[:, group] = opened[:, group].any(axis=1)[:, None]
    rows = clock_rows(market.sessions, returns, np.arange(len(names)) < len(ASIA), opened, lead="us")
    assert np.median(rows.asia_span) == np.median(rows.us_span) == 1
    inside = (market.sessions > rows.us_dates[0]) & (market.sessions <= rows.us_dates[-1])
    assert rows.us_span[1:].sum() == int((inside & opened[:, -1]).sum())

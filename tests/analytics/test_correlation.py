from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.analytics.baskets import basket_path
from models.analytics.correlation import (
    LaggedMatrix,
    fisher_interval,
    hac_correlation,
    lagged_matrix,
    lagged_rows,
)
from models.sessions import Calendars
from models.types import Bools, Floats
from tests.analytics.conftest import days
from tests.analytics.market import ASIA, US, Market

NAN = np.nan


def two_sides(count: int, seed: int = 1, names: int = 1) -> tuple[Floats, Bools]:
    """METHODS' trap: a_t in Asian hours, u_t in US hours; Asia sees u of the day before."""
    rng = np.random.default_rng(seed)
    a, u = rng.normal(size=(2, count + 1)) * 0.01
    asia, us = a[1:] + u[:-1], 0.5 * a[1:] + u[1:]
    own = rng.normal(size=(count, 2 * names)) * (0.01 if names > 1 else 0.0)
    both = np.repeat(np.column_stack([asia, us]), names, axis=1) + own
    return both, np.repeat([True, False], names)


def matrix(returns: Floats, asia: Bools, opened: Bools | None = None, **settings: int) -> LaggedMatrix:
    if opened is None:
        opened = np.ones(returns.shape, dtype=bool)
    symbols = [f"{'A' if east else 'U'}{n}" for n, east in enumerate(asia)]
    return lagged_matrix(days(len(returns), "2000-01-01"), returns, asia, opened, symbols, **settings)


def test_a_join_on_the_date_would_miss_the_stronger_link() -> None:
    """Theory: .5 / √(2 · 1.25) = .3162 on the same date, 1 / √2.5 = .6325 to the next Asian day."""
    returns, asia = two_sides(20_000)
    found = matrix(returns, asia)
    assert found.correlation[0, 1] == pytest.approx(0.3162, abs=0.015)
    assert found.correlation[1, 0] == pytest.approx(0.6325, abs=0.015)
    assert [found.lag(0, 1), found.lag(1, 0), found.lag(0, 0)] == [
        "same news day",
        "next Asian day",
        "same day",
    ]


def test_the_links_survive_holidays_of_either_side() -> None:
    returns, asia = two_sides(20_000, seed=2)
    rng = np.random.default_rng(3)
    opened = rng.random(returns.shape) > 0.01
    wealth = np.cumsum(np.log1p(returns), axis=0)
    held = np.full(returns.shape, NAN)
    for n in range(2):
        rows = np.flatnonzero(opened[:, n])
        held[rows[1:], n] = np.expm1(np.diff(wealth[rows, n]))
    found = matrix(held, asia, opened)
    assert found.correlation[0, 1] == pytest.approx(0.3162, abs=0.03)
    assert found.correlation[1, 0] == pytest.approx(0.6325, abs=0.03)
    assert found.spans["next Asian day"].compounded > 300


def test_within_a_side_the_day_is_the_same_and_each_pair_stands_once_a_lag() -> None:
    returns, asia = two_sides(300, names=2)
    found = matrix(returns, asia)
    assert found.correlation[0, 1] == pytest.approx(np.corrcoef(returns[:, 0], returns[:, 1])[0, 1], abs=0.01)
    np.testing.assert_allclose(found.correlation[:2, :2], found.correlation[:2, :2].T)
    table = found.pairs()
    assert table["lag"].value_counts().to_dict() == {
        "same news day": 4,
        "next Asian day": 4,
        "same day": 2,
    }
    row = table[(table["leader"] == "U2") & (table["follower"] == "A0")].iloc[0]
    assert row["lag"] == "next Asian day"
    assert row["low"] < row["correlation"] < row["high"]
    assert (table["reason"] == "").all() and found.left_out().empty


def test_a_new_listing_and_a_still_name_are_left_out_with_the_reason() -> None:
    returns, asia = two_sides(200, names=2)
    returns[:170, 0] = NAN
    returns[:, 3] = 0.0
    table = matrix(returns, asia).left_out()
    reasons = {(row.leader, row.follower): row.reason for row in table.itertuples()}
    assert reasons["A0", "A1"] == "29 common observations, 60 needed"
    assert reasons["A1", "U3"] == "one of the two did not move"
    assert ("A1", "U2") not in reasons
    assert table["correlation"].isna().all()
    assert np.isfinite(matrix(returns, asia, minimum=20).correlation[0, 1])


def test_the_last_rows_and_what_they_span() -> None:
    returns, asia = two_sides(400)
    found = matrix(returns, asia, rows=250)
    assert found.spans["same news day"].rows == 250
    assert found.spans["same news day"].last == days(400, "2000-01-01")[-1]
    assert found.n[0, 1] == found.n[1, 0] == 250
    values, dates, span = lagged_rows(days(0), np.empty((0, 2)), asia, np.empty((0, 2), dtype=bool), "us")
    assert len(values) == len(dates) == span.rows == 0 and np.isnat(span.first)


def test_one_side_alone_has_only_the_same_day() -> None:
    returns, asia = two_sides(100, names=2)
    found = matrix(returns[:, asia], asia[asia])
    assert set(found.spans) == {"asia"}
    assert (found.pairs()["lag"] == "same day").all()


@given(st.integers(0, 10_000))
def test_order_and_scale_of_names_change_nothing(seed: int) -> None:
    rng = np.random.default_rng(seed)
    returns, asia = two_sides(120, seed, names=3)
    returns[rng.random(returns.shape) < 0.03] = NAN
    opened = np.isfinite(returns) | (rng.random(returns.shape) < 0.5)
    plain = matrix(returns, asia, opened, minimum=20)
    order = rng.permutation(6)
    shuffled = matrix(returns[:, order], asia[order], opened[:, order], minimum=20)
    pick = np.ix_(order, order)
    np.testing.assert_allclose(shuffled.correlation, plain.correlation[pick], atol=1e-10, equal_nan=True)
    assert (shuffled.n == plain.n[pick]).all()
    small = matrix(returns * 1e-4, asia, opened, minimum=20)
    np.testing.assert_allclose(small.correlation, plain.correlation, atol=0.05, equal_nan=True)


def test_fisher_interval() -> None:
    """r = .5, n = 103: atanh .5 ± 1.96 / 10, tanh .35331 and tanh .74530."""
    low, high = fisher_interval(np.array([0.5, 0.5, 1.0, NAN]), np.array([103, 3, 50, 50]))
    assert (low[0], high[0]) == pytest.approx((0.3393, 0.6323), abs=1e-4)
    assert np.isnan([low[1], low[3]]).all()
    assert low[2] == pytest.approx(1)


def test_hac_error_is_fisher_s_for_independent_normal_pairs_and_larger_for_clusters() -> None:
    rng = np.random.default_rng(4)
    pair = rng.normal(size=(20_000, 2)) @ np.linalg.cholesky([[1, 0.5], [0.5, 1]]).T
    rho, error, n = hac_correlation(pair[:, :1], pair[:, 1:])
    assert rho[0, 0] == pytest.approx(np.corrcoef(pair.T)[0, 1], abs=1e-12)
    assert error[0, 0] == pytest.approx(1 / np.sqrt(20_000), rel=0.05)
    assert n[0, 0] == 20_000
    calm = np.repeat(rng.choice([0.3, 2.0], 2000), 10)[:, None]
    assert hac_correlation(pair[:, :1] * calm, pair[:, 1:] * calm)[1][0, 0] > 1.3 / np.sqrt(20_000)


def test_hac_error_covers_the_truth_as_often_as_it_says() -> None:
    rng = np.random.default_rng(5)
    calm = np.repeat(rng.choice([0.5, 1.5], (60, 400)), 5, axis=0)
    factor = rng.normal(size=(300, 400)) * calm
    x, y = factor + rng.normal(size=(300, 400)) * calm, factor + rng.normal(size=(300, 400)) * calm
    hits = [
        abs(np.arctanh(rho) - np.arctanh(0.5)) < 1.96 * error
        for rho, error in (
            [float(each[0, 0]) for each in hac_correlation(x[:, k : k + 1], y[:, k : k + 1])[:2]]
            for k in range(400)
        )
    ]
    assert 0.89 < np.mean(hits) < 0.98


def test_hac_correlation_leaves_out_by_pair() -> None:
    rng = np.random.default_rng(6)
    x, y = rng.normal(size=(100, 2)), rng.normal(size=(100, 3))
    x[:50, 0], y[:, 2] = NAN, 1.0
    rho, error, n = hac_correlation(x, y)
    assert n.tolist() == [[50, 50, 50], [100, 100, 100]]
    assert np.isnan(rho[0]).all() and np.isnan(rho[1, 2]) and np.isnan(error[1, 2])
    assert rho[1, 0] == pytest.approx(np.corrcoef(x[:, 1], y[:, 0])[0, 1])


def test_real_baskets_say_more_to_the_next_asian_day_than_on_the_same_date(
    market: Market, calendars: Calendars
) -> None:
    """Close to close 2021-08-01..2026-07-01, slightly other names: .24 and .56, near, not equal."""
    since = (market.sessions >= np.datetime64("2021-08-01")) & (
        market.sessions <= np.datetime64("2026-07-01")
    )
    paths, opened = [], []
    for names in (ASIA, US):
        open_ = market.exchange_open(names, calendars)
        paths.append(
            basket_path(market.sessions, market.returns(names), open_, np.ones_like(open_)).returns[since]
        )
        opened.append(open_.any(axis=1)[since])
    found = lagged_matrix(
        market.sessions[since],
        np.column_stack(paths),
        np.array([True, False]),
        np.column_stack(opened),
        ("Asia", "US"),
    )
    assert found.correlation[0, 1] == pytest.approx(0.24, abs=0.05)
    assert found.correlation[1, 0] == pytest.approx(0.56, abs=0.02)

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from models.analytics.baskets import BasketPath, basket_path
from models.types import Bools, Floats
from tests.analytics.conftest import days

NAN = np.nan


def run(
    returns: list | Floats, opened: Bools | None = None, active: Bools | None = None, **more: object
) -> BasketPath:
    values = np.array(returns, dtype=float)
    everywhere = np.ones(values.shape, dtype=bool)
    opened = everywhere if opened is None else opened
    return basket_path(days(len(values)), values, opened, everywhere if active is None else active, **more)


def test_a_member_whose_exchange_was_closed_counts_with_zero() -> None:
    opened = np.array([[True, True], [True, False]])
    path = run([[0.02, 0.04], [0.02, NAN]], opened)
    np.testing.assert_allclose(path.returns, [0.03, 0.01])
    np.testing.assert_allclose(path.level, [1.03, 1.03 * 1.01])
    assert list(path.traded) == [2, 1]
    assert list(path.members) == [2, 2]


def test_a_missing_member_is_left_out() -> None:
    path = run([[0.01, 0.02, 0.03], [0.03, NAN, 0.05]])
    np.testing.assert_allclose(path.returns, [0.02, 0.04])
    assert not path.withheld.any()


def test_too_many_missing_of_one_open_exchange_withhold_the_day() -> None:
    returns = [[0.01] * 5, [0.02, 0.02, 0.02, NAN, 0.02], [0.01] * 5]
    path = run(returns, exchanges=["US", "US", "US", "HK", "HK"])
    assert list(path.withheld) == [False, True, False]
    assert np.isnan(path.returns[1])
    assert np.isnan(path.level[1])
    assert path.level[2] == pytest.approx(1.01 * 1.02 * 1.01), "the chain runs on through those present"
    assert not run(returns).withheld.any(), "1 of 5 is within the limit when they are one exchange"


def test_without_exchanges_names_with_the_same_sessions_are_one() -> None:
    opened = np.array([[1, 1, 1], [1, 1, 0], [1, 1, 1]], dtype=bool)
    returns = [[0.01, 0.01, 0.01], [0.01, 0.01, NAN], [0.01, 0.01, NAN]]
    assert list(run(returns, opened).withheld) == [False, False, True]


def test_a_day_on_which_nobody_is_open_has_no_return() -> None:
    opened = np.array([[True], [False], [True]])
    path = run([[0.1], [NAN], [0.1]], opened)
    np.testing.assert_allclose(path.level, [1.1, NAN, 1.21])


def test_a_member_joins_on_its_first_return_and_lapses_when_its_prices_stop() -> None:
    returns = [[0.01, 0.01, NAN], [0.01, 0.01, 0.04]] + [[0.01, 0.01, NAN]] * 4
    path = run(returns, lapse=2)
    np.testing.assert_array_equal(path.members, [2, 3, 3, 3, 2, 2])
    np.testing.assert_allclose(path.returns[:2], [0.01, 0.02])
    np.testing.assert_allclose(path.returns[2:], 0.01)


def test_members_only_while_active() -> None:
    active = np.array([[True, True], [True, False]])
    np.testing.assert_allclose(run([[0.01, 0.03], [0.01, 0.5]], active=active).returns, [0.02, 0.01])


def test_weights_may_be_set() -> None:
    np.testing.assert_allclose(run([[0.04, 0.0]], weights=np.array([3.0, 1.0])).returns, [0.03])


def test_awkward_inputs_give_a_path(awkward: Floats) -> None:
    columns = awkward[:, None] if awkward.ndim == 1 else awkward
    path = run(np.where(np.isfinite(columns), 0.01, NAN))
    assert path.returns.shape == path.level.shape == (len(columns),)


@given(arrays(np.float64, st.integers(1, 20), elements=st.floats(-0.5, 0.5)), st.integers(1, 6))
def test_a_basket_of_identical_names_is_the_name(returns: Floats, count: int) -> None:
    path = run(np.column_stack([returns] * count))
    np.testing.assert_allclose(path.returns, returns, atol=1e-12)
    np.testing.assert_allclose(path.level, np.cumprod(1 + returns), rtol=1e-9)


@given(
    arrays(np.float64, (15, 4), elements=st.one_of(st.floats(-0.5, 0.5), st.just(np.nan))),
    st.permutations(range(4)),
)
def test_order_of_members_does_not_matter(returns: Floats, order: list[int]) -> None:
    one, other = run(returns), run(returns[:, order])
    np.testing.assert_allclose(one.returns, other.returns, atol=1e-12)
    np.testing.assert_array_equal(one.withheld, other.withheld)


@given(
    arrays(np.float64, (15, 4), elements=st.one_of(st.floats(-0.5, 0.5), st.just(np.nan))), st.integers(0, 15)
)
def test_later_days_change_no_earlier_one(returns: Floats, cut: int) -> None:
    np.testing.assert_allclose(run(returns[:cut]).level, run(returns).level[:cut], rtol=1e-12)

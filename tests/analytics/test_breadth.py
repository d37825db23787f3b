from __future__ import annotations

import numpy as np
import pytest

from models.analytics.breadth import (
    breadth,
    breadth_by_group,
    change_between,
    held_up,
    largest_losers,
)
from tests.analytics.conftest import days

NAN = np.nan
SYMBOLS = ["A", "B", "C", "D", "E"]


def test_share_down_and_largest_loss() -> None:
    found = breadth(np.array([-0.06, 0.0, -0.02, NAN, 0.03]), SYMBOLS)
    assert (found.names, found.down, found.share) == (4, 2, 0.5)
    assert found.largest_symbol == "A"
    assert found.largest_share == pytest.approx(0.75)


def test_nobody_fell_and_nobody_traded() -> None:
    up = breadth(np.array([0.0, 0.01]), SYMBOLS)
    assert (up.share, up.largest_symbol) == (0, None)
    assert np.isnan(up.largest_share)
    nothing = breadth(np.array([NAN]), SYMBOLS)
    assert nothing.names == 0
    assert np.isnan(nothing.share)


def test_changes_use_the_last_bar_on_or_before_each_date() -> None:
    prices = np.array([[10, 20, 5, NAN], [NAN, 22, NAN, NAN], [8, 11, NAN, 3]])
    sessions = np.array(["2024-01-01", "2024-01-02", "2024-01-20"], dtype="datetime64[D]")
    found = change_between(sessions, prices, sessions[1], sessions[2])
    np.testing.assert_allclose(found, [-0.2, -0.5, NAN, NAN], err_msg="the third price is too old by the end")
    assert np.isnan(change_between(sessions, prices, np.datetime64("2020-01-01"), sessions[2])).all()


def test_largest_losers_come_deepest_first() -> None:
    worst = largest_losers(np.array([-0.1, 0.2, -0.3, NAN, -0.1]), SYMBOLS, top=2)
    assert list(worst["symbol"]) == ["C", "A"]
    np.testing.assert_allclose(worst["loss_share"], [0.6, 0.2])
    assert largest_losers(np.array([0.1]), SYMBOLS).empty


def test_a_window_without_sessions_has_no_change() -> None:
    assert np.isnan(change_between(days(0), np.empty((0, 3)), *days(2))).all()


def test_breadth_by_group_has_the_deepest_first_and_says_who_did_not_trade() -> None:
    moves = np.array([-0.04, 0.02, -0.06, NAN, NAN])
    tail = np.array([True, False, True, True, False]), np.array([True, True, True, True, True])
    table = breadth_by_group(moves, ["Memory", "Power", "Memory", "Power", "Cloud"], tail).set_index("group")
    assert list(table.index) == ["Memory", "Power", "Cloud"]
    assert table.loc["Memory"].tolist() == [2, 2, 1.0, pytest.approx(-0.05), 0, 1.0]
    assert table.loc["Power"].tolist() == [1, 0, 0.0, pytest.approx(0.02), 1, 0.0]
    assert np.isnan(table.loc["Cloud", "share"]) and table.loc["Cloud", "missing"] == 1
    assert np.isnan(breadth_by_group(moves, ["A"] * 5).loc[0, "coexceedance"]), "nobody was judged"
    assert breadth_by_group(np.empty(0), []).empty


def test_who_held_up_comes_best_first_even_when_all_fell() -> None:
    best = held_up(np.array([-0.1, -0.02, NAN, -0.3, -0.02]), SYMBOLS, top=3)
    assert list(best["symbol"]) == ["B", "E", "A"]
    assert held_up(np.full(2, NAN), SYMBOLS[:2]).empty

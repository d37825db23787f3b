"""Holes and still exchanges, on prices small enough to work out by hand."""

from __future__ import annotations

import numpy as np
import pytest

from models.analytics.baskets import basket_path
from models.analytics.holes import (
    across_holes,
    bridged_path,
    closed_sessions,
    idle,
    no_trade,
    repeated,
    repeating,
    still_runs,
)
from models.types import Bools, Floats

NAN = np.nan
DAYS = np.arange("2026-03-02", "2026-03-07", dtype="datetime64[D]")


def test_a_move_is_over_a_hole_when_an_expected_session_lies_between_two_bars() -> None:
    priced = np.array([[1, 1, 0], [1, 0, 1], [1, 1, 0], [1, 1, 0], [1, 1, 1]], dtype=bool)
    assert across_holes(DAYS, priced, DAYS).tolist() == [
        [False, False, False],
        [False, False, False],  # the first bar of a name is a move of nothing
        [False, True, False],
        [False, False, False],
        [False, False, True],
    ]
    # A closure is no session; one that no row stands for is one all the same.
    assert not across_holes(DAYS, priced[:, 1:2], np.delete(DAYS, 1)).any()
    rows = [0, 1, 3, 4]
    assert across_holes(DAYS[rows], np.ones((4, 1), dtype=bool), DAYS)[:, 0].tolist() == [
        *(False, False, True, False)
    ]
    assert across_holes(DAYS[:0], np.zeros((0, 2), dtype=bool), DAYS).shape == (0, 2)


def test_a_basket_withholds_the_hole_and_the_move_over_it_and_its_level_comes_right() -> None:
    """Two exchanges of two names each; the second has no bar on the third day."""
    closes = np.array(
        [
            [100, 100, 50, 50],
            [102, 98, 51, 50],
            [102, 98, NAN, NAN],
            [104.04, 98, 40.8, 45],
            [104.04, 98, 42.84, 45],
        ]
    )
    moves = np.full(closes.shape, NAN)
    moves[1:] = closes[1:] / closes[:-1] - 1
    moves[3, 2:] = closes[3, 2:] / closes[1, 2:] - 1
    opened, active = np.ones(closes.shape, dtype=bool), np.ones(closes.shape, dtype=bool)
    holes, across = np.zeros_like(opened), np.zeros_like(opened)
    holes[2, 2:] = across[3, 2:] = True
    path = bridged_path(DAYS, moves, across, opened, holes, active, exchanges=["A", "A", "B", "B"])
    assert path.withheld.tolist() == [False, False, True, True, False]
    np.testing.assert_allclose(path.returns[[1, 4]], [(0.02 - 0.02 + 0.02 + 0) / 4, 0.05 / 4])
    assert np.isnan(path.returns[[0, 2, 3]]).all()
    # The level waits for the second exchange and takes its two days' move whole: −20% and −10%.
    level = [1.005, 1.005 * (1 + (0.02 - 0.2 - 0.1) / 4)]
    np.testing.assert_allclose(path.level[[1, 3]], level)
    np.testing.assert_allclose(path.level[4], level[1] * (1 + 0.05 / 4))
    assert np.isnan(path.level[2])
    assert path.traded.tolist() == [0, 4, 2, 2, 4]


def test_one_name_over_a_hole_is_left_out_of_the_day_and_in_the_level() -> None:
    moves = np.array([[0.0, 0.0, 0.0], [0.01, 0.03, 0.02], [0.01, 0.03, -0.5], [0.01, 0.01, 0.01]])
    across = np.zeros(moves.shape, dtype=bool)
    across[2, 2] = True
    yes, no = np.ones(moves.shape, dtype=bool), np.zeros(moves.shape, dtype=bool)
    path = bridged_path(DAYS[:4], moves, across, yes, no, yes)
    np.testing.assert_allclose(path.returns, [0, 0.02, 0.02, 0.01])
    assert path.traded.tolist() == [3, 3, 2, 3]
    np.testing.assert_allclose(path.level[2], 1.02 * (1 + (0.01 + 0.03 - 0.5) / 3))


def test_without_holes_a_basket_is_what_it_was() -> None:
    rng = np.random.default_rng(5)
    moves = rng.normal(0, 0.02, (300, 6))
    moves[rng.random(moves.shape) < 0.05] = NAN
    yes, no = np.ones(moves.shape, dtype=bool), np.zeros(moves.shape, dtype=bool)
    days = np.datetime64("2025-01-01") + np.arange(300)
    plain, bridged = basket_path(days, moves, yes, yes), bridged_path(days, moves, no, yes, no, yes)
    for name in ("returns", "level", "traded", "members", "withheld"):
        np.testing.assert_array_equal(getattr(plain, name), getattr(bridged, name))


def standing_still(
    closes: Floats, volume: Floats, present: Bools, witnesses: np.ndarray | None = None
) -> Bools:
    same = repeated(closes, present)
    flat, seen = repeating(same, present, witnesses)
    return (flat & idle(same, volume, present)) | still_runs(flat, seen, present.any(axis=1))


@pytest.mark.parametrize(
    ("closes", "volume", "still"),
    [
        # Every name without volume repeats its close: one session is enough, of two names.
        ([[10, 20], [10, 20], [11, 20], [11, 20]], [[5, 5], [0, 0], [5, 0], [5, 5]], [1]),
        # One moves, or one has volume: the exchange traded.
        ([[10, 20], [10, 21], [10, 21]], [[0, 0], [0, 0], [0, 3]], []),
        # Volumes that are not given, or repeated with the prices: it takes six repeats.
        ([[10, 20]] * 3 + [[11, 20]], [[NAN, NAN]] * 4, []),
        ([[10, 20]] * 4 + [[11, 20]], [[7, 7]] * 5, [1, 2, 3]),
        # One name alone is a halt.
        ([[10], [10], [10], [10]], [[0]] * 4, []),
        # A name that has no bar at all takes no part and ends no run.
        ([[10, 20, NAN], [10, 20, NAN], [NAN] * 3, [10, 20, NAN], [10, 20, NAN]], [[NAN] * 3] * 5, [1, 3, 4]),
    ],
)
def test_an_exchange_stands_still(
    closes: list[list[float]], volume: list[list[float]], still: list[int]
) -> None:
    prices = np.array(closes, dtype=float)
    found = standing_still(prices, np.array(volume, dtype=float), np.isfinite(prices))
    assert np.flatnonzero(found).tolist() == still


def test_an_index_that_repeats_stands_for_a_second_name() -> None:
    one, none, yes = np.full((3, 1), 10.0), np.zeros((3, 1)), np.ones((3, 1), dtype=bool)
    assert standing_still(one, none, yes, np.array([0, 1, 0])).tolist() == [False, True, False]


def test_a_name_that_did_not_trade() -> None:
    closes = np.array([[10.0, 10, 10], [10, 10, 11], [10, 9, 11]])
    volume = np.array([[5.0, 5, 5], [0, 7, 0], [NAN, 0, 0]])
    assert np.argwhere(no_trade(closes, volume, np.isfinite(closes))).tolist() == [[1, 0], [2, 2]]


@pytest.mark.parametrize(
    ("idling", "index", "closed"),
    [
        ("0110", "1001", [1, 2]),  # a storm of two days, and trading after it
        ("0110", "1111", []),  # the index went on: the names' prices froze
        ("0110", "1011", []),
        ("0111", "1000", []),  # nothing has traded since
        ("0111", "1001", []),
        ("0111110", "1000001", []),  # no storm lasts a week
        ("010", "000", []),  # no index is followed, and nothing else can tell
    ],
)
def test_a_closure_by_what_the_bars_say(idling: str, index: str, closed: list[int]) -> None:
    flags = np.array([list(idling), list(index)]) == "1"
    found = closed_sessions(flags[0], np.ones(len(idling), dtype=bool), flags[1][:, None])
    assert np.flatnonzero(found).tolist() == closed

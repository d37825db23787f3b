from __future__ import annotations

from datetime import date

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from models.analytics.drawdowns import drawdown
from models.analytics.episodes import aligned, current_and_worst, drawdown_episodes, selloff_legs
from models.types import Floats
from tests.analytics.conftest import days

NAN = np.nan
CELLS = st.one_of(st.sampled_from([5.0, 6.0, 7.0, 8.0]), st.floats(1, 100), st.just(np.nan))
PATHS = arrays(np.float64, st.tuples(st.integers(0, 25), st.integers(1, 4)), elements=CELLS)


def names(prices: Floats) -> list[str]:
    return [f"N{n}" for n in range(1 if prices.ndim == 1 else prices.shape[1])]


def by_hand(own: Floats) -> list[tuple[int, int, int, int | None, float]]:
    """Peak, first day down, trough, recovery and depth of each fall, one bar at a time."""
    found, record, start, low = [], 0, None, 0
    for bar in range(1, len(own)):
        if own[bar] >= own[record]:
            if start is not None:
                found.append((record, start, low, bar, own[low] / own[record] - 1))
            record, start = bar, None
        elif start is None:
            start = low = bar
        elif own[bar] / own[record] - 1 < own[low] / own[record] - 1:
            low = bar
    if start is not None:
        found.append((record, start, low, None, own[low] / own[record] - 1))
    return found


def test_the_seven_prices_of_quantstats() -> None:
    table = drawdown_episodes(days(7), np.array([100.0, 101, 99, 98, 97, 101, 99]), ["X"])
    first, last = table.iloc[0], table.iloc[1]
    assert (first["peak"], first["first_down"]) == (pd.Timestamp("2024-01-02"), pd.Timestamp("2024-01-03"))
    assert (first["trough"], first["recovered"]) == (pd.Timestamp("2024-01-05"), pd.Timestamp("2024-01-06"))
    assert (first["sessions"], first["sessions_to_trough"], first["sessions_to_recovery"]) == (4, 3, 1)
    assert first["depth"] == pytest.approx(97 / 101 - 1)
    assert pd.isna(last["recovered"])
    assert pd.isna(last["sessions_to_recovery"])
    assert last["sessions"] == 1, "an open fall of one day is one session long, not 0 (quantstats #233)"


@given(PATHS)
def test_episodes_are_those_found_one_bar_at_a_time(prices: Floats) -> None:
    sessions = days(len(prices))
    table = drawdown_episodes(sessions, prices, names(prices))
    assert list(table["symbol"]) == sorted(table["symbol"])
    for n, name in enumerate(names(prices)):
        known = np.isfinite(prices[:, n])
        own = sessions[known].astype("datetime64[s]")
        expected = by_hand(prices[known, n])
        rows = table[table["symbol"] == name]
        assert len(rows) == len(expected)
        for row, (peak, start, low, back, depth) in zip(rows.itertuples(), expected, strict=True):
            assert (row.peak, row.first_down, row.trough) == (own[peak], own[start], own[low])
            assert row.depth == pytest.approx(depth, abs=1e-15)
            assert row.sessions_to_trough == low - peak
            assert row.sessions == (len(own) - 1 if back is None else back) - peak
            assert pd.isna(row.recovered) if back is None else row.recovered == own[back]


@given(PATHS)
def test_current_and_worst_follow_from_the_episodes(prices: Floats) -> None:
    sessions = days(len(prices))
    now = current_and_worst(sessions, prices, names(prices)).set_index("symbol")
    table = drawdown_episodes(sessions, prices, names(prices))
    for n, name in enumerate(names(prices)):
        row, own = now.loc[name], table[table["symbol"] == name]
        dd = drawdown(prices[:, n])
        dd = dd[np.isfinite(dd)]
        if not len(dd):
            assert row.isna().all()
            continue
        assert row["drawdown"] == dd[-1]
        assert row["max_drawdown"] == (dd.min() if len(own) else 0)
        assert row["percentile"] == pytest.approx((dd > dd[-1]).mean())
        if dd[-1] < 0:
            last = own.iloc[-1]
            for field in ("peak", "first_down", "trough", "sessions"):
                assert row[field] == last[field]
            assert row["trough_drawdown"] == last["depth"]
            assert pd.isna(row["recovered"])
        else:
            assert row["peak"] == row["last"]
            assert row["sessions"] == 0
            assert row[["first_down", "trough", "trough_drawdown"]].isna().all()
            assert pd.isna(row["recovered"]) == own.empty


@given(PATHS, st.integers(0, 25))
def test_later_bars_change_no_closed_episode(prices: Floats, cut: int) -> None:
    sessions = days(len(prices))
    before = drawdown_episodes(sessions[:cut], prices[:cut], names(prices))
    after = drawdown_episodes(sessions, prices, names(prices))
    seen = sessions[:cut].max(initial=np.datetime64("1970-01-01"))
    pd.testing.assert_frame_equal(
        after[after["recovered"] <= seen].reset_index(drop=True),
        before[before["recovered"].notna()].reset_index(drop=True),
    )


@given(PATHS, st.permutations(range(4)))
def test_permuting_names_permutes_the_table(prices: Floats, order: list[int]) -> None:
    order = [n for n in order if n < prices.shape[1]]
    sessions, symbols = days(len(prices)), names(prices)
    straight = drawdown_episodes(sessions, prices, symbols)
    shuffled = drawdown_episodes(sessions, prices[:, order], [symbols[n] for n in order])
    key = ["symbol", "peak"]
    pd.testing.assert_frame_equal(
        straight.sort_values(key, ignore_index=True), shuffled.sort_values(key, ignore_index=True)
    )


@given(PATHS)
def test_missing_rows_are_not_there_at_all(prices: Floats) -> None:
    column = prices[:, 0]
    known = np.isfinite(column)
    sessions = days(len(column))
    pd.testing.assert_frame_equal(
        drawdown_episodes(sessions, column, ["N"]), drawdown_episodes(sessions[known], column[known], ["N"])
    )


def test_awkward_inputs_give_tables(awkward: Floats) -> None:
    sessions = days(len(awkward))
    now = current_and_worst(sessions, awkward, names(awkward))
    table = drawdown_episodes(sessions, awkward, names(awkward))
    assert list(now["symbol"]) == names(awkward)
    assert set(table["symbol"]) <= set(names(awkward))
    offsets, paths = aligned(sessions, awkward)
    assert paths.shape == (len(offsets), len(names(awkward)))


def test_a_name_at_its_record_says_when_it_regained_it() -> None:
    row = current_and_worst(days(5), np.array([10.0, 9, 10, 11, 12]), ["X"]).iloc[0]
    assert (row["drawdown"], row["sessions"], row["percentile"]) == (0, 0, 0)
    assert row["peak"] == pd.Timestamp("2024-01-05")
    assert row["recovered"] == pd.Timestamp("2024-01-03")


def test_the_worst_fall_can_be_that_of_a_window() -> None:
    prices = np.array([100.0, 40, 50, 45, 60])
    row = current_and_worst(days(5), prices, ["X"], worst_since=date(2024, 1, 3)).iloc[0]
    assert row["max_drawdown"] == pytest.approx(-0.1)
    assert row["drawdown"] == pytest.approx(-0.4), "the current fall is from the record of the whole history"


LEGS = {
    "never ten percent": ([100, 95, 100, 92], []),
    "one leg, over": ([100, 95, 85, 90, 94], [(0, 2, 2, False)]),
    "one leg, open": ([100, 110, 99, 97, 98], [(1, 2, 3, True)]),
    "a rise of less does not end it": ([100, 90, 95, 85, 93.6], [(0, 1, 3, False)]),
    "the last of two equal highs": ([100, 90.5, 100, 89], [(2, 3, 3, True)]),
    "the first of two equal lows": ([100, 80, 84, 80, 88], [(0, 1, 1, False)]),
    "two legs": ([100, 88, 97, 100, 85, 94], [(0, 1, 1, False), (3, 4, 4, False)]),
    "missing rows": ([NAN, 100, NAN, 88, NAN, 97], [(1, 3, 3, False)]),
    "nothing": ([], []),
    "all missing": ([NAN, NAN], []),
}


@pytest.mark.parametrize("case", LEGS)
def test_selloff_legs(case: str) -> None:
    path, expected = LEGS[case]
    sessions = days(len(path))
    legs = selloff_legs(sessions, np.array(path, dtype=float), 0.1)
    rows = [(legs[name] - pd.Timestamp("2024-01-01")).dt.days for name in ("peak", "confirmed", "trough")]
    assert list(zip(*rows, legs["open"], strict=True)) == expected


def test_the_threshold_is_a_fraction() -> None:
    with pytest.raises(ValueError, match="fraction between 0 and 1, not 10"):
        selloff_legs(days(2), np.array([1.0, 2.0]), 10)


@given(arrays(np.float64, st.integers(0, 60), elements=st.floats(1, 100)), st.sampled_from([0.05, 0.1, 0.3]))
def test_legs_fall_by_the_threshold_and_do_not_overlap(path: Floats, threshold: float) -> None:
    sessions = days(len(path))
    legs = selloff_legs(sessions, path, threshold)
    assert (legs["depth"] <= -threshold + 1e-12).all()
    assert (legs["peak"] < legs["first_down"]).all()
    assert (legs["first_down"] <= legs["confirmed"]).all()
    assert (legs["confirmed"] <= legs["trough"]).all()
    assert (legs["trough"].to_numpy()[:-1] < legs["peak"].to_numpy()[1:]).all()
    assert not legs["open"][:-1].any()


@given(arrays(np.float64, st.integers(2, 60), elements=st.floats(1, 100)), st.integers(1, 60))
def test_later_bars_change_no_closed_leg(path: Floats, cut: int) -> None:
    before, after = (selloff_legs(days(len(part)), part) for part in (path[:cut], path))
    closed = before[~before["open"]].drop(columns="onset")  # the onset of the last leg may lack its third day
    pd.testing.assert_frame_equal(after[: len(closed)].drop(columns="onset"), closed)


def test_paths_are_aligned_at_their_own_peak_or_at_a_date() -> None:
    prices = np.array([[10, NAN], [20, 5], [NAN, 4], [15, 8], [10, 2]])
    offsets, paths = aligned(days(5), prices, before=1, after=2)
    assert list(offsets) == [-1, 0, 1, 2]
    np.testing.assert_allclose(paths[:, 0], [-0.5, 0, -0.25, -0.5])
    np.testing.assert_allclose(paths[:, 1], [-0.5, 0, -0.75, NAN])
    _, dated = aligned(days(5), prices, np.datetime64("2024-01-03"), before=1, after=1)
    np.testing.assert_allclose(dated[:, 0], [-0.5, 0, -0.25], err_msg="no bar that day: the one before")
    np.testing.assert_allclose(dated[:, 1], [0.25, 0, 1.0])
    _, early = aligned(days(5), prices, np.datetime64("2023-01-01"), before=1, after=1)
    assert np.isnan(early).all()

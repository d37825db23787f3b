"""A second opinion finds what is wrong, says nothing of what is right, and cares for no basis."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.analytics.crosscheck import (
    TOLERANCE,
    compare_closes,
    implausible_closes,
    implausible_gaps,
    least_seen,
    marked_closes,
)
from models.analytics.ticks import tick_size
from models.types import Bars, Flag

N = 600
DAYS = np.datetime64("2023-01-02") + np.arange(N)


def market(seed: int = 1, spread: float = 0.012) -> tuple[np.ndarray, np.ndarray]:
    """A name that follows its index closely, and the index."""
    draw = np.random.default_rng(seed)
    index = draw.normal(0, 0.011, N)
    return 100 * np.exp(np.cumsum(1.2 * index + draw.normal(0, spread, N))), 3000 * np.exp(np.cumsum(index))


@given(st.integers(0, 10_000), st.floats(0.01, 100.0), st.sets(st.integers(30, N - 30), max_size=8))
def test_a_second_source_finds_every_close_that_differs_and_no_other(
    seed: int, basis: float, wrong: set[int]
) -> None:
    close, _ = market(seed)
    mine = close.copy()
    rows = sorted(wrong)
    mine[rows] *= 1 + 3 * TOLERANCE
    found = compare_closes(DAYS, mine, DAYS, close * basis)
    assert [(item.session, item.kind) for item in found] == [(DAYS[row].item(), "differs") for row in rows]
    assert all(item.off == pytest.approx(3 * TOLERANCE, rel=1e-6) for item in found)


def test_a_split_in_one_source_is_no_difference_but_at_its_edge_a_level() -> None:
    close, _ = market()
    unadjusted = np.where(np.arange(N) < 300, close * 10, close)
    assert compare_closes(DAYS, close, DAYS, unadjusted) == []


def test_sessions_that_one_source_lacks_are_told_within_the_span_of_both() -> None:
    close, _ = market()
    mine, theirs = np.delete(np.arange(N), 100), np.delete(np.arange(50, N - 50), 200)
    found = compare_closes(DAYS[mine], close[mine], DAYS[theirs], close[theirs])
    assert [(item.session, item.kind) for item in found] == [
        (DAYS[100].item(), "missing"),
        (DAYS[250].item(), "extra"),
    ]
    assert np.isnan(found[0].stored) and np.isnan(found[1].off)
    assert compare_closes(DAYS[:0], close[:0], DAYS, close) == []


def test_a_repeated_close_stands_out_when_the_next_session_makes_up_for_it() -> None:
    close, index = market(spread=0.004)
    volume = np.full(N, 1e6)
    moves = np.diff(np.log(close))
    row = int(np.argmax(np.abs(moves[300:500]))) + 301
    stale = close.copy()
    stale[row] = stale[row - 1]
    (found,) = implausible_closes(DAYS, stale, volume, DAYS, index)
    assert (found.session, found.kind) == (DAYS[row].item(), "repeated")
    assert found.other == pytest.approx(close[row], rel=0.02)
    volume[row] = 0
    assert implausible_closes(DAYS, stale, volume, DAYS, index) == [], "it did not trade"
    assert implausible_closes(DAYS, close, np.full(N, 1e6), DAYS, index) == []


def test_a_wrong_close_is_undone_and_a_real_surprise_is_not() -> None:
    close, index = market(spread=0.004)
    volume, row = np.full(N, 1e6), 400
    wrong, crash = close.copy(), close.copy()
    wrong[row] *= 1.06
    crash[row:] *= 0.65
    assert [item.kind for item in implausible_closes(DAYS, wrong, volume, DAYS, index)] == ["out_of_step"]
    assert implausible_closes(DAYS, crash, volume, DAYS, index) == [], "a fall of 35 % that stays is real"
    short = slice(0, 40)
    assert implausible_closes(DAYS[short], close[short], volume[short], DAYS, index) == []


def test_stale_closes_put_among_real_korean_ones_are_found(real_prices: Path) -> None:
    """25 repeats a name, as Yahoo has them: a second source finds all, the index is hardly ever wrong."""

    def read(symbol: str) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        table = pd.read_csv(real_prices / f"{symbol}.csv", parse_dates=["date"])
        days = table["date"].to_numpy().astype("datetime64[D]")
        return days, table["close"].to_numpy(float), table["volume"].to_numpy(float)

    index_days, index, _ = read("_KS11")
    draw = np.random.default_rng(20260623)
    for symbol in ("000660.KS", "005930.KS", "042700.KS"):
        days, close, volume = read(symbol)
        clean = implausible_closes(days, close, volume, index_days, index)
        assert len(clean) <= 0.003 * len(days), "the exchange's own closes are hardly doubted"
        rows = draw.choice(np.arange(1500, len(days) - 2), 25, replace=False)
        rows = rows[np.abs(np.diff(np.sort(rows), prepend=-9)) > 1] if len(rows) else rows
        stale = close.copy()
        stale[rows] = close[rows - 1]
        off = np.abs(close[rows] / close[rows - 1] - 1) > 1.1 * TOLERANCE
        found = {item.session for item in compare_closes(days, stale, days, close)}
        assert {days[row].item() for row in rows[off]} <= found
        assert found <= {days[row].item() for row in rows}


def bars_of(seed: int, spread: float = 0.004) -> tuple[Bars, Bars]:
    """A name and its index with opens: the gap is the index's and little else, the session varies more."""
    draw = np.random.default_rng(seed)
    gap, session = draw.normal(0, 0.006, N), draw.normal(0, 0.009, N)
    level = np.cumsum(gap + session)
    index = Bars.of("^I", DAYS, open=3000 * np.exp(level - session), close=3000 * np.exp(level))
    own_gap, own_session = 1.1 * gap + draw.normal(0, spread, N), 1.1 * session + draw.normal(0, 0.012, N)
    own = np.cumsum(own_gap + own_session)
    opened, closed = 100 * np.exp(own - own_session), 100 * np.exp(own)
    return Bars.of("X", DAYS, open=opened, close=closed, volume=np.full(N, 1e6)), index


def test_a_wrong_close_stands_out_between_the_openings_around_it() -> None:
    bars, index = bars_of(3)
    assert len(implausible_gaps(bars, index)) <= 2
    least = least_seen(bars, index)
    assert 0.01 < least < 0.03
    rows = np.arange(300, N - 10, 25)
    wrong = bars.close.copy()
    wrong[rows] *= np.exp(np.where(rows % 2, 1, -1) * 0.05)
    found = implausible_gaps(replace(bars, close=wrong), index)
    hit = {item.session for item in found} & {DAYS[row].item() for row in rows}
    assert len(hit) >= 0.75 * len(rows) and len(found) - len(hit) <= 3
    pointed = {item.session: item.other for item in found}
    for row in rows:
        if DAYS[row].item() in hit:
            assert pointed[DAYS[row].item()] == pytest.approx(bars.close[row], rel=0.03)
    small = bars.close.copy()
    small[rows] *= 1.004
    assert len(implausible_gaps(replace(bars, close=small), index)) <= 4, "what cannot be seen is not guessed"


def test_a_fall_that_stays_is_no_wrong_close_for_the_openings() -> None:
    bars, index = bars_of(4)
    fallen = np.where(np.arange(N) >= 400, 0.65, 1.0)
    crash = replace(bars, open=bars.open * np.where(np.arange(N) > 400, 0.65, 1.0), close=bars.close * fallen)
    before = {item.session for item in implausible_gaps(bars, index)}
    assert {item.session for item in implausible_gaps(crash, index)} <= before
    assert implausible_gaps(bars.take(slice(0, 30)), index) == [] and np.isnan(
        least_seen(bars.take(slice(0, 30)), index)
    )


@pytest.mark.parametrize(
    ("calendar", "price", "step"),
    [
        *(
            ("XKRX", 71_200, 100),
            ("XKRX", 1_999, 1),
            ("XKRX", 500_000, 1000),
            ("XTAI", 999, 1),
            ("XTAI", 1000, 5),
        ),
        *(
            ("XHKG", 0.2, 0.001),
            ("XHKG", 450, 0.2),
            ("XTKS", 950, 0.1),
            ("XTKS", 9_999, 1),
            ("XNYS", 150, 0.01),
        ),
    ],
)
def test_the_least_step_of_a_price(calendar: str, price: float, step: float) -> None:
    assert tick_size(calendar, np.array([price]))[0] == step


def test_sources_on_one_basis_differ_by_a_step_or_not_at_all() -> None:
    close, _ = market(5)
    theirs = np.round(close * 700 / 100) * 100
    mine = theirs.copy()
    mine[[50, 300]] += 100
    steps = partial(tick_size, "XKRX")
    found = compare_closes(DAYS, mine, DAYS, theirs, steps)
    assert [item.session for item in found] == [DAYS[50].item(), DAYS[300].item()]
    assert compare_closes(DAYS, mine, DAYS, theirs) == [], "a step is less than 0.2 % of such a price"
    assert compare_closes(DAYS, theirs / 50, DAYS, theirs, steps) == []


def test_repeated_closes_are_told_by_their_marks() -> None:
    close = np.array([50.0, 51.0, 51.0, 51.0, 52.0, 52.0])
    flags = [0, 0, Flag.ZERO_VOLUME_REPEAT, Flag.STALE_CLOSE, Flag.JUMP_UNCONFIRMED, Flag.STALE_CLOSE]
    final = np.array([True] * 5 + [False])
    bars = Bars.of("ACME", DAYS[:6], close=close, flags=flags, final=final)
    assert [(item.session, item.kind, item.stored) for item in marked_closes(bars)] == [
        (DAYS[2].item(), "no_volume", 51.0),
        (DAYS[3].item(), "stood_still", 51.0),
    ]
    assert all(np.isnan(item.other) and np.isnan(item.off) for item in marked_closes(bars))

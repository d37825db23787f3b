from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from ingest.checks import check
from ingest.reasons import REASONS
from ingest.sources.csvfolder import CsvFolder
from models.sessions import Calendars
from models.types import BAR_FIELDS, Bars, Flag
from models.universe import load_universe
from tests.ingest.series import (
    CHICAGO,
    LONDON,
    index_with,
    instrument,
    judged,
    reasons,
    walk,
    with_values,
)

nan = float("nan")


def test_clean_bars_pass_untouched_and_final() -> None:
    bars = walk()
    checked = judged(bars)
    assert checked.held == () and checked.rejected is None
    assert all(np.array_equal(getattr(bars, name), getattr(checked.bars, name)) for name in BAR_FIELDS)
    assert checked.bars.final.all() and not checked.bars.flags.any()


ROW_FAULTS = {
    "null": {"close": nan, "adj_close": nan},
    "not_finite": {"high": float("inf")},
    "not_positive": {"low": 0.0},
    "negative_volume": {"volume": -1.0},
    "high_below_low": {"high": 60.0, "low": 70.0, "open": nan, "close": nan},
    "close_outside_bar": {"open": 100.0, "high": 101.0, "low": 99.0, "close": 101.5},
    "open_outside_bar": {"open": 98.0, "high": 101.0, "low": 99.0, "close": 100.0},
}


@pytest.mark.parametrize(("reason", "values"), ROW_FAULTS.items())
def test_a_faulty_row_is_held_as_received_and_the_rest_is_kept(reason: str, values: dict[str, float]) -> None:
    bars = with_values(walk(), 150, **values)
    checked = judged(bars)
    assert reasons(checked) == {reason: 1}
    assert checked.held[0].session == bars.sessions[150].item()
    for name, value in values.items():
        kept = checked.held[0].row[name]
        assert kept is None if np.isnan(value) else float(kept) == value
    assert len(checked.bars) == len(bars) - 1


@pytest.mark.parametrize("field", ["open", "high", "low", "close", "adj_close"])
@pytest.mark.parametrize("value", [0.0, -12.5])
def test_no_price_may_be_zero_or_negative(field: str, value: float) -> None:
    assert reasons(judged(with_values(walk(), 7, **{field: value}))) == {"not_positive": 1}


def test_a_bar_needs_no_more_than_one_close() -> None:
    bars = walk()
    closes = Bars.of("ACME", bars.sessions, close=bars.close)
    adjusted = Bars.of("ACME", bars.sessions, adj_close=bars.adj_close)
    assert len(judged(closes).bars) == len(judged(adjusted).bars) == len(bars)


def test_rounding_outside_the_bar_is_kept_and_flagged() -> None:
    bars = with_values(walk(), 20, open=100.0, high=101.0, low=99.0, close=101.0 * 1.0007)
    checked = judged(bars)
    assert not checked.held
    assert checked.bars.flags[20] == Flag.CLOSE_OUTSIDE_BAR
    item = instrument("fx", LONDON, "KRW=X")
    pair = with_values(walk(item=item), 20, open=100.0, high=101.0, low=99.0, close=101.0 * 1.015)
    assert judged(pair, item).bars.flags[20] == Flag.CLOSE_OUTSIDE_BAR
    beyond = with_values(pair, 20, close=101.0 * 1.03)
    assert reasons(judged(beyond, item)) == {"close_outside_bar": 1}


def test_dates_are_judged_by_the_exchange() -> None:
    bars = walk()
    days = bars.sessions.copy()
    days[0], days[1], days[-1] = (
        np.datetime64("2014-12-31"),
        np.datetime64("2026-07-04"),
        np.datetime64("2026-07-02"),
    )
    columns = {name: getattr(bars, name) for name in BAR_FIELDS}
    checked = judged(Bars.of("ACME", days, **columns))
    assert reasons(checked) == {"before_calendar": 1, "future": 2}
    sunday = days.copy()
    sunday[0], sunday[1], sunday[-1] = np.datetime64("2015-01-04"), bars.sessions[1], bars.sessions[-1]
    assert reasons(judged(Bars.of("ACME", sunday, **columns))) == {"not_a_session": 1}


def test_a_bar_from_before_the_opening_bell_is_future() -> None:
    item = instrument()
    bars = walk(item=item, end=date(2026, 7, 1))
    before, during = datetime(2026, 7, 1, 13, 0, tzinfo=UTC), datetime(2026, 7, 1, 14, 0, tzinfo=UTC)
    assert reasons(judged(bars, now=before)) == {"future": 1}
    running = judged(bars, now=during)
    assert not running.held and list(running.bars.final[-2:]) == [True, False]


def test_a_bar_is_final_ninety_minutes_after_the_close() -> None:
    bars = walk(end=date(2026, 6, 30))
    close = datetime(2026, 6, 30, 20, 0, tzinfo=UTC)
    assert not judged(bars, now=close + timedelta(minutes=89)).bars.final[-1]
    assert judged(bars, now=close + timedelta(minutes=90)).bars.final[-1]


def test_a_ticker_that_was_another_security_has_a_start() -> None:
    item = replace(instrument(), start=date(2026, 6, 12), end=date(2026, 6, 26))
    checked = judged(walk(20), item)
    assert reasons(checked) == {"other_security": len(checked.held)}
    assert checked.bars.sessions[0] == np.datetime64("2026-06-12")
    assert checked.bars.sessions[-1] == np.datetime64("2026-06-26")


def doubled(bars: Bars, row: int, **values: float) -> Bars:
    days = np.append(bars.sessions, bars.sessions[row])
    columns = {name: np.append(getattr(bars, name), getattr(bars, name)[row]) for name in BAR_FIELDS}
    for name, value in values.items():
        columns[name][-1] = value
    return Bars.of(bars.symbol, days, **columns)


def test_rows_that_contradict_each_other_are_both_held() -> None:
    bars = walk()
    checked = judged(doubled(bars, 299, volume=5.0))
    assert reasons(checked) == {"duplicate": 2} and len(checked.bars) == 299
    repeated = judged(doubled(bars, 299))
    assert not repeated.held and repeated.repeats == 1 and len(repeated.bars) == 300
    beside_null = judged(doubled(bars, 299, close=nan, adj_close=nan))
    assert reasons(beside_null) == {"null": 1} and len(beside_null.bars) == 300


@pytest.mark.parametrize(
    ("facts", "reason"),
    [
        ({"received_symbol": "OTHER"}, "wrong_symbol"),
        ({"currency": "GBp", "timezone": "America/New_York"}, "wrong_currency"),
        ({"currency": None, "timezone": "America/New_York", "stamps": "given"}, "wrong_currency"),
        ({"currency": "USD", "timezone": "Asia/Tokyo"}, "wrong_timezone"),
        ({"currency": "USD", "timezone": None, "stamps": "given"}, "wrong_timezone"),
    ],
)
def test_an_answer_about_something_else_is_refused_whole(facts: dict[str, Any], reason: str) -> None:
    bars = walk(20)
    if facts.pop("stamps", None):
        facts["stamps"] = bars.sessions.astype("datetime64[s]")
    checked = judged(bars, facts=facts)
    assert checked.rejected == reason and checked.detail
    assert len(checked.bars) == 0 and checked.held == ()


def test_an_index_of_new_york_may_be_stamped_in_chicago() -> None:
    item = instrument("index", CHICAGO, "^VIX")
    said = {"currency": "USD", "timezone": "America/Chicago"}
    assert judged(walk(20, item=item), item, facts=said).rejected is None


def test_bars_a_day_early_are_refused_whole() -> None:
    bars = walk(60)
    columns = {name: getattr(bars, name) for name in BAR_FIELDS}
    assert judged(Bars.of("ACME", bars.sessions - 1, **columns)).rejected == "wrong_dates"


def test_a_close_that_stands_still_while_the_market_moves_is_flagged_and_kept() -> None:
    bars = walk()
    still = with_values(bars, 100, close=bars.close[99], high=nan, low=nan, open=nan)
    assert judged(still, index=index_with(bars, 100, -0.03)).bars.flags[100] == Flag.STALE_CLOSE
    assert judged(still, index=index_with(bars, 100, 0.0005)).bars.flags[100] == 0
    assert judged(still).bars.flags[100] == 0
    silent = with_values(still, 100, volume=0.0)
    assert judged(silent, index=index_with(bars, 100, -0.03)).bars.flags[100] == Flag.ZERO_VOLUME_REPEAT


def test_the_first_row_of_an_answer_has_its_past_in_the_store() -> None:
    bars = walk()
    still = with_values(bars, 290, close=bars.close[289], high=nan, low=nan, open=nan)
    tail = judged(
        still.take(slice(290, 300)), previous=bars.take(slice(0, 290)), index=index_with(bars, 290, 0.02)
    )
    assert tail.bars.flags[0] == Flag.STALE_CLOSE


def test_every_reason_has_a_sentence() -> None:
    assert all(text and text[0].islower() and not text.endswith(".") for text in REASONS.values())


@st.composite
def spoiled(draw: st.DrawFn) -> Bars:
    bars = walk(40, seed=draw(st.integers(0, 5)))
    bad = st.sampled_from([nan, 0.0, -1.0, 1e-4, 1e9, float("inf"), 50.0, 100.0, 200.0])
    edits = draw(st.lists(st.tuples(st.integers(0, 39), st.sampled_from(BAR_FIELDS), bad), max_size=12))
    for row, name, value in edits:
        bars = with_values(bars, row, **{name: value})
    return bars.take(np.array(draw(st.lists(st.integers(0, 39), min_size=0, max_size=50)), dtype=np.int64))


@settings(max_examples=60, deadline=None)
@given(spoiled(), st.randoms(use_true_random=False))
def test_nothing_is_lost_altered_or_judged_by_its_place(bars: Bars, chance: Any) -> None:
    checked = judged(bars)
    assume(checked.rejected != "wrong_granularity")  # a few rows that stand a week apart by chance
    assert len(bars) == len(checked.bars) + len(checked.held) + checked.repeats
    received = {
        tuple(
            str(value) for value in (bars.sessions[row], *(getattr(bars, name)[row] for name in BAR_FIELDS))
        )
        for row in range(len(bars))
    }
    for row in range(len(checked.bars)):
        columns = (getattr(checked.bars, name)[row] for name in BAR_FIELDS)
        assert tuple(str(value) for value in (checked.bars.sessions[row], *columns)) in received
    assert (np.diff(checked.bars.sessions.astype(int)) > 0).all()
    order = list(range(len(bars)))
    chance.shuffle(order)
    again = judged(bars.take(np.array(order, dtype=np.int64)))
    assert np.array_equal(again.bars.sessions, checked.bars.sessions)
    key = str
    assert sorted(map(key, again.held)) == sorted(map(key, checked.held))


INDICES = {"XTKS": "^N225", "XKRX": "^KS11", "XTAI": "^TWII", "XHKG": "^HSI", "XNYS": "^GSPC"}


def test_no_real_crash_or_limit_day_is_held(real_prices: Path) -> None:
    """Every file of the folder: what is held stands on a day without a session, and nothing else is."""
    folder, universe, known = CsvFolder(real_prices), load_universe(), Calendars()
    now = datetime(2026, 8, 2, tzinfo=UTC)
    indices = {key: folder.fetch(symbol, now=now).bars for key, symbol in INDICES.items()}
    held = []
    for symbol in (name for name in folder.symbols if name in universe):
        item = universe[symbol]
        key = item.exchange.calendar
        checked = check(folder.fetch(symbol, now=now), item, known[key], now=now, index=indices.get(key))
        assert checked.rejected is None
        assert not (checked.bars.flags & Flag.JUMP_UNCONFIRMED).any(), symbol
        held += [(row.symbol, str(row.session), row.reason) for row in checked.held]
    assert {reason for _, _, reason in held} <= {"not_a_session"}
    assert len(held) == 9 and ("^VIX", "2026-05-25", "not_a_session") in held

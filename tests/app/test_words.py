from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.market import words
from app.market.words import MINUS

NAN = float("nan")


@pytest.mark.parametrize(
    ("value", "decimals", "text"),
    [
        (-12.5, 1, f"{MINUS}12.5"),
        (0.3, 1, "+0.3"),
        (0.0, 1, "0.0"),
        (-0.0, 1, "0.0"),
        (-0.04, 1, "0.0"),
        (0.04, 1, "0.0"),
        (-0.05001, 1, f"{MINUS}0.1"),
        (-5.81, 2, f"{MINUS}5.81"),
        (1234.5, 1, "+1,234.5"),
        (-1234567, 0, f"{MINUS}1,234,567"),
        (-0.4, 0, "0"),
        (None, 1, "n/a"),
        (NAN, 1, "n/a"),
    ],
)
def test_signed(value: float | None, decimals: int, text: str) -> None:
    assert words.signed(value, decimals) == text


@given(st.floats(-1e9, 1e9), st.integers(0, 4))
def test_a_sign_is_real_and_zero_has_none(value: float, decimals: int) -> None:
    text = words.signed(value, decimals)
    assert "-" not in text
    number = float(text.replace(",", "").replace(MINUS, "-"))
    assert (text[0] in f"+{MINUS}") == (number != 0)
    assert number == pytest.approx(value, abs=0.5001 * 10**-decimals)


def test_fractions_become_percent_figures() -> None:
    assert words.percent(-0.2917) == f"{MINUS}29.2"
    assert words.percent(None) == words.percent(NAN) == "n/a"
    assert words.share(-0.2917) == words.share(0.2917) == "29.2%"
    assert words.share(None) == words.share(NAN) == "n/a"


@pytest.mark.parametrize(
    ("fraction", "text"),
    [
        (0.0, "0"),
        (0.665, "67"),
        (0.87, "87"),
        (0.99, "99"),
        (0.9901, ">99"),
        (0.9999, ">99"),
        (1.0, "100"),
        (None, "n/a"),
        (NAN, "n/a"),
    ],
)
def test_percentile_is_100_at_the_record_alone(fraction: float | None, text: str) -> None:
    assert words.percentile(fraction) == text


@given(st.floats(0, 1))
def test_percentile_never_rounds_up_to_a_record(fraction: float) -> None:
    assert (words.percentile(fraction) == "100") == (fraction * 100 >= 100)


@pytest.mark.parametrize(
    ("value", "currency", "index", "text"),
    [
        (1_718_000, "KRW", False, "1,718,000"),
        (5260.4, "JPY", False, "5,260"),
        (2425, "TWD", False, "2,425"),
        (312.5, "JPY", False, "312.5"),
        (71.77, "USD", False, "71.77"),
        (71.7, "HKD", False, "71.70"),
        (983.84, "USD", True, "983.8"),
        (2612.34, "KRW", True, "2,612.3"),
        (-0.5, "USD", False, f"{MINUS}0.50"),
        (None, "USD", False, "n/a"),
        (NAN, "USD", False, "n/a"),
    ],
)
def test_prices_as_their_market_writes_them(value: float, currency: str, index: bool, text: str) -> None:
    assert words.price(value, currency, index=index) == text


def test_counts_agree_with_their_noun() -> None:
    assert words.count(1, "session") == "1 session"
    assert words.count(0, "session") == "0 sessions"
    assert words.count(1206, "session") == "1,206 sessions"
    assert words.count(2, "city", "cities") == "2 cities"


@pytest.mark.parametrize(
    "value",
    [
        date(2026, 6, 22),
        datetime(2026, 6, 22, 23, 59, tzinfo=UTC),
        np.datetime64("2026-06-22"),
        np.datetime64("2026-06-22T20:00:00"),
        pd.Timestamp("2026-06-22"),
    ],
)
def test_dates_of_any_kind(value: Any) -> None:
    assert words.as_date(value) == date(2026, 6, 22)
    assert words.day(value) == "22 Jun 2026"
    assert words.day(value, year=False) == "22 Jun"
    assert words.short_day(value) == "22 Jun 26"
    assert words.month(value) == "Jun 2026"


@pytest.mark.parametrize("value", [None, np.datetime64("NaT"), pd.NaT, NAN])
def test_missing_dates_say_so(value: Any) -> None:
    assert words.missing(value)
    assert words.as_date(value) is None
    assert words.day(value) == words.short_day(value) == words.month(value) == "n/a"
    assert words.span(value, date(2026, 6, 22)) == words.span(date(2026, 6, 22), value) == "n/a"


@pytest.mark.parametrize("value", [0, 0.0, "", "text", date(2026, 1, 1), np.datetime64("2026-01-01"), False])
def test_what_is_there_is_not_missing(value: Any) -> None:
    assert not words.missing(value)


def test_spans_name_the_year_where_it_is_needed() -> None:
    assert words.span(date(2026, 6, 22), date(2026, 7, 29)) == "22 Jun → 29 Jul 26"
    assert words.span(date(2025, 9, 10), date(2026, 7, 24)) == "10 Sep 25 → 24 Jul 26"
    assert words.short_day(date(2009, 3, 6)) == "6 Mar 09"
    assert words.long_month(date(2026, 6, 1)) == "June"


def test_instants_are_in_utc_whatever_zone_they_come_in() -> None:
    at = datetime(2026, 8, 1, 6, 30, tzinfo=timezone(timedelta(hours=9)))
    assert words.instant(at) == "Fri 31 Jul 2026, 21:30 UTC"
    assert words.instant(at.astimezone(UTC), weekday=False) == "31 Jul 2026, 21:30 UTC"


@pytest.mark.parametrize(
    ("length", "text"),
    [
        (timedelta(days=2, hours=2, minutes=30), "2 d 2 h 30 m"),
        (timedelta(hours=3), "3 h"),
        (timedelta(days=1, minutes=5, seconds=59), "1 d 5 m"),
        (timedelta(seconds=59), "under a minute"),
        (timedelta(days=-3), "under a minute"),
    ],
)
def test_waits(length: timedelta, text: str) -> None:
    assert words.wait(length) == text


def test_tenths_have_words_and_never_leave_them() -> None:
    assert [words.fraction_word(tenth / 10) for tenth in (0, 1, 3, 5, 10)] == [
        "none",
        "a tenth",
        "three-tenths",
        "half",
        "all",
    ]
    assert words.fraction_word(-0.3) == "none"
    assert words.fraction_word(1.7) == "all"


def test_lists_in_a_sentence() -> None:
    assert [words.join(list("abc"[:n])) for n in range(4)] == ["", "a", "a and b", "a, b and c"]


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.67, ".67"),
        (-0.05, "−.05"),
        (1.0, "1.00"),
        (-1.0, "−1.00"),
        (-0.001, ".00"),
        (None, "n/a"),
        (1.25, "1.25"),
    ],
)
def test_a_correlation_has_no_leading_zero(value: float | None, text: str) -> None:
    assert words.correlation(value) == text


@pytest.mark.parametrize(
    ("share", "text"),
    [(0.664, "66"), (0.005, "1"), (-0.2, "−20"), (-0.001, "0"), (1, "100"), (float("nan"), "n/a")],
)
def test_a_share_is_a_whole_percent(share: float, text: str) -> None:
    assert words.whole_percent(share) == text

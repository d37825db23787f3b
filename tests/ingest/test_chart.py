"""A chart reply becomes rows as received, or a failure with its cause."""

from __future__ import annotations

import json
from contextlib import suppress
from datetime import UTC, date, datetime
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.sources.base import FetchFailure
from ingest.sources.chart import http_date, read_reply, retry_after


def document(**changes: Any) -> dict[str, Any]:
    quote = {"open": [1.0], "high": [1.0], "low": [1.0], "close": [1.0], "volume": [5]}
    meta = {"currency": "USD", "symbol": "X", "exchangeTimezoneName": "America/New_York"}
    result = {
        "meta": meta,
        "timestamp": [1785504600],
        "indicators": {"quote": [quote], "adjclose": [{"adjclose": [1.0]}]},
    }
    return {"chart": {"result": [result | changes], "error": None}}


def read(value: Any, status: int = 200) -> Any:
    return read_reply("X", status, {}, json.dumps(value).encode())


@pytest.mark.parametrize(
    ("status", "code", "words", "kind"),
    [
        (404, "Not Found", "No data found, symbol may be delisted", "not_found"),
        (400, "Bad Request", "Data doesn't exist for startDate = 1, endDate = 2", "transient"),
        (422, "Unprocessable Entity", "5m data not available", "malformed"),
        (200, "Too Many Requests", "slow down", "rate_limit"),
    ],
)
def test_a_refusal_is_read_from_its_words(status: int, code: str, words: str, kind: str) -> None:
    with pytest.raises(FetchFailure) as caught:
        read({"chart": {"result": None, "error": {"code": code, "description": words}}}, status)
    assert caught.value.kind == kind and words in caught.value.detail


def test_a_page_behind_404_says_nothing_about_the_symbol() -> None:
    with pytest.raises(FetchFailure) as caught:
        read_reply("X", 404, {}, b"<html>Not Found</html>")
    assert caught.value.kind == "malformed"


@pytest.mark.parametrize(
    "changes",
    [
        {"timestamp": [None]},
        {"timestamp": ["soon"]},
        {"indicators": {}},
        {"indicators": {"quote": [{"close": ["dear"]}]}},
        {"meta": None},
        {"timestamp": ["2026"]},
    ],
)
def test_another_shape_is_malformed(changes: dict[str, Any]) -> None:
    with pytest.raises(FetchFailure) as caught:
        read(document(**changes))
    assert caught.value.kind == "malformed"


@pytest.mark.parametrize(
    ("kind", "event", "words"),
    [
        ("splits", {"date": 1, "numerator": 1}, "a split of 1:None"),
        ("splits", {"date": 1, "numerator": 3, "denominator": 0, "splitRatio": "3:0"}, "a split of 3:0"),
        ("splits", {"date": 1, "numerator": 0, "denominator": 7}, "a split of 0:7"),
        ("splits", {"date": 1, "numerator": 0, "denominator": 0}, "a split of 0:0"),
        ("splits", {"date": 1, "numerator": "nan", "denominator": 1}, "a split of nan:1"),
        ("splits", {"date": 10**15, "numerator": 2, "denominator": 1}, "a split of 2:1"),
        ("dividends", {"date": "x", "amount": 1}, "a dividend of 1"),
        ("dividends", {"date": 1, "amount": None}, "a dividend,"),
        ("capitalGains", "none", "a capital gain,"),
    ],
)
def test_an_event_that_cannot_be_read_costs_no_price(kind: str, event: Any, words: str) -> None:
    good = {"date": 1785504600, "numerator": 5, "denominator": 2}
    events: dict[str, Any] = {"splits": {"2": good}}
    events.setdefault(kind, {})["1"] = event
    chart = read(document(events=events))
    assert chart.bars.close.tolist() == [1.0]
    assert [(act.kind, act.value) for act in chart.actions] == [("split", 2.5)]
    assert len(chart.notes) == 1 and words in chart.notes[0] and "rror" not in chart.notes[0]


def test_a_stamp_of_no_day_is_a_row_without_one() -> None:
    quote = {"close": [1.0, 2.0, 3.0]}
    chart = read(document(timestamp=[1785504600, 10**17, -(10**12)], indicators={"quote": [quote]}))
    assert np.isnat(chart.bars.sessions).tolist() == [False, True, True]
    assert chart.bars.close.tolist() == [1.0, 2.0, 3.0]


def test_a_span_without_a_bar_is_an_answer_without_rows() -> None:
    chart = read(document(timestamp=None, indicators={"quote": [{}], "adjclose": [{}]}))
    assert len(chart.bars) == 0 and chart.currency == "USD"


@pytest.mark.parametrize("zone", [None, "Mars/Olympus"])
def test_without_a_known_zone_the_offset_gives_the_session(zone: str | None) -> None:
    meta = {"symbol": "X", "exchangeTimezoneName": zone, "gmtoffset": 32400}
    chart = read(document(meta=meta, timestamp=[1785452400]))
    # 08:00 of the 31st in Tokyo is 23:00 of the 30th UTC
    assert chart.bars.sessions.tolist() == [date(2026, 7, 31)]
    assert chart.timezone == zone


value = st.none() | st.floats(-1e12, 1e12)


@given(st.lists(st.tuples(st.integers(0, 4_000_000_000), value, value, value), max_size=30))
def test_rows_arrive_in_number_and_order(
    rows: list[tuple[int, float | None, float | None, float | None]],
) -> None:
    stamps = [row[0] for row in rows]
    quote = {
        "open": [row[1] for row in rows],
        "close": [row[2] for row in rows],
        "volume": [row[3] for row in rows],
    }
    chart = read(document(timestamp=stamps, indicators={"quote": [quote]}))
    assert chart.stamps.astype(np.int64).tolist() == stamps
    expected = np.array([row[2] for row in rows], dtype=np.float64)
    np.testing.assert_array_equal(chart.bars.close, expected)
    assert np.isnan(chart.bars.high).all() and np.isnan(chart.bars.adj_close).all()


keys = ("chart", "result", "error", "meta", "timestamp", "indicators", "quote", "events", "code")
json_value = st.recursive(
    st.none() | st.booleans() | st.integers(-5, 5) | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                ["chart", "result", "error", "meta", "timestamp", "indicators", "quote", "events", "code"]
            ),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)


@given(json_value, st.sampled_from([200, 400, 404, 500]))
def test_no_reply_escapes_as_another_exception(reply: Any, status: int) -> None:
    with suppress(FetchFailure):
        read(reply, status)


def test_dates_of_headers() -> None:
    assert http_date("Sat, 01 Aug 2026 12:20:00 GMT") == datetime(2026, 8, 1, 12, 20, tzinfo=UTC)
    assert http_date("tomorrow") is http_date(None) is None
    assert retry_after({}) is None
    assert retry_after({"Retry-After": "soon"}) is None

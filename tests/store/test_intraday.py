"""Bars of five minutes, on SQLite and on Postgres."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from models.errors import UnknownSymbolError
from models.intraday import IntradayBars
from models.store import Store, intraday, intraday_spans, store_intraday
from tests.store.conftest import NOW

FIRST = datetime(2026, 6, 23, tzinfo=UTC)
SINCE, UNTIL = FIRST - timedelta(days=1), FIRST + timedelta(days=1)
NAN = float("nan")


def bars(*closes: float, begins: datetime = FIRST) -> IntradayBars:
    at = np.datetime64(begins.replace(tzinfo=None), "s") + 300 * np.arange(len(closes))
    close = np.array(closes)
    return IntradayBars(at, close - 1, close + 1, close - 2, close, np.full(len(close), NAN))


def test_what_is_stored_comes_back_by_span(store: Store) -> None:
    assert store_intraday(store, "285A.T", bars(100.0, 101.0, 102.0), NOW) == 3
    found = intraday(store, ["285A.T", "MU"], SINCE, UNTIL)
    assert list(found) == ["285A.T"]
    assert found["285A.T"].close.tolist() == [100.0, 101.0, 102.0]
    assert found["285A.T"].low.tolist() == [98.0, 99.0, 100.0]
    assert np.isnan(found["285A.T"].volume).all()
    assert [str(at)[11:16] for at in found["285A.T"].at] == ["00:00", "00:05", "00:10"]
    part = intraday(store, ["285A.T"], FIRST + timedelta(minutes=5), FIRST + timedelta(minutes=10))
    assert part["285A.T"].close.tolist() == [101.0]
    assert intraday_spans(store) == {"285A.T": (FIRST, FIRST + timedelta(minutes=10), 3)}


def test_a_later_answer_adds_and_replaces_and_repeats_nothing(store: Store) -> None:
    store_intraday(store, "MU", bars(100.0, 101.0), NOW)
    assert store_intraday(store, "MU", bars(100.0, 101.0), NOW) == 0
    assert store_intraday(store, "MU", bars(100.0, 101.5, 102.0), NOW) == 2
    assert intraday(store, ["MU"], SINCE, UNTIL)["MU"].close.tolist() == [100.0, 101.5, 102.0]


def test_bars_without_a_close_are_none_and_the_last_of_two_counts(store: Store) -> None:
    assert store_intraday(store, "MU", bars(NAN, NAN), NOW) == 0
    twice = bars(100.0, 101.0).take(np.array([0, 1, 1]))
    twice.close[2] = 101.5
    assert store_intraday(store, "MU", twice, NOW) == 2
    assert intraday(store, ["MU"], SINCE, UNTIL)["MU"].close.tolist() == [100.0, 101.5]


def test_a_name_that_is_not_followed_is_refused(store: Store) -> None:
    with pytest.raises(UnknownSymbolError):
        store_intraday(store, "NONE", bars(1.0), NOW)
    assert intraday(store, [], SINCE, UNTIL) == {} == intraday_spans(store)


def test_two_months_of_one_name_are_stored_and_read(store: Store) -> None:
    long = bars(*np.linspace(100, 120, 4680))
    assert store_intraday(store, "MU", long, NOW) == 4680
    found = intraday(store, ["MU"], SINCE, FIRST + timedelta(days=60))
    assert len(found["MU"]) == 4680

"""Bars of five minutes: what the source gives, who is asked and when, and what a refusal stops."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from ingest.fetching import Rules
from ingest.minutes import EVERY, LIMITED, Minutes
from ingest.schedule import Ingester
from ingest.sources.base import FetchFailure, IntradayAnswer, IntradaySource
from ingest.sources.yahoo import YahooSource
from models.intraday import IntradayBars
from models.store import Store, intraday, intraday_spans, sync_instruments
from models.types import instant64
from models.universe import Universe, load_universe
from tests.ingest.series import calendars
from tests.standin import StandIn
from tests.standin.prices import Simulated

NOW = datetime(2026, 6, 23, 16, 2, tzinfo=UTC)  # New York trades, Seoul and Tokyo have closed
NAMES = ("000660.KS", "9984.T", "NVDA")


@pytest.fixture(scope="module")
def universe() -> Universe:
    return load_universe()


@pytest.fixture
def store(tmp_path: Path, universe: Universe) -> Iterator[Store]:
    with Store.open(f"sqlite:///{tmp_path}/prices.db") as opened:
        sync_instruments(opened, universe)
        yield opened


@pytest.fixture(scope="module")
def yahoo() -> Iterator[StandIn]:
    with StandIn(Simulated(NAMES, start=date(2026, 1, 1)), now=NOW) as server:
        yield server


@dataclass
class Shelf:
    """A source with one bar a question; it remembers what it was asked."""

    failures: dict[str, FetchFailure] = field(default_factory=dict)
    asked: list[tuple[str, datetime]] = field(default_factory=list)
    currency: str | None = None

    def fetch_intraday(self, symbol: str, since: datetime, *, now: datetime) -> IntradayAnswer:
        self.asked.append((symbol, since))
        if symbol in self.failures:
            raise self.failures[symbol]
        item = load_universe()[symbol]
        calendar = calendars()[item.exchange.calendar]
        last = calendar.closes[np.searchsorted(calendar.opens, instant64(now), side="right") - 1]
        at = np.array([int(min(instant64(now), last).astype(int)) // 300 * 300 - 300]).astype("datetime64[s]")
        one = np.array([100.0])
        bars = IntradayBars(at, one, one, one, one, one)
        return IntradayAnswer(symbol, bars, self.currency or item.currency, symbol)


def minutes(store: Store, source: object, universe: Universe, now: list[datetime], **given: Any) -> Minutes:
    names = given.pop("symbols", NAMES)
    wait = given.pop("wait", lambda _seconds: False)
    return Minutes(store, source, universe, calendars(), names, clock=lambda: now[0], wait=wait)


def test_yahoo_gives_the_bars_that_are_over(yahoo: StandIn) -> None:
    source = YahooSource(yahoo.url, timeout=5)
    assert isinstance(source, IntradaySource)
    answer = source.fetch_intraday("NVDA", NOW - timedelta(days=2), now=NOW)
    bars = answer.bars
    assert (answer.received_symbol, answer.currency) == ("NVDA", "USD")
    assert str(bars.at[-1]) == "2026-06-23T15:55:00"  # 16:00 is not over at 16:02
    assert len(bars) == 78 + 30  # a whole session, and half of another
    assert (bars.low <= bars.close).all() and (bars.close <= bars.high).all()
    seoul = source.fetch_intraday("000660.KS", NOW - timedelta(days=1), now=NOW).bars
    assert str(seoul.at[-1]) == "2026-06-23T06:15:00"  # the closing auction has no bars


def test_yahoo_refuses_what_is_older_than_sixty_days(yahoo: StandIn) -> None:
    with pytest.raises(FetchFailure, match="within the last 60 days"):
        YahooSource(yahoo.url, timeout=5).fetch_intraday("NVDA", NOW - timedelta(days=61), now=NOW)


def test_the_whole_reach_at_first_and_then_what_is_new(
    yahoo: StandIn, store: Store, universe: Universe
) -> None:
    now = [NOW]
    worker = minutes(store, YahooSource(yahoo.url, timeout=5), universe, now)
    first = worker.bring()
    assert (first.asked, first.failures, first.limited_until) == (3, {}, None)
    spans = intraday_spans(store)
    assert set(spans) == set(NAMES) and first.stored == sum(count for *_, count in spans.values())
    assert all(begin > NOW - timedelta(days=60) for begin, *_ in spans.values())
    assert worker.bring().asked == 0  # New York was asked a moment ago, Asia's last session is there
    now[0] = NOW + EVERY
    yahoo.clock.set(now[0])
    again = worker.bring()
    assert (again.asked, again.stored) == (1, 3)
    assert intraday(store, ["NVDA"], NOW - timedelta(hours=1), now[0])["NVDA"].at[-1] == np.datetime64(
        "2026-06-23T16:10:00"
    )
    yahoo.clock.set(NOW)


def test_an_exchange_that_has_closed_is_asked_once_more(store: Store, universe: Universe) -> None:
    source, now = Shelf(), [NOW]
    worker = minutes(store, source, universe, now, symbols=("NVDA",))
    for later in (0, 5, 15, 20, 4 * 60, 4 * 60 + 19, 4 * 60 + 40, 5 * 60, 12 * 60):
        now[0] = NOW + timedelta(minutes=later)
        worker.bring()
    # 16:02, 16:17, 20:02, 20:21 and, twenty minutes after the close at 20:00, no more
    assert len(source.asked) == 5 - 1
    now[0] = datetime(2026, 6, 24, 13, 31, tzinfo=UTC)
    assert worker.due(now[0]) == ["NVDA"]


def test_a_refusal_ends_the_round_and_says_for_how_long(store: Store, universe: Universe) -> None:
    limited = FetchFailure("rate_limit", "Too many.", retry_after=timedelta(minutes=7))
    source = Shelf(failures={"9984.T": limited})
    report = minutes(store, source, universe, [NOW]).bring()
    assert [symbol for symbol, _ in source.asked] == ["000660.KS", "9984.T"]
    assert report.limited_until == NOW + timedelta(minutes=7) and report.stored == 1
    source.failures["9984.T"] = FetchFailure("rate_limit", "Too many.")
    assert minutes(store, source, universe, [NOW]).bring().limited_until == NOW + LIMITED


def test_one_that_fails_does_not_keep_the_others_and_an_absent_source_ends_it(
    store: Store, universe: Universe
) -> None:
    source = Shelf(failures={"000660.KS": FetchFailure("not_found", "No such name.")})
    report = minutes(store, source, universe, [NOW]).bring()
    assert (report.asked, report.stored, list(report.failures)) == (3, 2, ["000660.KS"])
    source = Shelf(failures={"000660.KS": FetchFailure("transient", "No reply.", reached=False)})
    assert minutes(store, source, universe, [NOW]).bring().asked == 1


def test_prices_in_another_currency_are_not_kept(store: Store, universe: Universe) -> None:
    report = minutes(store, Shelf(currency="EUR"), universe, [NOW], symbols=("NVDA",)).bring()
    said = "NVDA, bars of five minutes: its prices are in EUR, not in USD; those that are stored stay."
    assert report.stored == 0 and report.failures == {"NVDA": said}


def test_who_is_unknown_or_has_no_such_bars_is_left_alone(store: Store, universe: Universe) -> None:
    assert minutes(store, Shelf(), universe, [NOW], symbols=("NOPE",)).bring().asked == 0
    assert minutes(store, object(), universe, [NOW]).bring().asked == 0
    stopping = minutes(store, Shelf(), universe, [NOW], wait=lambda _seconds: True)
    assert stopping.bring().asked == 1


def test_a_tick_brings_them_after_the_daily_bars(yahoo: StandIn, store: Store, universe: Universe) -> None:
    yahoo.clock.set(NOW)
    yahoo.log.clear()
    worker = Ingester(
        store,
        YahooSource(yahoo.url, timeout=5),
        universe,
        calendars(),
        clock=lambda: NOW,
        minutes=("NVDA",),
        rules=Rules(workers=1, attempts=1),
    )
    worker.tick()
    worker.close()
    assert list(intraday_spans(store)) == ["NVDA"]
    charts = [entry.query for entry in yahoo.log if "/chart/" in entry.path]
    assert [("interval=5m" in query) for query in charts].count(True) == 1
    assert "interval=5m" in charts[-1]

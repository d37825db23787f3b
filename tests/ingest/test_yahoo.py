"""Yahoo through yfinance: rows as received, causes named, one request a symbol."""

from __future__ import annotations

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import numpy as np
import pytest
import yfinance
from curl_cffi.requests import Response
from curl_cffi.requests import Session as CurlSession

from ingest.sources.base import FetchFailure, Source
from ingest.sources.csvfolder import CsvFolder
from ingest.sources.yahoo import YahooSource, check_address
from models.errors import SourceError
from models.types import BAR_FIELDS, Action
from tests.patience import promised
from tests.standin import StandIn
from tests.standin.prices import FIELDS, Folder, Simulated, Table

NOW = datetime(2026, 8, 1, 12, tzinfo=UTC)
NAMES = ("NVDA", "9984.T", "000660.KS", "2330.TW", "0700.HK", "JPY=X", "^VIX", "^KS11", "SMH", "TSM")
SINCE = date(2026, 7, 20)
ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def prices() -> Simulated:
    return Simulated(NAMES, start=date(2024, 1, 1))


@pytest.fixture(scope="module")
def yahoo(prices: Simulated) -> Iterator[StandIn]:
    with StandIn(prices, now=NOW) as server:
        yield server


@pytest.fixture(autouse=True)
def _healthy(yahoo: StandIn) -> None:
    yahoo.clock.set(NOW)
    yahoo.set_faults([])
    yahoo.log.clear()


@pytest.fixture
def source(yahoo: StandIn) -> YahooSource:
    return YahooSource(yahoo.url, timeout=5)


def table(prices: Simulated, symbol: str) -> Table:
    found = prices.get(symbol)
    assert found is not None
    return found


def failure(source: YahooSource, symbol: str = "NVDA", **span: Any) -> FetchFailure:
    with pytest.raises(FetchFailure) as caught:
        source.fetch(symbol, now=NOW, **span)
    assert caught.value.symbol == symbol
    return caught.value


# What comes through


@pytest.mark.parametrize("symbol", NAMES)
def test_every_row_and_every_digit_arrives(source: YahooSource, prices: Simulated, symbol: str) -> None:
    answer = source.fetch(symbol, now=NOW)
    served = table(prices, symbol)
    assert answer.bars.sessions.tolist() == list(served.days)
    for name in BAR_FIELDS:
        np.testing.assert_array_equal(getattr(answer.bars, name), served.columns[name])
    assert answer.received_symbol == symbol
    assert (answer.currency, answer.timezone) == (served.venue.currency, served.venue.zone)
    assert answer.bars.final.all() and answer.whole and not answer.notes
    np.testing.assert_array_equal(answer.stamps.astype(np.int64), served.opens)


def test_it_is_a_source(source: YahooSource) -> None:
    assert isinstance(source, Source)
    assert (source.name, source.simulated) == ("yahoo", False)


def test_the_real_prices_arrive_as_the_folder_has_them(real_prices: Path) -> None:
    folder, now = CsvFolder(real_prices), datetime(2026, 8, 1, tzinfo=UTC)
    with StandIn(Folder(real_prices), now=now) as server:
        source = YahooSource(server.url)
        for symbol in folder.symbols:
            mine, theirs = source.fetch(symbol, now=now).bars, folder.fetch(symbol, now=now).bars
            np.testing.assert_array_equal(mine.sessions, theirs.sessions, err_msg=symbol)
            for name in BAR_FIELDS:
                np.testing.assert_allclose(
                    getattr(mine, name), getattr(theirs, name), rtol=1e-9, err_msg=f"{symbol} {name}"
                )
        assert len(server.log) <= 1.2 * len(folder.symbols)


def test_a_healthy_symbol_costs_one_request(source: YahooSource, yahoo: StandIn) -> None:
    answers = [source.fetch(symbol, now=NOW) for symbol in NAMES]
    assert len(yahoo.chart_requests()) == len(NAMES)
    # the cookie and the crumb come once for all
    assert len(yahoo.log) == sum(answer.requests for answer in answers) <= len(NAMES) + 2


def test_a_span_holds_its_own_sessions_only(source: YahooSource) -> None:
    answer = source.fetch("9984.T", SINCE, date(2026, 7, 24), now=NOW)
    assert answer.bars.sessions.tolist() == [date(2026, 7, day) for day in (20, 21, 22, 23, 24)]
    assert (answer.start, answer.end, answer.whole) == (SINCE, date(2026, 7, 24), False)


def test_the_clock_of_the_source_is_passed_on(source: YahooSource) -> None:
    assert source.fetch("NVDA", SINCE, now=NOW).served_at == NOW


@pytest.mark.parametrize(
    ("symbol", "now", "running"),
    [
        ("NVDA", "2026-07-31T18:00", True),
        ("NVDA", "2026-07-31T20:05", False),
        ("9984.T", "2026-07-31T01:00", True),
        ("9984.T", "2026-07-30T23:00", False),
    ],
)
def test_a_running_session_is_not_final(
    source: YahooSource, yahoo: StandIn, symbol: str, now: str, running: bool
) -> None:
    at = datetime.fromisoformat(now).replace(tzinfo=UTC)
    yahoo.clock.set(at)
    answer = source.fetch(symbol, SINCE, now=at)
    assert bool(answer.bars.final[-1]) is not running
    assert answer.bars.final[:-1].all()
    assert answer.live is not None and answer.live.running(at) is running
    assert answer.live.session == answer.bars.sessions[-1].item()


def test_actions_come_with_their_session(source: YahooSource, yahoo: StandIn) -> None:
    yahoo.set_faults(
        [
            {"mode": "split", "session": "2026-07-29", "ratio": 4},
            {"mode": "dividend", "session": "2026-07-22", "amount": 0.5},
        ]
    )
    answer = source.fetch("9984.T", now=NOW)
    assert answer.actions == (
        Action(date(2026, 7, 22), "dividend", 0.5),
        Action(date(2026, 7, 29), "split", 4.0),
    )


def test_threads_do_not_mix_their_answers(source: YahooSource, prices: Simulated) -> None:
    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(lambda symbol: source.fetch(symbol, SINCE, now=NOW), NAMES * 3))
    for symbol, answer in zip(NAMES * 3, answers, strict=True):
        assert answer.received_symbol == symbol
        assert answer.bars.close[-1] == table(prices, symbol).columns["close"][-1]


# What yfinance hides


def served_alone(tmp_path: Path, rows: str) -> Folder:
    (tmp_path / "NVDA.csv").write_text(f"date,{','.join(FIELDS)}\n{rows}", encoding="utf-8")
    return Folder(tmp_path)


def test_missing_values_survive(tmp_path: Path) -> None:
    rows = "2026-07-28,,,,,99.5,\n2026-07-29,,,,100,,\n2026-07-30,,,,,,\n2026-07-31,1,3,1,2,2,10\n"
    with StandIn(served_alone(tmp_path, rows), now=NOW) as server:
        bars = YahooSource(server.url).fetch("NVDA", now=NOW).bars
    nan = np.nan
    np.testing.assert_array_equal(bars.close, [nan, 100, nan, 2])
    np.testing.assert_array_equal(bars.adj_close, [99.5, nan, nan, 2])
    # a volume that is not known is no volume of nought
    np.testing.assert_array_equal(bars.volume, [nan, nan, nan, 10])


@pytest.mark.parametrize("mode", ["lastnan", "nullmiddle"])
def test_empty_rows_are_passed_on(source: YahooSource, yahoo: StandIn, mode: str) -> None:
    healthy = len(source.fetch("NVDA", SINCE, now=NOW))
    yahoo.set_faults([{"mode": mode}])
    bars = source.fetch("NVDA", SINCE, now=NOW).bars
    assert len(bars) == healthy
    assert np.isnan(bars.close).any()


def test_both_rows_of_a_doubled_day_are_passed_on(source: YahooSource, yahoo: StandIn) -> None:
    yahoo.set_faults([{"mode": "dup", "move": 1.02}])
    answer = source.fetch("NVDA", SINCE, now=NOW)
    assert (answer.bars.sessions[-2:] == np.datetime64("2026-07-31")).all()
    assert answer.bars.close[-1] == pytest.approx(answer.bars.close[-2] * 1.02)
    assert answer.stamps[-1] > answer.stamps[-2]


def test_a_row_from_the_future_is_passed_on(source: YahooSource, yahoo: StandIn) -> None:
    yahoo.set_faults([{"mode": "future", "days": 7}])
    for end in (None, date(2026, 7, 31)):
        sessions = source.fetch("NVDA", SINCE, end, now=NOW).bars.sessions
        assert sessions[-1] == np.datetime64("2026-08-07")


@pytest.mark.parametrize("mode", ["neg", "zero", "x100", "highlow", "negvolume", "weekend", "stale"])
def test_no_bad_row_is_mended(source: YahooSource, yahoo: StandIn, mode: str) -> None:
    healthy = source.fetch("NVDA", SINCE, now=NOW).bars
    yahoo.set_faults([{"mode": mode}])
    bars = source.fetch("NVDA", SINCE, now=NOW).bars
    changed = len(bars) != len(healthy) or any(
        getattr(bars, name)[-1] != getattr(healthy, name)[-1] for name in BAR_FIELDS
    )
    assert changed
    assert (bars.close[:5] == healthy.close[:5]).all()


@pytest.mark.parametrize(
    ("mode", "attribute", "value"),
    [
        ("othersym", "received_symbol", "OTHER"),
        ("ccy", "currency", "GBp"),
        ("nocurrency", "currency", None),
        ("tz", "timezone", "Europe/Paris"),
    ],
)
def test_what_the_answer_says_of_itself_is_exposed(
    source: YahooSource, yahoo: StandIn, mode: str, attribute: str, value: str | None
) -> None:
    yahoo.set_faults([{"mode": mode}])
    answer = source.fetch("NVDA", SINCE, now=NOW)
    assert getattr(answer, attribute) == value
    assert len(answer) == 10


# Causes of failure


@pytest.mark.parametrize(
    ("mode", "kind", "says"),
    [
        ("429", "rate_limit", "429"),
        ("429-after-k", "rate_limit", "429"),
        ("500", "transient", "500"),
        ("502-json", "transient", "502"),
        ("401", "transient", "401"),
        ("html", "transient", "a page instead of prices"),
        ("truncated", "transient", "breaks off"),
        ("reset", "transient", "could not be reached"),
        ("empty", "transient", "empty answer"),
        ("notfound", "not_found", "No data found"),
        ("not-json-shape", "malformed", "3 days but 1 values"),
    ],
)
def test_each_cause_has_its_name(
    source: YahooSource, yahoo: StandIn, mode: str, kind: str, says: str
) -> None:
    source.fetch("9984.T", SINCE, now=NOW)  # brings the cookie and the crumb
    yahoo.set_faults([{"mode": mode, "k": 0}])
    caught = failure(source, start=SINCE)
    assert caught.kind == kind and says in caught.detail
    assert caught.reached is (mode != "reset")
    # a crumb that ran out is worth a second question, and curl sends again what a kept connection lost
    assert len(yahoo.chart_requests("NVDA")) <= (2 if mode in ("401", "reset") else 1)


def test_an_unknown_symbol_is_not_found(source: YahooSource) -> None:
    assert failure(source, "NOPE").kind == "not_found"


def test_a_silent_source_is_given_up_in_time(yahoo: StandIn) -> None:
    yahoo.set_faults([{"mode": "slow", "seconds": 30}])
    started = time.monotonic()
    caught = failure(YahooSource(yahoo.url, timeout=0.4))
    assert time.monotonic() - started < min(promised(3), 25)
    assert caught.kind == "transient" and not caught.reached and "in time" in caught.detail


def test_nobody_there_is_transient(free_port: int) -> None:
    caught = failure(YahooSource(f"http://127.0.0.1:{free_port}", timeout=2))
    assert caught.kind == "transient" and not caught.reached
    assert "curl" not in caught.detail


def test_a_wait_that_was_asked_for_is_passed_on(source: YahooSource, yahoo: StandIn) -> None:
    yahoo.set_faults([{"mode": "429", "retry_after": 90}])
    assert failure(source).retry_after == timedelta(seconds=90)
    yahoo.set_faults([{"mode": "429", "retry_after": "Sat, 01 Aug 2026 12:20:00 GMT"}])
    assert failure(source).retry_after == timedelta(minutes=20)


def test_a_refused_crumb_stops_once_and_is_then_done_without(yahoo: StandIn) -> None:
    session = YahooSource(yahoo.url)._session
    yahoo.set_faults([{"mode": "crumb-429", "retry_after": 60}])
    session.begin()
    with pytest.raises(FetchFailure) as caught:
        session.get("https://query1.finance.yahoo.com/v1/test/getcrumb")
    assert (caught.value.kind, caught.value.retry_after) == ("rate_limit", timedelta(minutes=1))
    assert session.get("https://query1.finance.yahoo.com/v1/test/getcrumb").content == b""
    assert [entry.path for entry in yahoo.log] == ["/v1/test/getcrumb"]


def test_a_crumb_that_ran_out_is_asked_for_again(yahoo: StandIn) -> None:
    yahoo.set_faults([{"mode": "401", "times": 1}])
    assert len(YahooSource(yahoo.url).fetch("NVDA", SINCE, now=NOW)) == 10
    assert len(yahoo.chart_requests("NVDA")) == 2


def test_a_consent_form_is_left_to_yfinance(yahoo: StandIn, monkeypatch: pytest.MonkeyPatch) -> None:
    """A page from the consent host passes; the chart that the form leads to is read."""
    source = YahooSource(yahoo.url)
    send = source._session._send

    def asks_first(method: str, url: str, options: dict[str, Any]) -> Any:
        if method == "GET" and "/v8/finance/chart/" in url:
            page = Response()
            page.url, page.status_code = "https://consent.yahoo.com/v2/collectConsent", 200
            page.content = b'<html><form action="https://guce.yahoo.com/x"><input name="agree"></form></html>'
            return page
        if method == "POST":
            return send("GET", "https://query2.finance.yahoo.com/v8/finance/chart/NVDA", {"params": {}})
        return send(method, url, options)

    monkeypatch.setattr(source._session, "_send", asks_first)
    assert source.fetch("NVDA", now=NOW).received_symbol == "NVDA"


def test_a_failure_is_not_served_again(source: YahooSource, yahoo: StandIn) -> None:
    """The span lies in the past, so yfinance keeps the broken reply and would never ask again."""
    yahoo.set_faults([{"mode": "truncated", "times": 1}])
    span = {"start": date(2026, 6, 1), "end": date(2026, 6, 30)}
    assert failure(source, **span).kind == "transient"
    assert len(source.fetch("NVDA", now=NOW, **span)) == 22
    assert len(yahoo.chart_requests("NVDA")) == 2


class Plain(CurlSession):
    """yfinance as it comes, but for the address."""

    base = ""

    def request(self, method: Any, url: str, *args: Any, **options: Any) -> Any:
        return super().request(method, self.base + urlsplit(url).path, *args, **options)


def test_yfinance_alone_does_serve_it_again(source: YahooSource, yahoo: StandIn) -> None:
    """Why the session stops every reply: yfinance keeps what it received, good or bad."""
    session = Plain(impersonate="chrome")
    session.base = yahoo.url
    yahoo.set_faults([{"mode": "truncated", "times": 1}])
    for _ in range(3):
        with pytest.raises(ValueError):
            yfinance.Ticker("TSM", session=session).history(start="2026-06-01", end="2026-06-30")
    assert len(yahoo.chart_requests("TSM")) == 1


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1:8765",
        "ftp://mirror",
        "http://",
        "http://host:port",
        "http://host:0",
        "http://host/?a=1",
        "::",
    ],
)
def test_an_address_that_is_none_is_refused(address: str) -> None:
    with pytest.raises(SourceError, match="write one such as http://127"):
        YahooSource(address)


def test_an_address_loses_its_last_slash_and_none_is_yahoo_itself() -> None:
    assert check_address(" http://127.0.0.1:8765/yahoo/ ") == "http://127.0.0.1:8765/yahoo"
    assert check_address(None) is check_address("") is None

"""The stand-in answers as Yahoo does, keeps its own time, and misbehaves exactly when told to."""

from __future__ import annotations

import json
import socket
import urllib.error
import urllib.request
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.standin import StandIn, StandInError
from tests.standin.__main__ import main
from tests.standin.company import Statements
from tests.standin.faults import ROWS, TRANSPORT, Scenario, parse_faults, read_faults
from tests.standin.prices import Folder, Simulated, symbol_of
from tests.standin.venues import parse_instant, venue_of

NOW = datetime(2026, 7, 31, 22, tzinfo=UTC)
JULY = "period1=1782864000&period2=1785715200&interval=1d"
NAMES = ("NVDA", "9984.T", "000660.KS", "2330.TW", "0700.HK", "JPY=X", "^VIX")


@pytest.fixture(scope="module")
def yahoo() -> Iterator[StandIn]:
    with StandIn(Simulated(NAMES, start=date(2026, 1, 1)), now=NOW) as server:
        yield server


@pytest.fixture(autouse=True)
def _healthy(yahoo: StandIn) -> None:
    yahoo.clock.set(NOW)
    yahoo.set_faults([])
    yahoo.log.clear()


def get(url: str) -> tuple[int, bytes, Any]:
    try:
        with urllib.request.urlopen(url, timeout=5) as reply:
            return reply.status, reply.read(), reply.headers
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.read(), error.headers


def post(url: str, document: Any) -> Any:
    request = urllib.request.Request(url, json.dumps(document).encode(), method="POST")
    with urllib.request.urlopen(request, timeout=5) as reply:
        return json.loads(reply.read())


def chart(yahoo: StandIn, symbol: str, query: str = "range=1mo&interval=1d") -> dict[str, Any]:
    status, body, _ = get(f"{yahoo.url}/v8/finance/chart/{symbol}?{query}")
    assert status == 200
    return json.loads(body)["chart"]["result"][0]


def test_an_answer_has_the_shape_of_the_real_ones(yahoo: StandIn) -> None:
    result = chart(yahoo, "9984.T")
    assert set(result) == {"meta", "timestamp", "indicators"}
    quote, adjusted = result["indicators"]["quote"][0], result["indicators"]["adjclose"][0]["adjclose"]
    assert set(quote) == {"open", "high", "low", "close", "volume"}
    assert {len(column) for column in (*quote.values(), adjusted)} == {len(result["timestamp"])}
    meta = result["meta"]
    expected = {
        "currency": "JPY",
        "symbol": "9984.T",
        "exchangeName": "JPX",
        "instrumentType": "EQUITY",
        "timezone": "JST",
        "gmtoffset": 32400,
        "exchangeTimezoneName": "Asia/Tokyo",
        "dataGranularity": "1d",
    }
    assert {key: meta[key] for key in expected} == expected
    assert set(meta["currentTradingPeriod"]) == {"pre", "regular", "post"}
    assert set(meta["currentTradingPeriod"]["regular"]) == {"timezone", "start", "end", "gmtoffset"}


@pytest.mark.parametrize(
    ("symbol", "zone", "currency", "opens"),
    [
        ("NVDA", "America/New_York", "USD", "2026-07-31T13:30"),
        ("9984.T", "Asia/Tokyo", "JPY", "2026-07-31T00:00"),
        ("000660.KS", "Asia/Seoul", "KRW", "2026-07-31T00:00"),
        ("2330.TW", "Asia/Taipei", "TWD", "2026-07-31T01:00"),
        ("0700.HK", "Asia/Hong_Kong", "HKD", "2026-07-31T01:30"),
        ("^VIX", "America/Chicago", "USD", "2026-07-31T13:30"),
        # midnight in London in summer is the evening before in UTC
        ("JPY=X", "Europe/London", "JPY", "2026-07-30T23:00"),
    ],
)
def test_a_row_is_stamped_with_the_opening_of_its_session(
    yahoo: StandIn, symbol: str, zone: str, currency: str, opens: str
) -> None:
    yahoo.clock.set(datetime(2026, 8, 1, 12, tzinfo=UTC))
    result = chart(yahoo, symbol)
    assert (result["meta"]["exchangeTimezoneName"], result["meta"]["currency"]) == (zone, currency)
    assert result["timestamp"][-1] == int(parse_instant(opens).timestamp())


def test_the_clock_decides_what_is_served(yahoo: StandIn) -> None:
    yahoo.clock.set(datetime(2026, 7, 31, 13, 29, tzinfo=UTC))
    before = chart(yahoo, "NVDA", JULY)
    yahoo.clock.advance(timedelta(hours=3))
    running = chart(yahoo, "NVDA", JULY)
    yahoo.clock.set(datetime(2026, 7, 31, 20, 30, tzinfo=UTC))
    after = chart(yahoo, "NVDA", JULY)
    assert len(before["timestamp"]) + 1 == len(running["timestamp"]) == len(after["timestamp"])
    # a running session carries the time of its last trade, a closed one that of its opening
    assert running["timestamp"][-1] == running["meta"]["regularMarketTime"]
    assert running["timestamp"][-1] == int(parse_instant("2026-07-31T16:29").timestamp())
    assert after["timestamp"][-1] == int(parse_instant("2026-07-31T13:30").timestamp())
    live, final = (result["indicators"]["quote"][0] for result in (running, after))
    assert live["close"][-1] != final["close"][-1]
    assert live["open"][-1] == final["open"][-1]
    assert 0 < live["volume"][-1] < final["volume"][-1]
    assert final["low"][-1] <= live["low"][-1] <= live["close"][-1] <= live["high"][-1] <= final["high"][-1]


def test_a_period_is_served_from_its_first_second_up_to_its_last(yahoo: StandIn) -> None:
    opens = [int(parse_instant(f"2026-07-{day}T13:30").timestamp()) for day in (28, 29, 30)]
    result = chart(yahoo, "NVDA", f"period1={opens[0]}&period2={opens[2]}&interval=1d")
    assert result["timestamp"] == opens[:2]
    empty = chart(yahoo, "NVDA", f"period1={opens[0] + 1}&period2={opens[0] + 2}&interval=1d")
    assert "timestamp" not in empty
    assert empty["indicators"] == {"quote": [{}], "adjclose": [{}]}


def test_refusals_are_in_yahoos_words(yahoo: StandIn) -> None:
    status, body, _ = get(f"{yahoo.url}/v8/finance/chart/NOPE?range=5d&interval=1d")
    assert status == 404
    assert json.loads(body) == {
        "chart": {
            "result": None,
            "error": {"code": "Not Found", "description": "No data found, symbol may be delisted"},
        }
    }
    status, body, _ = get(f"{yahoo.url}/v8/finance/chart/NVDA?range=5d&interval=15m")
    assert status == 422
    assert json.loads(body)["chart"]["error"]["code"] == "Unprocessable Entity"


def test_cookie_crumb_and_company_paths_answer(yahoo: StandIn) -> None:
    status, _, headers = get(f"{yahoo.url}/")
    assert status == 404 and headers["Set-Cookie"].startswith("A3=")
    assert get(f"{yahoo.url}/v1/test/getcrumb")[:2] == (200, b"standin.crumb")
    _, body, _ = get(f"{yahoo.url}/v10/finance/quoteSummary/9984.T?modules=quoteType")
    assert json.loads(body)["quoteSummary"]["result"][0]["quoteType"]["currency"] == "JPY"
    assert get(f"{yahoo.url}/v10/finance/quoteSummary/NOPE")[0] == 404


def test_statements_are_served_up_to_the_clock(tmp_path: Path) -> None:
    file = tmp_path / "quarters.csv"
    file.write_text(
        "symbol,period_end,capex,ocf,fcf,total_debt\n"
        "MSFT,2026-03-31,20e9,40e9,20e9,\nMSFT,2026-12-31,30e9,40e9,10e9,\n",
        encoding="utf-8",
    )
    query = {"type": "quarterlyFreeCashFlow,quarterlyCapitalExpenditure,quarterlyTotalDebt"}
    result = Statements(file).timeseries("MSFT", query, int(NOW.timestamp()))["timeseries"]["result"]
    assert [item["reportedValue"]["raw"] for item in result[0]["quarterlyFreeCashFlow"]] == [20e9]
    assert [item["reportedValue"]["raw"] for item in result[1]["quarterlyCapitalExpenditure"]] == [-20e9]
    assert "quarterlyTotalDebt" not in result[2]


def test_a_blank_field_is_null_and_numbers_keep_their_digits(tmp_path: Path) -> None:
    (tmp_path / "_KS11.csv").write_text(
        "date,open,high,low,close,adj_close,volume\n2026-07-30,,,,5593.560059,,378900\n", encoding="utf-8"
    )
    with StandIn(Folder(tmp_path), now=NOW) as server:
        quote = chart(server, "%5EKS11")["indicators"]["quote"][0]
        assert quote["close"] == [5593.560059] and quote["open"] == [None]


def test_file_names_stand_for_symbols() -> None:
    assert [symbol_of(Path(f"{stem}.csv")) for stem in ("_KS11", "JPY_X", "9984.T")] == [
        "^KS11",
        "JPY=X",
        "9984.T",
    ]
    assert venue_of("^TNX").zone == "America/Chicago"


def test_requests_are_logged_with_the_fault_that_struck(yahoo: StandIn) -> None:
    yahoo.set_faults([{"symbol": "NVDA", "mode": "500"}])
    get(f"{yahoo.url}/v8/finance/chart/NVDA?range=5d&interval=1d")
    chart(yahoo, "9984.T")
    log = json.loads(get(f"{yahoo.url}/standin/log")[1])
    assert [(entry["symbol"], entry["status"], entry["mode"]) for entry in log] == [
        ("NVDA", 500, "500"),
        ("9984.T", 200, ""),
    ]
    assert len(yahoo.chart_requests("NVDA")) == 1


def test_clock_and_faults_can_be_set_over_http(yahoo: StandIn) -> None:
    assert post(f"{yahoo.url}/standin/clock", {"now": "2026-07-30T21:00Z"})["now"].startswith("2026-07-30T21")
    assert post(f"{yahoo.url}/standin/clock", {"advance_seconds": 3600})["now"].startswith("2026-07-30T22")
    assert post(f"{yahoo.url}/standin/faults", {"fault": [{"mode": "429"}]}) == {"faults": 1}
    assert get(f"{yahoo.url}/v8/finance/chart/NVDA")[0] == 429
    with pytest.raises(urllib.error.HTTPError) as refused:
        post(f"{yahoo.url}/standin/faults", {"fault": [{"mode": "gremlins"}]})
    with refused.value as reply:
        assert reply.code == 400 and b"gremlins" in reply.read()


@pytest.mark.parametrize("mode", sorted(ROWS))
def test_every_row_fault_changes_the_answer_and_only_while_it_lasts(yahoo: StandIn, mode: str) -> None:
    healthy = chart(yahoo, "NVDA")
    yahoo.set_faults(
        [{"mode": mode, "session": "2026-07-22", "from": "2026-07-31T21:00Z", "to": "2026-07-31T23:00Z"}]
    )
    assert chart(yahoo, "NVDA") != healthy
    yahoo.clock.set(datetime(2026, 7, 31, 23, tzinfo=UTC))
    assert chart(yahoo, "NVDA") == healthy


@pytest.mark.parametrize(
    ("mode", "status"), [("429", 429), ("500", 500), ("502-json", 502), ("notfound", 404)]
)
def test_transport_faults_answer_with_their_status(yahoo: StandIn, mode: str, status: int) -> None:
    yahoo.set_faults([{"mode": mode, "retry_after": 120}])
    got, body, headers = get(f"{yahoo.url}/v8/finance/chart/NVDA?range=5d&interval=1d")
    assert got == status and body
    assert headers["Retry-After"] == ("120" if mode == "429" else None)


def test_a_limit_after_k_requests_counts_all_symbols(yahoo: StandIn) -> None:
    yahoo.set_faults([{"mode": "429-after-k", "k": 2}])
    seen = [get(f"{yahoo.url}/v8/finance/chart/{symbol}?range=5d&interval=1d")[0] for symbol in NAMES[:4]]
    assert seen == [200, 200, 429, 429]


def test_a_reset_breaks_the_connection(yahoo: StandIn) -> None:
    yahoo.set_faults([{"mode": "reset"}])
    with pytest.raises(OSError):
        get(f"{yahoo.url}/v8/finance/chart/NVDA?range=5d&interval=1d")


def test_a_share_of_requests_is_drawn_from_the_seed() -> None:
    def drawn(seed: int) -> list[bool]:
        fault = parse_faults([{"mode": "500", "p": 0.3, "seed": seed}])[0]
        return [fault.strikes("NVDA", count) for count in range(400)]

    assert drawn(1) == drawn(1) != drawn(2)
    assert 0.2 < np.mean(drawn(1)) < 0.4


def test_a_fault_can_be_limited_to_the_first_times(yahoo: StandIn) -> None:
    scenario = Scenario(parse_faults([{"mode": "500", "times": 2}]))
    hits = [bool(scenario.striking("NVDA", NOW, scenario.next_count("NVDA"))) for _ in range(4)]
    assert hits == [True, True, False, False]


def test_a_split_rebases_the_history_from_its_own_day_on(yahoo: StandIn) -> None:
    before = chart(yahoo, "9984.T")["indicators"]["quote"][0]["close"]
    yahoo.set_faults([{"mode": "split", "session": "2026-07-29", "ratio": 4, "symbol": "9984.T"}])
    result = chart(yahoo, "9984.T")
    assert result["indicators"]["quote"][0]["close"] == pytest.approx([price / 4 for price in before])
    event = next(iter(result["events"]["splits"].values()))
    assert (event["numerator"], event["denominator"], event["splitRatio"]) == (4, 1, "4:1")
    yahoo.clock.set(datetime(2026, 7, 28, 12, tzinfo=UTC))
    assert "events" not in chart(yahoo, "9984.T")


def test_a_scenario_file_is_toml(tmp_path: Path) -> None:
    file = tmp_path / "faults.toml"
    file.write_text(
        '[[fault]]\nsymbol = "NVDA"\nmode = "slow"\nseconds = 5\n'
        "from = 2026-07-01T00:00:00Z\np = 0.5\nseed = 7\n",
        encoding="utf-8",
    )
    (fault,) = read_faults(file)
    assert (fault.symbol, fault.p, fault.seed, fault.options) == ("NVDA", 0.5, 7, {"seconds": 5})
    file.write_text("[[fault", encoding="utf-8")
    with pytest.raises(StandInError, match="Cannot use the faults file"):
        read_faults(file)
    with pytest.raises(StandInError, match="check the path"):
        read_faults(tmp_path / "none.toml")


def test_modes_have_one_meaning() -> None:
    assert not set(ROWS) & set(TRANSPORT)


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--prices", "{tmp}/none"], "There is no folder"),
        (["--prices", "{tmp}"], "holds no CSV file"),
        (["--simulated", "1", "--now", "yesterday"], "is no instant"),
        (["--simulated", "1", "--faults", "{tmp}/none.toml"], "Cannot read the faults file"),
        (["--simulated", "1", "--statements", "{tmp}/none.csv"], "There is no file"),
        (["--simulated", "1", "--port", "99999"], "There is no port"),
    ],
)
def test_what_cannot_start_says_why_in_one_sentence(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], sentence: str
) -> None:
    assert main([text.format(tmp=tmp_path) for text in arguments]) == 2
    said = capsys.readouterr().err
    assert sentence in said and said.count("\n") == 1


def test_a_garbled_file_and_a_busy_port_stop_the_start(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "NVDA.csv").write_text(
        "date,open,high,low,close,adj_close,volume\n2026-07-30,1,1,1,1,1,1\n2026-07-31,x,1,1,1,1,1\n",
        encoding="utf-8",
    )
    assert main(["--prices", str(tmp_path)]) == 2
    assert "NVDA.csv line 3 cannot be read" in capsys.readouterr().err
    with socket.socket() as busy:
        busy.bind(("127.0.0.1", 0))
        busy.listen()
        assert main(["--simulated", "1", "--port", str(busy.getsockname()[1])]) == 2
    assert "is in use; choose another with --port" in capsys.readouterr().err

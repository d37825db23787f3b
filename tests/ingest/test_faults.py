from __future__ import annotations

import json
import os
import resource
import signal
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from curl_cffi.requests import Headers, Response

from ingest.fetching import Rules
from ingest.reconcile import backfill, run_once
from ingest.report import RunReport
from ingest.sources.base import FetchFailure
from ingest.sources.csvfolder import CsvFolder
from ingest.sources.transport import bounded
from ingest.sources.yahoo import YahooSource
from models.sessions import Calendars
from models.store import (
    Store,
    attempts,
    coverage,
    quarantined,
    revisions,
    run_items,
    runs,
    stored_actions,
    stored_bars,
)
from models.types import BAR_FIELDS
from models.universe import Universe, load_universe
from tests.ingest.series import calendars
from tests.ingest.shelf import NAMES, NOW, ROOT, UNIVERSE, run, same, shelf, write_csv
from tests.standin import StandIn
from tests.standin.prices import Simulated

# Through the stand-in and yfinance itself


@pytest.fixture
def yahoo() -> Iterator[StandIn]:
    with StandIn(Simulated(NAMES, start=date(2025, 6, 2)), now=NOW) as server:
        yield server


def ask(store: Store, yahoo: StandIn, universe: Universe, **options: Any) -> RunReport:
    options.setdefault("rules", Rules(workers=3))
    source = YahooSource(yahoo.url, timeout=5)
    return run_once(
        store, source, universe, calendars(), clock=yahoo.clock.now, wait=lambda _: None, **options
    )


def test_a_day_through_yfinance(store: Store, universe: Universe, yahoo: StandIn) -> None:
    first = ask(store, yahoo, universe)
    assert first.status == "done" and first.answered == 6
    assert len(yahoo.chart_requests()) == 6
    assert ask(store, yahoo, universe).total == 0 and len(yahoo.chart_requests()) == 6
    yahoo.clock.advance(timedelta(days=1))
    assert ask(store, yahoo, universe).inserted == 6
    assert len(yahoo.chart_requests()) == 12


ROW_MODES = {
    "lastnan": "null",
    "neg": "not_positive",
    "zero": "not_positive",
    "x100": "scale_100",
    "negvolume": "negative_volume",
    "highlow": "high_below_low",
    "future": "future",
    "weekend": "future",  # the Saturday to come, seen on a Tuesday
    "dup": "duplicate",
    "huge": "absurd",
}
WHOLE_MODES = {
    "othersym": "wrong_symbol",
    "ccy": "wrong_currency",
    "nocurrency": "wrong_currency",
    "tz": "wrong_timezone",
    "dayearly": "wrong_dates",
    "html": "transient",
    "truncated": "transient",
    "500": "transient",
    "notfound": "not_found",
    "endless": "malformed",
    "redirect": "malformed",
    "weekly": "wrong_granularity",
    "monthly": "wrong_granularity",
    "hourly": "wrong_granularity",
}
STRANGE = ("othercompany", "othercurrency", "drift")
"""What a first answer cannot tell: only beside a stored history are they none."""


@pytest.mark.parametrize("mode", [*STRANGE, "weekly", "monthly", "hourly"])
def test_an_answer_that_is_not_about_what_is_stored_changes_nothing(
    store: Store, universe: Universe, yahoo: StandIn, mode: str
) -> None:
    ask(store, yahoo, universe)
    before = stored_bars(store, "NVDA")
    yahoo.set_faults([{"mode": mode, "symbol": "NVDA", "silent": True}])
    yahoo.clock.advance(timedelta(days=1))
    report = ask(store, yahoo, universe)
    kind, detail = report.failures["NVDA"]
    assert kind in ("wrong_basis", "wrong_granularity") and detail.startswith("NVDA: ")
    assert list(report.failures) == ["NVDA"] and report.answered == 5
    after = stored_bars(store, "NVDA")
    for name in BAR_FIELDS:
        np.testing.assert_array_equal(getattr(after, name), getattr(before, name))
    assert attempts(store)["NVDA"].failure == kind
    whole = backfill(
        store, YahooSource(yahoo.url), universe, calendars(), since=date(2015, 1, 1), clock=yahoo.clock.now
    )
    assert list(whole.failures) == ["NVDA"], "nor does the whole history of it"
    yahoo.set_faults([])
    yahoo.clock.advance(timedelta(minutes=90))
    assert not ask(store, yahoo, universe).failures
    assert len(stored_bars(store, "NVDA")) == len(before) + 1


def test_a_null_beside_an_adjusted_close_erases_no_close(
    store: Store, universe: Universe, yahoo: StandIn
) -> None:
    ask(store, yahoo, universe)
    before = stored_bars(store, "NVDA")
    yahoo.set_faults([{"mode": "nulladj", "symbol": "NVDA"}])
    yahoo.clock.advance(timedelta(days=1))
    assert ask(store, yahoo, universe).revised == 0
    after = stored_bars(store, "NVDA")
    np.testing.assert_array_equal(after.close[:-1], before.close)
    assert set(quarantined(store, symbol="NVDA")["reason"]) == {"close_missing", "not_a_session"}


@pytest.mark.parametrize("ratio", [2.5, 1.323, 1.1, 0.005])
def test_a_split_of_an_odd_ratio_whose_rows_are_as_they_were_is_no_fall(
    store: Store, universe: Universe, yahoo: StandIn, ratio: float
) -> None:
    ask(store, yahoo, universe)
    before = stored_bars(store, "NVDA")
    yahoo.set_faults([{"mode": "odd-split", "symbol": "NVDA", "ratio": ratio}])
    yahoo.clock.advance(timedelta(days=1))
    assert ask(store, yahoo, universe).late == ["NVDA"]
    assert len(stored_bars(store, "NVDA")) == len(before)
    assert "split_jump" in set(quarantined(store, symbol="NVDA")["reason"])
    # A day later the source has worked it into its history.
    yahoo.set_faults([{"mode": "split", "symbol": "NVDA", "session": "2026-07-01", "ratio": ratio}])
    yahoo.clock.advance(timedelta(hours=2))
    report = ask(store, yahoo, universe)
    after = stored_bars(store, "NVDA")
    assert not report.late and len(after) == len(before) + 1
    np.testing.assert_allclose(after.close[:-1] * ratio, before.close)


@pytest.mark.parametrize("parts", [(1, 0), (0, 1), (0, 0), (10**9, 1)])
def test_a_split_that_cannot_be_costs_no_price_and_is_said(
    store: Store, universe: Universe, yahoo: StandIn, parts: tuple[int, int]
) -> None:
    odd = {"mode": "split-over-zero", "numerator": parts[0], "denominator": parts[1]}
    yahoo.set_faults([{"symbol": "NVDA", **odd}])
    report = ask(store, yahoo, universe)
    assert report.status == "done" and list(report.notes) == ["NVDA"]
    assert "Left out: a split" in report.notes["NVDA"][0] and len(stored_bars(store, "NVDA"))
    lines = run_items(store, report.run_id or 0).set_index("symbol")
    assert "Left out: a split" in lines.loc["NVDA", "detail"]
    assert stored_actions(store, "NVDA") == []


def test_an_answer_without_an_end_is_cut_off(yahoo: StandIn) -> None:
    source = YahooSource(yahoo.url, timeout=20)
    source.fetch("MU", now=NOW)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    for size in ({}, {"megabytes": 60}):
        yahoo.set_faults([{"mode": "endless", "symbol": "NVDA", **size}])
        with pytest.raises(FetchFailure, match="longer than 8 MB and was cut off"):
            source.fetch("NVDA", now=NOW)
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 40 * 1024


@pytest.mark.parametrize(
    ("location", "words"),
    [
        ("http://elsewhere.invalid/v8/finance/chart/NVDA", "elsewhere.invalid, which is not the source"),
        ("https://query2.finance.yahoo.com/v8/finance/chart/NVDA", "which is not the source"),
        ("http://127.0.0.1:1/v8/finance/chart/NVDA", "which is not the source"),
        ("http://me:secret@127.0.0.1/", "which is not the source"),
        ("file:///etc/hostname", "which is not the source"),
        ("//[broken", "which is not the source"),
        ("/v8/finance/chart/NVDA", "redirects more than 5 times"),
    ],
)
def test_a_redirect_leads_to_no_stranger(yahoo: StandIn, location: str, words: str) -> None:
    yahoo.set_faults([{"mode": "redirect", "symbol": "NVDA", "location": location}])
    with pytest.raises(FetchFailure) as caught:
        YahooSource(yahoo.url, timeout=5).fetch("NVDA", now=NOW)
    assert caught.value.kind == "malformed" and words in caught.value.detail and "rror" not in str(caught)


def test_a_redirect_within_the_source_is_followed(yahoo: StandIn) -> None:
    elsewhere = {"mode": "redirect", "symbol": "NVDA", "location": "/v8/finance/chart/MU?range=5d"}
    yahoo.set_faults([elsewhere])
    assert YahooSource(yahoo.url, timeout=5).fetch("NVDA", now=NOW).received_symbol == "MU"


@pytest.mark.parametrize(
    ("first", "target", "follows"),
    [
        ("https://query2.finance.yahoo.com/a", "https://guce.yahoo.com/consent", True),
        ("https://query2.finance.yahoo.com/a", "http://guce.yahoo.com/consent", False),
        ("https://query2.finance.yahoo.com/a", "https://yahoo.com.example.org/", False),
        ("https://query2.finance.yahoo.com/a", "https://notyahoo.com/", False),
        ("https://mirror.example.org/a", "https://mirror.example.org/b", True),
        ("https://mirror.example.org/a", "http://mirror.example.org/b", False),
        ("http://mirror.example.org/a", "https://mirror.example.org/b", True),
        ("http://mirror.example.org/a", "http://mirror.example.org/b", False),
        ("http://localhost:8765/a", "/b", True),
    ],
)
def test_where_a_redirect_may_lead(first: str, target: str, follows: bool) -> None:
    asked = []

    def send(method: str, url: str, **options: Any) -> Response:
        asked.append(url)
        reply = Response()
        reply.status_code = 302 if len(asked) == 1 else 200
        reply.headers = Headers({"Location": target} if len(asked) == 1 else {})
        return reply

    if follows:
        assert bounded(send, "GET", first, {}).status_code == 200
        assert len(asked) == 2
    else:
        with pytest.raises(FetchFailure):
            bounded(send, "GET", first, {})
        assert len(asked) == 1


def test_a_person_takes_a_changed_history_over(store: Store, universe: Universe, yahoo: StandIn) -> None:
    ask(store, yahoo, universe)
    before = stored_bars(store, "NVDA")
    yahoo.set_faults([{"mode": "othercompany", "symbol": "NVDA", "like": "MU"}])
    yahoo.clock.advance(timedelta(days=1))
    assert ask(store, yahoo, universe).failures["NVDA"][0] == "wrong_basis"
    since = date(2026, 1, 2)
    report = backfill(
        store,
        YahooSource(yahoo.url),
        universe,
        calendars(),
        since=since,
        clock=yahoo.clock.now,
        symbols=["NVDA"],
        accept=True,
    )
    assert report.status == "done" and not report.failures
    after, other = stored_bars(store, "NVDA"), stored_bars(store, "MU")
    assert after.sessions[0].item() == since and not np.isin(before.close, after.close).any()
    np.testing.assert_array_equal(after.close, other.close[-len(after) :])
    assert len(revisions(store, "NVDA")) == len(before)
    lines = run_items(store, report.run_id or 0).set_index("symbol")
    assert lines.loc["NVDA", "detail"] == "accepted in place of what was stored"
    yahoo.clock.advance(timedelta(days=1))
    assert not ask(store, yahoo, universe).failures, "and from then on it is the history"


@pytest.mark.parametrize("mode", [*ROW_MODES, *WHOLE_MODES])
def test_a_fault_of_the_source_stores_nothing_wrong(
    store: Store, universe: Universe, yahoo: StandIn, mode: str
) -> None:
    yahoo.set_faults([{"mode": mode, "symbol": "NVDA"}])
    faulty = ask(store, yahoo, universe)
    # the stand-in's walks know weekends and no holiday
    held = set(quarantined(store, symbol="NVDA")["reason"]) - {"not_a_session"}
    if mode in ROW_MODES:
        assert held == {ROW_MODES[mode]} and not faulty.failures
    else:
        assert held == set() and set(faulty.failures) == {"NVDA"}
        assert faulty.failures["NVDA"][0] == WHOLE_MODES[mode]
    assert faulty.answered >= 5
    yahoo.set_faults([])
    yahoo.clock.advance(timedelta(minutes=90))
    ask(store, yahoo, universe)
    with_others = coverage(store).set_index("symbol")
    assert with_others.loc["NVDA", "last"] == with_others.loc["MU", "last"]
    assert with_others.loc["NVDA", "bars"] == with_others.loc["MU", "bars"]


@pytest.mark.parametrize("mode", ["split", "split-no-event", "event-no-rebase", "dividend"])
def test_two_bases_never_stand_side_by_side(
    store: Store, universe: Universe, yahoo: StandIn, mode: str
) -> None:
    ask(store, yahoo, universe)
    before = stored_bars(store, "NVDA")
    yahoo.set_faults([{"mode": mode, "symbol": "NVDA", "session": "2026-07-01", "ratio": 4.0}])
    yahoo.clock.advance(timedelta(days=1))
    report = ask(store, yahoo, universe)
    after = stored_bars(store, "NVDA")
    assert (np.abs(np.diff(np.log(after.close))) < 0.3).all()
    if mode == "event-no-rebase":
        assert len(after) == len(before) and report.late == ["NVDA"]
        assert "split_jump" in set(quarantined(store, symbol="NVDA")["reason"])
        return
    assert len(after) == len(before) + 1 and list(report.rebased) == ["NVDA"] and not report.late
    ratio = before.close / after.close[:-1]
    assert np.allclose(ratio, 1.0 if mode == "dividend" else 4.0)
    yahoo.clock.advance(timedelta(days=1))
    assert not ask(store, yahoo, universe).rebased


# Killed half-way

WORKER = """
import sys
from datetime import datetime
from pathlib import Path
from curl_cffi.requests import Headers, Response

from ingest.fetching import Rules
from ingest.reconcile import backfill, run_once
from ingest.sources.csvfolder import CsvFolder
from models.sessions import Calendars
from models.store import Store
from models.universe import load_universe
url, folder, universe, cache, now = sys.argv[1:]
clock = datetime.fromisoformat(now)
with Store.open(url) as store:
    run_once(store, CsvFolder(Path(folder)), load_universe(universe), Calendars(cache_dir=Path(cache)),
             clock=lambda: clock, rules=Rules(workers=1),
             progress=lambda step: print(step.symbol, flush=True))
"""


@pytest.mark.parametrize("after", [1, 3])
def test_killed_half_way_and_run_again_nothing_is_lost_or_doubled(
    universe: Universe, tmp_path: Path, after: int
) -> None:
    folder, bars, cache = tmp_path / "csv", shelf(2000).bars, tmp_path / "cache"
    folder.mkdir()
    Calendars(cache_dir=cache)["XNYS"]
    for symbol, rows in bars.items():
        write_csv(folder, symbol, rows)
    (tmp_path / "universe.toml").write_text(UNIVERSE, encoding="utf-8")
    url, later = f"sqlite:///{tmp_path}/prices.db", datetime(2026, 8, 3, tzinfo=UTC)
    Store.open(url).close()
    command = [
        sys.executable,
        "-c",
        WORKER,
        url,
        str(folder),
        str(tmp_path / "universe.toml"),
        str(cache),
        later.isoformat(),
    ]
    with subprocess.Popen(
        command, cwd=ROOT, stdout=subprocess.PIPE, text=True, env=os.environ | {"PYTHONPATH": str(ROOT)}
    ) as child:
        assert child.stdout is not None
        for _ in range(after):
            assert child.stdout.readline()
        child.send_signal(signal.SIGKILL)
    with Store.open(url) as store:
        counts = coverage(store).set_index("symbol")["bars"]
        assert set(counts) <= {0, 2000} and (counts == 2000).sum() >= after
        report = run(store, CsvFolder(folder), universe, later)
        assert report.answered == 6 - (counts == 2000).sum() and report.status == "done"
        assert all(same(store, name, bars[name]) for name in NAMES)
        assert list(runs(store)["status"]) == ["done", "interrupted"]


def test_the_real_prices_come_through_yfinance_as_they_are(store: Store, real_prices: Path) -> None:
    from tests.standin.prices import Folder

    now, universe, known = datetime(2026, 8, 2, 12, tzinfo=UTC), load_universe(), Calendars()
    with StandIn(Folder(real_prices), now=now) as yahoo:
        report = run_once(store, YahooSource(yahoo.url), universe, known, clock=lambda: now)
        assert report.held == 9 and report.late == ["0981.HK", "9988.HK", "HKD=X"]
        assert set(quarantined(store)["reason"]) == {"not_a_session"}
        asked = len(yahoo.log)
        assert run_once(store, YahooSource(yahoo.url), universe, known, clock=lambda: now).total == 0
        assert len(yahoo.log) == asked
    close = {symbol: stored_bars(store, symbol) for symbol in ("^KS11", "000660.KS", "9984.T")}
    moves = {}
    for symbol, day in (
        ("^KS11", "2026-06-23"),
        ("^KS11", "2026-07-31"),
        ("000660.KS", "2026-07-31"),
        ("9984.T", "2024-08-05"),
    ):
        row = int(np.searchsorted(close[symbol].sessions, np.datetime64(day)))
        moves[symbol, day] = round(close[symbol].close[row] / close[symbol].close[row - 1] - 1, 4)
    assert json.dumps(list(moves.values())) == "[-0.0999, 0.1791, 0.2995, -0.1866]"

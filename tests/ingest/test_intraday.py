"""Bars of five minutes beside the stored days: what leads to their closes is kept, anything else is not."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest

from ingest.intraday import CheckedMinutes, check_minutes
from ingest.minutes import Minutes
from ingest.sources.base import IntradayAnswer
from models.intraday import IntradayBars
from models.store import (
    Store,
    finish_run,
    intraday,
    run_items,
    runs,
    start_run,
    store_answer,
    store_intraday,
    sync_instruments,
)
from models.types import Action, Bars, instant64
from models.universe import Universe, load_universe
from tests.ingest.series import calendar_of, calendars, instrument, walk

ITEM = instrument(symbol="MU")
DAILY = walk(40, item=ITEM, end=date(2026, 6, 26))
CALENDAR = calendar_of(ITEM)
NOW = datetime(2026, 6, 29, 15, 2, tzinfo=UTC)  # Monday, an hour and a half into the session
LAST = 12


def ways(daily: Bars = DAILY, last: int = LAST) -> IntradayBars:
    """Minutes of the last days, each a line through the day's open, low, high and close."""
    stamps, columns = [], []
    for row in range(len(daily) - last, len(daily)):
        place = CALENDAR.position(daily.sessions[row].item())
        at = np.arange(CALENDAR.opens[place], CALENDAR.closes[place], np.timedelta64(300, "s"))
        way = [getattr(daily, name)[row] for name in ("open", "low", "high", "close")]
        edges = np.interp(np.arange(len(at) + 1), np.linspace(0, len(at), 4), way)
        first, then = edges[:-1], edges[1:]
        stamps.append(at)
        columns.append([first, np.maximum(first, then), np.minimum(first, then), then, np.full(len(at), 9e4)])
    return IntradayBars(np.concatenate(stamps), *np.concatenate(columns, axis=1))


def times(bars: IntradayBars, factor: float | np.ndarray) -> IntradayBars:
    prices = (getattr(bars, name) * factor for name in ("open", "high", "low", "close"))
    return IntradayBars(bars.at, *prices, bars.volume)


def judged(bars: IntradayBars, **given: object) -> CheckedMinutes:
    facts = {"currency": "USD", "received_symbol": "MU", "timezone": "America/New_York", "granularity": "5m"}
    facts |= {name: given.pop(name) for name in tuple(given) if name in facts}  # type: ignore[misc]
    answer = IntradayAnswer("MU", bars, **facts)  # type: ignore[arg-type]
    return check_minutes(answer, ITEM, CALENDAR, **({"daily": DAILY} | given))  # type: ignore[arg-type]


def test_minutes_that_lead_to_the_closes_are_kept() -> None:
    found = judged(ways())
    assert found.rejected is None and found.notes == () and len(found.bars) == LAST * 78


@pytest.mark.parametrize(
    ("factor", "words"),
    [
        (1380.0, "none of 12 sessions end at the stored close"),
        (1 / 157.3, "none of 12 sessions"),
        (1.1, "none of 12 sessions"),
        (1.02, "2.0% from the stored closes, session after session"),
        (0.7 + 0.002 * np.arange(LAST * 78), "of 12 sessions end at the stored close"),
    ],
)
def test_another_basis_or_currency_is_refused_whole(factor: float | np.ndarray, words: str) -> None:
    found = judged(times(ways(), factor))
    assert found.rejected == "wrong_basis" and len(found.bars) == 0
    assert words in found.detail and found.detail.endswith("those that are stored stay.")


def test_another_company_at_a_like_price_is_refused() -> None:
    other = walk(40, seed=77, item=ITEM, end=date(2026, 6, 26), price=float(DAILY.close[0]))
    assert judged(ways(other)).rejected == "wrong_basis"


def test_what_an_answer_says_of_itself_is_read() -> None:
    assert judged(ways(), received_symbol="AMD").rejected == "wrong_symbol"
    assert judged(ways(), received_symbol=None).rejected == "wrong_symbol"
    assert judged(ways(), currency="KRW").rejected == "wrong_currency"
    assert judged(ways(), currency=None).rejected == "wrong_currency"
    assert judged(ways(), timezone="Asia/Seoul").rejected == "wrong_timezone"
    assert judged(ways(), granularity="1h").rejected == "wrong_granularity"


def test_a_split_between_the_minutes_and_the_days_is_named() -> None:
    split = Action(date(2026, 6, 29), "split", 2.5)
    found = judged(times(ways(), 1 / 2.5), actions=(split,))
    assert found.rejected == "wrong_basis"
    assert "the 5:2 split of 2026-06-29 is in them or in the stored closes, not in both" in found.detail


def test_a_bar_that_is_no_price_is_left_out_and_counted() -> None:
    bars = ways()
    bars.open[5] = np.nan
    bars.close[6] = bars.high[6] = 1e308
    bars.volume[7] = -1
    bars.low[8] = bars.high[8] * 1.2
    bars.close[9] = bars.open[9] = bars.high[9] = bars.low[9] = DAILY.high[-LAST] * 1.3
    twice = bars.take(np.sort(np.append(np.arange(len(bars)), 20)))
    twice.close[21] += 0.1
    found = judged(twice)
    assert found.rejected is None
    assert [note.split("bars left out: ")[1] for note in found.notes] == [
        "beyond any price or volume there is.",
        "without open, high, low or close.",
        "with a close or an open outside high and low.",
        "twice with other values.",
        "no price of their day.",
    ]
    assert found.notes[0].startswith("MU, 2 of 937 bars")
    kept = np.isin(bars.at, found.bars.at)
    assert np.flatnonzero(~kept).tolist() == [5, 6, 7, 8, 9, 20]


def test_bars_of_no_session_are_left_out() -> None:
    bars = ways()
    late = IntradayBars(bars.at + np.timedelta64(4, "h"), *(getattr(bars, name) for name in FIELDS))
    found = judged(late, daily=None)
    assert "outside the sessions" in found.notes[0] and len(found.bars) < len(late)
    places = np.searchsorted(CALENDAR.opens, found.bars.at, side="right") - 1
    assert (found.bars.at <= CALENDAR.closes[places]).all()


FIELDS = ("open", "high", "low", "close", "volume")


def test_the_running_session_goes_on_from_the_last_close_and_from_its_own_minutes() -> None:
    today = ways(last=1)
    shift = instant64(NOW.replace(hour=13, minute=30, second=0)) - today.at[0]
    today = IntradayBars(today.at + shift, *(getattr(today, name) for name in FIELDS)).take(slice(0, 18))
    assert judged(today).rejected is None
    far = judged(times(today, 7.1))
    assert far.rejected == "wrong_basis" and "does not go on from the stored close" in far.detail
    other = judged(times(today, 1.08), stored=today.take(slice(0, 12)))
    assert other.rejected == "wrong_basis"
    assert "0 of 12 say again what is stored of the same minutes" in other.detail
    revised = times(today, 1.0)
    revised.close[3] = revised.high[3] = revised.high[3] * 1.01
    assert judged(revised, stored=today).rejected is None


def test_of_two_that_differ_those_that_lead_to_the_closes_are_right() -> None:
    assert judged(ways(), stored=times(ways(), 4.0)).rejected is None
    assert judged(times(ways(), 1.01), stored=ways(), daily=None).rejected == "wrong_basis"


def test_a_fall_of_thirty_five_percent_within_a_session_stands() -> None:
    daily = walk(40, item=ITEM, end=date(2026, 6, 26))
    daily.close[-1], daily.low[-1] = daily.open[-1] * 0.65, daily.open[-1] * 0.64
    found = judged(ways(daily), daily=daily)
    assert found.rejected is None and found.notes == () and len(found.bars) == LAST * 78


@dataclass
class Source:
    """Minutes as the test lays them out."""

    bars: IntradayBars
    name: str = "yahoo"

    def fetch_intraday(self, symbol: str, since: datetime, *, now: datetime) -> IntradayAnswer:
        self.since = since
        rows = (self.bars.at >= instant64(since)) & (self.bars.at < instant64(now))
        return IntradayAnswer(symbol, self.bars.take(rows), "USD", symbol)


@pytest.fixture(scope="module")
def universe() -> Universe:
    return load_universe()


@pytest.fixture
def store(tmp_path: Path, universe: Universe) -> Iterator[Store]:
    with Store.open(f"sqlite:///{tmp_path}/prices.db") as opened:
        sync_instruments(opened, universe)
        keep(opened, DAILY)
        yield opened


def keep(store: Store, daily: Bars, actions: tuple[Action, ...] = ()) -> None:
    run = start_run(store, trigger="test", source="yahoo", now=NOW)
    store_answer(store, run, daily, actions=actions, source="yahoo", replace=True, now=NOW)
    finish_run(store, run, status="done", now=NOW)


def closes(store: Store) -> np.ndarray:
    return intraday(store, ["MU"], NOW - timedelta(days=400), NOW)["MU"].close


def worker(store: Store, source: Source, universe: Universe, now: datetime = NOW) -> Minutes:
    return Minutes(store, source, universe, calendars(), ("MU",), clock=lambda: now, wait=lambda _: False)


def test_a_refusal_is_noted_once_and_what_is_stored_stays(store: Store, universe: Universe) -> None:
    source = Source(ways())
    assert worker(store, source, universe).bring().stored == LAST * 78
    before = closes(store)
    source.bars = times(ways(), 1380.0)
    clock = [NOW]
    minutes = Minutes(
        store, source, universe, calendars(), ("MU",), clock=lambda: clock[0], wait=lambda _: False
    )
    for later in range(3):
        clock[0] = NOW + timedelta(minutes=15 * later)
        report = minutes.bring()
        assert report.stored == 0 and "another company, currency or basis" in report.failures["MU"]
    assert np.array_equal(closes(store), before)
    noted = runs(store)
    assert list(noted["trigger"]).count("minutes") == 1
    line = run_items(store, int(noted.loc[noted["trigger"] == "minutes", "run"].iloc[0]))
    assert line["failure"].tolist() == ["wrong_basis"]


def test_stored_minutes_follow_a_split_that_the_closes_followed(store: Store, universe: Universe) -> None:
    source = Source(ways())
    assert worker(store, source, universe).bring().stored == LAST * 78
    ago = replace(DAILY, sessions=DAILY.sessions)
    place = CALENDAR.position(DAILY.sessions[0].item())
    earlier = IntradayBars(  # of a day that the source has no more
        CALENDAR.closes[place : place + 1] - np.timedelta64(300, "s"),
        *(getattr(DAILY, name)[:1].copy() for name in ("close", "close", "close", "close")),
        np.array([600.0]),
    )
    store_intraday(store, "MU", earlier, NOW)
    columns = {name: getattr(ago, name) / 2.5 for name in ("open", "high", "low", "close", "adj_close")}
    after = Bars.of("MU", DAILY.sessions, **columns, volume=DAILY.volume * 2.5)
    keep(store, after, (Action(date(2026, 6, 29), "split", 2.5),))
    source.bars = ways(after)
    then = NOW + timedelta(days=1)
    report = worker(store, source, universe, then).bring()
    assert report.failures == {} and source.since == then - timedelta(days=59)
    found = closes(store)
    assert found[0] == pytest.approx(DAILY.close[0] / 2.5)
    assert np.allclose(found[1:], ways(after).close)

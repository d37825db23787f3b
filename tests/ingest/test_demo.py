"""Simulated prices: the published moves exactly, the rest plausible, and never another past."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime

import numpy as np
import pandas as pd
import pytest

from ingest.sources.base import Answer, FetchFailure, Source
from ingest.sources.demo import DemoSource
from models.sessions import Calendars
from models.types import BAR_FIELDS, session64
from models.universe import Universe, load_universe

NOW = datetime(2026, 8, 1, 12, tzinfo=UTC)


@pytest.fixture(scope="module")
def universe() -> Universe:
    return load_universe()


@pytest.fixture(scope="module")
def calendars(tmp_path_factory: pytest.TempPathFactory) -> Calendars:
    return Calendars(cache_dir=tmp_path_factory.mktemp("calendars"))


@pytest.fixture(scope="module")
def demo(universe: Universe, calendars: Calendars) -> DemoSource:
    return DemoSource(universe, calendars)


@pytest.fixture(scope="module")
def answers(demo: DemoSource, universe: Universe) -> dict[str, Answer]:
    return {symbol: demo.fetch(symbol, now=NOW) for symbol in universe.symbols}


@pytest.fixture(scope="module")
def closes(answers: dict[str, Answer]) -> pd.DataFrame:
    return pd.DataFrame(
        {
            symbol: pd.Series(answer.bars.close, index=pd.DatetimeIndex(answer.bars.sessions))
            for symbol, answer in answers.items()
        }
    )


def basket(universe: Universe, closes: pd.DataFrame, region: str) -> pd.Series:
    names = [item.symbol for item in universe.members if item.region == region]
    returns = closes[names].apply(lambda column: column.dropna().pct_change())
    return (1 + returns.mean(axis=1).dropna()).cumprod()


def test_it_is_a_source_of_simulated_prices(demo: DemoSource, answers: dict[str, Answer]) -> None:
    assert isinstance(demo, Source) and demo.simulated
    assert all(answer.simulated and answer.source == "simulated" for answer in answers.values())


def test_every_published_move_is_met(demo: DemoSource, closes: pd.DataFrame) -> None:
    count = 0
    for symbol, pins in demo.script.pins.items():
        returns = closes[symbol].dropna().pct_change()
        for day, move in pins.items():
            assert returns[pd.Timestamp(day)] == pytest.approx(move, abs=1e-6), (symbol, day)
            count += 1
    assert count > 60


@pytest.mark.parametrize(
    ("symbol", "day", "move"),
    [
        ("9984.T", "2024-08-05", -0.1866),
        ("NVDA", "2025-01-27", -0.1697),
        ("^KS11", "2026-06-23", -0.0999),
        ("000660.KS", "2026-07-31", 0.2995),
    ],
)
def test_moves_a_newcomer_will_look_for(closes: pd.DataFrame, symbol: str, day: str, move: float) -> None:
    assert closes[symbol].dropna().pct_change()[day] == pytest.approx(move, abs=1e-6)


def test_bars_are_whole_and_stand_on_sessions_that_have_closed(
    answers: dict[str, Answer], universe: Universe, calendars: Calendars
) -> None:
    for symbol, answer in answers.items():
        bars, calendar = answer.bars, calendars[universe[symbol].exchange.calendar]
        assert calendar.among(bars.sessions).all() and calendar.closed_by(bars.sessions, NOW).all()
        assert bars.sessions[-1] == session64(calendar.last_closed(NOW) or date.min)
        top, bottom = np.maximum(bars.open, bars.close), np.minimum(bars.open, bars.close)
        assert (bars.high >= top).all() and (bars.low <= bottom).all() and (bars.low > 0).all()
        assert (bars.volume >= 0).all() and (bars.adj_close == bars.close).all() and bars.final.all()
        assert (np.diff(bars.sessions) > np.timedelta64(0, "D")).all()
        assert (answer.currency, answer.timezone) == (
            universe[symbol].currency,
            universe[symbol].exchange.timezone,
        )


def test_a_name_begins_when_it_was_listed(closes: pd.DataFrame) -> None:
    first = closes.apply(pd.Series.first_valid_index)
    assert first["CRWV"] == pd.Timestamp("2025-03-28")
    assert first["SPCX"] == pd.Timestamp("2026-06-12")
    assert first["NVDA"] == pd.Timestamp("2015-01-02")


def test_the_same_question_has_the_same_answer(
    universe: Universe, calendars: Calendars, answers: dict[str, Answer]
) -> None:
    again = DemoSource(universe, calendars)
    for symbol in ("^SOX", "9984.T", "JPY=X"):  # asked for alone and in another order
        other = again.fetch(symbol, now=NOW).bars
        for name in BAR_FIELDS:
            np.testing.assert_array_equal(getattr(other, name), getattr(answers[symbol].bars, name))


@pytest.mark.parametrize("later", [datetime(2026, 8, 4, tzinfo=UTC), datetime(2026, 11, 21, tzinfo=UTC)])
def test_a_later_clock_adds_and_never_changes(
    demo: DemoSource, answers: dict[str, Answer], later: datetime
) -> None:
    for symbol in ("NVDA", "9984.T", "2330.TW", "KRW=X", "^VIX", "STX"):
        then, now = answers[symbol].bars, demo.fetch(symbol, now=later).bars
        assert len(now) > len(then)
        for name in BAR_FIELDS:
            np.testing.assert_array_equal(getattr(now, name)[: len(then)], getattr(then, name))


def test_an_earlier_clock_shows_the_beginning_of_the_same_story(
    universe: Universe, calendars: Calendars, answers: dict[str, Answer]
) -> None:
    early = DemoSource(universe, calendars).fetch("NVDA", now=datetime(2024, 8, 6, tzinfo=UTC)).bars
    assert early.sessions[-1] == np.datetime64("2024-08-05")
    np.testing.assert_array_equal(early.close, answers["NVDA"].bars.close[: len(early)])


def test_a_span_is_part_of_the_whole(demo: DemoSource, answers: dict[str, Answer]) -> None:
    part = demo.fetch("MU", date(2026, 6, 1), date(2026, 6, 30), now=NOW).bars
    whole = answers["MU"].bars
    keep = (whole.sessions >= np.datetime64("2026-06-01")) & (whole.sessions <= np.datetime64("2026-06-30"))
    np.testing.assert_array_equal(part.close, whole.close[keep])


def test_a_name_that_a_user_adds_gets_a_history(universe: Universe, calendars: Calendars) -> None:
    added = replace(universe["NVDA"], symbol="NEWCO", start=date(2026, 3, 2))
    wider = replace(universe, instruments=(*universe.instruments, added))
    bars = DemoSource(wider, calendars).fetch("NEWCO", now=NOW).bars
    assert bars.close[0] == pytest.approx(100) and bars.sessions[0] == np.datetime64("2026-03-02")


def test_an_unknown_symbol_is_not_found(demo: DemoSource) -> None:
    with pytest.raises(FetchFailure) as caught:
        demo.fetch("NOPE", now=NOW)
    assert caught.value.kind == "not_found"


def test_before_the_first_session_there_is_nothing(demo: DemoSource) -> None:
    assert len(demo.fetch("SPCX", now=datetime(2026, 6, 1, tzinfo=UTC))) == 0


# Plausible at a glance


@pytest.mark.parametrize(
    ("layer", "low", "high"),
    [
        ("telecom", 0.10, 0.30),
        ("hyperscaler", 0.18, 0.50),
        ("foundry", 0.18, 0.55),
        ("accelerators", 0.30, 0.85),
        ("memory", 0.25, 1.0),
        ("neocloud", 0.70, 1.4),
        ("context", 0.001, 1.2),
    ],
)
def test_volatility_suits_the_layer(
    universe: Universe, closes: pd.DataFrame, layer: str, low: float, high: float
) -> None:
    for item in universe.instruments:
        if item.layer.id == layer:
            volatility = closes[item.symbol].dropna().pct_change().std() * np.sqrt(252)
            assert low < volatility < high, item.symbol


def test_tails_are_fat_and_volatility_clusters(universe: Universe, closes: pd.DataFrame) -> None:
    returns = basket(universe, closes, "us").pct_change().dropna()
    assert returns.kurt() > 3
    assert returns.abs().autocorr(1) > 0.1
    assert abs(returns.autocorr(1)) < 0.15


def test_asia_follows_new_york_a_day_later(universe: Universe, closes: pd.DataFrame) -> None:
    asia = basket(universe, closes, "asia").pct_change()
    new_york = basket(universe, closes, "us").pct_change()
    night_before = asia.corr(new_york.shift(1))
    same_date = asia.corr(new_york)
    assert 0.35 < night_before < 0.75
    assert night_before > 1.8 * same_date > 0


@pytest.mark.parametrize(
    ("region", "start", "end", "low", "high"),
    [
        ("asia", "2024-07-10", "2024-08-05", -0.36, -0.20),
        ("us", "2024-07-10", "2024-08-05", -0.32, -0.17),
        ("asia", "2025-02-18", "2025-04-08", -0.36, -0.20),
        ("us", "2025-02-18", "2025-04-08", -0.42, -0.25),
        ("us", "2025-10-29", "2025-11-20", -0.28, -0.08),
        ("asia", "2026-06-22", "2026-07-30", -0.45, -0.22),
        ("us", "2026-06-22", "2026-07-28", -0.35, -0.10),
    ],
)
def test_the_baskets_fall_when_the_real_ones_did(
    universe: Universe, closes: pd.DataFrame, region: str, start: str, end: str, low: float, high: float
) -> None:
    level = basket(universe, closes, region)
    assert low < level.asof(end) / level.asof(start) - 1 < high


def test_no_name_falls_to_nothing_or_beyond_reason(closes: pd.DataFrame) -> None:
    for symbol in closes:
        path = closes[symbol].dropna()
        assert -0.99 < (path / path.cummax() - 1).min() < -0.001, symbol
        # SK Hynix +29.95 % is a published day; only the yield of a volatility index may go further
        assert path.pct_change().abs().max() < (0.8 if symbol == "^VIX" else 0.45), symbol


def test_prices_end_where_the_real_ones_did(closes: pd.DataFrame) -> None:
    last = closes.ffill().loc["2026-07-31"]
    assert last["NVDA"] == pytest.approx(200, rel=0.01)
    assert last["^KS11"] == pytest.approx(6600, rel=0.01)
    assert last["9984.T"] == pytest.approx(5300, rel=0.01)


def test_a_simulated_session_stays_within_its_exchange_s_limits(
    answers: dict[str, Answer], universe: Universe
) -> None:
    """What the checks hold back as impossible must not be what a first look shows."""
    judged = 0
    for symbol, answer in answers.items():
        item, bars = universe[symbol], answer.bars
        shares = {"XKRX": 0.30, "XTAI": 0.10}.get(item.exchange.mic)
        if item.kind != "equity" or shares is None:
            continue
        base = bars.close[:-1]
        since = bars.sessions[1:] >= np.datetime64("2015-06-15")  # both limits as they are today
        for name in ("open", "high", "low", "close"):
            moves = np.abs(getattr(bars, name)[1:] / base - 1)[since]
            assert moves.max() <= shares + 1e-9, (symbol, name)
            judged += len(moves)
    assert judged > 40_000

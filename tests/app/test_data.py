from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from app.market import market as data
from app.market import reader as reading
from app.market.market import Market, View, view_of
from app.settings import Settings
from app.web.presenter.frozen_prices import FrozenMarket
from models.errors import NoPricesError, StoreUnreachableError
from models.sessions import Calendars
from models.store import Panel, Store, start_run, store_answer, sync_instruments
from models.store.panel import MATRICES, known_until
from models.types import BAR_FIELDS, Bars, instant64
from models.universe import Universe, load_universe
from tests.app.situations import LAST, NOW, bars_until, panel_of, rising, then, view_with

NAN = float("nan")


def at(text: str) -> datetime:
    return datetime.fromisoformat(f"{text}:00+00:00")


@pytest.fixture(scope="module")
def bars(calendars: Calendars, universe: Universe) -> list[Bars]:
    """Ten sessions of SoftBank, SK Hynix and Nvidia up to 24 June 2026."""
    return [
        bars_until(calendars, universe, symbol, rising(10), LAST)
        for symbol in ("9984.T", "000660.KS", "NVDA")
    ]


def last_of(view: View, symbol: str) -> str:
    return str(view.panel.bars(symbol).sessions[-1])


@pytest.mark.parametrize(
    ("now", "tokyo", "seoul", "new_york"),
    [
        ("2026-06-24T22:00", "2026-06-24", "2026-06-24", "2026-06-24"),
        ("2026-06-24T20:00", "2026-06-24", "2026-06-24", "2026-06-24"),
        ("2026-06-24T19:59", "2026-06-24", "2026-06-24", "2026-06-23"),
        ("2026-06-24T06:30", "2026-06-24", "2026-06-24", "2026-06-23"),
        ("2026-06-24T06:29", "2026-06-23", "2026-06-23", "2026-06-23"),
        ("2026-06-23T12:00", "2026-06-23", "2026-06-23", "2026-06-22"),
        ("2026-06-21T12:00", "2026-06-19", "2026-06-19", "2026-06-18"),
    ],
)
def test_an_instant_knows_only_sessions_that_had_closed(
    calendars: Calendars,
    universe: Universe,
    bars: list[Bars],
    now: str,
    tokyo: str,
    seoul: str,
    new_york: str,
) -> None:
    view = view_of(panel_of(universe, bars), universe, calendars, at(now))
    assert [last_of(view, symbol) for symbol in ("9984.T", "000660.KS", "NVDA")] == [tokyo, seoul, new_york]
    assert not np.isfinite(view.panel.close[~view.panel.present]).any()


@pytest.mark.parametrize(
    ("now", "last"),
    [
        ("2026-06-24T13:29", "2026-06-23"),
        ("2026-06-24T13:30", "2026-06-24"),
        ("2026-06-24T19:59", "2026-06-24"),
    ],
)
def test_a_provisional_bar_counts_from_its_opening(
    calendars: Calendars, universe: Universe, now: str, last: str
) -> None:
    final = np.ones(10, dtype=np.bool_)
    final[-1] = False
    made = bars_until(calendars, universe, "NVDA", rising(10), LAST, final=final)
    view = view_of(panel_of(universe, [made]), universe, calendars, at(now))
    assert last_of(view, "NVDA") == last
    assert view.panel.bars("NVDA").final[-1] == (last == "2026-06-23")


def test_equal_keys_mean_equal_prices(calendars: Calendars, universe: Universe, bars: list[Bars]) -> None:
    panel = panel_of(universe, bars)

    def key(now: str, **more: Any) -> str:
        return view_of(panel, universe, calendars, at(now), **more).key

    assert key("2026-06-24T06:31") == key("2026-06-24T07:59")
    assert len({key("2026-06-24T06:31"), key("2026-06-24T13:31"), key("2026-06-24T20:01")}) == 3
    assert key("2026-06-24T06:31") != key("2026-06-24T06:31", simulated=True)
    newer = view_of(replace(panel, version=2), universe, calendars, at("2026-06-24T06:31"))
    assert newer.key != key("2026-06-24T06:31")


def test_a_name_that_left_the_universe_is_left_out(calendars: Calendars, bars: list[Bars]) -> None:
    full = load_universe()
    fewer = replace(full, instruments=tuple(item for item in full.instruments if item.symbol != "NVDA"))
    view = view_of(panel_of(full, bars), fewer, calendars, NOW)
    assert "NVDA" not in view.panel.symbols
    assert view.panel.close.shape == (len(view.panel.sessions), len(view.panel.symbols))
    assert last_of(view, "9984.T") == "2026-06-24"


def test_before_the_first_bar_there_is_nothing(
    calendars: Calendars, universe: Universe, bars: list[Bars]
) -> None:
    view = view_of(panel_of(universe, bars), universe, calendars, at("2020-01-01T00:00"))
    assert view.empty
    assert view.last_session is None
    with pytest.raises(NoPricesError, match="No name of the basket 'all' has a price by then"):
        view.basket()


def test_a_day_of_which_no_name_of_an_exchange_has_a_bar_is_no_closure(
    calendars: Calendars, universe: Universe
) -> None:
    """A hole of the source looks the same as a typhoon: its names are missing, not unmoved."""
    closed = [*rising(6), NAN, *rising(3)]
    view = view_with(
        calendars,
        universe,
        {"2330.TW": closed, "2317.TW": closed, "9984.T": [*rising(9), 100.0], "NVDA": rising(10)},
    )
    days = view.panel.sessions
    shut = calendars["XTAI"].between(LAST - timedelta(days=20), LAST)[-4]
    row = int(np.searchsorted(days, shut))
    assert days[row] == shut
    taipei = view.columns(("2330.TW", "2317.TW"))
    assert view.open_exchange[row, taipei].all() and view.holes[row, taipei].all()
    assert not view.traded_exchange[row, taipei].any()
    assert view.open_exchange[row, view.columns(("9984.T",))].all()
    lacking = view_with(calendars, universe, {"2330.TW": closed, "2317.TW": rising(10)})
    row = int(np.searchsorted(lacking.panel.sessions, shut))
    assert lacking.open_exchange[row, lacking.columns(("2330.TW", "2317.TW"))].all()
    assert not lacking.holes.any()


def test_a_session_past_an_exchanges_last_bar_counts_once_it_is_due(
    calendars: Calendars, universe: Universe
) -> None:
    late = bars_until(calendars, universe, "000660.KS", rising(10), date(2026, 6, 19))
    us = bars_until(calendars, universe, "NVDA", rising(10), LAST)
    panel, days = panel_of(universe, [late, us]), np.arange("2026-06-22", "2026-06-25", dtype="datetime64[D]")

    def held(now: str) -> list[str]:
        view = view_of(panel, universe, calendars, at(now))
        column = view.columns(("000660.KS",))[0]
        assert not view.traded_exchange[np.isin(view.panel.sessions, days), column].any()
        return view.panel.sessions[view.holes[:, column]].astype(str).tolist()

    assert held("2026-06-24T22:00") == days.astype(str).tolist()
    # Seoul closes at 06:30; its bars are due an hour and a half later, and until then nothing is missing.
    assert held("2026-06-24T07:00") == ["2026-06-22", "2026-06-23"]


def test_a_symbol_is_active_from_its_start(calendars: Calendars, universe: Universe) -> None:
    view = view_with(calendars, universe, {"NVDA": rising(400)})
    sandisk, nvidia = view.columns(("SNDK", "NVDA"))
    begun = view.panel.sessions >= np.datetime64("2025-02-13")
    np.testing.assert_array_equal(view.active[:, sandisk], begun)
    assert view.active[:, nvidia].all()


def test_dollars_follow_the_currency(calendars: Calendars, universe: Universe) -> None:
    """The won falls 10 % while the price in won stands still."""
    won = [1400.0] * 9 + [1400 / 0.9]
    view = view_with(calendars, universe, {"000660.KS": [1e6] * 10, "KRW=X": won, "NVDA": rising(10)})
    column, nvidia = view.columns(("000660.KS", "NVDA"))
    usd = view.prices("usd")[:, column]
    assert usd[np.isfinite(usd)][-1] / usd[np.isfinite(usd)][0] == pytest.approx(0.9)
    np.testing.assert_array_equal(view.prices("usd")[:, nvidia], view.prices("local")[:, nvidia])
    returns = view.returns("usd")[:, column]
    assert returns[np.isfinite(returns)][-1] == pytest.approx(-0.1)


def test_dollars_without_a_rate_are_missing_not_guessed(calendars: Calendars, universe: Universe) -> None:
    view = view_with(calendars, universe, {"000660.KS": rising(10)})
    assert np.isnan(view.prices("usd")[:, view.columns(("000660.KS",))[0]]).all()


def test_what_was_worked_out_is_kept_within_bounds(
    calendars: Calendars, universe: Universe, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(data, "REMEMBERED", 5)
    view = view_with(calendars, universe, {"NVDA": rising(10)})
    made: list[int] = []

    def ask(key: int) -> int:
        return view.remember(key, lambda: made.append(key) or key)  # type: ignore[func-returns-value]

    for key in (1, 2, 3, 4, 5, 1, 6):
        assert ask(key) == key
    assert made == [1, 2, 3, 4, 5, 6]
    ask(1)  # used lately: kept
    assert made[-1] == 6
    ask(2)  # the least used went
    assert made[-1] == 2
    for key in range(100, 400):
        ask(key)
    assert len(view._memo) <= 5


def test_many_readers_at_once_get_one_answer(calendars: Calendars, universe: Universe) -> None:
    view = view_with(calendars, universe, {"NVDA": rising(10)})
    found: list[Any] = []
    readers = [threading.Thread(target=lambda: found.append(view.prices())) for _ in range(8)]
    for reader in readers:
        reader.start()
    for reader in readers:
        reader.join()
    assert len(found) == 8
    assert all(np.array_equal(one, found[0], equal_nan=True) for one in found)
    assert view.prices() is view.prices()


def test_a_failure_is_not_remembered(calendars: Calendars, universe: Universe) -> None:
    view = view_with(calendars, universe, {"NVDA": rising(10)})
    with pytest.raises(ZeroDivisionError):
        view.remember("key", lambda: 1 / 0)
    assert view.remember("key", lambda: 5) == 5


# The market: what a running dashboard sees of its stores.


@pytest.fixture
def market(tmp_path: Path, filled: Path) -> Iterator[Market]:
    (tmp_path / "cache").symlink_to(filled / "cache")
    found = Market(Settings(data_dir=tmp_path, now=NOW), poll=0.0)
    yield found
    found.close()


def keep(market: Market, closes: list[float], symbol: str = "NVDA", *, simulated: bool = False) -> None:
    settings = market.settings
    with Store.open(settings.simulated_url if simulated else settings.store_url, migrate=True) as store:
        sync_instruments(store, market.universe)
        run = start_run(store, trigger="test", source="made", now=NOW)
        store_answer(
            store,
            run,
            bars_until(market.calendars, market.universe, symbol, closes, LAST),
            source="made",
            now=NOW,
        )


def test_an_empty_store_says_what_to_do(market: Market) -> None:
    with pytest.raises(NoPricesError, match=r"No prices yet\. Run `aftershock ingest once`\."):
        market.view()


def test_simulated_prices_stand_in_until_the_first_real_one(market: Market) -> None:
    keep(market, rising(10), "MU", simulated=True)
    before = market.view()
    assert before.simulated
    assert last_of(before, "MU") == "2026-06-24"
    keep(market, rising(10), "NVDA")
    after = market.view()
    assert not after.simulated
    assert after.key != before.key
    assert not after.panel.present[:, after.columns(("MU",))].any()  # never mixed
    assert last_of(after, "NVDA") == "2026-06-24"


def test_new_prices_show_at_the_next_look(market: Market) -> None:
    keep(market, rising(10))
    before = market.view()
    assert market.view() is before
    keep(market, then(rising(9), -0.5))
    after = market.view()
    assert after.key != before.key
    assert after.panel.bars("NVDA").close[-1] == pytest.approx(after.panel.bars("NVDA").close[-2] / 2)


def test_between_looks_the_store_is_left_alone(market: Market, monkeypatch: pytest.MonkeyPatch) -> None:
    keep(market, rising(10))
    asked = []
    known = reading.dataset_version
    monkeypatch.setattr(reading, "dataset_version", lambda store: asked.append(1) or known(store))
    patient = Market(market.settings, poll=3600)
    for _ in range(5):
        patient.view()
    patient.close()
    assert len(asked) <= 1


def test_a_database_that_is_away_leaves_the_last_prices(
    market: Market, monkeypatch: pytest.MonkeyPatch
) -> None:
    keep(market, rising(10))
    before = market.view()

    def away(_store: Store) -> int:
        raise StoreUnreachableError("The database does not answer.")

    with monkeypatch.context() as patch:
        patch.setattr(reading, "dataset_version", away)
        assert market.view() is before
        assert market.problem == "Database unreachable since 22:00 UTC; showing the prices of 22:00 UTC."
    assert market.view() is before
    assert market.problem is None


def test_a_database_that_was_never_there_is_said(market: Market, monkeypatch: pytest.MonkeyPatch) -> None:
    def away(_store: Store) -> Any:
        raise StoreUnreachableError("The database does not answer.")

    monkeypatch.setattr(reading, "load_panel", away)
    with pytest.raises(StoreUnreachableError, match="does not answer"):
        market.view()


def masked(panel: Panel, keep: Any) -> dict[str, Any]:
    """What of a panel is left by a mask, worked out on a copy."""
    rows = keep.any(axis=1)
    found = {"sessions": panel.sessions[rows]}
    for name in MATRICES:
        values = getattr(panel, name)[rows].copy()
        values[~keep[rows]] = np.nan if name in BAR_FIELDS else 0
        found[name] = values
    return found


@pytest.mark.parametrize("shared", ["2026-06-22T22:00", "2026-06-24T07:00", "2026-06-23T18:00"])
def test_a_view_shares_the_prices(
    calendars: Calendars, universe: Universe, bars: list[Bars], shared: str
) -> None:
    """An evening is a slice; in the middle of a day what is asked for is copied, and nothing else."""
    panel = panel_of(universe, bars)
    final = panel.final.copy()
    final[-1, universe.symbols.index("NVDA")] = False
    panel = replace(panel, final=final)
    view = view_of(panel, universe, calendars, at(shared))
    closed, begun = (
        np.array([_until(calendars, universe, symbol, at(shared), edge) for symbol in panel.symbols])
        for edge in ("closes", "opens")
    )
    days = panel.sessions[:, None]
    wanted = masked(panel, panel.present & ((days <= closed) | (~panel.final & (days <= begun))))
    found = view.panel
    evening = shared.endswith("22:00")
    assert "close" not in vars(found), "cut when it is asked for"
    for name, values in wanted.items():
        np.testing.assert_array_equal(getattr(found, name), values, name)
    assert np.shares_memory(found.close, panel.close) == evening
    assert found.version == panel.version and found.symbols == panel.symbols
    assert view_of(found, universe, calendars, at("2026-06-18T22:00")).panel.sessions[-1] < found.sessions[-1]


def _until(calendars: Calendars, universe: Universe, symbol: str, moment: datetime, edge: str) -> Any:
    calendar = calendars[universe[symbol].exchange.calendar]
    return calendar.sessions[np.searchsorted(getattr(calendar, edge), instant64(moment), side="right") - 1]


def test_days_that_were_known_apart_are_left_out_alone(calendars: Calendars, universe: Universe) -> None:
    """A session between two that are known, of which nothing is known, is none of the view."""
    days = np.array(["2026-06-22", "2026-06-23", "2026-06-24"], dtype="datetime64[D]")
    made = [Bars.of("NVDA", days[:2], close=np.ones(2)), Bars.of("9984.T", days[[0, 2]], close=np.ones(2))]
    panel = panel_of(universe, made)
    last = np.where(np.array(panel.symbols) == "9984.T", days[2], days[0])
    found = known_until(panel, last, last)
    assert found.sessions.tolist() == days[[0, 2]].tolist()
    assert found.present.sum() == 3 and np.isfinite(found.close).sum() == 3


def test_stored_prices_cannot_be_written_into(market: Market) -> None:
    keep(market, rising(60))
    with pytest.raises(ValueError, match="read-only"):
        market.view().panel.close[0] = 1


def test_what_views_hold_is_bounded_in_bytes(market: Market) -> None:
    keep(market, rising(60))
    market._views.most = 4 * 2**20
    for days in range(12):
        view = market.view(NOW - timedelta(days=days))
        for number in range(3):
            view.remember(("block", number), lambda: np.zeros(2**17))
        assert market._views.used <= 4 * 2**20
    view = market.view(NOW)
    for number in range(20):
        view.remember(("block", number), lambda: np.zeros(2**17))
    assert market.view(NOW) is view and len(view._memo) <= 4
    assert view.remember(("block", 19), lambda: np.ones(1))[0] == 0, "the last one asked for is kept"


def test_a_presentation_holds_no_views_of_its_own(market: Market) -> None:
    keep(market, rising(60))
    frozen = FrozenMarket(market, market.newest(), market.events(), NOW)
    assert frozen.view() is market.view()
    for days in range(30):
        frozen.view(NOW - timedelta(days=days))
    assert len(market._views) <= 12


def test_views_are_kept_within_bounds(market: Market) -> None:
    keep(market, rising(60))
    for days in range(30):
        market.view(NOW - timedelta(days=days))
    assert len(market._views) <= 12
    assert market.view(NOW) is market.view(NOW + timedelta(minutes=1))


def test_cities_have_their_names_and_indices(market: Market) -> None:
    assert list(market.cities) == ["Tokyo", "Seoul", "Taipei", "Hong Kong", "New York"]
    calendar, symbols = market.cities["Seoul"]
    assert calendar.id == "XKRX"
    assert {"000660.KS", "^KS11"} <= set(symbols)
    assert "KRW=X" not in symbols


def test_the_clock_can_be_stopped(market: Market) -> None:
    assert market.now() == NOW
    assert Market(Settings(data_dir=market.settings.data_dir)).now() <= datetime.now(UTC)

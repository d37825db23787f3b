"""Published closing moves and the product's own definitions, on real prices."""

from __future__ import annotations

from datetime import date

import numpy as np
import pandas as pd
import pytest

from models.analytics.baskets import BasketPath, basket_path
from models.analytics.breadth import breadth
from models.analytics.episodes import current_and_worst, drawdown_episodes, selloff_legs
from models.analytics.relay import basket_legs, relay_legs, starter, walk_of_day, walk_of_onset
from models.analytics.returns import moves, price_path, price_return_only
from models.sessions import Calendars
from tests.analytics.market import ASIA, US, Market

CLOSES = {
    "2024-08-05": {"^N225": -12.40, "^KS11": -8.77, "9984.T": -18.66},
    "2025-01-27": {"NVDA": -16.97},
    "2025-04-07": {"^HSI": -13.22, "^TWII": -9.70},
    "2025-11-05": {"9984.T": -10.02},
    "2026-06-05": {"^IXIC": -4.18, "^SOX": -10.26},
    "2026-06-23": {
        "^KS11": -9.99,
        "000660.KS": -12.47,
        "005930.KS": -12.31,
        "9984.T": -10.09,
        "285A.T": -15.10,
        "MU": -13.18,
        "^IXIC": -2.21,
    },
    "2026-06-26": {"9984.T": -12.53, "^KS11": -5.81},
    "2026-07-02": {"^KS11": -7.89, "000660.KS": -14.57},
    "2026-07-28": {"^KS11": -10.84},
    "2026-07-31": {"^KS11": 17.91, "000660.KS": 29.95},
}
"""Close to close, percent, as the exchanges and the press gave them."""


@pytest.mark.parametrize("day", CLOSES)
def test_closing_moves_of_the_record_days(market: Market, day: str) -> None:
    frame = moves(
        market.sessions,
        market.symbols,
        open_=market.open,
        low=market.low,
        close=market.close,
        adj_close=market.adj_close,
        on=date.fromisoformat(day),
    ).set_index("symbol")
    for symbol, percent in CLOSES[day].items():
        assert frame.loc[symbol, "close_return"] * 100 == pytest.approx(percent, abs=0.0051), symbol
    whole = (1 + frame["gap_return"]) * (1 + frame["session_return"]) - 1
    split = frame["close_return"][whole.notna()]
    np.testing.assert_allclose(whole.dropna(), split, atol=1e-12)


def test_seoul_and_taipei_were_closed_on_the_deepseek_monday(market: Market) -> None:
    row = market.row("2025-01-27")
    assert np.isnan(market.close[row, market.columns(["000660.KS", "2330.TW"])]).all()


def test_names_without_adjusted_closes_are_price_returns(market: Market) -> None:
    flags = price_return_only(market.close, market.adj_close).any(axis=0)
    assert flags[market.columns(["000660.KS", "2317.TW"])].all()
    assert not flags[market.columns(["NVDA", "285A.T"])].any()


def test_only_an_adjusted_close_is_chained_onto_the_close(market: Market) -> None:
    n = market.columns(["SMH"])[0]
    path = price_path(market.close[:, n], market.adj_close[:, n])
    row, before = market.row("2021-07-06"), market.row("2021-07-02")
    assert np.isnan(market.close[before, n])
    adjusted = market.adj_close[row, n] / market.adj_close[before, n]
    assert path[row] / path[before] == pytest.approx(adjusted)
    assert path[row] == market.close[row, n]


@pytest.fixture(scope="module")
def basket(market: Market, calendars: Calendars) -> BasketPath:
    names = ASIA + US
    opened = market.exchange_open(names, calendars)
    return basket_path(market.sessions, market.returns(names), opened, np.ones_like(opened))


def change(market: Market, level: np.ndarray) -> float:
    rows = [market.row(day) for day in ("2026-06-22", "2026-07-29")]
    return float(level[rows[1]] / level[rows[0]] - 1)


def test_the_basket_fell_by_28_5_percent(market: Market, basket: BasketPath) -> None:
    assert change(market, basket.level) == pytest.approx(-0.285, abs=5e-4)
    assert not basket.withheld[market.row("2026-06-22") : market.row("2026-07-29")].any()


def test_two_other_rules_give_other_falls(market: Market, calendars: Calendars) -> None:
    """Joining only what traded, or dropping one-sided days: why the rule is printed in the note."""
    names = ASIA + US
    opened = market.exchange_open(names, calendars)
    traded = np.where(opened, market.returns(names), np.nan)
    rows = slice(market.row("2026-06-22"), market.row("2026-07-29") + 1)
    mean = np.nanmean(traded[rows], axis=1)
    assert change_of(mean) == pytest.approx(-0.270, abs=5e-4)
    sides = opened[rows, : len(ASIA)].any(axis=1) & opened[rows, len(ASIA) :].any(axis=1)
    assert change_of(mean[sides]) == pytest.approx(-0.292, abs=5e-4)


def change_of(returns: np.ndarray) -> float:
    return float(np.prod(1 + returns[1:]) - 1)


FALLS = {
    "CRWV": (-60.9, "2025-06-20", "2025-06-23", "2026-07-29", -66.9, 279, 96),
    "ORCL": (-60.3, "2025-09-10", "2025-09-11", "2026-07-24", -64.9, 223, 100),
    "285A.T": (-57.2, "2026-06-22", "2026-06-23", "2026-07-29", -64.7, 28, 99),
    "000660.KS": (-41.1, "2026-06-22", "2026-06-23", "2026-07-30", -54.7, 28, 93),
    "9984.T": (-39.1, "2026-06-02", "2026-06-03", "2026-07-30", -46.5, 42, 77),
    "MU": (-32.2, "2026-06-25", "2026-06-26", "2026-07-29", -39.1, 25, 64),
    "005930.KS": (-27.6, "2026-06-18", "2026-06-19", "2026-07-30", -42.9, 30, 83),
    "NVDA": (-14.8, "2026-05-14", "2026-05-15", "2026-07-29", -19.4, 53, 70),
    "2330.TW": (-3.4, "2026-06-22", "2026-06-23", "2026-07-29", -12.4, 29, 34),
}
"""Now, peak, first day down, trough, at the trough, sessions, percentile; computed independently."""


@pytest.mark.parametrize("symbol", FALLS)
def test_current_falls(market: Market, symbol: str) -> None:
    row = current_and_worst(market.sessions, market.prices([symbol]), [symbol]).iloc[0]
    now, peak, first, trough, low, count, percentile = FALLS[symbol]
    assert row["drawdown"] * 100 == pytest.approx(now, abs=0.051)
    found = [str(row[field].date()) for field in ("peak", "first_down", "trough")]
    assert found == [peak, first, trough]
    assert row["trough_drawdown"] * 100 == pytest.approx(low, abs=0.051)
    assert row["sessions"] == count
    assert row["percentile"] * 100 == pytest.approx(percentile, abs=0.51)


WORST = {
    "CRWV": (-66.9, "2025-06-20", "2026-07-29"),
    "9984.T": (-51.0, "2024-07-11", "2025-04-07"),
    "MU": (-57.8, "2024-06-18", "2025-04-04"),
    "NVDA": (-36.9, "2025-01-06", "2025-04-04"),
    "2330.TW": (-30.8, "2025-01-22", "2025-04-09"),
}
"""Worst falls among prices since January 2024."""


def test_worst_falls_of_a_window(market: Market) -> None:
    table = current_and_worst(
        market.sessions, market.prices(list(WORST)), list(WORST), worst_since=date(2024, 1, 1)
    )
    for row, (depth, peak, trough) in zip(table.itertuples(), WORST.values(), strict=True):
        assert row.max_drawdown * 100 == pytest.approx(depth, abs=0.051)
        assert [str(row.max_peak.date()), str(row.max_trough.date())] == [peak, trough]


def test_every_name_has_its_open_fall_last(market: Market) -> None:
    prices = market.prices(ASIA + US)
    table = drawdown_episodes(market.sessions, prices, ASIA + US)
    now = current_and_worst(market.sessions, prices, ASIA + US).set_index("symbol")
    still = table[table["recovered"].isna()].set_index("symbol")
    pd.testing.assert_series_equal(still["peak"], now.loc[still.index, "peak"])
    assert (now["max_drawdown"] == table.groupby("symbol")["depth"].min()[now.index]).all()


LEGS = [
    ("2024-07-10", "2024-08-05", -0.28, "not clear"),
    ("2025-01-22", "2025-01-27", -0.12, "asia_session"),
    ("2025-02-19", "2025-04-08", -0.34, "us_session"),
    ("2025-11-03", "2025-11-21", -0.16, "asia_session"),
    ("2026-06-03", "2026-06-10", -0.12, "us_gap"),
    ("2026-06-22", "2026-07-29", -0.29, "asia_session"),
]
"""Depths computed independently on a slightly different set of names: near, not equal."""


@pytest.fixture(scope="module")
def relay(market: Market, calendars: Calendars) -> pd.DataFrame:
    legs = {}
    for side, names in (("asia", ASIA), ("us", US)):
        opened = market.exchange_open(names, calendars)
        pair = basket_legs(market.sessions, *market.legs(names), opened, np.ones_like(opened))
        legs[f"{side}_gap"], legs[f"{side}_session"] = pair
    return relay_legs(market.sessions, legs)


def test_selloff_legs_and_who_started_them(market: Market, basket: BasketPath, relay: pd.DataFrame) -> None:
    since = market.sessions >= np.datetime64("2021-08-01")
    found = selloff_legs(market.sessions[since], basket.level[since]).set_index("peak")
    for peak, trough, depth, leg in LEGS:
        row = found.loc[pd.Timestamp(peak)]
        assert str(row["trough"].date()) == trough
        assert row["depth"] == pytest.approx(depth, abs=0.03)
        assert row["first_down"] > pd.Timestamp(peak)
        verdict = starter(walk_of_onset(relay, np.datetime64(peak)))
        assert (verdict.leg or verdict.starter) == leg, peak


WALKS = {
    "2026-06-23": ([(1.2, 0.5), (-7.1, -4.4), (-6.2, -3.9), (0.8, 0.4)], "asia", "asia_session"),
    "2026-06-26": ([(-2.9, -1.5), (-2.6, -1.1), (-3.8, -2.2), (-2.8, -1.7)], "not clear", None),
    "2026-06-08": ([(-5.5, -3.0), (-8.8, -4.1)], "us", "us_session"),
}
"""Percent and z of the first legs, computed independently on slightly other names."""


@pytest.mark.parametrize("day", WALKS)
def test_news_days(relay: pd.DataFrame, day: str) -> None:
    expected, side, leg = WALKS[day]
    walk = walk_of_day(relay, np.datetime64(day))
    verdict = starter(walk)
    assert (verdict.starter, verdict.leg) == (side, leg)
    shown = walk.iloc[1 if day == "2026-06-23" else 0 :].head(len(expected))
    np.testing.assert_allclose(shown["return"] * 100, [pair[0] for pair in expected], atol=0.65)
    np.testing.assert_allclose(shown["z"], [pair[1] for pair in expected], atol=0.35)


@pytest.mark.parametrize(
    ("names", "day", "share", "largest", "largest_share"),
    [
        (ASIA, "2024-08-05", 1.00, "9984.T", 0.10),
        (ASIA, "2026-06-23", 0.87, "285A.T", 0.16),
        (ASIA, "2026-06-26", 1.00, "9984.T", 0.13),
        (ASIA, "2025-11-14", 1.00, "285A.T", 0.26),
        (US, "2025-01-27", 0.93, None, 0.11),
        (ASIA + US, "2026-06-05", 0.93, None, 0.06),
    ],
)
def test_breadth_of_known_days(
    market: Market, names: tuple[str, ...], day: str, share: float, largest: str | None, largest_share: float
) -> None:
    found = breadth(market.returns(names)[market.row(day)], names)
    assert found.share == pytest.approx(share, abs=0.05)
    assert largest in (None, found.largest_symbol)
    assert found.largest_share == pytest.approx(largest_share, abs=0.045)

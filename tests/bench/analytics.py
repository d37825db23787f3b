"""Drawdowns, episodes and baskets of 60 names by 2,600 sessions, beside the packages people use."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from models.analytics.baskets import basket_path
from models.analytics.drawdowns import drawdown, max_drawdown
from models.analytics.episodes import current_and_worst, drawdown_episodes, selloff_legs
from models.analytics.relay import leg_z
from models.analytics.returns import day_moves, return_path
from tests.bench.harness import Case

NAMES, SESSIONS = 60, 2600


@dataclass(frozen=True)
class Market:
    """Prices of a three-factor model with fat tails, as arrays and as the frames that peers take."""

    sessions: np.ndarray
    symbols: list[str]
    prices: np.ndarray
    frame: pd.DataFrame
    open: np.ndarray
    holed: np.ndarray


def _market() -> Market:
    rng = np.random.default_rng(20260731)
    factors = rng.standard_t(4, (SESSIONS, 3)) * 0.006
    returns = (
        factors @ rng.uniform(0.2, 1.4, (3, NAMES)) + rng.standard_t(4, (SESSIONS, NAMES)) * 0.012 + 0.0008
    )
    prices = 100 * np.cumprod(1 + returns, axis=0)
    days = pd.bdate_range("2016-01-04", periods=SESSIONS)
    symbols = [f"N{n:02d}" for n in range(NAMES)]
    holed = np.where(rng.random(prices.shape) < 0.05, np.nan, prices)
    gap = 1 + rng.standard_t(4, prices.shape) * 0.005
    opens = np.vstack([prices[:1], prices[:-1]]) * gap
    frame = pd.DataFrame(prices, index=days, columns=symbols)
    return Market(days.to_numpy().astype("datetime64[D]"), symbols, prices, frame, opens, holed)


@contextmanager
def market() -> Iterator[Market]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the peers warn of pandas calls they still use
        yield _market()


def series_and_table(given: Market) -> tuple[np.ndarray, pd.DataFrame]:
    return drawdown(given.prices), drawdown_episodes(given.sessions, given.prices, given.symbols)


def quantstats_table(given: Market) -> tuple[np.ndarray, pd.DataFrame]:
    from quantstats.stats import drawdown_details

    series = given.frame / given.frame.cummax() - 1
    return series.to_numpy(), drawdown_details(series)


def ffn_table(given: Market) -> tuple[np.ndarray, dict[str, pd.DataFrame]]:
    import ffn

    series = ffn.to_drawdown_series(given.frame)
    return series.to_numpy(), {name: ffn.drawdown_details(series[name]) for name in series}


def same_as_quantstats(ours: Any, peer: Any) -> None:
    """First day down, trough, last day under water and depth of every episode."""
    np.testing.assert_allclose(ours[0], peer[0], atol=1e-12)
    table = ours[1]
    for name, own in table.groupby("symbol", sort=False):
        other = peer[1][name].dropna(subset=["start"])
        assert len(own) == len(other), f"{name}: {len(own)} episodes, quantstats {len(other)}"
        for mine, theirs in (("first_down", "start"), ("trough", "valley")):
            assert (own[mine].to_numpy() == pd.to_datetime(other[theirs]).to_numpy()).all(), f"{name}: {mine}"
        closed = own["recovered"].notna().to_numpy()
        ends = pd.to_datetime(other["end"]).to_numpy()[closed]
        before = pd.DatetimeIndex(own["recovered"][closed]) - pd.offsets.BDay(1)
        assert (before.to_numpy() == ends).all(), f"{name}: end"
        np.testing.assert_allclose(own["depth"] * 100, other["max drawdown"].astype(float), atol=1e-9)


def same_as_ffn(ours: Any, peer: Any) -> None:
    """First day down, recovery and depth of every episode; ffn has no trough."""
    np.testing.assert_allclose(ours[0], peer[0], atol=1e-12)
    for name, own in ours[1].groupby("symbol", sort=False):
        other = peer[1][name]
        assert len(own) == len(other), f"{name}: {len(own)} episodes, ffn {len(other)}"
        assert (own["first_down"].to_numpy() == pd.to_datetime(other["Start"]).to_numpy()).all(), name
        closed = own["recovered"].notna().to_numpy()
        assert (own["recovered"].to_numpy() == pd.to_datetime(other["End"]).to_numpy())[closed].all(), name
        np.testing.assert_allclose(own["depth"], other["drawdown"].astype(float), atol=1e-12)


def pandas_table(given: Market) -> pd.DataFrame:
    """The episodes as a pandas user would write them: cumulative maximum, run number, groupby."""
    series = given.frame / given.frame.cummax() - 1
    parts = []
    for name in series:
        dd = series[name]
        run = ((dd < 0) & (dd.shift(1, fill_value=0.0) == 0)).cumsum()[dd < 0]
        grouped = dd[dd < 0].groupby(run)
        parts.append(
            pd.DataFrame({"depth": grouped.min(), "trough": grouped.idxmin(), "bars": grouped.size()})
        )
    return pd.concat(parts)


def same_as_pandas(ours: Any, peer: pd.DataFrame) -> None:
    np.testing.assert_allclose(ours[1]["depth"], peer["depth"], atol=1e-12)
    assert (ours[1]["trough"].to_numpy() == peer["trough"].to_numpy()).all(), "troughs"


def empyrical_worst(given: Market) -> np.ndarray:
    import empyrical

    returns = given.frame.pct_change().iloc[1:]
    return np.array([empyrical.max_drawdown(returns[name]) for name in returns])


def all_open(given: Market) -> np.ndarray:
    return np.ones(given.prices.shape, dtype=bool)


def basket(given: Market) -> Any:
    open_exchange = all_open(given)
    return basket_path(given.sessions, return_path(given.holed, given.holed), open_exchange, open_exchange)


def legs(given: Market) -> pd.DataFrame:
    return selloff_legs(given.sessions, given.prices.mean(axis=1))


def _own(name: str, call: Callable[[Market], Any], target: str) -> Case:
    context: Callable[[], AbstractContextManager[Market]] = market
    return Case(name, ours=call, target=target, unit="ms", context=context, rounds=9)


CASES = [
    Case(
        "drawdown series and episode table, 60 × 2,600",
        ours=series_and_table,
        peer=quantstats_table,
        peer_name="quantstats",
        target="≥ 100×",
        equal=same_as_quantstats,
        context=market,
        rounds=5,
    ),
    Case(
        "drawdown series and episode table, 60 × 2,600",
        ours=series_and_table,
        peer=ffn_table,
        peer_name="ffn",
        target="≥ 10×",
        equal=same_as_ffn,
        context=market,
        rounds=9,
    ),
    Case(
        "drawdown series and episode table, 60 × 2,600",
        ours=series_and_table,
        peer=pandas_table,
        peer_name="pandas groupby",
        target="≥ 15×",
        equal=same_as_pandas,
        context=market,
        rounds=7,
    ),
    Case(
        "worst drawdown of 60 names",
        ours=lambda given: max_drawdown(drawdown(given.prices)),
        peer=empyrical_worst,
        peer_name="empyrical",
        target="≥ 5×",
        equal=lambda ours, peer: np.testing.assert_allclose(ours, peer, atol=1e-12),
        context=market,
    ),
    _own(
        "current and worst fall of 60 names",
        lambda given: current_and_worst(given.sessions, given.prices, given.symbols),
        "≤ 15 ms",
    ),
    _own(
        "the same with 5 % of bars missing",
        lambda given: current_and_worst(given.sessions, given.holed, given.symbols),
        "≤ 20 ms",
    ),
    _own("basket path of 60 names, 5 % of bars missing", basket, "≤ 30 ms"),
    _own(
        "every move of 60 names",
        lambda given: day_moves(given.open, given.prices, given.prices, given.prices),
        "≤ 25 ms",
    ),
    _own("selloff legs of one path", legs, "≤ 5 ms"),
    _own("z of one relay leg", lambda given: leg_z(np.diff(np.log(given.prices[:, 0]))), "≤ 5 ms"),
]

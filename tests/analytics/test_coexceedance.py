from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.analytics.clock import ClockRows, clock_rows
from models.analytics.coexceedance import (
    CLASSES,
    Coexceedance,
    coexceedance,
    next_leg,
    rank_correlation,
)
from models.analytics.exceedance import exceedances
from models.analytics.intervals import wilson
from models.errors import TooFewObservationsError
from models.sessions import Calendars
from tests.analytics.conftest import days
from tests.analytics.market import ASIA, US, Market

NAN = np.nan


def side(bands: np.ndarray, judged: int = 6) -> Coexceedance:
    exceeded = np.arange(judged) < bands[:, None]
    return coexceedance(exceeded, np.ones_like(exceeded))


def both_open(count: int, lead: str = "us", seed: int = 0) -> ClockRows:
    opened = np.ones((count, 2), dtype=bool)
    returns = np.random.default_rng(seed).normal(0, 0.01, (count, 2))
    return clock_rows(days(count), returns, np.array([True, False]), opened, lead=lead)  # type: ignore[arg-type]


def test_counts_and_classes_of_a_day() -> None:
    exceeded = np.zeros((4, 8), dtype=bool)
    judged = np.ones((4, 8), dtype=bool)
    exceeded[1, :3], exceeded[2, :7] = True, True
    judged[3, 4:] = False
    found = coexceedance(exceeded, judged)
    assert found.count.tolist() == [0, 3, 7, 0]
    assert found.judged.tolist() == [8, 8, 8, 4]
    assert found.band.tolist() == [0, 3, 4, -1], "four names are too few to count to four"
    np.testing.assert_allclose(found.share, [0, 3 / 8, 7 / 8, 0])
    closed = coexceedance(exceeded[:1], judged[:1] & False)
    assert np.isnan(closed.share[0]) and closed.band[0] == -1


def test_a_us_class_meets_the_next_asian_day_and_an_asian_class_the_same_news_day() -> None:
    count = 300
    bands = np.random.default_rng(1).integers(0, 5, count)
    asia = side(np.roll(bands, 1))  # Asia repeats New York a day later
    found = next_leg(days(count), asia, side(bands), both_open(count, "us"))
    assert found.rank == pytest.approx(1.0)
    table = found.table[found.table["today"] != "any"]
    assert (table.loc[table["today"] == table["next"], "share"] == 1).all()
    back = next_leg(days(count), side(bands), side(bands), both_open(count, "asia"))
    assert back.rank == pytest.approx(1.0)
    other = next_leg(days(count), side(bands), side(bands), both_open(count, "us"))
    assert abs(other.rank) < 0.3, "a join on the date would have called this 1 as well"


def test_the_table_counts_each_class_and_has_a_base() -> None:
    count = 400
    rng = np.random.default_rng(2)
    asia, us = rng.integers(0, 7, count), rng.integers(0, 7, count)
    found = next_leg(days(count), side(asia), side(us), both_open(count, "us"))
    table = found.table
    assert table["today"].unique().tolist() == [*CLASSES, "any"]
    assert len(table) == 30 and found.pairs == count - 2
    # A row is New York's day n and Asia's day n + 1; the first row opens the series of returns.
    first, then = np.minimum(us[1:-1], 4), np.minimum(asia[2:], 4)
    cell = table[(table["today"] == "2") & (table["next"] == "4+")].iloc[0]
    assert cell["days"] == ((first == 2) & (then == 4)).sum() and cell["of"] == (first == 2).sum()
    assert [cell["low"], cell["high"]] == pytest.approx(
        [float(end) for end in wilson(cell["days"], cell["of"])]
    )
    base = table[table["today"] == "any"]
    assert base["days"].tolist() == np.bincount(then, minlength=5).tolist()
    assert table.groupby("today")["share"].sum().to_numpy() == pytest.approx(np.ones(6))


def test_a_class_that_never_was_has_no_share() -> None:
    bands = np.random.default_rng(3).integers(0, 3, 300)
    found = next_leg(days(300), side(bands), side(bands), both_open(300))
    never = found.table[found.table["today"] == "4+"]
    assert (never["of"] == 0).all() and never[["share", "low", "high"]].isna().all().all()


def test_a_week_of_holidays_pairs_the_last_day_before_it_alone() -> None:
    count = 200
    opened = np.ones((count, 2), dtype=bool)
    opened[100:105, 0] = False
    returns = np.where(opened, np.random.default_rng(4).normal(0, 0.01, (count, 2)), NAN)
    rows = clock_rows(days(count), returns, np.array([True, False]), opened, lead="us")
    judged = np.repeat(opened[:, :1], 6, axis=1)
    asia = coexceedance(np.zeros_like(judged), judged)
    us = side(np.where(np.arange(count) == 104, 4, np.where(np.arange(count) == 102, 2, 0)))
    found = next_leg(days(count), asia, us, rows)
    of = found.table.groupby("today", sort=False)["of"].first()
    assert (of["4+"], of["2"]) == (1, 0), "day 102 is passed over, day 104 met Asia's day 105"
    assert found.passed == 5 and found.unpaired == 0
    assert np.isnan([found.rank, found.low, found.high]).all(), "Asia had one class alone"


def test_days_with_few_names_are_counted_out_and_too_few_rows_are_an_error() -> None:
    bands = np.random.default_rng(5).integers(0, 5, 300)
    judged = np.ones((300, 6), dtype=bool)
    judged[:150, 3:] = False
    young = coexceedance(np.arange(6) < bands[:, None], judged)
    found = next_leg(days(300), young, side(bands), both_open(300))
    assert (found.pairs, found.unpaired) == (150, 148)
    with pytest.raises(TooFewObservationsError, match="needs 100 observations and there are 98"):
        next_leg(days(100), side(bands[:100]), side(bands[:100]), both_open(100))


@given(st.integers(0, 10_000), st.integers(30, 200))
def test_the_rank_correlation_is_scipys(seed: int, count: int) -> None:
    from scipy.stats import spearmanr

    rng = np.random.default_rng(seed)
    first = rng.integers(0, 5, count)
    then = np.clip(first + rng.integers(-2, 3, count), 0, 4)
    rank, low, high = rank_correlation(first, then, resamples=50)
    assert rank == pytest.approx(spearmanr(first, then).statistic, abs=1e-12)
    assert -1 <= low <= high <= 1
    assert rank_correlation(first, then, resamples=50) == (rank, low, high), "the draw has a seed"


def test_the_interval_covers_independence_and_widens_when_days_cluster() -> None:
    rng = np.random.default_rng(6)
    single = rng.integers(0, 5, (2, 2000))
    _, low, high = rank_correlation(*single)
    assert low < 0 < high
    clustered = np.repeat(rng.integers(0, 5, (2, 100)), 20, axis=1)
    _, far, near = rank_correlation(*clustered)
    assert near - far > 2.5 * (high - low)


def test_one_class_alone_has_no_link() -> None:
    nothing = rank_correlation(np.zeros(200, dtype=np.intp), np.arange(200) % 5)
    assert np.isnan(nothing).all()


def test_the_next_leg_on_real_prices(market: Market, calendars: Calendars) -> None:
    names = ASIA + US
    returns, opened = market.returns(names), market.exchange_open(names, calendars)
    asia = np.array([name in ASIA for name in names])
    exceeded, judged = exceedances(returns)
    east, west = (coexceedance(exceeded[:, at], judged[:, at]) for at in (asia, ~asia))
    # All of Asia in its own worst twentieth, and most of New York's tech on its Monday.
    assert east.share[market.row("2024-08-05")] == 1.0
    assert west.share[market.row("2025-01-27")] == pytest.approx(0.8, abs=0.05)
    found = {
        lead: next_leg(
            market.sessions,
            east,
            west,
            clock_rows(market.sessions, returns, asia, opened, lead=lead),  # type: ignore[arg-type]
        )
        for lead in ("us", "asia")
    }
    assert found["us"].low > found["asia"].rank > found["asia"].low > 0.05
    for leg in found.values():
        worst = leg.table[leg.table["next"] == "4+"].set_index("today")
        assert worst.loc["4+", "low"] > worst.loc["any", "high"], "a wide fall is followed by wide ones"
        assert 2000 < leg.pairs < 2500

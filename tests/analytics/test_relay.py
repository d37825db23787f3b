from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from functools import cache

import numpy as np
import pandas as pd
import pytest
from scipy.stats import binomtest, norm

from models.analytics.relay import (
    LEGS,
    basket_legs,
    leg_z,
    relay_legs,
    starter,
    walk_of_day,
    walk_of_onset,
)
from models.analytics.selloffs import selloff_table
from models.types import Floats
from tests.analytics.conftest import days

NAN = np.nan


def walk(*scores: float, first: int = 0) -> pd.DataFrame:
    legs = [LEGS[(first + n) % 4] for n in range(len(scores))]
    return pd.DataFrame({"date": pd.Timestamp("2026-06-23"), "leg": legs, "return": -0.01, "z": scores})


def test_z_is_over_the_spread_of_the_days_before() -> None:
    rng = np.random.default_rng(1)
    leg = rng.normal(0, 0.01, 400)
    z = leg_z(leg)
    assert np.isnan(z[:100]).all()
    assert z[100] == pytest.approx(leg[100] / leg[:100].std(ddof=1))
    assert z[399] == pytest.approx(leg[399] / leg[149:399].std(ddof=1))
    holed = np.insert(leg, 200, NAN)
    np.testing.assert_allclose(
        np.delete(leg_z(holed), 200), z, err_msg="a closed day is no news day of the leg"
    )


def test_z_needs_moves() -> None:
    assert np.isnan(leg_z(np.zeros(200))).all()


def test_legs_come_in_the_order_of_the_clock_and_a_closed_side_has_none() -> None:
    legs = {leg: np.array([0.01 * n, 0.02]) for n, leg in enumerate(LEGS)}
    legs["us_gap"][1] = legs["us_session"][1] = NAN
    frame = relay_legs(days(2), legs)
    assert list(frame["leg"]) == [*LEGS, "asia_gap", "asia_session"]
    assert frame["date"].is_monotonic_increasing


def test_a_name_without_an_open_is_out_of_both_legs() -> None:
    gap, session = np.array([[0.01, 0.03], [0.01, NAN]]), np.array([[0.02, 0.04], [0.02, 0.9]])
    everywhere = np.ones((2, 2), dtype=bool)
    found = basket_legs(days(2), gap, session, everywhere, everywhere, max_missing=0.5)
    # Weights run with the names from the close before: 1.0302 and 1.0712 over 1.01 and 1.03.
    np.testing.assert_allclose(found, [[0.02, 0.01], [2.1014 / 2.04 - 1, 0.02]])


@pytest.mark.parametrize(
    ("scores", "first", "side", "leg"),
    [
        ((0.5, -4.4, -3.9, 0.4), 0, "asia", "asia_session"),
        ((-3.0, -4.1, 1.0), 3, "us", "us_session"),
        ((-0.9, -0.99, -1.65), 0, "us", "us_gap"),
        ((-1.5, -1.1, -2.2, -1.7), 3, "not clear", None),
        ((-1.5, 0.0, 0.0, -2.0), 0, "us", "us_session"),
        ((0.0, -1.64, 0.0), 0, "not clear", None),
        ((NAN, -2.0), 0, "not clear", None),
        ((), 0, "not clear", None),
    ],
)
def test_the_starter_is_the_first_large_fall_out_of_calm(
    scores: tuple[float, ...], first: int, side: str, leg: str | None
) -> None:
    verdict = starter(walk(*scores, first=first))
    assert (verdict.starter, verdict.leg) == (side, leg)
    assert verdict.reason


def _relay(count: int = 6) -> pd.DataFrame:
    legs = {leg: np.full(count, 0.01) for leg in LEGS}
    legs["us_gap"][2] = legs["us_session"][2] = NAN  # New York closed on the third
    return relay_legs(days(count), legs)


def test_a_news_day_is_walked_from_the_us_session_before_it() -> None:
    relay = _relay()
    walked = walk_of_day(relay, np.datetime64("2024-01-04"))
    assert list(walked["leg"]) == ["us_session", *LEGS]
    assert walked["date"].iloc[0] == pd.Timestamp("2024-01-02"), "the last one that was, not date - 1"
    assert walk_of_day(relay, np.datetime64("2024-02-01")).empty
    assert list(walk_of_day(relay, np.datetime64("2024-01-01"))["leg"]) == list(LEGS)


def test_an_onset_is_the_three_news_days_after_the_peak() -> None:
    walked = walk_of_onset(_relay(), np.datetime64("2024-01-01"))
    assert walked["date"].nunique() == 3
    assert walked["date"].min() == pd.Timestamp("2024-01-02")
    assert len(walk_of_onset(_relay(), np.datetime64("2024-01-06"))) == 0


SAMPLES, LENGTH = 240, 420


def random_market(seed: int) -> dict[str, Floats]:
    """Legs of independent names, four a side, each with a scale of its own: nobody starts anything."""
    rng = np.random.default_rng([240, seed])
    legs = {}
    for side in ("asia", "us"):
        gap, session = (rng.normal(0, 0.01, (LENGTH, 4)) * rng.uniform(0.5, 3, 4) for _ in range(2))
        opened = np.repeat(rng.random((LENGTH, 1)) > 0.04, 4, axis=1)
        gap[~opened] = session[~opened] = NAN
        everyone = np.ones_like(opened)
        legs[f"{side}_gap"], legs[f"{side}_session"] = basket_legs(
            days(LENGTH), gap, session, opened, everyone
        )
    return legs


@cache
def starters(walk_of: Callable[[pd.DataFrame, np.datetime64], pd.DataFrame]) -> Counter[str]:
    """Who started it at one day of each sample, drawn ahead of the prices."""
    found: Counter[str] = Counter()
    for seed in range(SAMPLES):
        day = days(LENGTH)[int(np.random.default_rng([7, seed]).integers(300, LENGTH - 10))]
        found[starter(walk_of(relay_legs(days(LENGTH), random_market(seed)), day)).starter] += 1
    return found


ONSET = ["asia", "asia", "us", "us"] * 3
DAY = ["us", "asia", "asia", "us", "us"]


def chance(walk: list[str], side: str) -> float:
    """The odds that independent legs with normal z make a side the starter, by the rule's own words.

    They are not even: Asia's legs come first in an onset, and a leg that comes first has none before
    it that could be falling already; of one day's five legs three are New York's.
    """
    low, calm = norm.cdf(-1.65), norm.sf(-1.0)
    odds = 0.0
    for place, own in enumerate(walk):
        before = min(place, 2)
        odds += low * calm**before * (1 - low) ** (place - before) * (own == side)
    return float(odds)


@pytest.mark.parametrize(("walk_of", "legs"), [(walk_of_onset, ONSET), (walk_of_day, DAY)])
@pytest.mark.parametrize("side", ["asia", "us"])
def test_neither_side_starts_random_walks_more_often_than_chance(
    walk_of: Callable[[pd.DataFrame, np.datetime64], pd.DataFrame], legs: list[str], side: str
) -> None:
    """Eight one-sided binomial bounds, together at 1 %: of all samples, and of those with a starter."""
    found = starters(walk_of)
    assert sum(found.values()) == SAMPLES
    clear, odds = found["asia"] + found["us"], chance(legs, side)
    both = chance(legs, "asia") + chance(legs, "us")
    assert clear > 30
    assert binomtest(found[side], SAMPLES, odds, alternative="greater").pvalue > 0.01 / 8
    assert binomtest(found[side], clear, odds / both, alternative="greater").pvalue > 0.01 / 8


def test_the_odds_of_chance_as_the_method_page_gives_them() -> None:
    assert chance(ONSET, "asia") == pytest.approx(0.20, abs=0.005)
    assert chance(ONSET, "us") == pytest.approx(0.17, abs=0.005)


def test_order_of_names_changes_no_leg_and_scale_no_z() -> None:
    rng = np.random.default_rng(12)
    gap, session = rng.normal(0, 0.01, (2, 300, 5))
    gap[rng.random(gap.shape) < 0.05] = NAN
    opened, order = np.ones(gap.shape, dtype=np.bool_), [3, 0, 4, 2, 1]
    one = basket_legs(days(300), gap, session, opened, opened)
    other = basket_legs(days(300), gap[:, order], session[:, order], opened, opened)
    np.testing.assert_allclose(one, other, atol=1e-17)
    for factor in (0.001, 1.0, 70.0):
        np.testing.assert_allclose(leg_z(one[0] * factor), leg_z(one[0]), rtol=1e-9)


def test_the_selloff_table_says_who_started_it_how_broad_it_was_and_who_lost_most() -> None:
    count = 140
    rng = np.random.default_rng(3)
    legs = {leg: rng.normal(0, 0.002, count) for leg in LEGS}
    legs["asia_gap"][119:126] = legs["asia_session"][119:126] = 0.0
    legs["us_gap"][119:126] = legs["us_session"][119:126] = 0.0
    legs["asia_session"][121] = -0.1
    level = np.concatenate([np.linspace(100, 130, 121), np.linspace(110, 100, 19)])
    prices = np.column_stack([level, level**2, 1 / level])
    table = selloff_table(days(count), level, relay_legs(days(count), legs), prices, ["A", "B", "C"])
    row = table.iloc[0]
    assert len(table) == 1
    assert (row["starter"], row["starter_leg"]) == ("asia", "asia_session")
    assert row["breadth"] == pytest.approx(2 / 3)
    assert row["names"] == 3
    assert [symbol for symbol, _ in row["losers"]] == ["B", "A"]
    assert selloff_table(
        days(0), np.empty(0), relay_legs(days(count), legs), prices[:0], ["A", "B", "C"]
    ).empty

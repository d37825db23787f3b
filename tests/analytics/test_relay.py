from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

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
    np.testing.assert_allclose(found, [[0.02, 0.01], [0.03, 0.02]])


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


def test_neither_side_starts_random_walks_more_often_than_chance() -> None:
    rng = np.random.default_rng(7)
    verdicts = []
    for _ in range(240):
        legs = {leg: rng.normal(0, 0.01, 160) for leg in LEGS}
        day = days(160)[int(rng.integers(120, 155))]
        verdicts.append(starter(walk_of_onset(relay_legs(days(160), legs), day)).starter)
    asia, us = verdicts.count("asia"), verdicts.count("us")
    assert abs(asia - us) < 3 * np.sqrt(asia + us)
    assert verdicts.count("not clear") > 60


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

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.analytics.early_warning import (
    OUTCOMES,
    block_interval,
    early_warning,
    prior_base,
    stationary_rows,
    wilson,
)
from models.analytics.exceedance import exceedances
from models.analytics.links import side_close
from models.analytics.relay import LEGS, Leg, Side, basket_legs
from models.sessions import Calendars
from models.types import Floats
from tests.analytics.conftest import days
from tests.analytics.market import ASIA, US, Market

NAN = np.nan
SIDES: tuple[Side, ...] = ("asia", "us")


def noise(count: int, seed: int = 1) -> dict[Leg, Floats]:
    rng = np.random.default_rng(seed)
    return {leg: rng.normal(0, 0.01, count) for leg in LEGS}


def row(table: pd.DataFrame, after: str, outcome: str) -> pd.Series:
    return table[(table["after"] == after) & (table["outcome"] == outcome)].iloc[0]


def test_the_table_counts_what_a_loop_over_days_counts() -> None:
    legs = noise(900)
    for leg in ("us_gap", "us_session"):
        legs[leg][300:880:41] = NAN
    for leg in ("asia_gap", "asia_session"):
        legs[leg][310:880:37] = NAN
    found = early_warning(days(900), legs)
    close = {side: side_close(legs, side) for side in ("asia", "us")}
    for side, other, first in (("asia", "us", 0), ("us", "asia", 1)):
        event, judged = exceedances(close[side])
        cases, base = [], []
        for day in np.flatnonzero(judged):
            after = [n for n in range(day + first, 900) if np.isfinite(close[other][n])]
            overtaken = [n for n in range(day + 1, 900) if after and n + first <= after[0] and judged[n]]
            if after and not overtaken:
                base.append(after[0])
                cases += [after[0]] if event[day] else []
        for outcome in OUTCOMES:
            moves = close[other] if outcome == "close" else legs[f"{other}_{outcome}"]  # type: ignore[index]
            line = row(found, side, outcome)
            assert (line["cases"], line["base_n"]) == (len(cases), len(base))
            assert line["hits"] == (moves[cases] < 0).sum()
            assert line["base_rate"] == pytest.approx((moves[base] < 0).mean())
            assert line["median"] == pytest.approx(np.median(moves[cases]))
            assert line["base_median"] == pytest.approx(np.median(moves[base]))
            others = (moves[base] < 0).sum() - line["hits"]
            assert line["excess"] == pytest.approx(
                line["hit_rate"] - others / (len(base) - len(cases)), abs=1e-12
            )


def test_a_fall_that_new_york_answers_at_its_open_is_a_warning_of_the_gap_alone() -> None:
    legs = noise(2000, 3)
    legs["us_gap"] = 0.8 * side_close(legs, "asia") + 0.1 * legs["us_gap"]
    found = early_warning(days(2000), legs)
    gap, session = row(found, "asia", "gap"), row(found, "asia", "session")
    assert gap["hit_rate"] == 1 and gap["low"] > 0.9
    assert session["low"] < session["base_rate"] < session["high"]
    assert abs(session["excess"]) < 3 * session["excess_se"]
    assert gap["excess"] > 3 * gap["excess_se"]


def test_an_asian_close_after_an_asian_close_takes_the_place_of_the_first() -> None:
    legs = noise(400)
    legs["us_gap"][300] = legs["us_session"][300] = NAN
    legs["asia_session"][300] = -0.2
    legs["us_gap"][301] = -0.1
    found = row(early_warning(days(400), legs), "asia", "gap")
    assert found["left_out"] == 1
    legs["us_gap"][300] = legs["us_session"][300] = -0.01
    assert row(early_warning(days(400), legs), "asia", "gap")["left_out"] == 0


def test_since_bounds_the_cases_and_not_the_history() -> None:
    legs = noise(700)
    late = row(early_warning(days(700), legs, since=days(700)[600]), "asia", "gap")
    assert late["base_n"] == 100
    event, _ = exceedances(side_close(legs, "asia"))
    assert late["cases"] == event[600:].sum()


def test_a_move_of_nothing_is_no_hit() -> None:
    legs = noise(400)
    legs["us_gap"][:] = 0.0
    line = row(early_warning(days(400), legs), "asia", "gap")
    assert line["cases"] > 0 and line["hits"] == 0 and line["low"] == 0


@pytest.mark.parametrize("count", [0, 10])
def test_without_cases_there_are_counts_and_no_shares(count: int) -> None:
    found = early_warning(days(count), noise(count))
    assert found["cases"].tolist() == [0] * 6
    assert found[["hit_rate", "low", "high", "median", "excess"]].isna().all(axis=None)
    one_sided = noise(400) | {"us_gap": np.full(400, NAN), "us_session": np.full(400, NAN)}
    table = early_warning(days(400), one_sided)
    assert table["base_n"].tolist() == [0] * 6
    assert row(table, "asia", "gap")["left_out"] > 0


@pytest.mark.parametrize(
    ("hits", "cases", "low", "high"),
    [(68, 96, 0.611, 0.790), (86, 88, 0.921, 0.994), (81, 263, 0.2553, 0.3662), (0, 10, 0.0, 0.2775)],
)
def test_wilson_intervals(hits: int, cases: int, low: float, high: float) -> None:
    """81 of 263: Newcombe (1998), Statistics in Medicine 17:857, table I, method 3."""
    assert wilson(hits, cases) == pytest.approx((low, high), abs=6e-4)


def test_wilson_is_the_interval_of_statsmodels() -> None:
    proportion = pytest.importorskip("statsmodels.stats.proportion")
    for hits, cases in ((0, 1), (1, 1), (3, 7), (98, 100)):
        peer = proportion.proportion_confint(hits, cases, method="wilson")
        assert wilson(hits, cases) == pytest.approx(peer, abs=1e-12)


@given(cases=st.integers(1, 500), share=st.floats(0, 1))
def test_an_interval_holds_its_share_and_mirrors(cases: int, share: float) -> None:
    hits = round(cases * share)
    low, high = wilson(hits, cases)
    assert 0 <= low <= hits / cases <= high <= 1
    assert wilson(cases - hits, cases) == pytest.approx((1 - high, 1 - low), abs=1e-12)


def test_random_walks_warn_of_nothing() -> None:
    """In 60 samples of independent legs the excess is beyond two errors about as often as chance has it."""
    beyond = 0
    for seed in range(60):
        found = early_warning(days(1500), noise(1500, seed + 100))
        beyond += int((found["excess"].abs() > 2 * found["excess_se"]).sum())
    # 360 rows at 4.6 %, and some more for few cases: 99.9 % of binomials at 8 % stay below 47.
    assert beyond < 47


@pytest.fixture(scope="module")
def table(market: Market, calendars: Calendars) -> pd.DataFrame:
    found: dict[str, Floats] = {}
    for side, names in (("asia", ASIA), ("us", US)):
        opened = market.exchange_open(names, calendars)
        pair = basket_legs(market.sessions, *market.legs(names), opened, np.ones_like(opened))
        found[f"{side}_gap"], found[f"{side}_session"] = pair
    legs = {leg: found[leg] for leg in LEGS}
    return early_warning(market.sessions, legs, since=np.datetime64("2021-08-01"))


KNOWN = {
    ("asia", "gap"): (68, 96, 0.44, -0.009),
    ("asia", "session"): (54, 96, 0.47, -0.002),
    ("asia", "close"): (64, 96, 0.46, -0.011),
    ("us", "gap"): (86, 88, 0.43, -0.025),
    ("us", "session"): (38, 88, 0.49, 0.002),
    ("us", "close"): (76, 88, 0.43, -0.022),
}
"""Hits, cases, base and median since August 2021 with 12 Asian and 30 US names, computed independently.

The rule for a closed exchange's names moves the limit a little, and with it which days are cases.
"""


@pytest.mark.parametrize(("after", "outcome"), KNOWN)
def test_the_warning_is_in_the_gap_and_not_in_the_session(
    table: pd.DataFrame, after: str, outcome: str
) -> None:
    hits, cases, base, median = KNOWN[after, outcome]
    line = row(table, after, outcome)
    assert line["cases"] == pytest.approx(cases, abs=8)
    assert line["hit_rate"] == pytest.approx(hits / cases, abs=0.05)
    assert line["base_rate"] == pytest.approx(base, abs=0.011)
    assert line["median"] == pytest.approx(median, abs=0.0021)
    warned = line["low"] > line["base_rate"]
    assert warned == (outcome != "session")


def test_the_second_base_is_a_loop_over_the_classes_of_the_close_before() -> None:
    rng = np.random.default_rng(5)
    prior = rng.normal(0, 0.02, 600)
    prior[::50] = NAN
    event = np.nan_to_num(prior, nan=-1.0) + rng.normal(0, 0.01, 600) < -0.02
    fell = rng.random(600) < np.where(np.nan_to_num(prior) < 0, 0.7, 0.3)
    cases = [row for row in range(600) if event[row] and prior[row] == prior[row]]
    cuts = np.quantile(prior[cases], (1 / 3, 2 / 3))
    rate, ends = 0.0, (prior[cases].min(), prior[cases].max())
    for case in cases:
        place = sum(prior[case] > cut for cut in cuts)
        like = [day for day in range(600) if sum(prior[day] > cut for cut in cuts) == place]
        like = [day for day in like if ends[0] <= prior[day] <= ends[1]]
        rate += sum(fell[day] for day in like) / len(like) / len(cases)
    found, days_of = prior_base(fell, event, prior)
    assert found == pytest.approx(rate) and days_of == sum(ends[0] <= each <= ends[1] for each in prior)
    assert found > fell.mean() + 0.08, "the events follow low closes, after which much falls"
    assert prior_base(fell, np.zeros(600, bool), prior)[1] == 0


def test_an_event_that_only_repeats_the_close_before_adds_nothing_to_the_second_base() -> None:
    """Asia follows New York's close, and New York's gap follows the same close: nothing of it is Asia's."""
    legs = noise(3000, 8)
    legs["asia_gap"][1:] += 2 * side_close(legs, "us")[:-1]
    legs["us_gap"][1:] += side_close(legs, "us")[:-1]
    found = row(early_warning(days(3000), legs), "asia", "gap")
    assert found["low"] > found["base_rate"], "it looks like a warning"
    assert abs(found["hit_rate"] - found["prior_base_rate"]) < 0.5 * (found["hit_rate"] - found["base_rate"])
    assert sum(int(part.split(": ")[1]) for part in found["by_year"].split(", ")) == found["cases"]


def test_days_in_runs_widen_the_interval_and_scattered_ones_do_not() -> None:
    rng = np.random.default_rng(2)
    event = np.zeros(1200, bool)
    event[rng.choice(1200, 120, replace=False)] = True
    fell = rng.random(1200) < 0.5
    rows = stationary_rows(1200)
    low, high = block_interval(fell, event, rows)
    wide = wilson(int((fell & event).sum()), 120)
    assert high - low == pytest.approx(wide[1] - wide[0], rel=0.25)
    event = np.repeat(np.arange(120) % 10 == 0, 10)
    fell = np.repeat(rng.random(120) < 0.5, 10)
    low, high = block_interval(fell, event, rows)
    wide = wilson(int((fell & event).sum()), int(event.sum()))
    assert high - low > 1.5 * (wide[1] - wide[0])
    assert (low, high) == block_interval(fell, event, stationary_rows(1200))


def test_blocks_are_as_long_as_they_should_be_and_wrap_around() -> None:
    rows = stationary_rows(500, block=10, resamples=400)
    follows = np.mean((np.diff(rows, axis=1) - 1) % 500 == 0)
    assert follows == pytest.approx(0.9, abs=0.01)
    assert (rows.min(), rows.max()) == (0, 499)
    assert np.bincount(rows.ravel(), minlength=500).std() / 400 < 0.2
    assert stationary_rows(0).shape[1] == 0


def test_event_close_and_prior_are_of_all_names_with_a_close_and_legs_of_those_with_an_open() -> None:
    """One name without opens falls on days of its own: they are Asia's days, whatever the legs say."""
    rng = np.random.default_rng(8)
    legs, count = noise(900), 900
    moves: dict[Side, Floats] = {
        side: np.where(rng.random(count) < 0.03, -0.2, 0.4) * 0.1 + 0.9 * side_close(legs, side)
        for side in SIDES
    }
    for leg in ("us_gap", "us_session"):
        legs[leg][400:900:23] = NAN  # withheld: closes are there, opens are not
    found = early_warning(days(count), legs, moves=moves)
    event, judged = exceedances(moves["asia"])
    us = {"gap": legs["us_gap"], "session": legs["us_session"], "close": moves["us"]}
    for outcome, after in us.items():
        line, cases = row(found, "asia", outcome), event & np.isfinite(after)
        assert (line["cases"], line["hits"]) == (cases.sum(), (after[cases] < 0).sum())
        assert line["base_n"] == (judged & np.isfinite(after)).sum()
        assert line["left_out"] == event.sum() - cases.sum()
    assert row(found, "asia", "gap")["left_out"] > row(found, "asia", "close")["left_out"] == 0
    prior = np.concatenate(([NAN], moves["us"][:-1]))
    rows = np.flatnonzero(judged)
    assert row(found, "asia", "close")["prior_base_rate"] == pytest.approx(
        prior_base(us["close"][rows] < 0, event[rows], prior[rows])[0]
    )
    assert not found.drop(columns="by_year").equals(early_warning(days(count), legs).drop(columns="by_year"))

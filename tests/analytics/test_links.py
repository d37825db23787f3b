from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.analytics.clock import clock_rows
from models.analytics.hac import ols_hac
from models.analytics.links import LINKS, controlled_links, follows, leg_links, leg_pairs, side_close
from models.analytics.relay import LEGS, Leg, Side, basket_legs
from models.sessions import Calendars
from models.types import Floats
from tests.analytics.conftest import days
from tests.analytics.market import ASIA, US, Market

NAN = np.nan
SIDES: tuple[Side, ...] = ("asia", "us")
SINCE, UNTIL = np.datetime64("2021-08-01"), np.datetime64("2026-07-01")


def noise(count: int, seed: int = 1) -> dict[Leg, Floats]:
    rng = np.random.default_rng(seed)
    return {leg: rng.normal(0, 0.01, count) for leg in LEGS}


def row(table: pd.DataFrame, source: str, target: str) -> pd.Series:
    return table[(table["from_leg"] == source) & (table["to_leg"] == target)].iloc[0]


@pytest.mark.parametrize("columns", [1, 2, 3])
def test_errors_are_those_of_statsmodels(columns: int) -> None:
    """Bartlett kernel, 5 lags, no small-sample correction."""
    sm = pytest.importorskip("statsmodels.api")
    rng = np.random.default_rng(columns)
    x = rng.normal(0, 0.01, (700, columns))
    noise = np.convolve(rng.standard_t(4, 704), [1, 0.6, 0.3, 0.2, 0.1], mode="valid") * 0.01
    y = x @ rng.normal(0, 1, columns) + noise * (1 + 30 * np.abs(x[:, 0]))
    peer = sm.OLS(y, sm.add_constant(x)).fit(cov_type="HAC", cov_kwds={"maxlags": 5})
    beta, error = ols_hac(y, x)
    np.testing.assert_allclose(beta, peer.params, rtol=1e-10)
    np.testing.assert_allclose(error, peer.bse, rtol=1e-10)


def test_without_lags_the_errors_are_those_of_white() -> None:
    rng = np.random.default_rng(3)
    x, y = rng.normal(0, 1, (2, 100))
    beta, error = ols_hac(y, x, lags=0)
    design = np.column_stack([np.ones(100), x])
    inverse = np.linalg.inv(design.T @ design)
    scores = design * (y - design @ beta)[:, None]
    np.testing.assert_allclose(error, np.sqrt(np.diag(inverse @ scores.T @ scores @ inverse)))


@pytest.mark.parametrize(
    "x", [np.ones((30, 1)), np.zeros((30, 1)), np.tile(np.arange(30.0), (2, 1)).T * [1, 2], np.ones((2, 1))]
)
def test_no_slope_on_what_does_not_vary(x: Floats) -> None:
    beta, error = ols_hac(np.arange(float(len(x))), x)
    assert np.isnan(beta).all() and np.isnan(error).all()


def test_a_pair_runs_to_the_next_leg_that_was_walked() -> None:
    """Asia closed on the third and fourth: two US sessions precede its next gap, and the last counts."""
    us = np.array([1.0, 2.0, 3.0, 4.0, 5.0, 6.0])
    asia = np.array([10.0, 20.0, NAN, NAN, 50.0, 60.0])
    pairs = leg_pairs(us, asia, same_day=False)
    assert list(zip(pairs.source, pairs.target, strict=True)) == [(1, 20), (4, 50), (5, 60)]
    assert pairs.left_out == 3, "two were overtaken, and the last one has no next day yet"
    back = leg_pairs(asia, us, same_day=True)
    assert list(zip(back.source, back.target, strict=True)) == [(10, 1), (20, 2), (50, 5), (60, 6)]
    us[1] = NAN
    over = leg_pairs(asia[:4], us[:4], same_day=True)
    assert list(zip(over.source, over.target, strict=True)) == [(10, 1), (20, 3)]


def test_the_order_within_a_date_is_that_of_the_clock() -> None:
    assert follows("asia_session", "us_gap") and follows("us_gap", "us_session")
    assert not follows("us_session", "asia_gap")


def test_links_are_of_the_pairs() -> None:
    legs = noise(300)
    legs["us_gap"][1:] = 0.5 * legs["asia_session"][1:] + 0.001
    found = row(leg_links(days(300), legs), "asia_session", "us_gap")
    assert found["n"] == 300
    assert found["slope"] == pytest.approx(0.5, abs=0.02)
    assert found["correlation"] == pytest.approx(
        np.corrcoef(legs["asia_session"], legs["us_gap"])[0, 1], abs=1e-12
    )
    overnight = row(leg_links(days(300), legs), "us_session", "asia_gap")
    assert overnight["n"] == 299 and overnight["left_out"] == 1
    assert overnight["correlation"] == pytest.approx(
        np.corrcoef(legs["us_session"][:-1], legs["asia_gap"][1:])[0, 1]
    )


def test_stress_days_are_the_worst_tenth_of_the_leg_before() -> None:
    legs = noise(500)
    x = legs["asia_session"]
    worst = x <= np.quantile(x, 0.1)
    legs["us_gap"] = np.where(worst, 2.0 * x, 0.1 * x)
    found = row(leg_links(days(500), legs), "asia_session", "us_gap")
    assert found["stress_n"] == 50
    assert found["stress_slope"] == pytest.approx(2.0)
    assert found["stress_correlation"] == pytest.approx(1.0)
    beta, error = ols_hac(legs["us_gap"], x)
    assert (found["slope"], found["slope_se"]) == (beta[1], error[1])


def test_a_period_bounds_the_target_legs() -> None:
    legs = noise(300)
    part = leg_links(days(300), legs, since=days(300)[100], until=days(300)[199])
    assert part["n"].tolist() == [100] * 6
    assert part["left_out"].tolist() == [1, 1, 0, 0, 0, 0], "the last US session is answered outside"
    cut = {leg: values[100:200] for leg, values in legs.items()}
    alone = leg_links(days(300)[100:200], cut)
    within = row(part, "asia_session", "us_gap"), row(alone, "asia_session", "us_gap")
    assert within[0]["slope_se"] == within[1]["slope_se"]


def test_too_few_pairs_or_no_moves_have_no_figures() -> None:
    legs = noise(150)
    legs["asia_session"][:] = 0.0
    found = leg_links(days(150), legs)
    flat = row(found, "asia_session", "us_gap")
    assert flat["n"] == 150 and np.isnan(flat[["correlation", "slope", "slope_se"]].astype(float)).all()
    into = row(found, "us_session", "asia_session")
    assert np.isnan(into["correlation"]) and into["slope"] == 0
    assert found["stress_correlation"].isna().all(), "15 stress days are too few"
    nothing = leg_links(days(5), {leg: np.full(5, NAN) for leg in LEGS})
    assert nothing["n"].tolist() == [0] * 6
    assert leg_links(days(0), {leg: np.empty(0) for leg in LEGS})["correlation"].isna().all()
    assert controlled_links(days(0), {leg: np.empty(0) for leg in LEGS})["slope"].isna().all()


def test_an_echo_is_not_news_once_the_echoed_side_is_controlled_for() -> None:
    """Asia only repeats New York's day before, and New York repeats itself: alone Asia seems to lead."""
    rng = np.random.default_rng(11)
    legs = noise(2000, 4)
    legs["us_session"] = rng.normal(0, 0.02, 2000)
    legs["asia_session"][1:] = legs["us_session"][:-1] + rng.normal(0, 0.004, 1999)
    close = 0.0
    for day in range(2000):
        legs["us_gap"][day] = 0.3 * close + rng.normal(0, 0.002)
        close = (1 + legs["us_gap"][day]) * (1 + legs["us_session"][day]) - 1
    alone = row(leg_links(days(2000), legs), "asia_session", "us_gap")
    held = row(controlled_links(days(2000), legs), "asia_session", "us_gap")
    assert alone["slope"] > 0.2
    assert abs(held["slope"]) < 0.05
    assert held["control_slope"] == pytest.approx(0.3, abs=0.05)


def test_the_control_is_the_last_day_of_the_other_side_before_the_leg() -> None:
    legs = noise(120)
    for name in ("us_gap", "us_session"):
        legs[name][50] = NAN  # New York was closed on that date
    held = controlled_links(days(120), legs)
    us, asia = side_close(legs, "us"), side_close(legs, "asia")
    dates = [day for day in range(1, 120) if day != 50]  # Asia's session of the 50th is answered on the 51st
    found = row(held, "asia_session", "us_gap")
    known = [day - 1 if day != 51 else 49 for day in dates]
    beta, error = ols_hac(legs["us_gap"][dates], np.column_stack([legs["asia_session"][dates], us[known]]))
    assert found["n"] == len(dates)
    np.testing.assert_allclose(
        found[["slope", "slope_se", "control_slope", "control_slope_se"]].astype(float),
        [beta[1], error[1], beta[2], error[2]],
    )
    found = row(held, "us_session", "asia_gap")
    sources = [day for day in range(119) if day != 50]
    targets = [day + 1 for day in sources]
    beta, _ = ols_hac(
        legs["asia_gap"][targets], np.column_stack([legs["us_session"][sources], asia[sources]])
    )
    assert found["slope"] == pytest.approx(beta[1])


@given(seed=st.integers(0, 2**16), factor=st.floats(0.01, 100))
def test_scale_changes_no_correlation_and_holidays_fall_as_they_will(seed: int, factor: float) -> None:
    rng = np.random.default_rng(seed)
    legs = noise(200, seed)
    for side in ("asia", "us"):
        closed = rng.random(200) < 0.2
        for leg in LEGS:
            if leg.startswith(side):
                legs[leg][closed] = NAN
    one = leg_links(days(200), legs)
    other = leg_links(days(200), {leg: values * factor for leg, values in legs.items()})
    for name in ("n", "correlation", "slope", "slope_se", "stress_n", "left_out"):
        np.testing.assert_allclose(one[name], other[name], rtol=1e-8)
    for source, target in LINKS:
        pairs = leg_pairs(legs[source], legs[target], same_day=follows(source, target))
        assert (np.diff(pairs.from_rows) > 0).all() and (np.diff(pairs.to_rows) > 0).all()
        assert (pairs.to_rows - pairs.from_rows >= (0 if follows(source, target) else 1)).all()
        assert len(pairs.source) + pairs.left_out == np.isfinite(legs[source]).sum()


def trap(count: int = 20_000) -> tuple[Floats, Floats]:
    """asia[t] = a[t] + u[t−1], us[t] = .5 a[t] + u[t]: the news of Asia's and of New York's hours."""
    news = np.random.default_rng(20).normal(0, 0.01, (count + 1, 2))
    return news[1:, 0] + news[:-1, 1], 0.5 * news[1:, 0] + news[1:, 1]


def test_a_calendar_date_join_misses_the_stronger_link() -> None:
    """Theory: .3162 from Asia to New York of the same date, .6325 from New York to the next Asian day."""
    asia, us = trap()
    legs: dict[Leg, Floats] = {
        "asia_gap": np.zeros(len(asia)),
        "asia_session": asia,
        "us_gap": np.zeros(len(us)),
        "us_session": us,
    }
    found = leg_links(days(len(asia)), legs)
    onward = row(found, "us_session", "asia_session")["correlation"]
    same = row(found, "asia_session", "us_session")["correlation"]
    assert onward == pytest.approx(0.6325, abs=0.015)
    assert same == pytest.approx(0.3162, abs=0.02)
    joined = float(np.corrcoef(us, asia)[0, 1])
    assert abs(joined - onward) > 0.25, "a join on the date is the weaker link and no other"
    returns = np.column_stack([asia, us])
    rows = clock_rows(
        days(len(asia)), returns, np.array([True, False]), np.ones(returns.shape, np.bool_), lead="us"
    )
    assert float(np.corrcoef(rows.returns.T)[0, 1]) == pytest.approx(onward, abs=1e-3)


def test_the_trap_with_holidays_on_either_side() -> None:
    """Pairs by the clock keep the link when a twentieth of either side's days is missing."""
    asia, us = trap()
    rng = np.random.default_rng(6)
    asia[rng.random(len(asia)) < 0.05] = us[rng.random(len(us)) < 0.05] = NAN
    pairs = leg_pairs(us, asia, same_day=False)
    assert (pairs.to_rows - pairs.from_rows > 1).any()
    assert np.corrcoef(pairs.source, pairs.target)[0, 1] == pytest.approx(0.6325, abs=0.015)


@pytest.fixture(scope="module")
def legs(market: Market, calendars: Calendars) -> dict[Leg, Floats]:
    found: dict[str, Floats] = {}
    for side, names in (("asia", ASIA), ("us", US)):
        opened = market.exchange_open(names, calendars)
        pair = basket_legs(market.sessions, *market.legs(names), opened, np.ones_like(opened))
        found[f"{side}_gap"], found[f"{side}_session"] = pair
    return {leg: found[leg] for leg in LEGS}


KNOWN = {
    ("us_session", "asia_gap"): 0.68,
    ("asia_session", "us_gap"): 0.37,
    ("asia_session", "us_session"): 0.04,
}
"""2021-08-01 to 2026-07-01, computed independently on 15 Asian and 29 US names: near, not equal."""


def test_links_of_the_real_market(market: Market, legs: dict[Leg, Floats]) -> None:
    found = leg_links(market.sessions, legs, since=SINCE, until=UNTIL)
    for link, correlation in KNOWN.items():
        assert row(found, *link)["correlation"] == pytest.approx(correlation, abs=0.04)
    assert (found["n"] > 1200).all() and (found["stress_n"] > 120).all()
    strong = row(found, "us_session", "asia_gap")
    assert strong["slope"] / strong["slope_se"] > 10
    weak = row(found, "asia_session", "us_session")
    assert abs(weak["slope"]) < 2 * weak["slope_se"]


def test_the_gap_still_follows_with_the_day_before_controlled_for(
    market: Market, legs: dict[Leg, Floats]
) -> None:
    alone = leg_links(market.sessions, legs, since=SINCE, until=UNTIL)
    held = controlled_links(market.sessions, legs, since=SINCE, until=UNTIL)
    for link in (("us_session", "asia_gap"), ("asia_session", "us_gap")):
        found = row(held, *link)
        assert found["slope"] == pytest.approx(row(alone, *link)["slope"], abs=0.03)
        assert found["slope"] > 5 * found["slope_se"]


def test_close_to_close_by_date_and_by_the_clock(market: Market, calendars: Calendars) -> None:
    """Computed independently: .24 joined on the date, .56 from New York to the next Asian close."""
    opened = {side: market.exchange_open(names, calendars) for side, names in (("asia", ASIA), ("us", US))}
    means = np.column_stack(
        [
            np.where(opened[side].any(axis=1), np.nan_to_num(market.returns(names)).mean(axis=1), NAN)
            for side, names in (("asia", ASIA), ("us", US))
        ]
    )
    both = np.column_stack([opened["asia"].any(axis=1), opened["us"].any(axis=1)])
    for lead, correlation in (("asia", 0.24), ("us", 0.56)):
        rows = clock_rows(market.sessions, means, np.array([True, False]), both, lead=lead)  # type: ignore[arg-type]
        inside = (rows.dates >= SINCE) & (rows.dates <= UNTIL)
        assert np.corrcoef(rows.returns[inside].T)[0, 1] == pytest.approx(correlation, abs=0.04)


def test_the_control_is_a_side_s_day_and_not_its_legs() -> None:
    """Of all names with a close, as the page of the day has it; without moves it is what the legs say."""
    legs, rng = noise(300), np.random.default_rng(6)
    moves: dict[Side, Floats] = {"asia": rng.normal(0, 0.02, 300), "us": rng.normal(0, 0.02, 300)}
    for source, target in LINKS:
        found = row(controlled_links(days(300), legs, moves=moves), source, target)
        lag = 0 if follows(source, target) else 1
        at = np.arange(300 - lag)
        known = at if source.startswith("us") else at - 1
        use = known >= 0
        control = moves["us" if source.startswith("asia") else "asia"][known[use]]
        beta, _ = ols_hac(legs[target][at[use] + lag], np.column_stack([legs[source][at[use]], control]))
        assert found[["slope", "control_slope"]].tolist() == pytest.approx(beta[1:].tolist())
    same = {side: side_close(legs, side) for side in SIDES}
    pd.testing.assert_frame_equal(
        controlled_links(days(300), legs, moves=same), controlled_links(days(300), legs)
    )

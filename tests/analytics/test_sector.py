from __future__ import annotations

from dataclasses import fields
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.analytics.baskets import basket_path
from models.analytics.exceedance import exceedances
from models.analytics.relay import leg_z
from models.analytics.sector import VERDICTS, SectorPath, factor_share, sector_path, verdict_shares
from models.sessions import Calendars
from models.types import Bools, Floats
from tests.analytics.conftest import days
from tests.analytics.market import ASIA, US, Market

NAN = np.nan
QUIET_DAYS = 400


def path(last: list[float], history: Floats | None = None, **given: Any) -> SectorPath:
    """The path of a basket that was calm for 400 days, names within ±1.2 %, and then did ``last``."""
    calm = np.random.default_rng(5).uniform(-0.012, 0.012, (QUIET_DAYS, len(last)))
    returns = np.vstack([calm if history is None else history, last])
    opened = np.ones(returns.shape, dtype=np.bool_)
    return sector_path(days(len(returns)), returns, given.pop("opened", opened), opened, **given)


def verdict(last: list[float]) -> str:
    return str(path(last).verdict[-1])


def test_the_figures_of_a_day() -> None:
    found = path([-0.05, -0.03, 0.0, 0.01, NAN, -0.02])
    assert (found.members[-1], found.traded[-1], found.down[-1], found.judged[-1]) == (6, 5, 3, 5)
    assert found.breadth[-1] == pytest.approx(3 / 5)
    assert found.exceeding[-1] == 3
    assert found.coexceedance[-1] == pytest.approx(3 / 5)
    assert (found.largest[-1], found.largest_share[-1]) == (0, pytest.approx(0.5))
    assert found.dispersion[-1] == pytest.approx(np.std([-0.05, -0.03, 0.0, 0.01, -0.02], ddof=1))


@pytest.mark.parametrize(
    ("last", "expected"),
    [
        ([0.01] * 10, "quiet"),
        ([-0.0015] * 10, "quiet"),
        ([-0.02] * 10, "sector-wide"),
        ([-0.02] * 8 + [0.001] * 2, "sector-wide"),
        ([-0.02] * 7 + [0.001] * 3, "mixed"),
        ([-0.001] * 8 + [-0.02] * 2, "mixed"),
        ([-0.03] * 9 + [-0.15], "mixed"),
        ([-0.01] * 9 + [-0.3], "single-stock"),
        ([0.001] * 9 + [-0.3], "single-stock"),
        ([-0.02] * 2 + [0.0] * 7 + [-0.3], "mixed"),
    ],
)
def test_verdicts(last: list[float], expected: str) -> None:
    assert verdict(last) == expected


def test_a_single_name_of_six_may_lose_half_before_it_is_not_the_sector() -> None:
    """max(.25, 3 / n): with six names the limit is a half of the loss, with twelve a quarter."""
    assert verdict([-0.05, -0.02, -0.02, -0.02, -0.02, -0.02]) == "sector-wide"
    assert verdict([-0.12, *[-0.02] * 11]) == "mixed"


def test_a_day_without_its_figures_has_no_verdict_and_says_why() -> None:
    few = path([-0.05, -0.05, NAN, NAN, NAN, NAN], exchanges=["A", "A", *"BBBB"])
    assert (few.verdict[-1], few.reason[-1]) == ("", "too many bars of an open exchange are missing")
    young = path([-0.05] * 6, np.random.default_rng(1).normal(0, 0.01, (240, 6)))
    assert young.reason[-1] == "fewer than 60% of the names have the history to be judged"
    assert path([-0.05] * 4).reason[-1] == "fewer than 5 names traded"
    assert (path([-0.05] * 6).reason[:5] != "").all()


def test_one_side_closed_is_no_verdict_of_both() -> None:
    opened = np.ones((QUIET_DAYS + 1, 12), dtype=np.bool_)
    opened[-1, 4:] = False
    found = path([-0.05] * 4 + [NAN] * 8, opened=opened)
    assert (found.traded[-1], found.members[-1]) == (4, 12)
    assert (found.verdict[-1], found.reason[-1]) == ("", "fewer than 60% of the names traded")
    opened[-1] = False
    assert path([NAN] * 12, opened=opened).reason[-1] == "no exchange was open"


def test_z_and_the_worst_twentieth_are_those_of_their_modules() -> None:
    returns = np.random.default_rng(3).normal(0, 0.01, (600, 8))
    opened = np.ones(returns.shape, dtype=np.bool_)
    found = sector_path(days(600), returns, opened, opened)
    np.testing.assert_array_equal(found.z, leg_z(basket_path(days(600), returns, opened, opened).returns))
    exceeded, judged = exceedances(returns)
    np.testing.assert_array_equal(found.exceeding, exceeded.sum(axis=1))
    same = sector_path(days(600), returns, opened, opened, (exceeded, judged))
    for item in fields(SectorPath):
        np.testing.assert_array_equal(getattr(same, item.name), getattr(found, item.name))


@given(seed=st.integers(0, 2**16), scale=st.floats(0.1, 3))
def test_order_and_scale_of_names_change_no_verdict(seed: int, scale: float) -> None:
    rng = np.random.default_rng(seed)
    returns = rng.standard_t(3, (420, 7)) * 0.02 + rng.standard_t(3, (420, 1)) * 0.02
    returns[rng.random(returns.shape) < 0.03] = NAN
    opened, order = np.ones(returns.shape, dtype=np.bool_), rng.permutation(7)
    one = sector_path(days(420), returns, opened, opened)
    other = sector_path(days(420), returns[:, order] * scale, opened, opened)
    np.testing.assert_array_equal(one.verdict, other.verdict)
    np.testing.assert_allclose(one.largest_share, other.largest_share)
    np.testing.assert_allclose(one.dispersion * scale, other.dispersion)
    fell = one.largest >= 0
    np.testing.assert_array_equal(one.largest[fell], order[other.largest[fell]])


@pytest.mark.parametrize("shape", [(0, 3), (5, 0), (1, 6)])
def test_shapes_without_data(shape: tuple[int, int]) -> None:
    opened = np.ones(shape, dtype=np.bool_)
    found = sector_path(days(shape[0]), np.full(shape, -0.01), opened, opened)
    assert (found.verdict == "").all() and (found.reason != "").all()


def test_shares_of_verdicts_in_an_episode_beside_all_days() -> None:
    found = path([-0.02] * 10)
    table = verdict_shares(found, days(401)[399], days(401)[400]).set_index("verdict")
    assert list(table.index) == [*VERDICTS, ""]
    assert table.loc["sector-wide", "days"] == 1
    assert table.loc["sector-wide", "share"] == pytest.approx(0.5)
    assert table["days"].sum() == 2
    judged = (found.verdict != "").sum()
    wide = (found.verdict == "sector-wide").sum() / judged
    assert table.loc["sector-wide", "ratio"] == pytest.approx(0.5 / wide)
    assert (table.loc["", "days"], table.loc["", "all_days"]) == (0, 401 - judged)
    assert np.isnan(table.loc["", "share"])
    late = verdict_shares(found, days(401)[399], days(401)[400], since=days(401)[391]).set_index("verdict")
    assert late["all_days"].sum() == 10
    assert np.isnan(verdict_shares(found, days(401)[0], days(401)[1])["share"]).all()


def test_a_day_along_the_usual_direction_is_all_factor() -> None:
    rng = np.random.default_rng(2)
    common = rng.normal(0, 0.01, (300, 1))
    returns = common + rng.normal(0, 0.004, (300, 5))
    together, apart = np.full((1, 5), -0.05), np.array([[0.05, -0.05, 0.04, -0.04, 0.0]])
    found = factor_share(np.vstack([returns, together, apart]), [300, 301])
    assert found.share[0] > 0.97
    assert found.share[1] < 0.1
    assert found.names.tolist() == [5, 5] and found.left_out.tolist() == [0, 0]


def test_the_factor_is_that_of_the_correlation_before_the_day() -> None:
    returns = np.random.default_rng(4).normal(0, 0.01, (320, 4)) @ np.array(
        [[1, 0.5, 0.2, 0], [0, 1, 0, 0], [0.3, 0, 1, 0], [0, 0, 0, 3]]
    )
    past, today = returns[50:300], returns[300]
    z = (today - past.mean(axis=0)) / past.std(axis=0)
    vector = np.linalg.eigh(np.corrcoef(past.T))[1][:, -1]
    share = factor_share(returns, [300]).share
    assert share[0] == pytest.approx((vector @ z) ** 2 / (z @ z), abs=1e-12)
    changed = returns.copy()
    changed[301:] = 9.0
    assert factor_share(changed, [300]).share[0] == share[0]
    order = [2, 0, 3, 1]
    np.testing.assert_allclose(factor_share(returns[:, order] * [1, 2, 3, 4], [300]).share, share)


def test_a_new_listing_and_a_flat_name_are_left_out_and_counted() -> None:
    returns = np.random.default_rng(6).normal(0, 0.01, (400, 5))
    young = returns.copy()
    young[:300, 0] = NAN
    young[:, 1] = 0.0
    found = factor_share(young, [399])
    assert (found.names[0], found.left_out[0]) == (3, 2)
    assert found.share[0] == pytest.approx(factor_share(returns[:, 2:], [399]).share[0])
    closed = returns.copy()
    closed[399, 3:] = NAN
    assert factor_share(closed, [399]).names[0] == 3
    assert factor_share(closed, [399]).left_out[0] == 0


def test_names_without_enough_common_days_go_youngest_first() -> None:
    """Each of the two has its 250 days, but they share too few: the younger one is left out."""
    returns = np.random.default_rng(8).normal(0, 0.01, (600, 4))
    returns[:330, 3] = NAN
    returns[340:400, 2] = NAN
    found = factor_share(returns, [599])
    assert (found.names[0], found.left_out[0]) == (3, 1)


def test_no_factor_without_history_or_names() -> None:
    returns = np.random.default_rng(9).normal(0, 0.01, (260, 3))
    found = factor_share(returns, [10, 250])
    assert np.isnan(found.share[0]) and np.isfinite(found.share[1])
    assert found.left_out[0] == 3
    assert np.isnan(factor_share(returns[:, :1], [255]).share[0])
    assert factor_share(returns, []).share.shape == (0,)
    assert np.isnan(factor_share(returns[:, :0], [255]).share[0])


KNOWN = [
    (ASIA, "2024-08-05", 1.00, 1.00, 0.10, "9984.T", "sector-wide"),
    (ASIA, "2026-06-23", 0.87, 0.53, 0.16, "285A.T", "sector-wide"),
    (ASIA, "2026-06-26", 1.00, 0.60, 0.13, "9984.T", "sector-wide"),
    (ASIA, "2025-11-14", 1.00, 0.64, 0.26, "285A.T", "mixed"),
    (US, "2025-01-27", 0.93, 0.81, 0.11, None, "sector-wide"),
    (ASIA + US, "2026-06-05", 0.93, 0.66, 0.06, None, "sector-wide"),
]
"""Breadth, co-exceedance and largest share computed independently on slightly other names."""


def everyone(market: Market, calendars: Calendars, names: tuple[str, ...]) -> tuple[Floats, Bools]:
    return market.returns(names), market.exchange_open(names, calendars)


@pytest.mark.parametrize(("names", "day", "broad", "together", "share", "largest", "expected"), KNOWN)
def test_known_days(
    market: Market,
    calendars: Calendars,
    names: tuple[str, ...],
    day: str,
    broad: float,
    together: float,
    share: float,
    largest: str | None,
    expected: str,
) -> None:
    returns, opened = everyone(market, calendars, names)
    found, row = sector_path(market.sessions, returns, opened, np.ones_like(opened)), market.row(day)
    assert found.verdict[row] == expected
    assert found.breadth[row] == pytest.approx(broad, abs=0.05)
    assert found.coexceedance[row] == pytest.approx(together, abs=0.09)  # one of twelve names
    assert found.largest_share[row] == pytest.approx(share, abs=0.045)
    assert largest in (None, names[found.largest[row]])


def test_the_fall_of_june_and_july_2026_was_wider_than_usual(market: Market, calendars: Calendars) -> None:
    """Worked out independently for 42 names since August 2021: 35, 8 and 58 % beside 4, 10 and 86 %."""
    returns, opened = everyone(market, calendars, ASIA + US)
    found = sector_path(market.sessions, returns, opened, np.ones_like(opened))
    first, last, since = (np.datetime64(day) for day in ("2026-06-23", "2026-07-29", "2021-08-01"))
    table = verdict_shares(found, first, last, since).set_index("verdict")
    for name, share, whole in (("sector-wide", 35, 4), ("mixed", 8, 10), ("quiet", 58, 86)):
        assert table.loc[name, "share"] * 100 == pytest.approx(share, abs=0.51)
        assert table.loc[name, "all_share"] * 100 == pytest.approx(whole, abs=1.1)
    closed = market.row("2026-07-03")
    assert (found.verdict[closed], found.reason[closed]) == ("", "fewer than 60% of the names traded")


def test_the_usual_direction_of_a_crash_and_of_a_calm_day(market: Market, calendars: Calendars) -> None:
    returns, _ = everyone(market, calendars, ASIA)
    found = factor_share(returns, [market.row("2024-08-05"), market.row("2026-07-03")])
    assert found.share[0] > 0.85
    assert found.share[1] < 0.5
    assert found.names.tolist() == [11, 12], "Kioxia was not listed yet"

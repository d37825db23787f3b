"""One figure for one thing: whatever two of page, command and file say of a day is the same number."""

from __future__ import annotations

import json
from datetime import date

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from app.market.market import Market
from app.questions.breadth import sector_path
from app.questions.relay.legs import side_day, side_splits
from models.analytics.relay import leg_paths
from tests.analytics.conftest import days
from tests.app.conftest import Answering
from tests.app.shared_figures import ledger_of, split_errors

# Four falls and a quiet day; one whose Asian opens are missing, and one on which New York was closed.
DAYS = ("2026-06-23", "2026-06-26", "2026-07-28", "2026-07-02", "2026-07-22", "2020-05-01", "2026-07-03")
NAMES = 6


@pytest.mark.parametrize("day", DAYS)
def test_every_shared_figure_of_a_day_is_one_figure(real: Market, day: str) -> None:
    found = ledger_of(real, date.fromisoformat(day), "all", stressed=day == "2026-07-28")
    assert found.faults() == []
    assert found.shared >= 16


def test_the_command_says_what_the_page_says(real: Market, told: Answering) -> None:
    """Through the command line: the Brief's sides, the relay's and breadth's counts of 28 July."""
    ledger = ledger_of(real, date(2026, 7, 28), "all", stressed=False)
    relayed, wide = told("relay", "--on", "2026-07-28"), told("breadth", "--on", "2026-07-28")
    for each in relayed["sides"]:
        side = each["side"]
        ledger.note("relay command", **{f"{side}_{name}": each[name] for name in ("move", "names", "rest")})
    ledger.note("breadth command", names=wide["names"], breadth=wide["breadth"], verdict=wide["verdict"])
    ledger.note("relay command", starter=relayed["starter"])
    brief = told("brief", "--as-of", "2026-07-28")
    for each in brief["sides"]:
        ledger.note("brief command", **{f"{each['side']}_move": each["move"]})
    assert ledger.faults() == []


def test_legs_and_the_rest_are_the_move_on_every_real_day(real: Market) -> None:
    view = real.view()
    for basket in view.universe.baskets:
        assert split_errors(view, basket).max(initial=0.0) < 1e-12, basket


@settings(max_examples=80, deadline=None)
@given(
    returns=hnp.arrays(np.float64, (4, NAMES), elements=st.floats(-0.6, 0.9)),
    gaps=hnp.arrays(np.float64, (4, NAMES), elements=st.floats(-0.5, 0.8)),
    opened=hnp.arrays(np.bool_, (4, NAMES)),
    closed=hnp.arrays(np.bool_, (4, NAMES)),
    held=hnp.arrays(np.bool_, (4, NAMES)),
)
def test_legs_and_the_rest_are_the_move(
    returns: np.ndarray, gaps: np.ndarray, opened: np.ndarray, closed: np.ndarray, held: np.ndarray
) -> None:
    """n1 · legs + n2 · rest = n · move, with whatever opens, closes and sessions are missing."""
    moves = np.where(closed & held, returns, np.nan)
    gap = np.where(opened & held, gaps, np.nan)
    session = (1 + moves) / (1 + gap) - 1
    path = leg_paths(days(4), gap, session, held, np.ones_like(held), returns=moves, max_missing=1.0)
    legs = (1 + path.gap.returns) * (1 + path.session.returns) - 1
    rest = np.where(path.without > 0, path.without * np.nan_to_num(path.rest), 0.0)
    whole = path.counted * path.whole.returns
    known = np.isfinite(legs)
    np.testing.assert_allclose(
        ((path.counted - path.without) * np.nan_to_num(legs) + rest)[known], whole[known], atol=1e-12
    )
    both = held & closed & opened
    assert (path.gap.traded[known] == both.sum(axis=1)[known]).all()
    assert (known == (both.any(axis=1) & np.isfinite(path.whole.returns))).all()


def test_missing_opens_never_make_a_name_lapse_and_a_day_of_them_stays_withheld() -> None:
    """Ten sessions without the opens of two of five names: 40% is not more than 40%; of three, it is."""
    moves = np.full((12, 5), -0.02)
    opened = np.ones((12, 5), dtype=bool)
    for gone, withheld in ((2, False), (3, True)):
        gap = np.full((12, 5), -0.01)
        gap[2:, :gone] = np.nan
        session = (1 + moves) / (1 + gap) - 1
        path = leg_paths(days(12), gap, session, opened, opened, returns=moves)
        assert path.gap.withheld[2:].all() == withheld and not path.gap.withheld[:2].any()
        assert (path.without[2:] == gone).all() and (path.whole.traded == 5).all()
        assert np.isnan(path.gap.returns[2:]).all() == withheld
        assert np.isfinite(path.whole.returns).all()


def test_a_name_without_closes_lapses_after_five_sessions_and_no_longer_counts() -> None:
    moves = np.full((12, 5), 0.01)
    moves[3:, 0] = np.nan
    opened = np.ones((12, 5), dtype=bool)
    gap = np.where(np.isfinite(moves), 0.004, np.nan)
    path = leg_paths(days(12), gap, (1 + moves) / (1 + gap) - 1, opened, opened, returns=moves)
    assert path.whole.members.tolist() == [5] * 8 + [4] * 4
    assert path.counted.tolist() == [5] * 3 + [4] * 9


def test_weights_run_with_the_names_from_the_close_before() -> None:
    """One opens 50% up and holds, the other opens flat and gains 10%: 25%, then 2.6 over 2.5."""
    gap, session = np.array([[0.5, 0.0]]), np.array([[0.0, 0.1]])
    opened = np.ones((1, 2), dtype=bool)
    path = leg_paths(days(1), gap, session, opened, opened)
    assert path.gap.returns[0] == pytest.approx(0.25) and path.session.returns[0] == pytest.approx(0.04)
    assert path.whole.returns[0] == pytest.approx(0.30)


def test_what_a_day_stands_on_is_said(real: Market, told: Answering) -> None:
    """28 July 2026 by hand: 14 Asian names −8.1%, 13 of them with an open −8.8%, Tencent +0.9%."""
    found = side_day(real.view(), "all", "asia", date(2026, 7, 28))
    assert found is not None
    assert (found.names, found.leg_names, found.without, found.rest_names) == (14, 13, 1, ("Tencent",))
    assert (round(100 * found.move or 0, 1), round(100 * found.legs or 0, 1)) == (-8.1, -8.8)  # type: ignore[operator]
    notes = [note["reason"] for note in told("relay", "--on", "2026-07-28")["notes"]]
    assert "of 13 of 14 names; without an open: 1 Asian name (all of Hong Kong), +0.9%" in notes


def test_no_tokyo_name_is_in_the_legs_until_its_opens_are_stored(real: Market) -> None:
    """Five of thirteen Asian names are under the limit in 2018, six of fourteen beyond it in 2019."""
    view = real.view()
    early, late = (side_day(view, "all", "asia", day) for day in (date(2018, 6, 1), date(2019, 5, 7)))
    assert early is not None and late is not None
    assert (early.without, early.names, early.cities, early.withheld) == (5, 13, ("Tokyo",), False)
    assert (late.without, late.names, late.withheld, late.legs) == (6, 14, True, None)
    assert late.move == pytest.approx(float(sector_path(view, "all", "asia").returns[_row(view, late.day)]))


@pytest.mark.parametrize("day", ["2020-05-01", "2019-05-07", "2026-04-22"])
def test_a_day_without_legs_has_no_starter_of_another_day(real: Market, told: Answering, day: str) -> None:
    found = told("relay", "--on", day)
    assert (found["day"], found["starter"], found["starter_leg"]) == (day, "not known", None)
    assert found["sentence"].startswith("Not known who started it, because ")
    brief = told("brief", "--as-of", day)
    said = {row["topic"]: row["sentence"] for row in brief["rows"]}["who started it"]
    assert said.startswith("Not known, because ") and brief["starter"] == "not known"
    assert {leg["date"] for leg in brief["legs"] if leg["leg"] != "us_session"} <= {day}


def test_on_a_sunday_the_answer_names_its_day(told: Answering) -> None:
    said = {row["topic"]: row["sentence"] for row in told("brief", "--as-of", "2026-07-26")["rows"]}
    assert said["who started it"].startswith("Asia on Fri 24 Jul. Asia’s session of 24 Jul: ")
    assert "its usual swing (the line: 1.65×)" in said["who started it"]


def _row(view: object, day: date) -> int:
    return int(np.searchsorted(view.panel.sessions, np.datetime64(day)))  # type: ignore[attr-defined]


def test_stress_never_calls_a_sector_wide_day_calm(real: Market, told: Answering) -> None:
    """28 July 2026 scored no more than usual while 28 of 44 names were in their worst 5%."""
    for lead, dates in (("asia", ("28 July was sector-wide",)), ("us", ("27 Jul", "28 Jul"))):
        found = told("stress", "--as-of", "2026-07-28", "--lead", lead, "--days", "1")
        assert "calm" not in found["sentence"] and "sector-wide" in found["sentence"]
        assert all(date_ in found["sentence"] for date_ in dates)
    row = json.loads(json.dumps(found["rows"][-1]))
    assert (row["us_date"], row["asia_date"]) == ("2026-07-27", "2026-07-28")


def test_the_day_of_stress_is_the_day_of_the_brief(real: Market, told: Answering) -> None:
    found, brief = (told(name, "--as-of", "2026-07-28") for name in ("stress", "brief"))
    assert f"a fall of {-100 * brief['move']:.1f}%" in found["sentence"]
    assert side_splits(real.view(), "all")["asia"].whole.traded.max() >= 14

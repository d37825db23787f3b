from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from models.analytics.layer_links import LINKS, LayerLegs, holm, layer_links
from models.analytics.relay import basket_legs
from models.sessions import Calendars
from models.universe import load_universe
from tests.analytics.conftest import days
from tests.analytics.market import ASIA, US, Market

NAN = np.nan
TO_GAP, TO_SESSION, TO_US = LINKS


def sides(count: int, seed: int = 1) -> tuple[LayerLegs, LayerLegs]:
    """New York's first layer moves Asia's next gap, Asia's second New York's gap; nothing else moves."""
    rng = np.random.default_rng(seed)
    legs = rng.normal(size=(4, count, 2)) * 0.01
    asia_gap, asia_session, us_gap, us_session = legs
    asia_gap[1:, 0] += us_session[:-1, 0]
    us_gap[:, 1] += asia_session[:, 1]
    return LayerLegs(("Memory", "Foundry"), asia_gap, asia_session), LayerLegs(
        ("Chips", "Power"), us_gap, us_session
    )


def cell(table: pd.DataFrame, link: str, source: str, target: str) -> pd.Series:
    found = table[(table["link"] == link) & (table["source"] == source) & (table["target"] == target)]
    assert len(found) == 1
    return found.iloc[0]


def test_each_link_is_seen_where_it_is_and_nowhere_else() -> None:
    table = layer_links(days(400), *sides(400))
    assert len(table) == 12 and (table["n"] == 250).all() and (table["reason"] == "").all()
    strong = table[table["p_adjusted"] < 0.05][["link", "source", "target"]].values.tolist()
    assert strong == [[TO_GAP, "Chips", "Memory"], [TO_US, "Foundry", "Power"]]
    row = cell(table, TO_GAP, "Chips", "Memory")
    assert row["correlation"] == pytest.approx(1 / np.sqrt(2), abs=0.08)
    assert row["low"] < 1 / np.sqrt(2) < row["high"]
    assert (table["low"] <= table["correlation"]).all() and (table["correlation"] <= table["high"]).all()
    assert row["last"] == pd.Timestamp(days(400)[-1])


def test_a_closed_side_lets_the_last_session_before_its_return_speak() -> None:
    count = 300
    asia, us = sides(count)
    asia.gap[100:103] = asia.session[100:103] = NAN  # Asia closed for three days
    us.gap[200] = us.session[200] = NAN  # New York closed for one
    asia.gap[103, 0] += us.session[102, 0] * 50
    table = layer_links(days(count), asia, us, days=count)
    gave = np.delete(np.arange(count - 1), [99, 100, 101, 200])
    took = np.delete(np.arange(1, count), [99, 100, 101, 200])
    row = cell(table, TO_GAP, "Chips", "Memory")
    assert row["n"] == len(gave)
    assert row["correlation"] == pytest.approx(np.corrcoef(us.session[gave, 0], asia.gap[took, 0])[0, 1])
    east = cell(table, TO_US, "Foundry", "Power")
    gave = np.delete(np.arange(count), [100, 101, 102, 200])
    assert east["n"] == len(gave)
    assert east["correlation"] == pytest.approx(np.corrcoef(asia.session[gave, 1], us.gap[gave, 1])[0, 1])


def test_a_layer_without_enough_days_says_so() -> None:
    asia, us = sides(200)
    asia.gap[:150, 1] = asia.session[:150, 1] = NAN
    us.gap[:, 0] = 0.01
    table = layer_links(days(200), asia, us)
    short = cell(table, TO_GAP, "Power", "Foundry")
    assert short["reason"] == "50 hand-overs that both layers have, 60 needed"
    assert np.isnan(short["correlation"]) and np.isnan(short["p_adjusted"])
    assert cell(table, TO_US, "Memory", "Chips")["reason"] == "one of the two did not move"
    assert cell(table, TO_US, "Memory", "Power")["reason"] == ""


def test_no_days_give_rows_with_reasons() -> None:
    empty = np.empty((0, 1))
    table = layer_links(days(0), LayerLegs(("A",), empty, empty), LayerLegs(("B",), empty, empty))
    assert len(table) == 3
    assert table["reason"].str.startswith("0 hand-overs").all()
    assert table["first"].isna().all()


def test_chance_alone_rarely_passes_for_a_baton() -> None:
    shown = 0
    for seed in range(60):
        rng = np.random.default_rng(seed)
        legs = rng.standard_t(4, (4, 250, 4)) * 0.01
        names = ("a", "b", "c", "d")
        table = layer_links(days(250), LayerLegs(names, *legs[:2]), LayerLegs(names, *legs[2:]))
        shown += bool((table["p_adjusted"] < 0.05).any())
    assert shown <= 6  # of 60 tables of 48 pairs; without Holm's rule nearly every one would show something


def test_holm_by_hand() -> None:
    np.testing.assert_allclose(holm(np.array([0.01, 0.04, 0.03, NAN])), [0.03, 0.06, 0.06, NAN])
    assert holm(np.array([0.9, 0.8])).tolist() == [1.0, 1.0]


@given(arrays(np.float64, st.integers(0, 8), elements=st.floats(0, 1)))
def test_holm_never_lowers_and_keeps_the_order(p: np.ndarray) -> None:
    adjusted = holm(p)
    assert (adjusted >= p).all() and (adjusted <= 1).all()
    assert (np.diff(adjusted[np.argsort(p, kind="stable")]) >= 0).all()


def test_real_memory_carries_the_baton(market: Market, calendars: Calendars) -> None:
    """To 2026-07-29: Asia's memory session leads New York's memory gap at about a half."""
    universe = load_universe()
    upto = slice(0, market.row("2026-07-29") + 1)
    sides = []
    for names in (ASIA, US):
        layers = sorted({universe[name].layer.id for name in names})
        gaps, sessions = [], []
        for layer in layers:
            members = [name for name in names if universe[name].layer.id == layer]
            opened = market.exchange_open(members, calendars)
            gap, session = basket_legs(market.sessions, *market.legs(members), opened, np.ones_like(opened))
            gaps.append(gap[upto])
            sessions.append(session[upto])
        sides.append(LayerLegs(tuple(layers), np.column_stack(gaps), np.column_stack(sessions)))
    table = layer_links(market.sessions[upto], *sides)
    baton = cell(table, TO_US, "memory", "memory")
    assert baton["correlation"] == pytest.approx(0.52, abs=0.05)
    assert baton["p_adjusted"] < 0.05
    assert cell(table, TO_GAP, "memory", "memory")["correlation"] == pytest.approx(0.58, abs=0.06)

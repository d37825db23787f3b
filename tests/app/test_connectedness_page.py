"""The Connectedness view on made prices: what it says, draws, leaves out, and does with odd requests."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from app.figures.style import memo, screen
from app.kinds.request import PageRequest
from app.market.event_book import EventBook
from app.market.market import Market, View
from app.pages.contagion import connectedness as page
from app.pages.contagion.connectedness import controls, story
from app.questions.connectedness import balance, links, matrix, series
from app.questions.connectedness.facts import Facts
from app.questions.connectedness.nodes import Who
from app.questions.connectedness.state import ConnectednessState, parse_connectedness
from app.questions.connectedness.system import Terms, connected
from app.questions.connectedness.table import rolling_frame, sheet
from app.questions.events.flag_marks import placed_on
from app.questions.events.flags import basket_days
from app.render.html.markup import markup
from app.settings import Settings
from models.errors import MeasureSettingError
from models.events import Event
from models.sessions import Calendars
from models.universe import Universe
from tests.app.conftest import Ran
from tests.app.markets import ASIA, US, closes
from tests.app.situations import NOW, cells, text, view_with


@pytest.fixture(scope="module")
def view(calendars: Calendars, universe: Universe) -> View:
    return view_with(calendars, universe, closes(-0.05))


def facts(view: View, **state: Any) -> Facts:
    return Facts(view, ConnectednessState(**state), NOW)


def test_shares_add_up_and_the_balance_is_zero(view: View) -> None:
    result = facts(view).found.result
    np.testing.assert_allclose(result.table.sum(axis=1), 1)
    np.testing.assert_allclose(result.own + result.from_others, 1)
    assert result.net.sum() == pytest.approx(0, abs=1e-12)
    assert result.total == pytest.approx(result.from_others.mean())
    k = len(result.names)
    assert result.corrected == pytest.approx(result.total * k / (k - 1))


def test_both_indices_are_labelled_and_the_parameters_stand_on_the_chart(view: View) -> None:
    found = facts(view)
    told = story.deck(found)
    assert "TCI " in told and "cTCI " in told
    for piece in ("VAR(1)", "H 10", "generalised shocks", "200 rows", "New York then next Asia"):
        assert piece in story.parameters(found)


@pytest.mark.parametrize("lead", ["us", "asia"])
def test_what_crossed_is_told_by_both_kinds_of_shocks(view: View, lead: str) -> None:
    found = facts(view, lead=lead)
    across = found.found.across
    assert across is not None
    rows = cells(markup(story.across_table(found)))
    for place, row in enumerate(rows):
        assert row[1:] == [f"{100 * across[kind][place]:.1f}" for kind in ("generalised", "clock")]
    assert f"{100 * across['clock'][0]:.0f}% of Asia’s risk" in story.headline(found)


@pytest.mark.parametrize("shocks", ["generalised", "clock", "cholesky"])
def test_each_sentence_is_by_one_kind_of_shocks_and_says_which(view: View, shocks: str) -> None:
    found = facts(view, shocks=shocks)
    result, across = found.found.result, found.found.across
    assert across is not None
    shares = [f"{100 * share:.0f}" for share in across["clock"]]
    head = story.headline(found)
    assert head.startswith("By the clock, ") and re.findall(r"[\d.]+", head) == shares
    start = {"generalised": "By generalised shocks: ", "clock": "By the clock, US first: "}
    assert story.deck(found).startswith(start.get(shocks, "By Cholesky shocks, US first, then as listed: "))
    assert f"TCI {100 * result.total:.1f}, " in story.deck(found)
    assert story.extremes(found.found) in story.deck(found)


def test_names_may_stand_in_place_of_layers(view: View) -> None:
    found = facts(view, names=("NVDA", "MU", "000660.KS", "8035.T"))
    assert {node.name for node in found.found.nodes} == {
        view.universe[symbol].name for symbol in ("NVDA", "MU", "000660.KS", "8035.T")
    }
    assert facts(view, nodes="names").found.result.names != facts(view).found.result.names


def test_a_listing_inside_the_window_is_named_with_its_reason(
    calendars: Calendars, universe: Universe
) -> None:
    made = view_with(calendars, universe, closes(listed={"NVDA": 40}))
    found = facts(made, names=("NVDA", "MU", "000660.KS", "8035.T"))
    assert [name for name, _ in found.found.left_out] == ["Nvidia"]
    assert story.foot(found).startswith("Left out: Nvidia: ")
    last = rolling_frame(found.found).iloc[-1]
    assert last["members"] == 3


def test_volatility_without_highs_and_lows_says_so(view: View) -> None:
    """The made bars have a close alone."""
    found = facts(view, of="volatility")
    assert "has values in 0 of 200 rows" in found.problem and len(story.headline(found)) <= 110


def test_a_flat_series_is_left_out_and_said(calendars: Calendars, universe: Universe) -> None:
    flat = closes() | {"META": [100.0] * 900}
    found = facts(view_with(calendars, universe, flat), names=("META", "MU", "000660.KS", "8035.T"))
    assert found.problem == "" and "Meta" in story.foot(found)
    assert np.isfinite(found.found.result.table).all()


def test_what_cannot_be_estimated_says_what_would_help(view: View) -> None:
    found = facts(view, names=("NVDA",))
    assert "needs two names and has 1; choose" in found.problem
    assert story.headline(found) == "This system cannot be estimated"
    assert story.deck(found) == found.problem


@pytest.mark.parametrize("basket", ["asia", "us", "memory"])
def test_a_basket_of_one_side_or_layer_has_its_own_sentence(view: View, basket: str) -> None:
    found = facts(view, basket=basket)
    if basket == "memory":
        assert "By the clock" in story.headline(found)
        return
    assert "gave the most" in story.headline(found)
    assert story.across_table(found) is None


def test_the_data_of_each_chart_are_what_it_draws(view: View) -> None:
    found = facts(view)
    rows = found.found.result
    assert balance.frame(found)["net"].tolist() == sorted(rows.net.tolist(), reverse=True)
    assert matrix.frame(found).loc["NET", rows.names[0]] == pytest.approx(rows.net[0])
    assert len(series.frame(found)) == len(found.days)
    assert links.frame(found)["weight" if "weight" in links.frame(found) else "share"].gt(0).all()


def test_nothing_drawn_is_nan(view: View, calendars: Calendars, universe: Universe) -> None:
    made = view_with(calendars, universe, closes(listed={"NVDA": 300, "MU": 100}, seed=2))
    for given in (view, made):
        for state in ({}, {"nodes": "names"}, {"lead": "asia"}, {"sample": "period"}):
            found = facts(given, **state)
            for module in (links, balance, series, matrix):
                figure = module.draw(found, screen("dark", 700, 400))
                written = json.dumps([trace.get("text") for trace in figure["data"]], default=str)
                assert "nan" not in written.lower()


def test_controls_are_links_to_the_page_in_another_state(view: View) -> None:
    state = ConnectednessState(basket="us", lags=2, horizon=5, window=250, shocks="clock", shrink="auto")
    found = Facts(view, state, NOW)
    written = markup(controls.controls(found.found, state, NOW))
    known, notices = parse_connectedness(state.query(), view.universe)
    assert known == state and notices == []
    for address in re.findall(r'href="(\?[^"]*)"', written):
        assert parse_connectedness(address.replace("&amp;", "&"), view.universe)[1] == []


def test_what_cannot_be_used_is_told_and_not_used(universe: Universe) -> None:
    asked = "?window=7&lags=9&horizon=0&shocks=x&nodes=x&of=x&lead=x&sample=x&shrink=x&basket=x&from=x&y=1"
    state, notices = parse_connectedness(asked, universe)
    assert state == ConnectednessState()
    assert len(notices) == 12


@pytest.mark.parametrize(
    "search",
    [
        "",
        "?basket=us",
        "?basket=memory",
        "?from=all",
        "?nodes=names",
        "?names=NVDA",
        "?names=JPY%3DX",
        "?asof=2026-06-23",
    ],
)
def test_the_page_stands_on_a_small_store(market: Market, search: str) -> None:
    request = PageRequest(page.PATH, search)
    layout = markup(page.layout(market, request))
    assert 'data-empty="true"' not in layout and "nan" not in text(layout).lower().split()
    assert len(page.update(market, request)) == len(page.OUTPUTS)
    for chart in page.CHARTS:
        assert chart.draw(market, request)["layout"]["width"] > 300


def test_a_chart_tells_its_story_with_the_view_pinned(
    view: View, market: Market, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(page, "asked_view", lambda *_: (view, NOW))
    for chart in page.CHARTS:
        told = chart.tell(market, PageRequest(page.PATH, "?window=250"))
        assert told.path == page.PATH and "asof=2026-06-24T22:00Z" in told.query
        assert told.draw(memo(head=200, foot=100))["layout"]["width"] == 1600
        assert len(told.data) > 1


def test_nothing_stored_is_the_empty_state(tmp_path: Path) -> None:
    found = Market(Settings(data_dir=tmp_path))
    try:
        assert "No prices yet" in markup(page.layout(found, PageRequest(page.PATH)))
    finally:
        found.close()


@pytest.mark.parametrize("show", ["nodes", "pairs", "rolling"])
def test_the_answer_is_the_page_s_estimate(view: View, show: Any) -> None:
    terms = Terms(Who("all", "names", ASIA[:3] + US[:3]))
    answer = sheet(view, terms, show=show)
    result = connected(view, terms).result
    assert answer.facts["tci"] == result.total
    assert answer.params["window"] == 200 and answer.params["shocks"] == "generalised"
    if show == "pairs":
        assert len(answer.rows) == 30
        assert sum(row["share"] for row in answer.rows) / 6 == pytest.approx(result.total)
    elif show == "nodes":
        assert [row["net"] for row in answer.rows] == sorted(result.net.tolist(), reverse=True)
    else:
        assert answer.rows[-1]["tci"] == pytest.approx(result.total, abs=1e-8)


def test_a_window_of_no_rows_is_refused() -> None:
    with pytest.raises(MeasureSettingError, match="The window cannot be 0; choose 2 rows or more"):
        Terms(window=0)


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("--window", "0"), "The window cannot be 0"),
        (("--lags", "0"), "Lags cannot be 0"),
        (("--horizon", "0"), "The horizon cannot be 0"),
        (("--names", "NVDA"), "needs two names and has 1"),
        (("--names", "JPY=X"), "needs two names and has 0"),
        (("--names", "QQQQX,XX"), "not known: QQQQX"),
        (("--start", "soon"), "soon"),
        (("--basket", "none"), "none"),
    ],
)
def test_the_command_says_what_cannot_be(
    command: Callable[..., Ran], arguments: tuple[str, ...], told: str
) -> None:
    ran = command("connectedness", *arguments)
    assert ran.code == 2 and told in ran.err
    assert len(ran.err.strip().splitlines()) == 1


def test_the_table_shows_shares_whole(view: View, command: Callable[..., Ran]) -> None:
    ran = command("connectedness", "--names", "NVDA,000660.KS", "--window", "60")
    assert ran.code == 0, ran.err
    assert "0." not in ran.out.split("net", 1)[1]
    assert cells(markup(story.across_table(facts(view))))[0][0].startswith("New York’s shocks")


def test_an_event_on_a_day_without_a_window_keeps_its_date_and_stands_at_the_next(view: View) -> None:
    found = facts(view)
    traded = basket_days(view, "all")
    inside = traded[(traded > found.days[0]) & (traded < found.days[-1])]
    between = inside[~np.isin(inside, found.days)][-1].item()
    event = Event("between", between, None, "A holiday on one side", "", "other", 2)
    flagged = replace(found, book=EventBook(1, (event,)))
    assert [flag.session for flag in flagged.marked.flags] == [between]
    assert flagged.marked.flags[0].move == view.basket("all").returns[view.panel.sessions == between][0]
    (placed,) = placed_on(flagged.marked, flagged.days, view, "", screen("dark", 800, 400))
    assert flagged.days[int(placed.x)] == flagged.days[np.searchsorted(flagged.days, np.datetime64(between))]
    addresses = {
        go
        for trace in series.draw(flagged, screen("dark", 800, 400))["data"]
        for go in trace.get("customdata", ())
        if go
    }
    assert addresses == {"/events?event=between"}

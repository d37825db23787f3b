"""The Correlation view on made prices: what it says, draws, leaves out, and does with odd requests."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from app.figures.style import memo, screen
from app.kinds.request import PageRequest
from app.market.event_book import EventBook
from app.market.market import Market, View
from app.pages.contagion import correlation as page
from app.pages.contagion.correlation import controls, tables
from app.questions.correlation import matrix, raw_and_adjusted, sentences, through_time
from app.questions.correlation.facts import Facts
from app.questions.correlation.lagged import correlation
from app.questions.correlation.state import CorrelationState, parse_correlation
from app.questions.events.flag_marks import placed_on
from app.render.html.markup import markup
from app.settings import Settings
from models.events import Event
from models.sessions import Calendars
from models.universe import Universe
from tests.app.conftest import Ran
from tests.app.markets import ASIA, SESSIONS, US, closes
from tests.app.situations import NOW, cells, text, view_with


@pytest.fixture(scope="module")
def view(calendars: Calendars, universe: Universe) -> View:
    """A dozen names of one market that fell for forty sessions at the end."""
    return view_with(calendars, universe, closes(*([-0.02, 0.01] * 20)))


@pytest.fixture
def market(filled: Path) -> Iterator[Market]:
    found = Market(Settings(data_dir=filled, now=NOW), poll=0.0)
    yield found
    found.close()


def facts(view: View, **state: Any) -> Facts:
    return Facts(view, CorrelationState(**state), NOW)


def pairs(found: Facts) -> pd.DataFrame:
    rows = tables.rows(found)
    return pd.DataFrame(rows.rows, columns=rows.columns)


def test_every_cross_market_figure_names_its_lag(view: View) -> None:
    found = facts(view)
    rows = pairs(found)
    named = dict.fromkeys(ASIA, "asia") | dict.fromkeys(US, "us")
    assert set(rows["lag"]) == {"same day", "same news day", "next Asian day"}
    for row in rows.itertuples():
        sides = [name.split(":")[0] for name in (row.leader, row.follower)]
        sides = [named.get(side, side) for side in sides]
        expected = "same day" if sides[0] == sides[1] else None
        expected = expected or ("same news day" if sides[0] == "asia" else "next Asian day")
        assert row.lag == expected
    assert "next Asian day" in sentences.matrix_title(found) or "same day" in sentences.matrix_title(found)


def test_a_matrix_cell_is_the_correlation_of_the_rows_of_its_pair(view: View) -> None:
    """The pair's own rows give the cell, a second way: np.corrcoef on the last rows."""
    found = facts(view, show="names", rows="0", lead="NVDA", follow="000660.KS")
    rows = pairs(found).set_index(["leader", "follower"])
    pair = found.pair
    assert not isinstance(pair, Exception)
    assert pair.lag == "next Asian day"
    assert rows.loc[("NVDA", "000660.KS"), "correlation"] == pytest.approx(
        np.corrcoef(pair.x, pair.y)[0, 1], abs=0.02
    ), "the matrix compounds over every exchange’s holidays, the pair over its own two"


def test_raw_stands_beside_adjusted_and_never_a_verdict(view: View) -> None:
    found = facts(view)
    assert not isinstance(found.adjusted, Exception) and found.fall is not None
    told = f"{sentences.headline(found)} {sentences.deck(found)} {sentences.beside_title(found)}".lower()
    assert "contagion" not in told and "significant" not in told
    item = next(item for item in found.adjusted if item.found)
    assert item.found is not None
    first = facts(view).adjusted
    assert isinstance(first, list) and first[0].found is item.found, "worked out once for a view"
    row = raw_and_adjusted.frame(found).iloc[0]
    assert abs(row["adjusted"]) < abs(row["crisis"]) or row["delta"] < 0
    assert row["adjusted_low"] <= row["adjusted"] <= row["adjusted_high"]


def test_the_fitted_model_prints_its_parameters(view: View) -> None:
    rows = dict(row for row in cells(markup(tables.model_table(facts(view)))) if len(row) == 2)
    a, b, total = (
        float(rows[name].replace(".", "0.", 1))
        for name in ("a, weight of a day’s surprise", "b, what stays of the day before", "a + b")
    )
    assert a + b == pytest.approx(total, abs=0.0011) and total < 1
    assert int(rows["Rows fitted"].replace(",", "")) > 500


def test_too_few_rows_for_a_model_say_how_many_it_takes(calendars: Calendars, universe: Universe) -> None:
    short = view_with(calendars, universe, {name: path[-300:] for name, path in closes().items()})
    found = facts(short)
    assert "500" in text(markup(tables.model_table(found)))
    figure = through_time.draw_pair(found, screen("dark", 800, 372))
    assert figure["layout"]["width"] == 800
    assert "Rolling 60 rows" in sentences.pair_summary(found)


def test_a_listing_is_not_correlated_before_its_rows_suffice(
    calendars: Calendars, universe: Universe
) -> None:
    made = view_with(calendars, universe, closes(listed={"NVDA": 12}))
    found = facts(made, show="names")
    rows = pairs(found)
    of_it = rows[(rows["leader"] == "NVDA") | (rows["follower"] == "NVDA")]
    assert of_it["correlation"].isna().all() and (of_it["reason"] != "").all()
    assert "n/a" in sentences.matrix_note(found)
    written = json.dumps(matrix.draw(found, screen("dark", 800, 430), "dark"))
    assert "NaN" not in written and '"nan' not in written.lower()


@pytest.mark.parametrize("basket", ["asia", "us", "memory"])
def test_a_basket_of_one_side_still_has_its_pairs(view: View, basket: str) -> None:
    found = facts(view, basket=basket)
    assert sentences.headline(found) and sentences.matrix_title(found) != "Correlation matrix"
    if basket != "memory":
        assert set(pairs(found)["lag"]) == {"same day"}


def test_the_data_of_each_chart_are_what_it_draws(view: View) -> None:
    found = facts(view, start="all")
    assert len(through_time.pair_frame(found)) <= SESSIONS
    last = through_time.pair_frame(found).iloc[-1]
    assert not isinstance(found.pair, Exception)
    assert last["rolling"] == pytest.approx(found.pair.rolling(60)[-1])
    assert last["fading"] == pytest.approx(found.pair.fading[-1])
    assert matrix.frame(found).size > 4 and len(through_time.tight_frame(found)) > 100


def test_controls_are_links_to_the_page_in_another_state(view: View) -> None:
    state = CorrelationState(basket="us", lead="us", follow="asia", rows="500", window="120", start="3y")
    written = markup(controls.controls(Facts(view, state, NOW)))
    known, notices = parse_correlation(state.query(), view.universe)
    assert known == state and notices == []
    assert "120 rows" in text(written)


def test_what_cannot_be_used_is_told_and_not_used(universe: Universe) -> None:
    asked = "?window=7&rows=9&show=all&basket=none&from=soon&asof=x&lead=us&follow=moon&peak=y&z=1"
    state, notices = parse_correlation(asked, universe)
    assert state == CorrelationState()
    assert len(notices) == 10, "nine, and that half a pair is left"
    assert parse_correlation("?lead=us&follow=us", universe)[1] == [
        "Ignored the pair: us with itself says nothing."
    ]


@pytest.mark.parametrize(
    "search",
    ["", "?basket=us", "?basket=memory", "?from=all", "?show=names", "?names=NVDA,MU", "?asof=2026-06-23"],
)
def test_the_page_stands_on_a_small_store(market: Market, search: str) -> None:
    request = PageRequest(page.PATH, search)
    layout = markup(page.layout(market, request))
    assert 'data-empty="true"' not in layout and "nan" not in text(layout).lower().split()
    assert len(page.update(market, request)) == len(page.OUTPUTS)
    for chart in page.CHARTS:
        assert chart.draw(market, request)["layout"]["width"] > 300
        told = chart.tell(market, request)
        assert told.path == page.PATH and "asof=" in told.query
        assert told.draw(memo(head=200, foot=100))["layout"]["width"] == 1600


def test_nothing_stored_is_the_empty_state(tmp_path: Path) -> None:
    found = Market(Settings(data_dir=tmp_path))
    try:
        assert "No prices yet" in markup(page.layout(found, PageRequest(page.PATH)))
    finally:
        found.close()


def test_the_answer_holds_its_terms_and_reasons(view: View) -> None:
    sheet = correlation(view, show="names", rows=250)
    assert sheet.params["rows"] == 250
    assert all(row["lag"] for row in sheet.rows)
    missing = [row for row in sheet.rows if row["correlation"] is None]
    assert len(missing) == 0 or sheet.notes


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("correlation", "--leader", "us"), "Name both --leader and --follower"),
        (("correlation", "--leader", "moon", "--follower", "us"), "'moon' is no side"),
        (("correlation", "--rows", "-1"), "--rows"),
        (("correlation", "--window", "1"), "window"),
        (("forbes-rigobon", "--fall", "2020-01-01"), "2020-01-01"),
        (("forbes-rigobon", "--fall", "soon"), "soon"),
    ],
)
def test_the_commands_say_what_cannot_be(
    command: Callable[..., Ran], arguments: tuple[str, ...], told: str
) -> None:
    ran = command(*arguments)
    assert ran.code == 2 and told in ran.err
    assert len(ran.err.strip().splitlines()) == 1


def test_both_charts_over_time_number_an_event_alike(view: View) -> None:
    days = through_time.tight_days(facts(view))
    events = tuple(
        Event(f"e{row}", days[row].item(), None, f"Event {row}", "", "other", 3) for row in (-60, -20, -2)
    )
    found = replace(facts(view), book=EventBook(1, events))
    style = screen("dark", 800, 380)
    for drawn_days in (through_time.pair_days(found), days):
        placed = placed_on(found.marked, drawn_days, view, "", style)
        told = {drawn_days[int(flag.x)].item(): flag.numbers for flag in placed}
        # Where the pair has no row that day the flag stands at its next one.
        assert [
            told[drawn_days[np.searchsorted(drawn_days, day)].item()]
            for day in (np.datetime64(str(event.at)) for event in events)
        ] == [(1,), (2,), (3,)]
    for draw in (through_time.draw_pair, through_time.draw_tight):
        addresses = {go for trace in draw(found, style)["data"] for go in trace.get("customdata", ()) if go}
        assert addresses == {"/events?event=e-60", "/events?event=e-20", "/events?event=e-2"}

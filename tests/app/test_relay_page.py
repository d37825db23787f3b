"""The Relay view on legs written by hand: what it says, what it draws, and what it does with odd requests."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from app.figures.style import memo, screen
from app.kinds.request import PageRequest
from app.market import words
from app.market.event_book import EventBook
from app.market.market import Market, View, view_of
from app.pages.contagion import relay as page
from app.pages.contagion.relay import controls
from app.questions.relay import day, sentences, strip, strip_columns
from app.questions.relay.facts import Facts
from app.questions.relay.state import RelayState, parse_relay
from app.render.html.markup import markup
from app.settings import Settings
from models.analytics.relay import LEGS
from models.events import Event
from models.sessions import Calendars
from models.types import Bars
from models.universe import Universe
from tests.app.situations import NOW, panel_of, text

ASIA, US = ("000660.KS", "2330.TW", "8035.T"), ("NVDA", "MU", "AMD")
DAY = date(2026, 6, 24)
QUIET = {"asia_gap": 0.002, "asia_session": -0.001, "us_gap": 0.001, "us_session": 0.002}


def bars(calendars: Calendars, universe: Universe, symbol: str, legs: dict[str, dict[str, float]]) -> Bars:
    """Bars of 160 sessions: legs of about ±1 % that cancel out, and those given for single days."""
    side = "asia" if symbol in ASIA else "us"
    calendar = calendars[universe[symbol].exchange.calendar]
    days = calendar.between(date(2025, 9, 1), DAY)[-160:]
    wave = np.where(np.arange(len(days)) % 2, 0.01, -0.01)
    gap, session = wave.copy(), -wave
    for written, given in legs.items():
        here = days == np.datetime64(written)
        gap[here] = given.get(f"{side}_gap", 0.0)
        session[here] = given.get(f"{side}_session", 0.0)
    close = 100 * np.cumprod((1 + gap) * (1 + session))
    opened = close / (1 + session)
    low, high = np.minimum(opened, close), np.maximum(opened, close)
    return Bars.of(symbol, days, open=opened, high=high, low=low, close=close, adj_close=close)


@pytest.fixture
def seen(calendars: Calendars, universe: Universe) -> Any:
    def made(legs: dict[str, dict[str, float]], now: datetime = NOW, **state: Any) -> Facts:
        panel = panel_of(universe, [bars(calendars, universe, name, legs) for name in (*ASIA, *US)])
        view: View = view_of(panel, universe, calendars, now)
        return Facts(view, RelayState(**state), now)

    return made


CALM = {"us_session": 0.001}


@pytest.mark.parametrize(
    ("legs", "says"),
    [
        pytest.param(
            {"2026-06-23": CALM, "2026-06-24": QUIET | {"asia_session": -0.07, "us_gap": -0.05}},
            r"Asia’s session of 24 June started it"
            r" \(−7\.0%, \d+\.\d× its usual swing against 1\.65×\) and New York opened 5\.0% lower",
            id="Asia's session",
        ),
        pytest.param(
            {"2026-06-23": {"us_session": -0.05}, "2026-06-24": QUIET | {"asia_gap": -0.08}},
            r"New York’s session of 23 June started it"
            r" \(−5\.0%, \d+\.\d× its usual swing against 1\.65×\) and Asia opened 8\.0% lower",
            id="New York's session of the day before",
        ),
        pytest.param(
            {"2026-06-23": CALM, "2026-06-24": QUIET | {"us_gap": -0.04, "us_session": -0.01}},
            r"New York’s opening gap of 24 June started it"
            r" \(−4\.0%, \d+\.\d× its usual swing against 1\.65×\) and its session lost 1\.0%",
            id="while New York was closed",
        ),
        pytest.param(
            {"2026-06-23": {"us_session": -0.0125}, "2026-06-24": QUIET | {"asia_session": -0.04}},
            r"Not clear who started it"
            r": Asia’s session of 24 June fell 4\.0% \(\d+\.\d× its usual swing against 1\.65×\), "
            r"but New York had slipped 1\.2% \(1\.\d× its usual swing\) before",
            id="not clear",
        ),
        pytest.param(
            {"2026-06-23": CALM, "2026-06-24": QUIET},
            r"No leg of 24 June fell far: Asia \+0\.1%, New York \+0\.3%",
            id="quiet",
        ),
    ],
)
def test_the_headline_says_who_started_it(seen: Any, legs: dict[str, dict[str, float]], says: str) -> None:
    assert re.fullmatch(says, sentences.headline(seen(legs)))


def test_before_new_york_has_opened_the_day_is_not_over(seen: Any) -> None:
    legs = {"2026-06-23": CALM, "2026-06-24": QUIET | {"asia_session": -0.07}}
    found = seen(legs, now=datetime(2026, 6, 24, 9, tzinfo=UTC))
    assert sentences.headline(found).endswith(", so far")
    assert "New York has not opened" in sentences.day_title(found)
    assert list(day.frame(found).index) == ["us_session", "asia_gap", "asia_session"]


def test_the_steps_compound_and_a_gap_is_upright(seen: Any) -> None:
    legs = {"2026-06-23": {"us_session": -0.02}, "2026-06-24": QUIET | {"asia_session": -0.07}}
    table = day.frame(seen(legs))
    assert table["level_after"]["us_session"].iloc[0] == pytest.approx(-0.02)
    assert table["level_after"]["asia_session"] == pytest.approx((1.002) * 0.93 - 1)
    assert table["level_before"]["us_gap"] == pytest.approx(-0.02)
    gaps = table.index.str.endswith("_gap")
    assert (table["from_utc"] == table["to_utc"])[gaps].all()
    assert (table["from_utc"] < table["to_utc"])[~gaps].all()
    assert table["from_utc"].is_monotonic_increasing


def test_a_weekend_keeps_its_width_and_says_how_long_it_was(seen: Any) -> None:
    clock = day.Day(seen({}, day="2026-06-22")).clock
    assert len(clock.cuts) == 1
    start, end, hours = clock.cuts[0]
    assert end - start == day.CUT_TO < 48 < hours
    assert (np.diff(clock.at) > 0).all()
    assert clock(clock.instants[0]) == 0


def test_a_closed_side_is_said_and_the_link_runs_on(seen: Any) -> None:
    """New York was closed on 19 June 2026 (Juneteenth)."""
    found = seen({}, day="2026-06-19")
    assert "New York was closed" in sentences.day_title(found)
    assert set(day.frame(found).index) == {"us_session", "asia_gap", "asia_session"}
    assert str(found.walk["date"].iloc[0].date()) == "2026-06-18"


def test_a_day_without_news_shows_the_one_before_it_and_says_so(market: Market) -> None:
    found, notices = page.facts(market, PageRequest(path="/contagion", search="?day=2026-06-21"))
    assert found.day == date(2026, 6, 19)
    assert notices == ["21 Jun 2026 is no news day with prices; this is 19 Jun 2026."]


def test_the_strip_compounds_its_legs(seen: Any) -> None:
    legs = {"2026-06-23": {"us_session": -0.02}, "2026-06-24": QUIET}
    found = strip_columns.Strip(seen(legs, span="10"))
    assert len(found.days) == 10
    table = strip_columns.frame(found.facts)
    for place, leg in enumerate(LEGS):
        assert found.totals[place] == pytest.approx(np.prod(1 + table[leg].fillna(0)) - 1)
    both = (1 + found.totals[0]) * (1 + found.totals[1]) - 1
    assert table["asia_level"].iloc[-1] == pytest.approx(both)


def test_a_memo_draws_fewer_columns_of_the_same_numbers(seen: Any) -> None:
    found = seen({}, span="40")
    narrow, wide = memo(head=190, foot=58), screen("dark", 1856, 400)
    drawn_columns = strip.shown(found, narrow)
    assert len(strip.shown(found, wide)) == 40 > len(drawn_columns) >= 10
    assert drawn_columns.stop == 40
    drawn = strip.draw(found, narrow, "memo")
    said = [text for trace in drawn["data"] if trace.get("mode") == "text" for text in trace["text"]]
    assert any(f"the last {len(drawn_columns)} of 40 news days" in text for text in said)
    assert words.percent(strip_columns.Strip(found).totals[0]) in said


@pytest.mark.parametrize("span", ["episode", "10", "40"])
def test_the_chosen_day_is_always_among_the_columns(seen: Any, span: str) -> None:
    for chosen in ("2026-03-02", "2026-05-04", "2026-06-24"):
        found = seen({"2026-04-01": {"asia_session": -0.12, "us_session": -0.12}}, span=span, day=chosen)
        for style in (memo(head=190, foot=58), screen("dark", 700, 400)):
            shown = strip.shown(found, style)
            assert np.datetime64(chosen) in found.window[shown.start : shown.stop]


def test_a_strip_too_long_for_its_place_is_full_around_an_early_day(seen: Any) -> None:
    found = seen({}, span="40", day="2026-06-24")
    early = Facts(found.view, RelayState(span="40", day=str(found.window[0])), NOW)
    for facts in (found, early):
        assert len(strip.shown(facts, memo(head=190, foot=58))) == min(
            len(facts.window), len(strip.shown(found, memo(head=190, foot=58)))
        )


def flagged(found: Facts, *events: Event) -> Facts:
    return replace(found, book=EventBook(1, events))


HALT = Event("halt", DAY, "Asia/Seoul", "Seoul halts", "", "structure", 3)
NIGHT = Event("night", datetime(2026, 6, 23, 22, tzinfo=UTC), None, "A report at night", "", "results", 1)
LATE = Event("late", DAY, "America/New_York", "New York falls", "", "selloff", 2)


def test_events_stand_over_the_column_of_their_day(seen: Any) -> None:
    found = flagged(seen({}, span="10"), HALT, NIGHT, LATE)
    style = screen("dark", 1232, 400)
    placed = strip.placed(found, style)
    columns_drawn = strip.shown(found, style)
    # Two lanes: the two less severe of the same day share a place.
    assert [(flag.text, flag.x + columns_drawn.start) for flag in placed] == [("2", 9.0), ("+2", 9.0)]
    drawn = strip.draw(found, style, "dark")
    addresses = {go for trace in drawn["data"] for go in trace.get("customdata", ()) if go}
    assert "/events?event=halt" in addresses
    told = strip.memo_flags_of(found)
    assert [row.fact for row in told.key] == ["Seoul halts", "New York falls"]
    assert told.note == "2 of 3 events, the most severe; basket that day, %"


def test_events_of_the_day_stand_at_their_hour(seen: Any) -> None:
    found = flagged(seen({}), HALT, NIGHT, LATE)
    walked = day.Day(found)
    at = {flag.event.id: walked.instant(flag) for flag in day.day_flags(found) if flag.event}
    assert str(at["halt"]) == "2026-06-24T00:00:00"
    assert str(at["late"]) == "2026-06-24T13:30:00"
    assert str(at["night"]) == "2026-06-23T22:00:00"
    drawn = day.draw(found, screen("dark", 1232, 250))
    said = [text for trace in drawn["data"] if trace.get("mode") == "text" for text in trace["text"]]
    assert {"1", "2", "3"} <= set(said)


def test_without_flags_nothing_is_above(seen: Any) -> None:
    found = flagged(seen({}, flags="none"), HALT)
    assert strip.placed(found, screen("dark", 1232, 400)) == []
    assert day.day_flags(found) == ()


def test_an_episode_is_the_strip_of_every_day_in_it(seen: Any) -> None:
    fall = {"2026-05-06": {"asia_session": -0.08, "us_session": -0.08}, "2026-05-12": {"asia_session": -0.1}}
    found = [seen(fall, day=chosen).window for chosen in ("2026-05-07", "2026-05-11")]
    assert (found[0] == found[1]).all()
    assert found[0][0] <= np.datetime64("2026-05-06") < found[0][-1]


def test_the_day_is_there_in_bars_of_five_minutes_too(seen: Any) -> None:
    written = markup(controls.controls(seen({}, asof="2026-06-25")))
    assert re.search(r'href="/contagion/travelled\?day=2026-06-2\d&amp;asof=2026-06-25"', written)


def test_controls_are_links_to_the_same_page(seen: Any) -> None:
    written = markup(controls.controls(seen({}, day="2026-06-23")))
    assert 'href="?day=2026-06-22"' in written and 'href="?day=2026-06-24"' in written
    assert text(written).count("2026") > 5
    last = markup(controls.controls(seen({})))
    assert '<span class="step off">Later</span>' in last


@pytest.mark.parametrize(
    "search",
    [
        "?day=1900-01-01",
        "?day=2999-01-01",
        "?day=x",
        "?basket=nobody",
        "?span=7",
        "?asof=never",
        "?colour=red",
    ],
)
def test_what_cannot_be_used_is_said_and_the_page_stands(market: Market, search: str) -> None:
    _, notices = page.facts(market, PageRequest(path="/contagion", search=search))
    assert len(notices) == 1
    written = "".join(map(str, page.update(market, PageRequest(path="/contagion", search=search))))
    assert "nan" not in text(written).lower().split()
    assert page.draw_day(market, PageRequest(search=search))["data"]
    assert page.draw_strip(market, PageRequest(search=search))["data"]


def test_a_state_survives_its_address(universe: Universe) -> None:
    state = RelayState(basket="memory", day="2026-06-26", span="20", asof="2026-07-01")
    assert parse_relay(state.query(), universe) == (state, [])


def test_an_empty_store_says_what_to_do(tmp_path: Path) -> None:
    market = Market(Settings(data_dir=tmp_path, now=NOW), poll=0.0)
    said = page.update(market, PageRequest(path="/contagion"))
    market.close()
    assert "aftershock ingest once" in said[0]
    assert not any(said[1:])


def test_a_story_reopens_the_identical_view(market: Market) -> None:
    for chart in page.CHARTS:
        told = chart.tell(market, PageRequest(path="/contagion"))
        assert told.path == "/contagion"
        assert "day=2026-06-24" in told.query and "asof=2026-06-24T22:00Z" in told.query
        assert not told.data.empty

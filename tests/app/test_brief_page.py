"""The Brief on prices written by hand: what it says in each state, and that it knows nothing of later."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.figures.style import memo, screen
from app.market.asof import moment_of
from app.market.market import View, view_of
from app.pages import brief as page
from app.pages.brief import blocks
from app.questions.brief import headline as brief_heads
from app.questions.brief import heat, indices, lines
from app.questions.brief import sentences as brief_words
from app.questions.brief.morning import Brief, brief_of
from app.questions.brief.state import BriefState
from app.questions.brief.table import brief, facts, sentences
from app.render.html.markup import markup
from models.errors import NoPricesError
from models.events import Event
from models.meetings import Meeting
from models.sessions import Calendars
from models.store import Panel
from models.types import BAR_FIELDS, Bars
from models.universe import Universe
from tests.app.situations import bars_until, panel_of, text

NAMES = ("9984.T", "8035.T", "000660.KS", "005930.KS", "2330.TW", "NVDA", "MU", "AMD", "MSFT", "VST")
CONTEXT = ("^KS11", "^N225", "^GSPC", "^TNX", "JPY=X")
DAY = date(2026, 6, 24)
MORNING, NIGHT = datetime(2026, 6, 24, 7, tzinfo=UTC), datetime(2026, 6, 24, 21, 30, tzinfo=UTC)
LONDON = Meeting(zone="Europe/London")


def wave(symbol: str, length: int) -> np.ndarray:
    """Small moves, a pattern of its own for each symbol, that end where they began."""
    rng = np.random.default_rng(sum(map(ord, symbol)))
    return rng.normal(0.0005, 0.01, length)


def bars(calendars: Calendars, universe: Universe, symbol: str, moves: dict[str, float]) -> Bars:
    steps = wave(symbol, 420)
    known = calendars[universe[symbol].exchange.calendar].between(date(2023, 1, 1), DAY)[-420:]
    for day, move in moves.items():
        steps[known == np.datetime64(day)] = move
    close = 100 * np.cumprod(1 + steps)
    opened = close / (1 + steps / 2)
    low, high = np.minimum(opened, close) * 0.995, np.maximum(opened, close) * 1.005
    return bars_until(calendars, universe, symbol, close.tolist(), DAY, open=opened, low=low, high=high)


@pytest.fixture(scope="session")
def panel(calendars: Calendars, universe: Universe) -> Any:
    def made(moves: dict[str, dict[str, float]], names: tuple[str, ...] = (*NAMES, *CONTEXT)) -> Panel:
        return panel_of(universe, [bars(calendars, universe, name, moves.get(name, {})) for name in names])

    return made


@pytest.fixture
def told(panel: Any, calendars: Calendars, universe: Universe) -> Any:
    """The brief of names whose last moves are given by day, as of an instant."""

    def made(
        moves: dict[str, dict[str, float]] | None = None,
        now: datetime = NIGHT,
        names: tuple[str, ...] = (*NAMES, *CONTEXT),
        events: tuple[Event, ...] = (),
        basket: str = "all",
    ) -> Brief:
        view: View = view_of(panel(moves or {}, names), universe, calendars, now)
        return brief_of(view, events, basket, now, LONDON)

    return made


ROUT = {name: {"2026-06-24": -0.06} for name in NAMES} | {"^KS11": {"2026-06-24": -0.09}}
CLOSED_FLAT = "all 5 in Asia lost ground while the S&P 500 closed flat"


@pytest.fixture(scope="session")
def rout(panel: Any, calendars: Calendars, universe: Universe) -> tuple[Panel, np.ndarray]:
    """A rout, and the instant at which each bar was known."""
    whole = panel(ROUT)
    closes = np.full(whole.present.shape, np.datetime64("9999-01-01", "s"))
    for column, symbol in enumerate(whole.symbols):
        calendar = calendars[universe[symbol].exchange.calendar]
        rows = np.minimum(np.searchsorted(calendar.sessions, whole.sessions), len(calendar.sessions) - 1)
        held = calendar.sessions[rows] == whole.sessions
        closes[held, column] = calendar.closes[rows[held]]
    return whole, closes


def test_a_rout_on_both_sides(told: Any) -> None:
    found = told(ROUT | {"MSFT": {"2026-06-24": 0.01}, "^GSPC": {"2026-06-24": 0.0}})
    assert brief_heads.headline(found) == (f"Asia’s AI names fell 6.0% and New York’s 4.6%: {CLOSED_FLAT}")
    assert brief_heads.deck(found).startswith("Accelerators led: ")
    assert "past the −8% halt level" in brief_heads.deck(found)
    assert brief_heads.deck(found).endswith("Microsoft rose 1.0%.")
    what, bad, wide, who, after = brief_words.answers(found)
    assert (what.word, what.tone, what.aside) == ("−5.3%", "fall", "")
    assert what.lines[0] == "AI basket, 10 names, Wed 24 Jun"
    assert "; worst of " in what.lines[1]
    assert bad.tone == "fall"
    assert wide.word == "Sector-wide"
    assert wide.lines[0].startswith("9 of 10 fell, 9 in their worst 5%")
    assert who.word in ("Asia", "New York", "Not clear")
    assert (after.word, after.aside) == ("2 h 30 m", "until Asia opens")


@pytest.mark.parametrize("basket", ["all", "us"])
def test_on_the_evening_of_a_date_openings_have_a_clock_and_no_countdown(told: Any, basket: str) -> None:
    evening = moment_of(DAY, NIGHT + timedelta(days=3))
    after = brief_words.answers(told(ROUT, now=evening, basket=basket))[-1]
    opens = {"all": ("Thu 00:00", "UTC, Asia opens"), "us": ("Thu 13:30", "UTC, New York opens")}
    assert (after.word, after.aside) == opens[basket]
    assert not re.search(r"\d (d|h|m)\b", after.sentence)
    chosen = brief_words.answers(told(ROUT, now=datetime(2026, 6, 24, 23, 58, tzinfo=UTC)))[-1]
    assert (chosen.word, chosen.aside) == ("2 m", "until Asia opens")


def test_a_date_of_today_is_now_and_counts(told: Any) -> None:
    now = moment_of(DAY, NIGHT)
    assert now == NIGHT
    assert brief_words.answers(told(ROUT, now=now))[-1].word == "2 h 30 m"


def test_before_new_york_opens_the_side_that_traded_is_judged_so_far(told: Any) -> None:
    found = told(ROUT | {"NVDA": {"2026-06-23": 0.05}}, now=MORNING)
    assert brief_heads.headline(found).startswith("Asia’s AI names fell 6.0% so far: all 5 lost ground ")
    assert brief_heads.headline(found).endswith(" on Tuesday")
    what, _, wide, _, after = brief_words.answers(found)
    assert (what.word, what.aside) == ("−6.0%", "so far")
    assert what.lines[0] == "Asia, 5 names, Wed 24 Jun"
    assert wide.aside == "in Asia"
    assert (after.word, after.aside) == ("6 h 30 m", "until New York opens")
    assert lines.heat_title(found) == "Every layer in Asia fell"
    days = {item.side: item.day for item in found.names}
    assert days == {"asia": DAY, "us": DAY - timedelta(days=1)}
    assert "New York Tue" in text(markup(blocks.laggards(found)))


def test_a_bar_that_may_change_is_so_far(
    told: Any, panel: Any, calendars: Calendars, universe: Universe
) -> None:
    assert not told(ROUT).so_far
    whole = panel(ROUT)
    final = whole.final.copy()
    final[-1, universe.symbols.index("NVDA")] = False
    view = view_of(replace(whole, final=final), universe, calendars, NIGHT)
    found = brief_of(view, (), "all", NIGHT, LONDON)
    assert found.so_far
    assert "so far: " in brief_heads.headline(found)


def test_a_side_on_holiday_is_said_to_be_closed(panel: Any, calendars: Calendars, universe: Universe) -> None:
    now = datetime(2026, 6, 19, 21, 30, tzinfo=UTC)  # Juneteenth
    view = view_of(panel({}), universe, calendars, now)
    found = brief_of(view, (), "all", now, LONDON)
    assert found.day == date(2026, 6, 19)
    assert brief_heads.headline(found).endswith("; New York was closed")
    assert found.scope == "asia" and not found.so_far


def test_a_side_without_its_bars_is_late(panel: Any, calendars: Calendars, universe: Universe) -> None:
    whole = panel({})
    present, west = (
        whole.present.copy(),
        [universe.symbols.index(n) for n in ("NVDA", "MU", "AMD", "MSFT", "VST")],
    )
    present[-1, [*west, universe.symbols.index("^GSPC"), universe.symbols.index("^TNX")]] = False
    values = {name: np.where(present, getattr(whole, name), np.nan) for name in BAR_FIELDS}
    now = NIGHT + timedelta(hours=1)
    view = view_of(replace(whole, present=present, **values), universe, calendars, now)
    found = brief_of(view, (), "all", now, LONDON)
    assert brief_heads.headline(found).endswith("; New York’s prices are late")
    assert "New York 23 Jun 2026, late by 1 session" in lines.late(found)


def test_a_name_whose_bars_stopped_is_named(panel: Any, calendars: Calendars, universe: Universe) -> None:
    whole = panel({})
    present = whole.present.copy()
    present[-3:, universe.symbols.index("AMD")] = False
    values = {name: np.where(present, getattr(whole, name), np.nan) for name in BAR_FIELDS}
    view = view_of(replace(whole, present=present, **values), universe, calendars, NIGHT)
    found = brief_of(view, (), "all", NIGHT, LONDON)
    assert [(item.symbol, item.missed) for item in found.late] == [("AMD", 3)]
    absent = len(universe.basket("all").symbols) - len(NAMES)
    assert lines.late(found).endswith(f"last bar of AMD (19 Jun); no bar of {absent} names") or (
        "AMD (" in lines.late(found)
    )


def test_at_a_record_there_is_no_fall(told: Any) -> None:
    found = told({name: {"2026-06-24": 0.2} for name in NAMES})
    _, bad, wide, who, _ = brief_words.answers(found)
    assert bad.word == "At its record"
    assert bad.lines[0] == "Closed there on 24 Jun 2026"
    assert wide.word == "No fall" and wide.lines[0] == "10 of 10 rose, 0 fell"
    assert who.word == "No one"
    assert brief_heads.headline(found).startswith(
        "Asia’s AI names rose 20.0% and New York’s 20.0%: all 10 gained"
    )


def test_one_side_alone(told: Any) -> None:
    found = told(ROUT, names=("NVDA", "MU", "AMD", "MSFT", "VST", "^GSPC"))
    assert brief_heads.headline(found).startswith("New York’s AI names fell 6.0%: all 5 lost ground")
    assert found.scope is None


def test_a_layer_by_itself(told: Any) -> None:
    found = told(ROUT, basket="memory")
    assert brief_heads.headline(found).startswith("Asia’s memory and storage fell 6.0% and New York’s 6.0%")
    assert brief_words.wide(found).word == "No verdict"
    assert set(found.since.changes) == {"memory"}


def test_without_opens_there_is_no_relay_but_a_page(
    panel: Any, calendars: Calendars, universe: Universe
) -> None:
    whole = panel(ROUT)
    view = view_of(replace(whole, open=np.full_like(whole.open, np.nan)), universe, calendars, NIGHT)
    found = brief_of(view, (), "all", NIGHT, LONDON)
    assert brief_words.who(found).lines == ("No opens are stored, so there are no legs",)
    assert lines.relay_title(found) == "The relay: no leg can be measured"
    assert "No leg of AI basket can be measured" in page._relay_note(found, BriefState())
    assert sentences(found)


def test_without_prices_one_sentence_says_so(universe: Universe, calendars: Calendars, panel: Any) -> None:
    whole = panel({}, ("^GSPC",))
    view = view_of(whole, universe, calendars, NIGHT)
    with pytest.raises(NoPricesError, match="No name of AI basket has a move by then"):
        brief(view, (), "all", NIGHT, LONDON)


def test_events_since_the_meeting_are_told_severest_first(told: Any) -> None:
    def event(name: str, at: Any, severity: int) -> Event:
        return Event(name, at, "Asia/Seoul", name.title(), "It happened.", "selloff", severity)

    noted = (
        event("old", date(2026, 6, 22), 3),
        event("small", datetime(2026, 6, 24, 3, tzinfo=UTC), 1),
        event("large", date(2026, 6, 24), 3),
        event("later", datetime(2026, 6, 24, 20, tzinfo=UTC), 3),
    )
    found = told(now=MORNING, events=noted)
    assert found.since.at == datetime(2026, 6, 23, 7, 30, tzinfo=UTC)
    assert lines.events(found) == "Large (24 Jun); Small (24 Jun)"
    assert "Events since your last meeting Large" in text(markup(blocks.foot(found)))


def test_nothing_traded_since_the_meeting(told: Any) -> None:
    assert lines.since(told(now=datetime(2026, 6, 28, 12, tzinfo=UTC))) == "nothing has traded"
    asian = ("8035.T", "000660.KS", "^KS11")
    assert lines.since(told(names=asian)) == "nothing has traded"
    assert lines.since(told()).startswith("AI basket ")


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.integers(0, 60 * 24 * 12), st.sampled_from(["gone", "tenfold"]))
def test_nothing_after_the_instant_changes_a_word(
    rout: tuple[Panel, np.ndarray], calendars: Calendars, universe: Universe, minutes: int, later: str
) -> None:
    """Bars of sessions that close later are taken away, or moved tenfold."""
    now = datetime(2026, 6, 12, tzinfo=UTC) + timedelta(minutes=minutes)
    whole, closes = rout
    closed = closes <= np.datetime64(now.replace(tzinfo=None), "s")
    kept = {}
    for name in BAR_FIELDS:
        values = getattr(whole, name)
        kept[name] = np.where(closed, values, np.nan if later == "gone" else values * 10)
    changed = replace(whole, present=whole.present & (closed | (later != "gone")), **kept)
    known, blind = (view_of(each, universe, calendars, now) for each in (whole, changed))
    events = (Event("later", now + timedelta(minutes=1), "UTC", "Later", "", "other", 3),)
    one, other = brief_of(known, (), "all", now, LONDON), brief_of(blind, events, "all", now, LONDON)
    assert sentences(one) == sentences(other)
    assert repr(facts(one)) == repr(facts(other))


def test_every_sentence_has_room_on_the_page(
    told: Any, panel: Any, calendars: Calendars, universe: Universe
) -> None:
    view = view_of(panel(ROUT), universe, calendars, NIGHT)
    for back in range(0, 24 * 30, 37):
        now = NIGHT - timedelta(hours=back)
        found = brief_of(view_of(view.panel, universe, calendars, now), (), "all", now, LONDON)
        assert len(brief_heads.headline(found)) <= brief_heads.LONGEST_HEADLINE
        assert len(brief_heads.deck(found)) <= brief_heads.LONGEST_DECK
        for answer in brief_words.answers(found):
            assert all(len(line) <= 46 for line in answer.lines), answer


def test_heat_gives_every_name_the_same_area(told: Any) -> None:
    found = told(ROUT)
    for height, least in ((200.0, 15.0), (600.0, 30.0)):
        rows = heat.rows(found, 300.0, height, least)
        assert sum(row.height for row in rows) == pytest.approx(height)
        each = [row.height * row.full / sum(row.names) for row in rows]
        assert each == pytest.approx([each[0]] * len(each))
        assert all(row.height >= least - 1e-9 and 0 < row.full <= 1 for row in rows)
    assert sum(sum(row.names) for row in rows) == len(NAMES)
    assert [row.layer for row in rows] == ["investor", "accelerators", "memory", "foundry", "equipment",
                                           "hyperscaler", "power"]  # fmt: skip
    assert heat.frame(found)["names"].sum() == len(NAMES)


def texts_of(figure: dict[str, Any]) -> list[str]:
    return [text for trace in figure["data"] for text in trace.get("text", ())]


def test_the_indices_carry_low_close_and_halt_levels(told: Any) -> None:
    found = told(ROUT)
    for style in (screen("dark", 400, 140), memo(head=120, foot=60)):
        said = texts_of(indices.draw(found, style))
        assert {"KOSPI", "Nikkei 225", "S&P 500", "Low", "Close", "−20", "0"} <= set(said)
        assert "−9.00" in said
    assert indices.frame(found).loc["^KS11", "halt_levels"] == "−8%, −15%, −20%"
    kospi = next(line for line in found.indices if line.symbol == "^KS11")
    assert lines.index_sentence(kospi, found).startswith("KOSPI: low −9.45%, close −9.00%;")
    assert "KOSPI’s low passed the −8% halt level by" in lines.halt_title(found)
    bare = told(ROUT, names=NAMES)
    assert "No index of an exchange is stored." in texts_of(indices.draw(bare, screen("dark", 400, 140)))
    assert indices.frame(bare).empty


def test_simulated_prices_are_marked_on_every_chart(
    panel: Any, calendars: Calendars, universe: Universe
) -> None:
    view = view_of(panel(ROUT), universe, calendars, NIGHT, simulated=True)
    found = brief_of(view, (), "all", NIGHT, LONDON)
    style = screen("dark", 400, 200)
    for figure in (heat.draw(found, style, "dark"), indices.draw(found, style)):
        assert "SIMULATED" in str(figure["layout"]["annotations"])


def test_a_headline_of_another_day_says_which(told: Any) -> None:
    """On a Sunday it is Friday's, a week later a date's; on its own day it needs none."""
    found = told(ROUT)
    moves = "Asia’s AI names fell 6.0% and New York’s 6.0%"
    assert brief_heads.headline(found).startswith(f"{moves}: ")
    for days, said in ((0, ""), (1, " on Wednesday"), (6, " on Wednesday"), (7, " on 24 Jun")):
        later = replace(found, as_of=NIGHT + timedelta(days=days))
        headline = brief_heads.headline(later)
        assert headline.startswith(f"{moves}{said}: ") and len(headline) <= brief_heads.LONGEST_HEADLINE

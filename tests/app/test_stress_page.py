"""The Stress view on made prices: what it says, draws and leaves out, and what it does with odd requests."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from app.figures.style import memo, screen
from app.kinds.column import keys
from app.kinds.request import PageRequest
from app.market.event_book import EventBook
from app.market.market import Market, View
from app.pages.contagion import stress as page
from app.pages.contagion.stress import controls, tables
from app.questions.events.flag_marks import memo_flags_on, placed_on
from app.questions.stress import next_leg, sentences, series
from app.questions.stress import tails as depend
from app.questions.stress.facts import Facts
from app.questions.stress.measures import absorption_of, clocked, next_leg_of, side_tails, turbulence_of
from app.questions.stress.state import StressState, parse_stress
from app.questions.stress.table import STRESS_COLUMNS, asked_of, sentence, stress
from app.render.html.markup import markup
from app.settings import Settings
from models.errors import MeasureSettingError, NoPricesError, OneSidedError, TooFewNamesError
from models.events import Event
from models.sessions import Calendars
from models.universe import Universe
from tests.app.conftest import Ran
from tests.app.markets import ASIA, US, closes
from tests.app.situations import LAST, NOW, cells, text, view_with

NAN = float("nan")


@pytest.fixture(scope="module")
def view(calendars: Calendars, universe: Universe) -> View:
    return view_with(calendars, universe, closes(-0.05))


def facts(view: View, **state: Any) -> Facts:
    return Facts(view, StressState(**state), NOW)


def drawn_texts(figure: dict[str, Any]) -> list[str]:
    return [text for trace in figure["data"] if trace.get("mode") == "text" for text in trace["text"]]


def test_the_headline_says_how_unusual_and_which_way(view: View) -> None:
    found = turbulence_of(view)
    asked = asked_of(view)
    told, fall = sentence(asked), -100 * asked.moves[-1]
    assert f"{found.score[-1]:.1f} on a fall of {fall:.1f}% (three in four days: under " in told
    assert told.startswith("24 June was ")
    assert len(told) <= 110
    assert sentences.headline(facts(view)) == told


@pytest.mark.parametrize(
    ("last", "begins"),
    [
        ((-0.5,), r"24 June was the most turbulent day on record: [\d.]+ on a fall of 50.0%"),
        ((-0.5, 0.25), r"24 June was turbulent: [\d.]+ on a rise of 25.0%"),
        ((0.0,), r"24 June was calm by its own past: turbulence 0\.\d on prices unchanged"),
    ],
)
def test_the_sentences_of_wild_and_calm_days(
    calendars: Calendars, universe: Universe, last: tuple[float, ...], begins: str
) -> None:
    made = view_with(calendars, universe, closes(*last))
    assert re.match(begins, sentence(asked_of(made)))


def test_the_deck_splits_size_and_pattern_and_counts_who_fell(view: View) -> None:
    told = sentences.deck(facts(view))
    found, absorbed = turbulence_of(view), absorption_of(view)
    assert told.startswith(
        f"Size {found.magnitude[-1]:.1f}, pattern {found.correlation[-1]:.1f}: the names moved"
    )
    assert ("in the usual pattern" in told) == (found.correlation[-1] < 1)
    assert f"Two sources absorb {absorbed.ratio[-1] * 100:.0f}% of all movement" in told
    assert told.endswith("In own worst 5%: Asia 6 of 6 and New York 6 of 6.")
    assert len(told) <= 190


def test_rows_pair_new_york_with_the_next_asian_day_or_asia_with_its_own(view: View) -> None:
    first, second = asked_of(view, lead="us").table.iloc[-1], asked_of(view).table.iloc[-1]
    assert (str(first["us_date"].date()), str(first["asia_date"].date())) == ("2026-06-23", "2026-06-24")
    assert (str(second["us_date"].date()), str(second["asia_date"].date())) == ("2026-06-24", "2026-06-24")
    assert clocked(view, lead="us").symbols[0] in US and clocked(view).symbols[0] in ASIA
    assert (first["asia_exceeding"], first["asia_judged"]) == (6, 6)
    assert first["us_exceeding"] < 6 == second["us_exceeding"]


def test_the_answer_holds_every_figure_with_its_reason_when_missing(view: View) -> None:
    sheet = stress(view, days=0)
    assert sheet.columns == STRESS_COLUMNS
    assert len(sheet.rows) == len(clocked(view).dates)
    early = sheet.rows[0]
    assert early["turbulence"] is None and early["turbulent"] is None and early["absorption"] is None
    told = {field for note in sheet.notes for field in note.fields}
    missing = {name for row in sheet.rows for name, value in row.items() if value is None}
    assert missing <= told
    last = sheet.rows[-1]
    assert last["turbulence"] == turbulence_of(view).score[-1]
    assert last["correlation_surprise"] == pytest.approx(last["turbulence"] / last["magnitude"])
    assert last["shift"] == pytest.approx(absorption_of(view).shift[-1], nan_ok=True)
    assert len(stress(view, days=3).rows) == 3


def test_both_directions_are_in_the_answer(view: View) -> None:
    told = json.loads(stress(view).json())
    for order, lead in (("us_to_next_asia", "us"), ("asia_to_us", "asia")):
        leg = next_leg_of(view, lead=lead)  # type: ignore[arg-type]
        assert told["next_leg"][order]["rank"] == pytest.approx(leg.rank)
        assert len(told["next_leg"][order]["table"]) == 30
        tails = told["tail_dependence"][order]
        assert tails["value"] == pytest.approx(side_tails(view, lead=lead).value)  # type: ignore[arg-type]
        assert len(tails["pairs"]) == 10
        leaders = US if lead == "us" else ASIA
        assert {pair["x"] for pair in tails["pairs"]} <= set(leaders)
        assert not {pair["y"] for pair in tails["pairs"]} & set(leaders)


def test_a_listing_is_named_with_its_reason(calendars: Calendars, universe: Universe) -> None:
    made = view_with(calendars, universe, closes(listed={"NVDA": 120}))
    found = facts(made)
    assert found.out_now() == {
        name: {"too few returns in the window, as after a listing": ["Nvidia"]}
        for name in ("Turbulence", "Absorption")
    }
    foot = sentences.footnote(found)
    assert "Turbulence leaves out now: Nvidia (too few returns in the window, as after a listing)." in foot
    assert "Now: 11 names over " in foot
    left = json.loads(stress(made).json())["left_out"]["turbulence"]
    assert [(item["symbol"], item["now"]) for item in left] == [("NVDA", True)]


@pytest.mark.parametrize("basket", ["asia", "us", "accelerators"])
def test_a_basket_of_one_side_says_what_it_cannot_have(view: View, basket: str) -> None:
    found = facts(view, basket=basket)
    place = "New York" if basket == "asia" else "Asia"
    with pytest.raises(OneSidedError, match=f"has none in {place}: choose another basket"):
        found.next_leg("us")
    assert sentences.follow_title(found) == "What follows a co-exceedance"
    assert sentences.tails_title(found) == "Lower-tail dependence"
    style = screen("dark", 700, 300)
    assert f"none in {place}" in " ".join(drawn_texts(next_leg.draw(found, style, "dark")))
    assert f"none in {place}" in " ".join(drawn_texts(depend.draw(found, style)))
    assert next_leg.frame(found).empty and depend.frame(found).empty
    told = drawn_texts(series.draw(found, style))
    assert "Turbulence" in told
    assert [name for name in told if name.endswith("worst 5%, %")] == [
        f"{'Asia' if basket == 'asia' else 'New York'} in own worst 5%, %"
    ]
    assert "n/a" in markup(tables.last_rows(found))
    assert not np.isnan(found.stress.of("turbulence")[-1])


def test_one_name_alone_has_no_turbulence_and_the_page_still_stands(view: View) -> None:
    with pytest.raises(TooFewNamesError, match="Turbulence needs two names"):
        turbulence_of(view, "foundry")
    found = facts(view, basket="foundry")
    assert sentences.headline(found).startswith("No turbulence to tell: Turbulence needs two names and has 1")
    assert sentences.deck(found) == "In own worst 5%: Asia 1 of 1."
    assert sentences.series_title(found) == "Stress has no figure yet"
    assert "The absorption ratio needs five names and has 1" in sentences.footnote(found)
    assert series.draw(found, screen("dark", 700, 300))["data"] is not None


def test_too_short_a_history_has_its_reason(calendars: Calendars, universe: Universe) -> None:
    made = view_with(calendars, universe, {name: path[-60:] for name, path in closes().items()})
    found = facts(made)
    assert "needs 251 observations" in sentences.headline(found)
    assert "The absorption ratio needs 500 observations" in sentences.footnote(found)
    figure = series.draw(found, screen("dark", 700, 300))
    assert any("needs 251 observations" in told for told in drawn_texts(figure))
    assert stress(made).rows[-1]["turbulence"] is None


def test_a_row_over_a_holiday_says_how_many_sessions(view: View) -> None:
    asked = asked_of(view)
    long = np.flatnonzero(asked.clock.sessions > 1)
    assert len(long) > 10
    note = next(note for note in stress(view, days=0).notes if note.fields == ("sessions",))
    assert note.reason.startswith(f"{len(long)} rows of these compound several sessions")
    tip = series._Tips(facts(view, start="all"))
    sessions = facts(view, start="all").sessions
    at = int(np.searchsorted(sessions, asked.clock.dates[long[-1]]))
    assert tip.tip(at, at + 1).endswith(f"over {asked.clock.sessions[long[-1]]} sessions")
    between = np.flatnonzero(~np.isin(sessions, asked.clock.dates))[-1]
    assert "no row ends here" in tip.tip(int(between), int(between) + 1)


def test_the_panels_show_each_quantity_once_and_the_flags(view: View) -> None:
    found = facts(view, start="1y")
    figure = series.draw(found, screen("dark", 900, 560))
    told = drawn_texts(figure)
    names = ["Turbulence", "Size", "Pattern", "Absorption, %", "Asia in own worst 5%, %"]
    assert all(told.count(name) == 1 for name in [*names, "New York in own worst 5%, %"])
    assert {str(flag.number) for flag in found.marked.flags} <= set(told)
    assert "NaN" not in json.dumps(figure["layout"]) and "nan" not in " ".join(told)
    small = series.draw(found, memo(head=200, foot=100), found.marked.flags[:5])
    assert "Asia worst 5%, %" in drawn_texts(small) and "6" not in drawn_texts(small)


def test_events_are_flagged_above_the_panels_and_told_in_the_key(view: View) -> None:
    event = Event("halt", date(2026, 6, 23), None, "Seoul halts", "", "structure", 3)
    found = Facts(view, StressState(start="1y"), NOW, EventBook(1, (event,)))
    assert found.marked.kind == "events"
    figure = series.draw(found, screen("dark", 900, 560))
    assert "1" in drawn_texts(figure)
    addresses = {go for trace in figure["data"] for go in trace.get("customdata", ()) if go}
    assert addresses == {"/events?event=halt"}
    placed = placed_on(found.marked, found.sessions, view, "", screen("dark", 900, 560))
    assert [flag.numbers for flag in placed] == [(1,)]
    told = memo_flags_on(found.marked, found.sessions)
    assert [(row.fact, row.filled) for row in told.key] == [("Seoul halts", True)]
    assert told.note == "Basket that day, %"


def test_the_data_of_each_chart_are_what_it_draws(view: View) -> None:
    found = facts(view, start="1y")
    frame = series.frame(found)
    assert frame.index.name == "date" and frame.index[-1] == "2026-06-24"
    assert frame["turbulence"].iloc[-1] == turbulence_of(view).score[-1]
    assert set(next_leg.frame(found)["then"]) == {"Asia’s next day", "New York’s same day"}
    pairs = depend.frame(found)
    assert len(pairs) == 2 * (1 + len(ASIA) * len(US))
    assert ((pairs["low"] <= pairs["value"]) & (pairs["value"] <= pairs["high"])).all()


def test_the_next_leg_is_bold_where_the_interval_leaves_the_base_out(view: View) -> None:
    found = facts(view)
    leg = found.next_leg("us")
    figure = next_leg.draw(found, screen("dark", 900, 300), "dark")
    trace = next(item for item in figure["data"] if item.get("mode") == "text")
    bold = sum(weight == 700 for weight in trace["textfont"]["weight"])
    clear = 0
    for lead in ("us", "asia"):
        table = found.next_leg(lead).table  # type: ignore[arg-type]
        base = table[table["today"] == "any"].set_index("next")["share"]
        rows = table[(table["today"] != "any") & table["share"].notna()]
        usual = rows["next"].map(base)
        clear += int(((rows["low"] > usual) | (rows["high"] < usual)).sum())
    assert bold == clear
    assert f"{leg.pairs:,} pairs" in " ".join(drawn_texts(figure))


def test_the_last_rows_stand_beside_the_panels_newest_first(view: View) -> None:
    rows = cells(markup(tables.last_rows(facts(view))))
    assert len(rows) == tables.ROWS
    score = turbulence_of(view).score
    assert rows[0][0] == "24 Jun 26" and rows[0][1] == f"{score[-1]:.1f}"
    assert rows[1][1] == f"{score[-2]:.1f}"


def test_controls_are_links_to_the_page_in_another_state(view: View) -> None:
    state = StressState(basket="us", lead="asia", window=500, memory=250, tail=10, start="1y")
    found = Facts(view, state, NOW)
    written = markup(controls.controls(found))
    known, notices = parse_stress(state.query(), view.universe)
    assert known == state and notices == []
    for address in re.findall(r'href="(\?[^"]*)"', written):
        assert parse_stress(address.replace("&amp;", "&"), view.universe)[1] == []
    assert "500 rows" in text(written) and "Asia, then New York" in text(written)


def test_what_cannot_be_used_is_told_and_not_used(universe: Universe) -> None:
    state, notices = parse_stress("?window=7&tail=50&lead=moon&basket=none&from=soon&asof=x&y=1", universe)
    assert state == StressState()
    assert len(notices) == 7
    assert "'7' is not one of 125, 250, 500" in notices[0]


@pytest.mark.parametrize(
    "search", ["", "?basket=us", "?from=all", "?from=2030", "?lead=asia", "?asof=2026-06-23"]
)
def test_the_page_stands_on_a_small_store(market: Market, search: str) -> None:
    request = PageRequest(page.PATH, search)
    layout = markup(page.layout(market, request))
    assert 'data-empty="true"' not in layout and "nan" not in text(layout).lower().split()
    assert len(page.update(market, request)) == len(page.OUTPUTS)
    for chart in page.CHARTS:
        figure = chart.draw(market, request)
        assert figure["layout"]["width"] > 300
        told = chart.tell(market, request)
        assert told.path == page.PATH and "asof=" in told.query
        assert told.draw(memo(head=200, foot=100))["layout"]["width"] == 1600
    assert ("Ignored from" in layout) == (search == "?from=2030")


def test_nothing_stored_is_the_empty_state(tmp_path: Path) -> None:
    found = Market(Settings(data_dir=tmp_path))
    try:
        assert "No prices yet" in markup(page.layout(found, PageRequest(page.PATH)))
        assert "No prices yet" in page.update(found, PageRequest(page.PATH))[0]
    finally:
        found.close()


def test_a_basket_without_a_price_by_then_is_the_empty_state(market: Market) -> None:
    request = PageRequest(page.PATH, "?basket=power")
    with pytest.raises(NoPricesError):
        page.facts(market, request)
    assert "No name of the basket" in markup(page.layout(market, request))


def test_settings_that_cannot_be_are_errors_not_notes(view: View) -> None:
    with pytest.raises(MeasureSettingError):
        stress(view, window=5)
    with pytest.raises(MeasureSettingError):
        stress(view, q=0.7)


def test_the_command_answers_in_each_form(command: Callable[..., Ran]) -> None:
    ran = command("stress", "--days", "4", "--format", "json")
    assert (ran.code, ran.err) == (0, "")
    found = json.loads(ran.out)
    assert len(found["rows"]) == 4 and found["params"]["lead"] == "asia"
    assert found["rows"][-1]["date"] == LAST.isoformat()
    assert [note["reason"] for note in found["notes"] if "next_leg.us_to_next_asia" in note["fields"]]
    assert found["next_leg"]["us_to_next_asia"] is None
    assert command("stress", "--days", "2", "--format", "csv").out.splitlines()[0] == ",".join(
        keys(STRESS_COLUMNS)
    )
    assert "turbulence" in command("stress", "--days", "2").out


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("--window", "5"), "The window cannot be 5; choose 20 rows or more."),
        (("--tail", "0.7"), "--tail: '0.7' is no share from 0.001 to 0.5, such as 0.05."),
        (("--days", "-1"), "--days: '-1' is no whole number from 0 to 100,000."),
        (("--basket", "nothing"), "There is no basket 'nothing'"),
    ],
)
def test_the_command_says_what_cannot_be(
    command: Callable[..., Ran], arguments: tuple[str, ...], says: str
) -> None:
    ran = command("stress", *arguments)
    assert ran.code == 2 and says in ran.err

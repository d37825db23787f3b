"""The event study on made prices: sentences, tables, figure, controls, and what it does with odd requests."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from app.figures.style import memo, screen
from app.kinds.request import PageRequest
from app.market.market import Market, View
from app.pages.events import study as page
from app.pages.events.study import controls, sheets, tables
from app.questions.event_study import sentences
from app.questions.event_study.facts import Facts
from app.questions.event_study.paths import paths_frame, paths_of
from app.questions.event_study.state import StudyState, parse_study
from app.questions.event_study.table import EVENT_COLUMNS, event_study
from app.questions.events.moments import happening_of, happening_of_event
from app.render.html.markup import markup
from app.settings import Settings
from models.errors import AftershockError
from models.events import Event
from models.sessions import Calendars
from models.universe import Universe
from tests.app.conftest import Ran
from tests.app.situations import NOW, cells, text, view_with

NAMES = ("000660.KS", "005930.KS", "2330.TW", "8035.T", "NVDA", "MU", "AMD", "MSFT")
BENCHMARKS = ("^SOX", "^GSPC", "^KS11")
SESSIONS, LATE = 420, 30
DAY = date(2026, 6, 9)


@pytest.fixture(scope="module")
def view(filled: Path, universe: Universe) -> View:
    """Ten sessions after day 0: every name lost 5 % on it, memory 10 % more; one name listed late."""
    rng = np.random.default_rng(11)
    calendars = Calendars(cache_dir=filled / "cache")
    closes: dict[str, list[float]] = {}
    for symbol in (*NAMES, *BENCHMARKS):
        days = calendars[universe[symbol].exchange.calendar].between(date(2024, 1, 1), date(2026, 6, 24))
        moves = rng.normal(0, 0.01, SESSIONS)
        row = int(np.searchsorted(days[-SESSIONS:], np.datetime64(DAY)))
        if symbol not in BENCHMARKS:
            moves[row] -= 0.05 + 0.10 * (universe[symbol].layer.id == "memory")
        path = 100 * np.cumprod(1 + moves)
        closes[symbol] = (path[-LATE:] if symbol == "MSFT" else path).tolist()
    return view_with(calendars, universe, closes)


def event(title: str = "Orders are called off") -> Event:
    return Event("orders", DAY, "Asia/Tokyo", title, "x", "results", 3)


def facts(view: View, noted: Event | None = None, **state: Any) -> Facts:
    found = noted or event()
    happening = happening_of_event(view, found)
    return Facts(view, StudyState(event="orders", **state), NOW, (found,), happening)


def drawn_texts(figure: dict[str, Any]) -> list[str]:
    return [item for trace in figure["data"] if trace.get("mode") == "text" for item in trace["text"]]


def test_the_headline_has_the_event_and_its_figures(view: View) -> None:
    found = facts(view)
    study = found.study
    assert study is not None and len(study.names) == 7
    mean = 100 * np.mean([name.abnormal[study.place(0)] for name in study.names])
    assert mean == pytest.approx(-5 - 10 * 3 / 7, abs=1.5)
    headline = sentences.headline(found)
    assert headline.startswith(f"Orders are called off: −{-mean:.1f}% beyond the expected on day 0, −")
    assert headline.endswith("% by +10")
    assert "memory and storage −1" in sentences.deck(found) and "100% of them down" in sentences.deck(found)
    assert "Kolari–Pynnönen" in sentences.deck(found) and len(sentences.deck(found)) <= 200


@pytest.mark.parametrize("title", ["Why? ", "A " * 60, "Stop!", "x" * 200, "a"])
def test_a_headline_of_any_title_fits(view: View, title: str) -> None:
    told = sentences.headline(facts(view, event(title.strip())))
    assert "beyond the expected on day 0" in told
    assert len(told) <= 112 or title.startswith("x")
    assert "?:" not in told and "!:" not in told


def test_each_exchange_has_its_day_0_and_its_names_that_count(view: View) -> None:
    rows = cells(markup(tables.day_zeros(facts(view))))
    assert [row[0] for row in rows] == ["Tokyo", "Seoul", "Taipei", "New York"]
    assert {row[1] for row in rows} == {"9 Jun 2026"} and {row[2] for row in rows} == {"open"}
    assert [int(row[3]) for row in rows] == [1, 2, 1, 3]


def test_every_test_is_told_and_those_that_stand_come_first(view: View) -> None:
    found = facts(view)
    written = "".join(markup(part) for part in tables.tests(found))
    rows = cells(written)
    assert [row[0] for row in rows][:5] == [
        "Mean, %",
        "Names down, %",
        "Kolari–Pynnönen",
        "Brown–Warner 1985",
        "Corrado rank",
    ]
    assert len(rows) == 9
    day = next(test for test in found.study.whole.tests if (test.first, test.last) == (0, 0))  # type: ignore[union-attr]
    assert rows[3][1] == f"{day.statistic['bw1985']:+.1f}".replace("-", "−")
    assert "Day 0 of all 7 names is on the same date" in text(written)


def test_the_table_of_names_agrees_with_the_answer(view: View) -> None:
    found = facts(view)
    rows = cells("".join(markup(part) for part in tables.names(found)))
    sheet = event_study(view, found.happening.at)
    assert [row[0] for row in rows] == [view.universe[row["symbol"]].name for row in sheet.rows]
    for told, row in zip(rows, sheet.rows, strict=True):
        assert told[6] == f"{100 * row['abnormal']:+.1f}".replace("-", "−")
        assert told[9] == f"{100 * row['car']:+.1f}".replace("-", "−")
        assert told[10] == f"{row['t_abnormal']:+.1f}".replace("-", "−")
    assert sheet.columns == EVENT_COLUMNS


@pytest.mark.parametrize("sort", ["car", "day", "gap", "t", "name", "layer"])
def test_the_names_are_sorted_as_asked(view: View, sort: str) -> None:
    found = facts(view, sort=sort)
    place = found.study.place(10)  # type: ignore[union-attr]
    keys = {
        "car": [name.car[place] for name in found.names],
        "t": [name.scores[place] for name in found.names],
        "name": [name.name.lower() for name in found.names],
    }
    if sort in keys:
        assert keys[sort] == sorted(keys[sort])
    assert {name.symbol for name in found.names} == set(NAMES) - {"MSFT"}


def test_who_is_left_out_and_against_what_is_told(view: View) -> None:
    told = " ".join(sentences.footnote(facts(view)))
    assert "Left out: Microsoft (has " in told and "of the 100 sessions that a fit needs)." in told
    assert "SOX, New York’s session before, for names in Asia" in told
    assert "S&P 500, for names in New York" in told
    assert "half of the KOSPI" in told
    assert "Only its date is known, 9 Jun 2026 in Tokyo: taken as the opening there." in told
    mean = " ".join(sentences.footnote(facts(view, model="mean")))
    assert "Each name against its own mean" in mean


def test_the_figure_has_a_panel_for_all_and_for_each_layer(view: View) -> None:
    found = facts(view)
    figure = page.draw(found, screen("dark", 856, 436))
    told = drawn_texts(figure)
    assert "All names, 7" in told and "Memory and storage, 3" in told
    assert len(paths_of(found.study)) == 1 + len(found.study.layers)  # type: ignore[arg-type, union-attr]
    lone = facts(view, basket="memory")
    assert [panel.title for panel in paths_of(lone.study)] == ["Memory and storage"]  # type: ignore[arg-type]
    frame = paths_frame(found.study)  # type: ignore[arg-type]
    assert frame.index.name == "session" and frame.loc[-1, "all"] == pytest.approx(0, abs=1e-12)
    assert set(NAMES) - {"MSFT"} <= set(frame.columns)


def test_an_event_without_a_study_says_why_and_keeps_its_controls(view: View) -> None:
    for state, why in (
        ({"fit": 1000, "gap": 250, "basket": "neocloud"}, "No name of the basket"),
        ({"benchmark": "^N225"}, "has no price by then"),
    ):
        found = facts(view, **state)
        assert found.study is None and why in found.why
        assert sentences.headline(found) == "Orders are called off cannot be studied"
        assert sentences.deck(found) == found.why
        assert " ".join(drawn_texts(page.draw(found, screen("dark", 856, 436)))).startswith(found.why[:20])
        assert tables.tests(found) == [] and tables.names(found) == [] and tables.day_zeros(found) == ""
        assert sheets.tests_frame(found).empty
    future = Facts(view, StudyState(), NOW, (), happening_of(view, (), "2027-01-04"))
    assert "No session after 2027-01-04 is stored yet" in future.why


def test_controls_are_links_to_the_page_in_another_state(view: View) -> None:
    state = StudyState(event="orders", model="market", benchmark="rest", before=1, after=1, fit=120, gap=20)
    found = Facts(view, state, NOW, (event(),), happening_of_event(view, event()))
    written = markup(controls.controls(found))
    assert parse_study(state.query(), view.universe) == (state, [])
    for address in re.findall(r'href="(\?[^"]*)"', written):
        assert parse_study(address.replace("&amp;", "&"), view.universe)[1] == []
    assert "Other names of its side" in text(written) and "9 Jun Orders are called off" in text(written)
    assert 'id="study-event-date"' in written and 'id="study-fit-date"' in written
    mean = Facts(view, StudyState(model="mean"), NOW, (), happening_of(view, (), "2026-06-09"))
    assert "Against" not in text(markup(controls.controls(mean)))


def test_what_cannot_be_used_is_told_and_not_used(universe: Universe) -> None:
    bad = (
        "?event=%3Cscript%3E&model=x&benchmark=NOPE&before=99&after=-1&fit=5&gap=x&sort=y&basket=z&asof=w&q=1"
    )
    state, notices = parse_study(bad, universe)
    assert state == StudyState() and len(notices) == 11
    assert "'99' is no number of sessions from 0 to 60." in " ".join(notices)
    assert "<script>" not in markup(notices)


@pytest.mark.parametrize(
    "search",
    ["", "?event=2026-06-23", "?event=nothing", "?event=2026-06-23T12:00Z&model=mean", "?asof=2026-06-23"],
)
def test_the_page_stands_on_a_small_store(market: Market, search: str) -> None:
    """Prices that rise alike every day leave nothing to fit: the page says so and stands."""
    request = PageRequest(page.PATH, search)
    layout = markup(page.layout(market, request))
    assert 'data-empty="true"' not in layout and "nan" not in text(layout).lower().split()
    assert len(page.update(market, request)) == len(page.OUTPUTS)
    assert ("Ignored event: There is no event nothing" in layout) == ("nothing" in search)
    (chart,) = page.CHARTS
    assert chart.draw(market, request)["layout"]["width"] > 300
    assert sheets.TABLES[1].tell(market, request).rows == []
    why = "No name has enough sessions" if "mean" in search else "The benchmark \\^SOX has no price by then"
    assert re.search(why, text(layout))
    with pytest.raises(AftershockError, match=why):
        chart.tell(market, request)


def test_the_memo_pins_the_event_and_the_instant(view: View, monkeypatch: pytest.MonkeyPatch) -> None:
    found = facts(view)
    monkeypatch.setattr(page, "facts_of", lambda *_: (found, []))
    told = page.tell_paths(None, PageRequest(page.PATH))  # type: ignore[arg-type]
    assert told.query == "?event=orders&asof=2026-06-24T22:00Z"
    assert told.title == sentences.headline(found) and len(told.deck) <= 216
    assert told.draw(memo(head=200, foot=60))["layout"]["width"] == 1600


def test_nothing_stored_is_the_empty_state(tmp_path: Path) -> None:
    found = Market(Settings(data_dir=tmp_path))
    try:
        assert "No prices yet" in markup(page.layout(found, PageRequest(page.PATH)))
        assert "No prices yet" in page.update(found, PageRequest(page.PATH))[0]
    finally:
        found.close()


def test_one_name_has_no_cross_section(view: View) -> None:
    found = facts(view, basket="foundry")
    assert "Brown–Warner 1985: p " in sentences.deck(found)
    assert "One name has no cross-section" in sentences.clustering_note(found)


def test_the_command_takes_an_event_by_a_moment_and_refuses_the_rest(command: Callable[..., Ran]) -> None:
    ran = command("event-study", "--at", "2026-06-23T12:00Z", "--model", "mean", "--format", "json")
    assert ran.code == 0
    found = json.loads(ran.out)
    assert found["params"]["at"] == "2026-06-23T12:00:00Z"
    assert any("its instant is Tue 23 Jun 2026, 12:00 UTC" in note["reason"] for note in found["notes"])
    assert command("event-study", "--at", "nothing").err.startswith("There is no event nothing")
    assert command("event-study", "--at", "").code == 2


def test_an_instant_says_so(view: View) -> None:
    found = happening_of(view, (), "2026-06-09T02:00Z")
    assert found.at == datetime(2026, 6, 9, 2, tzinfo=UTC)
    rows = cells(markup(tables.day_zeros(Facts(view, StudyState(), NOW, (), found))))
    assert {row[0]: row[2] for row in rows}["Tokyo"] == "close"


def test_the_way_back_leads_to_the_event_for_the_same_basket_and_instant(view: View) -> None:
    found = facts(view, basket="memory", asof="2026-06-24")
    head = markup(page._head(found, []))
    assert 'href="/events?event=orders&amp;basket=memory&amp;asof=2026-06-24"' in head
    assert "The event</a>" in head
    own = happening_of(view, (), "2026-06-09")
    assert "/events?event=" not in markup(page._head(Facts(view, StudyState(), NOW, (), own), []))

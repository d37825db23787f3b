"""Events and falls side by side on made prices: answer, sentence, page and command."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from app.answers import comparing
from app.answers.compare import COMPARE_COLUMNS, compare, regained, sentence, standing
from app.answers.comparing import falls, past_falls, recovered, recovery_paths, start_of, usual
from app.components.static import markup
from app.data import Market, View
from app.figures.style import memo, screen
from app.pages.events import compare as page
from app.pages.events.compare import controls, plot, story, tables
from app.pages.events.compare.facts import Facts
from app.pages.events.compare.state import CompareState, parse_compare
from app.request import PageRequest
from app.settings import Settings
from models.errors import MeasureSettingError, UnknownEventError
from models.events import Event
from models.sessions import Calendars
from models.universe import Universe
from tests.app.conftest import Ran
from tests.app.situations import NOW, cells, text, then, view_with

# A fall of 20 % that comes back, a fall of 30 % that half comes back, then one day of −10 %.
MOVES = (
    *([0.001] * 60),
    *([-0.0441] * 5),
    *([0.01] * 30),
    *([-0.0688] * 5),
    *([0.02] * 12),
    *([0.0] * 20),
    -0.10,
    *([0.01] * 6),
)


@pytest.fixture(scope="module")
def view(filled: Path, universe: Universe) -> View:
    return view_with(Calendars(cache_dir=filled / "cache"), universe, {"NVDA": then([100.0], *MOVES)})


def day(view: View, row: int) -> date:
    found: date = view.basket().sessions[row].item()
    return found


def noted(view: View, row: int, ref: str, severity: int = 3, title: str = "") -> Event:
    return Event(ref, day(view, row), "America/New_York", title or ref, "x", "selloff", severity)


@pytest.fixture(scope="module")
def events(view: View) -> tuple[Event, ...]:
    last = len(MOVES) - 6
    return (noted(view, 61, "first"), noted(view, last, "last"), noted(view, 30, "calm", 1))


def facts(view: View, events: tuple[Event, ...], *refs: str, **state: Any) -> Facts:
    starts = tuple(start_of(view, events, ref) for ref in refs)
    return Facts(view, CompareState(items=refs, **state), NOW, events, starts)


def test_an_event_starts_before_its_day_0_and_a_fall_at_its_peak(
    view: View, events: tuple[Event, ...]
) -> None:
    first = start_of(view, events, "first")
    assert (first.zero, first.day0, first.low) == (day(view, 60), day(view, 61), day(view, 61))
    peak, low = falls(view, "all", 0.1)[0]
    fall = start_of(view, events, f"fall:{peak}")
    assert (peak, low) == (day(view, 60), day(view, 65))
    assert (fall.zero, fall.day0, fall.low) == (peak, day(view, 61), low)
    with pytest.raises(MeasureSettingError, match="A fall cannot be 'fall:2020-01-01'; choose one by its"):
        start_of(view, events, "fall:2020-01-01")
    with pytest.raises(UnknownEventError):
        start_of(view, events, "nothing")


def test_the_lines_are_0_before_day_0_and_open_where_nothing_has_come(
    view: View, events: tuple[Event, ...]
) -> None:
    found = comparing.side_by_side(view, [start_of(view, events, ref) for ref in ("first", "last")])
    assert (found.index[0], found.index[-1]) == (-5, 20)
    assert found.loc[-1].tolist() == [0.0, 0.0]
    assert found.loc[4, "first"] == pytest.approx((1 - 0.0441) ** 5 - 1)
    assert found.loc[0, "last"] == pytest.approx(-0.10)
    assert np.isfinite(found.loc[6, "last"]) and found.loc[7:, "last"].isna().all()


def test_what_came_back_stands_among_the_falls_before_it(view: View, events: tuple[Event, ...]) -> None:
    second = f"fall:{falls(view, 'all', 0.1)[1][0]}"
    starts = [start_of(view, events, ref) for ref in ("first", second, "last")]
    table = recovered(view, starts).set_index("ref")
    level = view.basket().level
    for ref, peak, low in (("first", 60, 61), (second, 95, 100)):
        share = (level[low + 5] - level[low]) / (level[peak] - level[low])
        assert table.loc[ref, "recovery_5"] == pytest.approx(share)
    assert table.loc["first", "earlier_5"] == 0 and table.loc[second, "earlier_5"] == 1
    assert table.loc[second, "rank_5"] in (0.0, 1.0)
    assert math.isnan(table.loc["last", "recovery_20"])
    last_rows = table.loc["last", ["earlier_5", "median_5"]]
    assert last_rows["earlier_5"] == 2 and math.isfinite(last_rows["median_5"])


def test_of_a_small_fall_no_share_is_told(view: View, events: tuple[Event, ...]) -> None:
    table = recovered(view, [start_of(view, events, "calm")])
    assert table["recovery_5"].isna().all() and (table["earlier_5"] == 0).all()
    sheet = compare(view, events, ["calm"])
    assert "Nothing can have come back yet" in sheet.sentence
    assert any("less than 2%" in note.reason for note in sheet.notes)


def test_recovery_paths_begin_at_0_and_agree_with_the_table(view: View) -> None:
    past = past_falls(view)
    sessions, paths = recovery_paths(view, past)
    assert sessions.tolist() == list(range(21)) and (paths[:, 0] == 0).all()
    table = comparing.past_recoveries(view)
    for step in (5, 10, 20):
        assert paths[:, step] == pytest.approx(table[f"recovery_{step}"].to_numpy(), nan_ok=True)


def test_worst_days_are_their_own_lows(view: View) -> None:
    days = past_falls(view, beside="days")
    moves = view.basket().returns
    rows = np.searchsorted(view.basket().sessions, days["trough"].to_numpy().astype("datetime64[D]"))
    assert sorted(moves[rows])[0] == pytest.approx(-0.10)
    assert len(rows) >= round(0.02 * len(MOVES)) and (moves[rows] < -0.04).all()


def test_without_a_choice_it_is_the_severe_events_then_the_last_falls(
    view: View, events: tuple[Event, ...]
) -> None:
    assert usual(view, events) == ("first", "last")
    both = tuple(f"fall:{peak}" for peak, _ in falls(view, "all", 0.1))
    assert usual(view, ()) == both and len(both) == 3
    assert usual(view, events, first="calm") == ("calm", "first", "last")
    near = (*events, noted(view, 63, "near"))
    assert len({"near", "first"} & set(usual(view, near))) == 1


def test_the_sentence_says_where_each_stands_among_how_many() -> None:
    row: dict[str, Any] = {"recovery_5": 0.614, "rank_5": 0.75, "earlier_5": 8}
    assert standing(row, 5, "falls") == "61% back, more than 6 of 8 falls before it"
    assert standing(row | {"rank_5": 0.0}, 5, "falls") == "61% back, less than all 8 falls before it"
    assert standing(row | {"rank_5": 1.0}, 5, "days") == "61% back, more than all 8 worst days before it"
    assert standing(row | {"earlier_5": 0}, 5, "falls") == "61% back, with none before it"
    assert (regained(-0.45), regained(1.49), regained(math.nan)) == ("45% further down", "149% back", "n/a")


def test_the_answer_holds_paths_rows_and_what_it_is_set_beside(view: View, events: tuple[Event, ...]) -> None:
    sheet = compare(view, events)
    assert sheet.columns == COMPARE_COLUMNS
    told = json.loads(sheet.json())
    assert told["params"]["refs"] == ["first", "last"]
    assert told["sessions"][0] == -5 and len(told["paths"]["first"]) == len(told["sessions"])
    assert len(told["past_recoveries"]) == 3
    late = next(row for row in told["rows"] if row["ref"] == "last")
    assert late["recovery_20"] is None and late["less_20"] is None and late["change_5"] is not None
    assert any(note["symbol"] == "last" and "not come yet" in note["reason"] for note in told["notes"])
    starts = [start_of(view, events, ref) for ref in ("first", "last")]
    assert told["sentence"] == sentence(starts, recovered(view, starts), "falls")
    for wrong in ({"refs": [f"2025-01-{row:02}" for row in range(1, 11)]}, {"before": -1}):
        with pytest.raises(MeasureSettingError):
            compare(view, events, **wrong)  # type: ignore[arg-type]


def test_names_for_a_line_are_short() -> None:
    made = comparing.Start("x", "DeepSeek: does AI need it?", "event", *[date(2025, 1, 1)] * 3, "")
    assert made.short == "DeepSeek"
    for label, short in (
        ("Fall from 19 Feb 25",) * 2,
        ("Tariffs on nearly every country", "Tariffs on nearly…"),
    ):
        assert comparing.Start("x", label, "fall", *[date(2025, 1, 1)] * 3, "").short == short


def test_the_page_says_lowest_and_highest_and_draws_every_line(view: View, events: tuple[Event, ...]) -> None:
    found = facts(view, events, "first", "last")
    assert story.headline(found).startswith("20 sessions on, the worst of 2: ")
    assert "after 6 so far" in story.headline(found)
    figure = plot.lines(found, screen("dark", 856, 376))
    told = [item for trace in figure["data"] if trace.get("mode") == "text" for item in trace["text"]]
    assert {"first", "last"} <= set(told)
    rows = cells(markup(tables.back(found, "dark")))
    assert rows[0][0].startswith("first low ") and rows[1][1] == "−10.0"
    assert "not yet" in rows[1][-1] and "none before" in rows[0][2]
    past = cells(markup(tables.past(found)))
    assert len(past) == 3 and past[0][-1] == "n/a"
    drawn = plot.back(found, memo(head=200, foot=60))
    assert drawn["layout"]["width"] == 1600
    assert story.footnote(found).count("taken as the opening there") == 2


def test_the_title_of_the_recoveries_says_what_they_are_of(view: View, events: tuple[Event, ...]) -> None:
    falls_, days = facts(view, events, "first"), facts(view, events, "first", beside="days")
    assert re.search(r"the median of \d+ falls of 10% or more had regained", story.back_title(falls_))
    assert re.search(r"the median of \d+ worst days had regained", story.back_title(days))


def test_nothing_left_to_compare_still_stands(view: View) -> None:
    found = facts(view, ())
    assert story.headline(found) == "Nothing to compare: choose events or falls"
    assert plot.lines(found, screen("dark", 856, 376))["data"]
    assert "Nothing is compared." in markup(tables.back(found, "dark"))
    assert markup(controls.controls(found))


def test_what_leaves_the_drawing_is_named(view: View, events: tuple[Event, ...]) -> None:
    found = facts(view, events, "first")
    assert plot.beyond(found) == list(found.starts)  # 4 % down and then 20 %
    assert "Beyond what is drawn: first." in story.back_note(found)


def test_controls_put_lines_in_and_take_them_out(view: View, events: tuple[Event, ...]) -> None:
    found = facts(view, events, "first", after=60)
    written = markup(controls.controls(found)).replace("&amp;", "&")
    assert 'href="?items=first,last&after=60"' in written
    assert 'href="?after=60"' in written  # without the last line: the page's own choice
    peak = falls(view, "all", 0.1)[0][0]
    assert f"items=first,fall:{peak}" in written
    assert parse_compare("?items=first,last&after=60", view.universe)[0].items == ("first", "last")


def test_what_cannot_be_used_is_told(universe: Universe) -> None:
    bad = "?items=,fall:soon&before=0&after=x&beside=sea&fall=7&basket=none&asof=x&y=1&event=%3Cb%3E"
    state, notices = parse_compare(bad, universe)
    assert state == CompareState() and len(notices) == 9
    many = ",".join(f"2025-01-{row:02}" for row in range(1, 11))
    assert "a chart holds at most 8" in parse_compare(f"?items={many}", universe)[1][0]
    assert parse_compare("?add=2025-01-27", universe)[0].add == "2025-01-27"


@pytest.mark.parametrize(
    "search",
    [
        "",
        "?items=2025-01-27,2025-03-04",
        "?items=nothing",
        "?add=2025-03-04",
        "?beside=days",
        "?asof=2026-06-23&basket=memory",
        "?asof=2026-06-23",
    ],
)
def test_the_page_stands_on_a_small_store(market: Market, search: str) -> None:
    request = PageRequest(page.PATH, search)
    layout = markup(page.layout(market, request))
    assert 'data-empty="true"' not in layout and "nan" not in text(layout).lower().split()
    assert len(page.update(market, request)) == len(page.OUTPUTS)
    assert ("Left out: There is no event nothing" in layout) == (search == "?items=nothing")
    for chart in page.CHARTS:
        assert chart.draw(market, request)["layout"]["width"] > 300
    # As of the day Tokyo's one name lacks, the whole basket has no fall to compare: its level is withheld.
    if search not in ("?items=nothing", "?asof=2026-06-23"):
        for chart in page.CHARTS:
            told = chart.tell(market, request)
            assert "items=" in told.query and "asof=" in told.query and "add=" not in told.query
    for table in page.TABLES:
        assert table.tell(market, request).columns[:2] == ["peak", "trough"]


def test_nothing_stored_is_the_empty_state(tmp_path: Path) -> None:
    found = Market(Settings(data_dir=tmp_path))
    try:
        assert "No prices yet" in markup(page.layout(found, PageRequest(page.PATH)))
        assert "No prices yet" in page.update(found, PageRequest(page.PATH))[0]
    finally:
        found.close()


def test_the_command_answers_in_each_form(command: Callable[..., Ran]) -> None:
    ran = command(
        "compare", "2025-03-04", "2026-06-23", "--window", "-2,8", "--basket", "memory", "--format", "json"
    )
    assert (ran.code, ran.err) == (0, "")
    found = json.loads(ran.out)
    assert found["sessions"] == list(range(-2, 9))
    assert found["rows"][1]["depth"] == pytest.approx(-0.20, abs=1e-9)
    assert command("compare", "2025-03-04", "--format", "csv").out.splitlines()[0] == ",".join(
        COMPARE_COLUMNS
    )
    heads = command("compare", "2025-03-04", "2026-06-23").out
    assert "low" in heads and "date" in heads and "deeper" in heads


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("nothing",), "There is no event nothing"),
        (("fall:2020-01-01",), "A fall cannot be 'fall:2020-01-01'"),
        (("2026-06-23", "--window", "5"), "--window cannot be '5'"),
        (("2026-06-23", "--fall", "2"), "--fall cannot be 2.0"),
        (("1990-01-01",), "No session on both sides of 1 Jan 1990 is stored"),
    ],
)
def test_the_command_says_what_cannot_be(
    command: Callable[..., Ran], arguments: tuple[str, ...], says: str
) -> None:
    ran = command("compare", *arguments)
    assert ran.code == 2 and says in ran.err

"""How a day travelled: bars of five minutes by the clock, on bars written by hand and on an empty store."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from app.cli import run as cli
from app.figures.minutes import DAY, Band, minutes_chart
from app.figures.style import memo, screen
from app.kinds.request import PageRequest
from app.market.market import Market, View
from app.pages.contagion import travelled as page
from app.pages.contagion.travelled import tables
from app.pages.contagion.views import views
from app.questions.travelled import lines
from app.questions.travelled.facts import Facts
from app.questions.travelled.state import TravelledState, parse_travelled
from app.questions.travelled.tracks import (
    NO_BARS,
    Travelled,
    days_of,
    quiet_said,
    sentence,
    travelled,
    travelled_sheet,
)
from app.render.html.markup import markup
from app.settings import Settings
from models.intraday import IntradayBars
from models.sessions import Calendars
from models.store import store_intraday
from models.universe import Universe
from tests.app.conftest import NOW
from tests.app.minutes import run
from tests.app.situations import cells, rising, text, view_with

DAYS = (date(2026, 6, 23), date(2026, 6, 24))
SEOUL, TOKYO, MICRON = "000660.KS", "9984.T", "MU"


@pytest.fixture(scope="module")
def view(filled: Path, universe: Universe) -> View:
    closes = {name: rising(40) for name in (SEOUL, TOKYO, MICRON)}
    return view_with(Calendars(cache_dir=filled / "cache"), universe, closes)


def joined(*parts: IntradayBars) -> IntradayBars:
    names = ("at", "open", "high", "low", "close", "volume")
    return IntradayBars(*(np.concatenate([getattr(part, name) for part in parts]) for name in names))


def seoul() -> IntradayBars:
    """Two sessions, both without bars from 06:20 on; the second opens 5 % lower and loses 10 % in all."""
    first = run("2026-06-23T00:00", *np.full(76, 100.0))
    return joined(first, run("2026-06-24T00:00", *np.linspace(95, 90, 76), opened=95.0))


def micron() -> IntradayBars:
    return joined(run("2026-06-23T13:30", *np.full(78, 50.0)), run("2026-06-24T13:30", *np.full(78, 47.5)))


def asked(view: View, at: datetime | None = None, **given: Any) -> Travelled:
    bars = {SEOUL: seoul(), MICRON: micron()}
    given = {"symbols": (SEOUL, MICRON), "days": DAYS, "as_of": NOW} | given
    return travelled(view, bars, given["symbols"], given["days"], at, given["as_of"])


def test_the_table_of_names_leaves_as_a_file_of_the_same_view(view: View) -> None:
    state = TravelledState(day="2026-06-24", days=2)
    found = Facts(view, state, NOW, {}, asked(view))
    written = markup(tables.standings(found, "dark"))
    assert 'href="/table/travelled-names.csv?day=2026-06-24&amp;days=2"' in written
    assert markup(tables.standings(Facts(view, state, NOW, {}, None), "dark")) == ""


def test_the_relay_and_its_five_minute_bars_lead_to_the_same_day() -> None:
    there = markup(views("/contagion", "2026-06-24", "2026-06-23"))
    for path in ("/contagion", "/contagion/travelled"):
        assert f'href="{path}?day=2026-06-23&amp;asof=2026-06-24"' in there
    assert 'href="/contagion/stress?asof=2026-06-24"' in there
    assert 'href="/contagion/travelled"' in markup(views("/contagion/stress", ""))


def test_every_line_is_measured_from_its_last_price_by_the_instant(view: View) -> None:
    found = asked(view, datetime(2026, 6, 23, 12, tzinfo=UTC))
    first, second = found.tracks
    assert (first.base, first.base_at) == (100.0, datetime(2026, 6, 23, 6, 20, tzinfo=UTC))
    # New York had no price by then: its first open after it.
    assert (second.base, second.base_at) == (50.0, datetime(2026, 6, 23, 13, 30, tzinfo=UTC))
    assert second.last == (datetime(2026, 6, 24, 20, tzinfo=UTC), pytest.approx(-0.05))
    assert first.low[1] == pytest.approx(-0.10)
    later = asked(view, datetime(2026, 6, 24, 0, 5, tzinfo=UTC))
    assert later.tracks[0].base == 95.0 and later.tracks[1].base == 50.0


def test_the_low_is_that_since_the_instant(view: View) -> None:
    rising_after = joined(
        run("2026-06-23T13:30", *np.linspace(50, 40, 78)), run("2026-06-24T13:30", 41.0, 40.5, 42.0)
    )
    zero = datetime(2026, 6, 23, 20, tzinfo=UTC)
    (track,) = travelled(view, {MICRON: rising_after}, (MICRON,), DAYS, zero, NOW).tracks
    assert track.low == (zero, pytest.approx(0.0))
    day = datetime(2026, 6, 24, 13, 30, tzinfo=UTC)
    (track,) = travelled(view, {MICRON: rising_after}, (MICRON,), DAYS, day, NOW).tracks
    assert track.low == (datetime(2026, 6, 24, 13, 40, tzinfo=UTC), pytest.approx(40.5 / 40 - 1))


def test_a_line_breaks_while_its_exchange_is_shut_and_begins_at_the_open(view: View) -> None:
    line = asked(view).tracks[0]
    breaks = np.flatnonzero(np.isnan(line.change))
    assert len(breaks) == 3  # before each auction, and between the sessions
    opens = line.change[np.flatnonzero(line.at == np.datetime64("2026-06-24T00:00", "s"))]
    assert opens[-1] == pytest.approx(-0.05)
    assert (np.diff(line.at.astype(np.int64)) >= 0).all()


def test_the_closing_auction_has_no_bars_and_its_close_is_the_daily_one(view: View) -> None:
    found = asked(view)
    hours = [item for item in found.hours if item.city == "Seoul"]
    assert [(f"{item.quiet[0]:%H:%M}", f"{item.quiet[1]:%H:%M}") for item in hours if item.quiet] == [
        ("06:20", "06:30")
    ] * 2
    assert all(item.quiet is None for item in found.hours if item.city == "New York")
    closes = view.panel.close[-2:, view.columns((SEOUL,))[0]]
    assert [change for _, change in found.tracks[0].auction] == pytest.approx((closes / 100 - 1).tolist())
    assert found.tracks[0].last == (datetime(2026, 6, 24, 6, 30, tzinfo=UTC), found.tracks[0].auction[-1][1])
    assert quiet_said(found) == [
        "Seoul’s closing auction, 06:20 to 06:30 UTC, has no bar of five minutes: the dot is the daily close"
    ]


def test_a_session_whose_bars_end_early_is_no_auction(view: View) -> None:
    bars = {SEOUL: run("2026-06-24T00:00", *np.full(30, 100.0))}
    found = travelled(view, bars, (SEOUL,), DAYS[1:], None, NOW)
    assert found.hours[0].quiet is None and found.tracks[0].auction == ()


def test_nothing_is_known_before_it_was_over(view: View) -> None:
    then = datetime(2026, 6, 24, 3, 2, tzinfo=UTC)
    found = asked(view, as_of=then)
    assert found.tracks[0].last[0] == datetime(2026, 6, 24, 3, 0, tzinfo=UTC)
    assert [item.quiet is None for item in found.hours if item.city == "Seoul"] == [False, True]
    late = asked(view, datetime(2027, 1, 1, tzinfo=UTC), as_of=then)
    assert late.at == then


def test_who_has_no_bars_on_the_days_is_named(view: View) -> None:
    found = asked(view, symbols=(SEOUL, TOKYO))
    assert found.missing == ((TOKYO, "has no bar of five minutes on these days"),)
    sheet = travelled_sheet(found, view, NOW)
    told = json.loads(sheet.json())
    assert [row["symbol"] for row in told["rows"]] == [SEOUL]
    assert told["notes"][0]["symbol"] == TOKYO and "Hynix" in sentence(found)
    assert len(told["paths"][SEOUL]) == 76 * 2 + 2 + 2  # closes, two opens, two auctions
    nothing = travelled(view, {}, (SEOUL,), DAYS, None, NOW)
    assert nothing.tracks == () and sentence(nothing) == NO_BARS[:-1]


def test_days_are_those_with_a_session(view: View) -> None:
    assert days_of(view, date(2026, 6, 28), 3, (SEOUL, MICRON)) == tuple(
        date(2026, 6, day) for day in (24, 25, 26)
    )
    assert days_of(view, date(2026, 6, 24), 1, (SEOUL,)) == (date(2026, 6, 24),)


def test_a_day_takes_1440_minutes_of_the_axis_and_others_none(view: View) -> None:
    found = asked(view, days=(date(2026, 6, 19), *DAYS[1:]))
    assert lines.place(found, datetime(2026, 6, 24, 1, 30, tzinfo=UTC)) == DAY + 90
    assert lines.place(found, datetime(2026, 6, 21, 12, tzinfo=UTC)) == DAY  # a weekend: where the day ends
    assert lines.place(found, datetime(2026, 6, 1, tzinfo=UTC)) == 0


@pytest.mark.parametrize(
    "style", [screen("dark", 856, 440), screen("light", 1376, 640), memo(head=200, foot=60)]
)
def test_the_sessions_lie_under_the_lines_and_nothing_meets(style: Any) -> None:
    bands = [
        Band("Tokyo", 0, 390, (150, 210), (385, 390)),
        Band("Seoul", 0, 390, None, (380, 390)),
        Band("New York", 810, 1200),
    ]
    axis = lines.Axis(0, 1205, [0, 600, 1200], ["00:00", "10:00", "20:00"], days=[20627])
    line = lines.Line("Micron", np.array([810, 1200]), np.array([-1.0, -2.0]), "#ABCDEF")
    figure = minutes_chart(
        [line], bands, [(390, -1.5, "#ABCDEF", "close")], 60, axis, style, head="last, %", quiet="no bars"
    )
    layout = figure["layout"]
    assert layout["meta"]["unit"] == "minute"
    rects = [shape for shape in layout["shapes"] if shape["type"] == "rect"]
    assert len(rects) == 3 + 2 + 1 and max(shape["y1"] for shape in rects) < 0
    inner = layout["height"] - layout["margin"]["t"] - layout["margin"]["b"]
    assert -min(shape["y0"] for shape in rects) * inner < layout["margin"]["b"] - style.bottom
    texts = [item["text"] for item in layout["annotations"]]
    assert texts.count("no bars") == 2 and {"Tokyo", "Seoul", "New York"} <= set(texts)
    rows = sorted({item["y"] for item in layout["annotations"] if item["text"] in ("Tokyo", "Seoul")})
    assert (rows[1] - rows[0]) * inner >= style.tick


@pytest.fixture
def stocked(filled: Path, tmp_path: Path) -> Iterator[Market]:
    """The small store with bars of five minutes of two names."""
    shutil.copy(filled / "aftershock.db", tmp_path / "aftershock.db")
    (tmp_path / "cache").symlink_to(filled / "cache")
    found = Market(Settings(data_dir=tmp_path, now=NOW), poll=0.0)
    store_intraday(found.store(), SEOUL, seoul(), NOW)
    store_intraday(found.store(), MICRON, micron(), NOW)
    yield found
    found.close()


@pytest.mark.parametrize(
    "search",
    [
        "",
        "?day=2026-06-23",
        "?days=5",
        "?at=06:30",
        "?at=2026-06-23T14:00Z",
        "?names=MU",
        "?names=9984.T",
        "?asof=2026-06-24T03:02Z",
        "?day=2020-01-02",
    ],
)
def test_the_page_says_who_stands_where(stocked: Market, search: str) -> None:
    request = PageRequest(page.PATH, search)
    layout = markup(page.layout(stocked, request))
    assert 'data-empty="true"' not in layout and "nan" not in text(layout).lower().split()
    assert len(page.update(stocked, request)) == len(page.OUTPUTS)
    (chart,) = page.CHARTS
    assert chart.draw(stocked, request)["layout"]["width"] > 300
    assert ("Ignored day: bars of five minutes reach from 2026-06-23" in layout) == ("2020" in search)
    if search == "?names=9984.T":
        assert "No bar of five minutes of SoftBank Group on these days" in text(layout)
        return
    told = chart.tell(stocked, request)
    assert "day=2026-06-2" in told.query and "asof=" in told.query
    assert told.draw(memo(head=200, foot=60))["layout"]["width"] == 1600
    assert told.data.index.name == "at" and (told.data.index.str.len() == 17).all()
    assert page.TABLES[0].tell(stocked, request).rows


def test_before_the_first_bar_it_says_when_they_begin(stocked: Market) -> None:
    layout = text(markup(page.layout(stocked, PageRequest(page.PATH, "?asof=2026-05-04"))))
    assert "Bars of five minutes begin on 23 Jun 2026; choose a later instant." in layout
    assert "Ignored day" not in layout


def test_the_headline_has_lowest_and_highest(stocked: Market) -> None:
    layout = page.layout(stocked, PageRequest(page.PATH, "?days=2&at=07:00"))
    found = text(markup(layout))
    assert "Since 07:00 UTC on 23 Jun Micron −5.0% is lowest of 2, SK Hynix" in found
    rows = cells(markup(layout).split("travelled-side", 1)[1])
    assert rows[0][0] == "Micron" and rows[0][-1] == "−5.0"
    assert "Seoul’s closing auction, 06:20 to 06:30 UTC" in found


def test_without_a_bar_it_says_what_to_do(filled: Path) -> None:
    found = Market(Settings(data_dir=filled, now=NOW), poll=0.0)
    try:
        request = PageRequest(page.PATH)
        layout = text(markup(page.layout(found, request)))
        assert "How it travelled: no bars of five minutes" in layout and "AFTERSHOCK_MINUTES" in layout
        (chart,) = page.CHARTS
        drawn = chart.draw(found, request)
        assert "No bar of five minutes" in json.dumps(drawn["data"])
    finally:
        found.close()


def test_nothing_stored_is_the_empty_state(tmp_path: Path) -> None:
    found = Market(Settings(data_dir=tmp_path))
    try:
        assert "No prices yet" in markup(page.layout(found, PageRequest(page.PATH)))
    finally:
        found.close()


def test_what_cannot_be_used_is_told(universe: Universe) -> None:
    state, notices = parse_travelled("?day=x&days=9&at=25:00&names=NOPE&asof=y&z=1", universe)
    assert state == TravelledState() and len(notices) == 6
    assert "A time cannot be '25:00'; choose one in UTC such as 06:30" in " ".join(notices)
    good = TravelledState(day="2026-06-23", days=3, at="06:30", names=("MU", "NVDA"))
    assert parse_travelled(good.query(), universe) == (good, [])


def test_names_with_one_colour_get_another(stocked: Market) -> None:
    found, _ = page.facts_of(stocked, PageRequest(page.PATH))
    colours = lines.colours_of(found, "dark")
    assert len(set(colours.values())) == len(colours) == 2
    assert NOW - timedelta(days=2) < found.held[MICRON][0]


def test_the_command_answers_and_says_what_cannot_be(
    stocked: Market, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("AFTERSHOCK_DATA_DIR", str(stocked.settings.data_dir))
    monkeypatch.setenv("AFTERSHOCK_NOW", NOW.isoformat())
    assert cli(["travelled", "--at", "07:00", "--days", "2", "--format", "json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert {row["symbol"]: row["change"] for row in found["rows"]}[MICRON] == pytest.approx(-0.05)
    assert found["params"]["at"] == "2026-06-23T07:00:00Z"
    assert found["sentence"].startswith("From 07:00 UTC on 23 Jun 2026: Micron −5.0%, SK Hynix")
    for arguments, says in (
        (["--days", "4"], "--days: '4' is not one of 1, 2, 3, 5."),
        (["--at", "99:00"], "A time cannot be '99:00'"),
        (["--day", "2020-01-02"], "bars of five minutes reach from 2026-06-23"),
        (["--names", "9984.T"], "No bar of five minutes of SoftBank Group"),
    ):
        assert cli(["travelled", *arguments]) == 2
        assert says in capsys.readouterr().err

"""The controls of the Brief, whose meeting it is, and the page from a store."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from app.figures.style import memo
from app.kinds.request import PageRequest
from app.market.market import Market
from app.pages import brief as page
from app.questions.brief.state import BriefState, meeting_of, parse_brief
from app.render.html.markup import markup
from app.render.table_csv import csv
from app.settings import Settings
from models.universe import Universe
from tests.app.conftest import Ran
from tests.app.situations import text

NIGHT = datetime(2026, 6, 24, 21, 30, tzinfo=UTC)


def test_the_controls_are_read_and_bad_ones_named(universe: Universe) -> None:
    state, notices = parse_brief("?basket=memory&meet=9:05&zone=Asia/Tokyo&asof=2026-06-23", universe)
    assert state == BriefState("memory", "09:05", "Asia/Tokyo", "2026-06-23")
    assert not notices
    assert parse_brief(state.query(), universe)[0] == state
    state, notices = parse_brief("?meet=25:00&zone=Mars&basket=tulips&asof=soon&x=1", universe)
    assert state == BriefState()
    assert len(notices) == 5


@pytest.mark.parametrize(
    ("address", "kept", "setting", "wanted"),
    [
        ("", "", "08:30", "08:30 UTC"),
        ("", "@@Asia/Tokyo", "08:30", "08:30 Asia/Tokyo"),
        ("", "@@Asia/Tokyo", "07:45 Europe/Zurich", "07:45 Europe/Zurich"),
        ("", "09:00@@Asia/Tokyo", "07:45", "09:00 Asia/Tokyo"),
        ("", "09:00@Asia/Seoul@Asia/Tokyo", "07:45 UTC", "09:00 Asia/Seoul"),
        ("?meet=10:15", "09:00@Asia/Seoul@Asia/Tokyo", "07:45", "10:15 Asia/Seoul"),
        ("?meet=10:15&zone=UTC", "09:00@Asia/Seoul@x", "07:45", "10:15 UTC"),
        ("", "<b>@../../etc@'", "08:30", "08:30 UTC"),
    ],
)
def test_whose_meeting_it_is(universe: Universe, address: str, kept: str, setting: str, wanted: str) -> None:
    state, _ = parse_brief(address, universe)
    assert str(meeting_of(state, kept, Settings(meeting=setting).meeting_parts)) == wanted


@pytest.fixture
def market(filled: Path) -> Market:
    return Market(Settings(data_dir=filled, now=datetime(2026, 6, 24, 22, tzinfo=UTC)))


def test_the_page_holds_every_part_and_leaves_as_pictures(market: Market) -> None:
    request = PageRequest(page.PATH, "?asof=2026-06-24T21:30Z", 1280, meeting="@@Europe/London")
    written = markup(page.layout(market, request))
    for word in (
        "What happened",
        "How bad",
        "How wide",
        "Who started it",
        "What next",
        "Laggards",
        "Leaders",
    ):
        assert word in text(written), word
    assert "London" in text(written) and "Rates and FX" in text(written)
    assert len(page.update(market, request)) == len(page.OUTPUTS)
    for chart in page.CHARTS:
        assert chart.draw(market, request)["data"]
        story = chart.tell(market, request)
        assert story.query == "?asof=2026-06-24T21:30Z"
        assert story.draw(memo(head=150, foot=60))["data"]
        assert len(story.data) and story.data.index.name
    name, rows = csv(page.TABLES[0], market, request)
    assert name == "aftershock-brief-names-2026-06-24.csv"
    assert "SK Hynix" in rows and "drawdown" in rows.splitlines()[0]


def test_every_name_leaves_as_a_file_of_the_same_view(market: Market) -> None:
    """All of a page's tables are reached from it: here the one of every name's last move."""
    written = markup(page.layout(market, PageRequest("/brief", "?basket=us&asof=2026-06-23T21:00Z")))
    (table,) = page.TABLES
    assert f'href="/table/{table.id}.csv?basket=us&amp;asof=2026-06-23T21:00Z"' in written


def test_an_instant_that_has_not_come_is_not_used(market: Market) -> None:
    request = PageRequest(page.PATH, "?asof=2027-01-01&meet=99:99", 1280)
    said = text(page.update(market, request)[0])
    assert "has not come yet" in said and "write it as 08:30" in said


def test_an_empty_store_is_one_sentence(tmp_path: Path, filled: Path) -> None:
    (tmp_path / "cache").symlink_to(filled / "cache")
    nothing = Market(Settings(data_dir=tmp_path, now=NIGHT))
    assert "No prices yet" in markup(page.layout(nothing, PageRequest(page.PATH)))
    head, *rest = page.update(nothing, PageRequest(page.PATH))
    assert "No prices yet" in head
    assert set(rest) == {""}


def test_the_command_says_what_the_page_says(command: Callable[..., Ran], market: Market) -> None:
    ran = command(
        "brief", "--as-of", "2026-06-24T21:30Z", "--meeting", "08:30 Europe/London", "--format", "json"
    )
    assert ran.code == 0, ran.err
    found = json.loads(ran.out)
    said = {row["topic"]: row["sentence"] for row in found["rows"]}
    assert set(found) >= {"as_of", "data_version", "simulated", "params", "rows", "notes", "day", "names"}
    assert found["params"]["meeting"] == "08:30 Europe/London"
    request = PageRequest(page.PATH, "?asof=2026-06-24T21:30Z&zone=Europe/London", 1280)
    shown = text(markup(page.layout(market, request)))
    assert said["headline"].removesuffix(".") in shown
    assert said["deck"] in shown
    assert said["rates"].removesuffix(".") in shown
    assert said["since your last meeting"].split(": ", 1)[1].removesuffix(".") in shown
    for question in ("what happened", "how bad", "how wide", "who started it", "what next"):
        assert said[question].split(". ")[0].removesuffix(".") in shown, question
    table = command("brief", "--as-of", "2026-06-24T21:30Z")
    assert "headline" in table.out
    assert command("brief", "--format", "csv").out.startswith("topic,sentence")


def test_the_command_refuses_a_meeting_that_is_none(command: Callable[..., Ran]) -> None:
    ran = command("brief", "--meeting", "noon")
    assert ran.code == 2
    assert "write it as 08:30" in ran.err

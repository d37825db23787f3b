"""With the clock set back, a store that was made today knows nothing that came after that clock."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from app.market.event_edits import read_event
from app.market.market import Market
from app.settings import Settings
from app.web.application import create_app
from ingest.catalogue import bring_catalogue, read_catalogue
from models.event_times import known_part
from models.events import Event
from models.store.events import add_event, retire
from tests.app.folder import small_market
from tests.lookahead import Place, filled
from tests.unchanged.crawl import pages

CLOCK = datetime(2026, 6, 5, 23, tzinfo=UTC)
LATER = ("2026-06-08-asia-takes-it-over", "2026-06-23-korea-loses-a-tenth", "2026-07-01-quarter-begins-lower")
NOTED = {"at": "2026-06-25", "title": "Something that had not happened", "symbols": "NVDA"}


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory, filled_cache: Path) -> Place:
    """Prices to the end of June, brought in on the 5th; one later event was noted, one retired."""
    root = tmp_path_factory.mktemp("replay")
    universe, prices = small_market(root)
    made = filled(root / "data", prices, universe, filled_cache, CLOCK)
    july = datetime(2026, 7, 10, tzinfo=UTC)
    market = Market(Settings(data_dir=made.data, universe=universe, now=july))
    bring_catalogue(market.store(), july)
    event, who = read_event(market, NOTED, "Ada")
    add_event(market.store(), event, by=who, now=july)
    retire(market.store(), LATER[0], by=who, now=july)
    market.close()
    return made


@pytest.fixture(scope="module")
def filled_cache(filled: Path) -> Path:
    return filled / "cache"


@pytest.fixture(scope="module")
def market(place: Place) -> Iterator[Market]:
    found = Market(Settings(data_dir=place.data, universe=place.universe, now=CLOCK), poll=0.0)
    yield found
    found.close()


@pytest.fixture(scope="module")
def client(market: Market) -> FlaskClient:
    return create_app(market.settings, market=market).server.test_client()


def later_events(market: Market) -> list[Event]:
    found = read_catalogue().events
    return [item for item in found if known_part(item, CLOCK, market.universe, market.calendars) is None]


def betrayed(text: str, market: Market) -> list[str]:
    """Ids and titles of events that had not come, which a text has."""
    said = [part for event in later_events(market) for part in (event.id, event.title)]
    return [part for part in (*said, NOTED["title"]) if part in text]


def test_the_book_of_the_market_ends_at_its_clock(market: Market) -> None:
    book = market.events()
    assert {event.id for event in later_events(market)} >= set(LATER)
    assert [event.id for event in book.events][-1] == "2026-06-05-first-leg-of-june"
    assert max(event.day for event in book.events) <= CLOCK.date()
    assert market.events() is book, "it is worked out once for a clock that stands"


def test_no_page_file_or_slide_knows_what_came_later(market: Market, client: FlaskClient) -> None:
    files = [f"/events/file.{form}" for form in ("csv", "json")]
    lists = [f"/events?show={show}" for show in ("all", "retired")]
    opened = [f"/events?event={name}" for name in (*LATER, "2026-06-25-something-that-had-not-happened")]
    studied = [f"/events/{view}?{name}={LATER[1]}" for view, name in (("study", "event"), ("compare", "add"))]
    charts = ["/chart/drawdown.json", "/chart/drawdown.csv", "/drawdowns?flags=events&present=1"]
    for address in (*pages(client), *files, *lists, *opened, *studied, *charts):
        text = client.get(address).get_data(as_text=True)
        text = text.replace(address.split("=")[-1], "")  # what was asked for may be named as unknown
        assert betrayed(text, market) == [], address


@pytest.mark.parametrize(
    "words",
    [
        *[("events",), ("events", "--check"), ("events", "--retired"), ("brief",), ("compare",)],
        *[("event-study", "--at", "2026-06-05", "--benchmark", "rest"), ("drawdowns",), ("relay",)],
    ],
    ids=lambda words: " ".join(words),
)
def test_no_command_knows_what_came_later(market: Market, place: Place, words: tuple[str, ...]) -> None:
    answer = place.ask(*words)
    assert "refused" not in answer and betrayed(json.dumps(answer), market) == []
    claimed = [row["date"] for row in answer["rows"] if row.get("date")]
    assert all(str(day)[:10] <= "2026-06-05" for day in claimed)


def test_a_later_event_can_be_neither_studied_nor_compared(place: Place) -> None:
    assert "there is no event" in place.ask("event-study", "--at", LATER[1])["refused"].lower()
    known = ("event-study", "--at", "2026-06-05-first-leg-of-june", "--benchmark", "rest")
    assert place.ask(*known).get("rows")


def test_when_the_clock_goes_on_they_are_there(place: Place) -> None:
    after = Place(place.data, place.universe, datetime(2026, 7, 31, 23, tzinfo=UTC))
    days = [date.fromisoformat(row["day"]) for row in after.ask("events", "--retired")["rows"]]
    assert max(days) > CLOCK.date() and len(days) == len(read_catalogue().events) + 1

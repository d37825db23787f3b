"""When an event can first have moved a price, by its instant, its place, or its date alone."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from app.market.asof import priced_columns
from app.market.market import View
from app.questions.event_study.abnormal import day_zeros_of
from app.questions.events.moments import by_then, happening_of, happening_of_event
from models.errors import BadDateError, UnknownEventError
from models.events import Event
from models.sessions import Calendars
from models.universe import load_universe
from tests.app.situations import rising, view_with

NAMES = ("NVDA", "9984.T", "000660.KS", "2330.TW", "9988.HK")


@pytest.fixture(scope="module")
def view(filled: Path) -> View:
    closes = {name: rising(420) for name in NAMES}
    return view_with(Calendars(cache_dir=filled / "cache"), load_universe(), closes)


def event(at: date | datetime, zone: str | None = None, ref: str = "one") -> Event:
    return Event(ref, at, zone, "Something", "It happened.", "selloff", 3)


def zeros(view: View, found: Event) -> dict[str, tuple[str, str]]:
    moment = happening_of_event(view, found).at
    made = day_zeros_of(view, moment, priced_columns(view, "all"))
    return {name: (str(view.panel.sessions[row]), reaction) for name, (row, reaction) in made.items()}


def test_a_date_of_new_york_is_its_opening_and_asia_follows_on_its_next_session(view: View) -> None:
    found = zeros(view, event(date(2025, 1, 27), "America/New_York"))
    assert found["XNYS"] == ("2025-01-27", "open")
    assert found["XTKS"] == found["XHKG"] == ("2025-01-28", "open")
    assert found["XKRX"] == ("2025-01-31", "open")  # Seoul was shut for the new moon
    assert found["XTAI"] == ("2025-02-03", "open")  # and Taipei longer


def test_a_date_of_tokyo_is_its_opening_on_every_exchange(view: View) -> None:
    found = zeros(view, event(date(2025, 3, 4), "Asia/Tokyo"))
    assert set(found.values()) == {("2025-03-04", "open")}


def test_a_date_on_which_the_place_was_shut_is_noon_there(view: View) -> None:
    sunday = happening_of_event(view, event(date(2025, 3, 2), "America/New_York"))
    assert sunday.at == datetime(2025, 3, 2, 17, tzinfo=UTC)
    assert "noon there" in sunday.said
    assert set(zeros(view, event(date(2025, 3, 2), "America/New_York")).values()) >= {("2025-03-03", "open")}


def test_a_date_of_no_exchange_stays_a_date(view: View) -> None:
    for zone in (None, "Europe/Berlin"):
        found = happening_of_event(view, event(date(2025, 3, 4), zone))
        assert found.at == date(2025, 3, 4)
        assert "each exchange’s own session" in found.said
    assert set(zeros(view, event(date(2025, 3, 4))).values()) == {("2025-03-04", "date")}


def test_an_instant_is_its_own_moment(view: View) -> None:
    at = datetime(2025, 3, 4, 2, tzinfo=UTC)
    found = zeros(view, event(at, "Asia/Seoul"))
    assert found["XTKS"] == ("2025-03-04", "close")  # it was trading
    assert found["XNYS"] == ("2025-03-04", "open")


def test_a_reference_is_an_event_a_date_or_an_instant(view: View) -> None:
    noted = [event(date(2025, 3, 4), ref="2025-03-04")]
    assert happening_of(view, noted, "2025-03-04").label == "Something"
    assert happening_of(view, (), "2025-03-04").at == date(2025, 3, 4)
    instant = happening_of(view, (), "2025-03-04T12:00Z")
    assert (instant.at, instant.day) == (datetime(2025, 3, 4, 12, tzinfo=UTC), date(2025, 3, 4))
    with pytest.raises(BadDateError, match="there is no month 13"):
        happening_of(view, noted, "2025-13-40")
    assert happening_of(view, (), "4 Mar 2025").at == date(2025, 3, 4)
    for unknown in ("nothing", ""):
        with pytest.raises(UnknownEventError, match="There is no event"):
            happening_of(view, noted, unknown)


def test_what_had_not_happened_is_not_known(view: View) -> None:
    both = [event(date(2025, 3, 4), "Asia/Tokyo"), event(datetime(2025, 3, 5, 12, tzinfo=UTC))]
    assert by_then(view, both, datetime(2025, 3, 5, 11, tzinfo=UTC)) == (both[0],)
    assert by_then(view, both, datetime(2025, 3, 5, 12, tzinfo=UTC)) == tuple(both)
    assert by_then(view, both, datetime(2025, 3, 4, 6, tzinfo=UTC)) == ()


def test_when_the_catalogue_came_into_a_store_says_nothing_of_when_it_was_known(view: View) -> None:
    """A store made with the clock set back holds events that have not happened by then."""
    clock = datetime(2024, 8, 5, 22, tzinfo=UTC)
    shipped = replace(event(date(2026, 6, 23), "Asia/Seoul"), origin="catalogue", edited_at=clock)
    noted = replace(shipped, origin="people")  # somebody expects it, and has said so
    assert by_then(view, [shipped, noted], clock) == (noted,)
    assert by_then(view, [shipped], datetime(2026, 6, 24, 22, tzinfo=UTC)) == (shipped,)

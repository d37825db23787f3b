"""What was known when: events, each claim of one, and items of the ledger."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from models.event_times import known_items, known_part, known_parts
from models.events import Claim, Event, LedgerItem
from models.sessions import Calendars
from models.universe import Universe, load_universe

DAY, NEXT = date(2026, 6, 23), date(2026, 6, 24)
NOON, CLOSED = datetime(2026, 6, 23, 3, tzinfo=UTC), datetime(2026, 6, 23, 7, 30, tzinfo=UTC)
"""Seoul at noon, and Seoul after its close; New York has opened on neither."""


@pytest.fixture(scope="module")
def universe() -> Universe:
    return load_universe()


@pytest.fixture(scope="module")
def calendars(tmp_path_factory: pytest.TempPathFactory) -> Calendars:
    return Calendars(cache_dir=tmp_path_factory.mktemp("cache"))


def claim(symbol: str | None, day: date | None = DAY, said: date | None = DAY) -> Claim:
    return Claim("Somebody", symbol, "move", -5.0, "-5", "percent", "close", day, "A paper", said, "high")


def shipped(at: date | datetime, *claims: Claim, symbols: tuple[str, ...] = ()) -> Event:
    return Event(
        "one", at, "Asia/Seoul", "One", "", "selloff", 2, symbols=symbols, claims=claims, origin="catalogue"
    )


def test_an_event_of_an_hour_does_not_tell_of_the_close(universe: Universe, calendars: Calendars) -> None:
    seoul, new_york, words = claim("^KS11"), claim("NVDA"), claim(None, None)
    one = shipped(datetime(2026, 6, 23, 1, tzinfo=UTC), seoul, new_york, words)
    assert known_part(one, datetime(2026, 6, 23, 0, 59, tzinfo=UTC), universe, calendars) is None
    assert [
        known_part(one, at, universe, calendars).claims  # type: ignore[union-attr]
        for at in (NOON, CLOSED, datetime(2026, 6, 23, 20, 30, tzinfo=UTC))
    ] == [(), (seoul, words), (seoul, new_york, words)]


def test_what_a_source_says_the_day_after_is_not_known_before(
    universe: Universe, calendars: Calendars
) -> None:
    late, own = claim("^KS11", said=NEXT), claim("^KS11")
    one = shipped(DAY, late, own)
    found = known_part(one, CLOSED, universe, calendars)
    assert found is not None and found.claims == (own,)
    # It is the 24th in Seoul from 15:00 UTC on.
    assert known_part(one, datetime(2026, 6, 23, 15, tzinfo=UTC), universe, calendars) is one


def test_what_people_noted_before_is_known_with_its_claims(universe: Universe, calendars: Calendars) -> None:
    one = replace(shipped(DAY, claim("NVDA")), origin="people", edited_at=NOON)
    assert known_part(one, NOON, universe, calendars) is one
    later = replace(one, edited_at=datetime(2026, 7, 1, tzinfo=UTC))
    assert known_parts([later, one], NOON, universe, calendars) == (one,)


def item(name: str, day: date | None = None, said: date | None = None) -> LedgerItem:
    return LedgerItem(
        name, "guidance", "Somebody", None, "capex", 1.0, "1", "USD bn", "2026", day, "A paper", said, "high"
    )


def test_the_ledger_waits_for_its_days(universe: Universe) -> None:
    items = [item("undated"), item("first", date(2026, 5, 7)), item("later", date(2026, 5, 7), NEXT)]

    def known(day: date) -> list[str]:
        at = datetime(day.year, day.month, day.day, 23, tzinfo=UTC)
        return [found.id for found in known_items(items, at)]

    assert known(date(2026, 5, 6)) == []
    assert known(DAY) == ["first"]
    assert known(NEXT) == ["undated", "first", "later"]
    assert [found.id for found in known_items(items[:1], NOON)] == ["undated"], "no day is given"

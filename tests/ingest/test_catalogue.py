"""The catalogue that ships: what it holds, and that a store takes it on once."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from pathlib import Path

from ingest.catalogue import VERSION, bring_catalogue, read_catalogue
from models.events import CATEGORIES
from models.store import Store
from models.store.events import catalogue_version, events, ledger
from models.universe import load_universe

NOW = datetime(2026, 7, 31, 22, tzinfo=UTC)


def test_every_entry_can_be_told_and_placed() -> None:
    found, universe = read_catalogue(), load_universe()
    layers = {layer.id for layer in universe.layers}
    assert len({event.id for event in found.events}) == len(found.events) == 32
    for event in found.events:
        assert len(event.title) <= 60, event.id
        assert event.what.endswith(".") and event.zone and event.category in CATEGORIES
        assert set(event.layers) <= layers
        assert all(symbol in universe for symbol in event.symbols)
        assert event.id.startswith(event.day.isoformat())
        for claim in event.claims:
            assert claim.symbol is None or claim.symbol in universe
    assert len({item.id for item in found.ledger}) == len(found.ledger)


def test_a_store_takes_the_catalogue_on_once(tmp_path: Path) -> None:
    with Store.open(f"sqlite:///{tmp_path}/store.db") as store:
        assert bring_catalogue(store, NOW)
        assert catalogue_version(store) == VERSION
        assert [event.id for event in events(store)] == sorted(item.id for item in read_catalogue().events)
        assert tuple(ledger(store)) == read_catalogue().ledger
        assert not bring_catalogue(store, NOW)


_BEFORE = re.compile(r"\bhad\b|\bbefore\b|\bon Friday\b|after New York")
_TITLES = ("Asia follows New York the next morning", "Asia takes over what New York did")
_AFTER = re.compile(r"\bthe next day\b|\bon the next\b|\bsame evening\b|\bthe day after\b", re.I)


def test_an_event_tells_of_no_close_that_it_does_not_wait_for() -> None:
    """An event of Asia's day is known at Asia's close: what New York did that day is not, unless it waits."""
    universe = load_universe()
    for event in read_catalogue().events:
        about = {symbol for symbol in (*event.symbols, *(claim.symbol for claim in event.claims)) if symbol}
        cities = {universe[symbol].exchange.city for symbol in about if symbol in universe}
        waits = event.zone in (None, "America/New_York") or "New York" in cities
        later = any(claim.date and claim.date > event.day for claim in event.claims)
        for sentence in re.split(r"(?<=[.;])\s+", f"{event.title}. {event.what}"):
            if "New York" in sentence and not waits:
                assert _BEFORE.search(sentence) or sentence.startswith(("Asia follows", "Asia takes")), (
                    sentence
                )
            assert later or not _AFTER.search(sentence), sentence

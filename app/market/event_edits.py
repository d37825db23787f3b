"""Events that people note, by page or command: read, checked against the universe, stored."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from app.market import words
from app.market.event_files import Rows
from app.market.market import Market
from models.errors import AftershockError, EventRefusedError, NoPricesError, UnknownEventError
from models.events import Event, same_content
from models.noting import Known, author, event_of
from models.store import Store
from models.store.events import add_event, edit_event, event_of_id, restore, retire
from models.tickers import find_symbol, read_symbols
from models.universe import Universe


@dataclass(slots=True)
class Brought:
    """What became of the rows of a file."""

    added: int = 0
    changed: int = 0
    same: int = 0
    refused: list[tuple[int, str]] = field(default_factory=list)

    @property
    def kept(self) -> int:
        """Rows that now stand in the store."""
        return self.added + self.changed + self.same

    @property
    def sentence(self) -> str:
        """The counts in words."""
        parts = [f"{self.added:,d} added", f"{self.changed:,d} changed", f"{self.same:,d} as they were"]
        refused = words.count(len(self.refused), "row")
        return f"{', '.join(parts)}; {refused} refused." if self.refused else f"{', '.join(parts)}."

    @property
    def lines(self) -> list[str]:
        """What was refused, by line."""
        return [f"Line {line:,d}: {sentence}" for line, sentence in sorted(self.refused)]


def store_of(market: Market) -> Store:
    """The store that people's events go to: the one whose prices are shown."""
    try:
        return market.store(simulated=market.view().simulated)
    except NoPricesError:
        return market.store()


def known(market: Market) -> Known:
    """What an event may refer to, and between which dates it may lie."""
    try:
        sessions = market.view().panel.sessions
    except NoPricesError:
        return Known.of(market.universe, None, market.now())
    return Known.of(market.universe, sessions[0].item() if len(sessions) else None, market.now())


def read_event(market: Market, raw: Mapping[str, Any], by: str) -> tuple[Event, str]:
    """The event that was typed, and its author; what is wrong with either is said at once.

    Raises
    ------
    EventRefusedError
        With every field that cannot be used.
    """
    problems: list[tuple[str, str]] = []
    who, event = "", None
    try:
        event = event_of(with_symbols(raw, market.universe), known(market))
    except EventRefusedError as error:
        problems += error.problems
    try:
        who = author(by)
    except EventRefusedError as error:
        problems += error.problems
    if event is None or problems:
        raise EventRefusedError(tuple(problems))
    return event, who


def with_symbols(raw: Mapping[str, Any], universe: Universe) -> dict[str, Any]:
    """The same with names written as their symbols: people type SK Hynix."""
    symbols = raw.get("symbols")
    if isinstance(symbols, list):
        return {**raw, "symbols": [find_symbol(str(item)[:80], universe) or item for item in symbols]}
    if not isinstance(symbols, str):
        return dict(raw)
    found = read_symbols(symbols[:4_000], universe)
    return {**raw, "symbols": [*found.symbols, *(item.text for item in found.unknown)]}


def bring(market: Market, rows: Rows, by: str) -> Brought:
    """Store the rows of a file, each for itself: a refused one keeps none of the others out.

    A row with the id of a stored event changes it when it names the stored version; one that says
    the same as is stored changes nothing, so that a file may be brought in twice.

    Raises
    ------
    EventRefusedError
        If it is not said who does it.
    """
    who, store, limits = author(by), store_of(market), known(market)
    brought = Brought(refused=list(rows.refused))
    for row in rows.found:
        try:
            event = event_of(with_symbols(row.raw, market.universe), limits)
            _bring(brought, store, event, row.raw, who, market)
        except AftershockError as error:
            brought.refused.append((row.line, str(error)))
    return brought


def _bring(
    brought: Brought, store: Store, event: Event, raw: Mapping[str, Any], by: str, market: Market
) -> None:
    now, asked = market.now(), event.retired
    try:
        stored = event_of_id(store, event.id)
    except UnknownEventError:
        stored = None
    if stored is None or (not raw.get("id") and not same_content(stored, event)):
        added = add_event(store, event, by=by, now=now)
        if asked:
            retire(store, added.id, by=by, now=now)
        brought.added += 1
        return
    turned = asked != stored.retired and "retired" in raw
    if same_content(stored, event) and not turned:
        brought.same += 1
        return
    if not raw.get("version"):
        raise EventRefusedError(
            (("version", f"There is an event {event.id} already; give its version to change it."),)
        )
    after = edit_event(store, event, expected_version=event.version, by=by, now=now)
    if turned:
        (retire if asked else restore)(store, event.id, by=by, now=now, expected_version=after.version)
    brought.changed += 1

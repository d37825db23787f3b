"""The events and figures that ship: read from the files beside this one, brought in once a version."""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

from models.errors import CatalogueError, EventRefusedError
from models.events import Event, LedgerItem
from models.noting import event_of, ledger_of
from models.store import Store
from models.store.events import catalogue_version, load_catalogue
from models.types import Instant

VERSION = 2
"""Raised with every change of the files: a store takes a catalogue on when its own version is lower."""
FOLDER = Path(__file__).parent
LEDGER = "ledger.toml"
T = TypeVar("T")


class Catalogue(NamedTuple):
    """What ships: events in order, the ledger in order."""

    events: tuple[Event, ...]
    ledger: tuple[LedgerItem, ...]


def bring_catalogue(store: Store, now: Instant) -> bool:
    """Bring the catalogue into a store that does not have this version, and say whether it was."""
    if catalogue_version(store) >= VERSION:
        return False
    found = read_catalogue()
    return load_catalogue(store, found.events, found.ledger, VERSION, now)


@cache
def read_catalogue(folder: Path = FOLDER) -> Catalogue:
    """Read and check every file of the catalogue.

    Raises
    ------
    CatalogueError
        If a file cannot be read or an entry is refused; the message names file and entry.
    """
    years = sorted(path for path in folder.glob("*.toml") if path.name != LEDGER)
    events = [event for path in years for event in _entries(path, "event", _event)]
    items = _entries(folder / LEDGER, "item", ledger_of)
    return Catalogue(tuple(events), tuple(items))


def _event(raw: Mapping[str, Any]) -> Event:
    return event_of(raw, origin="catalogue")


def _entries(path: Path, table: str, make: Callable[[Mapping[str, Any]], T]) -> list[T]:
    try:
        document = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise CatalogueError(path, f"it cannot be read: {error}") from error
    found = []
    for number, raw in enumerate(document.get(table, ()), 1):
        try:
            found.append(make(raw))
        except EventRefusedError as error:
            raise CatalogueError(path, f"{table} {raw.get('id', number)}: {error}") from error
    return found

"""The commands of the book of events: list and check, note, bring in, write out."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import date, datetime
from pathlib import Path
from typing import Any

from app.commands.asking import asked_of, date_of, show
from app.commands.printing import console, write
from app.market import event_edits
from app.market.asof import moment_of
from app.market.event_files import LONGEST, form_of, read_rows, written
from app.market.market import Market
from app.questions.events import table as answers
from app.settings import load_settings
from ingest.catalogue import bring_catalogue
from models.errors import AftershockError, NoPricesError
from models.event_times import known_parts
from models.events import Event, plain_event
from models.noting import author
from models.store.events import add_event, edit_event, event_of_id, events, restore
from models.store.events import retire as retire_event
from models.types import Instant

DONE, PARTIAL, CANNOT = 0, 1, 2
SAID = 50
"""The most refused rows of an import that are printed."""


def listed(
    as_of: str | None,
    days: tuple[str | None, str | None],
    layer: str | None,
    category: str | None,
    basket: str,
    retired: bool,
    form: str,
    *,
    check: bool,
) -> int:
    """Print the events, or every claim of them with its verdict."""
    since, until = (date_of(text) if text else None for text in days)
    wanted = answers.Wanted(since, until, layer, category, basket, retired)
    then = asked_of(as_of)
    with _market() as market:
        moment = moment_of(then, market.now())
        ground = _ground(market, then, moment)
        stored = events(event_edits.store_of(market), retired)
        found = known_parts(stored, moment or market.now(), market.universe, market.calendars)
        sheet = (answers.checked if check else answers.events)(ground, found, wanted)
        show(sheet, form, _CHECKED if check else _LISTED)
    return DONE


_LISTED = (
    *("day", "title", "category", "severity", "claims", "agree", "differ", "cannot_be_checked"),
    *("version", "id"),
)
_CHECKED = ("event", "entity", "date", "basis", "stated", "says", "source", "confidence")


def add(raw: Mapping[str, Any], by: str) -> int:
    """Note an event."""
    with _market() as market:
        event, who = event_edits.read_event(market, raw, by)
        return _stored(add_event(event_edits.store_of(market), event, by=who, now=market.now()))


def edit(event_id: str, version: int, raw: Mapping[str, Any], by: str) -> int:
    """Change fields of an event as it stood at a version."""
    with _market() as market:
        store = event_edits.store_of(market)
        before = plain_event(event_of_id(store, event_id))
        before["claims"] = [claim | {"date": claim["date"] or ""} for claim in before["claims"]]
        event, who = event_edits.read_event(market, before | dict(raw), by)
        return _stored(edit_event(store, event, expected_version=version, by=who, now=market.now()))


def turn(event_id: str, version: int, by: str, *, retired: bool) -> int:
    """Retire or restore an event as it stood at a version."""
    with _market() as market:
        change = retire_event if retired else restore
        store, who = event_edits.store_of(market), author(by)
        return _stored(change(store, event_id, by=who, now=market.now(), expected_version=version))


def import_file(file: Path, by: str) -> int:
    """Bring a file of events in; good rows are kept, bad ones told by line."""
    form = form_of(file.name)
    try:
        if file.stat().st_size > 4 * LONGEST:  # no character has more bytes
            raise AftershockError(f"{file} is too long ({file.stat().st_size:,} bytes); import it in parts.")
        text = file.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        raise AftershockError(f"{file} is not written in UTF-8; save it so.") from None
    except OSError as error:
        raise AftershockError(f"{file} cannot be read: {error.strerror}.") from None
    with _market() as market:
        brought = event_edits.bring(market, read_rows(text, form), by)
    write(brought.sentence)
    screen = console(err=True)
    for line in brought.lines[:SAID]:
        screen.print(line, soft_wrap=True, markup=False)
    if len(brought.lines) > SAID:
        screen.print(f"And {len(brought.lines) - SAID:,} more.")
    return DONE if not brought.refused else PARTIAL if brought.kept else CANNOT


def export_file(file: Path, *, retired: bool) -> int:
    """Write the events into a file, whole or not at all."""
    form = form_of(file.name)
    with _market() as market:
        stored = events(event_edits.store_of(market), retired)
        found = known_parts(stored, market.now(), market.universe, market.calendars)
    beside = file.with_name(f".{file.name}.{os.getpid()}")
    try:
        beside.write_text(written(found, form), encoding="utf-8", newline="")
        beside.replace(file)
    except OSError as error:
        beside.unlink(missing_ok=True)
        raise AftershockError(f"{file} cannot be written: {error.strerror}.") from None
    write(f"{len(found):,} {'event' if len(found) == 1 else 'events'} written to {file}.")
    return DONE


@contextmanager
def _market() -> Iterator[Market]:
    """The market with the catalogue in its store: a store that was never served lacks it."""
    market = Market(load_settings())
    try:
        bring_catalogue(event_edits.store_of(market), market.now())
        yield market
    finally:
        market.close()


def _ground(market: Market, then: date | datetime | None, moment: Instant | None) -> answers.Ground:
    try:
        view = market.view(moment)
    except NoPricesError:
        view = None
    version = market.events(view).version if view is None else view.panel.version
    return answers.Ground(view, market.universe, then or market.now(), version)


def _stored(event: Event) -> int:
    write(f"{event.id} is at version {event.version}{', retired' if event.retired else ''}.")
    return DONE

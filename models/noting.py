"""What was typed, imported or shipped, made an event: checked field by field, one sentence a refusal."""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from models.dates import read_moment, zone_named
from models.errors import BadDateError, EventRefusedError
from models.events import (
    BASES,
    CATEGORIES,
    LEDGER_KINDS,
    SEVERITIES,
    Claim,
    Event,
    LedgerItem,
    Origin,
)
from models.fields import IGNORED, Reader, shown
from models.texts import clean, link_problem
from models.tickers import find_symbol
from models.types import Instant
from models.universe import Universe

MOST = (20, 40, 40)
"""The most layers, symbols and claims of one event."""
MAX_LAYERS, MAX_SYMBOLS, MAX_CLAIMS = MOST
AHEAD = timedelta(days=1)
"""How far past today's date in UTC an event may lie: Tokyo's tomorrow has begun."""
FIELDS = (
    *("id", "version", "at", "zone", "title", "what", "category", "severity"),
    *("layers", "symbols", "source_url", "claims", "retired"),
)
"""What a row of an import may hold."""
CLAIM_FIELDS = tuple(Claim.__dataclass_fields__)


@dataclass(frozen=True, slots=True)
class Known:
    """What an event may refer to.

    ``first`` is the first session with a price, None before any is stored; ``today`` the date in UTC.
    ``universe`` reads a symbol as people write it.
    A catalogue is checked without symbols and dates: a universe of one's own may lack some.
    """

    symbols: frozenset[str] | None = None
    layers: frozenset[str] | None = None
    first: date | None = None
    today: date | None = None
    universe: Universe | None = None

    @property
    def now(self) -> Instant | None:
        """The last minute of today: what ``yesterday`` and a day without a year are counted from."""
        return datetime.combine(self.today, time.max, UTC) if self.today else None

    @classmethod
    def of(cls, universe: Universe, first: date | None, now: Instant) -> Known:
        """Return what people's events may refer to."""
        layers = frozenset(layer.id for layer in universe.layers)
        return cls(frozenset(universe.symbols), layers, first, now.astimezone(UTC).date(), universe)


ANYTHING = Known()


def event_of(raw: Mapping[str, Any], known: Known = ANYTHING, *, origin: Origin = "people") -> Event:
    """Return the event that a row, a form or a catalogue entry describes.

    Parameters
    ----------
    raw
        Fields by the names of ``FIELDS``. Values may be text or already typed; lists may be one text
        with semicolons, claims a list of objects or the same as JSON.
    known
        What it may refer to, and between which dates it may lie.

    Raises
    ------
    EventRefusedError
        With every field that cannot be used, one sentence each.
    """
    read = Reader(raw, now=known.now)
    read.check_keys((*FIELDS, *IGNORED))
    zone = _zone(read)
    at = _at(read, zone, known)
    title = read.text("title", needed="say in a few words what happened")
    found = Event(
        id=_id(read),
        at=at or date.min,
        zone=zone,
        title=title,
        what=read.text("what", lines=True),
        category=read.choice("category", tuple(CATEGORIES), "other"),
        severity=read.whole("severity", SEVERITIES, 2),
        layers=_named(read, "layers", MAX_LAYERS, known.layers, "is no layer of the universe"),
        symbols=_named(read, "symbols", MAX_SYMBOLS, known.symbols, "is not in the universe"),
        source_url=_link(read),
        origin=origin,
        version=read.whole("version", default=1),
        retired=read.flag("retired"),
    )
    claims = _claims(read, found.day if at else None, known)
    if read.problems:
        raise EventRefusedError(tuple(read.problems))
    return replace(found, claims=claims, id=found.id or suggested_id(found))


def ledger_of(raw: Mapping[str, Any]) -> LedgerItem:
    """Return the ledger item that a catalogue entry describes.

    Raises
    ------
    EventRefusedError
        With every field that cannot be used, one sentence each.
    """
    read = Reader(raw, clean(str(raw.get("id", "A ledger item"))))
    read.check_keys(tuple(LedgerItem.__dataclass_fields__))
    value, text = _figure(read)
    found = LedgerItem(
        id=_id(read),
        kind=read.choice("kind", LEDGER_KINDS),
        entity=read.text("entity", needed="say who it is about"),
        symbol=clean(str(raw.get("symbol") or "")) or None,
        metric=read.text("metric", needed="say what is measured"),
        value=value,
        text=text,
        unit=read.text("unit"),
        period=read.text("period"),
        date=read.day("date"),
        source=read.text("source", needed="say who said it"),
        source_date=read.day("source_date"),
        confidence=read.choice("confidence", ("high", "medium", "low"), "medium"),  # type: ignore[arg-type]
        note=read.text("note"),
    )
    if read.problems:
        raise EventRefusedError(tuple(read.problems))
    return found


def author(name: str) -> str:
    """Return the name of who changes an event, cleaned.

    Raises
    ------
    EventRefusedError
        If it is empty or too long.
    """
    read = Reader({"by": name})
    found = read.text("by", needed="say who makes the change")
    if read.problems:
        raise EventRefusedError(tuple(read.problems))
    return found


def suggested_id(event: Event) -> str:
    """Return an id made of the day and the title: ``2026-06-26-seoul-halts``."""
    letters = unicodedata.normalize("NFKD", event.title.lower()).encode("ascii", "ignore").decode()
    words = "-".join(re.findall(r"[a-z0-9]+", letters))[:50].strip("-")
    return f"{event.day.isoformat()}-{words or 'event'}"


def _id(read: Reader) -> str:
    found = read.text("id")
    if found and not re.fullmatch(r"[a-z0-9][a-z0-9-]*", found):
        read.refuse("id", f"The id cannot be {shown(found)}; small letters, digits and hyphens make one.")
    return found


def _zone(read: Reader) -> str | None:
    name = read.text("zone")
    if not name:
        return None
    try:
        return ZoneInfo(name).key
    except (ValueError, OSError, KeyError):
        zone = zone_named(name)
    if isinstance(zone, ZoneInfo):
        return zone.key
    read.refuse("zone", f"The zone cannot be {shown(name)}; write one such as Asia/Seoul.")
    return None


def _at(read: Reader, zone: str | None, known: Known) -> date | Instant | None:
    found = read.raw.get("at")
    at = found if isinstance(found, date) else _read_at(read, clean(str(found or "")[:60]))
    if at is None:
        return None
    if isinstance(at, datetime):
        if at.tzinfo is None and zone is None:
            example = f"{at:%Y-%m-%dT%H:%M}"
            read.refuse("at", f"The date {example} has a time but no zone; add one, such as {example}+09:00.")
            return None
        try:
            at = (at if at.tzinfo else at.replace(tzinfo=ZoneInfo(str(zone)))).astimezone(UTC)
            at = at.replace(microsecond=0)
        except OverflowError:
            read.refuse("at", f"The date cannot be {shown(at)}; write 2026-06-23 or 2026-06-23T09:05+09:00.")
            return None
    return at if _within(read, at, known) else None


def _read_at(read: Reader, text: str) -> date | datetime | None:
    if not text:
        read.refuse("at", "The date is missing; write one such as 2026-06-23 or 2026-06-23T09:05+09:00.")
        return None
    try:
        return read_moment(text, read.now, None)
    except BadDateError as error:
        why = f" ({error.why})" if error.why else ""
        read.refuse(
            "at", f"The date cannot be {shown(text)}{why}; write 2026-06-23 or 2026-06-23T09:05+09:00."
        )
        return None


def _within(read: Reader, at: date | datetime, known: Known) -> bool:
    day = at.date() if isinstance(at, datetime) else at
    if known.today is not None and day > known.today + AHEAD:
        read.refuse("at", f"The date {day} has not come; note what has happened.")
        return False
    if known.first is not None and day < known.first:
        read.refuse(
            "at", f"The date {day} lies before the first stored session, {known.first}; take a later one."
        )
        return False
    return True


def _named(read: Reader, name: str, most: int, allowed: frozenset[str] | None, why: str) -> tuple[str, ...]:
    found = read.words(name, most)
    for item in found:
        if allowed is not None and item not in allowed:
            read.refuse(name, f"{shown(item)} {why}; correct it, or add it to the universe file.")
    return found


def _link(read: Reader) -> str | None:
    found = str(read.raw.get("source_url") or "").strip()
    problem = link_problem(found) if found else None
    if problem:
        read.refuse("source_url", f"The link {problem}.")
    return None if problem or not found else found


def _claims(read: Reader, day: date | None, known: Known) -> tuple[Claim, ...]:
    found = read.raw.get("claims") or ()
    if isinstance(found, str):
        found = _from_json(read, found)
    if not isinstance(found, Sequence) or not all(isinstance(item, Mapping) for item in found):
        read.refuse(
            "claims", "The claims must be a list of objects, each with entity, value, basis and source."
        )
        return ()
    if len(found) > MAX_CLAIMS:
        read.refuse(
            "claims", f"The claims are too many ({len(found):,} of {MAX_CLAIMS}); keep the main ones."
        )
        return ()
    return tuple(_claim(read, raw, number, day, known) for number, raw in enumerate(found, 1))


def _from_json(read: Reader, text: str) -> Any:
    longest = MAX_CLAIMS * 2_000
    if len(text) > longest:
        read.refuse(
            "claims", f"The claims are too long ({len(text):,} of {longest:,} characters); shorten them."
        )
        return ()
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        read.refuse("claims", "The claims are no JSON; write a list such as [{…}].")
        return ()


def _claim(above: Reader, raw: Mapping[str, Any], number: int, day: date | None, known: Known) -> Claim:
    named = clean(str(raw.get("entity") or raw.get("symbol") or "")[:80])
    read = Reader(raw, now=known.now, named=f"Claim {number}{f' ({named})' if named else ''}")
    read.check_keys(CLAIM_FIELDS)
    symbol = clean(str(raw.get("symbol") or "")[:40]) or None
    if symbol and known.universe is not None:
        symbol = find_symbol(symbol, known.universe) or symbol
    if symbol and known.symbols is not None and symbol not in known.symbols:
        read.refuse(
            "symbol", f"{read.named}: {shown(symbol)} is not in the universe; correct it, or leave it out."
        )
    value, text = _figure(read)
    claim = Claim(
        entity=read.text("entity") or symbol or "",
        symbol=symbol,
        metric=read.text("metric") or "move",
        value=value,
        text=text,
        unit=read.text("unit") or ("percent" if value is not None else ""),
        basis=read.choice("basis", tuple(BASES)),  # type: ignore[arg-type]
        date=read.day("date") or (None if raw.get("date") == "" else day),
        source=read.text("source", needed="say who said it"),
        source_date=read.day("source_date"),
        confidence=read.choice("confidence", ("high", "medium", "low"), "medium"),  # type: ignore[arg-type]
        note=read.text("note"),
    )
    if not claim.entity:
        read.refuse("entity", f"{read.named}: the entity is missing; say what the figure is about.")
    above.problems += [("claims", sentence) for _, sentence in read.problems]
    return claim


def _figure(read: Reader) -> tuple[float | None, str]:
    """The figure and the same as the source put it; one of them is enough."""
    value, text = read.number("value"), read.text("text")
    if value is None and not text:
        if not any(name == "value" for name, _ in read.problems):
            start = f"{read.named}: the" if read.named else "The"
            read.refuse("value", f"{start} value is missing; write a number, or a statement as text.")
        return None, ""
    return value, text or f"{value:.10g}"

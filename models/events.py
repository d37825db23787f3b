"""Annotated events with their checkable figures: what they consist of, and how they travel as plain values.

An event is a day or an instant with a sentence; a claim is one figure that a source gave about it, kept
as the source put it, with the basis it was measured on. What a person types becomes an event in
``models.noting``; what a claim is worth against stored prices is ``models.analytics.claims``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from datetime import UTC, date, datetime
from typing import Any, Literal
from zoneinfo import ZoneInfo

from models.types import Instant, Session

# fmt: off
Basis = Literal[
    "close", "open", "low", "high", "session", "gap", "intraday", "halt", "premarket", "afterhours",
    "level", "unstated",
]
# fmt: on
Confidence = Literal["high", "medium", "low"]
Origin = Literal["catalogue", "people"]
Step = Literal["added", "edited", "retired", "restored"]

BASES: dict[str, str] = {
    "close": "the change from the close before to the close",
    "open": "the change from the close before to the open",
    "gap": "the same as open: what happened while the exchange was shut",
    "low": "the change from the close before to the day's low",
    "high": "the change from the close before to the day's high",
    "session": "the change from the open to the close",
    "level": "no change but the close itself: an index level, a yield, a spread",
    "intraday": "the change from the close before to some moment of the session",
    "halt": "the change from the close before to the moment trading was halted",
    "premarket": "before the exchange opened",
    "afterhours": "after the exchange closed",
    "unstated": "the source does not say",
}
"""What a figure was measured on, and what each means."""

CATEGORIES: dict[str, str] = {
    "selloff": "a fall of a whole market or sector",
    "funding": "debt, equity and commitments: who pays for it",
    "results": "results and guidance of a company",
    "policy": "tariffs, export rules, supervisors, central banks",
    "technology": "a product or a model that changes what is thought possible or needed",
    "structure": "listings, leveraged products, halts, crowding",
    "other": "anything else",
}
"""What an event is about; one of them each."""

SEVERITIES: dict[int, str] = {
    1: "one name or a passing fall",
    2: "a sector, or a fall that others passed on",
    3: "a rout across markets",
}
LEDGER_KINDS = ("commitment", "guidance", "backlog", "estimate", "stake")


@dataclass(frozen=True, slots=True)
class Claim:
    """One figure or statement of a source.

    Attributes
    ----------
    entity, symbol
        What it is about in words, and the instrument of the universe when it is one.
    metric
        ``move`` for a change, ``level`` or ``yield`` for a level, any word for what prices cannot tell.
    value
        The figure in its unit: −12.4 with ``percent``. None for a statement in words.
    text
        The same as the source put it: ``-12.40``, ``over 12``, ``sector-wide``. Its digits after the
        point are the claim's rounding, its words (over, nearly, about) the claim's margin.
    unit
        ``percent``, ``points``, ``USD bn`` and the like.
    basis
        What it was measured on, a key of ``BASES``.
    date
        The session it is about, on the exchange's own date; None where the source gives no day.
    source, source_date
        Who said it, and the date that the source carries; None where it is not recorded.
    confidence, note
        How far the source is trusted, and what else to know of the figure.
    """

    entity: str
    symbol: str | None
    metric: str
    value: float | None
    text: str
    unit: str
    basis: Basis
    date: Session | None
    source: str
    source_date: Session | None
    confidence: Confidence
    note: str = ""


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened, on a day of a place or at an instant.

    Attributes
    ----------
    id
        A short text that addresses it: ``2024-08-05-carry-unwind``.
    at
        A date, naive, of the place that ``zone`` names; or an instant in UTC.
    zone
        The place's time zone, an IANA name; None for a date of no place in particular.
    title, what
        A few words, and what happened, both plain text.
    category, severity
        A key of ``CATEGORIES``; 1 to 3, see ``SEVERITIES``.
    layers, symbols
        Layers of the AI stack and instruments it is about.
    source_url
        A link with http or https, or None.
    claims
        Figures that can be checked.
    origin
        ``catalogue`` for what the product ships, ``people`` for what was added here.
    version
        Raised by every change; whoever edits says which version they saw.
    retired
        No longer shown, but kept.
    edited_by, edited_at
        Who changed it last, and when; None before it is stored.
    """

    id: str
    at: date | Instant
    zone: str | None
    title: str
    what: str
    category: str
    severity: int
    layers: tuple[str, ...] = ()
    symbols: tuple[str, ...] = ()
    source_url: str | None = None
    claims: tuple[Claim, ...] = ()
    origin: Origin = "people"
    version: int = 1
    retired: bool = False
    edited_by: str = ""
    edited_at: Instant | None = None

    @property
    def day(self) -> date:
        """The date on the calendar of its place."""
        if not isinstance(self.at, datetime):
            return self.at
        return self.at.astimezone(ZoneInfo(self.zone) if self.zone else UTC).date()

    @property
    def instant(self) -> Instant | None:
        """The instant, None when only the day is known."""
        return self.at if isinstance(self.at, datetime) else None


@dataclass(frozen=True, slots=True)
class LedgerItem:
    """A figure about money and plans that belongs to no day: guidance, backlog, a commitment.

    ``period`` is what it is for in words (``2026``, ``by October 2026``, ``a year``); ``date`` when it
    was given, where known. The rest is as in :class:`Claim`.
    """

    id: str
    kind: str
    entity: str
    symbol: str | None
    metric: str
    value: float | None
    text: str
    unit: str
    period: str
    date: Session | None
    source: str
    source_date: Session | None
    confidence: Confidence
    note: str = ""


@dataclass(frozen=True, slots=True)
class Revision:
    """One change of an event: who did what and when, and what it said before (None when it was added)."""

    event_id: str
    version: int
    step: Step
    by: str
    at: Instant
    before: Event | None


CONTENT = tuple(
    item.name
    for item in fields(Event)
    if item.name not in {"id", "origin", "version", "retired", "edited_by", "edited_at"}
)
"""The fields that people write; the others are the store's."""


def same_content(one: Event, other: Event) -> bool:
    """Whether two events say the same, whoever wrote them and however often."""
    return all(getattr(one, name) == getattr(other, name) for name in CONTENT)


def plain_event(event: Event) -> dict[str, Any]:
    """Return an event as JSON can hold it: ISO dates, instants with Z, lists."""
    return {item.name: _plain(getattr(event, item.name)) for item in fields(Event)}


def event_of_plain(found: Mapping[str, Any]) -> Event:
    """Return the event of :func:`plain_event`; it was checked when it was written."""
    claims = tuple(
        Claim(**(claim | {name: _day(claim[name]) for name in ("date", "source_date")}))
        for claim in found["claims"]
    )
    edited_at = found["edited_at"]
    return Event(
        **(
            dict(found)
            | {
                "at": _moment(found["at"]),
                "edited_at": datetime.fromisoformat(edited_at) if edited_at else None,
                "layers": tuple(found["layers"]),
                "symbols": tuple(found["symbols"]),
                "claims": claims,
            }
        )
    )


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Claim):
        return {name: _plain(held) for name, held in asdict(value).items()}
    return [_plain(item) for item in value] if isinstance(value, tuple) else value


def _moment(text: str) -> date | Instant:
    return date.fromisoformat(text) if len(text) == 10 else datetime.fromisoformat(text)


def _day(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None

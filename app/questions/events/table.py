"""Annotated events as rows, and every claim of them with its verdict: what page and command both ask."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from app.kinds.answer import Answer, Note
from app.kinds.column import COUNT, DAY, FLAG, INSTANT, NUMBER, SHARE, SYMBOL, TEXT, Column, Columns, columns
from app.market import words
from app.market.market import View
from app.questions.events.claims import checks, computed, given, said, tally
from models.analytics.claims import REASONS, Check
from models.errors import MeasureSettingError
from models.events import CATEGORIES, Claim, Event
from models.universe import Universe

EVENT_COLUMNS = (
    Column("id", TEXT),
    Column("day", DAY),
    Column("at", INSTANT),
    *columns(TEXT, "zone", "title", "what", "category"),
    Column("severity", NUMBER),
    *columns(TEXT, "layers", "symbols", "source_url", "origin"),
    Column("version", NUMBER),
    Column("retired", FLAG),
    Column("edited_by", TEXT),
    Column("edited_at", INSTANT),
    *columns(COUNT, "claims", "agree", "differ", "cannot_be_checked"),
)
CHECK_COLUMNS = (
    Column("event", TEXT),
    Column("day", DAY),
    *columns(TEXT, "title", "entity"),
    Column("symbol", SYMBOL),
    Column("metric", TEXT),
    Column("date", DAY),
    Column("basis", TEXT),
    Column("stated", NUMBER),
    Column("unit", TEXT),
    Column("value", NUMBER),
    Column("verdict", TEXT),
    *columns(NUMBER, "computed", "difference"),
    *columns(SHARE, "low", "high"),
    *columns(TEXT, "contradicted", "reason", "fits", "source"),
    Column("source_date", DAY),
    *columns(TEXT, "confidence", "note", "says"),
)


@dataclass(frozen=True, slots=True)
class Ground:
    """What an answer about events stands on: the view may be None while no price is stored."""

    view: View | None
    universe: Universe
    as_of: date | datetime
    version: int


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which events are asked for; None and ``all`` leave nothing out."""

    since: date | None = None
    until: date | None = None
    layer: str | None = None
    category: str | None = None
    basket: str = "all"
    retired: bool = False

    def params(self) -> dict[str, Any]:
        """The same as an answer states it."""
        return {name: getattr(self, name) for name in self.__dataclass_fields__}


def chosen(found: Iterable[Event], universe: Universe, wanted: Wanted) -> list[Event]:
    """The events that are asked for, in their order.

    Raises
    ------
    MeasureSettingError
        If there is no such layer or category.
    UnknownBasketError
        If there is no such basket.
    """
    layers = tuple(layer.id for layer in universe.layers)
    for name, value, allowed in (
        ("A layer", wanted.layer, layers),
        ("A category", wanted.category, tuple(CATEGORIES)),
    ):
        if value is not None and value not in allowed:
            raise MeasureSettingError(name, value, f"one of {', '.join(allowed)}")
    members = set(universe.basket(wanted.basket).symbols)
    return [
        event
        for event in found
        if (wanted.since is None or event.day >= wanted.since)
        and (wanted.until is None or event.day <= wanted.until)
        and (wanted.layer is None or wanted.layer in event.layers)
        and (wanted.category is None or event.category == wanted.category)
        and (wanted.retired or not event.retired)
        and (wanted.basket in ("all", *event.layers) or bool(members & set(event.symbols)))
    ]


def events(ground: Ground, found: Sequence[Event], wanted: Wanted) -> Answer:
    """The events that are asked for, one row each, with how many of their claims agree."""
    rows = [_event_row(ground.view, event) for event in chosen(found, ground.universe, wanted)]
    notes = [Note(None, ("at",), "no event is noted for what was asked")] if not rows else []
    return _sheet(ground, wanted, EVENT_COLUMNS, rows, notes, {}, "")


def checked(ground: Ground, found: Sequence[Event], wanted: Wanted) -> Answer:
    """Every claim of the events that are asked for, with its verdict, one row each.

    Percentages are fractions, as in every answer; ``stated`` is the figure as the source put it.
    A claim that cannot be checked has its reason in its row and in the notes.
    """
    asked = chosen(found, ground.universe, wanted)
    rows = [
        _check_row(event, claim, found)
        for event in asked
        for claim, found in zip(event.claims, checks(ground.view, event), strict=True)
    ]
    total = tally(ground.view, asked)
    facts = {
        "claims": total.claims,
        "agree": total.agree,
        "differ": total.differ,
        "cannot_be_checked": total.unchecked,
    }
    notes = [
        Note(row["symbol"], ("computed", "difference"), f"{row['event']}, {row['entity']}: {row['reason']}")
        for row in rows
        if row["computed"] is None
    ]
    noted = words.count(len(asked), "event")
    sentence = (
        f"{words.count(total.claims, 'claim')} of {noted}: {total.agree} agree with stored prices, "
        f"{total.differ} {'differs' if total.differ == 1 else 'differ'}, {total.unchecked} cannot be checked."
    )
    return _sheet(ground, wanted, CHECK_COLUMNS, rows, notes, facts, sentence)


def _sheet(
    ground: Ground,
    wanted: Wanted,
    chosen: Columns,
    rows: list[dict[str, Any]],
    notes: list[Note],
    facts: dict[str, Any],
    sentence: str,
) -> Answer:
    simulated = ground.view.simulated if ground.view else False
    return Answer(
        ground.as_of, ground.version, simulated, wanted.params(), chosen, rows, notes, None, facts, sentence
    )


def _event_row(view: View | None, event: Event) -> dict[str, Any]:
    total = tally(view, [event])
    names = ("id", "day", "at", "zone", "title", "what", "category", "severity", "source_url", "origin")
    row = {name: getattr(event, name) for name in (*names, "version", "retired", "edited_by", "edited_at")}
    lists = {"layers": "; ".join(event.layers), "symbols": "; ".join(event.symbols)}
    counts = {
        "claims": total.claims,
        "agree": total.agree,
        "differ": total.differ,
        "cannot_be_checked": total.unchecked,
    }
    return row | lists | counts


def _check_row(event: Event, claim: Claim, found: Check) -> dict[str, Any]:
    scale = 0.01 if claim.unit == "percent" else 1.0

    def scaled(value: float | None) -> float | None:
        # Ten digits are more than any price has; the rest is the division by a hundred.
        return None if value is None else round(value * scale, 10)

    low, high = found.span or (None, None)
    return {
        "event": event.id,
        "day": event.day,
        "title": event.title,
        "entity": claim.entity,
        "symbol": claim.symbol,
        "metric": claim.metric,
        "date": claim.date,
        "basis": claim.basis,
        "stated": given(claim),
        "unit": "fraction" if claim.unit == "percent" else claim.unit,
        "value": scaled(claim.value),
        "verdict": found.verdict,
        "computed": scaled(found.figure),
        "difference": scaled(found.difference),
        "low": scaled(low),
        "high": scaled(high),
        "contradicted": found.contradicted,
        "reason": REASONS[found.reason] if found.reason else None,
        "fits": [
            {"basis": fit.basis, "session": fit.session, "figure": scaled(fit.figure)} for fit in found.fits
        ],
        "source": claim.source,
        "source_date": claim.source_date,
        "confidence": claim.confidence,
        "note": claim.note,
        "says": _says(claim, found),
    }


def _says(claim: Claim, found: Check) -> str:
    stored = computed(claim, found)
    beside = f" (stored: {stored})" if stored else ""
    return f"{said(claim, found)}{beside}."

"""The flags of a time chart on its page: their control, their marks, and the table that is their key."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from datetime import date
from typing import Any, NamedTuple
from urllib.parse import quote

import numpy as np
from dash import dcc, html

from app import words
from app.answers.marking import Flagged, Marked, rank
from app.components import attributes
from app.components.marks import signed_cell
from app.components.menu import Choice, grouped_menu
from app.components.side import side_table
from app.data import View
from app.export.charts import Story
from app.export.key import KeyRow
from app.figures.flags import Flag, alone, flags_of, folded
from app.figures.frame import Mark
from app.figures.panels import pixels_each
from app.figures.style import Style, memo
from app.state import FlagState
from models.events import CATEGORIES, SEVERITIES
from models.types import Sessions, session64
from models.universe import Universe

MEMO_FLAGS, MEMO_LANES = 7, 3
"""Flags in a memo, and lanes of them: its picture and its key share one page. At half its width there is
one lane, and the rows that leave the drawing its room."""
KEY_ROWS = 60
_KINDS = {"events": "Events", "days": "Worst days", "none": "None"}
_LEAST = {1: "All", 2: "2 and 3", 3: "3 alone"}
_SEVERE = max(SEVERITIES)


def flags_menu(state: FlagState, marked: Marked, universe: Universe) -> html.Details:
    """Which flags, and of events which severity, category and layer."""
    kinds: list[Choice] = [
        (
            _KINDS[kind] if kind != "events" else f"Events, {marked.found}",
            _kind(state, kind),
            kind == marked.kind,
        )
        for kind in _KINDS
    ]
    severities: list[Choice] = [
        (word, state.query(sev=least), state.sev == least) for least, word in _LEAST.items()
    ]
    categories: list[Choice] = [("All", state.query(cat=""), not state.cat)]
    categories += [(name.capitalize(), state.query(cat=name), state.cat == name) for name in CATEGORIES]
    layers: list[Choice] = [("All", state.query(lay=""), not state.lay)]
    layers += [(layer.name, state.query(lay=layer.id), state.lay == layer.id) for layer in universe.layers]
    groups = [("Flags", kinds)]
    if marked.kind == "events":
        groups += [("Severity", severities), ("Category", categories), ("Layer", layers)]
    return grouped_menu("Flags", _value(marked), groups, few=True)


def _kind(state: FlagState, kind: str) -> str:
    """Filters are of events alone: they go with them."""
    return state.query(flags=kind) if kind == "events" else state.query(flags=kind, sev=1, cat="", lay="")


def _value(marked: Marked) -> str:
    if marked.kind != "events":
        return _KINDS[marked.kind]
    shown = len(marked.flags)
    return words.count(shown, "event") if shown == marked.found else f"{shown} of {marked.found} events"


def marks_of(flags: Iterable[Flagged], view: View, asof: str, where: Callable[[date], float]) -> list[Mark]:
    """The marks of flags; ``where`` gives the position of a session on the axis."""
    return [
        Mark(where(flag.session), flag.number, flag.severity, _tip(flag, view), event_address(flag, asof))
        for flag in flags
    ]


def marks_on(flags: Iterable[Flagged], days: Sessions, view: View, asof: str) -> list[Mark]:
    """The marks of flags on an axis of days; of a session that is none of them, at the next."""
    return marks_of(flags, view, asof, lambda day: float(np.searchsorted(days, session64(day))))


def event_address(flag: Flagged, asof: str = "") -> str:
    """Where an event is told in full; empty for a worst day."""
    if flag.event is None:
        return ""
    then = f"&asof={quote(asof, safe=':.-')}" if asof else ""
    return f"/events?event={quote(flag.event.id, safe='')}{then}"


def _tip(flag: Flagged, view: View) -> str:
    told = flag.event.title if flag.event else f"worst day, {_losers(flag, view)}"
    return f"{flag.number}  {words.day(flag.session)}  {told}  basket {_move(flag)}"


def _move(flag: Flagged) -> str:
    text = words.percent(flag.move)
    return text if text == words.MISSING else f"{text}%"


def _losers(flag: Flagged, view: View) -> str:
    return ", ".join(f"{view.universe[symbol].name} {words.percent(fall)}" for symbol, fall in flag.losers)


def key_table(
    marked: Marked, view: View, asof: str, placed: Sequence[Flag] = (), *, beside: bool = True
) -> html.Div | None:
    """The key to the flags: number, date, what happened, the basket that day; nothing without flags.

    ``placed`` are the flags as the chart stands on this screen: the key says which of them are folded.
    A key that is not ``beside`` its chart but below stands in two halves.
    """
    if marked.kind == "none":
        return None
    # Two charts of one page may share a key, and fold alike.
    many = list({flag.numbers: flag for flag in folded(placed)}.values())
    together = {number for flag in many for number in flag.numbers}
    shown = marked.severest(KEY_ROWS)
    # The latest event is read first; worst days are few and stand in the order of their numbers.
    latest = shown[::-1] if marked.kind == "events" else shown
    rows = [_row(flag, view, asof, flag.number in together) for flag in latest]
    heads = [("", ""), ("", ""), ("" if marked.kind == "events" else "Largest losers, %", "")]
    heads.append(("Basket, %", "num"))
    none = "No event of this kind in this window." if marked.found else "No event in this window."
    empty = none if marked.kind == "events" else "No day down in this window."
    half = len(rows) if beside else -(-len(rows) // 2)
    tables = [side_table(_KINDS[marked.kind], heads, rows[:half], empty, "days")]
    if rows[half:]:
        tables.append(side_table("\u00a0", heads, rows[half:], empty, "days"))
    note = _note(marked, shown, many)
    # A reader without a pointer scrolls it too.
    kind = "scroll" if beside else "scroll halves"
    told = attributes(aria_label="Key to the flags")
    body = html.Div(tables, className=kind, role="region", tabIndex="0", **told)
    return html.Div([body, html.P(note, className="note")] if note else [body], className="flag-key")


def _row(flag: Flagged, view: View, asof: str, together: bool) -> html.Tr:
    box = "flag"
    if flag.event and flag.severity >= _SEVERE:
        box += " filled"
    if together:
        box += " together"
    return html.Tr(
        [
            html.Td(html.Span(str(flag.number), className=box)),
            html.Td(words.short_day(flag.session), className="nowrap"),
            html.Td(_told(flag, view, asof), className="ellipsis"),
            signed_cell(words.percent(flag.move), flag.move, key=True),
        ]
    )


def _told(flag: Flagged, view: View, asof: str) -> Any:
    if flag.event is None:
        return _losers(flag, view)
    return dcc.Link(flag.event.title, href=event_address(flag, asof), title=flag.event.title)


def _note(marked: Marked, shown: Sequence[Flagged], together: Sequence[Flag]) -> str:
    """What is not seen at once: rows left out, flags that are filled, flags that share a place."""
    told = []
    if len(shown) < len(marked.flags):
        told.append(f"{len(shown)} of {len(marked.flags):,} events, the most severe.")
    if any(flag.event and flag.severity >= _SEVERE for flag in shown):
        told.append(f"Filled: {SEVERITIES[_SEVERE]}.")
    if together:
        told.append(f"Sharing a place: {'; '.join(_folded(flag) for flag in together[:_FOLDED])}.")
    return " ".join(told)


_FOLDED = 4


def _folded(flag: Flag) -> str:
    numbers = [str(number) for number in flag.numbers]
    many = [*numbers[:5], f"{len(numbers) - 5} more"] if len(numbers) > 6 else numbers
    return f"{flag.text} is {words.join(many)}"


def placed_on(marked: Marked, days: Sessions, view: View, asof: str, style: Style) -> list[Flag]:
    """The flags above panels over some days, as they stand at a size."""
    if not len(days):
        return []
    marks = marks_on(marked.within(days).flags, days, view, asof)
    return flags_of(marks, pixels_each(days, style), style)


class Room(NamedTuple):
    """What a memo has for flags: its style, the rows of its key, of events or of days, and lanes."""

    style: Style = memo(head=0, foot=0)
    events: int = MEMO_FLAGS
    days: int | None = None
    lanes: int = MEMO_LANES


WHOLE = Room()


class MemoFlags(NamedTuple):
    """The flags of a memo, the rows of their key, and a note on what they are."""

    flags: tuple[Flagged, ...] = ()
    key: tuple[KeyRow, ...] = ()
    note: str = ""


def flagged(
    story: Story,
    choose: Callable[[Room], MemoFlags],
    draw: Callable[[Style, Sequence[Flagged]], dict[str, Any]],
    room: Room = WHOLE,
) -> Story:
    """A story with the flags and the key that a memo has room for, in either of its widths."""

    def told(room: Room) -> Story:
        found = choose(room)
        return replace(
            story,
            key=found.key,
            key_note=found.note,
            draw=lambda style: draw(style, found.flags),
            fewer=lambda style, events, days: told(Room(style, min(events, room.events), days, 1)),
        )

    return told(room)


def memo_flags(marked: Marked, pixel: Callable[[date], float], room: Room = WHOLE) -> MemoFlags:
    """Return the flags of a memo: those that can stand alone and have a row in the key, the severest first.

    ``pixel`` is where a session stands in the memo. Of worst days a whole memo has every one.
    """
    of_events = marked.kind == "events"
    if not of_events and room.days is None:
        return MemoFlags(marked.flags, tuple(map(_memo_day, marked.flags)))
    ranked = sorted(marked.flags, key=rank)
    marks = [Mark(pixel(flag.session), flag.number, flag.severity) for flag in ranked]
    own = {mark.number for mark in alone(marks, 1.0, room.style, room.lanes)}
    most = room.events if of_events else room.days
    shown = [flag for flag in ranked if flag.number in own][:most]
    shown.sort(key=lambda flag: flag.number)
    rows = map(_memo_row if of_events else _memo_day, shown)
    note = _memo_note if of_events else _days_note
    return MemoFlags(tuple(shown), tuple(rows), note(len(shown), len(marked.flags)))


def memo_flags_on(marked: Marked, days: Sessions, room: Room = WHOLE) -> MemoFlags:
    """The flags of a memo of panels over some days."""
    each = pixels_each(days, room.style)
    return memo_flags(
        marked.within(days), lambda day: float(np.searchsorted(days, session64(day))) * each, room
    )


def _memo_day(flag: Flagged) -> KeyRow:
    return KeyRow(str(flag.number), words.short_day(flag.session), _move(flag))


def _memo_row(flag: Flagged) -> KeyRow:
    told = flag.event.title if flag.event else ""
    return KeyRow(
        str(flag.number), words.short_day(flag.session), told, _move(flag), flag.severity >= _SEVERE
    )


def _memo_note(shown: int, of: int) -> str:
    part = f"{shown} of {of:,} events, the most severe; basket" if shown < of else "Basket"
    return f"{part} that day, %" if of else ""


def _days_note(shown: int, of: int) -> str:
    return f"{shown} of {of:,} worst days" if shown < of else ""

"""The flags of a time chart on its page: their control, their marks, and the table that is their key."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from dash import dcc, html

from app.figures.flags import Flag, folded
from app.figures.style import Style
from app.kinds.address import FlagState
from app.market import words
from app.market.market import View
from app.questions.events.flag_marks import _SEVERE, WHOLE, MemoFlags, Room, _losers, event_address
from app.questions.events.flags import Flagged, Marked
from app.render.html import attributes
from app.render.html.marks import signed_cell
from app.render.html.menu import Choice, grouped_menu
from app.render.html.side import side_table
from app.render.story import Story
from models.events import CATEGORIES, SEVERITIES
from models.universe import Universe

KEY_ROWS = 60
_KINDS = {"events": "Events", "days": "Worst days", "none": "None"}
_LEAST = {1: "All", 2: "2 and 3", 3: "3 alone"}


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

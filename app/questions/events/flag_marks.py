"""The marks that flags are on a chart over time."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import date
from typing import NamedTuple
from urllib.parse import quote

import numpy as np

from app.figures.flags import Flag, KeyRow, alone, flags_of
from app.figures.frame import Mark
from app.figures.panels import pixels_each
from app.figures.style import Style, memo
from app.market import words
from app.market.market import View
from app.questions.events.flags import Flagged, Marked, rank
from models.events import SEVERITIES
from models.types import Sessions, session64

MEMO_FLAGS, MEMO_LANES = 7, 3
"""Flags in a memo, and lanes of them: its picture and its key share one page. At half its width there is
one lane, and the rows that leave the drawing its room."""


_SEVERE = max(SEVERITIES)


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

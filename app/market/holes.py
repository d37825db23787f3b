"""Why moves are missing where an exchange may have traded: no bar, repeated prices, a move over a hole."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import numpy as np

from app.market import words
from app.market.market import View
from models.analytics.baskets import MAX_MISSING
from models.types import session64
from models.universe import Instrument

NO_BAR = "a hole of the source or a closure"


def missing_session(view: View, item: Instrument, on: date) -> str:
    """Why no name of an exchange has a bar of a session that its calendar expected."""
    days = view.still.get(item.exchange.calendar)
    city = item.exchange.city
    if days is not None and session64(on) in days:
        return f"prices of {city} stand still on {words.day(on)}: every close repeats the one before"
    shut = view.closures.get(item.exchange.calendar)
    if shut is not None and session64(on) in shut:
        return f"{city} was closed on {words.day(on)}: no name has volume and its index has no value"
    return f"no bar of {city} on {words.day(on)}: {NO_BAR}"


def skipped_sessions(view: View, column: int, row: int) -> list[date]:
    """The expected sessions between a bar of a name and its bar before, of which it has none."""
    own = np.flatnonzero(view.panel.present[:row, column])
    if not len(own):
        return []
    days = view.expected(view.universe[view.panel.symbols[column]].exchange.calendar)
    first, last = view.panel.sessions[own[-1]], view.panel.sessions[row]
    found: list[date] = days[(days > first) & (days < last)].tolist()
    return found


def over_words(days: Sequence[date]) -> str:
    """What a move over a hole is: ``a move of 2 sessions, over 19 Aug 2026 without a bar``."""
    named = words.day(days[0]) if len(days) == 1 else f"{words.day(days[0])} to {words.day(days[-1])}"
    return f"a move of {len(days) + 1} sessions, over {named} without a bar"


def hole_reason(view: View, columns: Sequence[int], row: int) -> str:
    """Why a basket lacks the moves of an exchange on a row of the panel; empty when no hole is the reason."""
    told: dict[str, str] = {}
    groups: dict[str, list[int]] = {}
    for column in columns:
        groups.setdefault(view.universe[view.panel.symbols[column]].exchange.city, []).append(column)
    for city, own in groups.items():
        item = view.universe[view.panel.symbols[own[0]]]
        over = [column for column in own if view.over_hole[row, column]]
        if view.holes[row, own[0]]:
            told[city] = missing_session(view, item, view.panel.sessions[row].item())
        elif len(over) > MAX_MISSING * int(view.panel.present[row, own].sum()):
            told[city] = f"{city} has {over_words(skipped_sessions(view, over[0], row))}"
    return "; ".join(told.values())

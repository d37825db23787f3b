"""The session each event belongs to, and what the basket did on it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np

from app.market.market import View
from app.questions.events.sessions import sessions_of
from models.errors import NoPricesError
from models.events import Event


@dataclass(frozen=True, slots=True)
class Day:
    """A session, and the basket's move on it: a fraction, None when it has none by then."""

    session: date | None = None
    move: float | None = None


def event_days(view: View, basket: str, events: Sequence[Event]) -> list[Day]:
    """The day of each event, placed as the flags of a chart are."""
    try:
        moves = view.basket(basket).returns
    except NoPricesError:
        return [Day()] * len(events)
    sessions = sessions_of(view, events, basket)
    rows = np.searchsorted(view.panel.sessions, sessions)
    found = []
    for session, row in zip(sessions, rows, strict=True):
        if np.isnat(session):
            found.append(Day())
        else:
            move = float(moves[row])
            found.append(Day(session.item(), move if np.isfinite(move) else None))
    return found

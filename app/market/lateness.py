"""Which session is due of a name, and how far behind it is."""

from __future__ import annotations

import numpy as np

from app.market.market import View
from models.sessions import GRACE, Calendar
from models.types import Instant, Session, session64
from models.universe import Instrument


def lateness(
    calendar: Calendar, item: Instrument, last: Session | None, now: Instant
) -> tuple[Session | None, int]:
    """The session due of a name, and how many it lacks at its end; 0 when it has them all."""
    expected = calendar.last_closed(now, GRACE)
    if expected is not None and item.end is not None:
        expected = min(expected, item.end)
    if last is None or expected is None or expected <= last:
        return expected, 0
    return expected, int((calendar.between(last, expected) > session64(last)).sum())


def last_bars(view: View | None) -> dict[str, tuple[Session, Session]]:
    """First and last session of each name that has a bar."""
    if view is None or view.empty:
        return {}
    present, sessions = view.panel.present, view.panel.sessions
    traded = np.flatnonzero(present.any(axis=0))
    first = present.argmax(axis=0)
    last = len(present) - 1 - present[::-1].argmax(axis=0)
    return {
        view.panel.symbols[n]: (sessions[first[n]].item(), sessions[last[n]].item()) for n in traded.tolist()
    }


def late_names(view: View, now: Instant) -> dict[str, int]:
    """The names whose last bar is not of the session that is due, with how many sessions they lack."""
    found = {}
    for symbol, (_, last) in last_bars(view).items():
        item = view.universe[symbol]
        late = lateness(view.calendars[item.exchange.calendar], item, last, now)[1]
        if late:
            found[symbol] = late
    return found

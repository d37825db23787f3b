"""How fresh each exchange's prices are, judged by its own calendar."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from app.market.asof import wait_until
from app.market.market import View
from app.market.words import day, wait
from models.analytics.baskets import MAX_MISSING
from models.sessions import GRACE, Calendar, MarketStatus
from models.types import Instant, Session, session64

State = Literal["final", "provisional", "partial", "late", "stale", "holiday", "none"]


@dataclass(frozen=True, slots=True)
class Freshness:
    """One exchange city at one instant.

    ``session`` is the last one with a price, ``names`` how many of its instruments were ever
    stored or are due, ``current`` how many of them have a bar of the last closed session,
    ``late_by`` how many sessions that closed, with their grace, nobody has a bar of, ``repeats`` on how
    many of those the source repeats the prices of the last session: the exchange is stale.
    """

    city: str
    state: State
    session: Session | None
    names: int
    current: int
    late_by: int
    market: MarketStatus
    repeats: int = 0

    @property
    def is_current(self) -> bool:
        """Whether enough names have the last session: as many as a basket asks for."""
        enough = self.current >= (1 - MAX_MISSING) * self.names
        return self.state in ("final", "provisional", "holiday") or (self.state == "partial" and enough)

    def line(self) -> str:
        """Session and state in words: ``26 Jun, final``."""
        if self.session is None:
            return "no prices yet"
        date = day(self.session, year=False)
        if self.state == "stale":
            sessions = "session repeats" if self.repeats == 1 else "sessions repeat"
            return f"{day(self.session)}, stale: {self.repeats} {sessions} its prices"
        if self.state == "late":
            sessions = "session" if self.late_by == 1 else "sessions"
            return f"{day(self.session)}, late by {self.late_by} {sessions}"
        if self.state == "partial":
            return f"{date}, {self.current} of {self.names} names"
        return f"{date}, {'closed today' if self.state == 'holiday' else self.state}"

    def next_line(self, now: Instant) -> str:
        """What the exchange does next, and in how long."""
        market = self.market
        if market.phase in ("open", "lunch") and market.next_close:
            word = "At lunch, closes" if market.phase == "lunch" else "Open, closes"
            return f"{word} {market.next_close:%H:%M} UTC{_in(market.next_close, now)}"
        if market.next_open:
            return f"Opens {market.next_open:%a %H:%M} UTC{_in(market.next_open, now)}"
        return "No session known ahead"


def _in(at: Instant, now: Instant) -> str:
    left = wait_until(at, now)
    return "" if left is None else f", in {wait(left)}"


def freshness(
    view: View | None, calendars: dict[str, tuple[Calendar, tuple[str, ...]]], now: Instant
) -> list[Freshness]:
    """The state of each exchange city; ``calendars`` gives each its calendar and symbols."""
    return [_city(view, city, calendar, symbols, now) for city, (calendar, symbols) in calendars.items()]


def _city(
    view: View | None, city: str, calendar: Calendar, symbols: tuple[str, ...], now: Instant
) -> Freshness:
    market = calendar.status(now)
    columns = view.columns(symbols) if view else []
    due = len(symbols)
    if view is None or not columns or not view.panel.present[:, columns].any():
        return Freshness(city, "none", None, due, 0, 0, market)
    panel = view.panel
    row = np.flatnonzero(panel.present[:, columns].any(axis=1))[-1]
    session, here = panel.sessions[row].item(), panel.present[row, columns]
    closed = calendar.last_closed(now, GRACE)
    late_by = 0
    if closed is not None and closed > session:
        late_by = int((calendar.between(session, closed) > session64(session)).sum())
    final = bool(panel.final[row, columns][here].all())
    still = view.still.get(calendar.id, np.zeros(0, dtype="datetime64[D]"))
    repeats = int((calendar.among(still) & (still > session64(session))).sum())
    state = _state(market, late_by, final, int(here.sum()) < due)
    if repeats:
        state = "stale"
    return Freshness(city, state, session, due, int(here.sum()), late_by, market, repeats)


def _state(market: MarketStatus, late_by: int, final: bool, some_missing: bool) -> State:
    if late_by:
        return "late"
    if not final:
        return "provisional"
    if some_missing:
        return "partial"
    return "holiday" if market.phase == "holiday" else "final"

"""How complete each group of names is: who has the session that is due, who is late, who was never stored."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

import numpy as np

from app.market.freshness import Freshness, freshness
from app.market.lateness import last_bars, lateness
from app.market.market import Market, View
from models.gone import sessions_without_bars
from models.sessions import GRACE, Calendar
from models.types import Floats, Instant, Session, Sessions
from models.universe import Instrument

STRIP = 60
"""Sessions of the strip."""


@dataclass(frozen=True, slots=True, eq=False)
class Group:
    """The names of one exchange, or of what stands outside them, at one instant.

    ``expected`` is the last session whose bars are due. ``late`` gives each stored name that
    lacks it with how many sessions are missing at its end; ``shares`` is the share of the
    stored names with a bar on each of ``sessions``, NaN before any of them was listed. ``gaps``
    are the names without a bar of a session on which others have one, later bars of theirs stored;
    ``closures`` the sessions of the strip on which the exchange was closed by what its bars say.
    """

    title: str
    freshness: Freshness
    exchange: bool
    expected: Session | None
    due_at: Instant | None
    names: tuple[Instrument, ...]
    current: tuple[Instrument, ...]
    late: tuple[tuple[Instrument, int], ...]
    missing: tuple[Instrument, ...]
    sessions: Sessions
    shares: Floats
    gaps: tuple[tuple[Instrument, Session], ...] = ()
    closures: tuple[Session, ...] = ()

    @property
    def holes(self) -> list[Session]:
        """Sessions of the strip of which no name has a bar: holes of the source or closures."""
        found = sessions_without_bars(self.sessions, self.shares, len(self.names))
        return [day for day in found if day not in self.closures] if self.exchange else []

    @property
    def full(self) -> int:
        """Sessions of the strip on which every stored name has a bar."""
        return int((self.shares >= 1).sum())

    @property
    def known(self) -> int:
        """Sessions of the strip on which any of the names was listed."""
        return int(np.isfinite(self.shares).sum())


def groups_of(market: Market, view: View | None, now: Instant) -> list[Group]:
    """Every exchange city, then what trades outside them."""
    cities = market.cities
    inside = {symbol for _, symbols in cities.values() for symbol in symbols}
    others: dict[str, tuple[Calendar, tuple[str, ...]]] = {}
    for item in market.universe.instruments:
        if item.symbol not in inside:
            title = "Currencies" if item.kind == "fx" else f"Funds, {item.exchange.city}"
            calendar, symbols = others.get(title, (market.calendars[item.exchange.calendar], ()))
            others[title] = (calendar, (*symbols, item.symbol))
    both = cities | others
    states = freshness(view, both, now)
    return [
        _group(market, view, state, *both[state.city], now, exchange=state.city in cities) for state in states
    ]


def _group(
    market: Market,
    view: View | None,
    state: Freshness,
    calendar: Calendar,
    symbols: tuple[str, ...],
    now: Instant,
    *,
    exchange: bool,
) -> Group:
    bars = last_bars(view)
    due = [item for symbol in symbols if not _over(item := market.universe[symbol], bars)]
    behind = {item.symbol: _behind(market, item, bars, now) for item in due if item.symbol in bars}
    stored = [item for item in due if item.symbol in bars]
    sessions, shares, gaps = _strip(view, calendar, stored, now)
    shut = view.closures.get(calendar.id) if view is not None else None
    closed = () if shut is None else tuple(shut[np.isin(shut, sessions)].tolist())
    return Group(
        title=state.city,
        freshness=state,
        exchange=exchange,
        expected=calendar.last_closed(now, GRACE),
        due_at=_due_at(calendar, now),
        names=tuple(due),
        current=tuple(item for item in due if behind.get(item.symbol) == 0),
        late=tuple((item, behind[item.symbol]) for item in due if behind.get(item.symbol, 0) > 0),
        missing=tuple(item for item in due if item.symbol not in bars),
        sessions=sessions,
        shares=shares,
        gaps=gaps,
        closures=closed,
    )


def _over(item: Instrument, bars: dict[str, tuple[Session, Session]]) -> bool:
    """Whether the symbol's time is over and nothing more is due."""
    return item.end is not None and item.symbol in bars and bars[item.symbol][1] >= item.end


def _behind(market: Market, item: Instrument, bars: dict[str, tuple[Session, Session]], now: Instant) -> int:
    return lateness(market.calendars[item.exchange.calendar], item, bars[item.symbol][1], now)[1]


def _due_at(calendar: Calendar, now: Instant) -> Instant | None:
    """When the next session's bars are due: its close and the grace after it."""
    ahead = calendar.status(now - GRACE).next_close
    return None if ahead is None else ahead + GRACE


def _strip(
    view: View | None, calendar: Calendar, items: list[Instrument], now: Instant
) -> tuple[Sessions, Floats, tuple[tuple[Instrument, Session], ...]]:
    last = calendar.last_closed(now, GRACE)
    if last is None:
        return np.array([], dtype="datetime64[D]"), np.array([]), ()
    days = calendar.between(last - timedelta(days=3 * STRIP), last)[-STRIP:]
    columns = view.columns(tuple(item.symbol for item in items)) if view else []
    if view is None or not columns:
        return days, np.full(len(days), np.nan), ()
    panel = view.panel
    rows = np.minimum(np.searchsorted(panel.sessions, days), len(panel.sessions) - 1)
    held = panel.present[rows][:, columns] & (panel.sessions[rows] == days)[:, None]
    first = panel.sessions[panel.present[:, columns].argmax(axis=0)]
    listed = days[:, None] >= first
    count = listed.sum(axis=1)
    shares = np.divide(held.sum(axis=1), count, out=np.full(len(days), np.nan), where=count > 0)
    newest = panel.sessions[len(panel.sessions) - 1 - panel.present[::-1][:, columns].argmax(axis=0)]
    lacking = listed & ~held & (days[:, None] < newest) & held.any(axis=1)[:, None]
    gaps = tuple((items[name], days[row].item()) for row, name in np.argwhere(lacking)[::-1].tolist())
    return days, shares, gaps

"""What the Relay view states: worked out once for a view of the market and a set of controls."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from functools import cached_property

import numpy as np
import pandas as pd

from app.market import words
from app.market.event_book import NOTHING, EventBook
from app.market.holes import NO_BAR, hole_reason
from app.market.market import View
from app.questions.drawdowns.falls import selloffs
from app.questions.events.flags import Marked, marked
from app.questions.relay.legs import (
    SideDay,
    news_day,
    next_gap,
    side_days,
    side_paths,
    side_symbols,
    unfinished,
    walk,
)
from app.questions.relay.state import RelayState
from models.analytics.relay import Leg, Verdict, starter, walk_of_day
from models.sessions import Calendar
from models.types import Instant, Sessions, session64

NOT_OPEN = "has not opened"
AFTER_TROUGH = 10
ALONE = 20
TURNS = 6
SESSIONS: dict[str, Leg] = {"asia": "asia_session", "us": "us_session"}


@dataclass(frozen=True, slots=True)
class Hours:
    """One city's session on a date, UTC instants as ``datetime64[s]``; ``breaks`` is its lunch."""

    city: str
    opens: np.datetime64
    closes: np.datetime64
    breaks: tuple[np.datetime64, np.datetime64] | None


@dataclass(frozen=True, eq=False)
class Facts:
    """The numbers of the view."""

    view: View
    state: RelayState
    as_of: Instant
    book: EventBook = NOTHING

    @cached_property
    def relay(self) -> pd.DataFrame:
        """Every leg walked between the sides of the basket."""
        news_day(self.view, self.state.basket)  # raises when no leg was ever walked
        return walk(self.view, self.state.basket)

    @cached_property
    def days(self) -> Sessions:
        """All news days."""
        return self.relay["date"].to_numpy().astype("datetime64[D]")[self._first_of_day]

    @cached_property
    def _first_of_day(self) -> np.ndarray:
        dates = self.relay["date"].to_numpy()
        return np.flatnonzero(np.diff(dates, prepend=dates[0] - np.timedelta64(1, "D")).astype(np.int64))

    @cached_property
    def day(self) -> date:
        """The news day shown: the one asked for, or the last one before it on which a side traded."""
        if not self.state.day:
            found: date = self.days[-1].item()
            return found
        row = int(np.searchsorted(self.days, session64(date.fromisoformat(self.state.day)), side="right"))
        near: date = self.days[max(row - 1, 0)].item()
        return near

    @property
    def moved(self) -> bool:
        """Whether the day asked for was no news day, so that another one is shown."""
        return bool(self.state.day) and self.day.isoformat() != self.state.day

    @cached_property
    def walk(self) -> pd.DataFrame:
        """The legs by which the day is judged, in clock order."""
        return walk_of_day(self.relay, session64(self.day))

    @cached_property
    def measured(self) -> pd.DataFrame:
        """Those of them that are not withheld."""
        return self.walk[self.walk["return"].notna()]

    @cached_property
    def sides(self) -> list[SideDay]:
        """What each side's move of the day and its legs stand on."""
        return side_days(self.view, self.state.basket, self.day)

    def side(self, side: str) -> SideDay | None:
        """One of them; None for a side that did not trade."""
        return next((each for each in self.sides if each.side == side), None)

    @cached_property
    def next_gap(self) -> pd.Series | None:
        """The next Asian gap after the day's last leg, when it has come."""
        found = next_gap(self.view, self.state.basket, self.day)
        if found is None:
            return None
        return pd.Series({"leg": "asia_gap"} | found | {"z": np.nan if found["z"] is None else found["z"]})

    @cached_property
    def verdict(self) -> Verdict:
        """Who started it."""
        return starter(self.walk)

    @cached_property
    def marked(self) -> Marked:
        """The flags of the strip's days; those of the day shown are among them."""
        as_of = self.as_of if self.state.asof else None
        return marked(self.view, self.book, self.state, self.state.basket, self.window, as_of=as_of)

    def leg(self, name: str) -> pd.Series | None:
        """The day's own leg of that name; None when it was not walked, or is withheld."""
        rows = self.measured[(self.measured["leg"] == name) & (self.measured["date"] == session64(self.day))]
        return None if rows.empty else rows.iloc[0]

    @cached_property
    def before(self) -> pd.Series | None:
        """The US session before the day."""
        rows = self.walk[self.walk["date"] < session64(self.day)]
        return None if rows.empty else rows.iloc[0]

    @cached_property
    def episode(self) -> pd.Series | None:
        """The selloff leg of the basket the day lies in, or shortly after."""
        legs = selloffs(self.view, self.state.basket)
        near = np.busday_offset(session64(self.day), -AFTER_TROUGH, roll="backward")
        held = legs[(legs["peak"] < session64(self.day)) & (legs["trough"].to_numpy() >= near)]
        return None if held.empty else held.iloc[-1]

    @cached_property
    def window(self) -> Sessions:
        """The news days of the strip: the episode's as far as they have come, or some up to the day."""
        row = int(np.searchsorted(self.days, session64(self.day)))
        if self.state.span != "episode":
            return self.days[max(row + 1 - int(self.state.span), 0) : row + 1]
        if self.episode is None:
            return self.days[max(row + 1 - ALONE, 0) : row + 1]
        first = int(np.searchsorted(self.days, session64(self.episode["peak"]), side="right"))
        last = int(np.searchsorted(self.days, session64(self.episode["trough"]), side="right"))
        return self.days[first : max(last, row + 1)]

    @cached_property
    def turns(self) -> list[tuple[date, str]]:
        """The first news day of each of the last selloff legs, with the leg's depth."""
        found = []
        for leg in selloffs(self.view, self.state.basket).tail(TURNS)[::-1].itertuples():
            row = int(np.searchsorted(self.days, session64(leg.peak.date()), side="right"))
            if row < len(self.days):
                found.append((self.days[row].item(), f"began a fall of {words.share(leg.depth)}"))
        return found

    @property
    def since(self) -> date:
        """The day the strip's levels start from: the news day before its first column."""
        row = int(np.searchsorted(self.days, self.window[0]))
        found: date = self.days[max(row - 1, 0)].item()
        return found

    def neighbour(self, step: int) -> date | None:
        """The news day that many days later, None past the ends."""
        row = int(np.searchsorted(self.days, session64(self.day))) + step
        return self.days[row].item() if 0 <= row < len(self.days) else None

    def names(self, side: str) -> int:
        """Names of a side that its last session of the walk stands on: those with an open and a close."""
        own = self.measured[self.measured["leg"] == f"{side}_session"]["date"].to_numpy()
        path = side_paths(self.view, self.state.basket)[SESSIONS[side]]
        rows = np.searchsorted(self.view.panel.sessions, own[-1:].astype("datetime64[D]"))
        return int(path.traded[rows].sum())

    def hours(self, side: str, session: np.datetime64) -> list[Hours]:
        """The cities of a side that held a session on a date, by the stored bars, in order."""
        row = int(np.searchsorted(self.view.panel.sessions, session))
        found: dict[str, Hours] = {}
        for symbol in side_symbols(self.view, side, self.state.basket):
            column = self.view.columns((symbol,))
            exchange = self.view.universe[symbol].exchange
            if exchange.city not in found and column and self.view.traded_exchange[row, column[0]]:
                found[exchange.city] = _hours(exchange.city, self.view.calendars[exchange.calendar], session)
        order = [exchange.city for exchange in self.view.universe.exchanges]
        return sorted(found.values(), key=lambda item: order.index(item.city))

    @cached_property
    def unfinished(self) -> list[str]:
        """The sides whose bars of the day may still change: their session is not over, or just so."""
        return unfinished(self.view, self.state.basket, self.day)

    def closed(self, side: str) -> list[str]:
        """The cities of a side that held no session on the day; one still to open is not among them."""
        held = {item.city for item in self.hours(side, session64(self.day))}
        found = set()
        for symbol in side_symbols(self.view, side, self.state.basket):
            exchange = self.view.universe[symbol].exchange
            calendar = self.view.calendars[exchange.calendar]
            to_come = calendar.is_session(self.day) and calendar.close_of(self.day) > self.view.moment
            # A session without a bar is no closure that is known of.
            expected = self.view.expects(calendar.id, self.day)
            if self.view.columns((symbol,)) and not to_come and not expected:
                found.add(exchange.city)
        return sorted(found - held)

    def absence(self, side: str) -> str:
        """Why a side has no leg of the day: it was closed, has no bar, or has not opened."""
        if self.closed(side):
            return "was closed"
        row = int(np.searchsorted(self.view.panel.sessions, session64(self.day)))
        columns = self.view.columns(side_symbols(self.view, side, self.state.basket))
        told = hole_reason(self.view, columns, row)
        if not told:
            return NOT_OPEN
        over = self.view.over_hole[row, columns].any()
        return "has a move of two sessions or more" if over else f"has no bar, {NO_BAR}"


def _hours(city: str, calendar: Calendar, session: np.datetime64) -> Hours:
    row = int(np.searchsorted(calendar.sessions, session))
    lunch = calendar.break_starts[row], calendar.break_ends[row]
    return Hours(city, calendar.opens[row], calendar.closes[row], None if np.isnat(lunch[0]) else lunch)


def facts_of(view: View, state: RelayState, as_of: Instant, book: EventBook = NOTHING) -> Facts:
    """The facts for a view, its events and controls, kept with the view."""
    return view.remember(("relay", state, book.key), lambda: Facts(view, state, as_of, book))

"""The facts of a morning as of an instant; the page and the command word them with the same functions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property

import numpy as np
import pandas as pd

from app.market import words
from app.market.freshness import Freshness, freshness
from app.market.market import City, View, cities_of
from app.market.standings import Standing, basket_standing
from app.questions.breadth import sector_path
from app.questions.brief.parts import (
    IndexLine,
    NameMove,
    Opening,
    Rate,
    SideMove,
    Since,
    earlier,
    index_lines,
    level_change,
    name_moves,
    openings,
    price_changes,
    rates,
)
from app.questions.events.moments import by_then
from app.questions.relay.legs import (
    PLACES,
    SIDES,
    SideDay,
    side_days,
    side_legs,
    side_moves,
    side_symbols,
    since_of,
    waiting,
    walk,
)
from models.analytics.breadth import breadth_by_group
from models.analytics.brief import AgeRank, Followed, MoveRank, age_rank, followed, move_rank
from models.analytics.relay import Side, Verdict, starter, walk_of_day
from models.analytics.sector import SectorPath
from models.errors import NoPricesError
from models.events import Event
from models.meetings import Meeting
from models.types import Instant, session64

# A rate or a currency whose last bar is older than this is not of this morning.
RATE_AGE = timedelta(days=5)


@dataclass(frozen=True, slots=True)
class Late:
    """A name whose exchange went on without it: its last bar, and the sessions it missed since."""

    symbol: str
    name: str
    last: date
    missed: int


@dataclass(frozen=True, eq=False)
class Brief:
    """What is known of a basket at an instant, each figure from the one function that defines it."""

    view: View
    events: tuple[Event, ...]
    basket: str
    as_of: Instant
    meeting: Meeting

    @cached_property
    def day(self) -> date:
        """The last news day: the last date on which a side of the basket traded."""
        return max(side.day for side in self.sides)

    @cached_property
    def row(self) -> int:
        """Its row of the panel."""
        return self._row_of(self.day)

    @cached_property
    def sides(self) -> tuple[SideMove, ...]:
        """Each side's last news day.

        Raises
        ------
        NoPricesError
            If no name of the basket has a move by then.
        """
        found = [self._side(side) for side in SIDES if side_symbols(self.view, side, self.basket)]
        known = tuple(side for side in found if side is not None)
        if not known:
            name = self.view.baskets[self.basket].name
            raise NoPricesError(f"No name of {name} has a move by then; run `aftershock ingest once`.")
        return known

    @cached_property
    def today(self) -> tuple[SideMove, ...]:
        """The sides that traded on the news day."""
        return tuple(side for side in self.sides if side.day == self.day)

    @cached_property
    def scope(self) -> str | None:
        """The side the day is judged by while only one of them has traded; None for the whole basket."""
        whole = len(self.today) == len(self.sides)
        return None if whole else self.today[0].side

    @cached_property
    def path(self) -> SectorPath:
        """The basket, or the side the day is judged by, day by day."""
        return sector_path(self.view, self.basket, self.scope)

    @property
    def move(self) -> float:
        """The move of the day, a fraction; NaN when it is withheld."""
        return float(self.path.returns[self.row])

    @property
    def z(self) -> float:
        """Its z."""
        return float(self.path.z[self.row])

    @cached_property
    def rank(self) -> MoveRank | None:
        """Where it stands in its own history."""
        return move_rank(self.path.returns, self.row)

    @cached_property
    def whole_move(self) -> float:
        """The whole basket's move so far, a side still to trade counted as unmoved."""
        return float(sector_path(self.view, self.basket).returns[self.row])

    @cached_property
    def waiting(self) -> tuple[str, ...]:
        """Cities of the basket whose session of the news day has not closed yet."""
        return waiting(self.view, self.basket, self.day, self.as_of)

    @cached_property
    def provisional(self) -> bool:
        """Whether a bar of the day may still change."""
        panel = self.view.panel
        columns = self.view.columns(tuple(self._members))
        return bool((panel.present[self.row, columns] & ~panel.final[self.row, columns]).any())

    @property
    def so_far(self) -> bool:
        """Whether the day is not over."""
        return bool(self.waiting) or self.provisional

    @cached_property
    def verdict(self) -> Verdict | None:
        """Who started it; None when no name of the day could have a leg."""
        return None if self.legs.empty else starter(self.legs)

    @cached_property
    def legs(self) -> pd.DataFrame:
        """The legs by which the day itself is judged, in clock order; NaN where they are withheld.

        Empty where no leg of the basket was ever measured, for want of opens.
        """
        walked = walk(self.view, self.basket)
        return walk_of_day(walked if walked["return"].notna().any() else walked.iloc[:0], session64(self.day))

    @cached_property
    def measured(self) -> pd.DataFrame:
        """Those of them that can be told."""
        return self.legs[self.legs["return"].notna()]

    @cached_property
    def splits(self) -> list[SideDay]:
        """What each side's move of the day and its legs stand on."""
        return side_days(self.view, self.basket, self.day)

    @cached_property
    def standing(self) -> Standing:
        """Where the basket stands below its record."""
        label = self.view.baskets[self.basket].label
        return basket_standing(self.view, self.basket, label, "local")

    @cached_property
    def age(self) -> AgeRank | None:
        """Its fall beside past ones at the same age."""
        return age_rank(self.view.basket(self.basket).level)

    @cached_property
    def names(self) -> tuple[NameMove, ...]:
        """The last move of every name on its side's last news day, deepest first."""
        return name_moves(self.view, self.basket, {side.side: side.day for side in self.sides})

    @cached_property
    def heat(self) -> pd.DataFrame:
        """Mean move and names of every layer and side: ``layer, side, mean, names``, layers in order."""
        groups = [f"{item.layer}|{item.side}" for item in self.names]
        table = breadth_by_group(np.array([item.move for item in self.names]), groups)
        parts = [str(group).split("|") for group in table["group"]]  # none when every move is withheld
        table = table.assign(layer=[part[0] for part in parts], side=[part[1] for part in parts])
        order = [layer.id for layer in self.view.universe.layers]
        place = table["layer"].map(order.index)
        return table.assign(place=place).sort_values(["place", "side"], kind="stable", ignore_index=True)

    @cached_property
    def moved(self) -> tuple[NameMove, ...]:
        """The names that traded on the news day itself, deepest first."""
        return tuple(item for item in self.names if item.day == self.day)

    @cached_property
    def layers(self) -> pd.DataFrame:
        """Mean move of every layer on the news day over the sides that traded, deepest first."""
        groups = [item.layer for item in self.moved]
        return breadth_by_group(np.array([item.move for item in self.moved]), groups)

    def absence(self, side: str) -> str:
        """Why a side has no move of the news day: ``to come``, ``closed`` or ``late``."""
        sessions = [
            calendar
            for calendar, symbols in self._cities.values()
            if self.view.expects(calendar.id, self.day)
            and set(symbols) & set(side_symbols(self.view, side, self.basket))
        ]
        if not sessions:
            return "closed"
        return "to come" if any(each.close_of(self.day) > self.as_of for each in sessions) else "late"

    @cached_property
    def indices(self) -> tuple[IndexLine, ...]:
        """The exchanges' indices with low, close and halt levels."""
        return index_lines(self.view)

    @cached_property
    def rates(self) -> tuple[Rate, ...]:
        """Yields and currencies as last struck, none older than five days."""
        return tuple(rate for rate in rates(self.view) if self.day - rate.session <= RATE_AGE)

    @cached_property
    def states(self) -> tuple[Freshness, ...]:
        """How fresh each exchange's prices are."""
        return tuple(freshness(self.view, self._cities, self.as_of))

    @cached_property
    def late(self) -> tuple[Late, ...]:
        """Names of the basket whose exchange went on without them, the longest gone first."""
        view, found = self.view, []
        for column in sorted(view.columns(tuple(self._members))):
            bars = np.flatnonzero(view.panel.present[:, column])
            if not len(bars):
                continue
            after = view.traded_exchange[bars[-1] + 1 :, column] & view.active[bars[-1] + 1 :, column]
            if after.any():
                item = view.universe[view.panel.symbols[column]]
                last = view.panel.sessions[bars[-1]].item()
                found.append(Late(item.symbol, item.name, last, int(after.sum())))
        return tuple(sorted(found, key=lambda item: -item.missed))

    @cached_property
    def absent(self) -> tuple[str, ...]:
        """Names of the basket of which no bar is stored."""
        members = self.view.universe.basket(self.basket).symbols
        columns = self.view.columns(members)
        stored = self.view.panel.present[:, columns].any(axis=0)
        priced = {self.view.panel.symbols[column] for column in np.array(columns, dtype=int)[stored]}
        return tuple(self.view.universe[symbol].name for symbol in members if symbol not in priced)

    @cached_property
    def openings(self) -> tuple[Opening, ...]:
        """When each city of the basket opens next, the first one first."""
        return openings(self._cities, self._members, self.view.universe, self.as_of)

    @cached_property
    def next_link(self) -> tuple[Side, Side] | None:
        """The side that closed last and the one that opens next; None while it is the same or is open."""
        if self.legs.empty or not self.openings:
            return None
        last, side = self.legs["leg"].iloc[-1], self.openings[0].side
        if last not in ("asia_session", "us_session") or last.startswith(side):
            return None
        if any(item.open_now for item in self.openings if item.side == side):
            return None
        return ("asia", "us") if side == "us" else ("us", "asia")

    @cached_property
    def followed(self) -> Followed | None:
        """How often the next gap was down after days of the other side like its last one, close to close."""
        if self.next_link is None:
            return None
        source, target = self.next_link
        legs = side_legs(self.view, self.basket)
        moves = side_moves(self.view, self.basket)[source]
        if not np.isfinite(moves[self._row_of(words.as_date(self.legs["date"].iloc[-1]) or self.day)]):
            return None  # the last day with legs is another one: not the day that is asked about
        return followed(
            self.view.panel.sessions,
            moves,
            legs["us_gap" if target == "us" else "asia_gap"],
            same_day=target == "us",
            since=session64(since_of(self.view)),
        )

    @cached_property
    def since(self) -> Since:
        """What came since the last meeting."""
        then = earlier(self.view, self.meeting.before(self.as_of))
        before = {event.id for event in by_then(self.view, self.events, then.moment)}
        known = by_then(self.view, self.events, self.as_of)
        fresh = [event for event in known if event.id not in before]
        fresh.sort(key=lambda event: (-event.severity, -event.day.toordinal(), event.id))
        changes = {
            side: change
            for side in (self.basket, *(SIDES if self.basket == "all" else ()))
            if (change := level_change(self.view, then, side)) is not None
        }
        names = price_changes(self.view, then, sorted(self._members))
        return Since(then.moment, changes, names, tuple(fresh))

    @cached_property
    def _members(self) -> frozenset[str]:
        return frozenset(self.view.universe.basket(self.basket).symbols)

    @cached_property
    def _cities(self) -> dict[str, City]:
        return cities_of(self.view.universe, self.view.calendars)

    def _row_of(self, day: date) -> int:
        return int(np.searchsorted(self.view.panel.sessions, session64(day)))

    def _side(self, side: str) -> SideMove | None:
        view, path = self.view, sector_path(self.view, self.basket, side)
        # A day after a hole is a news day too: its move is withheld, and it is said why.
        own = view.columns(side_symbols(view, side, self.basket))
        rows = np.flatnonzero((path.traded > 0) | view.over_hole[:, own].any(axis=1))
        if not len(rows):
            return None
        row = int(rows[-1])
        return SideMove(
            side,
            PLACES[side],
            path.sessions[row].item(),
            float(path.returns[row]),
            float(path.z[row]),
            int(path.down[row]),
            int(path.traded[row]),
        )


def brief_of(view: View, events: Sequence[Event], basket: str, as_of: Instant, meeting: Meeting) -> Brief:
    """The facts, kept with the view for the minute they are of."""
    minute = as_of.replace(second=0, microsecond=0)
    key = ("brief", basket, minute, meeting, tuple((event.id, event.version) for event in events))
    return view.remember(key, lambda: Brief(view, tuple(events), basket, as_of, meeting))

"""Prices that stand still while they are talked about, and how much has come in since."""

from __future__ import annotations

import threading
from collections import OrderedDict
from dataclasses import dataclass
from datetime import UTC, datetime

import numpy as np

from app.market.event_book import EventBook
from app.market.market import Market, View
from models.errors import AftershockError, PresentationGoneError
from models.store import Panel
from models.types import BAR_FIELDS, Bools, Instant

HELD = 6
"""Presentations that are held at a time; the one that was asked for longest ago goes first."""
_MINUTE = "%Y%m%dT%H%MZ"


class FrozenMarket(Market):
    """The market as a dashboard knew it at one instant: its prices, its events, its clock."""

    def __init__(self, market: Market, panel: tuple[bool, Panel], book: EventBook, now: Instant) -> None:
        # The same universe, calendars and stores; the same shelf of views too, so that six presentations
        # hold no more together than one does. A view that was dropped is made again of the frozen prices.
        self.__dict__.update(market.__dict__)
        self._frozen, self._book, self._moment = panel, book, now

    def now(self) -> Instant:
        return self._moment

    def events(self, view: View | None = None) -> EventBook:
        return self._book

    def _current(self) -> tuple[bool, Panel]:
        return self._frozen


@dataclass(frozen=True, slots=True)
class News:
    """What has come into the store since: bars that were not there, and bars that have changed."""

    new: int = 0
    changed: int = 0

    @property
    def sentence(self) -> str:
        """As the chip says it; empty when nothing has."""
        parts = [f"{self.new:,} new {_bars(self.new)}"] if self.new else []
        if self.changed:
            parts.append(f"{self.changed:,} revised" + ("" if parts else f" {_bars(self.changed)}"))
        return ", ".join(parts)


class Held:
    """The presentations under way, each by the token that its browser holds."""

    def __init__(self, market: Market) -> None:
        self._market = market
        self._lock = threading.Lock()
        self._held: OrderedDict[str, FrozenMarket] = OrderedDict()

    def open(self) -> tuple[str, Market]:
        """Let the market stand still; two who begin in the same minute share it.

        Raises
        ------
        NoPricesError
            If there is no price to present.
        """
        now = self._market.now().replace(second=0, microsecond=0)
        stamp = self._market.stamp(self._market.view(now))
        return self._held_as(f"{stamp}.{now:{_MINUTE}}", now)

    def find(self, token: str) -> Market:
        """The market of a token; opened again when no price has changed since, as after a restart.

        Raises
        ------
        PresentationGoneError
            If it is not held any more, and the prices have moved on.
        """
        with self._lock:
            if token in self._held:
                self._held.move_to_end(token)
                return self._held[token]
        stamp, _, minute = token.rpartition(".")
        try:
            now = datetime.strptime(minute, _MINUTE).replace(tzinfo=UTC)
            known = stamp == self._market.stamp(self._market.view(now))
        except (ValueError, AftershockError):
            known = False
        if not known:
            raise PresentationGoneError
        return self._held_as(token, now)[1]

    def _held_as(self, token: str, now: Instant) -> tuple[str, Market]:
        market = self._market
        frozen = FrozenMarket(market, market.newest(), market.events(market.view(now)), now)
        with self._lock:
            kept = self._held.setdefault(token, frozen)
            self._held.move_to_end(token)
            while len(self._held) > HELD:
                self._held.popitem(last=False)
            return token, kept

    def news(self, token: str, as_of: Instant | None = None) -> News:
        """What the newest prices hold that those of a token do not, as of an instant or now."""
        then = self.find(token)
        try:
            return news(then.view(as_of).panel, self._market.view(as_of).panel)
        except AftershockError:
            return News()


def news(then: Panel, now: Panel) -> News:
    """Count bars of ``now`` that ``then`` lacks, and those that differ: prices, or being final."""
    if then is now:
        return News()
    _, old_rows, new_rows = np.intersect1d(then.sessions, now.sessions, return_indices=True)
    names = [symbol for symbol in now.symbols if symbol in set(then.symbols)]
    old = np.ix_(old_rows, np.array([then.symbols.index(symbol) for symbol in names]))
    new = np.ix_(new_rows, np.array([now.symbols.index(symbol) for symbol in names]))
    both: Bools = then.present[old] & now.present[new]
    differs = np.zeros(both.shape, dtype=np.bool_)
    for field in BAR_FIELDS:
        before, after = getattr(then, field)[old], getattr(now, field)[new]
        differs |= (before != after) & ~(np.isnan(before) & np.isnan(after))
    differs |= then.final[old] != now.final[new]
    return News(int(now.present.sum()) - int(both.sum()), int((differs & both).sum()))


def _bars(count: int) -> str:
    return "bar" if count == 1 else "bars"

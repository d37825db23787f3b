"""What the Drawdowns page states: worked out once for a view and a set of controls."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from functools import cached_property

import numpy as np
import pandas as pd

from app.kinds.address import DrawdownState, window_start
from app.market.event_book import NOTHING, EventBook
from app.market.lateness import late_names
from app.market.left_out import Membership, basket_left_out, left_out, membership
from app.market.market import View
from app.market.standings import Standing, basket_standing, names_standing
from app.questions.drawdowns.falls import selloffs
from app.questions.events.flags import Marked, marked
from models.analytics.drawdowns import drawdown, trailing_drawdown
from models.types import Floats, Instant, Sessions, session64
from models.universe import Basket

# The names a reader looks for first, when they are in the basket; else its deepest falls.
USUAL = ("2330.TW", "NVDA", "MU", "9984.T", "000660.KS", "285A.T", "ORCL", "CRWV")


@dataclass(frozen=True, eq=False)
class Facts:
    """The page's numbers. Arrays are (T,) or (T, N) on ``sessions``, fractions.

    ``late`` gives the names that lack the session due at ``as_of`` with how many they lack.
    """

    view: View
    state: DrawdownState
    as_of: Instant
    book: EventBook = NOTHING
    late: Mapping[str, int] = field(default_factory=dict)

    @cached_property
    def basket(self) -> Basket:
        """The basket the page is about: its names that have a price in the chosen currency."""
        return self.view.priced(self.state.basket, self.state.currency)

    @cached_property
    def sessions(self) -> Sessions:
        """All stored sessions."""
        return self.view.panel.sessions

    @cached_property
    def prices(self) -> Floats:
        """Closes in the chosen currency, shape (T, N)."""
        return self.view.prices(self.state.currency)

    @cached_property
    def level(self) -> Floats:
        """The basket's level, shape (T,); NaN on a withheld day."""
        return self.view.basket(self.basket.id, self.state.currency).level

    @cached_property
    def withheld(self) -> date | None:
        """The basket's last day when too many of its names lack a bar of it; None while it has a number."""
        path = self.view.basket(self.basket.id, self.state.currency)
        days = np.flatnonzero(np.isfinite(path.level) | path.withheld)
        last: date = path.sessions[days[-1]].item()
        return None if np.isfinite(path.level[days[-1]]) else last

    @cached_property
    def start(self) -> date:
        """The first day of the window; of all there is when it would begin after the last session."""
        first: date = self.sessions[0].item()
        return first if self._wanted > self._last else max(self._wanted, first)

    @property
    def unreached(self) -> bool:
        """Whether a window was asked for that begins after the last session."""
        return self._wanted > self._last and self.state.start != DrawdownState().start

    @property
    def _last(self) -> date:
        last: date = self.sessions[-1].item()
        return last

    @cached_property
    def _wanted(self) -> date:
        return window_start(self.state.start, self._last) or date.min

    @property
    def align_day(self) -> date | None:
        """Day 0 of one's own, None when lines hang from their peaks or nothing is aligned."""
        return None if self.state.align in ("none", "peak") else date.fromisoformat(self.state.align)

    @cached_property
    def symbols(self) -> tuple[str, ...]:
        """The names drawn as lines."""
        if self.state.names:
            return tuple(symbol for symbol in self.state.names if self._has(symbol))
        members = [symbol for symbol in self.basket.symbols if self._has(symbol)]
        usual = tuple(symbol for symbol in USUAL if symbol in members)
        return usual if len(usual) >= 5 else tuple(self._by_fall(members)[:8])

    @cached_property
    def names(self) -> list[Standing]:
        """Where the names of the table stand: the drawn ones, or every member too."""
        rows = self.symbols
        if self.state.rows == "all":
            rows = tuple(dict.fromkeys((*rows, *self.basket.symbols)))
        standing = names_standing(self.view, self.state.currency)
        return [standing[symbol] for symbol in rows if symbol in standing]

    @cached_property
    def whole(self) -> Standing:
        """Where the basket stands."""
        return basket_standing(self.view, self.basket.id, self.basket.label, self.state.currency)

    @cached_property
    def fresh(self) -> list[Standing]:
        """Names whose fall began with the basket's (their peak at most a month older), deepest first."""
        first = self.whole.peak - timedelta(days=31)
        found = [item for item in self.names if item.under and item.peak >= first]
        return sorted(found, key=lambda item: item.drawdown)

    @cached_property
    def unfinished(self) -> list[str]:
        """Names of drawn lines whose last bar is provisional."""
        panel = self.view.panel
        columns = self.view.columns(self.symbols)
        last = [np.flatnonzero(panel.present[:, column])[-1] for column in columns]
        return [
            self.view.universe[symbol].name
            for symbol, column, row in zip(self.symbols, columns, last, strict=True)
            if not panel.final[row, column]
        ]

    @cached_property
    def behind(self) -> list[str]:
        """Names of drawn lines that end before the session that is due."""
        return [self.view.universe[symbol].name for symbol in self.symbols if symbol in self.late]

    @cached_property
    def legs(self) -> pd.DataFrame:
        """The basket's selloff legs with who started them, the latest first."""
        frame = selloffs(self.view, self.basket.id, self.state.currency, self.state.fall / 100)
        return frame.iloc[::-1].reset_index(drop=True)

    @cached_property
    def days(self) -> Sessions:
        """The sessions of the window on which anything on the chart could trade."""
        columns = self.view.columns(tuple(dict.fromkeys((*self.symbols, *self.basket.symbols))))
        traded = self.view.panel.present[:, columns].any(axis=1)
        return self.sessions[traded & (self.sessions >= session64(self.start))]

    @cached_property
    def marked(self) -> Marked:
        """The flags above the lines; a chart that is aligned at a day 0 has none."""
        as_of = self.as_of if self.state.asof else None
        state = replace(self.state, flags="none") if self.state.align != "none" else self.state
        return marked(
            self.view,
            self.book,
            state,
            self.basket.id,
            self.days,
            as_of=as_of,
            currency=self.state.currency,
        )

    def fall_of(self, prices: Floats) -> Floats:
        """Fall from the chosen peak: own record, 52-week high, or high since the window began."""
        if self.state.peak == "year":
            return trailing_drawdown(prices)
        if self.state.peak == "window":
            inside = self.sessions >= session64(self.start)
            held = np.where(inside if prices.ndim == 1 else inside[:, None], prices, np.nan)
            return drawdown(held)
        return drawdown(prices)

    def _has(self, symbol: str) -> bool:
        columns = self.view.columns((symbol,))
        return bool(columns) and bool(np.isfinite(self.prices[:, columns[0]]).any())

    @cached_property
    def left_out(self) -> str:
        """Who of the names asked for and of the basket is on no line and in no figure, and why."""
        currency = self.state.currency
        whole = str(basket_left_out(self.view, self.basket.id, currency))
        if not self.state.names:
            return whole
        own = str(left_out(self.view, self.state.names, currency))
        return "; the basket: ".join(part for part in (own, whole) if part)

    @cached_property
    def membership(self) -> Membership | None:
        """On how many of today’s names the basket’s percentile stands."""
        return membership(self.view, self.basket.id, self.state.currency)

    def _by_fall(self, symbols: list[str]) -> list[str]:
        standing = names_standing(self.view, self.state.currency)
        return sorted(symbols, key=lambda symbol: standing[symbol].drawdown if symbol in standing else 0.0)


def facts_of(view: View, state: DrawdownState, as_of: Instant, book: EventBook = NOTHING) -> Facts:
    """The facts for a view, its events and controls, kept with the view."""
    late = late_names(view, as_of)  # a session falls due while nothing else of the view changes
    key = ("drawdowns", state, book.key, tuple(late.items()))
    return view.remember(key, lambda: Facts(view, state, as_of, book, late))

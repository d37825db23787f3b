"""What the Correlation view states: worked out once for a view of the market and a set of controls."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import TypeVar

import numpy as np

from app.figures.frame import Leg
from app.figures.panels import Times
from app.kinds.address import window_start
from app.market.event_book import NOTHING, EventBook
from app.market.market import View
from app.questions.correlation.adjusted import Adjusted, Fall, all_adjusted, fall_of, falls
from app.questions.correlation.lagged import Show, Tightness, default_pair, matrix_of, nodes_of, tightness
from app.questions.correlation.pairs import Node, Pair, pair_of
from app.questions.correlation.state import CorrelationState
from app.questions.drawdowns.falls import selloffs
from app.questions.events.flag_marks import marks_on
from app.questions.events.flags import Flagged, Marked, basket_days, marked
from models.analytics.correlation import LaggedMatrix
from models.errors import AftershockError, NoPricesError
from models.types import Instant, Sessions, session64

T = TypeVar("T")


@dataclass(frozen=True, eq=False)
class Facts:
    """The numbers of the view. A part that cannot be had is the error that says why."""

    view: View
    state: CorrelationState
    as_of: Instant
    book: EventBook = NOTHING

    @property
    def basket(self) -> str:
        """The basket's id."""
        return self.state.basket

    @property
    def window(self) -> int:
        """Rows of the rolling figure."""
        return int(self.state.window)

    @cached_property
    def ends(self) -> tuple[str, str]:
        """The pair asked for, or the page's own."""
        if self.state.lead:
            return self.state.lead, self.state.follow
        return default_pair(self.view, self.basket)

    @cached_property
    def pair(self) -> Pair | AftershockError:
        """Leader and follower by the clock."""
        return _tried(lambda: pair_of(self.view, *self.ends, self.basket))

    @cached_property
    def matrix(self) -> tuple[list[Node], LaggedMatrix] | AftershockError:
        """The lagged matrix and what it is of."""
        return _tried(
            lambda: matrix_of(self.view, self.basket, self.show, self.state.names, int(self.state.rows))
        )

    @property
    def show(self) -> Show:
        """Whether the matrix is of layers or of names."""
        if self.state.show == "names" or self.state.names:
            return "names"
        # a layer that trades on one side alone has no second layer to lead
        several = _tried(lambda: nodes_of(self.view, self.basket, "layers"))
        return "names" if isinstance(several, AftershockError) else "layers"

    @cached_property
    def drawn_names(self) -> tuple[str, ...]:
        """The symbols of a matrix of names, in its order; those it would have while it shows layers."""
        found = _tried(lambda: nodes_of(self.view, self.basket, "names", self.state.names))
        return () if isinstance(found, AftershockError) else tuple(item.id for item in found)

    @cached_property
    def tight(self) -> list[Tightness] | AftershockError:
        """Mean correlation within the sides and across them."""
        return _tried(lambda: tightness(self.view, self.basket, self.window))

    @cached_property
    def falls(self) -> list[Fall]:
        """The basket's selloff legs, the latest first; none without a level."""
        found = _tried(lambda: falls(self.view, self.basket))
        return [] if isinstance(found, AftershockError) else found

    @cached_property
    def fall(self) -> Fall | AftershockError | None:
        """The fall that is set beside the calm before it."""
        return _tried(lambda: fall_of(self.view, self.basket, self.state.peak))

    @cached_property
    def adjusted(self) -> list[Adjusted] | AftershockError:
        """Calm, raw and adjusted of each direction."""
        if isinstance(self.fall, AftershockError):
            return self.fall
        fall = self.fall
        return _tried(lambda: all_adjusted(self.view, self.basket, *self.ends, fall))

    @cached_property
    def start(self) -> date:
        """The first day of the charts over time."""
        last, first = self.view.panel.sessions[-1].item(), self.view.panel.sessions[0].item()
        wanted = window_start(self.state.start, last) or first
        return first if wanted > last else max(wanted, first)

    @cached_property
    def marked(self) -> Marked:
        """The flags above the charts over time, numbered alike on all of them."""
        days = basket_days(self.view, self.basket)
        as_of = self.as_of if self.state.asof else None
        return marked(self.view, self.book, self.state, self.basket, days[self.since(days)], as_of=as_of)

    def times(self, days: Sessions, flags: Sequence[Flagged] | None = None) -> Times:
        """The time axis over some days, with the flags and the basket's falls across it."""
        shown = self.marked.within(days).flags if flags is None else flags
        return Times(days, marks_on(shown, days, self.view, self.state.asof), self._legs(days))

    def _legs(self, days: Sessions) -> list[Leg]:
        if not self.falls or not len(days):
            return []
        found = []
        for leg in selloffs(self.view, self.basket).itertuples():
            peak, trough = (np.datetime64(value).astype("datetime64[D]") for value in (leg.peak, leg.trough))
            if trough >= days[0] and peak <= days[-1]:
                ends = np.clip(np.searchsorted(days, [peak, trough]), 0, len(days) - 1)
                found.append(Leg(float(ends[0]), float(ends[1]), leg.depth * 100))
        return found

    def since(self, days: Sessions) -> np.ndarray:
        """Rows of some days that lie in the window of the charts over time."""
        return np.flatnonzero(days >= session64(self.start))


def _tried(make: Callable[[], T]) -> T | AftershockError:
    try:
        return make()
    except AftershockError as error:
        return error


def facts_of(view: View, state: CorrelationState, as_of: Instant, book: EventBook = NOTHING) -> Facts:
    """The facts for a view, its events and controls, kept with the view.

    Raises
    ------
    NoPricesError
        If no price is stored by then.
    """
    if view.empty:
        raise NoPricesError("No prices yet. Run `aftershock ingest once`.")
    return view.remember(("correlation", state, book.key), lambda: Facts(view, state, as_of, book))

"""What the Connectedness view states: worked out once for a view of the market and a set of controls."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd

from app.market.event_book import NOTHING, EventBook
from app.market.market import View
from app.questions.connectedness.state import ConnectednessState
from app.questions.connectedness.system import Connected, connected
from app.questions.drawdowns.falls import selloffs
from app.questions.events.flags import Marked, basket_days, marked
from models.errors import AftershockError
from models.types import Instant, Sessions


@dataclass(frozen=True, eq=False)
class Facts:
    """The numbers of the view."""

    view: View
    state: ConnectednessState
    as_of: Instant
    book: EventBook = NOTHING

    @cached_property
    def found(self) -> Connected:
        """The system that the controls ask for."""
        return connected(self.view, self.state.terms)

    @cached_property
    def problem(self) -> str:
        """Why the system cannot be estimated; empty when it can."""
        try:
            _ = self.found.result
        except AftershockError as error:
            return str(error)
        return ""

    @cached_property
    def giver(self) -> int:
        """The place of who gives the most."""
        return int(np.argmax(self.found.result.net))

    @cached_property
    def taker(self) -> int:
        """The place of who takes the most."""
        return int(np.argmin(self.found.result.net))

    @cached_property
    def days(self) -> Sessions:
        """The dates on which the windows shown end."""
        return self.found.days

    @cached_property
    def marked(self) -> Marked:
        """The flags above the windows."""
        as_of = self.as_of if self.state.asof else None
        # Days without a window have events too: they stand at the next one.
        days = basket_days(self.view, self.state.basket)
        if len(self.days):
            days = days[(days >= self.days[0]) & (days <= self.days[-1])]
        return marked(self.view, self.book, self.state, self.state.basket, days, as_of=as_of)

    @cached_property
    def legs(self) -> pd.DataFrame:
        """The basket's selloff legs that reach into them."""
        legs = selloffs(self.view, self.state.basket)
        if not len(self.days):
            return legs.iloc[:0]
        return legs[legs["trough"].to_numpy() >= self.days[0]]


def facts_of(view: View, state: ConnectednessState, as_of: Instant, book: EventBook = NOTHING) -> Facts:
    """The facts for a view, its events and controls, kept with the view."""
    key = "connectedness page", state, book.key
    return view.remember(key, lambda: Facts(view, state, as_of, book))

"""What the Stress view states: worked out once for a view of the market and a set of controls."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import TypeVar

import numpy as np
import pandas as pd

from app.kinds.address import window_start
from app.market.event_book import NOTHING, EventBook
from app.market.market import View
from app.questions.drawdowns.falls import selloffs
from app.questions.events.flags import Marked, basket_days, marked
from app.questions.relay.legs import PLACES, side_symbols, since_of
from app.questions.stress.measures import Lead, exceeding, next_leg_of, pair_tails, side_tails
from app.questions.stress.state import StressState
from app.questions.stress.table import Stress, asked_of
from models.analytics.coexceedance import Coexceedance, NextLeg
from models.analytics.tails import TailDependence
from models.analytics.trailing import OUT, Out
from models.errors import AftershockError
from models.types import Instant, Sessions, session64

T = TypeVar("T")
LAMBDA = 0.10
LAST = 20


@dataclass(frozen=True, eq=False)
class Facts:
    """The numbers of the view."""

    view: View
    state: StressState
    as_of: Instant
    book: EventBook = NOTHING

    @cached_property
    def stress(self) -> Stress:
        """Turbulence and absorption on every row of the clock."""
        state = self.state
        return asked_of(self.view, state.basket, state.lead, state.window, state.memory)

    @cached_property
    def dates(self) -> Sessions:
        """The date on which each row of the clock was complete."""
        return self.stress.clock.dates

    @cached_property
    def sessions(self) -> Sessions:
        """The days of the time axis: from the start, those on which a name of the basket traded."""
        days = basket_days(self.view, self.state.basket)
        return days[days >= session64(self.start)]

    @cached_property
    def start(self) -> date:
        """The first day of the window; of all there is when it would begin after the last session."""
        first: date = self.view.panel.sessions[0].item()
        return first if self.unreached else max(self._wanted, first)

    @property
    def unreached(self) -> bool:
        """Whether a window was asked for that begins after the last session."""
        return self._wanted > self._last

    @property
    def _last(self) -> date:
        last: date = self.view.panel.sessions[-1].item()
        return last

    @cached_property
    def _wanted(self) -> date:
        return window_start(self.state.start, self._last) or date.min

    @cached_property
    def shown(self) -> np.ndarray:
        """The rows of the clock that lie in the window."""
        return np.flatnonzero(self.dates >= session64(self.start))

    @cached_property
    def legs(self) -> pd.DataFrame:
        """The basket's selloff legs, by date."""
        return selloffs(self.view, self.state.basket, threshold=LAMBDA)

    @cached_property
    def marked(self) -> Marked:
        """The flags above the panels."""
        as_of = self.as_of if self.state.asof else None
        return marked(self.view, self.book, self.state, self.state.basket, self.sessions, as_of=as_of)

    @cached_property
    def sides(self) -> dict[str, str]:
        """The sides on which the basket has a name, and what they are called."""
        return {
            side: place for side, place in PLACES.items() if side_symbols(self.view, side, self.state.basket)
        }

    def exceeding(self, side: str) -> Coexceedance:
        """Names of a side in their own worst twentieth, session by session of the panel."""
        return exceeding(self.view, self.state.basket, side)

    @property
    def q(self) -> float:
        """The worst share of days that tails are taken at, a fraction."""
        return self.state.tail / 100

    @cached_property
    def since(self) -> date:
        """The first day of the years behind the next leg and the tails."""
        return since_of(self.view)

    def next_leg(self, lead: Lead) -> NextLeg:
        """What a co-exceedance of the side that closes first was followed by."""
        return next_leg_of(self.view, self.state.basket, lead)

    def side_tails(self, lead: Lead) -> TailDependence:
        """Tail dependence between the sides' baskets."""
        return side_tails(self.view, self.state.basket, lead, self.q)

    def pair_tails(self, lead: Lead) -> pd.DataFrame:
        """Tail dependence of the pairs across the sides, the surest first."""
        return pair_tails(self.view, self.state.basket, lead, self.q)

    def recent_turbulent(self) -> tuple[int, int]:
        """Turbulent rows among the last ones that can be judged, and how many those are."""
        found = self.stress.turbulence
        if found is None:
            return 0, 0
        judged = np.isfinite(found.threshold[-LAST:]) & np.isfinite(found.score[-LAST:])
        return int(found.turbulent[-LAST:][judged].sum()), int(judged.sum())

    def out_now(self) -> dict[str, dict[str, list[str]]]:
        """For turbulence and absorption, who is left out of the last row, by reason."""
        told: dict[str, dict[str, list[str]]] = {}
        for name, part in (("Turbulence", self.stress.turbulence), ("Absorption", self.stress.absorption)):
            if part is None or not len(part.status):
                continue
            reasons: dict[str, list[str]] = {}
            for column in np.flatnonzero(part.status[-1]):
                symbol = self.stress.clock.symbols[column]
                reasons.setdefault(OUT[Out(int(part.status[-1, column]))], []).append(
                    self.view.universe[symbol].name
                )
            if reasons:
                told[name] = reasons
        return told


def tried(make: Callable[[], T]) -> tuple[T | None, str]:
    """What a question gives, or None and the sentence that says why it has no answer."""
    try:
        return make(), ""
    except AftershockError as error:
        return None, str(error)


def facts_of(view: View, state: StressState, as_of: Instant, book: EventBook = NOTHING) -> Facts:
    """The facts for a view, its events and controls, kept with the view."""
    return view.remember(("stress page", state, book.key), lambda: Facts(view, state, as_of, book))

"""What the comparison states: events and falls of one basket from their day 0, and what came back."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import pandas as pd

from app.kinds.request import PageRequest
from app.market.asof import asked_view
from app.market.market import Market, View
from app.questions.compare.aligned import (
    MOST,
    Start,
    past_recoveries,
    recovered,
    side_by_side,
    start_of,
    usual,
)
from app.questions.compare.state import CompareState, parse_compare
from app.questions.compare.table import sentence
from app.questions.events.moments import by_then
from models.analytics.event_recovery import STEPS
from models.errors import AftershockError
from models.events import Event
from models.types import Instant


@dataclass(frozen=True, eq=False)
class Facts:
    """The numbers of one comparison; ``events`` are those known by then, by date."""

    view: View
    state: CompareState
    as_of: Instant
    events: tuple[Event, ...]
    starts: tuple[Start, ...]

    @property
    def refs(self) -> tuple[str, ...]:
        """What is compared, as addresses have it."""
        return tuple(start.ref for start in self.starts)

    @property
    def threshold(self) -> float:
        """The least depth of a past fall, a fraction."""
        return self.state.fall / 100

    @cached_property
    def paths(self) -> pd.DataFrame:
        """Each line by session from its day 0, fractions, from the session before it that is 0."""
        state = self.state
        return side_by_side(self.view, self.starts, state.basket, state.before, state.after)

    @cached_property
    def table(self) -> pd.DataFrame:
        """What each regained, beside the past."""
        state = self.state
        return recovered(self.view, self.starts, state.basket, state.beside, self.threshold)

    @cached_property
    def past(self) -> pd.DataFrame:
        """What each past fall regained itself."""
        return past_recoveries(self.view, self.state.basket, self.state.beside, self.threshold)

    @cached_property
    def sentence(self) -> str:
        """What each regained, and among how many it stands."""
        return sentence(self.starts, self.table, self.state.beside)

    def last(self, start: Start) -> tuple[int, float]:
        """The last session that a line has reached, and where it stood: a fraction."""
        line = self.paths[start.ref].dropna()
        return int(line.index[-1]), float(line.iloc[-1])

    def spread(self, step: int) -> tuple[float, float, float]:
        """Lower quartile, median and upper quartile of what past falls had regained; NaN without one."""
        found = self.past[f"recovery_{step}"].quantile([0.25, 0.5, 0.75])
        return float(found.iloc[0]), float(found.iloc[1]), float(found.iloc[2])

    def known(self, step: int = STEPS[0]) -> int:
        """How many past falls have a figure some sessions after their low."""
        return int(self.past[f"recovery_{step}"].notna().sum())


def facts_of(market: Market, request: PageRequest) -> tuple[Facts, list[str]]:
    """The facts for what was asked, and a sentence for each thing that was not used.

    Raises
    ------
    NoPricesError
        If no price of the basket is stored by then.
    """
    state, notices = parse_compare(request.search, market.universe, market.now())
    view, moment = asked_view(market, state.asof, notices)
    view.basket(state.basket)  # without a price it raises here, before any part of the page is made
    book = market.events(view)
    events = by_then(view, book.events, moment)
    starts = _starts(view, events, state, notices)
    key = ("compare page", state, book.key, starts)
    return view.remember(key, lambda: Facts(view, state, moment, events, starts)), notices


def _starts(
    view: View, events: tuple[Event, ...], state: CompareState, notices: list[str]
) -> tuple[Start, ...]:
    """What was asked for that can be placed; a notice for each that cannot."""
    least = state.fall / 100
    wanted = state.items or usual(view, events, state.basket, least, state.event)
    refs = dict.fromkeys((*wanted, *([state.add] if state.add else [])))
    found: list[Start] = []
    for ref in refs:
        try:
            start = start_of(view, events, ref, state.basket, least)
        except AftershockError as error:
            notices.append(f"Left out: {error}")
            continue
        if len(found) == MOST:
            notices.append(f"Left out {start.label}: a chart holds at most {MOST} lines.")
            break
        found.append(start)
    return tuple(found)

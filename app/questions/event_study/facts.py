"""What the event study states: one event by the clock of every exchange, for what was asked."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from app.kinds.request import PageRequest
from app.market.asof import asked_view
from app.market.market import Market, View
from app.questions.event_study.abnormal import GroupPath, NamePath, Studied, studied, window_of
from app.questions.event_study.state import StudyState, parse_study
from app.questions.event_study.table import tests_to
from app.questions.events.moments import Happening, by_then, happening_of, happening_of_event
from models.errors import AftershockError, UnknownEventError
from models.events import Event
from models.types import Instant

SEVERE = 3
YEAR = 250


@dataclass(frozen=True, eq=False)
class Facts:
    """The numbers of one study; ``events`` are those known by then, by date."""

    view: View
    state: StudyState
    as_of: Instant
    events: tuple[Event, ...]
    happening: Happening

    @cached_property
    def answer(self) -> tuple[Studied | None, str]:
        """The study, or None and the sentence that says why there is none."""
        state = self.state
        try:
            window = window_of(state.before, state.after, state.fit, state.gap)
            found = studied(self.view, self.happening.at, state.basket, state.model, state.benchmark, window)
        except AftershockError as error:
            return None, str(error)
        if not found.names:
            return None, "No name has enough sessions before the event to say what was expected of it."
        return found, ""

    @property
    def study(self) -> Studied | None:
        """The study, None when there is none."""
        return self.answer[0]

    @property
    def why(self) -> str:
        """Why there is no study; empty when there is one."""
        return self.answer[1]

    @cached_property
    def ends(self) -> list[int]:
        """The sessions to which sums from day 0 are told: 0, 1, 5 and the last, those that all names have."""
        if self.study is None:
            return []
        return [test.last for test in self.study.whole.tests if test.first == 0]

    @cached_property
    def names(self) -> list[NamePath]:
        """The names in the order asked for."""
        study = self.study
        if study is None:
            return []
        last, key = study.place(self.ends[-1]), self.state.sort
        layers = {group.id: place for place, group in enumerate(study.layers)}
        orders = {
            "car": lambda name: name.car[last],
            "day": lambda name: name.abnormal[study.place(0)],
            "gap": lambda name: np.nan_to_num(name.gap, nan=np.inf),
            "t": lambda name: name.scores[last],
            "name": lambda name: name.name.lower(),
            "layer": lambda name: (layers[name.layer], name.car[last]),
        }
        return sorted(study.names, key=orders[key])

    def by_day(self) -> list[tuple[GroupPath, float]]:
        """The layers with their mean on day 0, the one that lost most first; those of one name only if
        there is no other."""
        if self.study is None:
            return []
        several = [group for group in self.study.layers if len(group.symbols) > 1]
        found = [(group, tests_to(group, 0)) for group in several or self.study.layers]
        return sorted(((group, day.mean) for group, day in found if day), key=lambda item: item[1])


def facts_of(market: Market, request: PageRequest) -> tuple[Facts, list[str]]:
    """The facts for what was asked, and a sentence for each parameter that was not used.

    Raises
    ------
    NoPricesError
        If no price is stored by then.
    """
    state, notices = parse_study(request.search, market.universe, market.now())
    view, moment = asked_view(market, state.asof, notices)
    view.basket(state.basket)  # without a price it raises here, before any part of the page is made
    book = market.events(view)
    events = by_then(view, book.events, moment)
    happening = _happening(view, state, events, notices)
    key = ("study page", state, book.key, happening)
    return view.remember(key, lambda: Facts(view, state, moment, events, happening)), notices


def _happening(view: View, state: StudyState, events: tuple[Event, ...], notices: list[str]) -> Happening:
    if state.event:
        try:
            return happening_of(view, events, state.event)
        except UnknownEventError as error:
            notices.append(f"Ignored event: {error}")
    severe = [event for event in events if event.severity == SEVERE] or list(events)
    if severe:
        return happening_of_event(view, severe[-1])
    path = view.basket(state.basket)
    moves = np.where(np.isfinite(path.returns), path.returns, np.inf)[-YEAR:]
    worst = path.sessions[-YEAR:][int(np.argmin(moves))].item()
    return happening_of(view, (), worst.isoformat())

"""The controls of the Correlation view."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from app.answers.pairs import node_id
from app.state import (
    FLAG_FIELDS,
    WINDOWS,
    FlagState,
    choice_of,
    day_of,
    flag_value,
    names_of,
    parse_asof,
    read_state,
    window_start,
)
from models.universe import Universe

SHOWS = ("layers", "names")
ROWS = ("60", "120", "250", "500", "1250", "0")
ROLLING = ("20", "60", "120", "250")
FROM = tuple(window for window in WINDOWS if window not in ("1m", "3m"))


@dataclass(frozen=True, slots=True)
class CorrelationState(FlagState):
    """What the address says. ``lead`` and ``follow`` are the pair (empty: the page's own), ``show`` and
    ``names`` what the matrix is of, ``rows`` how many of the last count in it, ``window`` those of the
    rolling figure, ``peak`` the fall that is set beside the calm."""

    basket: str = "all"
    lead: str = ""
    follow: str = ""
    show: str = "layers"
    names: tuple[str, ...] = ()
    rows: str = "250"
    window: str = "60"
    start: str = "2021"
    peak: str = ""
    asof: str = ""


_CHOICES = {"show": SHOWS, "rows": ROWS, "window": ROLLING}


def parse_correlation(search: str | None, universe: Universe) -> tuple[CorrelationState, list[str]]:
    """Read the controls; and a sentence for each parameter that was not used."""

    def value(name: str, text: str) -> Any:
        if name in FLAG_FIELDS:
            return flag_value(name, text, universe)
        if name in _CHOICES:
            return choice_of(text, _CHOICES[name])
        if name == "basket":
            return universe.basket(text).id
        if name in ("lead", "follow"):
            return node_id(universe, text)
        if name == "names":
            return names_of(text, universe)
        if name == "start":
            window_start(text, date(2026, 1, 1))
            return text
        if name == "peak":
            return day_of(text)
        if name == "asof":
            parse_asof(text)
            return text
        raise TypeError(name)

    state, notices = read_state(CorrelationState(), search, value)
    if bool(state.lead) != bool(state.follow):
        notices.append("Ignored half a pair: name both lead and follow.")
        state = replace(state, lead="", follow="")
    if state.lead and state.lead == state.follow:
        notices.append(f"Ignored the pair: {state.lead} with itself says nothing.")
        state = replace(state, lead="", follow="")
    return state, notices

"""The controls of the Stress view."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any, Literal

from app.state import FLAG_FIELDS, FlagState, choice_of, flag_value, parse_asof, read_state, window_start
from models.universe import Universe

LEADS = ("us", "asia")
WINDOWS = (125, 250, 500)
MEMORIES = (250, 500, 750)
TAILS = (5, 10)


@dataclass(frozen=True, slots=True)
class StressState(FlagState):
    """What the address says.

    ``lead`` is the side that closes first within a row, ``window`` the rows behind turbulence,
    ``memory`` those behind the absorption ratio, ``tail`` the worst share of days in percent.
    """

    basket: str = "all"
    lead: Literal["us", "asia"] = "us"
    start: str = "2024"
    window: int = 250
    memory: int = 500
    tail: int = 5
    asof: str = ""


_NUMBERS = {"window": WINDOWS, "memory": MEMORIES, "tail": TAILS}


def parse_stress(search: str | None, universe: Universe) -> tuple[StressState, list[str]]:
    """Read the controls; and a sentence for each parameter that was not used."""

    def value(name: str, text: str) -> Any:
        if name in FLAG_FIELDS:
            return flag_value(name, text, universe)
        if name == "basket":
            return universe.basket(text).id
        if name == "lead":
            return choice_of(text, LEADS)
        if name in _NUMBERS:
            return int(choice_of(text, tuple(map(str, _NUMBERS[name]))))
        if name == "start":
            window_start(text, date(2026, 1, 1))
            return text
        if name == "asof":
            parse_asof(text)
            return text
        raise TypeError(name)

    return read_state(StressState(), search, value)

"""The controls of the Relay view."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from app.state import FLAG_FIELDS, FlagState, choice_of, day_of, flag_value, parse_asof, read_state
from models.universe import Universe

SPANS = ("episode", "10", "20", "40")


@dataclass(frozen=True, slots=True)
class RelayState(FlagState):
    """What the address says: ``day`` the news day shown (empty: the last), ``span`` what the strip holds."""

    basket: str = "all"
    day: str = ""
    span: str = "episode"
    asof: str = ""


def parse_relay(search: str | None, universe: Universe) -> tuple[RelayState, list[str]]:
    """Read the controls; and a sentence for each parameter that was not used."""

    def value(name: str, text: str) -> Any:
        if name in FLAG_FIELDS:
            return flag_value(name, text, universe)
        if name == "basket":
            return universe.basket(text).id
        if name == "day":
            return day_of(text)
        if name == "span":
            return choice_of(text, SPANS)
        if name == "asof":
            parse_asof(text)
            return text
        raise TypeError(name)

    return read_state(RelayState(), search, value)

"""The controls of the Relay view."""

from __future__ import annotations

from dataclasses import dataclass

from app.state import FlagState, day_of, one_of, read_state
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
    return read_state(RelayState(), search, universe, {"day": day_of, "span": one_of(SPANS)})

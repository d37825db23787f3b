"""The controls of the Relay view."""

from __future__ import annotations

from dataclasses import dataclass

from app.kinds.address import FlagState, Reader, day_of, one_of, read_state
from models.types import Instant
from models.universe import Universe

SPANS = ("episode", "10", "20", "40")


@dataclass(frozen=True, slots=True)
class RelayState(FlagState):
    """What the address says: ``day`` the news day shown (empty: the last), ``span`` what the strip holds."""

    basket: str = "all"
    day: str = ""
    span: str = "episode"
    asof: str = ""


def parse_relay(
    search: str | None, universe: Universe, now: Instant | None = None
) -> tuple[RelayState, list[str]]:
    """Read the controls; and a sentence for each parameter that was not used."""
    own: dict[str, Reader] = {"day": lambda text: day_of(text, now), "span": one_of(SPANS)}
    return read_state(RelayState(), search, universe, own, now)

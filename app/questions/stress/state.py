"""The controls of the Stress view."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from app.kinds.address import FlagState, one_of, read_state
from models.types import Instant
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
    lead: Literal["us", "asia"] = "asia"
    start: str = "2024"
    window: int = 250
    memory: int = 500
    tail: int = 5
    asof: str = ""


_OWN = {
    "lead": one_of(LEADS),
    "window": one_of(WINDOWS),
    "memory": one_of(MEMORIES),
    "tail": one_of(TAILS),
}


def parse_stress(
    search: str | None, universe: Universe, now: Instant | None = None
) -> tuple[StressState, list[str]]:
    """Read the controls; and a sentence for each parameter that was not used."""
    return read_state(StressState(), search, universe, _OWN, now)

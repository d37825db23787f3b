"""The question of stress: turbulence, absorption and co-exceedance row by row."""

from __future__ import annotations

from dataclasses import dataclass

from app.kinds.parameters import Asked, choice, fraction, whole
from app.kinds.question import Question
from app.questions.stress.measures import Lead
from app.questions.stress.table import SHOWN, stress


@dataclass(frozen=True, slots=True)
class StressParams(Asked):
    """What may be asked of stress."""

    lead: Lead = choice("asia", "us", "asia", help="The side that closes first within a row.")
    window: int = whole(250, 2, 10_000, help="Rows behind turbulence, ending the row before.")
    memory: int = whole(500, 2, 10_000, help="Rows behind the absorption ratio.", option="absorption-window")
    tail: float = fraction(0.05, 0.001, 0.5, help="The worst share of days.")
    days: int = whole(SHOWN, 0, 100_000, help="How many of the last rows; 0 for all.")


STRESS = Question(
    "stress",
    StressParams,
    ask=lambda ground, params: stress(
        ground.view,
        params.basket,
        params.lead,
        params.window,
        params.memory,
        q=params.tail,
        days=params.days,
        as_of=ground.as_of,
    ),
)

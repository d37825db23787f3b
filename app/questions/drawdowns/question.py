"""The questions of falls: how deep each name stands, and the falls past."""

from __future__ import annotations

from dataclasses import dataclass

from app.kinds.parameters import Asked, choice, fraction
from app.kinds.question import Question
from app.market.market import Currency
from app.questions.drawdowns.falls import Kind, drawdowns, episodes


@dataclass(frozen=True, slots=True)
class DrawdownParams(Asked):
    """What may be asked of drawdowns."""

    currency: Currency = choice("local", "local", "usd", help="Local money or dollars.")


@dataclass(frozen=True, slots=True)
class EpisodeParams(DrawdownParams):
    """What may be asked of the falls past."""

    kind: Kind = choice(
        "selloff",
        "selloff",
        "drawdown",
        help="Selloff legs of the basket, or drawdown episodes of its names.",
    )
    threshold: float = fraction(0.10, 0.001, 0.999, help="The least fall.", key="fall", option="threshold")


DRAWDOWNS = Question(
    "drawdowns",
    DrawdownParams,
    ask=lambda ground, params: drawdowns(ground.view, params.basket, params.currency, ground.as_of),
)
EPISODES = Question(
    "episodes",
    EpisodeParams,
    ask=lambda ground, params: episodes(
        ground.view, params.kind, params.basket, params.currency, params.threshold, ground.as_of
    ),
)

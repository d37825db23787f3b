"""The question of events and falls side by side, and what came back after them."""

from __future__ import annotations

from dataclasses import dataclass

from app.kinds.answer import Answer
from app.kinds.parameters import Asked, choice, fraction, several, whole, written
from app.kinds.question import Ground, Question
from app.questions.compare.aligned import Beside
from app.questions.compare.state import LIMITS
from app.questions.compare.table import compare
from app.questions.event_study.question import window_ends
from app.questions.events.moments import by_then


@dataclass(frozen=True, slots=True)
class CompareParams(Asked):
    """What may be asked of events and falls."""

    items: tuple[str, ...] = several(
        help="Ids of events, dates, instants, or fall:PEAK; severe events unless given.",
        read=lambda text, _: tuple(item for item in text.split(",") if item),
        metavar="[WHAT]…",
    )
    window: tuple[int, int] | str = written(
        help="Sessions from day 0; -5,20 unless given.", read=window_ends, metavar="FROM,TO"
    )
    before: int = whole(5, 0, LIMITS["before"][1], help="Sessions before day 0.")
    after: int = whole(20, 0, LIMITS["after"][1], help="Sessions after day 0.")
    beside: Beside = choice(
        "falls",
        "falls",
        "days",
        help="What came back is set beside past falls, or the basket’s worst days.",
    )
    fall: float = fraction(0.10, 0.01, 0.9, help="The least depth of a past fall.")


def _ask(ground: Ground, params: CompareParams) -> Answer:
    events = by_then(ground.view, ground.market.events(ground.view).events, ground.moment)
    before, after = params.window if isinstance(params.window, tuple) else (params.before, params.after)
    return compare(
        ground.view,
        events,
        params.items,
        params.basket,
        before,
        after,
        params.beside,
        params.fall,
        ground.as_of,
    )


COMPARE = Question("compare", CompareParams, ask=_ask)

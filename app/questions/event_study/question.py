"""The question of an event: what names did beyond the expected, each from its own exchange's day 0."""

from __future__ import annotations

import re
from dataclasses import dataclass

from app.kinds.answer import Answer
from app.kinds.parameters import Asked, Reading, choice, whole, written
from app.kinds.question import Ground, Question
from app.questions.event_study.benchmarks import WORDS
from app.questions.event_study.state import LIMITS
from app.questions.event_study.table import event_study
from app.questions.events.moments import by_then, happening_of
from models.analytics.event_study import Model
from models.errors import MeasureSettingError
from models.tickers import read_symbol


def window_ends(text: str, _: Reading | None = None) -> tuple[int, int]:
    """Sessions before and after day 0 of what was typed: ``-5,10`` is 5 and 10.

    Raises
    ------
    MeasureSettingError
        If it is no window that holds day 0.
    """
    ends = re.fullmatch(r"\s*[-−]?(\d{1,3})\s*,\s*\+?(\d{1,3})\s*", text)
    if not ends:
        raise MeasureSettingError(
            "--window", repr(text[:40]), "sessions before and after day 0, such as -5,10"
        )
    return int(ends[1]), int(ends[2])


def benchmark_of(text: str, reading: Reading) -> str:
    """What is expected follows: auto, rest, home or a symbol."""
    return text if text in WORDS else read_symbol(text, reading.universe)


@dataclass(frozen=True, slots=True)
class StudyParams(Asked):
    """What may be asked of an event."""

    event: str = written(
        help="An event’s id, a date, or an instant: 2025-01-27T12:00Z.",
        read=lambda text, _: text,
        option="at",
        metavar="WHEN",
        required=True,
    )
    model: Model = choice(
        "market", "market", "mean", help="What is expected: by a benchmark, or the own mean."
    )
    benchmark: str = written(
        help="auto, rest (the other names), home (their index) or a symbol.", read=benchmark_of
    )
    window: tuple[int, int] | str = written(
        help="Sessions from day 0; -5,10 unless given.", read=window_ends, metavar="FROM,TO"
    )
    before: int | None = whole(None, *LIMITS["before"], help="Sessions before day 0.")
    after: int | None = whole(None, *LIMITS["after"], help="Sessions after day 0.")
    estimation: int | None = whole(
        None,
        *LIMITS["fit"],
        help="Sessions the model is fitted on; 250 unless given.",
        key="fit",
        option="estimation",
    )
    gap: int | None = whole(
        None, *LIMITS["gap"], help="Sessions between the fit and the window; 20 unless given."
    )


def _ask(ground: Ground, params: StudyParams) -> Answer:
    events = by_then(ground.view, ground.market.events(ground.view).events, ground.moment)
    happening = happening_of(ground.view, events, params.event)
    before, after = params.window if isinstance(params.window, tuple) else (params.before, params.after)
    return event_study(
        ground.view,
        happening.at,
        params.basket,
        params.model,
        params.benchmark or "auto",
        *(before, after, params.estimation, params.gap),
        ground.as_of,
        happening.said,
    )


EVENT_STUDY = Question("event-study", StudyParams, ask=_ask)

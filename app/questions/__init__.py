"""The questions: each declared once, in a module of its own that is imported when somebody asks it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from app.kinds.question import Question


class Entry(NamedTuple):
    """Where a question is declared, and what it answers in one sentence: all that ``--help`` needs."""

    module: str
    says: str


QUESTIONS: dict[str, Entry] = {
    "moves": Entry("app.questions.moves", "What each name did on a date."),
    "brief": Entry(
        "app.questions.brief.question",
        "The morning: what happened, how bad, how wide, who started it, what next, what since.",
    ),
    "drawdowns": Entry("app.questions.drawdowns.question", "How far below its record each name stands."),
    "episodes": Entry("app.questions.drawdowns.question", "Falls, from peak to trough to recovery."),
    "relay": Entry(
        "app.questions.relay.question",
        "One news day as legs in clock order: who started it, and what each leg says of the next.",
    ),
    "breadth": Entry(
        "app.questions.breadth",
        "Sector-wide or single-stock: the verdict of a news day, by layer and country, and who held up.",
    ),
    "early-warning": Entry(
        "app.questions.early_warning",
        "What followed a rout on one side on the other: hit rates beside base rates, both ways.",
    ),
    "travelled": Entry(
        "app.questions.travelled.question",
        "How a day went from exchange to exchange, in bars of five minutes.",
    ),
    "stress": Entry(
        "app.questions.stress.question",
        "Turbulence, absorption and co-exceedance row by row, what follows them, and the tails.",
    ),
    "correlation": Entry(
        "app.questions.correlation.question",
        "Correlation at its lag: Asia to New York the same day, New York to the next Asian day.",
    ),
    "forbes-rigobon": Entry(
        "app.questions.correlation.question",
        "Calm, crisis and variance-adjusted correlation side by side, with bootstrap intervals; no verdict.",
    ),
    "connectedness": Entry(
        "app.questions.connectedness.question",
        "Who passes shocks on to whom: TCI and cTCI, TO, FROM and NET, pairs, and every window.",
    ),
    "event-study": Entry(
        "app.questions.event_study.question",
        "What names did beyond the expected, each from its own exchange's day 0.",
    ),
    "compare": Entry(
        "app.questions.compare.question",
        "Events and falls from day 0, and what came back beside every fall before them.",
    ),
}
"""Every question by the name that its command and its API route have."""


def question(name: str) -> Question[Any]:
    """The question of a name; its module is imported now.

    Raises
    ------
    KeyError
        If there is none of that name.
    """
    from importlib import import_module

    wanted = QUESTIONS[name]
    from app.kinds.question import Question

    declared = vars(import_module(wanted.module)).values()
    return next(item for item in declared if isinstance(item, Question) and item.name == name)

"""The commands of event studies: an event by the clock, and what came back after it."""

from __future__ import annotations

import re
from collections.abc import Sequence

from app.commands.asking import answer_noted, asked_of
from app.kinds.answer import Sheet
from app.market.market import View
from app.questions.compare import table as answers
from app.questions.compare.aligned import Beside
from app.questions.event_study.table import event_study
from app.questions.events.moments import happening_of
from models.analytics.event_study import Model
from models.errors import AftershockError, MeasureSettingError
from models.events import Event


def study(
    at: str,
    as_of: str | None,
    basket: str,
    model: Model,
    benchmark: str,
    lengths: tuple[str, int | None, int | None],
    form: str,
) -> int:
    """Print what the names of a basket did beyond what was expected of them."""
    if not at:
        raise AftershockError("--at needs an event’s id, a date or an instant, such as 2025-01-27T12:00Z.")
    window, estimation, gap = lengths
    before, after = window_ends(window) if window else (None, None)
    then = asked_of(as_of)

    def ask(view: View, events: tuple[Event, ...]) -> Sheet:
        found, lengths = happening_of(view, events, at), (before, after, estimation, gap)
        return event_study(view, found.at, basket, model, benchmark, *lengths, then, found.said)

    return answer_noted(form, then, ask)


def compare(
    refs: Sequence[str],
    as_of: str | None,
    basket: str,
    window: str,
    beside: Beside,
    threshold: float,
    form: str,
) -> int:
    """Print events and falls side by side, and what came back."""
    if not 0.01 <= threshold <= 0.9:
        raise MeasureSettingError("--fall", threshold, "a share from 0.01 to 0.9")
    before, after = window_ends(window) if window else (5, 20)
    then = asked_of(as_of)
    return answer_noted(
        form,
        then,
        lambda view, events: answers.compare(
            view, events, refs, basket, before, after, beside, threshold, then
        ),
    )


def window_ends(text: str) -> tuple[int, int]:
    """Sessions before and after day 0 of what was typed: ``-5,10`` is 5 and 10.

    Raises
    ------
    MeasureSettingError
        If it is no window that holds day 0.
    """
    found = re.fullmatch(r"\s*[-−]?(\d{1,3})\s*,\s*\+?(\d{1,3})\s*", text)
    if not found:
        raise MeasureSettingError(
            "--window", repr(text[:40]), "sessions before and after day 0, such as -5,10"
        )
    return int(found[1]), int(found[2])

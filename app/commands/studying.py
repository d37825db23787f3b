"""The commands of event studies: an event by the clock, and what came back after it."""

from __future__ import annotations

import re

from app.answers.event_study import event_study
from app.commands.asking import answer
from app.state import parse_asof
from models.analytics.event_study import Model
from models.errors import AftershockError, MeasureSettingError


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
    moment = parse_asof(at)
    if moment is None:
        raise AftershockError("--at needs a date or an instant, such as 2026-06-23 or 2025-01-27T12:00Z.")
    window, estimation, gap = lengths
    before, after = window_ends(window) if window else (None, None)
    then = parse_asof(as_of or "")
    return answer(
        form,
        then,
        lambda view: event_study(
            view, moment, basket, model, benchmark, before, after, estimation, gap, then
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

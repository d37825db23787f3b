"""The controls of the event study."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import Literal

from app.kinds.address import PageState, Reader, asof_of, one_of, read_state
from app.questions.event_study.benchmarks import WORDS
from models.analytics.event_study import AFTER, BEFORE, ESTIMATION, GAP, MODELS
from models.tickers import read_symbol
from models.types import Instant
from models.universe import Universe

SORTS = ("car", "day", "gap", "t", "name", "layer")
LIMITS = {"before": (0, 60), "after": (0, 120), "fit": (20, 1000), "gap": (0, 250)}
"""The least and the most sessions of each length."""


@dataclass(frozen=True, slots=True)
class StudyState(PageState):
    """What the address says.

    ``event`` is an id, a date or an instant, empty for the page's own choice; ``before`` and ``after`` are
    the event window, ``fit`` the sessions the model is fitted on, ``gap`` those between the two.
    """

    event: str = ""
    basket: str = "all"
    model: Literal["market", "mean"] = "market"
    benchmark: str = "auto"
    before: int = BEFORE
    after: int = AFTER
    fit: int = ESTIMATION
    gap: int = GAP
    sort: str = "car"
    asof: str = ""


def parse_study(
    search: str | None, universe: Universe, now: Instant | None = None
) -> tuple[StudyState, list[str]]:
    """Read the controls; and a sentence for each parameter that was not used."""
    own: dict[str, Reader] = {
        "event": lambda text: reference(text, now),
        "model": one_of(MODELS),
        "benchmark": lambda text: text if text in WORDS else read_symbol(text, universe),
        "sort": one_of(SORTS),
    }
    return read_state(StudyState(), search, universe, own | lengths_of(LIMITS), now)


def reference(text: str, now: Instant | None = None) -> str:
    """The id of an event, a date or an instant, as addresses hold them.

    Raises
    ------
    ValueError
        If it can be none of them.
    """
    if re.fullmatch(r"[a-z0-9][a-z0-9-]{0,89}", text):
        return text
    return asof_of(text, now)


def lengths_of(limits: Mapping[str, tuple[int, int]]) -> dict[str, Reader]:
    """The readers of lengths in sessions, each with the least and the most there may be."""
    return {name: partial(length_of, least=least, most=most) for name, (least, most) in limits.items()}


def length_of(text: str, least: int, most: int) -> int:
    """A number of sessions.

    Raises
    ------
    ValueError
        If it is none, or lies outside.
    """
    number = int(text) if re.fullmatch(r"\d{1,4}", text.strip()) else -1
    if not least <= number <= most:
        raise ValueError(f"{text[:40]!r} is no number of sessions from {least} to {most}.")
    return number

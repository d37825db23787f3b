"""Correlation through time: one pair by three estimators, and the mean of all pairs by block."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import numpy as np
import pandas as pd

from app.figures.canvas import Canvas
from app.figures.frame import Figure
from app.figures.panels import Curve, Panel, roomy, small_multiples
from app.figures.style import Style
from app.market import words
from app.questions.correlation.facts import Facts
from app.questions.events.flags import Flagged
from models.analytics.rolling import DECAY
from models.errors import AftershockError
from models.types import Floats, Sessions


def pair_days(facts: Facts) -> Sessions:
    """The days of the pair's panels; none without a pair."""
    pair = facts.pair
    return _NO_DAYS if isinstance(pair, AftershockError) else pair.dates[facts.since(pair.dates)]


def tight_days(facts: Facts) -> Sessions:
    """The days of the blocks' panels; none without pairs."""
    if isinstance(facts.tight, AftershockError):
        return _NO_DAYS
    days = np.unique(np.concatenate([item.dates for item in facts.tight]))
    return np.asarray(days[facts.since(days)])


_NO_DAYS: Sessions = np.empty(0, dtype="datetime64[D]")


def draw_pair(facts: Facts, style: Style, flags: Sequence[Flagged] | None = None) -> Figure:
    """The pair's panels, all on one scale."""
    pair = facts.pair
    if isinstance(pair, AftershockError):
        return _empty(facts, style, str(pair))
    rows = facts.since(pair.dates)
    if len(rows) < 2:
        return _empty(facts, style, "The pair has no rows in this window; choose an earlier start.")
    dynamic = pair.dynamic
    third = np.full(len(pair.dates), np.nan)
    note = "a and b fitted to all rows" if not isinstance(dynamic, AftershockError) else _first(str(dynamic))
    if not isinstance(dynamic, AftershockError):
        third = dynamic.correlation[:, 0, 1]
        if dynamic.log_likelihood - dynamic.constant_log_likelihood < _WORTH:
            note = "no better than a constant by its likelihood: its movement is noise"
    told = [
        (f"Rolling, {facts.window} rows", "each row alike, gone at once", pair.rolling(facts.window)),
        (f"Fading, λ = {words.correlation(DECAY)}", "half the weight on the last 11 rows", pair.fading),
        ("DCC(1,1)", note, third),
    ]
    values = [series[rows] for _, _, series in told]
    panels = _panels(told, values, [np.arange(len(rows))] * 3, style)
    times = facts.times(pair.dates[rows], flags)
    tip = _tips(times.days, [name for name, _, _ in told], values) if style.edge == 0 else None
    return small_multiples(panels, times, style, tip=tip, simulated=facts.view.simulated)


# Twice the gain of likelihood is χ² on two degrees of freedom at most: 5.99 is its 95%.
_WORTH = 5.99 / 2


def draw_tight(facts: Facts, style: Style, flags: Sequence[Flagged] | None = None) -> Figure:
    """The mean of all pairs within and across the sides, all on one scale."""
    found = facts.tight
    if isinstance(found, AftershockError):
        return _empty(facts, style, str(found))
    days = tight_days(facts)
    if len(days) < 2:
        return _empty(facts, style, "No rows lie in this window; choose an earlier start.")
    own = [facts.since(item.dates) for item in found]
    values = [item.mean[rows] for item, rows in zip(found, own, strict=True)]
    at = [np.searchsorted(days, item.dates[rows]) for item, rows in zip(found, own, strict=True)]
    told = [(item.label, "", item.mean) for item in found]
    panels = _panels(told, values, at, style, mean=True)
    times = facts.times(days, flags)
    spread = [_spread(len(days), place, value) for place, value in zip(at, values, strict=True)]
    tip = _tips(days, [item.label for item in found], spread) if style.edge == 0 else None
    return small_multiples(panels, times, style, tip=tip, simulated=facts.view.simulated)


def pair_frame(facts: Facts) -> pd.DataFrame:
    """The pair's rows: returns as fractions, and the three correlations."""
    pair = facts.pair
    if isinstance(pair, AftershockError):
        return pd.DataFrame({"reason": [str(pair)]}, index=pd.Index(["all"], name="date"))
    rows = facts.since(pair.dates)
    dynamic = pair.dynamic
    third = None if isinstance(dynamic, AftershockError) else dynamic.correlation[rows, 0, 1]
    return pd.DataFrame(
        {
            "leader_return": pair.x[rows],
            "follower_return": pair.y[rows],
            "rolling": pair.rolling(facts.window)[rows],
            "fading": pair.fading[rows],
            "dcc": third,
        },
        index=_dated(pair.dates[rows]),
    )


def tight_frame(facts: Facts) -> pd.DataFrame:
    """The mean correlation of each block, day by day."""
    if isinstance(facts.tight, AftershockError):
        return pd.DataFrame({"reason": [str(facts.tight)]}, index=pd.Index(["all"], name="date"))
    columns = {}
    for item in facts.tight:
        rows = facts.since(item.dates)
        columns[item.label] = pd.Series(item.mean[rows], index=_dated(item.dates[rows]))
    return pd.DataFrame(columns).rename_axis("date")


def _panels(
    told: Sequence[tuple[str, str, Floats]],
    values: Sequence[Floats],
    at: Sequence[np.ndarray],
    style: Style,
    *,
    mean: bool = False,
) -> list[Panel]:
    """One panel a series; the same scale for all, from the lowest quarter to 1 or the highest tenth."""
    known = np.concatenate([value[np.isfinite(value)] for value in values])
    low = min(math.floor(float(known.min(initial=0.0)) * 4) / 4, 0.0)
    high = math.ceil(float(known.max(initial=0.25)) * 4) / 4
    steps = np.arange(low, high + 0.01, 0.25 if high - low <= 1 else 0.5)
    ticks = [(float(step), words.correlation(float(step)) if step else "0") for step in steps]
    ticks.sort(key=lambda tick: (tick[0] not in (0.0, high), tick[0] % 0.5))
    panels = []
    for (title, note, _), value, place in zip(told, values, at, strict=True):
        rules = [(0.0, style.palette.strong)] if low < 0 else []
        if mean and np.isfinite(value).any():
            rules.append((float(np.nanmean(value)), style.palette.accent))
        panels.append(
            Panel(
                title,
                note,
                [Curve(place, value, style.palette.ink, style.named)],
                roomy(low, high),
                ticks,
                words.correlation(float(value[-1]) if len(value) else None),
                rules=rules,
            )
        )
    return panels


def _tips(days: Sessions, names: Sequence[str], values: Sequence[Floats]) -> Callable[[int, int], str]:
    """What the pointer reads: the last day of its column, and each line there."""

    def tip(start: int, stop: int) -> str:
        last = [words.correlation(float(value[stop - 1])) for value in values]
        parts = [f"{name} {figure}" for name, figure in zip(names, last, strict=True)]
        return f"{words.day(days[stop - 1])}: {', '.join(parts)}"

    return tip


def _spread(count: int, at: np.ndarray, value: Floats) -> Floats:
    """Values on every position; a side that was closed reads n/a."""
    whole = np.full(count, np.nan)
    whole[at] = value
    return whole


def _dated(days: Sessions) -> pd.Index:
    return pd.Index([str(day) for day in days], name="date")


def _first(text: str) -> str:
    """The clause that says what is missing."""
    return text.split(";")[0]


def _empty(facts: Facts, style: Style, text: str) -> Figure:
    canvas = Canvas(style)
    canvas.text(0, style.tick * 2, text)
    return canvas.figure(simulated=facts.view.simulated)

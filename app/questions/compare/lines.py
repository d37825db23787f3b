"""The two figures of the comparison: levels from day 0, and what came back from the low."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd

from app.figures.event_paths import compare_paths
from app.figures.frame import Axis, Figure, Line
from app.figures.lines import line_chart
from app.figures.style import Style
from app.figures.theme import Palette
from app.market.words import signed
from app.questions.compare.aligned import Start, past_falls, recovery_paths
from app.questions.compare.facts import Facts
from models.analytics.event_recovery import STEPS
from models.types import Floats

AFTER = max(STEPS)
HELD = (-3.0, 3.5)
"""A recovery is drawn when all of it lies within these shares: one of a small fall would flatten the rest."""


def colour(facts: Facts, start: Start, palette: Palette) -> str:
    """The colour of a line: its place among those compared."""
    return palette.lines[facts.refs.index(start.ref) % len(palette.lines)]


def lines(facts: Facts, style: Style) -> Figure:
    """The basket from each day 0, with direct labels."""
    x = facts.paths.index.to_numpy(dtype=np.int64)
    drawn = [
        Line(start.short, x, facts.paths[start.ref].to_numpy() * 100, colour(facts, start, style.palette))
        for start in facts.starts
    ]
    last = max((facts.last(start)[0] for start in facts.starts), default=0)
    head = f"{signed(last, 0) if last else 'day 0'}, %"
    state = facts.state
    return compare_paths(drawn, state.before, state.after, style, head=head, simulated=facts.view.simulated)


def lines_frame(facts: Facts) -> pd.DataFrame:
    """The data of the lines: fractions by session from day 0."""
    return facts.paths


def back(facts: Facts, style: Style) -> Figure:
    """The share of each fall regained by session: every past one thin, those compared named."""
    sessions, past = _past(facts)
    style = replace(style, decimals=0)  # a share of a fall is known to no tenth of a percent
    palette, x = style.palette, sessions.astype(np.int64)
    lows = [f"low {low:%Y-%m-%d}" for low in _falls(facts)["trough"]]
    drawn = [
        Line(name, x, path * 100, palette.ink3, "context", labelled=False)
        for name, path in zip(lows, past, strict=True)
        if _within(path)
    ]
    for start, path in zip(facts.starts, _own(facts), strict=True):
        if _within(path):
            drawn.append(Line(start.short, x, path * 100, colour(facts, start, palette)))
    text = ["<b>low</b>" if step == 0 else signed(step, 0) for step in (0, *STEPS)]
    axis = Axis(0, AFTER, [0, *STEPS], text)
    return line_chart(drawn, axis, style, column_head="back, %", hang=False, simulated=facts.view.simulated)


def back_frame(facts: Facts) -> pd.DataFrame:
    """The data of the recoveries: shares by session from the low, those compared first."""
    sessions, past = _past(facts)
    columns = dict(zip(facts.refs, _own(facts), strict=True))
    troughs = _falls(facts)["trough"]
    columns |= {f"low {low:%Y-%m-%d}": path for low, path in zip(troughs, past, strict=True)}
    return pd.DataFrame(columns, index=pd.Index(sessions, name="session"))


def _falls(facts: Facts) -> pd.DataFrame:
    return past_falls(facts.view, facts.state.basket, facts.state.beside, facts.threshold)


def _past(facts: Facts) -> tuple[np.ndarray, Floats]:
    key = ("past recovery paths", facts.state.basket, facts.state.beside, facts.threshold)
    return facts.view.remember(
        key, lambda: recovery_paths(facts.view, _falls(facts), facts.state.basket, AFTER)
    )


def _own(facts: Facts) -> Floats:
    own = pd.DataFrame(
        {
            "peak": pd.to_datetime([start.zero for start in facts.starts]),
            "trough": pd.to_datetime([start.low for start in facts.starts]),
        }
    )
    return recovery_paths(facts.view, own, facts.state.basket, AFTER)[1]


def beyond(facts: Facts) -> list[Start]:
    """Those compared whose recovery leaves what is drawn."""
    both = zip(facts.starts, _own(facts), strict=True)
    return [start for start, path in both if np.isfinite(path).any() and not _within(path)]


def _within(path: Floats) -> bool:
    known = path[np.isfinite(path)]
    return bool(len(known) and known.min() >= HELD[0] and known.max() <= HELD[1])

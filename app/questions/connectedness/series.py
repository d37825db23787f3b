"""Every window of the period: the index, what passes between the sides, and the NET of two members."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import pandas as pd

from app.figures.canvas import Canvas
from app.figures.frame import Figure, Leg
from app.figures.panels import Curve, Panel, Times, roomy, small_multiples
from app.figures.style import Style
from app.market import words
from app.questions.connectedness.facts import Facts
from app.questions.connectedness.table import attempt, model_text, rolling_frame, said
from app.questions.events.flag_marks import marks_on
from app.questions.events.flags import Flagged
from models.analytics.rolling_connectedness import REASONS, Status
from models.types import Floats

# Heights of the panels.
_INDEX, _NET = 5.0, 3.0


def draw(facts: Facts, style: Style, flags: Sequence[Flagged] | None = None) -> Figure:
    """The panels at a size; a sentence where no window can be estimated."""
    values = facts.found.rolling.total[facts.found.shown]
    if not np.isfinite(values).any():
        canvas = Canvas(style)
        canvas.text(0, style.tick * 2, reason(facts))
        return canvas.figure(simulated=facts.view.simulated)
    panels = [_index(facts, style), *_nets(facts, style)]
    shown = facts.marked.flags if flags is None else flags
    marks = marks_on(shown, facts.days, facts.view, facts.state.asof)
    times = Times(facts.days, marks, _legs(facts))
    return small_multiples(
        panels, times, style, tip=lambda start, stop: _tip(facts, stop - 1), simulated=facts.view.simulated
    )


def reason(facts: Facts) -> str:
    """Why there is no window to draw."""
    codes = facts.found.rolling.status[facts.found.shown]
    if not len(codes):
        return "No window of this period is full; take a shorter window or an earlier start."
    why = REASONS.get(Status(int(np.bincount(codes).argmax())), "")
    return f"No window of this period can be estimated: {why}."


def _index(facts: Facts, style: Style) -> Panel:
    found, palette = facts.found, style.palette
    at, x = found.shown, np.arange(len(found.shown))
    total, corrected = found.rolling.total[at] * 100, found.rolling.corrected[at] * 100
    low, high = math.floor(np.nanmin(total) / 10) * 10, math.ceil(np.nanmax(corrected) / 10) * 10
    whole = attempt(lambda: found.period.total)
    between = "" if whole is None else f"; across: the whole period, {words.level(whole * 100)}"
    return Panel(
        "TCI, %",
        f"paler: cTCI, last {words.level(_last(corrected))}{between}{_joined(facts)}",
        [
            Curve(x, corrected, palette.strong, style.context),
            Curve(x, total, palette.ink, style.named),
        ],
        roomy(low, high),
        [(value, f"{value:g}") for value in (low, high, (low + high) / 2)],
        words.level(_last(total)),
        short="TCI, %",
        weight=_INDEX,
        rules=[] if whole is None else [(whole * 100, palette.accent)],
    )


def _joined(facts: Facts) -> str:
    """How many took part, where that changed: the level depends on it."""
    found = facts.found
    counts = found.rolling.members[found.shown].sum(axis=1)
    known = counts[np.isfinite(found.rolling.total[found.shown])]
    return "" if known.min() == known.max() else f"; {known.min()} to {known.max()} members took part"


def _nets(facts: Facts, style: Style) -> list[Panel]:
    """NET between the sides, then of the largest giver and the largest taker of now."""
    found = facts.found
    at, nodes = found.shown, found.inputs.nodes
    net = found.rolling.net[at] * 100
    known = np.isfinite(found.rolling.total[at])
    lines: list[tuple[str, str, str, Floats]] = []
    west = np.array([node.side == "us" for node in nodes])
    if west.any() and not west.all():
        side = np.where(known, np.nansum(net[:, west], axis=1), np.nan)
        told = "above 0: New York gave more than it took"
        lines.append(("NET of New York to Asia, points", told, "NET of New York", side))
    labels = found.inputs.labels
    for place, word in ((facts.giver, "gives the most now"), (facts.taker, "takes the most now")):
        node = found.nodes[place]
        values = net[:, labels.index(node.label)]
        lines.append((f"NET of {said(node)}, points", word, f"NET, {node.label}", values))
    step = 20 if all(np.nanmax(np.abs(line[-1]), initial=0) > 10 for line in lines) else 10
    # One scale for the members, so that they can be compared; the sides have their own.
    shared = [_reach(line[-1], step) for line in lines[-2:]]
    common = min(low for low, _ in shared), max(high for _, high in shared)
    return [
        _net(told, values, style, common if row >= len(lines) - 2 else _reach(values, step))
        for row, (*told, values) in enumerate(lines)
    ]


def _reach(values: Floats, step: int) -> tuple[float, float]:
    """A scale around 0 in whole steps."""
    known = values[np.isfinite(values)]
    low, high = min(known.min(initial=0), 0), max(known.max(initial=0), 0)
    return math.floor(low / step) * step, max(math.ceil(high / step) * step, step)


def _net(told: Sequence[str], values: Floats, style: Style, scale: tuple[float, float]) -> Panel:
    ends = [0.0, scale[0], scale[1]]
    return Panel(
        told[0],
        told[1],
        [Curve(np.arange(len(values)), values, style.palette.ink, style.context)],
        roomy(*scale),
        [(value, words.signed(value, 0)) for value in ends],
        words.signed(_last(values)),
        short=told[2],
        weight=_NET,
        rules=[(0.0, style.palette.strong)],
    )


def _last(values: Floats) -> float:
    known = values[np.isfinite(values)]
    return float(known[-1]) if len(known) else math.nan


def _legs(facts: Facts) -> list[Leg]:
    days, found = facts.days, []
    for leg in facts.legs.itertuples():
        ends = (np.datetime64(value).astype("datetime64[D]") for value in (leg.peak, leg.trough))
        start, end = (float(np.clip(np.searchsorted(days, end), 0, len(days) - 1)) for end in ends)
        found.append(Leg(start, end, leg.depth * 100))
    return found


def _tip(facts: Facts, position: int) -> str:
    """What the pointer reads on a day."""
    found = facts.found
    row = int(found.shown[position])
    day = words.day(facts.days[position])
    total = found.rolling.total[row]
    if np.isnan(total):
        return f"{day}: n/a, {REASONS.get(Status(int(found.rolling.status[row])), '')}"
    net = found.rolling.net[row]
    labels = found.inputs.labels
    parts = [
        f"{node.label} {words.percent(net[labels.index(node.label)])}"
        for node in (found.nodes[facts.giver], found.nodes[facts.taker])
    ]
    return f"{day}: TCI {words.level(total * 100)}; NET {', '.join(parts)}"


def frame(facts: Facts) -> pd.DataFrame:
    """The data: one row a window, fractions; NET of each member beside the indices."""
    found = facts.found
    table = rolling_frame(found).drop(columns="date")
    for place, label in enumerate(found.inputs.labels):
        table[f"NET {label}"] = found.rolling.net[found.shown, place]
    return table.set_index(pd.Index(facts.days.astype(str), name="date"))


def title(facts: Facts) -> str:
    """Where the index stands within its period."""
    values = facts.found.rolling.total[facts.found.shown]
    if not np.isfinite(values).any():
        return "No window can be estimated"
    now = _last(values)
    low, high = int(np.nanargmin(values)), int(np.nanargmax(values))
    ends = [f"{words.level(values[row] * 100)} ({words.day(facts.days[row])})" for row in (low, high)]
    return f"TCI {words.level(now * 100)} now, between {ends[0]} and {ends[1]}"


def note(facts: Facts) -> str:
    """The model, and what stands across."""
    legs = "Shaded: selloff legs of the basket, −10% and back." if len(facts.legs) else ""
    return f"Each day’s last {facts.state.window} rows, {model_text(facts.found)}. {legs}".strip()


def summary(facts: Facts) -> str:
    """The index in words."""
    return f"{title(facts)}."

"""The panels of the Stress view: turbulence and its parts, absorption and its shift, co-exceedance."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import pandas as pd

from app.figures.canvas import Canvas
from app.figures.frame import Figure, Leg, Mark
from app.figures.panels import Curve, Panel, Times, small_multiples
from app.figures.style import Style
from app.market import words
from app.questions.events.flag_marks import marks_on
from app.questions.events.flags import Flagged
from app.questions.stress import sentences
from app.questions.stress.facts import Facts
from models.analytics.absorption import SHORT_MEAN
from models.types import Floats

# The height of a panel without a log scale, in the unit of those with one: a factor of nine.
_PLAIN = 2.2
_LOG_TICKS = (1, 5, 20, 0.2, 10, 2, 0.5, 50, 0.1, 100)


def draw(facts: Facts, style: Style, flags: Sequence[Flagged] | None = None) -> Figure:
    """The panels at a size; those without a figure are left out. Other ``flags`` than all are a memo's."""
    panels = [*_turbulence(facts, style), *_absorption(facts, style), *_exceeding(facts, style)]
    if not panels or not len(facts.sessions):
        canvas = Canvas(style)
        why = " ".join(facts.stress.problems) or "No session lies in this window."
        canvas.paragraph(0, style.tick * 2, canvas.width, why)
        return canvas.figure(simulated=facts.view.simulated)
    times = Times(facts.sessions, _marks(facts, facts.marked.flags if flags is None else flags), _legs(facts))
    tip = _Tips(facts).tip if style.edge == 0 else None
    return small_multiples(panels, times, style, tip=tip, simulated=facts.view.simulated)


def frame(facts: Facts) -> pd.DataFrame:
    """The data: one row of the clock each, fractions and scores."""
    table = facts.stress.table.iloc[facts.shown]
    for name in ("asia_date", "us_date"):
        table = table.assign(**{name: table[name].dt.date.astype(object).where(table[name].notna(), None)})
    return table.drop(columns="date").set_index(pd.Index(table["date"].dt.date.astype(str), name="date"))


def _at(facts: Facts) -> np.ndarray:
    """The position of each row shown."""
    return np.searchsorted(facts.sessions, facts.dates[facts.shown])


def _turbulence(facts: Facts, style: Style) -> list[Panel]:
    found = facts.stress.turbulence
    rows, x, palette = facts.shown, _at(facts), style.palette
    if found is None or not np.isfinite(found.score[rows]).any():
        return []
    parts = found.score[rows], found.magnitude[rows], found.correlation[rows]
    threshold = Curve(x, found.threshold[rows], palette.accent, style.context)
    told = [
        ("Turbulence", "log scale; in accent: what three days in four stay under"),
        ("Size", "every correlation set to 0, same scale"),
        ("Pattern", "turbulence over size, same scale; above 1: against the usual pattern"),
    ]
    panels = []
    for (title, note), values in zip(told, parts, strict=True):
        first = values is parts[0]
        scale = _log_scale(np.concatenate([values, found.threshold[rows]]) if first else values)
        panels.append(
            Panel(
                title,
                note,
                [*([threshold] if first else []), Curve(x, values, palette.ink, style.context)],
                scale,
                [(value, f"{value:g}") for value in _LOG_TICKS if scale[0] <= value <= scale[1]],
                words.level(_last(values)),
                log=True,
                weight=math.log(scale[1] / scale[0]),
                rules=[(1.0, palette.strong)],
                rug=x[found.turbulent[rows]] if first else np.empty(0),
            )
        )
    return panels


def _absorption(facts: Facts, style: Style) -> list[Panel]:
    found = facts.stress.absorption
    rows, x, palette = facts.shown, _at(facts), style.palette
    if found is None or not np.isfinite(found.ratio[rows]).any():
        return []
    ratio, shift = found.ratio[rows], found.shift[rows]
    low, high = math.floor(np.nanmin(ratio) * 20) / 20, math.ceil(np.nanmax(ratio) * 20) / 20
    ticks = [(value, words.whole_percent(value)) for value in (low, high, (low + high) / 2)]
    sources = words.count(int(found.eigenvectors[-1]), "source")
    note = f"share of all movement on the first {sources} of {int(found.names[-1])} names"
    panels = [
        Panel(
            "Absorption, %",
            note,
            [Curve(x, ratio, palette.ink, style.named)],
            (low, max(high, low + 0.05)),
            ticks,
            words.level(_last(ratio) * 100),
            short="Absorption, %",
            weight=_PLAIN,
        )
    ]
    if np.isfinite(shift).any():
        low, high = min(math.floor(np.nanmin(shift)), -1), max(math.ceil(np.nanmax(shift)), 1)
        steps = [(value, words.signed(value, 0)) for value in (0.0, float(high), float(low), 1.0, -1.0)]
        note = f"mean of {SHORT_MEAN} rows against the year; beyond ±1 the ties tightened or loosened"
        panels.append(
            Panel(
                "Shift of absorption, σ",
                note,
                [Curve(x, shift, palette.ink, style.context)],
                (low, high),
                steps,
                words.signed(_last(shift)),
                short="Its shift, σ",
                weight=_PLAIN,
                rules=[(1.0, palette.accent), (-1.0, palette.accent)],
            )
        )
    return panels


def _exceeding(facts: Facts, style: Style) -> list[Panel]:
    panels = []
    for side, place in facts.sides.items():
        found = facts.exceeding(side)
        rows = np.searchsorted(facts.view.panel.sessions, facts.sessions)
        share = found.share[rows]
        if not np.isfinite(share).any():
            continue
        judged = int(found.judged[rows][np.isfinite(share)][-1])
        width = 2.0 if style.edge == 0 else 3.0
        curve = Curve(np.arange(len(rows)), share, style.palette.fall, width, spikes=True)
        ticks = [(0.0, "0"), (1.0, "100"), (0.5, "50")]
        note = f"share of {words.count(judged, 'name')}, its own sessions"
        panels.append(
            Panel(
                f"{place} in own worst 5%, %",
                note,
                [curve],
                (0.0, 1.0),
                ticks,
                words.whole_percent(_last(share)),
                short=f"{place} worst 5%, %",
                weight=_PLAIN,
            )
        )
    return panels


def _log_scale(values: Floats) -> tuple[float, float]:
    """The ends of a log scale: the values with a little room, 1 and a factor of two always inside."""
    known = values[np.isfinite(values) & (values > 0)]
    return min(float(known.min()) * 0.9, 0.7), max(float(known.max()) * 1.1, 1.4)


def _last(values: Floats) -> float:
    known = values[np.isfinite(values)]
    return float(known[-1]) if len(known) else math.nan


def _marks(facts: Facts, flags: Sequence[Flagged]) -> list[Mark]:
    return marks_on(flags, facts.sessions, facts.view, facts.state.asof)


def _legs(facts: Facts) -> list[Leg]:
    legs, days = [], facts.sessions
    for leg in facts.legs.itertuples():
        peak, trough = (np.datetime64(value).astype("datetime64[D]") for value in (leg.peak, leg.trough))
        if trough >= days[0]:
            start, end = (
                int(np.clip(np.searchsorted(days, day), 0, len(days) - 1)) for day in (peak, trough)
            )
            legs.append(Leg(float(start), float(end), leg.depth * 100))
    return legs


class _Tips:
    """What the pointer reads: the most turbulent row among the days under it, or the last of them."""

    def __init__(self, facts: Facts) -> None:
        self.facts = facts
        self.score = facts.stress.of("turbulence")
        self.columns = {name: facts.stress.table[name].to_numpy() for name in facts.stress.table.columns}

    def tip(self, start: int, stop: int) -> str:
        days = self.facts.sessions[start:stop]
        first, last = (
            np.searchsorted(self.facts.dates, days[0]),
            np.searchsorted(self.facts.dates, days[-1], "right"),
        )
        if first == last:
            return f"{words.day(days[-1])}: no row ends here, for one side was closed"
        scores = np.where(np.isfinite(self.score[first:last]), self.score[first:last], -1.0)
        return self._told(int(first + np.argmax(scores)))

    def _told(self, row: int) -> str:
        get = {name: values[row] for name, values in self.columns.items()}
        parts = [
            f"turbulence {words.level(get['turbulence'])} (usual: under {words.level(get['threshold'])})",
            f"size {words.level(get['magnitude'])}",
            f"pattern {words.level(get['correlation_surprise'])}",
            f"absorption {words.level(get['absorption'] * 100)}%",
            f"shift {words.signed(get['shift'])}",
        ]
        told = f"{words.day(get['date'])}: {', '.join(parts)}"
        span = int(get["sessions"])
        return f"{told}; over {span} sessions" if span > 1 else told


def memo_deck(facts: Facts) -> str:
    """Quantity and period in one line for a memo."""
    return sentences.series_note(facts)

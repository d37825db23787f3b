"""The numbers of the clock strip: legs, levels, breadth and verdict of each of its news days."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd

from app.market import words
from app.questions.breadth import sector_path, sector_symbols
from app.questions.relay.facts import Facts
from app.questions.relay.legs import side_paths
from models.analytics.relay import LEGS, leg_z
from models.analytics.sector import WIDE_BREADTH, WIDE_COEXCEEDANCE, WIDE_LARGEST, SectorPath
from models.types import Floats, Sessions


@dataclass(frozen=True, eq=False)
class Strip:
    """The numbers of the strip. Arrays are (C,) or (C, 4) over its columns, fractions."""

    facts: Facts

    @property
    def days(self) -> Sessions:
        """Its news days."""
        return self.facts.window

    @cached_property
    def _rows(self) -> np.ndarray:
        return np.searchsorted(self.facts.view.panel.sessions, self.days)

    @cached_property
    def _legs(self) -> Floats:
        paths = side_paths(self.facts.view, self.facts.state.basket)
        return np.column_stack([paths[leg].returns for leg in LEGS])

    @cached_property
    def _chains(self) -> Floats:
        """Each leg's level since the day before the strip, shape (C + 1, 4); a closed day holds it."""
        paths = side_paths(self.facts.view, self.facts.state.basket)
        rows = np.append(self._rows[0] - 1, self._rows)
        held = pd.DataFrame({leg: paths[leg].level for leg in LEGS}).ffill().fillna(1.0).to_numpy()[rows]
        return np.asarray(held / held[0])

    @cached_property
    def withheld(self) -> np.ndarray:
        """Whether each side's legs were withheld, shape (C, 2)."""
        paths = side_paths(self.facts.view, self.facts.state.basket)
        return np.column_stack([paths[leg].withheld for leg in LEGS[1::2]])[self._rows]

    @cached_property
    def legs(self) -> Floats:
        """The four legs of each day; NaN where a side was closed."""
        return self._legs[self._rows]

    @cached_property
    def z(self) -> Floats:
        """The z of each leg."""
        return np.column_stack([leg_z(self._legs[:, place]) for place in range(len(LEGS))])[self._rows]

    @cached_property
    def levels(self) -> Floats:
        """Both sides' levels after each of their legs, shape (C, 4), from 0 before the first column.

        A day that is withheld has none; the levels after it run on through what did trade.
        """
        before, after = self._chains[:-1], self._chains[1:]
        sides = [
            np.column_stack([after[:, gap] * before[:, gap + 1], after[:, gap] * after[:, gap + 1]]) - 1
            for gap in (0, 2)
        ]
        levels = np.column_stack(sides)
        levels[np.repeat(self.withheld, 2, axis=1)] = np.nan
        return levels

    @cached_property
    def totals(self) -> Floats:
        """Each leg compounded over the strip, through withheld days by what did trade."""
        return np.asarray(self._chains[-1] - 1)

    def path(self, side: str | None = None) -> SectorPath:
        """Breadth and verdict of the basket or one of its sides, on all sessions."""
        return sector_path(self.facts.view, self.facts.state.basket, side)

    def of(self, name: str, side: str | None = None) -> np.ndarray:
        """One quantity of the path on the strip's days."""
        return np.asarray(getattr(self.path(side), name)[self._rows])

    @cached_property
    def losers(self) -> list[str]:
        """The largest loser of each day that was not quiet; empty on the others."""
        symbols = sector_symbols(self.facts.view, self.facts.state.basket)
        named = []
        for place, verdict in zip(self.of("largest"), self.of("verdict"), strict=True):
            loud = place >= 0 and verdict not in ("quiet", "")
            named.append(self.facts.view.universe[symbols[place]].name if loud else "")
        return named


def frame(facts: Facts) -> pd.DataFrame:
    """The strip's data: one row a news day, fractions; an empty cell where a side was closed."""
    strip = Strip(facts)
    table = pd.DataFrame(strip.legs, columns=list(LEGS))
    for place, leg in enumerate(LEGS):
        table[f"{leg}_z"] = strip.z[:, place]
    table["asia_level"], table["us_level"] = strip.levels[:, 1], strip.levels[:, 3]
    for side in ("asia", "us"):
        table[f"{side}_breadth"] = strip.of("breadth", side)
    for name in ("breadth", "coexceedance", "largest_share"):
        table[name] = strip.of(name)
    table["verdict"] = [text or None for text in strip.of("verdict")]
    table["largest_loser"] = [name or None for name in strip.losers]
    table.index = pd.Index(strip.days.astype(str), name="news_day")
    return table


def title(facts: Facts) -> str:
    """What the sides did over the strip, by gap and session."""
    strip = Strip(facts)
    asia_gap, asia, us_gap, us = (f"{words.percent(value)}%" for value in strip.totals)
    since = words.day(facts.since, year=False)
    east = f"Asia’s sessions {asia}, its gaps {asia_gap}"
    return f"Since {since}: {east}; New York’s sessions {us}, its gaps {us_gap}"


def note(facts: Facts) -> str:
    """How to read the strip."""
    days = int(Strip(facts).withheld.any(axis=1).sum())
    part = f" n/a: {words.count(days, 'day')} withheld for missing bars." if days else ""
    return (
        "Read each column down, then the next; a click shows that day. %, in clock order; bar: z ≤ −1.65. "
        f"Wide: ≥ {WIDE_BREADTH:.0%} down, ≥ {WIDE_COEXCEEDANCE:.0%} in their own worst 5%, "
        f"no name above {WIDE_LARGEST:.0%} of the loss.{part}"
    )


def memo_deck(facts: Facts) -> str:
    """The strip's quantity, unit and marks in one line."""
    return (
        f"News days in clock order, %. Bar: z ≤ −1.65. Wide: ≥ {WIDE_BREADTH:.0%} down, "
        f"≥ {WIDE_COEXCEEDANCE:.0%} in own worst 5%"
    )


def summary(facts: Facts) -> str:
    """The strip in words."""
    strip = Strip(facts)
    wide = int((strip.of("verdict") == "sector-wide").sum())
    return f"{words.count(len(strip.days), 'news day')}, {wide} of them sector-wide. {title(facts)}."

"""What follows a co-exceedance: for each class of one side, how often the next leg had each class."""

from __future__ import annotations

import math

import pandas as pd

from app.figures.canvas import Canvas
from app.figures.frame import Figure
from app.figures.heat import heat
from app.figures.style import Style
from app.kinds.request import Mode
from app.market import words
from app.questions.relay.legs import PLACES
from app.questions.stress.facts import Facts, tried
from app.questions.stress.measures import LEADS, Lead
from models.analytics.coexceedance import ANY, CLASSES, NextLeg

# Full colour where a class is eight times as frequent as over all days, or as rare.
FULL = 3.0
_LINES = 10.2
_NEXT = {"us": "Asia’s next day", "asia": "New York’s same day"}


def draw(facts: Facts, style: Style, mode: Mode) -> Figure:
    """Both directions side by side; a direction without an answer says why."""
    canvas = Canvas(style)
    gap = style.tick * 3
    width = (canvas.width - gap) / 2
    both = [tried(lambda lead=lead: facts.next_leg(lead)) for lead in LEADS]  # type: ignore[misc]
    if all(found is None for found, _ in both):
        canvas.paragraph(0, style.tick * 2, canvas.width, both[0][1])
        return canvas.figure(simulated=facts.view.simulated)
    for place, (lead, (found, why)) in enumerate(zip(LEADS, both, strict=True)):
        block = _Block(canvas, place * (width + gap), width, lead, mode)
        block.head(found)
        if found is None:
            canvas.paragraph(place * (width + gap), block.y(2), width, why)
        else:
            block.table(found)
    return canvas.figure(simulated=facts.view.simulated)


def frame(facts: Facts) -> pd.DataFrame:
    """The data of both directions: one row a pair of classes."""
    parts = []
    for lead in LEADS:
        found, _ = tried(lambda lead=lead: facts.next_leg(lead))  # type: ignore[misc]
        if found is not None:
            parts.append(found.table.assign(first=PLACES[lead], then=_NEXT[lead]))
    if not parts:
        return pd.DataFrame(index=pd.Index([], name="first"))
    return pd.concat(parts).set_index("first")


def summary(facts: Facts) -> str:
    """Both directions in a sentence."""
    told = []
    for lead in LEADS:
        found, why = tried(lambda lead=lead: facts.next_leg(lead))  # type: ignore[misc]
        told.append(why if found is None else f"{PLACES[lead]} to {_NEXT[lead]}: {_rank(found)}.")
    return " ".join(told)


def _rank(found: NextLeg) -> str:
    return (
        f"rank correlation {words.correlation(found.rank)} ({words.correlation(found.low)} to "
        f"{words.correlation(found.high)}), {found.pairs:,} pairs"
    )


class _Block:
    """One direction: classes of the first side down, of the next leg across."""

    def __init__(self, canvas: Canvas, left: float, width: float, lead: Lead, mode: Mode) -> None:
        self.canvas, self.left, self.lead, self.mode = canvas, left, lead, mode
        self.tick, self.palette = canvas.style.tick, canvas.palette
        self.line = min(canvas.height / _LINES, self.tick * 2.7)
        self.names = self.tick * 9.4
        self.cell = (width - self.names) / len(CLASSES)

    def y(self, line: float) -> float:
        """The middle of a line."""
        return (line + 0.5) * self.line

    def head(self, found: NextLeg | None) -> None:
        """The direction, and the link in one number."""
        title = f"{PLACES[self.lead]} {words.ARROW} {_NEXT[self.lead]}"
        self.canvas.text(self.left, self.y(0), title, colour=self.palette.ink, weight=600)
        if found is not None:
            self.canvas.text(self.left, self.y(0.85), _rank(found))

    def table(self, found: NextLeg) -> None:
        """Heads, five classes and all days."""
        middle = self.left + self.names + self.cell * len(CLASSES) / 2
        self.canvas.text(middle, self.y(1.9), f"Names in {_NEXT[self.lead]}", anchor="center")
        self.canvas.text(self.left, self.y(2.8), "Names")
        self.canvas.text(self.left + self.names - self.tick, self.y(2.8), "Days", anchor="right")
        for column, name in enumerate(CLASSES):
            x = self.left + self.names + (column + 0.5) * self.cell
            self.canvas.text(x, self.y(2.8), name, anchor="center")
        groups = dict(tuple(found.table.groupby("today", sort=False)))
        base = groups[ANY].set_index("next")["share"]
        for row, name in enumerate((*CLASSES, ANY)):
            self.row(groups[name], 3.6 + row + (0.35 if name == ANY else 0), base)

    def row(self, shares: pd.DataFrame, line: float, base: pd.Series) -> None:
        """One class of the first side; the last line is the base."""
        name, of = str(shares["today"].iloc[0]), int(shares["of"].iloc[0])
        label = "All days" if name == ANY else name
        whole = name == ANY
        y = self.y(line)
        if whole:
            self.canvas.rule(y - self.line * 0.62, None, self.left, self.left + self.names + 5 * self.cell)
        self.canvas.text(self.left, y, label, colour=self.palette.ink, weight=600 if whole else 400)
        self.canvas.text(self.left + self.names - self.tick, y, f"{of:,}", anchor="right")
        for column, cell in enumerate(shares.itertuples()):
            x = self.left + self.names + column * self.cell
            usual = float(base[cell.next])
            self.share(cell, (x, y), usual, coloured=not whole)

    def share(self, cell: pd.Series, at: tuple[float, float], usual: float, *, coloured: bool) -> None:
        """One share: coloured by how much more or less often it came than over all days."""
        x, y = at
        known = math.isfinite(cell.share)
        ground, ink = self.palette.ground, self.palette.ink2
        clear = known and not cell.low <= usual <= cell.high
        if coloured and known and usual > 0:
            lift = math.log2(max(cell.share, usual / 16) / usual)
            ground, ink = heat(-lift, FULL, self.mode)
        tip = _tip(cell, self.lead, usual) if known else f"no day of {PLACES[self.lead]} had this class"
        self.canvas.cell(x + 1, y - self.line * 0.46, self.cell - 2, self.line * 0.92, ground, tip)
        weight = 700 if clear and coloured else 400
        self.canvas.text(
            x + self.cell / 2, y, words.whole_percent(cell.share), colour=ink, weight=weight, anchor="center"
        )


def _tip(cell: pd.Series, lead: Lead, usual: float) -> str:
    first = "all days" if cell.today == ANY else f"{cell.today} names in {PLACES[lead]}"
    return (
        f"after {first}: {cell.next} in {_NEXT[lead]} on {cell.days:,} of {cell.of:,} days, "
        f"{words.whole_percent(cell.share)}% ({words.whole_percent(cell.low)} to "
        f"{words.whole_percent(cell.high)}); all days {words.whole_percent(usual)}%"
    )

"""Lower-tail dependence: the sides and the surest pairs across them, as intervals beside independence."""

from __future__ import annotations

from dataclasses import asdict

import numpy as np
import pandas as pd

from app.figures.canvas import Canvas
from app.figures.frame import Figure
from app.figures.style import Style
from app.market import words
from app.questions.relay.legs import PLACES
from app.questions.stress.facts import Facts, tried
from app.questions.stress.measures import LEADS, Lead
from models.analytics.tails import CHANCE

PAIRS = 5
_LINES = 2 * (PAIRS + 2.5) + 1.2
_SCALE = (0, 25, 50, 75, 100)
_THEN = {"us": "Asia next day", "asia": "New York same day"}


def rows_of(facts: Facts, lead: Lead) -> tuple[list[dict[str, object]], str]:
    """The sides' baskets and the surest pairs of one direction; or nothing, and why."""
    side, why = tried(lambda: facts.side_tails(lead))
    if side is None:
        return [], why
    named = {"x": PLACES[lead], "y": _THEN[lead]}
    found: list[dict[str, object]] = [asdict(side) | named | {"sides": True}]
    for row in facts.pair_tails(lead).head(PAIRS).to_dict("records"):
        names = {key: facts.view.universe[row[key]].name for key in ("x", "y")}
        found.append(row | names | {"sides": False})
    return found, ""


def frame(facts: Facts) -> pd.DataFrame:
    """The data: the sides, and every pair that has enough days, by direction."""
    columns = ["order", "x", "y", "value", "low", "high", "joint", "tail", "rows", "chance"]
    parts = []
    for lead in LEADS:
        side, _ = tried(lambda lead=lead: facts.side_tails(lead))  # type: ignore[misc]
        if side is not None:
            order = f"{PLACES[lead]}, then {_THEN[lead]}"
            parts.append(pd.DataFrame([asdict(side) | {"x": PLACES[lead], "y": _THEN[lead], "order": order}]))
            parts.append(facts.pair_tails(lead).assign(order=order))
    if not parts:
        return pd.DataFrame(columns=columns[1:], index=pd.Index([], name="order"))
    return pd.concat(parts)[columns].set_index("order")


def summary(facts: Facts) -> str:
    """Both directions in a sentence."""
    told = []
    for lead in LEADS:
        rows, why = rows_of(facts, lead)
        told.append(why or "; ".join(f"{_name(row)} {_value(row)}%" for row in rows) + ".")
        pairs = facts.pair_tails(lead)
        if not why and len(pairs):
            clear = int((pairs["chance"] <= CHANCE).sum())
            many = words.count(len(pairs), "pair")
            told.append(f"{clear} of {many} share more bad days than chance gives any of so many.")
    return " ".join(told)


def draw(facts: Facts, style: Style) -> Figure:
    """The intervals at a size."""
    canvas = Canvas(style)
    found = {lead: rows_of(facts, lead) for lead in LEADS}
    if not any(rows for rows, _ in found.values()):
        canvas.paragraph(0, style.tick * 2, canvas.width, found["us"][1])
        return canvas.figure(simulated=facts.view.simulated)
    plot = _Plot(canvas, facts)
    plot.scale()
    line = 1.2
    for lead in LEADS:
        rows, why = found[lead]
        plot.head(line, lead)
        line += 1
        if why:
            canvas.paragraph(0, plot.y(line), plot.left - style.tick, why)
        for row in rows:
            plot.row(row, line)
            line += 1
        line += PAIRS + 1.5 - len(rows)
    return canvas.figure(simulated=facts.view.simulated)


def _name(row: dict[str, object]) -> str:
    return f"{row['x']} {words.ARROW} {row['y']}"


def _value(row: dict[str, object]) -> str:
    return words.whole_percent(float(row["value"]))  # type: ignore[arg-type]


class _Plot:
    """The measures that all rows share."""

    def __init__(self, canvas: Canvas, facts: Facts) -> None:
        self.canvas, self.palette, self.q = canvas, canvas.palette, facts.q
        self.tick = canvas.style.tick
        self.line = min(canvas.height / _LINES, self.tick * 2.7)
        self.value = self.tick * 17.0
        self.left, self.right = self.tick * 18.6, canvas.width - self.tick * 5.6

    def x(self, fraction: float) -> float:
        return self.left + fraction * (self.right - self.left)

    def y(self, line: float) -> float:
        return (line + 0.5) * self.line

    def scale(self) -> None:
        """The heads of the columns, the grid and the tick of independence."""
        self.canvas.text(self.value, self.y(0), "λ, %", anchor="right")
        self.canvas.text(self.canvas.width, self.y(0), "Days", anchor="right")
        for percent in _SCALE:
            x = self.x(percent / 100)
            self.canvas.text(x, self.y(0), str(percent), anchor="center")
            self.canvas.line([x, x], [self.line * 1.2, self.canvas.height], self.palette.grid)

    def head(self, line: float, lead: Lead) -> None:
        """One direction."""
        text = f"{PLACES[lead]}, then {_THEN[lead]}"
        self.canvas.text(0, self.y(line), text, colour=self.palette.ink, weight=600)

    def row(self, row: dict[str, object], line: float) -> None:
        """One dependence: its name, figure and interval, hollow when it holds independence."""
        value, low, high = (float(row[key]) for key in ("value", "low", "high"))  # type: ignore[arg-type]
        y, sides = self.y(line), bool(row["sides"])
        ink = self.palette.ink if sides else self.palette.ink2
        weight = 600 if sides else 400
        name = "The sides’ baskets" if sides else _name(row)
        while not self.canvas.fits(name, self.value - self.tick * 2.4):
            name = name[:-2].rstrip(" …") + "…"
        self.canvas.text(0, y, name, colour=ink, weight=weight)
        self.canvas.text(self.value, y, words.whole_percent(value), colour=ink, weight=weight, anchor="right")
        self.canvas.text(self.canvas.width, y, f"{row['joint']} of {row['tail']}", anchor="right")
        at = self.x(self.q)
        self.canvas.line([at, at], [y - self.tick * 0.55, y + self.tick * 0.55], self.palette.accent, 2)
        if np.isnan(value):
            return
        clear = not low <= self.q <= high
        colour = ink if clear else self.palette.ink3
        width = self.canvas.style.named if sides else self.canvas.style.context
        self.canvas.line([self.x(low), self.x(high)], [y, y], colour, width)
        tip = (
            f"{_name(row)}: {row['joint']} of {row['tail']} worst days, {words.whole_percent(value)}% "
            f"({words.whole_percent(low)} to {words.whole_percent(high)}), {row['rows']:,} rows"
        )
        size = self.tick * (0.75 if sides else 0.6)
        self.canvas.dot(
            self.x(value), y, size, colour if clear else self.palette.ground, edge=colour, tip=tip
        )

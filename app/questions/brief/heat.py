"""The heat map: a row a layer, Asia from the left and the US from the right, area by names."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from app.figures.canvas import Canvas
from app.figures.frame import Figure
from app.figures.heat import DAY, heat
from app.figures.style import Style
from app.kinds.request import Mode
from app.market import words
from app.questions.brief.forms import short_layer
from app.questions.brief.morning import Brief

SIDES = ("asia", "us")
PLACES = {"asia": "Asia", "us": "US"}
GAP = 2.0


@dataclass(frozen=True, slots=True)
class Row:
    """One layer: its names and mean move on each side, and the height its row takes."""

    layer: str
    names: tuple[int, int]
    moves: tuple[float, float]
    height: float
    full: float
    """The width that its names take, of the width there is."""


def draw(brief: Brief, style: Style, mode: Mode) -> Figure:
    """The map; every name takes the same area, a layer of few names a shorter row."""
    canvas = Canvas(style)
    left, head = _label_width(brief, style), style.tick * 1.5
    inner = canvas.width - left
    for side, anchor, x in (("asia", "left", left), ("us", "right", canvas.width)):
        canvas.text(x, head * 0.42, _head(brief, side), anchor=anchor)  # type: ignore[arg-type]
    y = head
    for row in rows(
        brief, inner, canvas.height - head, style.tick * 1.32 if style.height < 300 else style.label * 1.6
    ):
        canvas.text(
            0,
            y + (row.height - GAP) / 2,
            short_layer(brief, row.layer),
            size=style.label,
            colour=style.palette.ink,
        )
        _cells(canvas, row, (left, y, inner), mode)
        y += row.height
    canvas.line([left, canvas.width], [head - 1, head - 1], style.palette.hair)
    return canvas.figure(simulated=brief.view.simulated)


def rows(brief: Brief, width: float, height: float, least: float) -> list[Row]:
    """The layers in the order of the stack, their heights so that every name has the same area.

    A layer whose share of the height would be less than ``least`` is that high and less wide.
    """
    table = brief.heat[brief.heat["names"] > 0]
    found = []
    for layer in dict.fromkeys(table["layer"]):
        own = table[table["layer"] == layer].set_index("side")
        asia, us = (int(own["names"].get(side, 0)) for side in SIDES)
        east, west = (float(own["mean"].get(side, np.nan)) for side in SIDES)
        found.append((str(layer), (asia, us), (east, west)))
    counts = np.array([sum(names) for _, names, _ in found], dtype=np.float64)
    each = _height_of_a_name(counts, height, least)
    return [
        Row(layer, names, moves, max(count * each, least), min(count * each / least, 1.0))
        for (layer, names, moves), count in zip(found, counts, strict=True)
    ]


def _height_of_a_name(counts: np.ndarray, height: float, least: float) -> float:
    """The height a name has at full width, so that the rows fill the height with none below the least."""
    low = np.zeros(len(counts), dtype=np.bool_)
    for _ in counts:
        rest = counts[~low].sum()
        each = max((height - low.sum() * least) / rest, 0.0) if rest else least / counts.max()
        short = counts * each < least
        if (short == low).all():
            break
        low = short
    return float(each)


def _cells(canvas: Canvas, row: Row, place: tuple[float, float, float], mode: Mode) -> None:
    """Asia's cell from the left, the US one from the right."""
    left, y, inner = place
    total = sum(row.names)
    for number, side in enumerate(SIDES):
        count, move = row.names[number], row.moves[number]
        if not count:
            continue
        both = all(row.names)
        wide = inner * row.full * count / total - (GAP / 2 if both else 0)
        x = left if side == "asia" else left + inner - wide
        colour, ink = heat(move, DAY, mode)
        tip = f"{PLACES[side]}  {words.percent(move)}%  {words.count(count, 'name')}"
        canvas.cell(x, y, wide, row.height - GAP, colour, tip)
        middle, pad = y + (row.height - GAP) / 2, canvas.style.tick * 0.55
        near, far = ("left", "right") if side == "asia" else ("right", "left")
        ends = {"left": x + pad, "right": x + wide - pad}
        label = min(canvas.style.label, (row.height - GAP) * 0.92)
        canvas.text(
            ends[near],
            middle,
            words.percent(move),
            size=label,
            colour=ink,
            weight=600,
            anchor=near,  # type: ignore[arg-type]
        )
        if canvas.fits(f"{words.percent(move)} {count}", wide - 2 * pad, label):
            canvas.text(ends[far], middle, str(count), colour=ink, anchor=far)  # type: ignore[arg-type]


def _label_width(brief: Brief, style: Style) -> float:
    longest = max((len(short_layer(brief, str(layer))) for layer in brief.heat["layer"]), default=0)
    return longest * style.label * 0.54 + style.label


def _head(brief: Brief, side: str) -> str:
    """A side and the date of its moves."""
    days = {item.side: item.day for item in brief.sides}
    if side not in days:
        return PLACES[side]
    return f"{PLACES[side]}, {words.day(days[side], year=False)}"


def frame(brief: Brief) -> pd.DataFrame:
    """The map's data: fractions."""
    days = {item.side: item.day.isoformat() for item in brief.sides}
    table = brief.heat[["layer", "side", "names", "down", "mean"]].rename(columns={"mean": "move"})
    return table.assign(day=table["side"].map(days)).set_index("layer")


def summary(brief: Brief) -> str:
    """The map in words."""
    told = [
        f"{short_layer(brief, line.layer)} in {PLACES[line.side]} {words.percent(line.mean)}%"
        for line in brief.heat.itertuples()
        if line.names
    ]
    return f"By layer and region: {'; '.join(told)}."

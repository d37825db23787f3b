"""Who gives and who takes: NET as bars, TO and FROM beside them."""

from __future__ import annotations

import numpy as np
import pandas as pd

from app.figures.canvas import EM, Canvas
from app.figures.frame import Figure
from app.figures.style import Style
from app.market import words
from app.questions.connectedness.facts import Facts
from app.questions.connectedness.table import model_text

# A bar is full at 40 points, and beyond where one is longer; the same on every basket.
FULL = 0.4
_HEADS = ("NET", "TO", "FROM")


def draw(facts: Facts, style: Style) -> Figure:
    """The bars at a size, the largest giver on top."""
    found, canvas = facts.found, Canvas(style)
    result, palette, tick = found.result, canvas.palette, style.tick
    order = np.argsort(-result.net, kind="stable")
    head = tick * 2
    line = min((canvas.height - head) / len(order), tick * 3.4)
    left = max(len(node.label) for node in found.nodes) * EM * tick + tick
    columns = [canvas.width - tick * 4.2 * back for back in (2, 1, 0)]
    zero = (left + columns[0] - tick * 4.2) / 2
    room = columns[0] - tick * 4.2 - zero
    full = max(FULL, float(np.abs(result.net).max()))
    for name, x in zip(_HEADS, columns, strict=True):
        canvas.text(x, head / 2, name, anchor="right")
    canvas.text(zero - tick * 0.6, head / 2, "takes", anchor="right")
    canvas.text(zero + tick * 0.6, head / 2, "gives")
    for row, place in enumerate(order.tolist()):
        y = head + (row + 0.5) * line
        net = float(result.net[place])
        own = place == facts.giver
        colour = palette.accent if own else palette.ink if net > 0 else palette.strong
        label = found.nodes[place].label
        tip = f"{label}: gives {_share(result.to_others[place])}%, takes {_share(result.from_others[place])}%"
        wide = abs(net) / full * room
        canvas.cell(zero if net > 0 else zero - wide, y - line * 0.28, wide, line * 0.56, colour, tip)
        canvas.text(0, y, label, colour=palette.ink if net > 0 else palette.ink2, weight=600 if own else 400)
        values = (
            words.percent(net),
            *(_share(part[place]) for part in (result.to_others, result.from_others)),
        )
        for x, text in zip(columns, values, strict=True):
            first = x == columns[0]
            canvas.text(
                x,
                y,
                text,
                colour=palette.ink if first else palette.ink2,
                weight=600 if first else 400,
                anchor="right",
            )
    canvas.line([zero, zero], [head, head + len(order) * line], palette.strong)
    return canvas.figure(simulated=facts.view.simulated)


def _share(fraction: float) -> str:
    return words.level(float(fraction) * 100)


def frame(facts: Facts) -> pd.DataFrame:
    """The data: one row a member, fractions."""
    result = facts.found.result
    columns = {"own": result.own, "from": result.from_others, "to": result.to_others, "net": result.net}
    return pd.DataFrame(columns, index=pd.Index(result.names, name="name")).sort_values(
        "net", ascending=False
    )


def title(facts: Facts) -> str:
    """How many give more than they take."""
    result = facts.found.result
    return f"{int((result.net > 0).sum())} of {len(result.names)} gave more than they took"


def note(facts: Facts) -> str:
    """What the columns are."""
    return (
        "% of forecast variance. FROM: made up by others’ shocks; TO: the sum of what it made up of others’. "
        f"{model_text(facts.found)}."
    )


def summary(facts: Facts) -> str:
    """The balance in words."""
    table = frame(facts)
    return "; ".join(f"{name} NET {words.percent(float(net))}" for name, net in table["net"].items()) + "."

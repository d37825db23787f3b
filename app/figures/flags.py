"""Numbered flags above a plot: which lane each stands in, and which are folded into one of many."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from app.figures.frame import Mark
from app.figures.placing import lanes
from app.figures.style import Style

MOST_LANES = 4
"""More lanes than this would take the plot's room: the least severe flags are folded."""
FREE = 5
_DIGIT = 0.62  # of a bold figure, in em
_BOXED = 2  # figures that a box holds
_TOLD = 3
_SEVERE = 3


@dataclass(frozen=True, slots=True)
class Flag:
    """One flag as it is drawn: its position on the axis, its lane counted from the plot, its text.

    ``numbers`` are those of the marks it stands for: several when ``text`` is ``+3``. A text too wide for
    the box stands without one. ``tip`` is what the pointer reads, ``go`` where a click leads.
    """

    x: float
    lane: int
    text: str
    filled: bool
    tip: str
    go: str
    numbers: tuple[int, ...]

    @property
    def boxed(self) -> bool:
        """Whether it has a box around it."""
        return len(self.numbers) == 1 and len(self.text) <= _BOXED


def flags_of(marks: Sequence[Mark], scale: float, style: Style, most: int = MOST_LANES) -> list[Flag]:
    """Return the flags of marks, none touching another.

    Parameters
    ----------
    marks
        In the order of their positions.
    scale
        Pixels a position.
    style
        Measures of a flag.
    most
        Lanes there may be. Where more are needed the last one holds what does not fit, folded: of marks
        that compete the weightier keep a flag of their own, then the earlier.
    """
    pixels = [mark.x * scale for mark in marks]
    room = max((_width(str(mark.number), style) for mark in marks), default=0.0) + FREE
    found = lanes(pixels, room)
    if max(found, default=0) < most:
        return [_single(mark, lane) for mark, lane in zip(marks, found, strict=True)]
    kept = _kept(marks, pixels, room, most - 1)
    stacked = zip(kept, lanes([pixels[row] for row in kept], room), strict=True)
    flags = [_single(marks[row], lane) for row, lane in stacked]
    rest = [row for row in range(len(marks)) if row not in set(kept)]
    wide = max(room, _width(f"+{len(rest)}", style) + FREE)
    flags += [_folded([marks[row] for row in group], most - 1) for group in _groups(rest, pixels, wide)]
    return sorted(flags, key=lambda flag: (flag.x, flag.lane))


def alone(marks: Sequence[Mark], scale: float, style: Style, most: int) -> list[Mark]:
    """The marks that can have flags of their own in that many lanes.

    Of marks that compete the weightier does, then the one given earlier.
    """
    pixels = [mark.x * scale for mark in marks]
    room = max((_width(str(mark.number), style) for mark in marks), default=0.0) + FREE
    return [marks[row] for row in _kept(marks, pixels, room, most)]


def size_of(style: Style) -> float:
    """The type size of a flag's number."""
    return max(style.flag * 0.7, 10.5)


def lanes_high(flags: Sequence[Flag], style: Style) -> int:
    """The pixels that the lanes take above a plot, with the air below them."""
    return style.lane * (max((flag.lane for flag in flags), default=-1) + 1) + 4


def width_of(flag: Flag, style: Style) -> float:
    """The width of one flag in pixels."""
    return _width(flag.text, style)


def folded(flags: Sequence[Flag]) -> list[Flag]:
    """The flags that stand for more than one mark."""
    return [flag for flag in flags if len(flag.numbers) > 1]


def _width(text: str, style: Style) -> float:
    return max(float(style.flag), len(text) * _DIGIT * size_of(style))


def _kept(marks: Sequence[Mark], pixels: Sequence[float], room: float, most: int) -> list[int]:
    """The marks that get flags of their own in that many lanes, in order."""
    taken: list[list[float]] = [[] for _ in range(most)]
    kept = []
    for row in sorted(range(len(marks)), key=lambda row: (-marks[row].weight, row)):
        for lane in taken:
            if all(abs(pixels[row] - other) >= room for other in lane):
                lane.append(pixels[row])
                kept.append(row)
                break
    return sorted(kept)


def _groups(rows: Sequence[int], pixels: Sequence[float], room: float) -> list[list[int]]:
    """Marks that share a flag: each group stands where its first does, clear of the group before."""
    groups: list[list[int]] = []
    for row in rows:
        if groups and pixels[row] - pixels[groups[-1][0]] < room:
            groups[-1].append(row)
        else:
            groups.append([row])
    return groups


def _single(mark: Mark, lane: int) -> Flag:
    return Flag(mark.x, lane, str(mark.number), mark.weight >= _SEVERE, mark.tip, mark.go, (mark.number,))


def _folded(marks: Sequence[Mark], lane: int) -> Flag:
    if len(marks) == 1:
        return _single(marks[0], lane)
    first = max(marks, key=lambda mark: (mark.weight, -mark.number))
    more = f" and {len(marks) - _TOLD} more" if len(marks) > _TOLD else ""
    tip = "; ".join(mark.tip for mark in marks[:_TOLD] if mark.tip) + more
    numbers = tuple(mark.number for mark in marks)
    return Flag(marks[0].x, lane, f"+{len(marks)}", False, tip, first.go, numbers)


class KeyRow(NamedTuple):
    """One row: the flag's number, its date, what happened, and the basket that day where that is apart."""

    number: str
    date: str
    fact: str
    move: str = ""
    filled: bool = False

"""The two sizes in which a chart leaves: the width of a memo's text, and half of it."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

from app.figures import style as styles
from app.figures.style import Style

Name = Literal["full", "half"]
SCALE = 2
DOTS_PER_INCH = 300
WHOLE_ONLY = frozenset(
    {
        "brief-relay",
        "connectedness-links",
        "connectedness-matrix",
        "correlation-matrix",
        "relay-day",
        "relay-warning",
        "stress-follow",
    }
)
"""Charts whose columns of figures do not fit half a memo's width in type of 7 points."""


@dataclass(frozen=True, slots=True)
class Size:
    """Measures of a memo picture in pixels, drawn at twice that.

    ``title``, ``deck`` and ``source`` are sizes of type, none below the 23 pixels that print
    as 7 points; ``lines`` are the most lines of title and deck.
    """

    name: Name
    style: Callable[..., Style]
    width: int
    height: int
    edge: int
    top: int
    title: int
    deck: int
    source: int
    lines: tuple[int, int]

    @property
    def inner(self) -> int:
        """Pixels from edge to edge."""
        return self.width - 2 * self.edge

    @property
    def title_line(self) -> int:
        return round(self.title * 1.174)

    @property
    def deck_line(self) -> int:
        return round(self.deck * 1.31)

    def head_lines(self, title: str, deck: str) -> tuple[list[str], list[str]]:
        """Title and deck in their lines; what has no room ends in an ellipsis."""
        titles = wrapped(title, self.inner, self.title, self.lines[0])
        return balanced(titles, self.inner, self.title), wrapped(deck, self.inner, self.deck, self.lines[1])

    def head(self, titles: Sequence[str], decks: Sequence[str]) -> int:
        """Pixels above the drawing."""
        return self.top + self.title_line * len(titles) + 14 + self.deck_line * len(decks)

    def foot(self, keys: int, sources: int) -> int:
        """Pixels below it: those of the key, and the lines of the source."""
        return 26 + round(self.source * 1.34) * sources + keys


_NARROW, _SLIM, _WIDE = frozenset("iljI.,:;|!’‘· "), frozenset("frt()[]-/“”"), frozenset("mwMW%@—→")


def ems(text: str) -> float:
    """About how wide Inter sets a text, in em; rather too wide than too narrow."""
    return sum(map(_em, text))


def width_of(text: str, size: float) -> float:
    """The same in pixels, at a size."""
    return size * ems(text)


def _em(letter: str) -> float:
    if letter in _NARROW:
        return 0.29
    if letter in _SLIM:
        return 0.4
    if letter in _WIDE or unicodedata.east_asian_width(letter) in "WF":
        return 0.95
    return 0.68 if letter.isupper() else 0.64 if letter.isdigit() else 0.58


def wrapped(text: str, width: float, size: float, lines: int) -> list[str]:
    """A text in at most so many lines of a width; what has no room is an ellipsis."""
    found: list[str] = [""]
    for word in text.split():
        longer = f"{found[-1]} {word}".strip()
        if width_of(longer, size) <= width:
            found[-1] = longer
        elif len(found) == lines:
            return [*found[:-1], _cut(longer, width, size)]
        else:
            found.append(word if width_of(word, size) <= width else _cut(word, width, size))
    return [line for line in found if line]


def _cut(text: str, width: float, size: float) -> str:
    while text and width_of(f"{text} …", size) > width:
        text = text[:-1]
    return f"{text.rstrip()} …"


def balanced(lines: list[str], width: float, size: float) -> list[str]:
    """The same lines made about equally long, none of them beginning with a figure where that can be had."""
    text = " ".join(lines)
    if len(lines) < 2:
        return lines
    tried = [wrapped(text, width * share / 100, size, len(lines) + 1) for share in range(100, 50, -2)]
    return min(
        (found for found in tried if len(found) == len(lines)),
        key=lambda found: (sum(line[0] in _FIGURES for line in found[1:]), max(map(ems, found))),
        default=lines,
    )


_FIGURES = frozenset("0123456789+−.")


FULL = Size(
    name="full",
    style=styles.memo,
    width=1600,
    height=900,
    edge=48,
    top=34,
    title=46,
    deck=26,
    source=24,
    lines=(3, 2),
)
HALF = Size(
    name="half",
    style=styles.half_memo,
    width=800,
    height=1000,
    edge=24,
    top=22,
    title=32,
    deck=23,
    source=23,
    lines=(4, 4),
)
SIZES: dict[str, Size] = {size.name: size for size in (FULL, HALF)}

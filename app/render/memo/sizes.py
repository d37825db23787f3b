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
        "travelled-lines",
    }
)
"""Charts whose columns of figures do not fit half a memo's width in type of 7 points."""


@dataclass(frozen=True, slots=True)
class Size:
    """Measures of a memo picture in pixels, drawn at twice that.

    ``title``, ``deck``, ``source`` and ``key`` are sizes of type, none below the 23 pixels that print
    as 7 points; ``lines`` are the most lines of title and deck; ``row`` is the height of a row of the key,
    ``air`` what is free above the source, and ``drawing`` what a key leaves to the drawing, at least.
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
    key: int
    row: int
    air: int
    lines: tuple[int, int]
    drawing: int = 0

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
        return self.air + round(self.source * 1.34) * sources + keys


# Inter at 640, the widest weight that headlines have, to the next 25th of an em.
_WIDTHS = {
    0.24: "!,.:;ijl’‘·",
    0.28: " 'I\\`",
    0.32: "()[]ft",
    0.36: "/r|",
    0.4: "1”",
    0.44: "-{}“",
    0.48: '"^_',
    0.52: "*sxz–",
    0.56: "7?JLacekvy",
    0.6: "25689EFbdghnopquλ",
    0.64: "#$&+034<=>BPRSTZ~−≤≥×σ±",
    0.68: "KXY",
    0.72: "ACDHNUV…",
    0.76: "GOQ",
    0.8: "w",
    0.88: "Mm",
    0.92: "%",
    0.96: "→",
    1.0: "@W—",
}
_EMS = {letter: width for width, letters in _WIDTHS.items() for letter in letters}


def ems(text: str) -> float:
    """About how wide Inter sets a text, in em; rather too wide than too narrow."""
    return sum(map(_em, text))


def width_of(text: str, size: float) -> float:
    """The same in pixels, at a size."""
    return size * ems(text)


def _em(letter: str) -> float:
    known = _EMS.get(letter)
    if known is not None:
        return known
    return 1.0 if unicodedata.east_asian_width(letter) in "WF" else 0.75 if letter.isupper() else 0.65


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
    key=25,
    row=38,
    air=26,
    lines=(3, 2),
)
HALF = Size(
    name="half",
    style=styles.half_memo,
    width=800,
    height=1000,
    edge=24,
    top=20,
    title=30,
    deck=23,
    source=23,
    key=23,
    row=32,
    air=22,
    lines=(4, 4),
    drawing=578,  # 45% of the height for the plot, and what stands around one: flags, days, legs
)
SIZES: dict[str, Size] = {size.name: size for size in (FULL, HALF)}

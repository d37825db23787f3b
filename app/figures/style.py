"""The sizes a chart is drawn at: compact and wide screens, a meeting room’s screen, and the memo."""

from __future__ import annotations

from dataclasses import dataclass, replace

from app.figures.theme import PALETTES, Palette
from app.kinds.request import Mode


@dataclass(frozen=True, slots=True)
class Style:
    """Measures of a chart in pixels, and its palette.

    ``context``, ``named`` and ``heavy`` are line widths; ``gap`` is the least distance of two
    direct labels, ``column`` the width kept for them; ``edge`` is what a drawing without an axis
    leaves free at its sides, ``floor`` the smallest type there may be.
    """

    palette: Palette
    width: int
    height: int
    label: int = 12
    tick: int = 11
    context: float = 1.2
    named: float = 1.8
    heavy: float = 2.5
    gap: int = 17
    column: int = 168
    left: int = 40
    right: int = 2
    top: int = 0
    bottom: int = 0
    flag: int = 15
    lane: int = 16
    strip: int = 46
    ticks: int = 24
    head: int = 0
    decimals: int = 1
    edge: int = 0
    floor: float = 10.5

    @property
    def mode(self) -> Mode:
        """The theme that its palette is of."""
        return next(mode for mode, palette in PALETTES.items() if palette == self.palette)


def screen(mode: Mode, width: int, height: int) -> Style:
    """The style of a chart on a page; type grows by a pixel on a wide screen."""
    wide = width >= 1000
    base = Style(PALETTES[mode], width, height)
    return replace(base, label=13, tick=12, column=182, gap=18, left=44) if wide else base


def memo(*, head: int, foot: int) -> Style:
    """The style of the memo: 1600 × 900, exported at twice that; 7 points when 6.5 inches wide."""
    return Style(
        PALETTES["memo"],
        1600,
        900,
        label=28,
        tick=25,
        context=2.4,
        named=3.8,
        heavy=5,
        gap=36,
        column=340,
        left=106,
        right=48,
        top=head,
        bottom=foot,
        flag=30,
        lane=34,
        strip=84,
        ticks=50,
        head=48,
        edge=48,
        floor=23,
    )


def half_memo(*, head: int, foot: int) -> Style:
    """Half a memo's width: 800 × 1000, exported at twice that; 7 points again when 3.25 inches wide."""
    return Style(
        PALETTES["memo"],
        800,
        1000,
        label=24,
        tick=23,
        context=2.2,
        named=3.4,
        heavy=4.6,
        gap=31,
        column=220,
        left=80,
        right=24,
        top=head,
        bottom=foot,
        flag=30,
        lane=32,
        strip=56,
        ticks=36,
        head=40,
        edge=24,
    )


def present(mode: Mode, width: int, height: int) -> Style:
    """The style of a chart on a slide: 18 pixels at least, lines that survive a video's compression.

    The drawing takes the whole width of the slide and, as in a memo, leaves its sides free.
    """
    return Style(
        PALETTES[mode],
        width,
        height,
        label=21,
        tick=18,
        context=2.2,
        named=3.2,
        heavy=4.4,
        gap=27,
        column=250,
        left=98,
        right=48,
        flag=26,
        lane=30,
        strip=66,
        ticks=38,
        head=36,
        edge=48,
        floor=18,
    )

"""The palette and the type of every figure; ``assets/00-tokens.css`` holds the same list for the page."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from app.kinds.request import Mode
from app.market.words import MINUS

FONT = "Inter, sans-serif"


@dataclass(frozen=True, slots=True)
class Palette:
    """Colours of one theme, by the role they play."""

    ground: str
    raise_: str
    band: str
    ink: str
    ink2: str
    ink3: str
    strong: str
    hair: str
    grid: str
    fall: str
    rise: str
    accent: str
    warn: str
    lines: tuple[str, ...]

    def signed(self, text: str) -> str:
        """The colour of a figure by the sign it is written with; none for one that reads as zero."""
        return {MINUS: self.fall, "+": self.rise}.get(text[:1], self.ink2)


_LIGHT_LINES = ("#AD4F08", "#7A3E9D", "#1A66B5", "#0B7A5E", "#5E6C78", "#7D6600", "#B23A2B", "#0B7285")

PALETTES: dict[Mode, Palette] = {
    "dark": Palette(
        ground="#101214",
        raise_="#171A1D",
        band="#171B1F",
        ink="#ECEAE3",
        ink2="#B0B2B0",
        ink3="#868B8D",
        strong="#636A6E",
        hair="#2C3034",
        grid="#202428",
        fall="#F2994F",
        rise="#74B3F0",
        accent="#E38DB3",
        warn="#DCC75A",
        lines=("#EBC857", "#EF7F63", "#A79CF2", "#47BFA4", "#B79B6E", "#8795A1", "#7CC3EE", "#D98CC4"),
    ),
    "light": Palette(
        ground="#FBFAF6",
        raise_="#F3F1EB",
        band="#F2EFE7",
        ink="#16181A",
        ink2="#494E51",
        ink3="#686D70",
        strong="#8A8D8A",
        hair="#D8D5CC",
        grid="#E8E5DC",
        fall="#AD4F08",
        rise="#1A5FA8",
        accent="#8C1D4F",
        warn="#7D6600",
        lines=_LIGHT_LINES,
    ),
    "memo": Palette(
        ground="#FFFFFF",
        raise_="#FFFFFF",
        band="#F3F3F0",
        ink="#111315",
        ink2="#42474A",
        ink3="#5F6467",
        strong="#8A8D8A",
        hair="#D5D5D2",
        grid="#E6E6E3",
        fall="#AD4F08",
        rise="#1A5FA8",
        accent="#8C1D4F",
        warn="#7D6600",
        lines=_LIGHT_LINES,
    ),
}

# The names people look for first keep a colour of their own: memory gold and coral, SoftBank iris.
_FIRST = ("000660.KS", "285A.T", "9984.T", "NVDA", "MU", "2330.TW", "ORCL", "CRWV")


def line_colours(symbols: Iterable[str], layers: Iterable[Sequence[str]], mode: Mode) -> dict[str, str]:
    """Give each symbol the colour it has on every page.

    The colour depends on the whole universe, by layer, not on what is drawn: a name never changes its
    colour when another is added to a chart, and a layer of up to eight names has eight colours.
    """
    palette = PALETTES[mode].lines
    slot = {symbol: row for row, symbol in enumerate(_FIRST)}
    for layer in layers:
        taken = {slot[symbol] for symbol in layer if symbol in _FIRST}
        free = [row for row in range(len(palette)) if row not in taken]
        rest = [symbol for symbol in layer if symbol not in _FIRST]
        slot |= {symbol: free[row % len(free)] for row, symbol in enumerate(rest)}
    return {symbol: palette[slot.get(symbol, 0) % len(palette)] for symbol in symbols}


def fade(colour: str, opacity: float) -> str:
    """Return ``#RRGGBB`` at an opacity, as plotly takes it."""
    red, green, blue = (int(colour[at : at + 2], 16) for at in (1, 3, 5))
    return f"rgba({red},{green},{blue},{opacity:g})"

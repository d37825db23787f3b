"""Heat: orange for a fall, blue for a rise, and the ink that reads on it; the clamp is fixed."""

from __future__ import annotations

import math
from functools import cache

import numpy as np

from app.figures.theme import PALETTES
from app.kinds.request import Mode

DAY, LEG, DEPTH = 0.10, 0.08, 0.33
"""Full colour of a day's move, of a leg and of a drawdown, fractions."""

_RAMPS: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "dark": (
        ("#23272A", "#52351D", "#945321", "#D6842F", "#F8B06C"),
        ("#22272B", "#1B3A59", "#1F5C94", "#3F8FD8", "#8CC4F7"),
    ),
    "light": (
        ("#ECE9E1", "#F6DCC2", "#EDB27A", "#D9822B", "#A84C06"),
        ("#ECE9E1", "#D3E3F3", "#95BFE6", "#4A8CCB", "#1A5FA8"),
    ),
}
_SHADES = 64
READABLE = 4.5
"""The least contrast of text (WCAG 2, AA); between two stops it can take pure black or white."""

_PURE = "#000000", "#FFFFFF"
_TO_LMS = np.array(
    [
        [0.4122214708, 0.5363325363, 0.0514459929],
        [0.2119034982, 0.6806995451, 0.1073969566],
        [0.0883024619, 0.2817188376, 0.6299787005],
    ]
)
_TO_LAB = np.array(
    [
        [0.2104542553, 0.7936177850, -0.0040720468],
        [1.9779984951, -2.4285922050, 0.4505937099],
        [0.0259040371, 0.7827717662, -0.8086757660],
    ]
)


def heat(value: float, full: float, mode: Mode) -> tuple[str, str]:
    """Return the colour of a value and that of the text on it; nothing known has the ground and ink-3.

    ``full`` is where the colour is full, in the unit of the value; it must not follow the view.
    """
    if not math.isfinite(value):
        return PALETTES[mode].ground, PALETTES[mode].ink3
    part = min(abs(value) / full, 1.0)
    return _shade("dark" if mode == "dark" else "light", value > 0, round(part * _SHADES), mode)


def contrast(colour: str, other: str) -> float:
    """The WCAG 2 contrast ratio of two colours, 1 to 21."""
    light = sorted((_luminance(colour), _luminance(other)))
    return (light[1] + 0.05) / (light[0] + 0.05)


@cache
def _shade(ramp: str, rise: bool, step: int, mode: Mode) -> tuple[str, str]:
    stops = _RAMPS[ramp][int(rise)]
    at = step / _SHADES * (len(stops) - 1)
    low = min(int(at), len(stops) - 2)
    ground = _mixed(stops[low], stops[low + 1], at - low)
    own = PALETTES[mode].ink, PALETTES[mode].ground
    readable = [ink for ink in own if contrast(ink, ground) >= READABLE]
    return ground, max(readable or _PURE, key=lambda ink: contrast(ink, ground))


def _mixed(first: str, second: str, part: float) -> str:
    """A colour between two, mixed in OKLab so that equal steps look equal (Ottosson 2020)."""
    lab = (1 - part) * _lab(first) + part * _lab(second)
    linear = np.linalg.inv(_TO_LMS) @ (np.linalg.inv(_TO_LAB) @ lab) ** 3
    linear = np.clip(linear, 0, 1)
    coded = np.where(linear <= 0.0031308, 12.92 * linear, 1.055 * linear ** (1 / 2.4) - 0.055)
    return "#" + "".join(f"{round(value * 255):02X}" for value in coded)


def _lab(colour: str) -> np.ndarray:
    return np.asarray(_TO_LAB @ np.cbrt(_TO_LMS @ _linear(colour)))


def _linear(colour: str) -> np.ndarray:
    coded = np.array([int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)])
    return np.where(coded <= 0.04045, coded / 12.92, ((coded + 0.055) / 1.055) ** 2.4)


def _luminance(colour: str) -> float:
    return float(_linear(colour) @ (0.2126, 0.7152, 0.0722))

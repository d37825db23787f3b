from __future__ import annotations

import itertools
import math

import pytest

from app.figures.heat import LEG, contrast, heat
from app.figures.theme import PALETTES
from app.kinds.request import Mode

MODES: tuple[Mode, ...] = ("dark", "light", "memo")
STEPS = [n / 100 for n in range(-130, 131)]


@pytest.mark.parametrize("mode", MODES)
def test_text_reads_on_every_shade(mode: Mode) -> None:
    assert min(contrast(*heat(value * LEG, LEG, mode)) for value in STEPS) >= 4.5


@pytest.mark.parametrize("mode", MODES)
def test_a_larger_move_is_a_stronger_shade_up_to_the_clamp(mode: Mode) -> None:
    """Away from the neutral middle, in contrast with it, step by step."""
    for sign in (-1, 1):
        shades = [heat(sign * part * LEG, LEG, mode)[0] for part in (0.0, 0.25, 0.5, 0.75, 1.0)]
        strength = [contrast(shade, shades[0]) for shade in shades]
        assert all(a < b for a, b in itertools.pairwise(strength))
        assert heat(sign * 3 * LEG, LEG, mode) == heat(sign * LEG, LEG, mode)


def test_the_ends_are_the_colours_of_the_design() -> None:
    assert heat(-0.08, 0.08, "light")[0] == "#A84C06"
    assert heat(0.08, 0.08, "light")[0] == "#1A5FA8"
    assert heat(-0.08, 0.08, "dark")[0] == "#F8B06C"
    assert heat(0.08, 0.08, "dark")[0] == "#8CC4F7"


def test_a_fall_and_a_rise_differ_and_nothing_known_has_no_colour() -> None:
    assert heat(-0.04, LEG, "dark")[0] != heat(0.04, LEG, "dark")[0]
    palette = PALETTES["dark"]
    assert heat(math.nan, LEG, "dark") == (palette.ground, palette.ink3)

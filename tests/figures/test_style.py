from __future__ import annotations

import pytest

from app.figures.style import memo, screen
from app.figures.theme import PALETTES


@pytest.mark.parametrize("mode", ["dark", "light"])
def test_type_and_gap_grow_on_a_wide_screen(mode: str) -> None:
    narrow, wide = screen(mode, 800, 336), screen(mode, 1376, 500)  # type: ignore[arg-type]
    assert (narrow.label, narrow.tick, narrow.gap) == (12, 11, 17)
    assert (wide.label, wide.tick, wide.gap) == (13, 12, 18)
    assert narrow.palette == wide.palette == PALETTES[mode]  # type: ignore[index]


def test_memo_is_white_and_of_one_size() -> None:
    found = memo(head=100, foot=80)
    assert (found.width, found.height, found.gap) == (1600, 900, 36)
    assert found.palette.ground == "#FFFFFF"
    assert (found.top, found.bottom) == (100, 80)
    assert (found.context, found.named, found.heavy) == (2.4, 3.8, 5)

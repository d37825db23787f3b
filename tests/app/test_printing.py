"""Tables of the command line: whatever the window, no figure is cut and no line is longer than it."""

from __future__ import annotations

import io
import re
from datetime import date

from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

from app.commands.asking import _text
from app.commands.printing import print_table
from app.kinds.column import DAY, FLAG, Column

COLUMNS = ("symbol", "drawdown", "peak", "first down", "sessions", "max drawdown", "percentile", "says")
ROWS = [
    ["042700.KS", "−37.0", "14 May 26", "15 May 26", "26", "−68.5", "74", "Agrees (stored: −37.02%)."],
    ["SMCI", "−72.0", "13 Mar 24", "14 Mar 24", "570", "−84.8", ">99", "Differs by 1.14 points."],
]


def printed(width: int, columns: tuple[str, ...] = COLUMNS) -> str:
    out = io.StringIO()
    rows = [row[: len(columns)] for row in ROWS]
    print_table(Console(file=out, width=width), "As of 23 Jun 2026", columns, rows, {"symbol", "says"})
    return out.getvalue()


@given(st.integers(44, 240))
def test_every_figure_stands_whole_in_any_window(width: int) -> None:
    text = printed(width)
    assert max(map(len, text.splitlines())) <= width
    assert "…" not in text
    for row in ROWS:
        for figure in row[:-1]:
            assert re.search(rf"(^|\s){re.escape(figure)}(\s|$)", text), (figure, width)


def test_a_wide_window_has_one_table_with_headings_on_one_line() -> None:
    text = printed(140)
    assert text.count("symbol") == 1 and "max drawdown" in text
    assert text.splitlines()[0] == "As of 23 Jun 2026"


def test_columns_that_do_not_fit_stand_below_beside_the_names_again() -> None:
    text = printed(60)
    below = text[text.rindex("symbol") :]
    assert text.count("042700.KS") == text.count("symbol") > 1
    assert "says" in below and "042700.KS" in below


def test_the_title_is_not_folded_at_the_width_of_a_narrow_table() -> None:
    text = printed(100, COLUMNS[:2])
    assert text.splitlines()[0] == "As of 23 Jun 2026"
    assert max(map(len, text.splitlines()[1:])) < 40


def test_a_cell_speaks_english() -> None:
    turbulent, session = Column("turbulent", FLAG), Column("session", DAY)
    assert [_text(turbulent, value) for value in (True, False, None)] == ["yes", "no", "–"]
    assert _text(session, date(2026, 6, 23)) == "23 Jun 26"

"""CSV that spreadsheets read as it is meant: numbers are numbers, no text a formula, nothing lost."""

from __future__ import annotations

import csv
import io

from hypothesis import given
from hypothesis import strategies as st

from app.market.plain import FORMULA, csv_text

TEXT = st.text(st.characters(codec="utf-8", exclude_characters="\x00"), max_size=30)
HEADS = st.sampled_from(("", " ", "\n", "  ", "'"))
RISKY = st.builds(lambda head, sign, rest: head + sign + rest, HEADS, st.sampled_from(FORMULA), TEXT)
NUMBER = st.one_of(st.integers(-(10**9), 10**9), st.floats(allow_nan=False, allow_infinity=False))


@given(st.lists(st.tuples(TEXT | RISKY, NUMBER, st.none()), max_size=5), RISKY)
def test_what_is_written_is_read_back_and_no_text_is_a_formula(
    rows: list[tuple[str, float, None]], head: str
) -> None:
    columns = (head, "number", "nothing")
    told = csv_text(columns, [dict(zip(columns, row, strict=True)) for row in rows])
    heads, *found = list(csv.reader(io.StringIO(told, newline="")))
    assert heads[0].removeprefix("'") == head.removeprefix("'")
    for (text, number, _), cells in zip(rows, found, strict=True):
        assert cells[0] in (text, "'" + text)
        assert type(number)(cells[1]) == number
        assert cells[2] == ""
    for cell in (heads[0], *(cells[0] for cells in found)):
        assert not cell.lstrip(" \n").startswith(FORMULA)


def test_a_list_of_parts_is_a_text_too() -> None:
    told = csv_text(("links",), [{"links": [{"leg": "=1+1", "move": -0.1}]}])
    assert told.splitlines()[1] == "'=1+1 -0.1"


def test_a_negative_number_stays_one() -> None:
    assert csv_text(("a", "b"), [{"a": -0.25, "b": "-0.25"}]).splitlines()[1] == "-0.25,'-0.25"

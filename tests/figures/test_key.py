from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from app.figures.flags import KeyRow
from app.figures.style import memo
from app.render.memo.key import key_parts, rows_high, shortened
from app.render.memo.sizes import FULL

STYLE = memo(head=190, foot=224)
LONG = "Yen carry trades unwind; Tokyo has its worst day since 1987"


def key(rows: list[KeyRow], note: str = "") -> list[dict[str, Any]]:
    return key_parts(rows, note, 676, FULL, STYLE)[0]


def places(texts: list[dict[str, Any]]) -> list[tuple[float, float]]:
    return [(text["xshift"] + STYLE.left, STYLE.top - text["yshift"]) for text in texts]


def test_a_row_holds_number_date_fact_and_move_and_a_severe_one_is_filled() -> None:
    texts = key(
        [KeyRow("7", "5 Aug 24", "Rout", "−5.1%", filled=True), KeyRow("8", "6 Aug 24", "On", "+1.0%")]
    )
    assert [text["text"] for text in texts[:4]] == ["<b>7</b>", "5 Aug 24", "Rout", "−5.1%"]
    assert texts[0]["bgcolor"] == STYLE.palette.accent
    assert "bgcolor" not in texts[4]


def test_the_note_has_the_cell_after_the_rows() -> None:
    rows = [KeyRow(str(n), "5 Aug 24", "Rout", "−5.1%") for n in range(3)]
    texts = key(rows, "3 of 9 events, the most severe")
    assert texts[-1]["text"] == "3 of 9 events, the most severe"
    assert places(texts)[-1] == (48 + 752, places(texts)[8][1])
    assert rows_high(rows, "said", FULL) == rows_high(rows, "", FULL)
    assert rows_high([], "said", FULL) == 0


def test_days_stand_five_to_a_row_and_facts_two() -> None:
    days = [KeyRow(str(n), "5 Aug 24", "−5.1%") for n in range(6)]
    facts = [row._replace(move="−5.1%") for row in days]
    assert len({y for _, y in places(key(days))}) == 2
    assert len({y for _, y in places(key(facts))}) == 3


def test_markup_in_a_title_stays_text() -> None:
    texts = key([KeyRow("1", "5 Aug 24", "<a href='x'>A & B</a>", "0.0%")])
    assert texts[2]["text"] == "&lt;a href='x'&gt;A &amp; B&lt;/a&gt;"


def test_a_long_title_ends_after_a_clause_or_a_word() -> None:
    assert shortened(LONG, 100) == LONG
    assert shortened(LONG, 18) == "Yen carry trades unwind…"
    assert (
        shortened("Korea follows, SoftBank founds SB Neo and rises", 17) == "Korea follows, SoftBank founds…"
    )


@given(text=st.text(max_size=80), room=st.floats(2, 40))
def test_a_shortened_text_begins_as_the_whole_one(text: str, room: float) -> None:
    found = shortened(text, room)
    assert found == text or (found.endswith("…") and text.startswith(found[:-1]))
    assert len(found) <= max(len(text), 1)

"""The key to the flags of a memo: rows under the picture, each number with its date and what happened."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from app.figures.flags import KeyRow
from app.figures.style import Style
from app.figures.theme import FONT
from app.render.memo.sizes import Size, ems

_RULE = 8
_ABOVE, _HEAD = 16, 14
_FACT_WIDTH, _DAY_WIDTH = 750, 300
_DATE, _MOVE = 5.28, 3.84  # em
_BOX, _BOX_TYPE = 36, 20
_AIR = 30
_CLAUSES = ";:,"


def rows_high(rows: Sequence[KeyRow], note: str, size: Size) -> int:
    """The pixels that a key takes, its rule among them; none without a row."""
    if not rows:
        return 0
    cells = len(rows) + bool(note)
    return -(-cells // _columns(size, told=_told(rows))) * size.row + _HEAD


def rows_that_fit(high: float, size: Size, *, told: bool) -> int:
    """How many rows a key of a height has beside its note; of rows that tell what happened fewer."""
    lines = int((high - _HEAD) // size.row)
    return max(lines * _columns(size, told=told) - 1, 0)


def key_parts(
    rows: Sequence[KeyRow], note: str, top: float, size: Size, style: Style
) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Return the annotations and shapes of a key from edge to edge of a picture.

    The ``note``, in a cell of its own after the rows, says what the flags are.
    """
    if not rows:
        return [], []
    columns = _columns(size, told=_told(rows))
    wide = size.inner / columns
    *places, last = _places(len(rows) + 1, columns, top, size)
    texts: list[dict[str, Any]] = []
    for number, (row, at) in enumerate(zip(rows, places, strict=True), 1):
        end = at[0] + wide - (0 if number % columns == 0 else _AIR)
        texts += _row(row, *at, end, size, style)
    if note:
        texts.append(text_at(note, *last, style, size.key, style.palette.ink3))
    return texts, [_rule(top, size.edge, size.width - size.edge, style)]


def key_lines(rows: Sequence[KeyRow], note: str, top: float, size: Size) -> list[tuple[str, float, float]]:
    """Each row whole, and the note, with the pixel where it begins."""
    told = [" ".join(part for part in row[:4] if part) for row in rows] + ([note] if rows and note else [])
    places = _places(len(told), _columns(size, told=_told(rows)), top, size)
    return [(text, *at) for text, at in zip(told, places, strict=True)]


def _places(cells: int, columns: int, top: float, size: Size) -> list[tuple[float, float]]:
    wide = size.inner / columns
    rows = (divmod(place, columns) for place in range(cells))
    return [(size.edge + wide * column, top + _ABOVE + size.row * row) for row, column in rows]


def text_at(
    text: str, x: float, y: float, style: Style, size: int, colour: str, weight: int = 400
) -> dict[str, Any]:
    """Text at a pixel of the picture, from its top left corner."""
    return {
        "text": text,
        "x": 0,
        "y": 1,
        "xref": "paper",
        "yref": "paper",
        "xanchor": "left",
        "yanchor": "top",
        "xshift": x - style.left,
        "yshift": style.top - y,
        "align": "left",
        "showarrow": False,
        "font": {"family": FONT, "size": size, "color": colour, "weight": weight},
    }


def shortened(text: str, room: float) -> str:
    """A text that takes at most ``room`` em: whole, or cut after a clause or a word, with an ellipsis."""
    if ems(text) <= room:
        return text
    fits = next(end for end in range(len(text), -1, -1) if ems(text[:end]) <= room - 1)
    kept = text[:fits]
    # A clause reads better than a word, where it is not the lesser half of what there is room for.
    end = max(kept.rfind(mark) for mark in _CLAUSES)
    end = end if end >= fits / 2 else kept.rfind(" ")
    return f"{kept[: end if end >= fits / 2 else fits].rstrip()}…"


def _told(rows: Sequence[KeyRow]) -> bool:
    return any(row.move for row in rows)


def _columns(size: Size, *, told: bool) -> int:
    """Rows that tell what happened are long; those of a date and a figure are not."""
    return int(size.inner / (_FACT_WIDTH if told else _DAY_WIDTH))


def _row(row: KeyRow, x: float, y: float, end: float, size: Size, style: Style) -> list[dict[str, Any]]:
    palette = style.palette
    pad = (size.row - 32) // 2  # two pixels of ground between a box and the next
    box = {"bordercolor": palette.accent, "borderwidth": 2, "borderpad": pad, "width": 24, "align": "center"}
    box |= {"bgcolor": palette.accent} if row.filled else {}
    colour = palette.ground if row.filled else palette.accent
    number = text_at(f"<b>{row.number}</b>", x, y, style, _BOX_TYPE, colour) | box
    x += _BOX + 2 * pad
    if not row.move:
        told = f"{row.date} <span style='color:{palette.ink}'>{row.fact}</span>"
        return [number, text_at(told, x, y, style, size.key, palette.ink3)]
    start = x + _DATE * size.key
    fact = shortened(row.fact, (end - start) / size.key - _MOVE)
    move = text_at(row.move, end, y, style, size.key, palette.ink, 600) | {"xanchor": "right"}
    return [
        number,
        text_at(row.date, x, y, style, size.key, palette.ink3),
        text_at(_plain(fact), start, y, style, size.key, palette.ink),
        move,
    ]


def _plain(text: str) -> str:
    """A text of anyone's as plotly writes it: what looks like a tag stays text."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _rule(top: float, left: float, right: float, style: Style) -> dict[str, Any]:
    """The hairline above the key."""
    inner = style.width - style.left - style.right
    y = 1 - (top + _RULE - style.top) / (style.height - style.top - style.bottom)
    return {
        "type": "line",
        "xref": "paper",
        "yref": "paper",
        "x0": (left - style.left) / inner,
        "x1": (right - style.left) / inner,
        "y0": y,
        "y1": y,
        "line": {"color": style.palette.hair, "width": 2},
    }

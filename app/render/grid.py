"""The figures behind a chart as a small table in words: what a slide has room for, each in its form."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import numpy as np
import pandas as pd

from app.market import words
from app.render.story import Story
from models.texts import clean

ROWS = 12
_LETTERS = 108
"""What a row of a slide's table holds, the room between columns counted."""
_LONGEST_CELL = 36
_TIMES = ("session", "date", "news_day")
_ISO_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_ISO_INSTANT = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:]{5,8}Z")
_NEGATIVE = re.compile(r"^-(?=[0-9])")
_PROBABILITIES = ("p", "p_adjusted")
_NEVER = 1.5
"""No return, share or correlation of ours is larger: beyond it a column is no fraction."""


@dataclass(frozen=True, slots=True)
class Grid:
    """Heads and cells as text; ``left`` says which columns stand left, ``note`` what was left out.

    ``needs`` are the letters that each column takes.
    """

    heads: tuple[str, ...]
    cells: tuple[tuple[str, ...], ...]
    left: tuple[bool, ...]
    needs: tuple[int, ...]
    note: str


def grid(story: Story, rows: int = ROWS, letters: int = _LETTERS) -> Grid:
    """The newest rows of a history, the first ones of anything else; a missing figure is "n/a"."""
    frame = story.data
    history = str(frame.index.name) in _TIMES
    shown = frame.iloc[::-1][:rows] if history else frame[:rows]
    first = _head(str(frame.index.name)), *map(_plain, shown.index)
    columns, left, room = [first], [True], letters - _need(first, bold=True)
    for name in (name for name in frame.columns if frame[name].notna().any()):
        form, unit, text = _form(str(name), frame[name], story.figures)
        column = _head(str(name)) + unit, *(_cell(value, form) for value in shown[name])
        room -= _need(column)
        if room < 0:
            break
        columns.append(column)
        left.append(text)
    heads, *cells = zip(*columns, strict=True)
    needs = tuple(_need(column, bold=place == 0) for place, column in enumerate(columns))
    note = _note(frame, len(shown), len(columns) - 1, history=history)
    return Grid(heads, tuple(cells), tuple(left), needs, note)


def _need(column: tuple[str, ...], *, bold: bool = False) -> int:
    """Letters of a column; its head may take two lines."""
    head, *cells = column
    words_ = max(map(len, head.split()), default=0)
    return max(words_, -(-len(head) // 2) + 1, *map(len, cells), 4) + (5 if bold else 3)


def _note(frame: pd.DataFrame, rows: int, columns: int, *, history: bool) -> str:
    parts = []
    if rows < len(frame):
        parts.append(f"the {'newest' if history else 'first'} {rows} of {len(frame):,} rows")
    if columns < len(frame.columns):
        parts.append(f"{columns} of {len(frame.columns)} columns")
    return (
        f"Here {' and '.join(parts)}; the chart’s CSV holds all." if parts else "All of the chart’s figures."
    )


Form = tuple[Callable[[Any], str], str, bool]
"""How a value is written, the unit its head says, and whether it is text."""


def _form(name: str, column: pd.Series, figures: str) -> Form:
    from app.render.forms import form_of

    if not pd.api.types.is_numeric_dtype(column) or pd.api.types.is_bool_dtype(column):
        return _plain, "", True
    if pd.api.types.is_integer_dtype(column):
        return _count, "", False
    if name in _PROBABILITIES:
        return words.correlation, "", False
    known = form_of(name)
    if known is None and name.endswith(_ENDINGS):
        known = next(form for ending, form in _BY_ENDING.items() if name.endswith(ending))
    if figures == "shares" and known in (None, words.whole_percent):
        return _share, ", %", False
    if figures == "correlations" and known in (None, words.whole_percent):
        return words.correlation, "", False
    if known is not None:
        return known, ", %" if known in (words.percent, words.whole_percent) else "", False
    if np.nanmax(np.abs(column.to_numpy(float))) <= _NEVER:
        return words.percent, ", %", False
    return words.level, "", False


def _share(value: Any) -> str:
    return words.level(float(value) * 100)


_BY_ENDING: dict[str, Callable[[Any], str]] = {
    "_return": words.percent,
    "_level": words.percent,
    "_move": words.percent,
    "_breadth": words.whole_percent,
    "_z": words.signed,
}
_ENDINGS = tuple(_BY_ENDING)


def _cell(value: Any, form: Callable[[Any], str]) -> str:
    return "n/a" if words.missing(value) else form(value)


def _count(value: Any) -> str:
    return f"{int(value):,}"


def _plain(value: Any) -> str:
    """Text as it is but short, a date in words."""
    if isinstance(value, bool | np.bool_):
        return "yes" if value else "no"
    if isinstance(value, datetime) and (value.hour or value.minute):
        return words.instant(value, weekday=False)
    if isinstance(value, date | np.datetime64):
        return words.day(value)
    text = clean(str(value)[:200]).replace("_", " ")
    try:
        if _ISO_INSTANT.fullmatch(text):
            return words.instant(datetime.fromisoformat(text), weekday=False)
        text = _ISO_DAY.sub(lambda found: words.day(date.fromisoformat(found[0])), text)
    except ValueError:
        pass  # looks like a date and is none: it stays as it is
    text = _NEGATIVE.sub(words.MINUS, text)
    return text if len(text) <= _LONGEST_CELL else text[: _LONGEST_CELL - 1].rstrip() + "…"


def _head(name: str) -> str:
    text = _plain(name)
    return text[:1].upper() + text[1:]

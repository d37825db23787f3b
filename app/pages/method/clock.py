"""Definitions: rows in clock order, on which every figure across the sides stands."""

from __future__ import annotations

from app.pages.method.entry import Chapter, Entry
from models.analytics.clock import clock_rows

_ROWS = Entry(
    "clock-rows",
    "Rows in clock order",
    (
        "Asia closes before New York opens on the same date. A figure across the sides is therefore taken "
        "over rows, each from one close of both sides to the next: New York’s close and the Asian close that "
        "followed it, or Asia’s close and the New York close of the same news day. Every figure says which.",
        "An Asian row day is one on which every Asian exchange among the names was open. A day on which only "
        "one side traded is compounded into the next row.",
    ),
    ("row[r] = Π (1 + return) over the name’s sessions since row r − 1, less 1",),
    cannot="Undo that Tokyo, Seoul, Taipei and Hong Kong close up to two and a half hours apart.",
    functions=(clock_rows,),
)

CHAPTER = Chapter("Across the clock", (_ROWS,))

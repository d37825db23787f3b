"""Whether a rout on one side warned of one on the other: hit rates beside base rates, both ways."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime

import pandas as pd

from app.kinds.answer import Answer, Note, answer_of, records
from app.kinds.column import COUNT, MOVE, SHARE, SIZE, TEXT, Column, columns, keys
from app.kinds.parameters import Asked, session
from app.kinds.question import Question
from app.market import words
from app.market.asof import priced_columns
from app.market.market import View
from app.market.words import as_date
from app.questions.relay.legs import PLACES, SIDES, side_legs, side_moves, side_symbols, since_of
from models.analytics.early_warning import early_warning as table_of
from models.types import session64

WARNING_COLUMNS = (
    *columns(TEXT, "after", "outcome"),
    *columns(COUNT, "cases", "hits"),
    *columns(SHARE, "hit_rate", "low", "high", "base_rate"),
    Column("base_n", COUNT),
    *columns(MOVE, "median", "base_median", "excess"),
    Column("excess_se", SIZE),
    Column("left_out", COUNT),
    *columns(SHARE, "block_low", "block_high", "prior_base_rate"),
    Column("prior_base_n", COUNT),
    Column("by_year", TEXT),
)
_AFTER = {"asia": "an Asian", "us": "a New York"}
_CLOSE = {"asia": "New York", "us": "Asian"}
"""Whose close came before that of the event."""


def early_warning(
    view: View, basket: str = "all", as_of: date | datetime | None = None, since: date | None = None
) -> Answer:
    """What followed a close in its side's own worst twentieth, from either side to the other's next day.

    Raises
    ------
    NoPricesError
        If no name of the basket has a price.
    """
    priced_columns(view, basket)
    frame = warning_frame(view, basket, since)
    rows = records(frame, keys(WARNING_COLUMNS))
    params = {"basket": basket, "since": since or since_of(view), "as_of": as_of}
    notes = _notes(view, basket, rows)
    return replace(
        answer_of(view, as_of, params, WARNING_COLUMNS, rows, notes), sentence=sentence(view, basket, since)
    )


def warning_frame(view: View, basket: str = "all", since: date | None = None) -> pd.DataFrame:
    """The early-warning table of the last years, or since a day; six rows."""
    first = since or since_of(view)

    def make() -> pd.DataFrame:
        legs, moves = side_legs(view, basket), side_moves(view, basket)
        return table_of(view.panel.sessions, legs, moves=moves, since=session64(first))

    return view.remember(("warning", basket, first), make)


def sentence(view: View, basket: str = "all", since: date | None = None) -> str:
    """What a rout on either side has done to the other's open."""
    gaps = warning_frame(view, basket, since).query("outcome == 'gap' and cases > 0")
    if gaps.empty:
        return ""
    told = []
    for row in gaps.itertuples():
        other = next(PLACES[side] for side in SIDES if side != row.after)
        figures = f"{words.whole_percent(row.hit_rate)}%, base {words.whole_percent(row.base_rate)}%"
        told.append(
            f"after {_AFTER[row.after]} close in its worst 5% {other} opened lower in "
            f"{row.hits} of {row.cases} cases ({figures})"
        )
    text = "; ".join(told)
    return " ".join([f"{text[0].upper()}{text[1:]}.", *_beside(view, basket, since)])


def _beside(view: View, basket: str, since: date | None) -> list[str]:
    """What the other side's close before had already said, and in which years the cases fell."""
    told = []
    for row in warning_frame(view, basket, since).query("outcome == 'gap' and cases > 0").itertuples():
        other = next(PLACES[side] for side in SIDES if side != row.after)
        if row.prior_base_n:
            told.append(
                f"{other} opened lower in {words.whole_percent(row.prior_base_rate)}% of all days whose "
                f"{_CLOSE[row.after]} close before was as low as before those cases."
            )
        told.append(
            f"Cases by year: {row.by_year}; with days in runs 95% lies between "
            f"{words.whole_percent(row.block_low)} and {words.whole_percent(row.block_high)}%."
        )
    return told


def _notes(view: View, basket: str, rows: list[dict[str, object]]) -> list[Note]:
    """Why shares are missing, and which cases were left out."""
    absent = [side for side in SIDES if not side_symbols(view, side, basket)]
    if absent:
        reason = f"no name of the basket trades in {PLACES[absent[0]]}"
        return [Note(None, ("hit_rate", "low", "high", "base_rate", "median", "base_median"), reason)]
    notes = []
    for row in rows:
        if row["outcome"] != "gap":
            continue
        about = f"after {row['after']}"
        if not row["cases"]:
            fields = ("hit_rate", "low", "high", "median", "excess", "excess_se")
            notes.append(Note(about, fields, "no close of the period lay in its own worst 5%"))
        if row["left_out"]:
            many = words.count(int(str(row["left_out"])), "such close")
            why = "overtaken by a later one before the open, not answered yet, or by legs that are withheld"
            reason = f"{many} left out: {why}"
            notes.append(Note(about, ("left_out",), reason))
    return notes


@dataclass(frozen=True, slots=True)
class WarningParams(Asked):
    """What may be asked of what followed a rout."""

    since: str = session(help="The first day counted; five years unless given.")


EARLY_WARNING = Question(
    "early-warning",
    WarningParams,
    ask=lambda ground, params: early_warning(ground.view, params.basket, ground.as_of, as_date(params.since)),
)

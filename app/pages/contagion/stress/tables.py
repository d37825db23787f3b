"""The last rows of the clock as a table beside the panels."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from dash import html

from app.market import words
from app.market.words import MISSING
from app.questions.stress.facts import Facts
from app.render.html.side import side_table

ROWS = 9


def last_rows(facts: Facts) -> html.Table:
    """Turbulence and its parts, absorption, and names in their own worst days, the newest row first."""
    table = facts.stress.table.iloc[facts.shown].tail(ROWS)[::-1]
    rows = [_row(row) for row in table.itertuples()]
    heads = [
        ("", ""),
        ("Turb.", "num"),
        ("Size", "num"),
        ("Pattern", "num"),
        ("Abs., %", "num"),
        ("Asia", "num"),
        ("N.Y.", "num"),
    ]
    return side_table("Last rows", heads, rows, "No row of the clock lies in this window.", "rows")


def _row(row: Any) -> html.Tr:
    loud = row.turbulent is True or row.turbulent is np.True_
    return html.Tr(
        [
            html.Th(_when(row), scope="row"),
            html.Td(words.level(row.turbulence), className="num key" if loud else "num"),
            html.Td(words.level(row.magnitude), className="num"),
            html.Td(words.level(row.correlation_surprise), className="num"),
            html.Td(words.whole_percent(row.absorption), className="num"),
            html.Td(_of(row.asia_exceeding, row.asia_judged), className="num"),
            html.Td(_of(row.us_exceeding, row.us_judged), className="num"),
        ]
    )


def _when(row: Any) -> str:
    """The date of a row; of one that pairs two, both, the earlier first."""
    dates = sorted(found for value in (row.asia_date, row.us_date) if (found := words.as_date(value)))
    return words.short_day(dates[-1]) if len(set(dates)) < 2 else words.span(dates[0], dates[-1])


def _of(count: Any, judged: Any) -> str:
    return MISSING if pd.isna(count) or pd.isna(judged) else f"{count}/{judged}"

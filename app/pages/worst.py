"""The key to the flags of a time chart: the basket's worst days with their largest losers."""

from __future__ import annotations

import pandas as pd
from dash import html

from app import words
from app.components.marks import signed_cell
from app.components.side import side_table
from app.data import View


def worst_days_table(view: View, days: pd.DataFrame) -> html.Table:
    """Return the table of what :func:`app.answers.falling.worst_days` gave."""
    rows = [
        html.Tr(
            [
                html.Td(html.Span(str(number), className="flag")),
                html.Td(words.short_day(day.session), className="nowrap"),
                html.Td(
                    ", ".join(
                        f"{view.universe[symbol].name} {words.percent(fall)}" for symbol, fall in day.losers
                    ),
                    className="ellipsis",
                ),
                signed_cell(words.percent(day.fall), day.fall, key=True),
            ]
        )
        for number, day in enumerate(days.itertuples(), 1)
    ]
    heads = [("", ""), ("", ""), ("Largest losers, %", ""), ("Basket, %", "num")]
    return side_table("Worst days", heads, rows, "No day down in this window.", "days")

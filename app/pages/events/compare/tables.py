"""The tables of the comparison: what each regained beside the past, and every past fall."""

from __future__ import annotations

import math
from typing import Any

import pandas as pd
from dash import html

from app.figures.theme import PALETTES
from app.kinds.request import Mode
from app.market import words
from app.questions.compare.aligned import LEAST, Start, unlike
from app.questions.compare.facts import Facts
from app.questions.compare.lines import colour
from app.questions.compare.table import place_words
from app.render.html.marks import signed_cell
from app.render.html.side import side_table
from models.analytics.event_recovery import STEPS


def back(facts: Facts, mode: Mode) -> html.Table:
    """Each line's fall to its low, and what was regained 5, 10 and 20 sessions later; below, how many of the
    past had regained less."""
    rows = [_row(facts, start, row, mode) for start, row in _rows(facts)]
    if facts.starts:
        rows += [
            _quartile(facts, 1, "Past, median"),
            _quartile(facts, 0, "lower quarter"),
            _quartile(facts, 2, "upper quarter"),
        ]
    heads = [("", ""), ("", ""), ("Fall, %", "num"), *((f"+{step}", "num") for step in STEPS)]
    return side_table("Back after the low, %", heads, rows, "Nothing is compared.", "back")


def _rows(facts: Facts) -> list[tuple[Start, dict[str, Any]]]:
    return list(zip(facts.starts, facts.table.to_dict("records"), strict=True))


def _row(facts: Facts, start: Start, row: dict[str, Any], mode: Mode) -> html.Tr:
    swatch = html.Span(className="swatch", style={"background": colour(facts, start, PALETTES[mode])})
    low = f"low {words.short_day(start.low)}"
    cells: list[Any] = [
        html.Th(
            [swatch, start.short, html.Span(low, className="under")],
            scope="row",
            colSpan=2,
            title=start.label,
        ),
        signed_cell(words.percent(row["depth"]), row["depth"]),
    ]
    small = not row["depth"] <= -LEAST
    apart = unlike(start, facts.state.beside)
    return html.Tr([*cells, *(_back(row, step, small=small, apart=apart) for step in STEPS)])


def _back(row: dict[str, Any], step: int, *, small: bool, apart: bool) -> html.Td:
    """A share regained with its place: an event beside falls by its depth at the same session."""
    share = row[f"recovery_{step}"]
    if math.isnan(share):
        why = "fell under 2%" if small else "not yet"
        return html.Td([words.MISSING, html.Span(why, className="under")], className="num")
    if apart:
        place, known = place_words(row, step), not math.isnan(row[f"lasted_{step}"])
        lasted = int(row[f"lasted_{step}"]) if known else 0
        rank = words.ordinal(int(row[f"deeper_{step}"]) + 1) if known else ""
        under = f"{rank} of {lasted}" if lasted > 1 else "none before"
        under = under if known else "above"
        return html.Td(
            [html.Span(words.whole_percent(share), className="key"), html.Span(under, className="under")],
            className="num",
            title=place or f"{words.count(step, 'session')} in it was not below where it began",
        )
    earlier = int(row[f"earlier_{step}"])
    among = f"{round(row[f'rank_{step}'] * earlier)} of {earlier}" if earlier else "none before"
    return html.Td(
        [html.Span(words.whole_percent(share), className="key"), html.Span(among, className="under")],
        className="num",
        title=f"{among} before it had regained less",
    )


def _quartile(facts: Facts, place: int, label: str) -> html.Tr:
    cells: list[Any] = [html.Th(label, scope="row", colSpan=3, className="faint")]
    cells += [
        html.Td(words.whole_percent(facts.spread(step)[place]), className="num faint") for step in STEPS
    ]
    return html.Tr(cells)


def past(facts: Facts) -> html.Table:
    """Every past fall, the newest first."""
    rows = [_past(row) for row in facts.past.iloc[::-1].head(18).to_dict("records")]
    title = "Past falls" if facts.state.beside == "falls" else "Worst days"
    heads = [("", ""), ("Low", "num"), ("Fall, %", "num"), *((f"+{step}", "num") for step in STEPS)]
    return side_table(title, heads, rows, "There is none yet.", "past-falls")


def _past(row: dict[str, Any]) -> html.Tr:
    cells: list[Any] = [
        html.Th(words.short_day(row["peak"]), scope="row"),
        html.Td(words.short_day(row["trough"]), className="num"),
        signed_cell(words.percent(row["depth"]), row["depth"]),
    ]
    shares = [row[f"recovery_{step}"] for step in STEPS]
    return html.Tr([*cells, *(html.Td(words.whole_percent(share), className="num") for share in shares)])


def past_frame(facts: Facts) -> pd.DataFrame:
    """Every past fall with what it regained, for a file."""
    return facts.past

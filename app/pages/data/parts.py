"""What the blocks of the Data page are made of."""

from __future__ import annotations

from typing import Any

from dash import html

from app.market import words
from app.render.html import attributes


def section(title: str, note: str, csv: str, body: Any, anchor: str) -> html.Section:
    """A block with its head, one line on what it holds, and its way out."""
    link = html.A("CSV", href=csv, download="", className="word", **attributes(aria_label=f"CSV: {title}"))
    head = html.Div(
        [html.H2(title), html.P(note, className="note"), html.Div(link, className="actions")],
        className="chart-head",
    )
    return html.Section([head, html.Div(body, className="wide-table")], id=anchor, className="data-block")


def table(
    heads: list[tuple[str, str]], rows: list[html.Tr], caption: str, kind: str, empty: str
) -> html.Table:
    """A table of the page; its one row says so when there is nothing."""
    cells = [html.Th(text, className=kind, scope="col") for text, kind in heads]
    body = rows or [html.Tr(html.Td(empty, colSpan=len(heads), className="faint"))]
    return html.Table(
        [html.Caption(caption), html.Thead(html.Tr(cells)), html.Tbody(body)], className=f"standings {kind}"
    )


def moment(value: Any) -> str:
    """An instant in a column: date and time, UTC named in its head."""
    if words.missing(value):
        return words.MISSING
    return f"{words.short_day(value.date())} {value:%H:%M}"


def seconds(length: float) -> str:
    """A length of work: ``0.4 s``, ``12 s``, ``3 m 20 s``."""
    if length < 10:
        return f"{length:.1f} s"
    minutes, rest = divmod(round(length), 60)
    return f"{minutes} m {rest} s" if minutes else f"{rest} s"

"""The list as a slide: the most severe of what is listed, in type that is read across a room."""

from __future__ import annotations

import math
from typing import Any

from dash import html

from app.market import words
from app.pages.events.listing.table import severity
from app.pages.events.text import own
from app.questions.events.facts import Facts, Line
from app.render.html.marks import signed_cell

FITS = 10
"""Rows of 36 pixels under a headline of two lines and its deck, in a window of 1280 by 720."""
_HEADS = (("Date", ""), ("Severity", ""), ("Event", ""), ("What was said", ""), ("Basket, %", "num"))


def slide(facts: Facts) -> Any:
    """The events that are listed, the severest first to be kept, in the order of their days."""
    listed = [line for line in facts.lines if not line.later]
    shown = sorted(sorted(listed, key=_rank)[:FITS], key=lambda line: line.event.day, reverse=True)
    if not shown:
        return html.P("No event fits these controls." if facts.events else "No event is noted yet.")
    heads = html.Thead(html.Tr([html.Th(text, className=kind, scope="col") for text, kind in _HEADS]))
    caption = html.Caption("Events, what was said of each beside stored prices, and the basket that day")
    table = html.Table(
        [caption, heads, html.Tbody([_row(line) for line in shown])], className="standings said"
    )
    basket = facts.view.baskets[facts.state.basket].label
    simulated = "Simulated prices. " if facts.view.simulated else ""
    part = f"{len(shown)} of {len(listed):,d} events, the most severe. " if len(shown) < len(listed) else ""
    return [table, html.P(f"{simulated}{part}Basket: {basket}, that day.", className="note")]


def _rank(line: Line) -> tuple[int, float, int]:
    """What keeps the severest: of equals the one whose day moved the basket most, then the later."""
    move = line.day.move
    moved = abs(move) if move is not None and math.isfinite(move) else 0.0
    return -line.event.severity, -moved, -line.event.day.toordinal()


def _row(line: Line) -> html.Tr:
    event = line.event
    return html.Tr(
        [
            html.Td(words.day(event.day), className="when"),
            html.Td(severity(event.severity), className="sev"),
            html.Th(own(event.title), scope="row"),
            html.Td(_said(line), className="verdicts"),
            signed_cell(words.percent(line.day.move), line.day.move, key=True),
        ]
    )


def _said(line: Line) -> str:
    """The verdicts on its claims in words."""
    total = line.tally
    told = [
        f"{number} {one if number == 1 else many}"
        for number, one, many in ((total.agree, "agrees", "agree"), (total.differ, "differs", "differ"))
        if number
    ]
    return ", ".join(told) or ("cannot be checked" if total.claims else "no figure")

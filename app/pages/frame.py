"""What the pages have in common: what is written anew, the head, the column beside, the empty state."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import wraps
from typing import Any

from dash import html

from app.figures.style import Style, screen
from app.kinds.ids import part
from app.kinds.request import PageRequest
from app.market.market import Market
from app.render.html.chart import chart
from app.render.html.empty import empty
from app.render.html.markup import block, markup
from models.errors import AftershockError

Outputs = tuple[tuple[str, str], ...]
"""Ids and properties that a page writes anew."""
Update = Callable[[Market, PageRequest], tuple[Any, ...]]
Layout = Callable[[Market, PageRequest], html.Div]


def blocks(page: str, *things: str) -> Outputs:
    """Parts of a page that are written anew as HTML."""
    return tuple((part(page, thing), "data-html") for thing in things)


def titles(*charts: str) -> Outputs:
    """Title and note of each chart."""
    return tuple((f"{chart_id}-{piece}", "children") for chart_id in charts for piece in ("title", "note"))


def or_reason(outputs: Outputs, *above: Any) -> Callable[[Update], Update]:
    """Let an update that has no answer say why in the first of its outputs, and empty the others."""

    def bound(update: Update) -> Update:
        @wraps(update)
        def answer(market: Market, request: PageRequest) -> tuple[Any, ...]:
            try:
                return update(market, request)
            except AftershockError as error:
                return (markup([*above, empty(error)]), *[""] * (len(outputs) - 1))

        return answer

    return bound


def or_empty(layout: Layout) -> Layout:
    """Let a page that has no answer be its empty state."""

    @wraps(layout)
    def answer(market: Market, request: PageRequest) -> html.Div:
        try:
            return layout(market, request)
        except AftershockError as error:
            return empty(error)

    return answer


def heading(
    headline: str, deck: str, notices: Sequence[str], *above: html.Nav, counted: str = ""
) -> list[Any]:
    """The headline, its deck, and what of the address was not used; ``above`` are the ways to other views.

    ``counted`` says on how many of a basket's names the figures stand and who is left out.
    """
    return [
        *above,
        html.H1(headline),
        html.P(deck, className="deck"),
        *out_of(counted),
        *(html.P(notice, className="notice", role="status") for notice in notices),
    ]


def out_of(counted: str) -> list[html.P]:
    """The line that says who is left out; none when nobody is."""
    return [html.P(f"{counted}.", className="note counted")] if counted else []


def top(page: str, head: str, controls: str) -> list[html.Div]:
    """The head of a page and its controls."""
    return [
        block(head, id=part(page, "head"), className="head"),
        block(controls, id=part(page, "controls"), className="controls", role="group"),
    ]


def split(page: str, main: html.Figure, side: str) -> html.Div:
    """The main chart with what stands beside it."""
    return html.Div([main, block(side, id=part(page, "side"), role="complementary")], className="split")


def foot(page: str, text: str) -> html.P:
    """The last words of a page."""
    return html.P(text, id=part(page, "foot"), className="footnote")


def stacked(chart_id: str, told: Sequence[str], summary: str, heights: tuple[int, int]) -> html.Figure:
    """A chart with its title over its note: ``told`` are both."""
    title, note = told
    return chart(chart_id, title=title, note=note, summary=summary, heights=heights, stacked=True)


def fitted(request: PageRequest, heights: tuple[int, int], columns: int | None = None) -> Style:
    """A chart on the reader's screen: in the main column, or in some of the twelve."""
    width = request.chart_width if columns is None else request.span(columns)
    return screen(request.mode, width, heights[int(request.wide)])

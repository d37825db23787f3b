"""Compare: events and falls side by side from day 0, and what came back beside every fall before them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pandas as pd
from dash import html

from app.figures import style as styles
from app.figures.frame import Figure, summed
from app.kinds.ids import part
from app.kinds.request import PageRequest
from app.market.left_out import basket_left_out
from app.market.market import Market
from app.pages import frame
from app.pages.events.compare import controls, tables
from app.pages.events.views import views
from app.questions.compare import lines, sentences
from app.questions.compare.facts import Facts, facts_of
from app.render.html.markup import block, markup
from app.render.story import Chart, Story, told
from app.render.table_csv import Rows, Table
from models.errors import NoPricesError

PATH = "/events/compare"
TITLE = "Compare events"
LINES = part("compare", "lines")
BACK = part("compare", "back")
LINES_HEIGHTS = (376, 500)
BACK_HEIGHTS = (320, 420)
OUTPUTS = (
    *frame.blocks("compare", "head", "controls"),
    *frame.titles(LINES),
    *frame.blocks("compare", "side"),
    *frame.titles(BACK),
    *frame.blocks("compare", "past", "foot"),
)
CALLBACKS = ((OUTPUTS, "update"),)


@frame.or_reason(OUTPUTS)
def update(market: Market, request: PageRequest) -> tuple[Any, ...]:
    """Everything on the page, in the order of OUTPUTS; without a price only the sentence that says so."""
    found, notices = facts_of(market, request)
    ways = views(PATH, found.state.asof, found.state.event)
    lacking = str(basket_left_out(found.view, found.state.basket))
    return (
        markup(
            frame.heading(sentences.headline(found), sentences.deck(found), notices, ways, counted=lacking)
        ),
        markup(controls.controls(found)),
        sentences.lines_title(found),
        sentences.lines_note(found),
        markup(tables.back(found, request.mode)),
        sentences.back_title(found),
        sentences.back_note(found),
        markup(_past(found)),
        markup(html.P(sentences.footnote(found), className="footnote")),
    )


@frame.or_empty
def layout(market: Market, request: PageRequest) -> html.Div:
    """The page with its content; its empty state while there is no price."""
    found = facts_of(market, request)[0]
    head, control, title, note, side, back_title, back_note, past, foot = update(market, request)
    upper = frame.stacked(LINES, (title, note), sentences.summary(found), LINES_HEIGHTS)
    lower = frame.stacked(BACK, (back_title, back_note), found.sentence, BACK_HEIGHTS)
    return html.Div(
        [
            *frame.top("compare", head, control),
            frame.split("compare", upper, side),
            html.Div([lower, block(past, id=part("compare", "past"))], className="split"),
            block(foot, id=part("compare", "foot")),
        ],
        className="page-compare",
    )


def _past(found: Facts) -> list[Any]:
    link = html.A("CSV", href=f"/table/compare-past.csv{found.state.query()}", download="", className="word")
    return [tables.past(found), html.P(link, className="more")]


def draw_lines(market: Market, request: PageRequest) -> Figure:
    """The lines at the size of the reader's screen."""
    return _draw(market, request, lines.lines, LINES_HEIGHTS, sentences.summary)


def draw_back(market: Market, request: PageRequest) -> Figure:
    """The recoveries at the size of the reader's screen."""
    return _draw(market, request, lines.back, BACK_HEIGHTS, lambda found: found.sentence)


def _draw(
    market: Market,
    request: PageRequest,
    drawn: Callable[[Facts, styles.Style], Figure],
    heights: tuple[int, int],
    summary: Callable[[Facts], str],
) -> Figure:
    found, _ = facts_of(market, request)
    return summed(drawn(found, frame.fitted(request, heights)), summary(found))


def tell_lines(market: Market, request: PageRequest) -> Story:
    """The lines' story for a memo."""
    found = _compared(market, request)
    deck = f"{sentences.lines_title(found)}. {sentences.lines_note(found)}"
    return _told(found, (sentences.headline(found), deck), lines.lines_frame(found), lines.lines)


def tell_back(market: Market, request: PageRequest) -> Story:
    """The recoveries' story for a memo."""
    found = _compared(market, request)
    return _told(
        found, (sentences.back_title(found), sentences.back_note(found)), lines.back_frame(found), lines.back
    )


def _compared(market: Market, request: PageRequest) -> Facts:
    found, _ = facts_of(market, request)
    if not found.starts:
        raise NoPricesError("Nothing is compared; choose events or falls first.")
    return found


def _told(
    found: Facts,
    said: tuple[str, str],
    data: pd.DataFrame,
    drawn: Callable[[Facts, styles.Style], Figure],
) -> Story:
    """The identical view: its lines and its as-of are pinned."""
    return told(PATH, found, said, data, lambda style: drawn(found, style), items=found.refs, add="")


def _past_rows(market: Market, request: PageRequest) -> Rows:
    found, _ = facts_of(market, request)
    return Rows.of(tables.past_frame(found), found.as_of, simulated=found.view.simulated)


CHARTS = (Chart(LINES, "ec", tell_lines, draw_lines), Chart(BACK, "eb", tell_back, draw_back))
TABLES = (Table("compare-past", _past_rows),)

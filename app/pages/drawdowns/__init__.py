"""Drawdowns: how deep each name is under its record, against its own past."""

from __future__ import annotations

from typing import Any

from dash import html

from app import words
from app.asked import asked_view
from app.components.chart import chart
from app.components.empty import empty
from app.components.static import block, markup
from app.data import Market
from app.export.charts import Chart, Story, told
from app.figures import style as styles
from app.figures.frame import summed
from app.ids import part
from app.pages.drawdowns import controls, plot, story, tables
from app.pages.drawdowns.facts import Facts, facts_of
from app.pages.flags import flagged, memo_flags
from app.request import PageRequest
from app.state import parse_drawdowns
from models.errors import AftershockError

PATH = "/drawdowns"
TITLE = "Drawdowns"
CHART = part("drawdowns", "underwater")
HEIGHT, WIDE_HEIGHT = 336, 500
OUTPUTS = (
    (part("drawdowns", "head"), "data-html"),
    (part("drawdowns", "controls"), "data-html"),
    (f"{CHART}-title", "children"),
    (f"{CHART}-note", "children"),
    (part("drawdowns", "side"), "data-html"),
    (part("drawdowns", "standings"), "data-html"),
    (part("drawdowns", "foot"), "children"),
)
CALLBACKS = ((OUTPUTS, "update"),)


def facts(market: Market, request: PageRequest) -> tuple[Facts, list[str]]:
    """The facts for what was asked, and a sentence for each parameter that was not used.

    Raises
    ------
    NoPricesError
        If no price is stored, or none of the basket by then.
    """
    state, notices = parse_drawdowns(request.search, market.universe)
    view, moment = asked_view(market, state.asof, notices)
    found = facts_of(view, state, moment, market.events(view))
    _ = found.whole  # without a level it raises here, before any part of the page is made
    if found.unreached:
        notices.append(f"Ignored from: the last session is {words.day(found.sessions[-1])}.")
    if found.withheld is not None:
        notices.append(story.withheld(found, found.withheld))
    return found, notices


def draw(market: Market, request: PageRequest) -> dict[str, Any]:
    """The chart at the size of the reader's screen."""
    found, _ = facts(market, request)
    return summed(plot.figure(found, _style(request), request.mode), plot.summary(found))


def _style(request: PageRequest) -> styles.Style:
    height = WIDE_HEIGHT if request.wide else HEIGHT
    return styles.screen(request.mode, request.chart_width, height)


def update(market: Market, request: PageRequest) -> tuple[Any, ...]:
    """Everything on the page, in the order of OUTPUTS; without a price only the sentence that says so."""
    try:
        found, notices = facts(market, request)
    except AftershockError as error:
        return (markup(empty(error)), *[""] * (len(OUTPUTS) - 1))
    return (
        markup(_head(found, notices)),
        markup(controls.controls(found)),
        story.chart_title(found),
        story.chart_note(found),
        markup([tables.flags_key(found, _style(request), request.mode), tables.legs_table(found)]),
        markup(tables.standings(found, request.mode)),
        story.footnote(found),
    )


def layout(market: Market, request: PageRequest) -> html.Div:
    """The page with its content; its empty state while there is no price."""
    try:
        head, control, title, note, side, standing, foot = update(market, request)
        summary = plot.summary(facts(market, request)[0])
    except AftershockError as error:
        return empty(error)
    return html.Div(
        [
            block(head, id=part("drawdowns", "head"), className="head"),
            block(control, id=part("drawdowns", "controls"), className="controls", role="group"),
            html.Div(
                [
                    chart(CHART, title=title, note=note, summary=summary),
                    block(side, id=part("drawdowns", "side"), role="complementary"),
                ],
                className="split",
            ),
            block(standing, id=part("drawdowns", "standings"), className="table-block"),
            html.P(foot, id=part("drawdowns", "foot"), className="footnote"),
        ],
        className="page-drawdowns",
    )


def _head(found: Facts, notices: list[str]) -> list[Any]:
    return [
        html.H1(story.headline(found)),
        html.P(story.deck(found), className="deck"),
        *(html.P(notice, className="notice", role="status") for notice in notices),
    ]


def tell(market: Market, request: PageRequest) -> Story:
    """The chart's story for a memo: the identical view, its as-of pinned."""
    found, _ = facts(market, request)
    said = story.headline(found), story.memo_deck(found)
    return flagged(
        told(PATH, found, said, plot.table(found), lambda style: plot.figure(found, style, style.mode, ())),
        lambda room: memo_flags(found.marked, plot.memo_pixel(found, room.style), room),
        lambda style, flags: plot.figure(found, style, style.mode, flags),
    )


CHARTS = (Chart(CHART, "dd", tell, draw),)

"""Travelled: how a day went from exchange to exchange, in bars of five minutes."""

from __future__ import annotations

from typing import Any

from dash import html

from app.answers.travelled import travelled_sheet
from app.components.chart import chart
from app.components.empty import empty
from app.components.static import block, markup
from app.data import Market
from app.export.charts import Chart, Story, told
from app.export.tables import Rows, Table
from app.figures import style as styles
from app.figures.frame import Figure, summed
from app.ids import part
from app.pages.contagion.travelled import controls, plot, story, tables
from app.pages.contagion.travelled.facts import Facts, facts_of
from app.pages.contagion.views import views
from app.request import PageRequest
from models.errors import AftershockError, NoPricesError

PATH = "/contagion/travelled"
TITLE = "How it travelled"
LINES = part("travelled", "lines")
HEIGHTS = (440, 640)
OUTPUTS = (
    (part("travelled", "head"), "data-html"),
    (part("travelled", "controls"), "data-html"),
    (f"{LINES}-title", "children"),
    (f"{LINES}-note", "children"),
    (part("travelled", "side"), "data-html"),
    (part("travelled", "foot"), "children"),
)
CALLBACKS = ((OUTPUTS, "update"),)


def update(market: Market, request: PageRequest) -> tuple[Any, ...]:
    """Everything on the page, in the order of OUTPUTS; without a price only the sentence that says so."""
    try:
        found, notices = facts_of(market, request)
        return (
            markup(_head(found, notices)),
            markup(controls.controls(found)),
            story.title(found),
            story.note(found),
            markup(tables.standings(found, request.mode)),
            story.footnote(found),
        )
    except AftershockError as error:
        return (markup(empty(error)), *[""] * (len(OUTPUTS) - 1))


def layout(market: Market, request: PageRequest) -> html.Div:
    """The page with its content; its empty state while there is no price."""
    try:
        found = facts_of(market, request)[0]
        head, control, title, note, side, foot = update(market, request)
    except AftershockError as error:
        return empty(error)
    lines = chart(LINES, title=title, note=note, summary=story.summary(found), heights=HEIGHTS, stacked=True)
    return html.Div(
        [
            block(head, id=part("travelled", "head"), className="head"),
            block(control, id=part("travelled", "controls"), className="controls", role="group"),
            html.Div(
                [lines, block(side, id=part("travelled", "side"), role="complementary")], className="split"
            ),
            html.P(foot, id=part("travelled", "foot"), className="footnote"),
        ],
        className="page-travelled",
    )


def _head(found: Facts, notices: list[str]) -> list[Any]:
    return [
        views(PATH, found.state.asof, found.state.day),
        html.H1(story.headline(found)),
        html.P(story.deck(found), className="deck"),
        *(html.P(notice, className="notice", role="status") for notice in notices),
    ]


def draw_lines(market: Market, request: PageRequest) -> Figure:
    """The lines at the size of the reader's screen."""
    found, _ = facts_of(market, request)
    style = styles.screen(request.mode, request.chart_width, HEIGHTS[int(request.wide)])
    return summed(plot.draw(found, style, request.mode), story.summary(found))


def tell_lines(market: Market, request: PageRequest) -> Story:
    """The lines' story for a memo; the identical view, its day and its as-of pinned."""
    found, _ = facts_of(market, request)
    if found.found is None or not found.found.tracks:
        raise NoPricesError(story.why(found))
    said = story.headline(found), f"{story.title(found)}. {story.deck(found)}"
    return told(
        PATH,
        found,
        said,
        plot.frame(found.found),
        lambda style: plot.draw(found, style, "memo"),
        day=found.found.days[-1].isoformat(),
    )


def _names(market: Market, request: PageRequest) -> Rows:
    found, _ = facts_of(market, request)
    if found.found is None:
        raise NoPricesError(story.why(found))
    sheet = travelled_sheet(found.found, found.view, found.as_of)
    return Rows(sheet.columns, sheet.rows, found.as_of, found.view.simulated)


CHARTS = (Chart(LINES, "tr", tell_lines, draw_lines),)
TABLES = (Table("travelled-names", _names),)

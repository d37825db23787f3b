"""Travelled: how a day went from exchange to exchange, in bars of five minutes."""

from __future__ import annotations

from typing import Any

from dash import html

from app.figures.frame import Figure, summed
from app.kinds.ids import part
from app.kinds.request import PageRequest
from app.market.market import Market
from app.pages import frame
from app.pages.contagion.travelled import controls, tables
from app.pages.contagion.views import views
from app.questions.travelled import lines as plot
from app.questions.travelled import sentences
from app.questions.travelled.facts import facts_of
from app.questions.travelled.tracks import travelled_sheet
from app.render.html.markup import markup
from app.render.story import Chart, Story, told
from app.render.table_csv import Rows, Table
from models.errors import NoPricesError

PATH = "/contagion/travelled"
TITLE = "How it travelled"
LINES = part("travelled", "lines")
HEIGHTS = (440, 640)
OUTPUTS = (
    *frame.blocks("travelled", "head", "controls"),
    *frame.titles(LINES),
    *frame.blocks("travelled", "side"),
    (part("travelled", "foot"), "children"),
)
CALLBACKS = ((OUTPUTS, "update"),)


@frame.or_reason(OUTPUTS)
def update(market: Market, request: PageRequest) -> tuple[Any, ...]:
    """Everything on the page, in the order of OUTPUTS; without a price only the sentence that says so."""
    found, notices = facts_of(market, request)
    ways = views(PATH, found.state.asof, found.state.day)
    return (
        markup(frame.heading(sentences.headline(found), sentences.deck(found), notices, ways)),
        markup(controls.controls(found)),
        sentences.title(found),
        sentences.note(found),
        markup(tables.standings(found, request.mode)),
        sentences.footnote(found),
    )


@frame.or_empty
def layout(market: Market, request: PageRequest) -> html.Div:
    """The page with its content; its empty state while there is no price."""
    found = facts_of(market, request)[0]
    head, control, title, note, side, last = update(market, request)
    lines = frame.stacked(LINES, (title, note), sentences.summary(found), HEIGHTS)
    return html.Div(
        [
            *frame.top("travelled", head, control),
            frame.split("travelled", lines, side),
            frame.foot("travelled", last),
        ],
        className="page-travelled",
    )


def draw_lines(market: Market, request: PageRequest) -> Figure:
    """The lines at the size of the reader's screen."""
    found, _ = facts_of(market, request)
    return summed(plot.draw(found, frame.fitted(request, HEIGHTS), request.mode), sentences.summary(found))


def tell_lines(market: Market, request: PageRequest) -> Story:
    """The lines' story for a memo; the identical view, its day and its as-of pinned."""
    found, _ = facts_of(market, request)
    if found.found is None or not found.found.tracks:
        raise NoPricesError(sentences.why(found))
    said = sentences.headline(found), f"{sentences.title(found)}. {sentences.deck(found)}"
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
        raise NoPricesError(sentences.why(found))
    sheet = travelled_sheet(found.found, found.view, found.as_of)
    return Rows(sheet.keys, sheet.rows, found.as_of, found.view.simulated)


CHARTS = (Chart(LINES, "tr", tell_lines, draw_lines),)
TABLES = (Table("travelled-names", _names),)

"""Event study: one event by the clock of every exchange, beyond what was expected of each name."""

from __future__ import annotations

from typing import Any

from dash import dcc, html

from app.figures import style as styles
from app.figures.canvas import Canvas
from app.figures.event_paths import event_paths
from app.figures.frame import Figure, summed
from app.kinds.ids import part
from app.kinds.request import PageRequest
from app.market import words
from app.market.left_out import basket_left_out
from app.market.market import Market
from app.pages import frame
from app.pages.events.study import controls, sheets, tables
from app.pages.events.views import event_address, views
from app.questions.event_study import sentences
from app.questions.event_study.facts import Facts, facts_of
from app.questions.event_study.paths import paths_frame, paths_of
from app.render.html.markup import block, markup
from app.render.story import Chart, Story, told
from models.errors import AftershockError

PATH = "/events/study"
TITLE = "Event study"
PATHS = part("study", "paths")
HEIGHTS = (436, 690)
TABLES = sheets.TABLES
OUTPUTS = (
    *frame.blocks("study", "head", "controls"),
    *frame.titles(PATHS),
    *frame.blocks("study", "side", "names"),
)
CALLBACKS = ((OUTPUTS, "update"),)


@frame.or_reason(OUTPUTS)
def update(market: Market, request: PageRequest) -> tuple[Any, ...]:
    """Everything on the page, in the order of OUTPUTS; without a price only the sentence that says so."""
    found, notices = facts_of(market, request)
    return (
        markup(_head(found, notices)),
        markup(controls.controls(found)),
        sentences.paths_title(found),
        sentences.paths_note(found),
        markup([tables.day_zeros(found), *tables.tests(found)]),
        markup(_names(found)),
    )


@frame.or_empty
def layout(market: Market, request: PageRequest) -> html.Div:
    """The page with its content; its empty state while there is no price."""
    found = facts_of(market, request)[0]
    head, control, title, note, side, names = update(market, request)
    paths = frame.stacked(PATHS, (title, note), sentences.summary(found), HEIGHTS)
    return html.Div(
        [
            *frame.top("study", head, control),
            frame.split("study", paths, side),
            block(names, id=part("study", "names"), className="wide-table"),
        ],
        className="page-study",
    )


def _head(found: Facts, notices: list[str]) -> list[Any]:
    event = found.happening.ref if found.happening.event else ""
    return [
        views(PATH, found.state.asof, event),
        html.H1(sentences.headline(found)),
        html.Div(
            [html.P(sentences.deck(found), className="deck"), *_event_itself(found)], className="deck-line"
        ),
        *frame.out_of(str(basket_left_out(found.view, found.state.basket))),
        *(html.P(notice, className="notice", role="status") for notice in notices),
    ]


def _event_itself(found: Facts) -> list[Any]:
    """The way back to the event with its claims and sources; a moment of one's own has none."""
    event, state = found.happening.event, found.state
    if event is None:
        return []
    held = f" and its {words.count(len(event.claims), 'claim')}" if event.claims else ""
    address = event_address("/events", event.id, state.basket, state.asof)
    return [dcc.Link(f"The event{held}", href=address, className="word")]


def _names(found: Facts) -> list[Any]:
    """Every name as a table, with its way out, and what to know of all of it."""
    feet = [html.P(" ".join(sentences.footnote(found)), className="footnote")]
    if found.study is None:
        return feet
    query = found.state.query()
    links = [
        html.A(f"CSV, {word}", href=f"/table/{table}.csv{query}", download="", className="word")
        for table, word in (("study-names", "names"), ("study-tests", "tests"))
    ]
    note = "moves beyond the expected from each exchange’s own day 0; t: over the name’s own errors"
    head = html.Div(
        [
            html.H2("Names"),
            html.P(note, className="note"),
            html.Div(links, className="actions"),
        ],
        className="chart-head",
    )
    return [html.Section([head, *tables.names(found)], className="data-block"), *feet]


def draw_paths(market: Market, request: PageRequest) -> Figure:
    """The panels at the size of the reader's screen."""
    found, _ = facts_of(market, request)
    return summed(draw(found, frame.fitted(request, HEIGHTS)), sentences.summary(found))


def draw(found: Facts, style: styles.Style) -> Figure:
    """All names and each layer around day 0; without a study the sentence that says why."""
    if found.study is None:
        canvas = Canvas(style)
        canvas.paragraph(0, style.tick * 2, canvas.width, found.why)
        return canvas.figure(simulated=found.view.simulated)
    return event_paths(paths_of(found.study), found.study.offsets, style, simulated=found.view.simulated)


def tell_paths(market: Market, request: PageRequest) -> Story:
    """The panels' story for a memo; the identical view, its event and its as-of pinned."""
    found, _ = facts_of(market, request)
    if found.study is None:
        raise AftershockError(found.why)
    said, data = (sentences.headline(found), sentences.memo_deck(found)), paths_frame(found.study)
    return told(PATH, found, said, data, lambda style: draw(found, style), event=found.happening.ref)


CHARTS = (Chart(PATHS, "es", tell_paths, draw_paths),)

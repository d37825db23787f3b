"""Correlation that states its lag: the matrix, raw beside adjusted, one pair and all of them through time."""

from __future__ import annotations

from functools import partial
from typing import Any

from dash import html

from app.answers.left_out import asked_left_out
from app.asked import asked_view
from app.components.static import block, markup
from app.data import Market
from app.export.charts import Chart, Story, told
from app.export.tables import Rows, Table
from app.figures.frame import summed
from app.ids import part
from app.pages import frame
from app.pages.contagion.correlation import beside, controls, matrix, story, tables, through
from app.pages.contagion.correlation.facts import Facts, facts_of
from app.pages.contagion.correlation.state import parse_correlation
from app.pages.contagion.views import views
from app.pages.flags import flagged, key_table, memo_flags_on, placed_on
from app.request import PageRequest

PATH = "/contagion/correlation"
TITLE = "Correlation"
MATRIX = part("correlation", "matrix")
BESIDE = part("correlation", "beside")
PAIR = part("correlation", "pair")
TIGHT = part("correlation", "tight")
UPPER, LOWER = (430, 620), (372, 430)
OUTPUTS = (
    *frame.blocks("correlation", "head", "controls"),
    *frame.titles(MATRIX, BESIDE, PAIR, TIGHT),
    *frame.blocks("correlation", "model", "strongest"),
)
CALLBACKS = ((OUTPUTS, "update"),)
_told = partial(told, PATH, figures="correlations")


def facts(market: Market, request: PageRequest) -> tuple[Facts, list[str]]:
    """The facts for what was asked, and a sentence for each parameter that was not used.

    Raises
    ------
    AftershockError
        If no price is stored by then, or the basket has one name alone.
    """
    state, notices = parse_correlation(request.search, market.universe, market.now())
    view, moment = asked_view(market, state.asof, notices)
    found = facts_of(view, state, moment, market.events(view))
    _ = found.ends
    return found, notices


@frame.or_reason(OUTPUTS, views(PATH, ""))
def update(market: Market, request: PageRequest) -> tuple[Any, ...]:
    """Everything on the page, in the order of OUTPUTS; without a pair only the sentence that says so."""
    found, notices = facts(market, request)
    ways = views(PATH, found.state.asof)
    lacking = str(asked_left_out(found.view, found.state.basket, found.state.names))
    return (
        markup(frame.heading(story.headline(found), story.deck(found), notices, ways, counted=lacking)),
        markup(controls.controls(found)),
        *(story.matrix_title(found), story.matrix_note(found)),
        *(story.beside_title(found), story.beside_note(found)),
        *(story.pair_title(found), story.pair_note(found)),
        *(story.tight_title(found), story.tight_note(found)),
        markup([tables.model_table(found), _key(found, request)]),
        markup(tables.strongest_table(found)),
    )


@frame.or_empty
def layout(market: Market, request: PageRequest) -> html.Div:
    """The page with its content; its empty state while there is nothing to correlate."""
    found = facts(market, request)[0]
    head, control, *texts, model, strong = update(market, request)
    return html.Div(
        [
            *frame.top("correlation", head, control),
            html.Div(
                [
                    _placed(MATRIX, texts[0:2], story.matrix_summary(found), UPPER, "seven"),
                    _placed(BESIDE, texts[2:4], story.beside_summary(found), UPPER, "five"),
                    _placed(PAIR, texts[4:6], story.pair_summary(found), LOWER, "eight"),
                    block(model, id=part("correlation", "model"), className="four"),
                    _placed(TIGHT, texts[6:8], story.tight_summary(found), LOWER, "eight"),
                    block(strong, id=part("correlation", "strongest"), className="four"),
                ],
                className="columns",
            ),
        ],
        className="page-correlation",
    )


def _placed(
    chart_id: str, texts: list[str], summary: str, heights: tuple[int, int], columns: str
) -> html.Div:
    return html.Div(frame.stacked(chart_id, texts, summary, heights), className=columns)


def _key(found: Facts, request: PageRequest) -> html.Div | None:
    """The key to the flags of both charts over time."""
    style, asof = frame.fitted(request, LOWER, 8), found.state.asof
    charts = through.pair_days(found), through.tight_days(found)
    placed = [flag for days in charts for flag in placed_on(found.marked, days, found.view, asof, style)]
    return key_table(found.marked, found.view, asof, placed)


def draw_matrix(market: Market, request: PageRequest) -> dict[str, Any]:
    """The matrix at the size of the reader's screen."""
    found, _ = facts(market, request)
    return summed(
        matrix.draw(found, frame.fitted(request, UPPER, 7), request.mode), story.matrix_summary(found)
    )


def draw_beside(market: Market, request: PageRequest) -> dict[str, Any]:
    """The interval plot at the size of the reader's screen."""
    found, _ = facts(market, request)
    return summed(beside.draw(found, frame.fitted(request, UPPER, 5)), story.beside_summary(found))


def draw_pair(market: Market, request: PageRequest) -> dict[str, Any]:
    """The pair's panels at the size of the reader's screen."""
    found, _ = facts(market, request)
    return summed(through.draw_pair(found, frame.fitted(request, LOWER, 8)), story.pair_summary(found))


def draw_tight(market: Market, request: PageRequest) -> dict[str, Any]:
    """The blocks' panels at the size of the reader's screen."""
    found, _ = facts(market, request)
    return summed(through.draw_tight(found, frame.fitted(request, LOWER, 8)), story.tight_summary(found))


def tell_matrix(market: Market, request: PageRequest) -> Story:
    """The matrix's story for a memo."""
    found, _ = facts(market, request)
    said = story.headline(found), story.matrix_note(found).rsplit(". ", 1)[0]
    return _told(found, said, matrix.frame(found), lambda style: matrix.draw(found, style, style.mode))


def tell_beside(market: Market, request: PageRequest) -> Story:
    """The interval plot's story for a memo."""
    found, _ = facts(market, request)
    said = story.deck(found), story.beside_note(found)
    return _told(found, said, beside.frame(found), lambda style: beside.draw(found, style))


def tell_pair(market: Market, request: PageRequest) -> Story:
    """The pair's story for a memo."""
    found, _ = facts(market, request)
    said = story.pair_title(found), story.pair_note(found)
    return flagged(
        _told(found, said, through.pair_frame(found), lambda style: through.draw_pair(found, style)),
        lambda room: memo_flags_on(found.marked, through.pair_days(found), room),
        lambda style, flags: through.draw_pair(found, style, flags),
    )


def tell_tight(market: Market, request: PageRequest) -> Story:
    """The blocks' story for a memo."""
    found, _ = facts(market, request)
    said = story.tight_title(found), story.tight_note(found)
    return flagged(
        _told(found, said, through.tight_frame(found), lambda style: through.draw_tight(found, style)),
        lambda room: memo_flags_on(found.marked, through.tight_days(found), room),
        lambda style, flags: through.draw_tight(found, style, flags),
    )


def _pairs(market: Market, request: PageRequest) -> Rows:
    return tables.rows(facts(market, request)[0])


CHARTS = (
    Chart(MATRIX, "cr", tell_matrix, draw_matrix),
    Chart(BESIDE, "ca", tell_beside, draw_beside),
    Chart(PAIR, "cp", tell_pair, draw_pair),
    Chart(TIGHT, "ct", tell_tight, draw_tight),
)
TABLES = (Table(tables.PAIRS, _pairs),)

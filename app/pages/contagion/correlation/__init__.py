"""Correlation that states its lag: the matrix, raw beside adjusted, one pair and all of them through time."""

from __future__ import annotations

from functools import partial
from typing import Any

from dash import html

from app.figures.frame import summed
from app.kinds.ids import part
from app.kinds.request import PageRequest
from app.market.asof import asked_view
from app.market.left_out import asked_left_out
from app.market.market import Market
from app.pages import frame
from app.pages.contagion.correlation import controls, tables
from app.pages.contagion.views import views
from app.pages.flags import flagged, key_table
from app.questions.correlation import matrix, raw_and_adjusted, sentences, through_time
from app.questions.correlation.facts import Facts, facts_of
from app.questions.correlation.state import parse_correlation
from app.questions.events.flag_marks import memo_flags_on, placed_on
from app.render.html.markup import block, markup
from app.render.story import Chart, Story, told
from app.render.table_csv import Rows, Table

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
        markup(
            frame.heading(sentences.headline(found), sentences.deck(found), notices, ways, counted=lacking)
        ),
        markup(controls.controls(found)),
        *(sentences.matrix_title(found), sentences.matrix_note(found)),
        *(sentences.beside_title(found), sentences.beside_note(found)),
        *(sentences.pair_title(found), sentences.pair_note(found)),
        *(sentences.tight_title(found), sentences.tight_note(found)),
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
                    _placed(MATRIX, texts[0:2], sentences.matrix_summary(found), UPPER, "seven"),
                    _placed(BESIDE, texts[2:4], sentences.beside_summary(found), UPPER, "five"),
                    _placed(PAIR, texts[4:6], sentences.pair_summary(found), LOWER, "eight"),
                    block(model, id=part("correlation", "model"), className="four"),
                    _placed(TIGHT, texts[6:8], sentences.tight_summary(found), LOWER, "eight"),
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
    charts = through_time.pair_days(found), through_time.tight_days(found)
    placed = [flag for days in charts for flag in placed_on(found.marked, days, found.view, asof, style)]
    return key_table(found.marked, found.view, asof, placed)


def draw_matrix(market: Market, request: PageRequest) -> dict[str, Any]:
    """The matrix at the size of the reader's screen."""
    found, _ = facts(market, request)
    return summed(
        matrix.draw(found, frame.fitted(request, UPPER, 7), request.mode), sentences.matrix_summary(found)
    )


def draw_beside(market: Market, request: PageRequest) -> dict[str, Any]:
    """The interval plot at the size of the reader's screen."""
    found, _ = facts(market, request)
    return summed(
        raw_and_adjusted.draw(found, frame.fitted(request, UPPER, 5)), sentences.beside_summary(found)
    )


def draw_pair(market: Market, request: PageRequest) -> dict[str, Any]:
    """The pair's panels at the size of the reader's screen."""
    found, _ = facts(market, request)
    return summed(
        through_time.draw_pair(found, frame.fitted(request, LOWER, 8)), sentences.pair_summary(found)
    )


def draw_tight(market: Market, request: PageRequest) -> dict[str, Any]:
    """The blocks' panels at the size of the reader's screen."""
    found, _ = facts(market, request)
    return summed(
        through_time.draw_tight(found, frame.fitted(request, LOWER, 8)), sentences.tight_summary(found)
    )


def tell_matrix(market: Market, request: PageRequest) -> Story:
    """The matrix's story for a memo."""
    found, _ = facts(market, request)
    said = sentences.headline(found), sentences.matrix_note(found).rsplit(". ", 1)[0]
    return _told(found, said, matrix.frame(found), lambda style: matrix.draw(found, style, style.mode))


def tell_beside(market: Market, request: PageRequest) -> Story:
    """The interval plot's story for a memo."""
    found, _ = facts(market, request)
    said = sentences.deck(found), sentences.beside_note(found)
    return _told(
        found, said, raw_and_adjusted.frame(found), lambda style: raw_and_adjusted.draw(found, style)
    )


def tell_pair(market: Market, request: PageRequest) -> Story:
    """The pair's story for a memo."""
    found, _ = facts(market, request)
    said = sentences.pair_title(found), sentences.pair_note(found)
    return flagged(
        _told(
            found, said, through_time.pair_frame(found), lambda style: through_time.draw_pair(found, style)
        ),
        lambda room: memo_flags_on(found.marked, through_time.pair_days(found), room),
        lambda style, flags: through_time.draw_pair(found, style, flags),
    )


def tell_tight(market: Market, request: PageRequest) -> Story:
    """The blocks' story for a memo."""
    found, _ = facts(market, request)
    said = sentences.tight_title(found), sentences.tight_note(found)
    return flagged(
        _told(
            found, said, through_time.tight_frame(found), lambda style: through_time.draw_tight(found, style)
        ),
        lambda room: memo_flags_on(found.marked, through_time.tight_days(found), room),
        lambda style, flags: through_time.draw_tight(found, style, flags),
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

"""Drawdowns: how deep each name is under its record, against its own past."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from dash import html

from app.figures.frame import summed
from app.kinds.address import parse_drawdowns
from app.kinds.ids import part
from app.kinds.request import PageRequest
from app.market import words
from app.market.asof import asked_view
from app.market.market import Market
from app.pages import frame
from app.pages.drawdowns import controls, sheets, tables
from app.pages.flags import flagged
from app.questions.drawdowns import lines, sentences
from app.questions.drawdowns.facts import Facts, facts_of
from app.questions.events.flag_marks import memo_flags
from app.render.html.chart import chart
from app.render.html.markup import block, markup
from app.render.story import Chart, Story, told

PATH = "/drawdowns"
TITLE = "Drawdowns"
CHART = part("drawdowns", "underwater")
HEIGHTS = (336, 500)
OUTPUTS = (
    *frame.blocks("drawdowns", "head", "controls"),
    *frame.titles(CHART),
    *frame.blocks("drawdowns", "side", "standings"),
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
    state, notices = parse_drawdowns(request.search, market.universe, market.now())
    yields = tuple(name for name in state.names if market.universe[name].kind == "rate")
    if yields:
        state = replace(state, names=tuple(name for name in state.names if name not in yields))
        told = words.join([market.universe[name].name for name in yields])
        notices.append(f"Ignored {told}: a yield has no fall; the Brief shows its change in points.")
    view, moment = asked_view(market, state.asof, notices)
    found = facts_of(view, state, moment, market.events(view))
    _ = found.whole  # without a level it raises here, before any part of the page is made
    if found.unreached:
        notices.append(f"Ignored from: the last session is {words.day(found.sessions[-1])}.")
    if found.withheld is not None:
        notices.append(sentences.withheld(found, found.withheld))
    return found, notices


def draw(market: Market, request: PageRequest) -> dict[str, Any]:
    """The chart at the size of the reader's screen."""
    found, _ = facts(market, request)
    return summed(lines.figure(found, frame.fitted(request, HEIGHTS), request.mode), lines.summary(found))


@frame.or_reason(OUTPUTS)
def update(market: Market, request: PageRequest) -> tuple[Any, ...]:
    """Everything on the page, in the order of OUTPUTS; without a price only the sentence that says so."""
    found, notices = facts(market, request)
    return (
        markup(
            frame.heading(
                sentences.headline(found), sentences.deck(found), notices, counted=str(found.left_out)
            )
        ),
        markup(controls.controls(found)),
        sentences.chart_title(found),
        sentences.chart_note(found),
        markup(
            [
                tables.flags_key(found, frame.fitted(request, HEIGHTS), request.mode),
                tables.legs_table(found),
                tables.legs_file(found),
            ]
        ),
        markup(tables.standings(found, request.mode)),
        sentences.footnote(found),
    )


@frame.or_empty
def layout(market: Market, request: PageRequest) -> html.Div:
    """The page with its content; its empty state while there is no price."""
    head, control, title, note, side, standing, last = update(market, request)
    summary = lines.summary(facts(market, request)[0])
    return html.Div(
        [
            *frame.top("drawdowns", head, control),
            frame.split("drawdowns", chart(CHART, title=title, note=note, summary=summary), side),
            block(standing, id=part("drawdowns", "standings"), className="table-block"),
            frame.foot("drawdowns", last),
        ],
        className="page-drawdowns",
    )


def tell(market: Market, request: PageRequest) -> Story:
    """The chart's story for a memo: the identical view, its as-of pinned."""
    found, _ = facts(market, request)
    said = sentences.headline(found), sentences.memo_deck(found)
    return flagged(
        told(PATH, found, said, lines.table(found), lambda style: lines.figure(found, style, style.mode, ())),
        lambda room: memo_flags(found.marked, lines.memo_pixel(found, room.style), room),
        lambda style, flags: lines.figure(found, style, style.mode, flags),
    )


CHARTS = (Chart(CHART, "dd", tell, draw),)
TABLES = sheets.TABLES

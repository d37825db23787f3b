"""Connectedness: who passes shocks on to whom, how much is shared, and how that moved."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from types import ModuleType
from typing import Any

from dash import html

from app.figures import style as styles
from app.figures.canvas import Canvas
from app.figures.frame import summed
from app.kinds.ids import part
from app.kinds.request import PageRequest
from app.market.asof import asked_view
from app.market.left_out import asked_left_out
from app.market.market import Market
from app.pages import frame
from app.pages.contagion.connectedness import controls, story
from app.pages.contagion.views import views
from app.pages.flags import flagged, key_table
from app.questions.connectedness import balance, links, matrix, series
from app.questions.connectedness.facts import Facts, facts_of
from app.questions.connectedness.state import parse_connectedness
from app.questions.events.flag_marks import memo_flags_on, placed_on
from app.render.html.markup import block, markup
from app.render.story import Chart, Story, told
from models.errors import AftershockError

PATH = "/contagion/connectedness"
TITLE = "Connectedness"
LINKS = part("connectedness", "links")
BALANCE = part("connectedness", "balance")
SERIES = part("connectedness", "series")
MATRIX = part("connectedness", "matrix")
KEY = part("connectedness", "key")
HEIGHTS = {LINKS: (412, 560), BALANCE: (318, 420), SERIES: (400, 470), MATRIX: (380, 430)}
SPANS = {LINKS: 7, BALANCE: 5, SERIES: 8, MATRIX: 12}
PREFIXES = {LINKS: "cn", BALANCE: "cb", SERIES: "ci", MATRIX: "cm"}
_PARTS: dict[str, ModuleType] = {LINKS: links, BALANCE: balance, SERIES: series, MATRIX: matrix}
OUTPUTS = (
    *frame.blocks("connectedness", "head", "controls"),
    *frame.titles(*_PARTS),
    *frame.blocks("connectedness", "across", "key"),
    (part("connectedness", "foot"), "children"),
)
CALLBACKS = ((OUTPUTS, "update"),)


def facts(market: Market, request: PageRequest) -> tuple[Facts, list[str]]:
    """The facts for what was asked, and a sentence for each parameter that was not used.

    Raises
    ------
    NoPricesError
        If no price is stored by then.
    """
    state, notices = parse_connectedness(request.search, market.universe, market.now())
    view, moment = asked_view(market, state.asof, notices)
    return facts_of(view, state, moment, market.events(view)), notices


@frame.or_reason(OUTPUTS)
def update(market: Market, request: PageRequest) -> tuple[Any, ...]:
    """Everything on the page, in the order of OUTPUTS; without a price only the sentence that says so."""
    found, notices = facts(market, request)
    flags = None if found.problem else found.marked
    ways = views(PATH, found.state.asof)
    lacking = str(asked_left_out(found.view, found.state.basket, found.state.names))
    return (
        markup(frame.heading(story.headline(found), story.deck(found), notices, ways, counted=lacking)),
        markup(controls.controls(found.found, found.state, found.as_of, flags)),
        *(text for chart_id in _PARTS for text in _titles(found, chart_id)),
        markup(story.across_table(found)),
        markup([_key(found, request)]),
        story.foot(found),
    )


@frame.or_empty
def layout(market: Market, request: PageRequest) -> html.Div:
    """The page with its content; its empty state while there is no price."""
    found, _ = facts(market, request)
    head, control, *texts, across, key, last = update(market, request)
    charts = {
        chart_id: _chart(found, chart_id, texts[2 * place : 2 * place + 2])
        for place, chart_id in enumerate(_PARTS)
    }
    beside = [charts[BALANCE], block(across, id=part("connectedness", "across"))]
    return html.Div(
        [
            *frame.top("connectedness", head, control),
            html.Div(
                [
                    html.Div(charts[LINKS], className="seven"),
                    html.Div(beside, className="five"),
                    html.Div(charts[SERIES], className="eight"),
                    block(key, id=KEY, className="four"),
                    charts[MATRIX],
                ],
                className="columns",
            ),
            frame.foot("connectedness", last),
        ],
        className="page-connectedness",
    )


def _chart(found: Facts, chart_id: str, told: Sequence[str]) -> html.Figure:
    summary = "" if found.problem else _PARTS[chart_id].summary(found)
    return frame.stacked(chart_id, told, summary, HEIGHTS[chart_id])


def _titles(found: Facts, chart_id: str) -> tuple[str, str]:
    """Title and note of a chart; the parameters stand on each that does not name its own."""
    if found.problem:
        return "", ""
    module = _PARTS[chart_id]
    try:
        said: tuple[str, str] = module.title(found), module.note(found)
    except AftershockError as error:
        return "", str(error)
    return said[0], said[1] if chart_id == SERIES else f"{said[1]} {_terms(found, chart_id)}".strip()


def _terms(found: Facts, chart_id: str) -> str:
    return "" if chart_id == BALANCE else story.parameters(found)


def _key(found: Facts, request: PageRequest) -> html.Div | None:
    """The key to the flags above the windows, as they stand on this screen."""
    if found.problem:
        return None
    style = _style(request, SERIES)
    placed = placed_on(found.marked, found.days, found.view, found.state.asof, style)
    return key_table(found.marked, found.view, found.state.asof, placed)


def _style(request: PageRequest, chart_id: str) -> styles.Style:
    return frame.fitted(request, HEIGHTS[chart_id], SPANS[chart_id])


def _drawn(chart_id: str) -> Callable[[Market, PageRequest], dict[str, Any]]:
    """A chart at the size of the reader's screen."""

    def draw(market: Market, request: PageRequest) -> dict[str, Any]:
        found, _ = facts(market, request)
        style = _style(request, chart_id)
        try:
            figure: dict[str, Any] = _PARTS[chart_id].draw(found, style)
        except AftershockError:
            return _nothing(style)
        return summed(figure, _PARTS[chart_id].summary(found))

    return draw


def _nothing(style: styles.Style) -> dict[str, Any]:
    """What stands where a chart would: the sentence at the head of the page has the reason."""
    canvas = Canvas(style)
    canvas.text(0, style.tick, "n/a with these settings")
    return summed(canvas.figure(), "n/a with these settings.")


def _tell(chart_id: str) -> Callable[[Market, PageRequest], Story]:
    """A chart's story for a memo: the identical view, its as-of pinned."""

    def tell(market: Market, request: PageRequest) -> Story:
        found, _ = facts(market, request)
        module = _PARTS[chart_id]
        said = (
            story.headline(found) if chart_id == LINKS else module.title(found),
            module.note(found) if chart_id == SERIES else story.parameters(found),
        )
        plain = told(
            PATH, found, said, module.frame(found), lambda style: module.draw(found, style), figures="shares"
        )
        if chart_id != SERIES:
            return plain
        return flagged(
            plain,
            lambda room: memo_flags_on(found.marked, found.days, room),
            lambda style, flags: series.draw(found, style, flags),
        )

    return tell


CHARTS = tuple(Chart(chart_id, PREFIXES[chart_id], _tell(chart_id), _drawn(chart_id)) for chart_id in _PARTS)

"""The relay: one news day as legs in clock order, who started it, and the days around it."""

from __future__ import annotations

from typing import Any

from dash import html

from app import words
from app.asked import asked_view
from app.components.chart import chart
from app.components.empty import empty
from app.components.static import block, markup
from app.data import Market
from app.export.charts import Chart, Story
from app.figures import style as styles
from app.ids import part
from app.pages.contagion.relay import controls, day, story
from app.pages.contagion.relay.facts import Facts, facts_of
from app.pages.contagion.relay.state import parse_relay
from app.pages.contagion.views import views
from app.request import PageRequest
from models.errors import AftershockError

PATH = "/contagion"
TITLE = "Contagion"
DAY = part("relay", "day")
DAY_HEIGHTS = (268, 330)
OUTPUTS = (
    (part("relay", "head"), "data-html"),
    (part("relay", "controls"), "data-html"),
    (f"{DAY}-title", "children"),
    (f"{DAY}-note", "children"),
)
CALLBACKS = ((OUTPUTS, "update"),)


def facts(market: Market, request: PageRequest) -> tuple[Facts, list[str]]:
    """The facts for what was asked, and a sentence for each parameter that was not used.

    Raises
    ------
    NoPricesError
        If no price is stored, or no leg of the basket can be measured by then.
    """
    state, notices = parse_relay(request.search, market.universe)
    view, moment = asked_view(market, state.asof, notices)
    found = facts_of(view, state, moment)
    if found.moved:
        notices.append(f"{words.day(state.day)} is no news day with prices; this is {words.day(found.day)}.")
    return found, notices


def update(market: Market, request: PageRequest) -> tuple[Any, ...]:
    """Everything on the page, in the order of OUTPUTS; without a price only the sentence that says so."""
    try:
        found, notices = facts(market, request)
        return (
            markup(_head(found, notices)),
            markup(controls.controls(found)),
            story.day_title(found),
            story.day_note(found),
        )
    except AftershockError as error:
        return (markup(empty(error)), *[""] * (len(OUTPUTS) - 1))


def layout(market: Market, request: PageRequest) -> html.Div:
    """The page with its content; its empty state while there is no price."""
    try:
        found = facts(market, request)[0]
        head, control, title, note = update(market, request)
    except AftershockError as error:
        return empty(error)
    return html.Div(
        [
            block(head, id=part("relay", "head"), className="head"),
            block(control, id=part("relay", "controls"), className="controls", role="group"),
            html.Div(
                chart(DAY, title=title, note=note, summary=story.summary(found), heights=DAY_HEIGHTS),
                className="columns",
            ),
        ],
        className="page-relay",
    )


def _head(found: Facts, notices: list[str]) -> list[Any]:
    return [
        views(PATH, found.state.asof),
        html.H1(story.headline(found)),
        *(html.P(notice, className="notice", role="status") for notice in notices),
    ]


def draw_day(market: Market, request: PageRequest) -> dict[str, Any]:
    """The step chart at the size of the reader's screen."""
    height = DAY_HEIGHTS[1] if request.wide else DAY_HEIGHTS[0]
    found, _ = facts(market, request)
    return day.draw(found, styles.screen(request.mode, request.span(12), height))


def tell_day(market: Market, request: PageRequest) -> Story:
    """The step chart's story for a memo."""
    found, _ = facts(market, request)
    return Story(
        title=story.headline(found),
        deck=story.day_note(found),
        key=(),
        as_of=found.as_of,
        simulated=found.view.simulated,
        path=PATH,
        query=found.state.query(asof=_pinned(found), day=found.day.isoformat()),
        data=day.frame(found),
        draw=lambda style: day.draw(found, style),
    )


def _pinned(found: Facts) -> str:
    return found.as_of.strftime("%Y-%m-%dT%H:%MZ")


CHARTS = (Chart(DAY, "rl", tell_day, draw_day),)

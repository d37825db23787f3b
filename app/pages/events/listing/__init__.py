"""Events: what happened, what sources said of it beside stored prices, and who noted it."""

from __future__ import annotations

from typing import Any

from dash import html

from app.kinds.ids import part
from app.kinds.request import PageRequest
from app.market import words
from app.market.left_out import basket_left_out
from app.market.market import Market
from app.pages import frame
from app.pages.events.listing import controls, detail, form, sheets, slide, table
from app.pages.events.views import views
from app.questions.events import sentences
from app.questions.events.facts import Facts, facts_of
from app.render.html.markup import block, markup

PATH = "/events"
TITLE = "Events"
TABLES = sheets.TABLES
OUTPUTS = frame.blocks("events", "head", "controls", "form", "list", "detail", "ledger")
CALLBACKS = ((OUTPUTS, "update"),)


@frame.or_reason(OUTPUTS)
def update(market: Market, request: PageRequest) -> tuple[Any, ...]:
    """Everything on the page, in the order of OUTPUTS; without a price only the sentence that says so."""
    found, notices = facts_of(market, request)
    return (
        markup(_head(found, notices)),
        markup(controls.controls(found)),
        str(form.form(found)),
        markup(table.listing(found)),
        markup(detail.detail(found)),
        markup(_ledger(found)),
    )


def layout(market: Market, request: PageRequest) -> html.Div:
    """The page with its content."""
    head, chosen, form_, listed, opened, ledger = update(market, request)
    return html.Div(
        [
            *frame.top("events", head, chosen),
            html.Div(
                [
                    block(listed, id=part("events", "list"), className="list"),
                    html.Div(
                        [
                            block(form_, id=part("events", "form"), className="asked"),
                            block(opened, id=part("events", "detail"), className="opened"),
                        ],
                        className="beside-list",
                    ),
                ],
                className="picked",
            ),
            block(ledger, id=part("events", "ledger")),
        ],
        className="page-events",
    )


def present(market: Market, request: PageRequest) -> Any:
    """What a slide of this page shows: the most severe events of the list."""
    return slide.slide(facts_of(market, request)[0])


def _head(found: Facts, notices: list[str]) -> list[Any]:
    later, ways = sentences.later_note(found), views(PATH, found.state.asof, found.state.event)
    notices = [*notices, later] if later else notices
    lacking = str(basket_left_out(found.view, found.state.basket))
    return frame.heading(sentences.headline(found), sentences.deck(found), notices, ways, counted=lacking)


def _ledger(found: Facts) -> list[Any]:
    if not found.ledger:
        return []
    count = words.count(len(found.ledger), "line")
    note = f"guidance, backlog, commitments and estimates that belong to no day; {count}"
    link = html.A("CSV", href=f"/table/events-ledger.csv{found.state.query()}", download="", className="word")
    head = html.Div(
        [html.H2("Ledger"), html.P(note, className="note"), html.Div(link, className="actions")],
        className="chart-head",
    )
    return [
        html.Section([head, html.Div(table.ledger(found), className="wide-table")], className="data-block")
    ]

"""Method: every definition the product uses, with its parameters as the code has them."""

from __future__ import annotations

from functools import cache
from typing import Any

from dash import html

from app.kinds.ids import part
from app.kinds.request import PageRequest
from app.market.market import Market
from app.pages.method import (
    brief,
    clock,
    connectedness,
    correlation,
    event_study,
    events,
    falls,
    moves,
    prices,
    relay,
    selloffs,
    stress,
)
from app.pages.method.entry import Chapter, Entry, Parameter
from app.render.html import attributes
from app.render.html.markup import block, markup
from app.render.table_csv import Rows, Table

PATH = "/method"
TITLE = "Method"
CHAPTERS: tuple[Chapter, ...] = (
    prices.CHAPTER,
    moves.CHAPTER,
    falls.CHAPTER,
    selloffs.CHAPTER,
    clock.CHAPTER,
    relay.CHAPTER,
    brief.CHAPTER,
    correlation.CHAPTER,
    connectedness.CHAPTER,
    stress.CHAPTER,
    events.CHAPTER,
    event_study.CHAPTER,
    selloffs.LEAVING,
)
CALLBACKS = ()


def entries() -> list[Entry]:
    """Every definition, in the order of the page."""
    return [entry for chapter in CHAPTERS for entry in chapter.entries]


def layout(market: Market, request: PageRequest) -> html.Div:
    """The page; it asks nothing of the store and stands while that is away."""
    return html.Div(block(_written(), id=part("method", "body")), className="page-method")


def present(market: Market, request: PageRequest) -> html.Div:
    """What a slide of this page shows: what is defined, by chapter."""
    chapters = [
        html.Section([html.H2(chapter.title), html.P(", ".join(entry.title for entry in chapter.entries))])
        for chapter in CHAPTERS
    ]
    return html.Div(chapters, className="slide-chapters")


@cache
def _written() -> str:
    """The page as HTML: it is the same for as long as the code runs."""
    found = entries()
    known = sum(len(entry.parameters) for entry in found)
    head = [
        html.H1("Every figure has one definition, and here it stands"),
        html.P(
            f"{len(found)} definitions. Their {known} parameters are read from the code that runs, "
            "so what is written here is what was used.",
            className="deck",
        ),
    ]
    body = [html.Div(head, className="head"), html.Div([_index(), _chapters()], className="method")]
    return markup(body)


def _index() -> html.Nav:
    groups: list[Any] = []
    for chapter in CHAPTERS:
        items = [html.Li(html.A(entry.title, href=f"#{entry.id}")) for entry in chapter.entries]
        groups += [html.H2(chapter.title), html.Ul(items)]
    csv = html.A("Parameters, CSV", href="/table/method-parameters.csv", download="", className="word")
    return html.Nav([*groups, csv], className="method-index", **attributes(aria_label="Definitions"))


def _chapters() -> html.Div:
    return html.Div(
        [
            html.Section([html.H2(chapter.title), *map(_entry, chapter.entries)], className="chapter")
            for chapter in CHAPTERS
        ]
    )


def _entry(entry: Entry) -> html.Article:
    prose: list[Any] = [html.H3(html.A(entry.title, href=f"#{entry.id}"))]
    prose += [html.P(text) for text in entry.says]
    if entry.formula:
        prose.append(html.Div([html.Div(line) for line in entry.formula], className="formula"))
    if entry.cannot:
        prose.append(html.P([html.B("It cannot "), entry.cannot[:1].lower() + entry.cannot[1:]]))
    if entry.reference:
        prose.append(html.P(f"Reference: {entry.reference}", className="note"))
    side: list[Any] = []
    if entry.parameters:
        side.append(_parameters(entry.parameters))
    if entry.table:
        side.append(_codes(entry))
    if entry.functions:
        names = [html.Code(function.__name__) for function in entry.functions]
        spaced = [piece for name in names for piece in (name, " ")]
        side.append(html.P(["In the code: ", *spaced], className="note names"))
    return html.Article(
        [html.Div(prose, className="prose"), html.Div(side, className="margin")],
        id=entry.id,
        className="entry",
    )


def _parameters(parameters: tuple[Parameter, ...]) -> html.Table:
    rows = [
        html.Tr(
            [
                html.Th([item.label, html.Span(_short(item.where), className="where")], scope="row"),
                html.Td(item.text, className="num key"),
            ]
        )
        for item in parameters
    ]
    head = html.Tr([html.Th("Parameter", scope="col"), html.Th("Value", scope="col", className="num")])
    return html.Table([html.Thead(head), html.Tbody(rows)], className="parameters")


def _short(where: str) -> str:
    """Where a parameter stands, without the package that all share."""
    return where.removeprefix("models.").removeprefix("analytics.")


def _codes(entry: Entry) -> html.Table:
    rows = [html.Tr([html.Th(code, scope="row"), html.Td(meaning)]) for code, meaning in entry.table]
    return html.Table([html.Caption(f"{entry.title}: codes"), html.Tbody(rows)], className="codes")


def _listed(market: Market, request: PageRequest) -> Rows:
    rows = [
        {"definition": entry.title, "parameter": item.label, "value": item.text, "code": item.where}
        for entry in entries()
        for item in entry.parameters
    ]
    return Rows(("definition", "parameter", "value", "code"), rows, market.now())


TABLES = (Table("method-parameters", _listed),)

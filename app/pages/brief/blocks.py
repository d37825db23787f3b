"""The blocks of the Brief that are text: answers, the line of the meeting, names, the line at the foot."""

from __future__ import annotations

from typing import Any

from dash import html

from app.market import words
from app.pages import frame
from app.pages.brief import controls
from app.questions.brief import lines as lines
from app.questions.brief.forms import short_layer
from app.questions.brief.headline import deck, headline
from app.questions.brief.morning import Brief
from app.questions.brief.parts import NameMove
from app.questions.brief.sentences import Answer
from app.questions.brief.sentences import answers as answers_of
from app.questions.brief.state import BriefState
from app.render.html import attributes
from app.render.html.marks import price_spark, signed_cell
from app.render.html.side import file_link

SHOWN, SHOWN_WIDE, SHOWN_TALL = 7, 8, 10


def head(brief: Brief, notices: list[str]) -> list[Any]:
    """Headline, deck, and what of the address was not used."""
    return frame.heading(headline(brief), deck(brief), notices)


def bar(brief: Brief, state: BriefState) -> list[Any]:
    """What came since the last meeting, and the controls."""
    since = html.P(lines.since(brief), className="since")
    return [
        *controls.meeting(brief, state),
        since,
        html.Div(controls.controls(brief, state), className="rest"),
    ]


def answers(brief: Brief) -> list[Any]:
    """The five answers, each with its evidence."""
    return [_answer(answer) for answer in answers_of(brief)]


def _answer(answer: Answer) -> html.Section:
    figure = html.Span(answer.word, className=f"figure {answer.tone}".strip())
    aside = html.Span(answer.aside, className="aside") if answer.aside else None
    evidence = [html.Span(line, className="line") for line in answer.lines if line]
    told = html.P(
        evidence, className="evidence", title=" ".join(f"{line}." for line in answer.spoken) or None
    )
    return html.Section(
        [html.H2(answer.question), html.P([figure, " ", aside]), told],
        className="answer",
    )


def laggards(brief: Brief) -> html.Table:
    """The names that fell most."""
    note = lines.laggards_note(brief, SHOWN)
    return _names(brief, "Laggards", note, brief.names[:SHOWN_TALL])


def leaders(brief: Brief, address: str) -> html.Table:
    """The names that did best; ``address`` is where every name can be had."""
    file = file_link("all, CSV", address)
    return _names(brief, "Leaders", lines.leaders_note(brief), brief.names[::-1][:SHOWN_TALL], file)


def foot(brief: Brief) -> list[Any]:
    """Rates and currencies, what is late, and the events since the meeting."""
    parts = [("Rates and FX", lines.rates(brief), ""), ("Late", lines.late(brief), "")]
    if brief.since.events:
        parts.append(("Events since your last meeting", lines.events(brief), " events"))
    return [
        html.P([html.Span(label, className="label"), f" {text}"], className=f"note{kind}", title=text)
        for label, text, kind in parts
        if text
    ]


def _names(
    brief: Brief, title: str, note: str, items: tuple[NameMove, ...], file: html.A | None = None
) -> html.Table:
    heads = (
        ("Layer", "wide-only"),
        ("Market", ""),
        ("30 sessions", "spark-head"),
        ("Day, %", "num"),
        ("vs peak, %", "num"),
    )
    asides: tuple[Any, ...] = (note, file)
    told: list[Any] = [title, *(html.Span(part, className="aside") for part in asides if part)]
    title_ = html.Th(told, className="title", scope="col", colSpan=2)
    columns = [title_, html.Th("Layer", className="wide-only", scope="col")]
    columns += [html.Th(text, className=kind, scope="col") for text, kind in heads[2:]]
    rows = [_name(brief, item, place) for place, item in enumerate(items)]
    # The head spans name and market, so that only a column can say how wide the market is.
    widths = html.Colgroup([html.Col(), html.Col(className="at")])
    return html.Table([widths, html.Thead(html.Tr(columns)), html.Tbody(rows)], className="side names")


def _name(brief: Brief, item: NameMove, place: int) -> html.Tr:
    layer = short_layer(brief, item.layer)
    day = "" if item.day == brief.day else f" {item.day:%a}"
    arrow = html.Span("▼" if item.move < 0 else "▲" if item.move > 0 else "", className="arrow", **_HIDDEN)
    move = signed_cell(words.percent(item.move), item.move, key=True)
    move.children = [arrow, move.children]
    cells = [
        html.Th(item.name, scope="row", title=f"{layer}, {item.country}"),
        html.Td(f"{item.city}{day}", className="market"),
        html.Td(layer, className="market wide-only"),
        html.Td(price_spark(item.closes), className="spark-cell"),
        move,
        html.Td(words.percent(item.drawdown), className="num"),
    ]
    kind = None if place < SHOWN else "wide-only" if place < SHOWN_WIDE else "wide-only tall-only"
    return html.Tr(cells, className=kind)


_HIDDEN = attributes(aria_hidden="true")

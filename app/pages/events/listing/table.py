"""The list of events, and the ledger of what belongs to no day."""

from __future__ import annotations

from typing import Any

from dash import dcc, html
from markupsafe import Markup, escape

from app.market import words
from app.pages.events.text import own
from app.questions.events import sentences
from app.questions.events.facts import PIECE, Facts, Line
from app.questions.events.state import SORTS
from app.render.html import attributes
from app.render.html.marks import signed_cell
from app.render.html.markup import markup
from models.events import LedgerItem

_HEADS = (
    ("date", "Date", ""),
    ("severity", "Severity", "sev"),
    ("title", "Event", ""),
    ("category", "Category", "roomy"),
    ("", "Layers", "roomy"),
    ("", "Names", "roomy"),
    ("agree", "Agree", "num roomy"),
    ("differ", "Differ", "num roomy"),
    ("unchecked", "Unchecked", "num roomy"),
    ("basket", "Basket, %", "num"),
)
_ADDRESS = "\ue000"  # of the private letters that no text of an event holds
_UPWARDS = ("title", "category", "basket")


def listing(facts: Facts) -> list[Any]:
    """The piece of the list that was asked for, with links to the others."""
    rows: list[Any] = [_kept(facts, line) for line in facts.shown]
    if not rows:
        rows = [html.Tr(html.Td(_nothing(facts), colSpan=len(_HEADS), className="faint"))]
    caption = html.Caption("Events, each with its verdicts and the basket’s move on its day")
    head = html.Thead(html.Tr([_head(facts, *head) for head in _HEADS]))
    table = html.Table([caption, head, html.Tbody(rows)], className="standings events")
    return [table, *_pieces(facts)]


def _nothing(facts: Facts) -> str:
    if facts.events:
        return "No event fits these controls."
    return "No event is noted yet; add one above, or import a file."


def _head(facts: Facts, key: str, label: str, kind: str) -> html.Th:
    if key not in SORTS:
        return html.Th(label, className=kind, scope="col")
    here = facts.state.sort == key
    order = attributes(aria_sort="ascending" if key in _UPWARDS else "descending") if here else {}
    address = facts.state.query(sort="date" if here else key, page=1)
    link = dcc.Link(label, href=address, className="sort sorted" if here else "sort")
    return html.Th(link, className=kind, scope="col", **order)


def _kept(facts: Facts, line: Line) -> Markup:
    """A row as HTML, kept for its event's version; the address around it is put in anew."""
    event, state = line.event, facts.state
    if state.event == event.id:
        return Markup(markup(_row(facts, line, state.query(event="", form=""), chosen=True)))
    kept: dict[Any, str] = facts.view.remember(("event rows", state.basket, facts.wide), dict)
    key = (event.id, event.version, line.later)
    if key not in kept:
        kept[key] = markup(_row(facts, line, _ADDRESS, chosen=False))
    return Markup(kept[key].replace(_ADDRESS, str(escape(state.query(event=event.id, form="")))))


def _row(facts: Facts, line: Line, address: str, *, chosen: bool) -> html.Tr:
    event = line.event
    title = dcc.Link(own(event.title), href=address, className="open", id=f"event-{event.id}")
    marks = [html.Span("retired", className="faint mark")] if event.retired else []
    kind = " ".join(word for word, here in (("chosen", chosen), ("off", line.later or event.retired)) if here)
    cells = [
        html.Td([words.day(event.day), _clock(line)], className="when"),
        html.Td(severity(event.severity), className="sev"),
        html.Th([title, *marks], scope="row"),
        html.Td(sentences.CATEGORY_WORDS.get(event.category, event.category), className="roomy"),
        html.Td(sentences.layers(facts, line, 2 if facts.wide else 1), className="roomy cut"),
        html.Td(own(sentences.names(facts, line, 3 if facts.wide else 2)), className="roomy cut"),
        *(html.Td(_count(number), className=f"num roomy {tone}") for number, tone in _counts(line)),
        signed_cell(words.percent(line.day.move), line.day.move, key=True),
    ]
    return html.Tr(cells, className=kind, **(attributes(aria_current="true") if chosen else {}))


def _counts(line: Line) -> tuple[tuple[int, str], ...]:
    total = line.tally
    return (total.agree, ""), (total.differ, "key" if total.differ else ""), (total.unchecked, "faint")


def _count(number: int) -> str:
    return f"{number:,d}" if number else "–"


def _clock(line: Line) -> html.Span | None:
    text = sentences.clock(line.event)
    return html.Span(f" {text}", className="faint clock") if text else None


def severity(level: int) -> list[Any]:
    """Three bars of which as many are full, and the word."""
    bars = html.Span(className="bars", **attributes(data_level=str(level), aria_hidden="true"))
    return [bars, html.Span(sentences.SEVERITY_WORDS[level], className="word-of")]


def _pieces(facts: Facts) -> list[Any]:
    """Links to the other pieces of a long list."""
    if facts.pages == 1:
        return []
    first = (facts.page - 1) * PIECE + 1
    last = first + len(facts.shown) - 1
    parts: list[Any] = [f"Events {first:,d} to {last:,d} of {len(facts.lines):,d}."]
    for page, word in (
        (facts.page - 1, "Newer" if facts.state.sort == "date" else "Before"),
        (facts.page + 1, "Older" if facts.state.sort == "date" else "Next"),
    ):
        if 1 <= page <= facts.pages:
            parts += [" ", dcc.Link(word, href=facts.state.query(page=page), className="more-link")]
    return [html.P(parts, className="more pieces")]


def ledger(facts: Facts) -> html.Table:
    """Guidance, backlog and commitments with their sources."""
    heads = (
        ("Who", ""),
        ("What", ""),
        ("Figure", "num"),
        ("For", ""),
        ("Given", "num"),
        ("Source", ""),
        ("Confidence", ""),
    )
    rows = [_ledger_row(item) for item in facts.ledger]
    cells = [html.Th(text, className=kind, scope="col") for text, kind in heads]
    caption = html.Caption("Guidance, backlog and commitments: what belongs to no day")
    return html.Table([caption, html.Thead(html.Tr(cells)), html.Tbody(rows)], className="standings ledger")


def _ledger_row(item: LedgerItem) -> html.Tr:
    figure = item.text.replace("-", words.MINUS) if item.value is not None else item.text
    what = [f"{item.kind}: {item.metric.replace('_', ' ')}"]
    return html.Tr(
        [
            html.Th(own(item.entity), scope="row"),
            html.Td([*what, _note(item.note)], className="prose"),
            html.Td(f"{figure}{'%' if item.unit == 'percent' else f' {item.unit}'}".strip(), className="num"),
            html.Td(item.period or "–"),
            html.Td(words.day(item.date) if item.date else "–", className="num"),
            html.Td([own(item.source), _dated(item)], className="prose source"),
            html.Td(item.confidence),
        ]
    )


def _note(text: str) -> html.Span | None:
    return html.Span([". ", own(text)], className="faint") if text else None


def _dated(item: LedgerItem) -> str:
    return f", {words.day(item.source_date)}" if item.source_date else ""

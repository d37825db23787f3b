"""One event opened: what happened, its claims beside stored prices, and who changed it."""

from __future__ import annotations

from typing import Any

from dash import dcc, html

from app.auth.doors import may
from app.market import words
from app.pages.events.text import own
from app.pages.events.views import event_address
from app.questions.events import sentences
from app.questions.events.claims import BASIS_WORDS, checks, computed, given, said
from app.questions.events.facts import Facts, Line
from app.render.html import attributes
from app.render.html.marks import signed_cell
from models.analytics.claims import Check
from models.events import Claim, Event
from models.urls import split

_HEADS = (("Claim", ""), ("Given", "num"), ("Stored", "num"), ("Verdict", "pad"), ("Source", ""))


WITHHELD = "n/a, too few of its names have a bar"


def detail(facts: Facts) -> list[Any]:
    """Everything of the opened event; nothing when none is."""
    line = facts.chosen
    if line is None:
        return []
    event = line.event
    return [
        _head(facts, line),
        html.P([own(part) for part in (event.what,) if part], className="what"),
        _links(facts, line),
        _claims(facts, event),
        _history(facts, event),
    ]


def _head(facts: Facts, line: Line) -> html.Div:
    event, state = line.event, facts.state
    sort = f"{sentences.CATEGORY_WORDS.get(event.category, event.category)}, {_level(event)}"
    about = [sentences.when(event), sort, sentences.layers(facts, line), sentences.names(facts, line)]
    state_ = "Retired. " if event.retired else ""
    return html.Div(
        [
            html.Div(
                [
                    html.H2(own(event.title), id="event-title", tabIndex="-1"),
                    html.Div(
                        [
                            *(_writes(facts, event) if may("editor") else []),
                            dcc.Link("Close", href=state.query(event="", form=""), className="word"),
                        ],
                        className="actions",
                    ),
                ],
                className="chart-head",
            ),
            html.P([state_, *_joined([own(text) for text in about if text])], className="note about"),
        ]
    )


def _writes(facts: Facts, event: Event) -> list[Any]:
    turn = "Restore" if event.retired else "Retire"
    return [
        dcc.Link("Edit", href=facts.state.query(form="edit"), className="word"),
        dcc.Link(turn, href=facts.state.query(form="retire"), className="word"),
    ]


def _level(event: Event) -> str:
    return sentences.SEVERITY_WORDS[event.severity].lower()


def _joined(parts: list[Any]) -> list[Any]:
    found: list[Any] = []
    for part in parts:
        found += [" · ", part] if found else [part]
    return found


def _links(facts: Facts, line: Line) -> html.P:
    """The basket that day, the same day on the other pages, and the event on the other views."""
    day, event = line.day, line.event
    parts: list[Any] = []
    if day.session is not None:
        basket = facts.view.baskets[facts.state.basket]
        moved = f"{words.percent(day.move)}%" if day.move is not None else WITHHELD
        parts.append(html.Span([f"{basket.label}: ", html.B(moved), f" on {words.day(day.session)}"]))
        shared = "" if facts.state.basket == "all" else f"&basket={facts.state.basket}"
        asof = f"&asof={facts.state.asof}" if facts.state.asof else ""
        start = f"?from={day.session.year - 1}{shared}{asof}" if day.session.year > 2016 else "?from=all"
        parts.append(dcc.Link("Drawdowns", href=f"/drawdowns{start}", className="word"))
        relay = f"/contagion?day={day.session.isoformat()}{shared}{asof}"
        parts.append(dcc.Link("Relay of the day", href=relay, className="word"))
    else:
        parts.append(html.Span("No session of the basket has followed yet."))
    if not (event.retired or line.later):
        parts += [
            dcc.Link(
                word,
                href=event_address(path, event.id, facts.state.basket, facts.state.asof),
                className="word",
            )
            for path, word in (("/events/study", "Study of it"), ("/events/compare", "Compare it"))
        ]
    if event.source_url:
        link = split(event.source_url)
        host = (link.hostname if link else None) or "source"
        parts.append(
            html.A(
                ["Source: ", own(host)],
                href=event.source_url,
                target="_blank",
                rel="noopener noreferrer",
                className="word",
            )
        )
    return html.P(parts, className="beside")


def _claims(facts: Facts, event: Event) -> Any:
    if not event.claims:
        return html.P("It holds no figure that could be checked.", className="note")
    found = checks(facts.view, event)
    rows = [_row(facts, event, claim, item) for claim, item in zip(event.claims, found, strict=True)]
    cells = [html.Th(text, className=kind, scope="col") for text, kind in _HEADS]
    caption = html.Caption("What sources said, beside stored prices on the same basis")
    return html.Div(
        html.Table([caption, html.Thead(html.Tr(cells)), html.Tbody(rows)], className="standings claims"),
        className="wide-table",
    )


def _row(facts: Facts, event: Event, claim: Claim, found: Check) -> html.Tr:
    kind = found.verdict.split()[0]
    about = [claim.metric.replace("_", " ")] if claim.metric != "move" else []
    if claim.value is not None and (claim.metric == "move" or claim.basis != "unstated"):
        about.append(BASIS_WORDS[claim.basis])
    if claim.date is not None and claim.date != event.day:
        about.append(words.day(claim.date))
    tone = found.figure if claim.basis != "level" else None
    shape = "span" if found.figure is None else ""
    stored = signed_cell(computed(claim, found) or "–", tone, key=True, kind=shape)
    worded = "num given" if claim.value is not None else "num given told"
    note = [html.Span(own(claim.note), className="faint under")] if claim.note else []
    suspect = [html.Span("the stored bar is flagged", className="faint under")] if found.suspect else []
    source = [own(claim.source), html.Span(_dated(claim), className="faint under")]
    return html.Tr(
        [
            html.Th([own(claim.entity), html.Span(", ".join(about), className="faint under")], scope="row"),
            html.Td(own(given(claim)), className=worded),
            stored,
            html.Td([said(claim, found), *suspect, *note], className=f"pad prose verdict {kind}"),
            html.Td(source, className="prose source"),
        ]
    )


def _dated(claim: Claim) -> str:
    dated = f"{words.day(claim.source_date)}, " if claim.source_date else ""
    return f"{dated}{claim.confidence} confidence"


def _history(facts: Facts, event: Event) -> html.Details | None:
    if not facts.history:
        return None
    after: Event | None = event
    items = []
    for revision in facts.history:
        at = words.instant(revision.at, weekday=False)
        who = "the catalogue" if revision.by == "catalogue" else own(revision.by)
        items.append(
            html.Li(
                [
                    html.Span(f"{revision.version}", className="num"),
                    f"{sentences.step(revision, after)}, by ",
                    who,
                    f", {at}",
                ]
            )
        )
        after = revision.before
    return html.Details(
        [
            html.Summary(f"History: {words.count(len(items), 'change')}"),
            html.Ol(items, className="history", **attributes(aria_label="Changes, the newest first")),
        ],
        className="past",
    )

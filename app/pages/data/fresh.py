"""Freshness: one row an exchange, with a strip of the share of names that have a bar."""

from __future__ import annotations

from urllib.parse import quote

from dash import html

from app.market import words
from app.pages.data.parts import table
from app.questions.coverage import sentences
from app.questions.coverage.exchanges import STRIP, Group
from app.questions.coverage.facts import Facts
from app.render.html import attributes

_STATES = {
    "final": "final",
    "provisional": "provisional",
    "partial": "names missing",
    "late": "late",
    "stale": "stale, prices repeat",
    "holiday": "closed today",
    "none": "no prices yet",
}


def exchanges(facts: Facts) -> html.Table:
    """Freshness: one row an exchange, then funds and currencies."""
    heads = [
        ("Exchange", ""),
        ("State", ""),
        ("Last session", "num"),
        ("Current", "num"),
        ("Late by", "num"),
        (f"Last {STRIP} sessions, share of names with a bar", "spark-head"),
        ("Full", "num"),
        ("Next", "pad"),
        ("Late or missing", ""),
    ]
    rows = [_exchange(facts, group) for group in facts.groups]
    return table(heads, rows, "How fresh each exchange is", "freshness", "No exchange in the universe.")


def _exchange(facts: Facts, group: Group) -> html.Tr:
    state = group.freshness
    dot = html.Span(className=f"dot {state.state}", **attributes(aria_hidden="true"))
    lagging = sentences.lagging(group)
    return html.Tr(
        [
            html.Th([dot, group.title], scope="row"),
            html.Td(_STATES[state.state]),
            html.Td(words.day(state.session), className="num"),
            html.Td(f"{len(group.current)} of {len(group.names)}", className="num key"),
            html.Td(words.count(state.late_by, "session") if state.late_by else "0", className="num"),
            html.Td(strip(group), className="spark-cell"),
            html.Td(f"{group.full} of {group.known}" if group.known else words.MISSING, className="num"),
            html.Td(state.next_line(facts.now), className="pad nowrap"),
            html.Td(lagging, className="prose"),
        ],
        className="" if group.exchange else "outside",
    )


def slide(facts: Facts) -> html.Table:
    """The same, short enough to be read across a room."""
    heads = [("Exchange", ""), ("Last session", ""), ("Names current", "num"), ("Next", "pad")]
    rows = [
        html.Tr(
            [
                html.Th(group.title, scope="row"),
                html.Td(group.freshness.line()),
                html.Td(f"{len(group.current)} of {len(group.names)}", className="num key"),
                html.Td(group.freshness.next_line(facts.now), className="pad nowrap"),
            ]
        )
        for group in facts.groups
    ]
    return table(heads, rows, "How fresh each exchange is", "freshness", "No exchange in the universe.")


def strip(group: Group) -> html.Span:
    """Bars of the share present a session; what is short of full stands above in the accent."""
    size, height = 3, 16
    shares = [0.0 if share != share else share for share in group.shares.tolist()]
    have = "".join(
        f'<rect x="{n * size}" y="{height * (1 - share):.1f}" width="2" height="{height * share:.1f}"/>'
        for n, share in enumerate(shares)
        if share
    )
    lack = "".join(
        f'<rect x="{n * size}" y="0" width="2" height="{max(height * (1 - share), 2):.1f}"/>'
        for n, share in enumerate(shares)
        if share < 1 and group.shares[n] == group.shares[n]
    )
    return html.Span(
        className="coverage-strip",
        style={
            "--have": _mask(have, len(shares) * size, height),
            "--lack": _mask(lack, len(shares) * size, height),
        },
        role="img",
        **attributes(aria_label=sentences.strip_summary(group)),
    )


def _mask(shapes: str, width: int, height: int) -> str:
    drawn = f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}">{shapes}</svg>'
    return f'url("data:image/svg+xml,{quote(drawn, safe="")}")'

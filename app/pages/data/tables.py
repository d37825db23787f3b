"""What is stored of each name, and what is held back."""

from __future__ import annotations

from typing import Any

import pandas as pd
from dash import dcc, html
from markupsafe import Markup

from app.market import words
from app.pages.data.parts import moment, table
from app.questions.coverage import sentences
from app.questions.coverage.bars import kept
from app.questions.coverage.facts import Facts
from app.render.html import attributes
from app.render.html.markup import markup
from models.reasons import reason_words

HELD_SHOWN = 60
_COVERAGE = (
    ("name", "Name", ""),
    ("symbol", "Symbol", ""),
    ("", "Market", ""),
    ("", "Layer", "wide"),
    ("", "State", ""),
    ("first", "First", "num"),
    ("last", "Last", "num"),
    ("bars", "Bars", "num"),
    ("", "Provisional", "num"),
    ("suspect", "Suspect bars", "pad"),
    ("held", "Held", "num"),
    ("revised", "Revised", "num"),
    ("seen", "Last seen, UTC", "num"),
)
_DESCENDING = ("last", "bars", "suspect", "held", "revised", "seen")
_COLUMN = {"seen": "seen_at"}


def coverage(facts: Facts) -> html.Table:
    """What is stored of each name, by the chosen column. Its rows are written once for what is stored."""
    state, view = facts.state, facts.view
    key = ("coverage rows", facts.latest, len(facts.held), state.show, state.sort)
    rows = view.remember(key, lambda: _coverage_rows(facts)) if view is not None else _coverage_rows(facts)
    heads = [_sortable(facts, *head) for head in _COVERAGE]
    body = rows or html.Tr(html.Td("No name is in this state.", colSpan=len(heads), className="faint"))
    return html.Table(
        [html.Caption("What is stored of each name"), html.Thead(html.Tr(heads)), html.Tbody(body)],
        className="standings coverage",
    )


def _coverage_rows(facts: Facts) -> Markup:
    state = facts.state
    frame = facts.coverage[kept(facts.coverage, state.show)]
    if state.sort != "universe":
        frame = frame.sort_values(
            _COLUMN.get(state.sort, state.sort),
            ascending=state.sort not in _DESCENDING,
            na_position="last",
            kind="stable",
        )
    return Markup(markup([_coverage_row(row) for row in frame.to_dict("records")]))


def _sortable(facts: Facts, key: str, label: str, kind: str) -> html.Th:
    if not key:
        return html.Th(label, className=kind, scope="col")
    here = facts.state.sort == key
    order = attributes(aria_sort="descending" if key in _DESCENDING else "ascending") if here else {}
    link = dcc.Link(
        label,
        href=facts.state.query(sort="universe" if here else key) + "#coverage",
        className="sort sorted" if here else "sort",
    )
    return html.Th(link, className=kind, scope="col", **order)


def _coverage_row(row: dict[str, Any]) -> html.Tr:
    flags = ", ".join(f"{count:,d} {word}" for word, count in row["flags"].items())
    state = sentences.state_of(row)
    return html.Tr(
        [
            html.Th([row["name"], *_badge(row["rebased"])], scope="row"),
            html.Td(row["symbol"]),
            html.Td(row["market"]),
            html.Td(row["layer"], className="wide"),
            html.Td(
                state,
                className="state lacking" if row["late"] or not row["bars"] or ";" in state else "state",
            ),
            html.Td(words.day(row["first"]), className="num"),
            html.Td(words.day(row["last"]), className="num"),
            html.Td(f"{row['bars']:,d}", className="num"),
            html.Td(f"{row['provisional']:,d}", className="num"),
            html.Td(flags or "0", className="pad flags"),
            html.Td(f"{row['held']:,d}", className="num"),
            html.Td(f"{row['revised']:,d}", className="num"),
            html.Td(moment(row["seen_at"]), className="num"),
        ]
    )


def _badge(rebased: tuple[str, Any] | None) -> list[html.Span]:
    """That the whole history was put on another basis, as by a split: older prints show other prices."""
    if rebased is None:
        return []
    ratio, at = rebased
    said = f"re-based {ratio}, {words.short_day(at.date())}"
    return [html.Span(said, className="faint symbol", title="The history was read again whole after a split")]


def held(facts: Facts) -> html.Table:
    """The rows that failed a check, as received, newest session first."""
    rows = [_held_row(facts, row) for row in held_of(facts).head(HELD_SHOWN).to_dict("records")]
    heads = [
        ("Name", ""),
        ("Session", "num"),
        ("Reason", "pad"),
        ("Row as received", ""),
        ("Seen, UTC", "num"),
    ]
    nothing = "No row is held." if not facts.state.symbol else f"No row of {facts.state.symbol} is held."
    return table(heads, rows, "Rows held back by the checks", "held", nothing)


def held_of(facts: Facts) -> pd.DataFrame:
    """The held rows of the chosen name, or all."""
    if not facts.state.symbol or facts.held.empty:
        return facts.held
    return facts.held[facts.held["symbol"] == facts.state.symbol]


def _held_row(facts: Facts, row: dict[str, Any]) -> html.Tr:
    symbol = row["symbol"]
    name = facts.universe[symbol].name if symbol in facts.universe else symbol
    words_, figures = reason_words(row["reason"]), _figures(row["reason"], row["detail"])
    return html.Tr(
        [
            html.Th([name, html.Span(symbol, className="faint symbol")], scope="row"),
            html.Td(_case_link(facts, int(row["id"]), words.day(row["session"])), className="num"),
            html.Td(
                [words_[:1].upper() + words_[1:], html.Span(figures, className="faint")],
                className="pad prose",
            ),
            html.Td(str(row["row"])[:600], className="raw"),
            html.Td(moment(row["seen_at"]), className="num"),
        ]
    )


def _case_link(facts: Facts, number: int, day: str) -> dcc.Link:
    here = number == facts.state.held
    href = facts.state.query(held=0 if here else number) + ("#held" if here else "#row")
    title = f"{'Close' if here else 'Look at'} row {number}"
    return dcc.Link(day, href=href, className="more-link", title=title)


def _figures(reason: str, detail: str) -> str:
    """What the detail adds to the reason: its figures."""
    said = reason_words(reason)
    rest = detail.strip().removesuffix(".")
    if rest.lower().startswith(said.lower()):
        rest = rest[len(said) :].strip().removeprefix("(").removesuffix(")")
    return f" {rest}" if rest else ""

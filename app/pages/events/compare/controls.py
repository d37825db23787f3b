"""The controls of the comparison: links to the same page in another state."""

from __future__ import annotations

from itertools import groupby
from typing import Any

from dash import html

from app.market import words
from app.pages.events.window import window_menu
from app.questions.compare.aligned import FALL, WORST, falls
from app.questions.compare.facts import Facts
from app.questions.compare.state import FALLS, LIMITS
from app.render.html.controls import basket_menu, instant_menu, toggled
from app.render.html.menu import Choice, field_menu, menu

ADD_FIELD = "compare-add-date"
LISTED = 60
_WINDOWS = ((5, 20), (5, 60), (20, 60), (20, 120))


def controls(facts: Facts) -> list[html.Details]:
    """All controls, left to right."""
    state = facts.state
    return [
        _lines(facts),
        basket_menu(state, facts.view.baskets, **_typed(facts)),
        window_menu("compare", state, _WINDOWS, LIMITS, **_typed(facts)),
        _beside(facts),
        instant_menu("compare", state, facts.as_of),
    ]


def _typed(facts: Facts) -> dict[str, Any]:
    """What was typed stands among the items, where it belongs, after any other choice."""
    return {"items": facts.refs, "add": ""} if facts.state.add else {}


def _lines(facts: Facts) -> html.Details:
    """Events by year and falls, each put in or taken out; and a field for a moment of one's own."""
    listed = facts.events[-LISTED:][::-1]
    groups: list[tuple[str, list[Choice]]] = []
    for year, events in groupby(listed, key=lambda event: event.day.year):
        titles = [
            _toggle(facts, event.id, f"{words.day(event.day, year=False)}  {event.title[:56]}")
            for event in events
        ]
        groups.append((str(year), titles))
    known = falls(facts.view, facts.state.basket, facts.threshold)[::-1]
    if known:
        head = f"Falls of {facts.state.fall}% by their peak"
        groups.append((head, [_toggle(facts, f"{FALL}{peak}", words.span(peak, low)) for peak, low in known]))
    typed = {event.id for event in facts.events}
    own = [ref for ref in facts.refs if ref not in typed and not ref.startswith(FALL)]
    if own:
        groups.insert(0, ("Typed", [_toggle(facts, ref, ref) for ref in own]))
    choice = facts.state.query(items=(), add="")
    groups.append(("Or", [("The page’s own choice", choice, not facts.state.items)]))
    fields = [(ADD_FIELD, "Add a date, or an instant in UTC", "", "2024-08-05")]
    return field_menu("Lines", words.count(len(facts.starts), "line"), groups, fields)


def _toggle(facts: Facts, ref: str, label: str) -> Choice:
    return label, facts.state.query(items=toggled(facts.refs, ref), add=""), ref in facts.refs


def _beside(facts: Facts) -> html.Details:
    state = facts.state
    choices = [
        (
            f"Past falls of {fall}% or more",
            state.query(beside="falls", fall=fall, **_typed(facts)),
            state.beside == "falls" and fall == state.fall,
        )
        for fall in FALLS
    ]
    days = f"Worst {words.whole_percent(WORST)}% of days"
    choices.append((days, state.query(beside="days", **_typed(facts)), state.beside == "days"))
    return menu("Beside", days if state.beside == "days" else f"Falls of {state.fall}%", choices)

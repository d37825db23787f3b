"""The controls of the list of events: what is listed, as of when, and the forms."""

from __future__ import annotations

from typing import Any

from dash import dcc, html

from app.auth.doors import may
from app.questions.events.facts import Facts
from app.questions.events.sentences import CATEGORY_WORDS, SEVERITY_WORDS
from app.render.html.controls import basket_menu, choice_menu, instant_menu
from app.render.html.menu import date_menu
from models.events import CATEGORIES, SEVERITIES

FIND_FIELD = "events-find-date"
_SHOWN = {"current": "Current", "all": "Retired too", "retired": "Retired alone"}


def controls(facts: Facts) -> list[Any]:
    """All controls, left to right."""
    state, view = facts.state, facts.view
    categories = {"": "All", **{key: CATEGORY_WORDS[key] for key in CATEGORIES}}
    layers = {"": "All", **{layer.id: layer.name for layer in view.universe.layers}}
    return [
        choice_menu("Category", "cat", state, categories, page=1),
        _severities(facts),
        choice_menu("Layer", "lay", state, layers, page=1),
        _find(facts),
        choice_menu("Show", "show", state, _SHOWN, page=1),
        basket_menu(state, view.baskets, page=1),
        instant_menu("events", state, facts.as_of),
        _forms(facts),
    ]


def _severities(facts: Facts) -> html.Details:
    labels = {level: _severity(level) for level in SEVERITIES}
    short = (
        "Any"
        if facts.state.sev == 1
        else SEVERITY_WORDS[facts.state.sev] + (" or more" if facts.state.sev < max(SEVERITIES) else "")
    )
    return choice_menu("Severity", "sev", facts.state, labels, value=short, page=1)


def _severity(level: int) -> str:
    if level == min(SEVERITIES):
        return "Any"
    more = "" if level == max(SEVERITIES) else " or more"
    return f"{SEVERITY_WORDS[level]}{more}: {SEVERITIES[level]}"


def _find(facts: Facts) -> html.Details:
    return date_menu(
        "Find",
        f"“{facts.state.find}”" if facts.state.find else "All",
        [("All", facts.state.query(find="", page=1), not facts.state.find)],
        field=FIND_FIELD,
        hint="A word of the title, the text or a name",
        given=facts.state.find,
        example="SoftBank",
    )


def _forms(facts: Facts) -> html.Div:
    state = facts.state
    writes = [
        dcc.Link("Add an event", href=state.query(form="add"), className="word"),
        dcc.Link("Import", href=state.query(form="import"), className="word"),
    ]
    return html.Div(
        [
            *(writes if may("editor") else []),
            html.A("CSV", href=f"/events/file.csv{state.query()}", download="", className="word"),
            html.A("JSON", href=f"/events/file.json{state.query()}", download="", className="word"),
        ],
        className="actions doing",
    )

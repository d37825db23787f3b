"""The controls of the list of events: what is listed, as of when, and the forms."""

from __future__ import annotations

from typing import Any

from dash import dcc, html

from app import words
from app.components.menu import date_menu, menu
from app.pages.events.listing.facts import Facts
from app.pages.events.listing.story import CATEGORY_WORDS, SEVERITY_WORDS
from app.security import may
from models.events import CATEGORIES, SEVERITIES

ASOF_FIELD, FIND_FIELD = "events-asof-date", "events-find-date"
_SHOWN = {"current": "Current", "all": "Retired too", "retired": "Retired alone"}


def controls(facts: Facts) -> list[Any]:
    """All controls, left to right."""
    return [
        _categories(facts),
        _severities(facts),
        _layers(facts),
        _find(facts),
        menu("Show", _SHOWN[facts.state.show], _choices(facts, "show", _SHOWN)),
        _baskets(facts),
        _as_of(facts),
        _forms(facts),
    ]


def _choices(facts: Facts, name: str, labels: dict[Any, str]) -> list[tuple[str, str, bool]]:
    state = facts.state
    here = getattr(state, name)
    return [
        (label, state.query(**{name: value, "page": 1}), value == here) for value, label in labels.items()
    ]


def _categories(facts: Facts) -> html.Details:
    labels = {"": "All", **{key: CATEGORY_WORDS[key] for key in CATEGORIES}}
    return menu("Category", labels[facts.state.cat], _choices(facts, "cat", labels))


def _severities(facts: Facts) -> html.Details:
    labels = {level: _severity(level) for level in SEVERITIES}
    short = (
        "Any"
        if facts.state.sev == 1
        else SEVERITY_WORDS[facts.state.sev] + (" or more" if facts.state.sev < max(SEVERITIES) else "")
    )
    return menu("Severity", short, _choices(facts, "sev", labels))


def _severity(level: int) -> str:
    if level == min(SEVERITIES):
        return "Any"
    more = "" if level == max(SEVERITIES) else " or more"
    return f"{SEVERITY_WORDS[level]}{more}: {SEVERITIES[level]}"


def _layers(facts: Facts) -> html.Details:
    labels = {"": "All", **{layer.id: layer.name for layer in facts.view.universe.layers}}
    return menu("Layer", labels[facts.state.lay], _choices(facts, "lay", labels))


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


def _baskets(facts: Facts) -> html.Details:
    baskets = facts.view.baskets
    labels = {basket.id: basket.label for basket in baskets.values()}
    return menu("Basket", labels[facts.state.basket], _choices(facts, "basket", labels))


def _as_of(facts: Facts) -> html.Details:
    state = facts.state
    return date_menu(
        "As of",
        words.instant(facts.as_of, weekday=False) if state.asof else "Now",
        [("Now", state.query(asof=""), not state.asof)],
        field=ASOF_FIELD,
        hint="A date, or an instant in UTC",
        given=state.asof,
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

"""The controls of the Stress view: links to the same page in another state."""

from __future__ import annotations

from dash import html

from app import words
from app.components.menu import date_menu, menu
from app.pages.contagion.stress.facts import Facts
from app.pages.contagion.stress.state import MEMORIES, TAILS, WINDOWS
from app.pages.flags import flags_menu

ASOF_FIELD = "stress-asof-date"
_LEADS = {"us": "New York, then Asia", "asia": "Asia, then New York"}
_STARTS = {
    "6m": "Six months",
    "1y": "One year",
    "2024": "January 2024",
    "2021": "January 2021",
    "all": "The beginning",
}


def controls(facts: Facts) -> list[html.Details]:
    """All controls, left to right."""
    state = facts.state
    baskets = facts.view.baskets.values()
    start = words.month(facts.start) if facts.start.day == 1 else words.day(facts.start)
    return [
        menu(
            "Basket",
            facts.view.baskets[state.basket].label,
            [(item.label, state.query(basket=item.id), item.id == state.basket) for item in baskets],
        ),
        menu(
            "Rows",
            _LEADS[state.lead],
            [(word, state.query(lead=lead), lead == state.lead) for lead, word in _LEADS.items()],
        ),
        menu(
            "From",
            start,
            [(word, state.query(start=key), key == state.start) for key, word in _STARTS.items()],
        ),
        _rows(facts, "Turbulence window", "window", WINDOWS),
        _rows(facts, "Absorption window", "memory", MEMORIES),
        menu(
            "Tail",
            f"{state.tail}%",
            [(f"{tail}%", state.query(tail=tail), tail == state.tail) for tail in TAILS],
        ),
        flags_menu(state, facts.marked, facts.view.universe),
        date_menu(
            "As of",
            words.instant(facts.as_of, weekday=False) if state.asof else "Now",
            [("Now", state.query(asof=""), not state.asof)],
            field=ASOF_FIELD,
            hint="A date, or an instant in UTC",
            given=state.asof,
        ),
    ]


def _rows(facts: Facts, label: str, key: str, sizes: tuple[int, ...]) -> html.Details:
    now = getattr(facts.state, key)
    choices = [(words.count(size, "row"), facts.state.query(**{key: size}), size == now) for size in sizes]
    return menu(label, words.count(now, "row"), choices)

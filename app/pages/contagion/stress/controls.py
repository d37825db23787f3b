"""The controls of the Stress view: links to the same page in another state."""

from __future__ import annotations

from dash import html

from app.market import words
from app.pages.flags import flags_menu
from app.questions.stress.facts import Facts
from app.questions.stress.state import MEMORIES, TAILS, WINDOWS
from app.render.html.controls import basket_menu, choice_menu, instant_menu

_LEADS = {"asia": "Trading days: Asia, then New York", "us": "New York, then the next Asian day"}
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
    return [
        basket_menu(state, facts.view.baskets),
        choice_menu("Rows", "lead", state, _LEADS),
        choice_menu("From", "start", state, _STARTS, value=words.beginning(facts.start)),
        choice_menu("Turbulence window", "window", state, _rows(WINDOWS)),
        choice_menu("Absorption window", "memory", state, _rows(MEMORIES)),
        choice_menu("Tail", "tail", state, {tail: f"{tail}%" for tail in TAILS}),
        flags_menu(state, facts.marked, facts.view.universe),
        instant_menu("stress", state, facts.as_of),
    ]


def _rows(sizes: tuple[int, ...]) -> dict[int, str]:
    return {size: words.count(size, "row") for size in sizes}

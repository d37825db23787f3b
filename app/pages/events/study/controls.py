"""The controls of the event study: links to the same page in another state."""

from __future__ import annotations

from itertools import groupby

from dash import html

from app.market import words
from app.pages.events.window import window_menu
from app.questions.event_study.benchmarks import AUTO, HOME, REST
from app.questions.event_study.facts import Facts
from app.questions.event_study.state import LIMITS
from app.render.html.controls import basket_menu, choice_menu, instant_menu
from app.render.html.menu import Choice, field_menu
from models.events import Event

EVENT_FIELD = "study-event-date"
LISTED = 60
_BENCHMARKS = {AUTO: "Foreign factor", REST: "Other names of its side", HOME: "Home index"}
_MODELS = {"market": "Market model", "mean": "Constant mean"}
_WINDOWS = ((5, 10), (1, 1), (0, 5), (10, 20), (20, 20), (5, 60))
_FITS = ((250, 20), (120, 20), (500, 20), (250, 60))


def controls(facts: Facts) -> list[html.Details]:
    """All controls, left to right."""
    state = facts.state
    return [
        _events(facts),
        basket_menu(state, facts.view.baskets),
        choice_menu("Expected by", "model", state, _MODELS),
        *([_benchmark(facts)] if state.model == "market" else []),
        window_menu("study", state, _WINDOWS, LIMITS),
        _fit(facts),
        instant_menu("study", state, facts.as_of),
    ]


def _events(facts: Facts) -> html.Details:
    """The last events by year, and a field for a moment of one's own."""
    listed = facts.events[-LISTED:][::-1]
    groups = [
        (str(year), [_event(facts, event) for event in events])
        for year, events in groupby(listed, key=lambda event: event.day.year)
    ]
    chosen = facts.happening
    own = chosen.ref if chosen.event is None else ""
    value = f"{words.day(chosen.day)}{f', {_cut(chosen.label, 26)}' if chosen.event else ''}"
    field = (EVENT_FIELD, "A date, or an instant in UTC", own, "2025-01-27T12:00Z")
    return field_menu("Event", value, groups or [("", [])], [field])


def _event(facts: Facts, event: Event) -> Choice:
    label = f"{words.day(event.day, year=False)}  {_cut(event.title, 56)}"
    return label, facts.state.query(event=event.id), event.id == facts.happening.ref


def _cut(text: str, most: int) -> str:
    return text if len(text) <= most else f"{text[: most - 1].rstrip(' ,;:')}…"


def _benchmark(facts: Facts) -> html.Details:
    state, universe = facts.state, facts.view.universe
    known = facts.view.columns(tuple(item.symbol for item in universe.instruments if item.kind == "index"))
    symbols = [facts.view.panel.symbols[column] for column in known]
    symbols = [name for name in symbols if facts.view.panel.present[:, facts.view.columns((name,))].any()]
    own = [(label, state.query(benchmark=key), key == state.benchmark) for key, label in _BENCHMARKS.items()]
    one = [(universe[name].name, state.query(benchmark=name), name == state.benchmark) for name in symbols]
    value = _BENCHMARKS.get(state.benchmark) or universe[state.benchmark].name
    return field_menu("Against", value, [("By each name", own), ("One for all", one)], [])


def _fit(facts: Facts) -> html.Details:
    state = facts.state
    choices = [
        (f"{fit} sessions, {gap} before the window", state.query(fit=fit, gap=gap), (fit, gap) == here)
        for fit, gap in _FITS
        for here in [(state.fit, state.gap)]
    ]
    fields = [
        ("study-fit-date", "Fitted on sessions, 20 to 1,000", str(state.fit), "250"),
        ("study-gap-date", "Left out before the window, 0 to 250", str(state.gap), "20"),
    ]
    return field_menu("Fit", words.count(state.fit, "session"), [("", choices)], fields)

"""The controls of the comparison: links to the same page in another state."""

from __future__ import annotations

from itertools import groupby

from dash import html

from app import words
from app.answers.comparing import FALL, WORST, falls
from app.components.menu import Choice, date_menu, field_menu, menu
from app.pages.events.compare.facts import Facts
from app.pages.events.compare.state import FALLS

ASOF_FIELD, ADD_FIELD = "compare-asof-date", "compare-add-date"
LISTED = 60
_WINDOWS = ((5, 20), (5, 60), (20, 60), (20, 120))


def controls(facts: Facts) -> list[html.Details]:
    """All controls, left to right."""
    state = facts.state
    baskets = facts.view.baskets.values()
    return [
        _lines(facts),
        menu(
            "Basket",
            facts.view.baskets[state.basket].label,
            [(item.label, _query(facts, basket=item.id), item.id == state.basket) for item in baskets],
        ),
        _window(facts),
        _beside(facts),
        date_menu(
            "As of",
            words.instant(facts.as_of, weekday=False) if state.asof else "Now",
            [("Now", state.query(asof=""), not state.asof)],
            field=ASOF_FIELD,
            hint="A date, or an instant in UTC",
            given=state.asof,
        ),
    ]


def _query(facts: Facts, **changes: object) -> str:
    """The address with what was typed among the items, where it belongs."""
    kept = {"items": facts.refs, "add": ""} if facts.state.add else {}
    return facts.state.query(**(kept | changes))


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
    chosen = ref in facts.refs
    items = tuple(item for item in facts.refs if item != ref) if chosen else (*facts.refs, ref)
    return label, facts.state.query(items=items, add=""), chosen


def _window(facts: Facts) -> html.Details:
    state = facts.state
    choices = [
        (_span(*ends), _query(facts, before=ends[0], after=ends[1]), ends == (state.before, state.after))
        for ends in _WINDOWS
    ]
    fields = [
        ("compare-before-date", "Sessions before day 0, 1 to 60", str(state.before), "5"),
        ("compare-after-date", "Sessions after it, 5 to 250", str(state.after), "20"),
    ]
    return field_menu("Window", _span(state.before, state.after), [("", choices)], fields)


def _span(before: int, after: int) -> str:
    return f"{words.signed(-before, 0)} to {words.signed(after, 0)}"


def _beside(facts: Facts) -> html.Details:
    state = facts.state
    choices = [
        (
            f"Past falls of {fall}% or more",
            _query(facts, beside="falls", fall=fall),
            state.beside == "falls" and fall == state.fall,
        )
        for fall in FALLS
    ]
    days = f"Worst {words.whole_percent(WORST)}% of days"
    choices.append((days, _query(facts, beside="days"), state.beside == "days"))
    return menu("Beside", days if state.beside == "days" else f"Falls of {state.fall}%", choices)

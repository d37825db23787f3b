"""The controls of the Travelled view: links to the same page in another state."""

from __future__ import annotations

from datetime import timedelta

from dash import html

from app.market import words
from app.questions.travelled.facts import Facts
from app.questions.travelled.state import DAYS
from app.questions.travelled.tracks import days_of
from app.render.html.controls import choice_menu, instant_menu, toggled
from app.render.html.menu import Choice, date_menu, menu

DAY_FIELD, AT_FIELD = "travelled-day-date", "travelled-at-date"
LISTED = 10
_STARTS = {"": "The first opening", "06:30": "06:30, Asia closes", "13:30": "13:30, New York opens"}


def controls(facts: Facts) -> list[html.Details]:
    """All controls, left to right; without a bar only the instant."""
    found, state = facts.found, facts.state
    as_of = instant_menu("travelled", state, facts.as_of)
    if found is None:
        return [as_of]
    return [
        _day(facts),
        choice_menu("Length", "days", state, {days: words.count(days, "day") for days in DAYS}),
        _start(facts),
        _names(facts),
        as_of,
    ]


def _day(facts: Facts) -> html.Details:
    found = facts.found
    assert found is not None
    newest = min(max(span[1] for span in facts.held.values()), facts.as_of).date()
    days = days_of(facts.view, newest, LISTED, facts.symbols)[::-1]
    oldest = min(span[0] for span in facts.held.values()).date()
    choices = [
        (words.day(day), facts.state.query(day=day.isoformat()), day == found.days[-1])
        for day in days
        if day >= oldest
    ]
    return date_menu(
        "Day",
        words.day(found.days[-1]),
        choices,
        field=DAY_FIELD,
        hint=f"A day from {words.day(oldest)} on",
        given=facts.state.day,
        example=(newest - timedelta(days=1)).isoformat(),
    )


def _start(facts: Facts) -> html.Details:
    found, state = facts.found, facts.state
    assert found is not None
    choices = [(label, state.query(at=at), at == state.at) for at, label in _STARTS.items()]
    return date_menu(
        "From",
        f"{found.at:%H:%M} UTC",
        choices,
        field=AT_FIELD,
        hint="A time in UTC, or an instant",
        given=state.at,
        example="01:00",
    )


def _names(facts: Facts) -> html.Details:
    """Every name with bars, each put in or taken out; the last one stays."""
    shown = facts.symbols
    choices: list[Choice] = []
    for symbol in facts.held:
        names = toggled(shown, symbol)
        kept = () if set(names) == set(facts.held) else names
        address = facts.state.query(names=kept) if names else facts.state.query()
        choices.append((facts.view.universe[symbol].name, address, symbol in shown))
    return menu("Names", words.count(len(shown), "name"), choices)

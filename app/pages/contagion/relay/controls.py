"""The controls of the Relay view: which day, which basket, what the strip holds, as of when."""

from __future__ import annotations

from datetime import date
from typing import Any

from dash import dcc, html

from app.market import words
from app.pages.contagion.views import of_day
from app.pages.flags import flags_menu
from app.questions.relay.facts import Facts
from app.render.html import attributes
from app.render.html.controls import choice_menu, instant_menu
from app.render.html.menu import Choice, date_menu

DAY_FIELD = "relay-day-date"
_SPANS = {"episode": "Its episode", "10": "10 news days", "20": "20 news days", "40": "40 news days"}
RECENT = 6


def controls(facts: Facts) -> list[Any]:
    """All controls, left to right."""
    state = facts.state
    return [
        _day(facts),
        _steps(facts),
        _basket(facts),
        choice_menu("Strip", "span", state, _SPANS),
        flags_menu(state, facts.marked, facts.view.universe),
        instant_menu("relay", state, facts.as_of),
    ]


def _day(facts: Facts) -> html.Details:
    recent = [day.item() for day in facts.days[-RECENT:][::-1]]
    choices: list[Choice] = [("The last", facts.state.query(day=""), not facts.state.day)]
    choices += [_choice(facts, day, words.day(day)) for day in recent]
    choices += [_choice(facts, day, f"{words.day(day)}, {told}") for day, told in facts.turns]
    return date_menu(
        "News day",
        f"{facts.day:%a} {words.day(facts.day)}",
        choices,
        field=DAY_FIELD,
        hint="Any other day",
        given=facts.state.day,
    )


def _choice(facts: Facts, day: date, label: str) -> Choice:
    return label, facts.state.query(day=day.isoformat()), facts.state.day == day.isoformat()


def _steps(facts: Facts) -> html.Div:
    """The day before, the day after, and the walk through the strip."""
    parts: list[Any] = []
    for step, word, kind in ((-1, "Earlier", "prev"), (1, "Later", "next")):
        day = facts.neighbour(step)
        if day is None:
            parts.append(html.Span(word, className="step off"))
        else:
            address = facts.state.query(day=day.isoformat())
            parts.append(dcc.Link(word, href=address, className=f"step {kind}"))
    first = facts.window[0].item().isoformat()
    last = facts.window[-1].item().isoformat()
    words_ = [html.Span("Play", className="still"), html.Span("Pause", className="playing")]
    hint = "Walk through the strip day by day; Space or the arrow keys too"
    walk = attributes(data_first=facts.state.query(day=first), data_last=last, data_day=str(facts.day))
    parts.append(html.Button(words_, id="relay-play", className="word", title=hint, **walk))
    bars = of_day("/contagion/travelled", facts.day.isoformat(), facts.state.asof)
    parts.append(dcc.Link("5-minute bars", href=bars, className="step"))
    return html.Div(parts, className="steps", role="group", **attributes(aria_label="Step through the days"))


def _basket(facts: Facts) -> html.Details:
    state, baskets = facts.state, facts.view.baskets
    kept = {key: basket.label for key, basket in baskets.items() if key not in ("asia", "us")}
    return choice_menu("Basket", "basket", state, kept, value=baskets[state.basket].label)

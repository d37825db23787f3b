"""The controls of the Relay view: which day, which basket, what the strip holds, as of when."""

from __future__ import annotations

from datetime import date
from typing import Any

from dash import dcc, html

from app import words
from app.components import attributes
from app.components.menu import Choice, date_menu, menu
from app.pages.contagion.relay.facts import Facts
from app.pages.contagion.views import of_day
from app.pages.flags import flags_menu

DAY_FIELD, ASOF_FIELD = "relay-day-date", "relay-asof-date"
_SPANS = {"episode": "Its episode", "10": "10 news days", "20": "20 news days", "40": "40 news days"}
RECENT = 6


def controls(facts: Facts) -> list[Any]:
    """All controls, left to right."""
    return [_day(facts), _steps(facts), _basket(facts), _span(facts), _flags(facts), _as_of(facts)]


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
    baskets = facts.view.baskets
    kept = [basket for basket in baskets.values() if basket.id not in ("asia", "us")]
    label = baskets[facts.state.basket].label
    choices = [
        (basket.label, facts.state.query(basket=basket.id), basket.id == facts.state.basket)
        for basket in kept
    ]
    return menu("Basket", label, choices)


def _span(facts: Facts) -> html.Details:
    choices = [
        (word, facts.state.query(span=span), span == facts.state.span) for span, word in _SPANS.items()
    ]
    return menu("Strip", _SPANS[facts.state.span], choices)


def _flags(facts: Facts) -> html.Details:
    return flags_menu(facts.state, facts.marked, facts.view.universe)


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

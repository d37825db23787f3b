"""The controls of the Correlation view: links to the same page in another state."""

from __future__ import annotations

from typing import Any

from dash import dcc, html

from app.market import words
from app.pages.flags import flags_menu
from app.questions.correlation.facts import Facts
from app.questions.correlation.pairs import lowered
from app.questions.correlation.state import FROM, ROLLING, ROWS
from app.questions.relay.handover import layers_of, short_name
from app.render.html.controls import basket_menu, choice_menu, instant_menu, names_by_layer
from app.render.html.menu import Choice, grouped_menu, menu
from models.errors import AftershockError

_FROM = {
    name: {"6m": "Six months", "1y": "One year", "all": "The beginning"}.get(name, f"January {name}")
    for name in FROM
}
_SIDES = (("us", "US"), ("asia", "Asia"))
_FALLS = 8


def controls(facts: Facts) -> list[Any]:
    """All controls, left to right."""
    state = facts.state
    return [
        basket_menu(state, facts.view.baskets, lead="", follow="", names=(), peak=""),
        _end(facts, "Leads", 0),
        _end(facts, "Follows", 1),
        *_turned(facts),
        _matrix(facts),
        choice_menu("Over", "rows", state, {rows: _rows(rows) for rows in ROWS}),
        choice_menu("Rolling", "window", state, {rows: f"{rows} rows" for rows in ROLLING}),
        _fall(facts),
        choice_menu("From", "start", state, _FROM, value=words.beginning(facts.start)),
        flags_menu(state, facts.marked, facts.view.universe),
        instant_menu("correlation", state, facts.as_of),
    ]


def _rows(text: str) -> str:
    return "All rows" if text == "0" else f"Last {int(text):,d} rows"


def _end(facts: Facts, label: str, place: int) -> html.Details:
    """Leader or follower: a side, a layer of a side, or a name; the other end stays."""
    ends, universe = facts.ends, facts.view.universe
    groups: list[tuple[str, list[Choice]]] = [
        ("Sides", [_choice(facts, place, side, _label(facts, side)) for side, _ in _SIDES])
    ]
    for side, word in _SIDES:
        layers = layers_of(facts.view, side)
        named = [(f"{side}:{layer}", short_name(facts.view, layer)) for layer in layers]
        groups.append((f"{word} layers", [_choice(facts, place, name, text) for name, text in named]))
    stored = set(facts.view.panel.symbols)
    for layer in universe.layers:
        names = [
            item
            for item in universe.instruments
            if item.layer == layer and item.region in ("us", "asia") and item.symbol in stored
        ]
        groups.append((layer.name, [_choice(facts, place, item.symbol, item.name) for item in names]))
    return grouped_menu(label, _label(facts, ends[place]), groups)


def _choice(facts: Facts, place: int, name: str, text: str) -> Choice:
    ends = list(facts.ends)
    chosen = ends[place] == name
    if ends[1 - place] == name:
        ends.reverse()  # the other end is taken: they change places
    else:
        ends[place] = name
    return text, facts.state.query(lead=ends[0], follow=ends[1]), chosen


def _label(facts: Facts, name: str) -> str:
    side, _, layer = name.partition(":")
    word = dict(_SIDES).get(side)
    if layer and word:
        return f"{word} {lowered(short_name(facts.view, layer))}"
    if word:
        return "New York’s names" if side == "us" else "Asia’s names"
    return facts.view.universe[name].name


def _turned(facts: Facts) -> list[html.Div]:
    first, second = facts.ends
    link = dcc.Link("Turn round", href=facts.state.query(lead=second, follow=first), className="step")
    return [html.Div(link, className="steps")]


def _matrix(facts: Facts) -> html.Details:
    """Layers, the page's names, or one's own."""
    state, drawn = facts.state, facts.drawn_names
    universe, named = facts.view.universe, facts.show == "names"
    first: list[Choice] = [
        ("Layers of each side", state.query(show="layers", names=()), not named),
        ("The page’s names", state.query(show="names", names=()), named and not state.names),
    ]
    items = [
        item
        for item in universe.instruments
        if item.region in ("us", "asia") and item.kind not in ("fx", "rate")
    ]
    listed = names_by_layer(
        universe,
        items,
        drawn,
        lambda names: state.query(show="names", names=names),
        chosen=drawn if named else (),
    )
    value = words.count(len(drawn), "name") if named else "Layers"
    return grouped_menu("Matrix", value, [("Matrix", first), *listed])


def _fall(facts: Facts) -> html.Details:
    state = facts.state
    choices: list[Choice] = [("The latest that is long enough", state.query(peak=""), not state.peak)]
    choices += [
        (item.words, state.query(peak=item.peak.isoformat()), state.peak == item.peak.isoformat())
        for item in facts.falls[:_FALLS]
    ]
    fall = facts.fall
    value = (
        "None" if fall is None or isinstance(fall, AftershockError) else words.span(fall.peak, fall.trough)
    )
    return menu("Fall", value, choices)

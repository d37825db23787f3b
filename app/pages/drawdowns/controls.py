"""The controls of the Drawdowns page: links to the same page in another state."""

from __future__ import annotations

from dash import html

from app.kinds.address import FALLS, WINDOWS
from app.market import words
from app.pages.flags import flags_menu
from app.questions.drawdowns.facts import Facts
from app.render.html.controls import as_of_menu, basket_menu, choice_menu, names_by_layer
from app.render.html.menu import Choice, date_menu, grouped_menu

_WINDOW_WORDS = {
    "1m": "One month",
    "3m": "Three months",
    "6m": "Six months",
    "1y": "One year",
    "all": "The beginning",
}
_WINDOWS = {window: _WINDOW_WORDS.get(window, f"January {window}") for window in WINDOWS}
_CHOICES = {
    "axis": ("Axis", {"sessions": "Sessions", "calendar": "Calendar"}),
    "currency": ("Currency", {"local": "Local", "usd": "US dollars"}),
    "peak": ("Peak", {"record": "Own record", "year": "52 weeks", "window": "Since start"}),
    "show": ("Show", {"close": "Closes", "low": "Closes and lows"}),
}
ALIGN_FIELD = "drawdowns-align-date"


def controls(facts: Facts) -> list[html.Details]:
    """All controls, left to right."""
    state = facts.state
    return [
        basket_menu(state, facts.view.baskets, names=()),
        _lines(facts),
        choice_menu("From", "start", state, _WINDOWS, value=words.beginning(facts.start)),
        *(choice_menu(label, key, state, known) for key, (label, known) in _CHOICES.items()),
        _align(facts),
        choice_menu("Leg", "fall", state, {fall: f"{fall}%" for fall in FALLS}),
        flags_menu(state, facts.marked, facts.view.universe),
        as_of_menu("drawdowns", state, words.day(facts.as_of)),
    ]


def _lines(facts: Facts) -> html.Details:
    universe, drawn = facts.view.universe, facts.symbols
    own = ("The page’s choice", facts.state.query(names=()), not facts.state.names)
    items = [item for item in universe.instruments if item.kind not in ("fx", "rate")]
    named = names_by_layer(universe, items, drawn, lambda names: facts.state.query(names=names))
    wanted = len(facts.state.names or drawn)
    part = f"{len(drawn)} of {words.count(wanted, 'name')}"
    value = f"{part if len(drawn) < wanted else words.count(wanted, 'name')} + basket"
    return grouped_menu("Lines", value, [("Lines", [own]), *named])


def _align(facts: Facts) -> html.Details:
    state = facts.state
    own = state.align not in ("none", "peak")
    value = words.day(facts.align_day) if own else {"none": "None", "peak": "Own peak"}[state.align]
    choices: list[Choice] = [
        ("None", state.query(align="none"), state.align == "none"),
        ("Own peak", state.query(align="peak"), state.align == "peak"),
    ]
    for leg in facts.legs.head(4).itertuples():
        peak = words.as_date(leg.peak)
        choices.append(
            (
                f"Basket peak, {words.day(peak)}",
                state.query(align=str(peak)),
                state.align == str(peak),
            )
        )
    return date_menu(
        "Align",
        value,
        choices,
        field=ALIGN_FIELD,
        hint="Day 0 of your own",
        given=state.align if own else "",
    )

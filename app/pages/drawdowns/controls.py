"""The controls of the Drawdowns page: links to the same page in another state."""

from __future__ import annotations

from dash import html

from app import words
from app.components.menu import Choice, date_menu, grouped_menu, menu
from app.pages.drawdowns.facts import Facts
from app.pages.flags import flags_menu
from app.state import FALLS, MAX_LINES, WINDOWS

_WINDOW_WORDS = {
    "1m": "One month",
    "3m": "Three months",
    "6m": "Six months",
    "1y": "One year",
    "all": "The beginning",
}
_CHOICES = {
    "axis": ("Axis", {"sessions": "Sessions", "calendar": "Calendar"}),
    "currency": ("Currency", {"local": "Local", "usd": "US dollars"}),
    "peak": ("Peak", {"record": "Own record", "year": "52 weeks", "window": "Since start"}),
    "show": ("Show", {"close": "Closes", "low": "Closes and lows"}),
}
ALIGN_FIELD = "drawdowns-align-date"
ASOF_FIELD = "drawdowns-asof-date"


def controls(facts: Facts) -> list[html.Details]:
    """All controls, left to right."""
    state = facts.state
    return [
        _basket(facts),
        _lines(facts),
        _window(facts),
        *(_single(facts, key) for key in _CHOICES),
        _align(facts),
        menu(
            "Leg",
            f"{state.fall}%",
            [(f"{fall}%", state.query(fall=fall), fall == state.fall) for fall in FALLS],
        ),
        flags_menu(state, facts.marked, facts.view.universe),
        date_menu(
            "As of",
            words.day(facts.as_of) if state.asof else "Now",
            [("Now", state.query(asof=""), not state.asof)],
            field=ASOF_FIELD,
            hint="A date, or an instant in UTC",
            given=state.asof,
        ),
    ]


def _basket(facts: Facts) -> html.Details:
    baskets = facts.view.baskets.values()
    return menu(
        "Basket",
        facts.basket.label,
        [
            (basket.label, _without_names(facts, basket.id), basket.id == facts.basket.id)
            for basket in baskets
        ],
    )


def _without_names(facts: Facts, basket: str) -> str:
    return facts.state.query(basket=basket, names=())


def _lines(facts: Facts) -> html.Details:
    universe, drawn = facts.view.universe, facts.symbols
    full = len(drawn) >= MAX_LINES
    groups: list[tuple[str, list[Choice]]] = [
        ("Lines", [("The page’s choice", facts.state.query(names=()), not facts.state.names)])
    ]
    for layer in universe.layers:
        items = [
            item for item in universe.instruments if item.layer == layer and item.kind not in ("fx", "rate")
        ]
        groups.append(
            (
                layer.name,
                [
                    (item.name, _toggled(facts, item.symbol), item.symbol in drawn)
                    for item in items
                    if item.symbol in drawn or not full
                ],
            )
        )
    return grouped_menu("Lines", f"{words.count(len(drawn), 'name')} + basket", groups)


def _toggled(facts: Facts, symbol: str) -> str:
    drawn = facts.symbols
    names = tuple(name for name in drawn if name != symbol) if symbol in drawn else (*drawn, symbol)
    return facts.state.query(names=names)


def _window(facts: Facts) -> html.Details:
    state = facts.state
    return menu(
        "From",
        words.day(facts.start) if facts.start.day != 1 else words.month(facts.start),
        [
            (_WINDOW_WORDS.get(window, f"January {window}"), state.query(start=window), window == state.start)
            for window in WINDOWS
        ],
    )


def _single(facts: Facts, key: str) -> html.Details:
    label, named = _CHOICES[key]
    current = getattr(facts.state, key)
    return menu(
        label,
        named[current],
        [(word, facts.state.query(**{key: value}), value == current) for value, word in named.items()],
    )


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

"""The controls of the Connectedness view: who, what of them, which model, which rows."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from dash import html

from app import words
from app.answers.connecting import Connected
from app.answers.marking import Marked
from app.answers.nodes import kind_of
from app.components.menu import Choice, date_menu, grouped_menu, menu
from app.pages.contagion.connectedness.state import (
    HORIZONS,
    LAGS,
    PERIODS,
    ROWS,
    ConnectednessState,
)
from app.pages.flags import flags_menu
from app.state import MAX_LINES
from models.types import Instant

ASOF_FIELD = "connectedness-asof-date"
_PERIODS = {"1y": "1 year", "3y": "3 years", "5y": "5 years", "all": "All"}
_MEASURES = {"returns": "Returns", "volatility": "Range volatility"}
_LEADS = {"us": "US, next Asia", "asia": "Asia, next US"}
_SHOCKS = {"generalised": "Generalised", "clock": "By the clock", "cholesky": "Cholesky"}
_SHRINK = {"none": "None", "auto": "Automatic"}


def controls(
    found: Connected, state: ConnectednessState, as_of: Instant, flags: Marked | None = None
) -> list[Any]:
    """All controls, left to right."""
    sample = {"window": f"Last {state.window}", "period": "Period"}
    return [
        _basket(found, state),
        _members(found, state),
        _single("Of", "of", state, _MEASURES),
        _single("Order", "lead", state, _LEADS),
        _single("Shocks", "shocks", state, _SHOCKS),
        _numbers("Lags", "lags", state, LAGS),
        _numbers("Horizon", "horizon", state, HORIZONS),
        _numbers("Window", "window", state, ROWS),
        _single("Shrink", "shrink", state, _SHRINK),
        _single("Sample", "sample", state, sample),
        _period(state),
        *([flags_menu(state, flags, found.view.universe)] if flags else []),
        date_menu(
            "As of",
            words.instant(as_of, weekday=False) if state.asof else "Now",
            [("Now", state.query(asof=""), not state.asof)],
            field=ASOF_FIELD,
            hint="A date, or an instant in UTC",
            given=state.asof,
        ),
    ]


def _basket(found: Connected, state: ConnectednessState) -> html.Details:
    baskets = found.view.baskets
    choices = [
        (basket.label, state.query(basket=basket.id, names=()), basket.id == state.basket)
        for basket in baskets.values()
    ]
    return menu("Basket", baskets[state.basket].label, choices)


def _members(found: Connected, state: ConnectednessState) -> html.Details:
    """Layers, the page's own names, or names picked one by one."""
    universe, drawn = found.view.universe, state.names
    kind = kind_of(found.view, found.terms.who)
    value = f"{len(drawn)} names" if drawn else "Layers" if kind == "layers" else "Names"
    first: list[Choice] = [
        ("Layers of the basket", state.query(nodes="layers", names=()), kind == "layers" and not drawn),
        ("Names, the page’s choice", state.query(nodes="names", names=()), kind == "names" and not drawn),
    ]
    groups: list[tuple[str, list[Choice]]] = [("Members", first)]
    full = len(drawn) >= MAX_LINES
    for layer in universe.layers:
        items = [item for item in universe.members if item.layer == layer]
        groups.append(
            (
                layer.name,
                [
                    (item.name, state.query(names=_toggled(drawn, item.symbol)), item.symbol in drawn)
                    for item in items
                    if item.symbol in drawn or not full
                ],
            )
        )
    return grouped_menu("Members", value, groups)


def _toggled(names: tuple[str, ...], symbol: str) -> tuple[str, ...]:
    return tuple(name for name in names if name != symbol) if symbol in names else (*names, symbol)


def _single(label: str, name: str, state: ConnectednessState, known: dict[str, str]) -> html.Details:
    now = getattr(state, name)
    choices = [(word, state.query(**{name: value}), value == now) for value, word in known.items()]
    return menu(label, known[now], choices)


def _numbers(label: str, name: str, state: ConnectednessState, known: Iterable[int]) -> html.Details:
    now = getattr(state, name)
    choices = [(str(value), state.query(**{name: value}), value == now) for value in known]
    return menu(label, str(now), choices)


def _period(state: ConnectednessState) -> html.Details:
    choices = [(_PERIODS[period], state.query(start=period), period == state.start) for period in PERIODS]
    return menu("Period", _PERIODS.get(state.start, state.start), choices)

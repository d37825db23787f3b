"""The controls of the Connectedness view: who, what of them, which model, which rows."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from dash import html

from app.pages.flags import flags_menu
from app.questions.connectedness.nodes import kind_of
from app.questions.connectedness.state import HORIZONS, LAGS, ROWS, ConnectednessState
from app.questions.connectedness.system import Connected
from app.questions.events.flags import Marked
from app.render.html.controls import basket_menu, choice_menu, instant_menu, names_by_layer
from app.render.html.menu import Choice, grouped_menu
from models.types import Instant

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
        basket_menu(state, found.view.baskets, names=()),
        _members(found, state),
        choice_menu("Of", "of", state, _MEASURES),
        choice_menu("Order", "lead", state, _LEADS),
        choice_menu("Shocks", "shocks", state, _SHOCKS),
        choice_menu("Lags", "lags", state, _numbers(LAGS)),
        choice_menu("Horizon", "horizon", state, _numbers(HORIZONS)),
        choice_menu("Window", "window", state, _numbers(ROWS)),
        choice_menu("Shrink", "shrink", state, _SHRINK),
        choice_menu("Sample", "sample", state, sample),
        choice_menu("Period", "start", state, _PERIODS, value=_PERIODS.get(state.start, state.start)),
        *([flags_menu(state, flags, found.view.universe)] if flags else []),
        instant_menu("connectedness", state, as_of),
    ]


def _members(found: Connected, state: ConnectednessState) -> html.Details:
    """Layers, the page's own names, or names picked one by one."""
    universe, drawn = found.view.universe, state.names
    kind = kind_of(found.view, found.terms.who)
    value = f"{len(drawn)} names" if drawn else "Layers" if kind == "layers" else "Names"
    first: list[Choice] = [
        ("Layers of the basket", state.query(nodes="layers", names=()), kind == "layers" and not drawn),
        ("Names, the page’s choice", state.query(nodes="names", names=()), kind == "names" and not drawn),
    ]
    named = names_by_layer(universe, universe.members, drawn, lambda names: state.query(names=names))
    return grouped_menu("Members", value, [("Members", first), *named])


def _numbers(known: Iterable[int]) -> dict[int, str]:
    return {number: str(number) for number in known}

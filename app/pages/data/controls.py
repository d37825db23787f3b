"""The controls of the Data page: links to the same page in another state."""

from __future__ import annotations

from dash import html

from app.kinds.address import SHOWN
from app.questions.coverage.facts import Facts
from app.render.html.menu import menu

_SHOWN = {
    "all": "All names",
    "late": "Late",
    "missing": "No prices",
    "suspect": "Suspect bars",
    "held": "Held rows",
}


def controls(found: Facts) -> list[html.Details]:
    """Which names the coverage table shows, and whose held rows."""
    state, counts = found.state, found.counts()
    shown = [
        (_counted(_SHOWN[key], counts.get(key)), state.query(show=key) + "#coverage", key == state.show)
        for key in SHOWN
    ]
    held = found.held["symbol"].value_counts(sort=False) if len(found.held) else {}
    names = [("All names", state.query(symbol="") + "#held", not state.symbol)]
    names += [
        (
            _counted(name_of(found, symbol), int(count)),
            state.query(symbol=symbol) + "#held",
            symbol == state.symbol,
        )
        for symbol, count in held.items()
    ]
    return [
        menu("Coverage of", _SHOWN[state.show], shown),
        menu("Held rows of", name_of(found, state.symbol) if state.symbol else "All names", names),
    ]


def name_of(found: Facts, symbol: str) -> str:
    """A name as it stands on charts; a symbol without a line as it is."""
    return found.universe[symbol].name if symbol in found.universe else symbol


def _counted(label: str, count: int | None) -> str:
    return label if count is None else f"{label}, {count:,d}"

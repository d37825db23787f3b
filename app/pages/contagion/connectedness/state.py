"""The controls of the Connectedness view."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from app.answers.connecting import Terms
from app.answers.nodes import Who
from app.state import (
    FLAG_FIELDS,
    FlagState,
    choice_of,
    flag_value,
    names_of,
    parse_asof,
    read_state,
    window_start,
)
from models.analytics.connectedness import METHODS
from models.universe import Universe

ROWS = (100, 150, 200, 250, 400, 500)
LAGS = (1, 2, 3, 4)
HORIZONS = (1, 5, 10, 20)
_CHOICES: dict[str, tuple[str, ...]] = {
    "nodes": ("layers", "names"),
    "of": ("returns", "volatility"),
    "lead": ("us", "asia"),
    "sample": ("window", "period"),
    "shocks": METHODS,
    "shrink": ("none", "auto"),
}
_NUMBERS: dict[str, tuple[int, ...]] = {"window": ROWS, "lags": LAGS, "horizon": HORIZONS}


@dataclass(frozen=True, slots=True)
class ConnectednessState(FlagState):
    """What the address says; ``names`` stand in place of the basket's layers, ``start`` begins the period."""

    basket: str = "all"
    nodes: str = "layers"
    names: tuple[str, ...] = ()
    of: str = "returns"
    lead: str = "us"
    shocks: str = "generalised"
    lags: int = 1
    horizon: int = 10
    window: int = 200
    shrink: str = "none"
    sample: str = "window"
    start: str = "5y"
    asof: str = ""

    @property
    def terms(self) -> Terms:
        """The question the controls ask."""
        who = Who(self.basket, self.nodes, self.names, self.of, self.lead)  # type: ignore[arg-type]
        return Terms(
            who,
            self.window,
            self.lags,
            self.horizon,
            self.shocks,  # type: ignore[arg-type]
            "auto" if self.shrink == "auto" else 0.0,
            self.start,
            self.sample,  # type: ignore[arg-type]
        )


def parse_connectedness(search: str | None, universe: Universe) -> tuple[ConnectednessState, list[str]]:
    """Read the controls; and a sentence for each parameter that was not used."""

    def value(name: str, text: str) -> Any:
        if name in FLAG_FIELDS:
            return flag_value(name, text, universe)
        if name in _CHOICES:
            return choice_of(text, _CHOICES[name])
        if name in _NUMBERS:
            return int(choice_of(text, tuple(map(str, _NUMBERS[name]))))
        if name == "basket":
            return universe.basket(text).id
        if name == "names":
            return names_of(text, universe)
        if name == "start":
            window_start(text, date(2026, 1, 1))
            return text
        if name == "asof":
            parse_asof(text)
            return text
        raise TypeError(name)

    return read_state(ConnectednessState(), search, value)

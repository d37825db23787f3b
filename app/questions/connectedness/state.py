"""The controls of the Connectedness view."""

from __future__ import annotations

from dataclasses import dataclass

from app.kinds.address import FlagState, one_of, read_state
from app.questions.connectedness.nodes import Who
from app.questions.connectedness.system import Terms
from models.analytics.connectedness import METHODS
from models.types import Instant
from models.universe import Universe

ROWS = (100, 150, 200, 250, 400, 500)
LAGS = (1, 2, 3, 4)
HORIZONS = (1, 5, 10, 20)
_OWN = {
    "nodes": one_of(("layers", "names")),
    "of": one_of(("returns", "volatility")),
    "lead": one_of(("us", "asia")),
    "sample": one_of(("window", "period")),
    "shocks": one_of(METHODS),
    "shrink": one_of(("none", "auto")),
    "window": one_of(ROWS),
    "lags": one_of(LAGS),
    "horizon": one_of(HORIZONS),
}


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


def parse_connectedness(
    search: str | None, universe: Universe, now: Instant | None = None
) -> tuple[ConnectednessState, list[str]]:
    """Read the controls; and a sentence for each parameter that was not used."""
    return read_state(ConnectednessState(), search, universe, _OWN, now)

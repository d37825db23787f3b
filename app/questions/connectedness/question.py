"""The question of connectedness: who passes shocks on to whom."""

from __future__ import annotations

from dataclasses import dataclass

from app.kinds.address import window_of
from app.kinds.answer import Answer
from app.kinds.parameters import Asked, choice, names, switch, whole, written
from app.kinds.question import Ground, Question
from app.questions.connectedness.nodes import Kind, Measure, Who
from app.questions.connectedness.system import Sample, Terms
from app.questions.connectedness.table import Show, sheet
from models.analytics.clock import Lead
from models.analytics.connectedness import Method
from models.analytics.shrinkage import Shrink


@dataclass(frozen=True, slots=True)
class ConnectednessParams(Asked):
    """What may be asked of connectedness."""

    nodes: Kind = choice("layers", "layers", "names", help="What the system is made of.")
    names: tuple[str, ...] = names(help="Its symbols, with commas; at most 20.")
    measure: Measure = choice(
        "returns", "returns", "volatility", help="What spills over.", key="of", option="measure"
    )
    lead: Lead = choice("us", "us", "asia", help="The side that closes first within a row.")
    shocks: Method = choice(
        "generalised", "generalised", "clock", "cholesky", help="How shocks are told apart."
    )
    window: int = whole(200, 0, 10_000, help="Rows of a window.")
    lags: int = whole(1, 0, 100, help="Lags of the vector autoregression.")
    horizon: int = whole(10, 0, 1000, help="Steps ahead of the forecast error variance.")
    shrink: bool = switch(help="Shrink towards no connection.", on="auto", off="none")
    sample: Sample = choice("window", "window", "period", help="The last window, or all rows.")
    start: str = written(
        help="Where the period begins: 1y, 3y, 5y, all or a date; 5y unless given.",
        read=lambda text, reading: window_of(text, reading.now),
        key="from",
        option="start",
    )
    show: Show = choice("nodes", "nodes", "pairs", "rolling", help="Members, pairs, or every window.")


def _ask(ground: Ground, params: ConnectednessParams) -> Answer:
    kind: Kind = "names" if params.names else params.nodes
    who = Who(params.basket, kind, params.names, params.measure, params.lead)
    shrink: Shrink = "auto" if params.shrink else 0.0
    start = params.start or "5y"
    sizes = params.window, params.lags, params.horizon
    terms = Terms(who, *sizes, params.shocks, shrink, start, params.sample)
    return sheet(ground.view, terms, ground.as_of, params.show)


CONNECTEDNESS = Question("connectedness", ConnectednessParams, ask=_ask)

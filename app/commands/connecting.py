"""The command of connectedness, which prints rows."""

from __future__ import annotations

from typing import NamedTuple

from app.commands.asking import answer, asked_of, chosen_of
from app.kinds.address import window_of
from app.kinds.answer import Sheet
from app.market.market import View
from app.questions.connectedness.nodes import Kind, Measure, Who
from app.questions.connectedness.system import Sample, Terms
from app.questions.connectedness.table import Show, sheet
from models.analytics.clock import Lead
from models.analytics.connectedness import Method
from models.analytics.shrinkage import Shrink


class System(NamedTuple):
    """Who stands in it: ``names`` as typed, empty for the basket's own."""

    nodes: Kind
    names: str
    measure: Measure
    lead: Lead


class Model(NamedTuple):
    """How it is estimated, as typed."""

    shocks: Method
    window: int
    lags: int
    horizon: int
    shrink: bool
    sample: Sample
    start: str


def connectedness(as_of: str | None, basket: str, system: System, model: Model, show: Show, form: str) -> int:
    """Print who gives and who takes, every pair, or every window."""
    then = asked_of(as_of)

    names, code = chosen_of(system.names)

    def ask(view: View) -> Sheet:
        start = window_of(model.start, view.moment)
        kind: Kind = "names" if names else system.nodes
        who = Who(view.universe.basket(basket).id, kind, names, system.measure, system.lead)
        shrink: Shrink = "auto" if model.shrink else 0.0
        terms = Terms(who, model.window, model.lags, model.horizon, model.shocks, shrink, start, model.sample)
        return sheet(view, terms, then, show)

    return max(code, answer(form, then, ask))

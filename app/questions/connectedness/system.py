"""The connectedness of a system: of its last window, of a period, and of every window in it."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Literal

import numpy as np

from app.kinds.address import window_start
from app.market.market import View
from app.questions.connectedness.nodes import Inputs, Node, Who, inputs, kind_of
from models.analytics.connectedness import HORIZON, LAGS, Connectedness, Method, connectedness
from models.analytics.network import Network, network
from models.analytics.rolling_connectedness import (
    WINDOW,
    RollingConnectedness,
    Status,
    rolling_connectedness,
)
from models.analytics.shrinkage import Shrink
from models.errors import MeasureSettingError, TooFewObservationsError
from models.types import Bools, Sessions, session64

Sample = Literal["window", "period"]


@dataclass(frozen=True, slots=True)
class Terms:
    """What is asked for beside who: the system's size, its shocks, and how far back."""

    who: Who = field(default_factory=Who)
    window: int = WINDOW
    lags: int = LAGS
    horizon: int = HORIZON
    method: Method = "generalised"
    shrink: Shrink = 0.0
    start: str = "5y"
    sample: Sample = "window"

    def __post_init__(self) -> None:
        if self.window < 2:
            raise MeasureSettingError("The window", self.window, "2 rows or more")


@dataclass(frozen=True, eq=False)
class Connected:
    """The numbers of one question, each worked out when it is asked for."""

    view: View
    terms: Terms

    @cached_property
    def inputs(self) -> Inputs:
        """The series in rows of the clock."""
        return inputs(self.view, self.terms.who)

    @property
    def dates(self) -> Sessions:
        """The date on which each row was complete."""
        return self.inputs.rows.dates

    @cached_property
    def first(self) -> int:
        """The first row of the period."""
        last = self.view.last_session
        start = None if last is None else window_start(self.terms.start, last)
        return 0 if start is None else int(np.searchsorted(self.dates, session64(start)))

    @property
    def base(self) -> int:
        """The first row that a window of the period needs."""
        return max(self.first - self.terms.window + 1, 0)

    @property
    def kind(self) -> str:
        """Layers or names."""
        return kind_of(self.view, self.terms.who)

    @cached_property
    def rolling(self) -> RollingConnectedness:
        """Every window of the period; its first row is ``base``."""
        terms = replace(self.terms, sample="window")

        def make() -> RollingConnectedness:
            return rolling_connectedness(
                self.inputs.x[self.base :],
                terms.window,
                terms.lags,
                terms.horizon,
                names=self.inputs.labels,
                method=terms.method,
                leading=self.inputs.leading,
                shrink=terms.shrink,
            )

        return self.view.remember(("rolling connectedness", terms), make)

    @cached_property
    def latest(self) -> Connectedness:
        """The last window."""
        return self._of(slice(-self.terms.window, None))

    @cached_property
    def period(self) -> Connectedness:
        """All rows of the period."""
        return self._of(slice(self.first, None))

    @property
    def result(self) -> Connectedness:
        """The sample that table and network show."""
        return self.latest if self.terms.sample == "window" else self.period

    @property
    def rows(self) -> Sessions:
        """The dates of that sample."""
        window = self.terms.sample == "window"
        return self.dates[-self.terms.window :] if window else self.dates[self.first :]

    @cached_property
    def nodes(self) -> tuple[Node, ...]:
        """The members that took part, in the order of the table."""
        known = {node.label: node for node in self.inputs.nodes}
        return tuple(known[name] for name in self.result.names)

    @cached_property
    def asia(self) -> Bools:
        """Which of them trade in Asia."""
        return np.array([node.side == "asia" for node in self.nodes], dtype=np.bool_)

    @cached_property
    def network(self) -> Network:
        """The links to draw."""
        return network(self.result)

    @property
    def left_out(self) -> tuple[tuple[str, str], ...]:
        """Who took no part in the sample, and why."""
        return (*self.inputs.left_out, *self.result.left_out)

    @cached_property
    def across(self) -> dict[str, tuple[float, float]] | None:
        """The mean share of a side's variance that came from the other's shocks, by kind of shock.

        As ``(US in Asia, Asia in US)``. Generalised shocks credit what both sides did in a row both
        ways; by the clock it is credited to the side that closed first. None for one side alone.
        """
        if self.asia.all() or not self.asia.any():
            return None
        whole = slice(-self.terms.window, None) if self.terms.sample == "window" else slice(self.first, None)
        found: dict[str, tuple[float, float]] = {}
        method: Method
        for method in ("generalised", "clock"):
            same = method == self.terms.method
            table = self.result.table if same else self._of(whole, method).table
            east, west = table[self.asia], table[~self.asia]
            found[method] = (
                float(east[:, ~self.asia].sum(axis=1).mean()),
                float(west[:, self.asia].sum(axis=1).mean()),
            )
        return found

    @cached_property
    def shown(self) -> np.ndarray:
        """Places in ``rolling`` of the windows of the period, from the first that is full."""
        status = self.rolling.status
        full = np.flatnonzero(status != Status.SHORT)
        return np.arange(max(int(full[0]), self.first - self.base) if len(full) else len(status), len(status))

    @property
    def days(self) -> Sessions:
        """The dates on which those windows end."""
        return self.dates[self.base :][self.shown]

    def _of(self, rows: slice, method: Method | None = None) -> Connectedness:
        terms = self.terms

        def make() -> Connectedness:
            x = self.inputs.x[rows]
            if not len(x):
                raise TooFewObservationsError("Connectedness", 0, terms.window, "take an earlier start")
            return connectedness(
                x,
                terms.lags,
                terms.horizon,
                names=self.inputs.labels,
                method=method or terms.method,
                leading=self.inputs.leading,
                shrink=terms.shrink,
            )

        key = (terms.who, terms.lags, terms.horizon, method or terms.method, terms.shrink, rows.start)
        return self.view.remember(("connectedness", key), make)


def connected(view: View, terms: Terms) -> Connected:
    """The numbers of a question, kept with the view."""
    return view.remember(("connected", terms), lambda: Connected(view, terms))

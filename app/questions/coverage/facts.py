"""What the Data page states: what is stored, what was asked, what was held, at one instant."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from functools import cached_property
from typing import Any

import pandas as pd

from app.kinds.address import DataState
from app.market.market import Market, View
from app.market.troubles import Troubles
from app.questions.coverage.alarms import NO_ALARMS, Alarms, alarms_of
from app.questions.coverage.bars import described, kept, no_coverage
from app.questions.coverage.exchanges import Group, groups_of
from app.questions.revisions import KnownThen, known_then
from models.errors import AftershockError, NoPricesError
from models.store import (
    HeldCase,
    Leader,
    Store,
    attempts,
    current_leader,
    held_case,
    latest_run,
    quarantined,
    revisions,
    run_items,
    runs,
)
from models.store.crosschecks import kept_findings
from models.store.reads import Attempt, RunProgress
from models.types import Instant
from models.universe import Universe

RUNS = 20


@dataclass(frozen=True, eq=False)
class Facts:
    """The page's numbers. ``view`` is None while no price is stored.

    ``log`` is empty and ``problem`` a sentence when the database cannot be read: the prices
    in memory still stand. Runs and held rows are always the real source's; while prices are
    simulated, coverage is of the simulated ones.
    """

    state: DataState
    now: Instant
    universe: Universe
    view: View | None
    groups: list[Group]
    coverage: pd.DataFrame
    runs: pd.DataFrame
    items: pd.DataFrame | None
    held: pd.DataFrame
    revised: pd.DataFrame | None
    latest: RunProgress | None
    troubles: Troubles
    problem: str | None
    notices: list[str]
    tick: timedelta
    case: HeldCase | None = None
    leader: Leader | None = None
    alarms: Alarms = NO_ALARMS
    doubted: pd.DataFrame | None = None
    known: KnownThen | None = None

    @property
    def simulated(self) -> bool:
        """Whether the prices on the pages are made up."""
        return self.view is not None and self.view.simulated

    @cached_property
    def exchanges(self) -> list[Group]:
        """The exchanges alone, without funds and currencies."""
        return [group for group in self.groups if group.exchange]

    def counts(self) -> dict[str, int]:
        """How many rows of the coverage table each choice of ``show`` keeps."""
        return {show: int(kept(self.coverage, show).sum()) for show in ("late", "missing", "suspect", "held")}


def facts_of(market: Market, state: DataState, notices: list[str]) -> Facts:
    """Read everything once; a database that is away leaves what is in memory."""
    now, view, problem = market.now(), None, None
    try:
        view = market.view()
    except NoPricesError:
        pass
    except AftershockError as error:
        problem = str(error)
    log: dict[str, Any] = {"coverage": no_coverage(), "runs": _none(), "held": _none()}
    try:
        log |= market.ask(lambda store: _log(store, market, view, state, notices))
    except AftershockError as error:
        problem = str(error)
    return Facts(
        state=state,
        now=now,
        universe=market.universe,
        view=view,
        groups=groups_of(market, view, now),
        coverage=log["coverage"],
        runs=log["runs"],
        items=log.get("items"),
        held=log["held"],
        revised=log.get("revised"),
        latest=log.get("latest"),
        troubles=market.troubles,
        problem=problem,
        notices=notices,
        tick=timedelta(minutes=market.settings.tick_minutes),
        case=log.get("case"),
        leader=log.get("leader"),
        alarms=log.get("alarms", NO_ALARMS),
        doubted=log.get("doubted"),
        known=log.get("known"),
    )


def _log(
    store: Store, market: Market, view: View | None, state: DataState, notices: list[str]
) -> dict[str, Any]:
    found: dict[str, Any] = {"runs": runs(store, RUNS), "held": quarantined(store)}
    tried = attempts(store)
    found["leader"] = current_leader(store)
    found["doubted"] = kept_findings(store)
    found["latest"] = latest_run(store)
    found["alarms"] = alarms_of(market, store, tried)
    found["coverage"] = _coverage(market, view, tried, (found["latest"], len(found["held"])))
    if state.symbol:
        found["revised"] = revisions(store, state.symbol)
        try:
            found["known"] = known_then(store, state.symbol, state.known, market)
        except NoPricesError as error:
            notices.append(f"Ignored known: {error}")
    if state.held:
        found["case"] = held_case(store, state.held)
        if found["case"] is None:
            notices.append(f"Ignored held: there is no held row {state.held} in this store.")
    if state.run:
        items = run_items(store, state.run)
        if items.empty and not (found["runs"].get("run", pd.Series()) == state.run).any():
            notices.append(f"Ignored run: there is no run {state.run} in this store.")
        else:
            found["items"] = items
    return found


def _coverage(market: Market, view: View | None, tried: dict[str, Attempt], key: Any) -> pd.DataFrame:
    if view is None:
        return no_coverage()
    return view.remember(("coverage", key), lambda: described(market, view, tried))


def _none() -> pd.DataFrame:
    return pd.DataFrame()

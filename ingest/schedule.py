"""The timer: every few minutes it starts the reconciler, and that is all it does.

APScheduler is used for its interval alone. Local-time cron loses days when clocks change;
a short tick in UTC and a reconciler that works from what is stored cannot.
"""

from __future__ import annotations

import logging
import os
import signal
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import Any

from apscheduler.events import EVENT_JOB_ERROR, EVENT_JOB_MAX_INSTANCES, EVENT_JOB_MISSED, JobExecutionEvent
from apscheduler.executors.pool import ThreadPoolExecutor
from apscheduler.schedulers.background import BackgroundScheduler

from ingest.catalogue import bring_catalogue
from ingest.fetching import Clock, Rules
from ingest.minutes import Minutes
from ingest.reconcile import run_once
from ingest.report import Progress, RunReport
from ingest.sources.base import Source
from models.errors import StoreError
from models.sessions import Calendars
from models.store import Lease, Store, stored_sessions, sync_instruments
from models.store.refusals import Refusals
from models.types import Instant
from models.universe import Universe

log = logging.getLogger(__name__)

TICK = timedelta(minutes=5)
FIRST_PATIENCE = timedelta(seconds=6)
"""How long the very first answer may take before the simulated prices are filled in."""
LOOK = 0.5
"""Seconds between two looks at who leads: with the lease's own times, a take-over within five seconds."""
AGAIN = 20.0
"""Seconds until a tick that the database refused is tried again."""
JOB = "reconcile"


def utc_now() -> Instant:
    """The instant now; every part below takes it as an argument."""
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class Simulation:
    """Where simulated prices go, in a store of their own, and what makes them.

    Both are made only when they are needed.
    """

    store: Callable[[], Store]
    source: Callable[[], Source]


class Ingester:
    """What a tick does: lead or idle, reconcile, and fall back to simulated prices while there is nothing.

    Parameters
    ----------
    store, source, universe, calendars
        Real prices, where they come from, and what is expected.
    simulation
        The fallback, None for none.
    minutes
        Names that have bars of five minutes too, asked for after the daily ones.
    rules
        How the source is asked.
    stop
        Set to end: the symbol under way is finished, nothing new is begun.
    refusals
        Where it is noted that the database takes no new price.
    """

    def __init__(
        self,
        store: Store,
        source: Source,
        universe: Universe,
        calendars: Calendars,
        *,
        clock: Clock = utc_now,
        simulation: Simulation | None = None,
        minutes: Sequence[str] = (),
        rules: Rules = Rules(),  # noqa: B008  frozen
        progress: Callable[[Progress], None] | None = None,
        stop: threading.Event | None = None,
        refusals: Refusals | None = None,
    ) -> None:
        self.store, self.source, self.universe, self.calendars = store, source, universe, calendars
        self.clock, self.rules, self.progress = clock, rules, progress
        self.stop = stop or threading.Event()
        self.lease = Lease(store)
        self._refusals = refusals or Refusals()
        self._minutes = Minutes(store, source, universe, calendars, minutes, clock=clock, wait=self.stop.wait)
        self._simulation = simulation
        self._simulated: tuple[Store, Source] | None = None
        self._limited_until: Instant | None = None
        self._ticks = 0
        self._idle = False
        self._refused_at: float | None = None

    def tick(self) -> RunReport | None:
        """Reconcile once; None when another process leads or the source wants to be left alone.

        Raises
        ------
        StoreError
            If the database refuses; what was stored stays, and ``keep_up`` says when to try again.
        """
        try:
            report = self._tick()
        except StoreError as error:
            self._refused_at = time.monotonic()
            self._refusals.tell(error, self.clock())
            raise
        self._refused_at = None
        if report is not None:
            self._refusals.clear()
        return report

    def _tick(self) -> RunReport | None:
        if self.stop.is_set() or not self._leads():
            return None
        if self._limited_until is not None and self.clock() < self._limited_until:
            log.info("The source is limiting us; next try at %s.", self._limited_until.isoformat())
            return None
        self.lease.busy = True
        try:
            return self._reconcile()
        finally:
            self.lease.busy = False

    def _reconcile(self) -> RunReport:
        if not self._ticks:
            self._refusals.reserve()
            sync_instruments(self.store, self.universe)
        empty = self._simulation is not None and self._is_empty()
        report = self._run(self.store, self.source, self._rules(empty=empty), retry=empty)
        self._ticks += 1
        self._limited_until = report.limited_until
        _say(report)
        if self._simulation is not None and not report.answered and self._is_empty():
            self._simulate(self._simulation)
        away = report.limited_until is not None or report.unreachable or report.skewed is not None
        if not away and not self.stop.is_set():
            self._limited_until = self._minutes.bring().limited_until
        return report

    def keep_up(self) -> bool:
        """Take the lead when it is free; whether a tick is due: for that, or for one that was refused."""
        if self.stop.is_set() or self.lease.busy:
            return False
        if self._refused_at is not None and time.monotonic() - self._refused_at >= AGAIN:
            self._refused_at = None
            return True
        if self.lease.leading:
            return False
        try:
            return self._leads()
        except StoreError as error:
            log.debug("the database cannot be asked who leads: %s", error)
            return False

    def close(self) -> None:
        """Release the lease and close the simulated store."""
        self.lease.release()
        if self._simulated is not None:
            self._simulated[0].close()

    def _leads(self) -> bool:
        leads = self.lease.take()
        if not leads and not self._idle:
            log.warning("Another process is ingesting into %s; this one idles.", self.store.url_shown)
        self._idle = not leads
        return leads

    def _rules(self, *, empty: bool) -> Rules:
        """The first run of an empty store is impatient: there are people waiting at an empty page."""
        if self._ticks or self.rules.patience is not None or not empty:
            return self.rules
        return replace(self.rules, patience=FIRST_PATIENCE)

    def _run(self, store: Store, source: Source, rules: Rules, *, retry: bool = False) -> RunReport:
        """``retry``: while no price is stored, no symbol waits out that the source was away."""
        return run_once(
            store,
            source,
            self.universe,
            self.calendars,
            clock=self.clock,
            retry=retry,
            progress=self.progress,
            rules=rules,
            wait=self.stop.wait,
            stopping=self.stop.is_set,
        )

    def _is_empty(self) -> bool:
        return not any(len(item.sessions) for item in stored_sessions(self.store).values())

    def _simulate(self, simulation: Simulation) -> None:
        if self._simulated is None:
            log.warning(
                "No real price can be had yet; simulated prices are filled in, in a store of their own."
            )
            self._simulated = simulation.store(), simulation.source()
            sync_instruments(self._simulated[0], self.universe)
            bring_catalogue(self._simulated[0], self.clock())
        self._run(*self._simulated, Rules(workers=1, attempts=1))


def run_forever(
    ingester: Ingester, *, every: timedelta = TICK, parent: int | None = None, signals: bool = True
) -> None:
    """Tick at once and then at an interval, until told to stop.

    Parameters
    ----------
    ingester
        What to do at each tick; its ``stop`` ends the loop from another thread.
    every
        Time between ticks. One that comes while the last is under way is left out.
    parent
        Process that this one serves: when it is gone, so is the reason to go on.
    signals
        Whether SIGTERM and SIGINT end the loop; they do so in a main thread only.
    """
    if signals and threading.current_thread() is threading.main_thread():
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda _number, _frame: ingester.stop.set())
    scheduler = make_scheduler(ingester.tick, every)
    scheduler.start()
    try:
        while not ingester.stop.wait(LOOK):
            if ingester.keep_up():
                scheduler.modify_job(JOB, next_run_time=datetime.now(UTC))
            if parent is not None and os.getppid() != parent:
                ingester.stop.set()
    finally:
        ingester.stop.set()
        scheduler.shutdown(wait=True)
        ingester.close()


def make_scheduler(tick: Callable[[], object], every: timedelta) -> BackgroundScheduler:
    """Return a scheduler with one job, not started: UTC, one run at a time, late rather than dropped."""
    logging.getLogger("apscheduler").setLevel(logging.CRITICAL)  # the listener says it, once and in our words
    scheduler = BackgroundScheduler(
        timezone=UTC,
        executors={"default": ThreadPoolExecutor(1)},
        job_defaults={"coalesce": True, "max_instances": 1, "misfire_grace_time": None},
    )
    scheduler.add_job(
        tick, "interval", id=JOB, seconds=every.total_seconds(), next_run_time=datetime.now(UTC)
    )
    scheduler.add_listener(_heard, EVENT_JOB_ERROR | EVENT_JOB_MISSED | EVENT_JOB_MAX_INSTANCES)
    return scheduler


def _heard(event: Any) -> None:
    if event.code == EVENT_JOB_MAX_INSTANCES:
        log.info("The run before is still under way; this tick is left out.")
    elif event.code == EVENT_JOB_MISSED:
        log.warning("A tick was missed; the next one does its work.")
    elif isinstance(event, JobExecutionEvent) and isinstance(event.exception, StoreError):
        log.error("%s Nothing was lost; the next tick tries again.", event.exception)
    else:
        log.error("A run failed: %r\n%s", event.exception, event.traceback)


def _say(report: RunReport) -> None:
    if report.unreachable:
        log.warning("The source cannot be reached.")
    elif report.skewed is not None:
        log.error("No price was taken: the source's clock is %s from ours; set the clock.", report.skewed)
    elif report.limited_until is not None:
        what = "is limiting us" if report.limited_for == "rate_limit" else "fails for name after name"
        log.warning("The source %s; next try at %s.", what, report.limited_until.isoformat())
    elif report.total:
        log.info(
            "Run %s %s: %d of %d answered, %d late, %d bars new, %d revised, %d held.",
            *(report.run_id, report.status, report.answered, report.total, len(report.late)),
            *(report.inserted, report.revised, report.held),
        )
    for symbol, (kind, detail) in islice(report.failures.items(), 1):
        log.warning("%d symbols failed, the first: %s, %s: %s", len(report.failures), symbol, kind, detail)

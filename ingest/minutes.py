"""Bars of five minutes for a few names: asked for seldom, after the daily bars, and never insisted upon."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import timedelta

import numpy as np

from ingest.fetching import Clock
from ingest.intraday import check_minutes, disagreeing, rescaled
from ingest.sources.base import FetchFailure, IntradayAnswer, IntradaySource
from models.reasons import REFUSALS
from models.sessions import Calendars
from models.store import (
    Store,
    finish_run,
    intraday,
    intraday_spans,
    record_failure,
    start_run,
    store_intraday,
    stored_actions,
    stored_bars,
)
from models.tickers import read_symbols
from models.types import Bars, Instant, instant64
from models.universe import Universe

log = logging.getLogger(__name__)

REACH = timedelta(days=59)
"""How far back the source has them: Yahoo refuses what began 60 days ago."""
EVERY = timedelta(minutes=15)
"""While an exchange is open a name is asked for no more often than this."""
DELAY = timedelta(minutes=20)
"""A session's last bars are there this long after its close."""
AGAIN = timedelta(hours=1)
"""How much of what is stored is asked for again: a late trade changes a bar."""
SPAN = timedelta(days=1)
"""What is read of the stored minutes before the first one asked for."""
HISTORY = timedelta(days=10 * 366)
"""How far back stored minutes follow a split that the daily closes have followed."""
LIMITED = timedelta(minutes=30)
"""How long the source is left alone when it limits us and does not say for how long."""
PAUSE = 0.4
"""Seconds between two requests."""


@dataclass(slots=True)
class MinutesReport:
    """What one round did."""

    asked: int = 0
    stored: int = 0
    failures: dict[str, str] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    limited_until: Instant | None = None


class Minutes:
    """Who is asked for bars of five minutes, and when.

    Parameters
    ----------
    source
        Where they come from; a source that has none makes every round an empty one.
    symbols
        The few names; those the universe does not know are left out.
    wait
        Waits some seconds, and says whether to stop.
    """

    def __init__(
        self,
        store: Store,
        source: object,
        universe: Universe,
        calendars: Calendars,
        symbols: Sequence[str],
        *,
        clock: Clock,
        wait: Callable[[float], bool],
    ) -> None:
        self.store, self.source, self.universe, self.calendars = store, source, universe, calendars
        self.symbols = read_symbols(",".join(symbols), universe).symbols
        self.clock, self.wait = clock, wait
        self._asked: dict[str, Instant] = {}
        self._refused: dict[str, str] = {}

    def due(self, now: Instant) -> list[str]:
        """The names that have something new: their exchange is open, or has closed since they were asked."""
        return [symbol for symbol in self.symbols if self._is_due(symbol, now)]

    def bring(self) -> MinutesReport:
        """Ask for what is due, one name after the other; end at once when the source limits us or is away."""
        report = MinutesReport()
        if not isinstance(self.source, IntradaySource):
            return report
        due = self.due(self.clock())
        spans = intraday_spans(self.store) if due else {}
        for symbol in due:
            now = self.clock()
            stored = spans.get(symbol)
            daily = stored_bars(self.store, symbol)
            since = max(now - REACH, stored[1] - AGAIN) if stored else now - REACH
            if stored and self._disagrees(symbol, daily, now - REACH, now):
                since = now - REACH
            self._asked[symbol] = now
            report.asked += 1
            try:
                answer = self.source.fetch_intraday(symbol, since, now=now)
            except FetchFailure as failure:
                log.info("No bars of five minutes for %s: %s", symbol, failure.detail)
                report.failures[symbol] = failure.detail
                if failure.kind in REFUSALS:
                    self._refuse(symbol, failure.kind, failure.detail, report)
                if failure.kind == "rate_limit":
                    report.limited_until = now + (failure.retry_after or LIMITED)
                if failure.kind == "rate_limit" or not failure.reached:
                    break
                continue
            report.stored += self._keep(answer, daily, since, report)
            if self.wait(PAUSE):
                break
        return report

    def _keep(self, answer: IntradayAnswer, daily: Bars, since: Instant, report: MinutesReport) -> int:
        """Store what the checks leave of an answer; a refused one is noted and what is stored stays."""
        symbol, now = answer.symbol, self.clock()
        item = self.universe[symbol]
        calendar = self.calendars[item.exchange.calendar]
        stored = intraday(self.store, [symbol], since - SPAN, now).get(symbol)
        actions = stored_actions(self.store, symbol)
        checked = check_minutes(answer, item, calendar, daily=daily, stored=stored, actions=actions)
        for note in checked.notes:
            log.warning("%s", note)
        report.notes += checked.notes
        if checked.rejected is not None:
            self._refuse(symbol, checked.rejected, checked.detail, report)
            return 0
        self._refused.pop(symbol, None)
        changed = 0
        if since <= now - REACH:
            # First, so that a run that ends here finds the newer ones disagreeing still and comes again.
            earlier = intraday(self.store, [symbol], since - HISTORY, since).get(symbol)
            if earlier is not None and disagreeing(earlier, calendar, daily):
                moved = rescaled(earlier, calendar, daily, actions)
                changed = store_intraday(self.store, symbol, moved, now) if moved is not None else 0
        return changed + store_intraday(self.store, symbol, checked.bars, now)

    def _disagrees(self, symbol: str, daily: Bars, since: Instant, until: Instant) -> bool:
        """Whether stored minutes do not lead to the stored closes, as after a split."""
        found = intraday(self.store, [symbol], since, until).get(symbol)
        calendar = self.calendars[self.universe[symbol].exchange.calendar]
        return found is not None and disagreeing(found, calendar, daily)

    def _refuse(self, symbol: str, code: str, detail: str, report: MinutesReport) -> None:
        """Note a refusal for the pages; the same one, round after round, once."""
        report.failures[symbol] = detail
        if self._refused.get(symbol) == code:
            return
        self._refused[symbol] = code
        log.warning("%s", detail)
        now, source = self.clock(), f"{getattr(self.source, 'name', 'source')}, five minutes"
        run = start_run(self.store, trigger="minutes", source=source, now=now, total=1)
        record_failure(
            self.store, run, symbol, failure=code, detail=detail, duration=0.0, now=now, source=source
        )
        # The daily prices did not fail.
        finish_run(self.store, run, status="partial", now=now)

    def _is_due(self, symbol: str, now: Instant) -> bool:
        calendar = self.calendars[self.universe[symbol].exchange.calendar]
        row = int(np.searchsorted(calendar.opens, instant64(now), side="right")) - 1
        if row < 0:
            return False
        asked = self._asked.get(symbol)
        if asked is None:
            return True
        over = calendar.closes[row] + np.timedelta64(DELAY)
        if instant64(now) < over:
            return now - asked >= EVERY
        return bool(instant64(asked) < over)

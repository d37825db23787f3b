"""Bars of five minutes for a few names: asked for seldom, after the daily bars, and never insisted upon."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import timedelta

import numpy as np

from ingest.fetching import Clock
from ingest.sources.base import FetchFailure, IntradaySource
from models.intraday import IntradayBars
from models.sessions import Calendars
from models.store import Store, intraday_spans, store_intraday
from models.tickers import read_symbols
from models.types import Instant, instant64
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
            since = max(now - REACH, stored[1] - AGAIN) if stored else now - REACH
            self._asked[symbol] = now
            report.asked += 1
            try:
                answer = self.source.fetch_intraday(symbol, since, now=now)
            except FetchFailure as failure:
                log.info("No bars of five minutes for %s: %s", symbol, failure.detail)
                report.failures[symbol] = failure.detail
                if failure.kind == "rate_limit":
                    report.limited_until = now + (failure.retry_after or LIMITED)
                if failure.kind == "rate_limit" or not failure.reached:
                    break
                continue
            report.stored += self._keep(symbol, answer.currency, answer.bars, now, report)
            if self.wait(PAUSE):
                break
        return report

    def _keep(
        self, symbol: str, currency: str | None, bars: IntradayBars, now: Instant, report: MinutesReport
    ) -> int:
        expected = self.universe[symbol].currency
        if currency is not None and currency != expected:
            report.failures[symbol] = f"Its prices are in {currency}, not in {expected}."
            return 0
        return store_intraday(self.store, symbol, bars, now)

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

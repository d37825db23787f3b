"""When a source is left alone, and when its clock says that ours is wrong."""

from __future__ import annotations

from datetime import timedelta

from ingest.fetching import Clock, Gate, Rules
from ingest.report import RunReport
from ingest.sources.base import Answer, FetchFailure
from models.limits import RATE_LIMITED
from models.store import Store, pause_source, resume_source


class Breaker:
    """Closed while the source answers; open, and kept in the store, when it limits us or fails in a row.

    After the pause the next run asks one symbol alone: its answer closes the breaker, its failure
    leaves the source alone for as long again.
    """

    def __init__(
        self, store: Store, source: str, gate: Gate, clock: Clock, report: RunReport, rules: Rules
    ) -> None:
        self._store, self._source, self._gate, self._clock = store, source, gate, clock
        self._report, self._rules = report, rules
        self.half_open = False
        """Whether the source is being left alone, and this run begins with a probe."""
        self._failing = 0

    def hear(self, failure: FetchFailure | None) -> None:
        """Take note of an answer (None) or a failure; stop the batch when the source is to be left alone."""
        if failure is None:
            self._failing = 0
            if self.half_open:
                resume_source(self._store, self._source)
                self.half_open = False
        elif failure.kind == "rate_limit":
            self._open("rate_limit", failure.retry_after)
        elif failure.kind == "transient":
            self._failing += 1
            if self.half_open or self._failing >= self._rules.broken:
                self._open("transient", failure.retry_after)

    def apart(self, answer: Answer) -> timedelta | None:
        """How far the source's clock is from ours, when that is too far to judge a session by."""
        if self._rules.skew is None or answer.served_at is None:
            return None
        apart = abs(answer.served_at - answer.fetched_at)
        return apart if apart > self._rules.skew else None

    def _open(self, reason: str, asked: timedelta | None) -> None:
        self._gate.close()
        now = self._clock()
        until = now + max(asked or RATE_LIMITED, RATE_LIMITED)
        if self._report.limited_until is None or until > self._report.limited_until:
            pause_source(self._store, self._source, reason=reason, until=until, now=now)
            self._report.limited_until, self._report.limited_for = until, reason

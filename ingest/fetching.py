"""Asking a source for many symbols: attempts, threads, and when to leave it alone."""

from __future__ import annotations

import logging
import random
from collections import deque
from collections.abc import Callable, Generator, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from concurrent.futures import TimeoutError as NoAnswerYet
from dataclasses import dataclass
from datetime import timedelta
from itertools import islice
from time import perf_counter

from ingest.planning import Ask
from ingest.sources.base import Answer, FetchFailure, Source
from models.limits import BROKEN, CLOCK_SKEW
from models.types import Instant

log = logging.getLogger(__name__)

Clock = Callable[[], Instant]
Wait = Callable[[float], object]
BACK_OFF = (1.0, 4.0)
"""Seconds before the second and the third attempt, times a draw from 0.5 to 1.5."""
STEP = 0.1


@dataclass(frozen=True, slots=True)
class Rules:
    """How a source is asked.

    ``workers`` fetch at a time; ``attempts`` is the most that a passing failure is tried;
    ``patience`` is how long the first answer of a run may take before the source counts
    as out of reach (None waits for its own time-outs); ``unreached`` is how many symbols
    in a row without any reply say the same; ``broken`` is how many failures in passing stop
    the batch. ``skew`` is how far the source's clock may be from ours (None: a clock that was
    stopped on purpose).
    """

    workers: int = 3
    attempts: int = 3
    patience: timedelta | None = None
    unreached: int = 4
    broken: int = BROKEN
    skew: timedelta | None = CLOCK_SKEW


@dataclass(frozen=True, slots=True)
class Fetched:
    """What came of asking one symbol: an answer or a failure, and the seconds it took.

    Neither, when the gate had closed before its turn came.
    """

    ask: Ask
    answer: Answer | None
    failure: FetchFailure | None
    seconds: float


class Gate:
    """Open until someone closes it; nothing new is asked afterwards.

    ``leaving`` says that even what is under way need not be waited for.
    """

    def __init__(self, leaving: Callable[[], bool] = lambda: False) -> None:
        self.open = True
        self._leaving = leaving

    @property
    def left(self) -> bool:
        return self._leaving()

    def close(self) -> None:
        self.open = False


class Fetcher:
    """Asks a source for one symbol at a time, trying again what passes; safe in threads."""

    def __init__(
        self, source: Source, gate: Gate, clock: Clock, wait: Wait, rules: Rules, *, hasty: bool
    ) -> None:
        self.source = source
        self._gate = gate
        self._clock, self._wait, self._rules = clock, wait, rules
        self._draw = random.Random()
        self._hasty = hasty
        """Whether a source that nothing answers for is not tried twice: a first run has a fallback."""

    def __call__(self, ask: Ask) -> Fetched:
        if not self._gate.open:
            return Fetched(ask, None, None, 0.0)
        began = perf_counter()
        failure: FetchFailure | None = None
        for attempt in range(self._rules.attempts):
            if attempt:
                self._wait(BACK_OFF[min(attempt, len(BACK_OFF)) - 1] * (0.5 + self._draw.random()))
            try:
                answer = self.source.fetch(ask.symbol, ask.start, None, now=self._clock())
            except FetchFailure as caught:
                failure = caught
            except Exception:  # a fault of the source's own must not stop the other symbols
                log.exception("asking %s for %s failed", self.source.name, ask.symbol)
                what = "The source's answer could not be read; the log says why."
                failure = FetchFailure("malformed", what, symbol=ask.symbol)
            else:
                self._hasty = False
                return Fetched(ask, answer, None, perf_counter() - began)
            if failure.kind != "transient" or not self._gate.open or (self._hasty and not failure.reached):
                break
        if failure is not None and failure.kind == "rate_limit":
            self._gate.close()  # here, so that no other thread asks once more
        return Fetched(ask, None, failure, perf_counter() - began)


def fetched_in_order(
    asks: Sequence[Ask], fetch: Fetcher, rules: Rules, gate: Gate, *, probe: bool
) -> Generator[Fetched, None, None]:
    """Yield what came of each ask in their order, while the next ones are being fetched.

    With ``probe`` the first is asked alone. When the gate closes, what is under way is
    still yielded and nothing new is asked.

    Raises
    ------
    concurrent.futures.TimeoutError
        If the first answer takes longer than the rules' patience, or someone left.
    """
    rest = iter(asks)
    if rules.workers <= 1 and rules.patience is None:
        yield from (fetch(ask) for ask in rest if gate.open)
        return
    pool = ThreadPoolExecutor(rules.workers, thread_name_prefix="fetch")
    waiting: deque[Future[Fetched]] = deque()
    patience = rules.patience.total_seconds() if rules.patience else None
    try:
        _submit(pool, fetch, rest, waiting, 1 if probe else rules.workers)
        while waiting:
            fetched = _result(waiting.popleft(), patience, gate)
            patience = None
            if gate.open and not (probe and fetched.failure):
                _submit(pool, fetch, rest, waiting, rules.workers - len(waiting))
            probe = False
            if fetched.answer is not None or fetched.failure is not None:
                yield fetched
    finally:
        pool.shutdown(wait=False, cancel_futures=True)


def _result(future: Future[Fetched], patience: float | None, gate: Gate) -> Fetched:
    """Wait for an answer in short steps, so that a stop need not wait for a slow source."""
    waited = 0.0
    while True:
        try:
            return future.result(timeout=STEP)
        except NoAnswerYet:
            waited += STEP
            if gate.left or (patience is not None and waited >= patience):
                raise


def _submit(
    pool: ThreadPoolExecutor, fetch: Fetcher, rest: Iterator[Ask], waiting: deque[Future[Fetched]], count: int
) -> None:
    waiting.extend(pool.submit(fetch, ask) for ask in islice(rest, max(count, 0)))


__all__ = ["Fetched", "Fetcher", "Gate", "NoAnswerYet", "Rules", "fetched_in_order"]

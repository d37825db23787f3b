"""The protocol of a price source, and what its answers and failures carry.

An answer holds the rows as received: nulls, negatives, doubles and all. Nothing is
dropped, mended or judged here; that is the work of the checks, which can only give a
reason for what they can see.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Literal, Protocol, get_args, runtime_checkable

import numpy as np

from models.intraday import IntradayBars
from models.types import Action, Bars, Instant, Session, Sessions, utc

FailureKind = Literal[
    "rate_limit",
    "transient",
    "malformed",
    "not_found",
    "wrong_symbol",
    "wrong_currency",
    "wrong_timezone",
    "not_daily",
    "disagrees",
    "adjusted_only",
]
FAILURE_KINDS: tuple[FailureKind, ...] = get_args(FailureKind)


@dataclass(frozen=True, slots=True)
class Live:
    """The source's own word on the latest session it knows.

    ``opens`` and ``closes`` bound that session, ``last_trade`` is the instant of the
    last price it has seen. The bar of ``session`` may still move until ``closes``.
    """

    session: Session
    opens: Instant
    closes: Instant
    last_trade: Instant | None = None

    def running(self, now: Instant) -> bool:
        """Whether the session has begun and not ended."""
        return self.opens <= utc(now) < self.closes


@dataclass(frozen=True, slots=True, eq=False)
class Answer:
    """What a source said about one symbol, before any check.

    Attributes
    ----------
    symbol
        The symbol asked for.
    bars
        Rows in the order received, shape (n,). Two rows may share a session (a live
        row beside the day's own), sessions may go backwards, any field may be NaN, and
        ``close`` and ``adj_close`` may both be. ``final`` is False only where the
        source itself says that the session is still running; the calendar has the
        last word.
    actions
        Splits, dividends and capital gains in the span asked for.
    currency, timezone, received_symbol
        As the source gave them, None where it gave nothing.
    fetched_at
        When the answer came.
    source
        Name of the source, as stored with each bar.
    stamps
        Instant of each row, UTC, ``datetime64[s]`` of shape (n,); NaT from a source
        that knows sessions only.
    live
        The latest session by the source's own clock, None where it has none.
    start, end
        The span asked for, inclusive; None is unbounded.
    simulated
        Whether the prices were made up.
    requests
        How many requests the answer took.
    notes
        What a person should know about this answer, in sentences.
    served_at
        The source's own clock when it answered, None where it sent none: two clocks far
        apart make every judgement of a running session wrong.
    granularity
        The time a row covers as the source gave it, ``1d`` for a day; None where it gave none.
    """

    symbol: str
    bars: Bars
    currency: str | None
    timezone: str | None
    received_symbol: str | None
    fetched_at: Instant
    source: str
    stamps: Sessions
    actions: tuple[Action, ...] = ()
    live: Live | None = None
    start: Session | None = None
    end: Session | None = None
    simulated: bool = False
    requests: int = 0
    notes: tuple[str, ...] = ()
    served_at: Instant | None = None
    granularity: str | None = None

    def __len__(self) -> int:
        return len(self.bars)

    @property
    def whole(self) -> bool:
        """Whether the whole history was asked for."""
        return self.start is None


@dataclass(frozen=True, slots=True, eq=False)
class IntradayAnswer:
    """Bars of five minutes of one symbol as a source has them: whole ones, none that is still under way."""

    symbol: str
    bars: IntradayBars
    currency: str | None
    received_symbol: str | None
    requests: int = 0
    timezone: str | None = None
    granularity: str | None = None


@runtime_checkable
class IntradaySource(Protocol):
    """A source that has bars of five minutes too, of the last weeks."""

    def fetch_intraday(self, symbol: str, since: Instant, *, now: Instant) -> IntradayAnswer:
        """Return the bars of a symbol that begin from an instant on and are over.

        Raises
        ------
        FetchFailure
            If there is no answer, with the kind of failure.
        """
        ...


class FetchFailure(Exception):
    """Why a source gave no answer for a symbol.

    Attributes
    ----------
    kind
        ``rate_limit`` the source refuses more requests: stop the batch, not the symbol.
        ``transient`` it was not reached or answered with an error that passes.
        ``malformed`` it answered something that is not a price answer.
        ``not_found`` it said in so many words that it has no such symbol.
        ``wrong_symbol``, ``wrong_currency``, ``wrong_timezone`` it answered for another.
        ``not_daily``, ``disagrees``, ``adjusted_only`` what it holds would damage a daily history.
    detail
        One sentence for a person.
    retry_after
        How long the source asked to be left alone, None if it did not say.
    symbol
        The symbol asked for.
    reached
        False when nothing answered at all: no name, no connection, no reply in time.
    """

    def __init__(
        self,
        kind: FailureKind,
        detail: str,
        *,
        retry_after: timedelta | None = None,
        symbol: str | None = None,
        reached: bool = True,
    ) -> None:
        if kind not in FAILURE_KINDS:
            raise ValueError(f"unknown kind of failure {kind!r}; known are {', '.join(FAILURE_KINDS)}")
        super().__init__(f"{kind}: {detail}")
        self.kind = kind
        self.detail = detail
        self.retry_after = retry_after
        self.symbol = symbol
        self.reached = reached


@runtime_checkable
class Source(Protocol):
    """A place prices come from.

    ``name`` is stored with each bar; ``simulated`` prices never enter a store of real
    ones. A source may be asked from several threads.
    """

    name: str
    simulated: bool

    def fetch(
        self, symbol: str, start: Session | None = None, end: Session | None = None, *, now: Instant
    ) -> Answer:
        """Return the rows of a symbol from ``start`` to ``end``, both inclusive.

        Without ``start`` the whole history is asked for. ``now`` is the instant of
        asking; rows after it are passed on like any other, for a check to hold.

        Raises
        ------
        FetchFailure
            If there is no answer, with the kind of failure.
        """
        ...


def no_stamps(count: int) -> Sessions:
    """Return the stamps of a source that knows sessions only: NaT, shape (count,)."""
    return np.full(count, np.datetime64("NaT", "s"))


def empty_bars(symbol: str) -> Bars:
    """Return bars without a row."""
    return Bars.of(symbol, np.empty(0, dtype="datetime64[D]"))

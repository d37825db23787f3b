"""Which symbols to ask now, and from which session on; pure.

Level-triggered: what is asked follows from what is stored, never from what ran before. A
session that has closed and is not stored as final is missing. It is asked for again, at
growing intervals, until the exchange has opened once more; an answer that came after
that and still lacks it has confirmed the gap, and the gap is left alone but for a second
look once a week when the symbol is asked anyway. What another source answered or refused
counts for nothing: the prices of a folder say nothing about what Yahoo has.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from types import MappingProxyType

import numpy as np

from models.limits import LATE_OPEN, OVERLAP, RATE_LIMITED
from models.reasons import RELEASABLE
from models.sessions import FIRST_SESSION, Calendar, Calendars
from models.store import Attempt, Released, StoredSessions
from models.types import Bools, Instant, Session, Sessions, instant64, session64
from models.universe import Instrument, Universe

SHORTEST, LONGEST = timedelta(minutes=10), timedelta(hours=1)
"""Bounds of the wait before a late or failing symbol is asked again."""
OUTAGE = timedelta(minutes=15)
SILENT = 20
"""A symbol without a bar for this many sessions is asked once a session."""
SECOND_LOOK = 60
"""Sessions back that are read again once a week, gaps and all."""


@dataclass(frozen=True, slots=True)
class Ask:
    """One symbol to be asked, from a session on to now; ``whole`` asks all that there is."""

    symbol: str
    start: Session
    whole: bool


@dataclass(frozen=True, slots=True)
class Plan:
    """What to ask now, and the symbols that lack something but whose next try is not due yet."""

    asks: list[Ask]
    waiting: tuple[str, ...] = ()


def plan(
    universe: Universe,
    calendars: Calendars,
    stored: Mapping[str, StoredSessions],
    tried: Mapping[str, Attempt],
    *,
    now: Instant,
    grace: timedelta,
    symbols: Collection[str] | None = None,
    since: Session | None = None,
    released: Mapping[str, Sequence[Released]] = MappingProxyType({}),
    retry: bool = False,
    force: bool = False,
) -> Plan:
    """Return what to ask, indices first, then the names of the baskets, then the rest.

    Parameters
    ----------
    stored, tried
        What the store has and when it last asked this source, by symbol; a symbol not in
        them is new.
    now, grace
        Sessions closed for ``grace`` by now are expected.
    symbols
        Only these; all by default.
    since
        Ask every symbol from this session on, whatever is stored.
    released
        Rows that a person released, by symbol: their sessions are asked for once more.
    retry
        Ask for what failed in passing without waiting out the interval.
    force
        Ask for every symbol, whatever is stored and whatever came of the last try.
    """
    asks, waiting = [], []
    for item in _in_order(universe.instruments, symbols):
        calendar = calendars[item.exchange.calendar]
        last = calendar.last_closed(now, grace)
        start = max(item.start or FIRST_SESSION, FIRST_SESSION)
        if last is None or last < start:
            continue
        if since is not None:
            asks.append(Ask(item.symbol, max(start, since), since <= start))
            continue
        known, attempt = stored.get(item.symbol), tried.get(item.symbol)
        wanted = _wanted(known, released.get(item.symbol, ()))
        ask = _ask(item, calendar, start, last, known, now, grace, wanted=wanted, force=force)
        if ask is None:
            continue
        if force or _due(item, calendar, last, known, attempt, now, grace, retry=retry):
            asks.append(ask)
        else:
            waiting.append(item.symbol)
    return Plan(asks, tuple(waiting))


def limited_until(tried: Mapping[str, Attempt]) -> Instant | None:
    """Until when the source wants to be left alone, by the store's own record; None if it never said so."""
    limited = [attempt.at for attempt in tried.values() if attempt.failure == "rate_limit"]
    return max(limited) + RATE_LIMITED if limited else None


def _in_order(instruments: Iterable[Instrument], symbols: Collection[str] | None) -> list[Instrument]:
    chosen = [item for item in instruments if symbols is None or item.symbol in symbols]
    return sorted(chosen, key=lambda item: 0 if item.kind == "index" else 1 if item.in_baskets else 2)


def _ask(
    item: Instrument,
    calendar: Calendar,
    start: Session,
    last: Session,
    known: StoredSessions | None,
    now: Instant,
    grace: timedelta,
    *,
    wanted: list[Session],
    force: bool,
) -> Ask | None:
    """What to ask of one symbol, None when nothing is missing that could still come."""
    if known is None or not len(known.sessions):
        return Ask(item.symbol, start, whole=True)
    missing, open_ = _missing(item, calendar, last, known, grace)
    if not (open_.any() or wanted or force):
        return None
    first = min([known.sessions[-OVERLAP:][0], *missing[open_][:1], *map(session64, wanted)])
    if known.seen_at is not None and _week(known.seen_at) != _week(now):
        # Once a week the last quarter is read again: what was missing may be there, what was revised shows.
        first = min(first, max(calendar.between(start, last)[-SECOND_LOOK:][0], known.sessions[0]))
    return Ask(item.symbol, first.item(), whole=False)


def _wanted(known: StoredSessions | None, released: Sequence[Released]) -> list[Session]:
    """Sessions of released rows that are not stored, and that the source was not asked for since."""
    if known is None:
        return []
    since = [item for item in released if known.seen_at is None or item.at >= known.seen_at]
    days = {item.held.session for item in since if item.held.reason in RELEASABLE}
    return sorted(day for day in days if day is not None and not (known.sessions == session64(day)).any())


def _missing(
    item: Instrument, calendar: Calendar, last: Session, known: StoredSessions, grace: timedelta
) -> tuple[Sessions, Bools]:
    """Expected sessions that are not stored as final, and which of them may still come; both (n,)."""
    expected = calendar.between(known.sessions[0].item(), min(last, item.end or date.max))
    missing = expected[~np.isin(expected, known.sessions[known.final])]
    if known.seen_at is None or not len(missing):
        return missing, np.ones(len(missing), dtype=np.bool_)
    rows = np.searchsorted(calendar.sessions, missing)
    if len(calendar.between(known.sessions[-1].item(), last)) > SILENT:
        given_up = calendar.closes[rows] + np.timedelta64(grace)
    else:
        following = np.minimum(rows + 1, len(calendar.sessions) - 1)
        opens = calendar.opens[following]
        # The last session that the calendar knows has no next opening: it is asked for for three days.
        opens[rows + 1 == len(calendar.sessions)] += np.timedelta64(3, "D")
        given_up = opens + np.timedelta64(LATE_OPEN)
    return missing, np.asarray(instant64(known.seen_at) < given_up)


def _due(
    item: Instrument,
    calendar: Calendar,
    last: Session,
    known: StoredSessions | None,
    attempt: Attempt | None,
    now: Instant,
    grace: timedelta,
    *,
    retry: bool,
) -> bool:
    """Whether the wait since the last attempt is over; it doubles, between its bounds."""
    if attempt is None:
        return True
    newest = last if item.end is None else min(last, item.end)
    closed = calendar.close_of(newest) + grace if calendar.is_session(newest) else None
    if attempt.failure is not None:
        return now >= attempt.at + _pause(attempt, closed, retry=retry)
    if known is None or known.seen_at is None or closed is None:
        return True
    if known.seen_at < closed:
        return True
    return now >= known.seen_at + min(max(known.seen_at - closed, SHORTEST), LONGEST)


def _pause(attempt: Attempt, closed: Instant | None, *, retry: bool) -> timedelta:
    """How long a symbol that failed is left alone, given when the last session was to be had."""
    if attempt.failure == "rate_limit":
        return timedelta(0)  # the whole batch waits then, not the symbol
    doubling = SHORTEST * 2 ** min(attempt.consecutive_failures - 1, 8)
    if attempt.failure in ("transient", "clock_skew"):
        # an outage is no fault of the symbol: once it is over, all should come soon
        return timedelta(0) if retry else min(doubling, OUTAGE)
    if attempt.failure != "not_found":
        return min(doubling, LONGEST)
    # a name that is not there is hardly there an hour later: past the first tries, once a session
    return timedelta(0) if closed is not None and attempt.at < closed else doubling


def _week(instant: datetime) -> tuple[int, int]:
    year, week, _ = instant.isocalendar()
    return year, week


def lacks(calendar: Calendar, item: Instrument, sessions: Sessions, now: Instant, grace: timedelta) -> bool:
    """Whether the last expected session is not among the final ones given, shape (n,)."""
    last = calendar.last_closed(now, grace)
    if last is None or (item.end is not None and last > item.end):
        return False
    return not bool((sessions == session64(last)).any())

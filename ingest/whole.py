"""An answer as a whole: whether it is about the instrument, its days and what is stored; pure.

No row is looked at before this: each of another company's prices is a fair price, and only beside
what is stored do they say that they are none of ours.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ingest.basis import UNSHARED, Agreement, unshared_sessions
from ingest.sources.base import Answer
from models.sessions import Calendar
from models.types import Bars, Bools, Sessions, session64
from models.universe import Instrument

_SPACINGS = {"a week apart": (3, 7), "a month apart": (14, 26), "a quarter apart": (50, 70)}
"""Sessions between two rows, holidays among them; one of a daily answer is 1."""
EVENLY = 0.8
LACKING = 0.6
"""Share of the stored sessions in its span from which an answer that lacks them is none of days."""
LEAST_SPANNED = 4
LOOK_BACK = np.timedelta64(100, "D")
_OTHER_BASIS = (
    "{0}: the answer is on another basis or in another currency ({1}); the stored history stays. {2}"
)
_TAKE_OVER = (
    "If the change is right, take it over: aftershock backfill --since 2015-01-01 --symbol {0} --accept."
)
_LOOK_AT_FILE = (
    "Look at the file: its currency, its splits, whose prices it holds. If it is right, take it over: "
    "aftershock import FOLDER --symbol {0} --accept."
)
_OTHER_COMPANY = (
    "{0}: the answer shares no session with what is stored and begins {1:,} weekdays later; it may be "
    "another company's, so the stored history stays. If it is the same, or its place is to be taken: "
    "aftershock backfill --since 2015-01-01 --symbol {0} --accept."
)
_FOREIGN = "The whole answer for {} is a hundred times what is stored, or a hundredth of it."
_SAME_DATES = {"XCBO": ("America/Chicago",)}
"""Zones other than the exchange's own that a source may name, and that never change a date."""


def gives_instants(answer: Answer) -> bool:
    """Whether the source says when: one that knows sessions only is a folder of files."""
    return bool(len(answer.stamps)) and not bool(np.isnat(answer.stamps).all())


def zones_of(instrument: Instrument) -> tuple[str, ...]:
    """Return the time zones that a source may name for an instrument, the exchange's own first."""
    return (instrument.exchange.timezone, *_SAME_DATES.get(instrument.exchange.mic, ()))


def refusal(answer: Answer, bars: Bars, instrument: Instrument, calendar: Calendar) -> tuple[str, str] | None:
    """Why the answer as a whole is not about the days of this instrument, or None.

    A source that knows sessions only (a folder of files) has no currency and no zone to
    name; one that gives instants must name both.
    """
    instants = gives_instants(answer)
    if instants and answer.received_symbol is None:
        return "wrong_symbol", f"Asked for {instrument.symbol}, the answer names no symbol."
    if answer.received_symbol is not None and answer.received_symbol.upper() != instrument.symbol.upper():
        return "wrong_symbol", f"Asked for {instrument.symbol}, the answer is for {answer.received_symbol}."
    named = answer.currency is not None or instants
    if named and answer.currency != instrument.currency:
        said = answer.currency or "no currency"
        return "wrong_currency", f"{instrument.symbol} is in {instrument.currency}, the answer says {said}."
    zones = zones_of(instrument)
    named = answer.timezone is not None or instants
    if named and answer.timezone not in zones:
        said = answer.timezone or "no time zone"
        return "wrong_timezone", f"{instrument.symbol} trades in {zones[0]}, the answer says {said}."
    if answer.granularity not in (None, "1d"):
        detail = f"{instrument.symbol}: a row covers {answer.granularity}, not a day."
        return "wrong_granularity", detail
    if (apart := _not_daily(bars, calendar)) is not None:
        return "wrong_granularity", f"{instrument.symbol}: the rows are {apart}: these are no daily prices."
    if (shifted := _shifted(bars.sessions, calendar, least=5 if instants else 2)) is not None:
        return "wrong_dates", f"The rows for {instrument.symbol} stand {shifted}."
    return None


def _not_daily(bars: Bars, calendar: Calendar) -> str | None:
    """How far apart the rows stand when they are not those of days, None when they may be.

    A share that is seldom traded, or a history with holes, has rows far apart, but not as evenly as
    weeks and months are; and a row that came twice is no row of another hour.
    """
    usable = ~np.isnat(bars.sessions)
    days, closes = bars.sessions[usable], bars.close[usable]
    if len(days) < 3:
        return None
    pairs = np.unique(np.rec.fromarrays([days.astype(np.int64), np.nan_to_num(closes)]))
    unique, counts = np.unique(pairs["f0"], return_counts=True)
    if np.median(counts) >= 3:
        return "several a day"
    steps = np.diff(np.searchsorted(calendar.sessions, unique.astype("datetime64[D]")))
    for words, (low, high) in _SPACINGS.items():
        if len(steps) >= 2 and ((steps >= low) & (steps <= high)).mean() >= EVENLY:
            return words
    return None


def _lacking(answer: Answer, stored: Bars) -> str | None:
    """How many stored sessions an answer passes over, when that is most of those that it spans.

    The span begins where it was asked to, if the source says when; a file may begin anywhere.
    """
    days = answer.bars.sessions[~np.isnat(answer.bars.sessions)]
    if not len(days):
        return None
    last = days.max()
    first = days.min()
    if gives_instants(answer) and answer.start is not None:
        first = max(session64(answer.start), last - LOOK_BACK)
    final = stored.sessions[stored.final]
    spanned = final[(final >= first) & (final <= last)]
    lacking = int((~np.isin(spanned, days)).sum())
    if len(spanned) < LEAST_SPANNED or lacking <= LACKING * len(spanned):
        return None
    return f"it passes over {lacking:,} of {len(spanned):,} sessions that are stored"


def _shifted(sessions: Sessions, calendar: Calendar, *, least: int) -> str | None:
    """How all days stand beside their weekdays when they are off by one, None when they are not.

    A Saturday or Sunday on which the exchange traded is none. A source that says when each row was has its
    own days, so it takes more of them.
    """
    days = sessions[(sessions >= calendar.sessions[0]) & (sessions <= calendar.sessions[-1])]
    off = ~calendar.among(days)
    weekdays = (days.astype(np.int64) + 3) % 7  # 1970-01-01 was a Thursday
    counts = np.bincount(weekdays, minlength=7)
    counts[5:] = np.bincount(weekdays[off], minlength=7)[5:]
    if len(days) < least:
        return None
    if counts[6] and not counts[4]:
        return "a day early, as after a conversion to UTC: Mondays on Sundays, and no Friday"
    if counts[5] and not counts[0]:
        return "a day late, as days counted from 1904: Fridays on Saturdays, and no Monday"
    return None


def disagreement(
    answer: Answer, fresh: Bars, stored: Bars | None, agreed: Agreement, instrument: Instrument
) -> tuple[str, str] | None:
    """Why the answer cannot be about what is stored, with its code, or None."""
    symbol = instrument.symbol
    advice = (_TAKE_OVER if gives_instants(answer) else _LOOK_AT_FILE).format(symbol)
    if agreed.refusal is not None:
        units = np.log([100.0] if instrument.kind in ("equity", "etf") else [10.0, 100.0, 1000.0])
        if agreed.shared and not agreed.agreeing and bool((abs(units - abs(agreed.middle)) < 0.05).any()):
            return "scale_100", _FOREIGN.format(symbol)
        return "wrong_basis", _OTHER_BASIS.format(symbol, agreed.refusal, advice)
    between = unshared_sessions(fresh, stored)
    if gives_instants(answer) and between > UNSHARED:
        return "wrong_security", _OTHER_COMPANY.format(symbol, between)
    if stored is not None and (lacking := _lacking(answer, stored)) is not None:
        return "wrong_granularity", f"{symbol}: {lacking}: these are no daily prices."
    if stored is not None and not agreed.moved:
        gone = int(close_gone(fresh, stored).sum())
        if gone > max(3, len(fresh) // 2):
            why = f"{gone:,} of its rows lack a close where one is stored"
            return "wrong_basis", _OTHER_BASIS.format(symbol, why, advice)
    return None


def stored_rows(bars: Bars, stored: Bars) -> tuple[NDArray[np.intp], Bools]:
    """The stored row beside each row, and whether there is a final one; both (n,)."""
    at = np.minimum(np.searchsorted(stored.sessions, bars.sessions), len(stored) - 1)
    return at, (stored.sessions[at] == bars.sessions) & stored.final[at]


def close_gone(bars: Bars, stored: Bars | None) -> Bools:
    """Rows without a close where a final one is stored, shape (n,): a null is no revision."""
    if stored is None or not len(stored) or not len(bars):
        return np.zeros(len(bars), dtype=np.bool_)
    at, final = stored_rows(bars, stored)
    return final & np.isnan(bars.close) & ~np.isnan(stored.close[at])

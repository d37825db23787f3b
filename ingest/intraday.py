"""Bars of five minutes, judged beside what is stored: the days' closes and the minutes before them; pure.

A minute bar of another company, in another currency or on another basis is a fair price by itself.
What it must be is a way to a close that is stored: so an answer stands on the basis of the daily
closes of its sessions, and says again what is stored of the same minutes, or it is refused whole.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ingest.basis import AGREEING, SAME, UNSHARED_STEP, ratio_words
from ingest.sources.base import IntradayAnswer
from ingest.whole import zones_of
from models.intraday import IntradayBars
from models.limits import CLOSE_ROUNDING, PRICE_RANGE, VOLUME_MOST
from models.sessions import Calendar
from models.types import Action, Bars, Bools, Floats, session64
from models.universe import Instrument

AUCTION = 0.03
"""Log distance of a session's last bar from its close: the closing auction lies between the two."""
BESIDE = 0.015
"""How far a bar may stand outside the range of its day, as a fraction."""
STEADY = 4
"""Sessions from which a distance that they have in common is no auction."""
LEAPT = float(np.log(2.0))
"""A step between two sessions, or a distance from the middle of one, that no price is believed for."""
_FIELDS = ("open", "high", "low", "close")


@dataclass(frozen=True, slots=True, eq=False)
class CheckedMinutes:
    """What the checks made of an answer of minutes.

    ``bars`` may be stored; ``rejected`` and ``detail`` are the code and the sentence of an answer that is
    refused whole; ``notes`` say which bars were left out.
    """

    bars: IntradayBars
    rejected: str | None = None
    detail: str = ""
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class _Days:
    """The session of each bar, by its place in the calendar, and the daily bar beside it, -1 without one."""

    places: NDArray[np.intp]
    daily: NDArray[np.intp]


def check_minutes(
    answer: IntradayAnswer,
    instrument: Instrument,
    calendar: Calendar,
    *,
    daily: Bars | None = None,
    stored: IntradayBars | None = None,
    actions: Sequence[Action] = (),
) -> CheckedMinutes:
    """Judge an answer of bars of five minutes: what it says of itself, bar by bar, and as a whole.

    Parameters
    ----------
    answer
        Bars as received, in any order.
    instrument, calendar
        Whose bars they should be, and its exchange's sessions.
    daily
        The stored daily bars; only final ones with a close are witnesses.
    stored
        The stored bars of the same minutes, ordered.
    actions
        The stored corporate actions: they name what lies between the answer and the days.
    """
    symbol = instrument.symbol
    if (refused := _refusal(answer, instrument)) is not None:
        return _refused(answer, *refused)
    order = np.argsort(answer.bars.at, kind="stable")
    bars = answer.bars.take(order)
    total = len(bars)
    sound, notes = _sound(bars, calendar, total)
    bars = bars.take(sound)
    days = days_of(bars, calendar, daily)
    ratios = close_ratios(bars, days, daily)
    if (why := _apart_from_days(ratios, actions)) is not None:
        return _refused(answer, "wrong_basis", _sentence(symbol, why))
    if len(bars) and not len(ratios) and (why := _leap(bars, days, calendar, daily, actions)) is not None:
        return _refused(answer, "wrong_basis", _sentence(symbol, why))
    if stored is not None and (why := _apart_from_minutes(bars, stored)) is not None:
        before = close_ratios(stored, days_of(stored, calendar, daily), daily)
        # Of two that differ, those that lead to the stored closes are right.
        if not len(ratios) or _apart_from_days(before, ()) is None:
            return _refused(answer, "wrong_basis", _sentence(symbol, why))
    near = _near_days(bars, days, daily) & _near_middle(bars, days)
    if not near.all():
        notes.append(f"{int((~near).sum()):,} of {total:,} bars left out: no price of their day")
    return CheckedMinutes(bars.take(near), notes=tuple(f"{symbol}, {note}." for note in notes))


def disagreeing(stored: IntradayBars, calendar: Calendar, daily: Bars | None) -> bool:
    """Return whether stored bars do not lead to their days' stored closes, and have to be asked anew."""
    return _apart_from_days(close_ratios(stored, days_of(stored, calendar, daily), daily), ()) is not None


def rescaled(
    stored: IntradayBars, calendar: Calendar, daily: Bars, actions: Sequence[Action]
) -> IntradayBars | None:
    """Return stored bars on the basis of the stored closes, where one split lies between; None without it.

    The source has them no more, so they follow the split that the days' closes have followed.
    """
    days = days_of(stored, calendar, daily)
    for act in sorted(actions, key=lambda act: act.session, reverse=True):
        before = calendar.sessions[days.places] < session64(act.session)
        if act.kind != "split" or act.value <= 0 or not before.any():
            continue
        rows = stored.take(np.flatnonzero(before))
        ratios = close_ratios(rows, days_of(rows, calendar, daily), daily)
        for factor in (1 / act.value, act.value):
            if len(ratios) and (np.abs(ratios + np.log(factor)) <= AUCTION).mean() >= AGREEING:
                prices = {name: getattr(rows, name) * factor for name in _FIELDS}
                return IntradayBars(rows.at, volume=rows.volume / factor, **prices)
    return None


def _refused(answer: IntradayAnswer, code: str, detail: str) -> CheckedMinutes:
    return CheckedMinutes(answer.bars.take(np.zeros(len(answer.bars), dtype=np.bool_)), code, detail)


def _sentence(symbol: str, why: str) -> str:
    return f"{symbol}, bars of five minutes: {why}; those that are stored stay."


def _refusal(answer: IntradayAnswer, item: Instrument) -> tuple[str, str] | None:
    said = answer.received_symbol
    if said is None or said.upper() != item.symbol.upper():
        detail = (
            f"asked for {item.symbol}, the answer is for {said}" if said else "the answer names no symbol"
        )
        return "wrong_symbol", _sentence(item.symbol, detail)
    if answer.currency != item.currency:
        named = f"its prices are in {answer.currency}" if answer.currency else "it names no currency"
        return "wrong_currency", _sentence(item.symbol, f"{named}, not in {item.currency}")
    if answer.timezone is not None and answer.timezone not in zones_of(item):
        return "wrong_timezone", _sentence(item.symbol, f"the answer's time zone is {answer.timezone}")
    if answer.granularity not in (None, "5m"):
        return "wrong_granularity", _sentence(item.symbol, f"a row covers {answer.granularity}")
    return None


def _sound(bars: IntradayBars, calendar: Calendar, total: int) -> tuple[Bools, list[str]]:
    """The bars that can be prices of a session by what they say themselves, and what the others are."""
    prices = np.array([getattr(bars, name) for name in _FIELDS])
    least, most = PRICE_RANGE
    # A comparison with NaN is false: a bar that lacks a price is incomplete, not absurd.
    absurd = (
        ((prices < least) | (prices > most)).any(axis=0) | (bars.volume < 0) | (bars.volume > VOLUME_MOST)
    )
    lacking = np.isnan(prices).any(axis=0)
    slack = 1 + CLOSE_ROUNDING
    ends = np.fmax(bars.open, bars.close) > bars.high * slack
    ends |= np.fmin(bars.open, bars.close) * slack < bars.low
    opened = np.searchsorted(calendar.opens, bars.at, side="right") - 1
    outside = (opened < 0) | (bars.at > calendar.closes[np.maximum(opened, 0)])
    found = {
        "outside the sessions": outside,
        "beyond any price or volume there is": absurd,
        "without open, high, low or close": lacking,
        "with a close or an open outside high and low": ends,
        "twice with other values": _contradictory(bars),
    }
    sound, notes = np.ones(len(bars), dtype=np.bool_), []
    for words, wrong in found.items():
        if (count := int((wrong & sound).sum())) > 0:
            notes.append(f"{count:,} of {total:,} bars left out: {words}")
        sound &= ~wrong
    return sound, notes


def _contradictory(bars: IntradayBars) -> Bools:
    wrong = np.zeros(len(bars), dtype=np.bool_)
    again = np.flatnonzero(bars.at[1:] == bars.at[:-1]) if len(bars) > 1 else np.zeros(0, dtype=np.intp)
    for row in again:
        values = [getattr(bars, name)[row : row + 2] for name in (*_FIELDS, "volume")]
        if not all(np.array_equal(pair[:1], pair[1:], equal_nan=True) for pair in values):
            wrong |= bars.at == bars.at[row]
    return wrong


def days_of(bars: IntradayBars, calendar: Calendar, daily: Bars | None) -> _Days:
    """Return the session of each bar and the final daily bar of it."""
    places = np.maximum(np.searchsorted(calendar.opens, bars.at, side="right") - 1, 0)
    beside = np.full(len(bars), -1, dtype=np.intp)
    if daily is not None and len(daily):
        days = calendar.sessions[places]
        at = np.minimum(np.searchsorted(daily.sessions, days), len(daily) - 1)
        known = (daily.sessions[at] == days) & daily.final[at] & np.isfinite(daily.close[at])
        beside = np.where(known, at, -1)
    return _Days(places, beside)


def close_ratios(bars: IntradayBars, days: _Days, daily: Bars | None) -> Floats:
    """Return the log distance of each session's last bar from its daily close, session by session."""
    if daily is None or not len(bars):
        return np.empty(0)
    last = np.append(days.places[1:] != days.places[:-1], True) & (days.daily >= 0)
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.asarray(np.log(bars.close[last]) - np.log(daily.close[days.daily[last]]))


def _apart_from_days(ratios: Floats, actions: Sequence[Action]) -> str | None:
    """Why bars do not lead to the stored closes, None when they do or there is none to lead to."""
    count = len(ratios)
    if not count:
        return None
    middle = float(np.median(ratios))
    agree = int((np.abs(ratios) <= AUCTION).sum())
    if agree >= AGREEING * count and (count < STEADY or abs(middle) <= SAME):
        return None
    constant = bool((np.abs(ratios - middle) <= AUCTION).mean() >= AGREEING)
    for act in actions:
        if act.kind == "split" and constant and abs(abs(middle) - abs(float(np.log(act.value)))) <= AUCTION:
            told = f"the {ratio_words(act.value)} split of {act.session}"
            return f"{told} is in them or in the stored closes, not in both"
    lead = f"{agree:,} of {count:,}" if agree else f"none of {count:,}"
    if agree >= AGREEING * count:
        return f"they end {abs(np.expm1(middle)):.1%} from the stored closes, session after session"
    return f"{lead} sessions end at the stored close: another company, currency or basis"


def _leap(
    bars: IntradayBars, days: _Days, calendar: Calendar, daily: Bars | None, actions: Sequence[Action]
) -> str | None:
    """Why bars of days without a stored close do not go on from the last one before, None when they may."""
    if daily is None:
        return None
    first = calendar.sessions[days.places[0]]
    earlier = np.flatnonzero((daily.sessions < first) & daily.final & np.isfinite(daily.close))
    if not len(earlier):
        return None
    last = earlier[-1]
    if any(daily.sessions[last] < session64(act.session) <= first for act in actions if act.kind == "split"):
        return None
    step = abs(float(np.log(bars.open[0]) - np.log(daily.close[last])))
    between = int((first - daily.sessions[last]).astype(np.int64)) * 5 / 7
    if step <= max(LEAPT, UNSHARED_STEP * np.sqrt(between)):
        return None
    return f"{bars.open[0]:g} does not go on from the stored close {daily.close[last]:g}"


def _apart_from_minutes(bars: IntradayBars, stored: IntradayBars) -> str | None:
    """Why bars do not say again what is stored of the same minutes, None when they do."""
    if not len(stored) or not len(bars):
        return None
    at = np.minimum(np.searchsorted(stored.at, bars.at), len(stored) - 1)
    shared = stored.at[at] == bars.at
    if not shared.any():
        return None
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = np.log(bars.close[shared]) - np.log(stored.close[at[shared]])
    agree = int((np.abs(ratio) <= SAME).sum())
    if agree >= (1 if len(ratio) <= 2 else AGREEING * len(ratio)):
        return None
    return f"{agree:,} of {len(ratio):,} say again what is stored of the same minutes"


def _near_days(bars: IntradayBars, days: _Days, daily: Bars | None) -> Bools:
    """Bars within the range of their day, where that is stored; shape (n,)."""
    if daily is None or not len(daily):
        return np.ones(len(bars), dtype=np.bool_)
    known = days.daily >= 0
    high, low = daily.high[days.daily], daily.low[days.daily]
    return ~known | ~((bars.close > high * (1 + BESIDE)) | (bars.close < low / (1 + BESIDE)))


def _near_middle(bars: IntradayBars, days: _Days) -> Bools:
    """Bars within a factor of two of the middle of their session; shape (n,)."""
    near = np.ones(len(bars), dtype=np.bool_)
    for place in np.unique(days.places):
        rows = days.places == place
        near[rows] = np.abs(np.log(bars.close[rows] / np.median(bars.close[rows]))) <= LEAPT
    return near


__all__ = ["CheckedMinutes", "check_minutes", "disagreeing", "rescaled"]

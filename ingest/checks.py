"""Every bar passes, or is held with a reason code; nothing is mended and nothing is dropped.

Pure: an answer and what is known already go in, kept bars and held rows come out. A
selloff is never a reason: the rules look at what a row says about itself, at its calendar
and, for breaks in the price level, at everything around the step (`ingest.jumps`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from ingest.jumps import Setting, displaced_rows, factor_levels, price_levels
from ingest.reasons import held_row
from ingest.sources.base import Answer, empty_bars
from ingest.verdict import Verdict
from models.limits import CLOSE_ROUNDING, CLOSE_ROUNDING_FX, FIELD_UNIT, INDEX_MOVED
from models.sessions import GRACE, Calendar
from models.types import (
    BAR_FIELDS,
    PRICE_FIELDS,
    Bars,
    Bools,
    Flag,
    Floats,
    HeldRow,
    Instant,
    Sessions,
    instant64,
    session64,
)
from models.universe import Instrument

CONTEXT = 60
"""Stored rows before the first one of an answer that serve as its past."""

_FOREIGN = "The whole answer for {} is a hundred times what is stored, or a hundredth of it."
_LEVEL_REASONS = ("scale_100", "split_jump", "spike")
_SAME_DATES = {"XCBO": ("America/Chicago",)}
"""Zones other than the exchange's own that a source may name, and that never change a date."""


@dataclass(frozen=True, slots=True, eq=False)
class Checked:
    """What the checks made of an answer.

    Attributes
    ----------
    bars
        Rows that passed, ordered by session, values as received.
    held
        Rows that did not, each with reason, sentence and the row as received.
    rejected, detail
        Reason code and sentence when the answer as a whole is refused; no row is then
        kept or held.
    repeats
        Rows that only said again what another row of the answer said.
    """

    bars: Bars
    held: tuple[HeldRow, ...] = ()
    rejected: str | None = None
    detail: str = ""
    repeats: int = 0


def check(
    answer: Answer,
    instrument: Instrument,
    calendar: Calendar,
    *,
    now: Instant,
    previous: Bars | None = None,
    index: Bars | None = None,
    released: Sequence[HeldRow] = (),
    grace: timedelta = GRACE,
) -> Checked:
    """Judge an answer row by row.

    Parameters
    ----------
    answer
        Rows as received, in any order, any field NaN.
    instrument, calendar
        Whose rows they should be, and its exchange's sessions.
    now
        Instant of judging, UTC: decides what is future and what is provisional.
    previous
        Bars of the symbol that are stored already, ordered; they give the first rows a
        past and say which of two price levels is the right one.
    index
        The exchange's index, for closes that stand still and for crashes that look like
        a split. Without it neither rule has that witness.
    released
        Rows of the symbol that a person released: they pass the rule they were held by, and
        the step into them and out of them is taken for a market move.
    grace
        After the close, before a bar is final.

    Returns
    -------
    Checked
        len(answer) == len(bars) + len(held) + repeats unless the answer is refused.
    """
    if (refusal := _refusal(answer, instrument)) is not None:
        return Checked(empty_bars(answer.symbol), rejected=refusal[0], detail=refusal[1])
    bars = _ordered(answer.bars)
    if _day_early(bars.sessions):
        detail = f"The rows for {instrument.symbol} stand a day early, as after a conversion to UTC."
        return Checked(empty_bars(answer.symbol), rejected="wrong_dates", detail=detail)
    verdict = Verdict(bars, released)
    places = _check_sessions(bars, instrument, calendar, now, verdict)
    _check_values(bars, instrument.kind, verdict)
    repeats = _check_doubles(bars, verdict)
    alive = np.flatnonzero(verdict.passed & ~repeats)
    fresh = bars.take(alive)
    agrees, foreign = _agreement(fresh, previous, instrument.kind)
    if foreign:
        return Checked(
            empty_bars(answer.symbol), rejected="scale_100", detail=_FOREIGN.format(instrument.symbol)
        )
    # a history on another basis is no past for these rows
    past = _past(previous, fresh.sessions) if agrees is None or agrees.any() else empty_bars("")
    joined = _join(past, fresh)
    moves = index_moves(joined.sessions, index if index is None or index.symbol != bars.symbol else None)
    anchor = _anchor(len(past), agrees, len(fresh))
    setting = Setting(
        instrument.kind,
        instrument.exchange.mic,
        np.searchsorted(calendar.sessions, joined.sessions).astype(np.int64),
        moves,
        answer.actions,
        _settled(past, released, verdict.spared(*_LEVEL_REASONS)[alive]),
    )
    doubtful = _check_levels(joined, len(past), alive, setting, anchor, verdict)
    keep = np.flatnonzero(verdict.passed & ~repeats)
    kept = bars.take(keep)
    flags = kept.flags | _flags(joined, instrument.kind, moves, len(past), alive, keep, doubtful)
    final = kept.final & calendar.closed_by(kept.sessions, now, grace)
    codes = verdict.codes
    held = tuple(held_row(bars, int(row), int(codes[row]), places) for row in np.flatnonzero(codes))
    return Checked(replace(kept, flags=flags, final=final), held, repeats=int(repeats.sum()))


def index_moves(sessions: Sessions, index: Bars | None) -> Floats:
    """Log return of an index over the same pair of sessions as each row; NaN where it has not both.

    Parameters
    ----------
    sessions
        Ordered sessions of the symbol, shape (n,).
    index
        Bars of the index, or None.

    Returns
    -------
    Floats
        Shape (n,); the first is NaN.
    """
    moves = np.full(len(sessions), np.nan)
    if index is None or len(index) == 0 or len(sessions) < 2:
        return moves
    rows = np.minimum(np.searchsorted(index.sessions, sessions), len(index) - 1)
    level = np.where(index.sessions[rows] == sessions, index.close[rows], np.nan)
    with np.errstate(invalid="ignore", divide="ignore"):
        moves[1:] = np.diff(np.log(level))
    return np.where(np.isfinite(moves), moves, np.nan)


def _refusal(answer: Answer, instrument: Instrument) -> tuple[str, str] | None:
    """Why the answer as a whole is not about this instrument, or None.

    A source that knows sessions only (a folder of files) has no currency and no zone to
    name; one that gives instants must name both.
    """
    if answer.received_symbol is not None and answer.received_symbol.upper() != instrument.symbol.upper():
        return "wrong_symbol", f"Asked for {instrument.symbol}, the answer is for {answer.received_symbol}."
    instants = bool(len(answer.stamps)) and not bool(np.isnat(answer.stamps).all())
    named = answer.currency is not None or instants
    if named and answer.currency != instrument.currency:
        said = answer.currency or "no currency"
        return "wrong_currency", f"{instrument.symbol} is in {instrument.currency}, the answer says {said}."
    zones = (instrument.exchange.timezone, *_SAME_DATES.get(instrument.exchange.mic, ()))
    named = answer.timezone is not None or instants
    if named and answer.timezone not in zones:
        said = answer.timezone or "no time zone"
        return "wrong_timezone", f"{instrument.symbol} trades in {zones[0]}, the answer says {said}."
    return None


def _day_early(sessions: Sessions) -> bool:
    """Whether Mondays stand on Sundays and no Friday is left: a UTC date taken for a session."""
    weekdays = (sessions[~np.isnat(sessions)].astype(np.int64) + 3) % 7  # 1970-01-01 was a Thursday
    return len(weekdays) >= 5 and bool((weekdays == 6).any()) and not bool((weekdays == 4).any())


def _ordered(bars: Bars) -> Bars:
    if len(bars) < 2 or bool((bars.sessions[1:] >= bars.sessions[:-1]).all()):
        return bars
    return bars.take(np.argsort(bars.sessions, kind="stable"))


def _check_sessions(
    bars: Bars, instrument: Instrument, calendar: Calendar, now: Instant, verdict: Verdict
) -> Sessions:
    """Judge each row's date; returns the opening instants, NaT without a session."""
    days = bars.sessions
    known = calendar.among(days)
    rows = np.minimum(np.searchsorted(calendar.sessions, days), len(calendar.sessions) - 1)
    opens = np.where(known, calendar.opens[rows], np.datetime64("NaT", "s"))
    today = session64(now.astimezone(ZoneInfo(calendar.timezone)).date())
    verdict.hold(np.isnat(days), "no_session")
    verdict.hold((days > today) | (opens > instant64(now)), "future")
    start = session64(instrument.start or date.min)
    end = session64(instrument.end or date.max)
    verdict.hold((days < start) | (days > end), "other_security")
    verdict.hold(days < calendar.sessions[0], "before_calendar")
    verdict.hold(~known, "not_a_session")
    return np.asarray(opens)


def _check_values(bars: Bars, kind: str, verdict: Verdict) -> None:
    """Judge what a row says about itself. NaN fails no comparison: what is not given is not wrong."""
    verdict.hold(np.isnan(bars.close) & np.isnan(bars.adj_close), "null")
    verdict.hold(np.logical_or.reduce([np.isinf(getattr(bars, name)) for name in BAR_FIELDS]), "not_finite")
    verdict.hold(np.logical_or.reduce([getattr(bars, name) <= 0 for name in PRICE_FIELDS]), "not_positive")
    verdict.hold(bars.volume < 0, "negative_volume")
    verdict.hold(_field_in_other_unit(bars), "scale_100")
    verdict.hold(bars.high < bars.low * (1 - 1e-9), "high_below_low")
    slack = CLOSE_ROUNDING_FX if kind == "fx" else CLOSE_ROUNDING
    verdict.hold(outside(bars.close, bars) > slack, "close_outside_bar")
    verdict.hold(outside(bars.open, bars) > slack, "open_outside_bar")


def _field_in_other_unit(bars: Bars) -> Bools:
    """Whether one price of a row is a hundred times another; shape (n,)."""
    low, high = FIELD_UNIT
    wrong = np.zeros(len(bars), dtype=np.bool_)
    with np.errstate(invalid="ignore", divide="ignore", over="ignore"):
        for name in ("open", "high", "low"):
            ratio = getattr(bars, name) / bars.close
            apart = np.maximum(ratio, 1 / ratio)
            wrong |= (apart >= low) & (apart <= high)
    return wrong


def outside(price: Floats, bars: Bars) -> Floats:
    """How far a price stands outside [low, high], as a fraction of the bound; NaN where unknown."""
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.asarray(np.fmax(price / bars.high - 1, 1 - price / bars.low))


def _check_doubles(bars: Bars, verdict: Verdict) -> Bools:
    """Hold rows that contradict each other; returns which rows only repeat an earlier one.

    A faulty row beside a good one of the same session has been named already, so the
    good one stays.
    """
    repeats = np.zeros(len(bars), dtype=np.bool_)
    if len(bars) < 2 or not bool((bars.sessions[1:] == bars.sessions[:-1]).any()):
        return repeats
    alive = np.flatnonzero(verdict.passed)
    _, starts, counts = np.unique(bars.sessions[alive], return_index=True, return_counts=True)
    for first, count in zip(starts[counts > 1], counts[counts > 1], strict=True):
        rows = alive[first : first + count]
        if _all_equal(bars, rows):
            repeats[rows[1:]] = True
        else:
            verdict.contradict(rows)
    return repeats


def _all_equal(bars: Bars, rows: NDArray[np.int64]) -> bool:
    columns = [getattr(bars, name)[rows] for name in BAR_FIELDS]
    return all(np.array_equal(values, np.repeat(values[:1], len(rows)), equal_nan=True) for values in columns)


def _past(previous: Bars | None, sessions: Sessions) -> Bars:
    """The stored rows just before the first row of the answer."""
    if previous is None or len(previous) == 0 or len(sessions) == 0:
        return empty_bars("")
    stop = int(np.searchsorted(previous.sessions, sessions[0]))
    return previous.take(slice(max(0, stop - CONTEXT), stop))


def _settled(past: Bars, released: Sequence[HeldRow], fresh: Bools) -> Bools:
    """Rows, stored ones first, whose level a person has confirmed; ``fresh`` says it of the answer's."""
    days = [row.session for row in released if row.reason in _LEVEL_REASONS and row.session is not None]
    return np.concatenate([np.isin(past.sessions, np.array(days, dtype="datetime64[D]")), fresh])


def _join(past: Bars, bars: Bars) -> Bars:
    if len(past) == 0:
        return bars
    columns = {
        name: np.concatenate([getattr(past, name), getattr(bars, name)])
        for name in (*BAR_FIELDS, "final", "flags")
    }
    return Bars(bars.symbol, np.concatenate([past.sessions, bars.sessions]), **columns)


def _check_levels(
    joined: Bars,
    past: int,
    alive: NDArray[np.intp],
    setting: Setting,
    anchor: Bools,
    verdict: Verdict,
) -> Bools:
    """Hold the rows that stand on another price level; returns which moves stay doubtful, shape of joined."""
    doubtful = np.zeros(len(joined), dtype=np.bool_)
    for levels in (price_levels(joined, setting), factor_levels(joined, setting)):
        off = displaced_rows(levels, anchor)[past:]
        doubtful[list(levels.doubtful)] = True
        for row in np.flatnonzero(off):
            verdict.hold_row(int(alive[row]), levels.kinds[float(levels.offsets[past + row])])
    return doubtful


def _agreement(fresh: Bars, previous: Bars | None, kind: str) -> tuple[Bools | None, bool]:
    """Which rows say what is stored for their session, and whether all are in another unit.

    None when no session is shared. No agreement at all means another basis: the history
    has been re-based, and only the rows themselves can tell which of them are right.
    """
    if previous is None or len(previous) == 0 or len(fresh) == 0:
        return None, False
    rows = np.minimum(np.searchsorted(previous.sessions, fresh.sessions), len(previous) - 1)
    stored = np.where(previous.sessions[rows] == fresh.sessions, previous.close[rows], np.nan)
    apart = np.abs(np.log(fresh.close / stored))
    shared = ~np.isnan(apart)
    if not shared.any():
        return None, False
    agrees = shared & (apart < 0.05)
    units = np.log([100.0] if kind in ("equity", "etf") else [10.0, 100.0, 1000.0])
    foreign = not agrees.any() and bool((np.abs(units - np.median(apart[shared])) < 0.05).any())
    return agrees, foreign


def _anchor(past: int, agrees: Bools | None, count: int) -> Bools:
    """Rows whose price level is known to be right, shape (past + count,)."""
    anchor = np.zeros(past + count, dtype=np.bool_)
    if agrees is not None and agrees.any():
        anchor[past:] = agrees
    elif past:
        anchor[past - 1] = True
    return anchor


def _flags(
    joined: Bars,
    kind: str,
    moves: Floats,
    past: int,
    alive: NDArray[np.intp],
    keep: NDArray[np.intp],
    doubtful: Bools,
) -> NDArray[np.uint16]:
    """Why kept rows are suspect; shape (kept,). Judged against the row before, held or not."""
    repeated = np.zeros(len(joined), dtype=np.bool_)
    repeated[1:] = joined.close[1:] == joined.close[:-1]
    flags = np.where(outside(joined.close, joined) > 1e-6, int(Flag.CLOSE_OUTSIDE_BAR), 0)
    flags |= np.where(doubtful, int(Flag.JUMP_UNCONFIRMED), 0)
    if kind in ("equity", "etf"):
        moved = np.abs(np.nan_to_num(moves)) >= INDEX_MOVED
        flags |= np.where(repeated & (joined.volume > 0) & moved, int(Flag.STALE_CLOSE), 0)
    if kind != "fx":
        flags |= np.where(repeated & (joined.volume == 0), int(Flag.ZERO_VOLUME_REPEAT), 0)
    return flags[past + np.searchsorted(alive, keep)].astype(np.uint16)

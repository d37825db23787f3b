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

from ingest.actions import sound_actions, withdrawal_words
from ingest.basis import Agreement, agreement, shift
from ingest.bounds import beyond_limits
from ingest.jumps import Setting, SplitBasis, displaced_rows, factor_levels, price_levels
from ingest.reasons import held_row
from ingest.sources.base import Answer, empty_bars
from ingest.verdict import Verdict
from ingest.whole import close_gone, disagreement, gives_instants, refusal, stored_rows
from models.limits import (
    CLOSE_ROUNDING,
    CLOSE_ROUNDING_FX,
    FIELD_UNIT,
    INDEX_MOVED,
    PRICE_RANGE,
    VOLUME_MOST,
)
from models.sessions import GRACE, Calendar
from models.types import (
    BAR_FIELDS,
    PRICE_FIELDS,
    Action,
    Bars,
    Bools,
    Flag,
    Floats,
    HeldRow,
    Instant,
    Session,
    Sessions,
    instant64,
    session64,
)
from models.universe import Instrument

CONTEXT = 60
"""Stored rows before the first one of an answer that serve as its past."""

_LEVEL_REASONS = ("scale_100", "split_jump", "spike", "beyond_limit")


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
    actions
        The corporate actions that can be true.
    notes
        Sentences about what was left out of the answer beside rows.
    rebased
        Why the whole history has to be taken anew, in a word or two: its prices are adjusted for an
        action that the stored ones are not adjusted for. None when the rows stand beside them.
    """

    bars: Bars
    held: tuple[HeldRow, ...] = ()
    rejected: str | None = None
    detail: str = ""
    repeats: int = 0
    actions: tuple[Action, ...] = ()
    notes: tuple[str, ...] = ()
    rebased: str | None = None


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
    known: Sequence[Action] = (),
    withdrawn: Sequence[Action] = (),
    accepted: bool = False,
) -> Checked:
    """Judge an answer: as a whole, then row by row.

    Whatever gives prices passes here, a network's answer and a file alike. The answer as a whole is
    refused when it says that it is about something else, when its rows are not those of days, or
    when they do not agree with what is stored (`ingest.basis.agreement`): then no row of it is
    looked at, and what is stored stays.

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
    known
        Corporate actions of the symbol that are stored already.
    withdrawn
        Those of them that the source reports no more: they explain a history that is as it was before
        them, and nothing else.
    accepted
        A person has said that the answer is right although it does not agree with what is stored: it
        is judged by itself, as a first one.

    Returns
    -------
    Checked
        len(answer) == len(bars) + len(held) + repeats unless the answer is refused.
    """
    actions, notes = sound_actions(answer.actions, answer.bars, previous)
    notes = (*answer.notes, *notes, *map(withdrawal_words, withdrawn))
    known = tuple(action for action in known if action not in withdrawn)
    bars = _ordered(answer.bars)
    if (refused := refusal(answer, bars, instrument, calendar)) is not None:
        return _refused(answer, *refused, notes)
    verdict = Verdict(bars, released)
    places = _check_sessions(bars, instrument, calendar, now, verdict)
    _check_values(bars, instrument.kind, verdict)
    repeats = _check_doubles(bars, verdict)
    stored = None if accepted else previous
    alive = np.flatnonzero(verdict.passed & ~repeats)
    agreed = agreement(bars.take(alive), stored, actions, known, kind=instrument.kind, withdrawn=withdrawn)
    if (refused := disagreement(answer, bars.take(alive), stored, agreed, instrument)) is not None:
        return _refused(answer, *refused, notes)
    if not agreed.moved:
        verdict.hold(close_gone(bars, stored), "close_missing")
        still = verdict.passed[alive]
        alive, agreed = alive[still], replace(agreed, rows=agreed.rows[still])
    fresh = bars.take(alive)
    # a history on another basis is no past for these rows
    past = empty_bars("") if stored is None or agreed.moved else _past(stored, fresh.sessions)
    joined = _join(past, fresh)
    moves = index_moves(joined.sessions, index if index is None or index.symbol != bars.symbol else None)
    setting = Setting(
        instrument.kind,
        instrument.exchange.mic,
        np.searchsorted(calendar.sessions, joined.sessions).astype(np.int64),
        moves,
        _every(known if stored is not None else (), actions),
        _settled(past, released, verdict.spared(*_LEVEL_REASONS)[alive]),
        fresh=_going_on(answer, joined, past, stored),
        bases=_split_bases(actions, known, stored, agreed),
    )
    anchor = _anchor(len(past), agreed, len(fresh))
    doubtful = _check_levels(joined, len(past), alive, setting, anchor, verdict)
    _check_limits(joined, len(past), alive, setting, verdict)
    keep = np.flatnonzero(verdict.passed & ~repeats)
    kept = bars.take(keep)
    flags = kept.flags | _flags(joined, instrument.kind, moves, len(past), alive, keep, doubtful)
    final = kept.final & calendar.closed_by(kept.sessions, now, grace)
    codes = verdict.codes
    held = tuple(held_row(bars, int(row), int(codes[row]), places) for row in np.flatnonzero(codes))
    kept = replace(kept, flags=flags, final=final)
    if not agreed.moved:
        kept = beside_stored(kept, stored)
    return Checked(kept, held, None, "", int(repeats.sum()), actions, notes, agreed.words)


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


def _refused(answer: Answer, reason: str, detail: str, notes: tuple[str, ...]) -> Checked:
    return Checked(empty_bars(answer.symbol), rejected=reason, detail=detail, notes=notes)


def _going_on(answer: Answer, joined: Bars, past: Bars, stored: Bars | None) -> int | None:
    """The first row after all that is stored, None without one or from a source that tells no actions."""
    if stored is None or not len(past) or not stored.final.any() or not gives_instants(answer):
        return None
    row = int(np.searchsorted(joined.sessions, stored.sessions[stored.final][-1], side="right"))
    return row if row < len(joined) else None


def _every(known: Sequence[Action], actions: Sequence[Action]) -> tuple[Action, ...]:
    """What is stored and what came, each session and kind once, as it came last."""
    return tuple({(act.session, act.kind): act for act in (*known, *actions)}.values())


def _split_bases(
    actions: Sequence[Action], known: Sequence[Action], stored: Bars | None, agreed: Agreement
) -> dict[Session, SplitBasis]:
    """What the store knows of each reported split: whether the rows before it are adjusted for it."""
    if stored is None or not agreed.shared:
        return {}
    had = {(act.session, act.value) for act in known if act.kind == "split"}
    final = stored.sessions[stored.final]
    bases: dict[Session, SplitBasis] = {}
    for act in _every(known, actions):
        if act.kind != "split":
            continue
        if act in agreed.rebased:
            bases[act.session] = "applied"
        elif act in agreed.behind:
            bases[act.session] = "pending"
        elif final[-1] >= session64(act.session):
            bases[act.session] = "applied"  # rows of both sides are stored, and they agree
        else:
            # Told of before, it may since have been adjusted for; new, it cannot: the rows agree.
            bases[act.session] = "open" if (act.session, act.value) in had else "pending"
    return bases


def beside_stored(kept: Bars, stored: Bars | None) -> Bars:
    """Return rows with the stored final values where the source now gives none.

    Nothing is made up: a value that was final stays until another takes its place. A stored open,
    high and low stay only if the close is still theirs, an adjusted close only on the same basis.
    """
    if stored is None or not len(stored) or not len(kept):
        return kept
    at, final = stored_rows(kept, stored)
    with np.errstate(divide="ignore", invalid="ignore"):
        same = final & (np.abs(kept.close / stored.close[at] - 1) <= CLOSE_ROUNDING)
    columns = {name: getattr(kept, name).copy() for name in ("open", "high", "low", "volume", "adj_close")}
    moved = shift(kept, stored) is not None
    for name, column in columns.items():
        stays = same & np.isnan(column) & ((name != "adj_close") | (not moved))
        column[stays] = getattr(stored, name)[at[stays]]
    return replace(kept, **columns)


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
    least, most = PRICE_RANGE
    absurd = [(getattr(bars, name) < least) | (getattr(bars, name) > most) for name in PRICE_FIELDS]
    verdict.hold(np.logical_or.reduce([*absurd, bars.volume > VOLUME_MOST]), "absurd")
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


def _check_limits(
    joined: Bars, past: int, alive: NDArray[np.intp], setting: Setting, verdict: Verdict
) -> None:
    """Hold the rows that the exchange's daily limit rules out."""
    stand = np.ones(len(joined), dtype=np.bool_)
    stand[past:] = verdict.passed[alive]
    for row in np.flatnonzero(beyond_limits(joined, setting, stand)[past:]):
        verdict.hold_row(int(alive[row]), "beyond_limit")


def _anchor(past: int, agreed: Agreement, count: int) -> Bools:
    """Rows whose price level is known to be right, shape (past + count,)."""
    anchor = np.zeros(past + count, dtype=np.bool_)
    if agreed.rows.any():
        anchor[past:] = agreed.rows
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

"""Breaks in a price level that no market made, told apart from the crashes that look like one.

A factor of a hundred is a change of unit. A fall to a half, a tenth or a fifth may be a
split whose history was not re-based, or the worst day of a company's life. Size never
decides: what decides is whether anything else happened that day.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from models.limits import DAILY_LIMITS, SPLIT_TOLERANCE
from models.types import Action, Bars, Bools, Floats, Session, session64

SPLITS = (1.5, 2, 3, 4, 5, 6, 7, 8, 9, 10, 12, 15, 20, 25, 30, 40, 50)
THREE_FOR_TWO_TOLERANCE = 0.02
"""3:2 stands among real falls (−35 % is .025 away, Seoul's −30 % limit .05), so it must fit closely."""
THREE_FOR_TWO = float(np.log(1.5)) + 1e-9
UNIT_TOLERANCE = 0.25
SPIKE = np.log(1.8)
CANDIDATE = np.log(1.32)
LEVEL_TOLERANCE = 0.2
BELIEVED_PER_RATIO = 3.0
INDEX_MOVE = 0.03
TRAILING = 20

NEARBY = 2
"""Rows around a reported split in which a step of its ratio is that split: its day may be a day off."""
DECIDED = 4.0
"""Log likelihood ratio from which a small step is a split that was not applied, not the day's own move."""
WINDOW = 60
FACTOR_TOLERANCE = 0.02

BreakKind = Literal["scale_100", "split_jump", "spike"]
SplitBasis = Literal["applied", "pending", "open"]


@dataclass(frozen=True, slots=True, eq=False)
class Setting:
    """What a judgement needs beside the bars: shapes (n,) where aligned with them.

    ``positions`` are the rows' places in the calendar, ``index_moves`` the log return of
    the exchange's index into each row (NaN where unknown). ``settled`` rows stand where a
    person said they do: the steps into them and out of them are no breaks. ``fresh`` is the first
    row that goes on from what is stored, by a source that tells of corporate actions: from there
    none told is none. None without such a row. ``bases`` is what the
    store knows about each reported split, by its session: ``applied``, its rows are adjusted;
    ``pending``, they are not; ``open``, they may not be. A split that is not there was never
    seen before, and its rows alone say which.
    """

    kind: str
    mic: str
    positions: NDArray[np.int64]
    index_moves: Floats
    actions: Sequence[Action] = ()
    settled: Bools | None = None
    fresh: int | None = None
    bases: Mapping[Session, SplitBasis] = field(default_factory=dict)

    def confirmed(self, row: int, before: int) -> bool:
        """Whether the step between two rows is one that a person has looked at."""
        return self.settled is not None and bool(self.settled[row] or self.settled[before])

    @property
    def splits(self) -> bool:
        """Whether this kind of instrument is ever split."""
        return self.kind in ("equity", "etf")

    def acted(self, session: np.datetime64, *kinds: str) -> list[float]:
        """Values of the actions of that session and kind."""
        return [
            act.value
            for act in self.actions
            if act.kind in kinds and np.datetime64(act.session, "D") == session
        ]


@dataclass(frozen=True, slots=True)
class Break:
    """A step into a row that is no market move: its log size and what made it."""

    row: int
    size: float
    kind: BreakKind


@dataclass(frozen=True, slots=True, eq=False)
class Levels:
    """The level each row stands on, in logs of the first row's, and what separates them.

    ``doubtful`` are rows whose move fits a split and was believed on thin evidence.
    """

    offsets: Floats
    kinds: dict[float, BreakKind]
    doubtful: tuple[int, ...] = ()

    @property
    def broken(self) -> bool:
        """Whether there is more than one level."""
        return len(self.kinds) > 0


def price_levels(bars: Bars, setting: Setting) -> Levels:
    """Find the levels of a price series whose rows have passed every check of their own.

    Parameters
    ----------
    bars
        Ordered rows, shape (n,), one a session, prices positive.
    setting
        Kind of instrument, exchange, calendar positions, index moves, actions.

    Returns
    -------
    Levels
        Offsets (n,), 0 everywhere when no step is a break.

    Notes
    -----
    A step is the log ratio of neighbouring closes (of adjusted closes where a close is
    missing). A split that was *reported*, of whatever ratio, is looked at first: the step into
    its day either is the day's own move, or holds the ratio too because the rows before it
    were not adjusted. What is stored says which; of a split that is new to the store the nearer
    of the two is taken, and where a small ratio leaves that to the day's own move, only if it is
    e⁴ times as likely by the moves around. Of the other steps three kinds are breaks:

    *Unit.* A factor of 100 or 10 000 (for anything that is never split also 10 or
    1 000), within ±22 % for the day's own move. No security moves like that.

    *Split.* The factor is within 9 % of a split ratio from 2:1 to 50:1 or its inverse,
    after taking out the index's move if that brings it nearer, or a fall within 2 % of
    3:2; and one of

    - a split of that ratio was reported within two sessions;
    - the exchange forbids the move: more than ±30 % in Seoul, ±10 % in Taipei, between
      two consecutive sessions of an equity listed for ten;
    - the whole bar is displaced (a fall whose high stays below the middle of the gap)
      **and** the day was quiet: ``commotion < 3 k`` with k the ratio and

      commotion = volume surge × range ratio × exp(index move / 3 %)

      where the surge is the smaller of share volume and turnover over their median of
      20 sessions (a split changes one of them by k, a panic raises both), the range
      ratio is ln(high/low) over its median, and the index counts only when it moved
      the same way. A field that is missing counts 1.

    So a −50 % gap on eight times the usual volume and three times the usual range is a
    crash (12 ≥ 6), the same gap on an ordinary day is not. The bar to believe rises with
    k because a −90 % day is rarer than a 10:1 split; of a 3:2 that a source which tells of splits did not
    report, half of it is enough. −20, −35 and −60 % are no split
    ratio and are never judged at all.

    *Spike.* A factor of at least 1.8, of any size, that is undone within five rows to
    within 10 %, with the bars displaced and a quiet day at either end.

    Two opposite steps within 20 rows that cancel, with the bars displaced at both, are one
    run: either end being quiet proves both, and the commotion to be believed is four
    times as large.
    """
    moves = _steps(bars)
    reported, unsure = _reported(moves, bars, setting)
    steep = np.flatnonzero(np.abs(moves) >= CANDIDATE).tolist()
    candidates = [row for row in steep if row not in reported and not setting.confirmed(row, row - 1)]
    verdicts = {row: _judge(row, float(moves[row]), bars, setting) for row in candidates}
    found, doubtful = _with_pairs(verdicts, moves)
    every = sorted([*found, *reported.values()], key=lambda item: item.row)
    return _walk(len(bars), every, (*doubtful, *unsure))


def split_rows(bars: Bars, setting: Setting) -> dict[int, Action]:
    """The first row on the new basis of each reported split that has rows on both sides."""
    found = {}
    for act in setting.actions:
        row = int(np.searchsorted(bars.sessions, session64(act.session)))
        if act.kind == "split" and act.value > 0 and act.value != 1 and 0 < row < len(bars):
            found[row] = act
    return found


def _reported(moves: Floats, bars: Bars, setting: Setting) -> tuple[dict[int, Break], tuple[int, ...]]:
    """Reported splits whose earlier rows were not adjusted, by row; and rows where that is not certain."""
    found: dict[int, Break] = {}
    unsure = []
    for row, act in split_rows(bars, setting).items() if setting.splits else ():
        basis, size, step = setting.bases.get(act.session), -float(np.log(act.value)), float(moves[row])
        if setting.confirmed(row, row - 1):
            continue
        # Prices that step against a split were divided by one that did not happen, or twice.
        if abs(size) >= CANDIDATE and abs(step + size) <= min(SPLIT_TOLERANCE, abs(size) / 4):
            found[row] = Break(row, -size, "split_jump")
            continue
        if basis == "applied":
            continue
        nearer = abs(step - size) < abs(step)
        small = abs(size) < CANDIDATE
        if basis == "pending":
            unadjusted = nearer or small
        elif basis == "open":
            unadjusted = nearer
        else:
            unadjusted = nearer and (not small or _likelier(row, size, moves, bars) >= DECIDED)
            unsure += [row] if nearer and not unadjusted else []
        if unadjusted:
            found[row] = Break(row, size, "split_jump")
    return found, tuple(unsure)


def _likelier(row: int, size: float, moves: Floats, bars: Bars) -> float:
    """How much likelier a step is with a ratio in it than as a move alone, as a log, by the moves around it.

    By the opening gap where there is one: a split comes with it, a fall of the day mostly after it.
    """
    near = slice(max(1, row - WINDOW), row + WINDOW)
    gaps = np.full(len(bars), np.nan)
    with np.errstate(invalid="ignore", divide="ignore"):
        gaps[1:] = np.log(bars.open[1:] / bars.close[:-1])
    step, around, least = float(moves[row]), moves[near], 0.01
    if np.isfinite(gaps[row]):
        step, around, least = float(gaps[row]), gaps[near], 0.006
    spread = max(1.4826 * float(np.nanmedian(np.abs(around))), least)
    return (step**2 - (step - size) ** 2) / (2 * spread**2)


def factor_levels(bars: Bars, setting: Setting) -> Levels:
    """Find breaks between adjusted and raw close: one column re-based, the other not.

    A market moves both alike; a dividend moves the ratio by its yield. A step of the
    ratio by a split ratio or a unit, with no cash paid that session, is a break. Rows
    without both prices take the level of the row before.
    """
    both = np.flatnonzero(~np.isnan(bars.close) & ~np.isnan(bars.adj_close))
    if len(both) < 2:
        return Levels(np.zeros(len(bars)), {})
    ratio = np.log(bars.adj_close[both]) - np.log(bars.close[both])
    steps = np.diff(ratio, prepend=ratio[0])
    found = []
    reported = split_rows(bars, setting) if setting.splits else {}
    for at in np.flatnonzero(np.abs(steps) > FACTOR_TOLERANCE):
        row, size = int(both[at]), float(steps[at])
        if setting.confirmed(row, int(both[at - 1])):
            continue
        if row in reported and not setting.acted(bars.sessions[row], "dividend", "capital_gain"):
            full = abs(float(np.log(reported[row].value)))
            if abs(abs(size) - full) <= min(FACTOR_TOLERANCE, full / 2):
                found.append(Break(row, float(np.sign(size)) * full, "split_jump"))
                continue
        if abs(size) < CANDIDATE:
            continue
        nominal = _nominal(size, 0.0, setting)
        if nominal is not None and not setting.acted(bars.sessions[row], "dividend", "capital_gain"):
            found.append(Break(row, *nominal))
    return _walk(len(bars), found, ())


def _steps(bars: Bars) -> Floats:
    """Log step into each row, 0 where it cannot be known; shape (n,)."""
    steps = np.zeros(len(bars))
    with np.errstate(invalid="ignore", divide="ignore"):
        close, adjusted = np.log(bars.close), np.log(bars.adj_close)
    raw, adj = np.diff(close), np.diff(adjusted)
    steps[1:] = np.nan_to_num(np.where(np.isnan(raw), adj, raw))
    return steps


@dataclass(frozen=True, slots=True)
class _Verdict:
    """One candidate step: its nominal size and kind, how loud the day was, how loud it must be."""

    size: float
    kind: BreakKind | None
    commotion: float
    needed: float

    @property
    def quiet(self) -> bool:
        return self.kind is not None and self.commotion < self.needed


def _judge(row: int, step: float, bars: Bars, setting: Setting) -> _Verdict:
    index = float(np.nan_to_num(setting.index_moves[row]))
    near = _reported_nearby(row, step, bars, setting)
    nominal: tuple[float, BreakKind] | None = (near, "split_jump") if near is not None else None
    if near is None:
        nominal = _nominal(step, index, setting)
    if nominal is None:
        loud = _commotion(row, step, bars, index) if _displaced(row, step, bars) else np.inf
        return _Verdict(step, None, loud, 2 * BELIEVED_PER_RATIO)
    size, kind = nominal
    if kind == "scale_100" or near is not None or _impossible(row, step, setting):
        return _Verdict(size, kind, 0.0, np.inf)
    needed = BELIEVED_PER_RATIO * float(np.exp(abs(size)))
    if setting.fresh is not None and row >= setting.fresh and abs(size) <= THREE_FOR_TWO:
        needed /= 2  # the source would have told of it, and markets fall by a third
    if not _displaced(row, size, bars):
        return _Verdict(size, kind, np.inf, needed)
    return _Verdict(size, kind, _commotion(row, step, bars, index), needed)


def _nominal(step: float, index: float, setting: Setting) -> tuple[float, BreakKind] | None:
    """The unit or split ratio that a step stands for, as a signed log, or None."""
    sign, size = float(np.sign(step)), abs(step)
    units = np.log([100.0, 1e4] if setting.splits else [10.0, 100.0, 1e3, 1e4])
    unit = float(units[np.argmin(np.abs(units - size))])
    if abs(unit - size) <= UNIT_TOLERANCE:
        return sign * unit, "scale_100"
    if not setting.splits:
        return None
    ratios = np.log(SPLITS)
    miss = np.abs(ratios - size)
    miss[1:] = np.minimum(miss[1:], np.abs(ratios[1:] - sign * (step - index)))
    near = int(np.argmin(miss))
    close_fit = SPLITS[near] == 1.5
    if miss[near] > (THREE_FOR_TWO_TOLERANCE if close_fit else SPLIT_TOLERANCE) or (close_fit and sign > 0):
        return None
    return sign * float(ratios[near]), "split_jump"


def _reported_nearby(row: int, step: float, bars: Bars, setting: Setting) -> float | None:
    """The log of a split reported within two rows, when the step has its ratio; None otherwise."""
    if not setting.splits:
        return None
    for at, act in split_rows(bars, setting).items():
        size = -float(np.log(act.value))
        beside = at != row and abs(at - row) <= NEARBY and setting.bases.get(act.session) != "applied"
        if beside and abs(step - size) <= min(SPLIT_TOLERANCE, abs(step)):
            return size
    return None


def _impossible(row: int, step: float, setting: Setting) -> bool:
    """Whether the exchange's own rule says that no market made the step."""
    limit = DAILY_LIMITS.get(setting.mic)
    consecutive = setting.positions[row] - setting.positions[row - 1] == 1
    known = row >= 10 and setting.kind == "equity" and consecutive
    return limit is not None and bool(known) and abs(step) > np.log1p(limit) + 0.1


def _displaced(row: int, size: float, bars: Bars) -> bool:
    """Whether the bar as a whole stands beyond the middle of the gap; True if it has only a close."""
    before = bars.close[row - 1]
    edge = bars.high[row] if size < 0 else bars.low[row]
    if np.isnan(edge) or np.isnan(before):
        return True
    return bool(np.log(edge / before) * np.sign(size) > abs(size) / 2)


def _commotion(row: int, step: float, bars: Bars, index: float) -> float:
    """How unlike the 20 sessions before it a session was; 1 is an ordinary one."""
    past = slice(max(0, row - TRAILING), row)
    shares = bars.volume[past.start : row + 1]
    price = np.where(np.isnan(bars.close), bars.adj_close, bars.close)[past.start : row + 1]
    surge = min(_against_median(shares, 0.0), _against_median(shares * price, 0.0))
    with np.errstate(invalid="ignore", divide="ignore"):
        ranges = np.log(bars.high[past.start : row + 1] / bars.low[past.start : row + 1])
    wider = max(_against_median(ranges, 0.005), 0.5)
    along = max(float(np.sign(step)) * index, 0.0)
    return surge * wider * float(np.exp(along / INDEX_MOVE))


def _against_median(values: Floats, floor: float) -> float:
    """The last value over the median of those before it; 1 where either is unknown."""
    past = values[:-1][values[:-1] > 0]
    if len(past) < 3 or not values[-1] >= 0:
        return 1.0
    return float(values[-1] / max(float(np.median(past)), floor))


def _with_pairs(verdicts: dict[int, _Verdict], moves: Floats) -> tuple[list[Break], tuple[int, ...]]:
    """Join opposite steps that cancel into runs, the best match first, then decide the rest one by one."""
    rows = sorted(verdicts)
    pairs = [
        (abs(float(moves[first] + moves[second])), first, second)
        for at, first in enumerate(rows)
        for second in rows[at + 1 : at + 6]
        if second - first <= TRAILING and moves[first] * moves[second] < 0
    ]
    found: dict[int, Break] = {}
    for _, first, second in sorted(pairs):
        if first not in found and second not in found:
            found |= {item.row: item for item in _pair(first, second, verdicts, moves)}
    doubtful = []
    for row in rows:
        verdict = verdicts[row]
        if row in found or verdict.kind is None:
            continue
        if verdict.quiet:
            found[row] = Break(row, verdict.size, verdict.kind)
        elif verdict.commotion < 2 * verdict.needed:
            doubtful.append(row)
    return [found[row] for row in sorted(found)], tuple(doubtful)


def _pair(first: int, second: int, verdicts: dict[int, _Verdict], moves: Floats) -> tuple[Break, ...]:
    one, two = verdicts[first], verdicts[second]
    left_over = abs(float(moves[first] + moves[second]))
    quieter, louder = sorted((one.commotion, two.commotion))
    known = one if one.kind is not None else two
    kind = known.kind
    size = abs(known.size)
    if kind is not None:
        both = one.kind is not None and two.kind is not None
        fits = (
            left_over <= max(0.3 if both else 0.2, size / 4)
            and quieter < 4 * known.needed
            and louder < np.inf
        )
    else:
        strong = min(abs(moves[first]), abs(moves[second])) >= SPIKE and second - first <= 5
        fits, kind = strong and left_over <= 0.1 and louder < one.needed, "spike"
    if not fits:
        return ()
    sign = float(np.sign(moves[first]))
    return Break(first, sign * size, kind), Break(second, -sign * size, kind)


def _walk(count: int, found: list[Break], doubtful: tuple[int, ...]) -> Levels:
    """Offsets of each row; a level met again is the same level, whatever the rounding."""
    offsets = np.zeros(count)
    known = [0.0]
    kinds: dict[float, BreakKind] = {}
    here = 0.0
    for item in found:
        there = here + item.size
        nearest = min(known, key=lambda level: abs(level - there))
        if abs(nearest - there) <= min(LEVEL_TOLERANCE, abs(item.size) / 2):
            there = nearest
        else:
            known.append(there)
        kinds.setdefault(there, item.kind)
        kinds.setdefault(here, item.kind)
        offsets[item.row :] = there
        here = there
    return Levels(offsets, kinds, doubtful)


def displaced_rows(levels: Levels, anchor: Bools) -> Bools:
    """Rows off the level that holds most of the anchor rows (of all rows when there is none).

    Parameters
    ----------
    levels
        From `price_levels` or `factor_levels`, n rows.
    anchor
        Rows (n,) known to be on the right level: what is stored already.
    """
    if not levels.broken:
        return np.zeros(len(levels.offsets), dtype=np.bool_)
    trusted = levels.offsets[anchor] if anchor.any() else levels.offsets
    values, counts = np.unique(trusted, return_counts=True)
    # of two equally long levels the later one is where the price is now
    best = max(
        values[counts == counts.max()], key=lambda value: int(np.flatnonzero(levels.offsets == value)[-1])
    )
    return np.asarray(levels.offsets != best)


__all__ = ["DAILY_LIMITS", "SPLITS", "Levels", "Setting", "displaced_rows", "factor_levels", "price_levels"]

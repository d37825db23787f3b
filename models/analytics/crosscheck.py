"""A second opinion on closes: another source of the same closes, or a market that moved beside them.

Nothing here changes a price. A second source proves a difference; an index or a listing
elsewhere can only make a close implausible, and what it says is a suspicion.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from models.types import Bars, Bools, Flag, Floats, Session, Sessions

TOLERANCE = 0.002
"""Two sources of one close on two bases agree within this fraction: rounding, and no more. On one basis
they agree within half a step of the exchange's prices."""
SAME_BASIS = 1e-4
"""How far the common level of two sources may be from 1 for them to be on one basis."""
LEVEL = 21
"""Sessions over which the ratio of two sources gives their common level: one may be split-adjusted."""
FITTED = 250
"""Sessions before a day on which its expected move is fitted."""
FEWEST = 60
REPEATED = 3.0
"""A repeated close is suspect from so many spreads between its day and the next, which makes up for it."""
OUT_OF_STEP = 4.0
"""A close that moved is suspect from so many spreads off, undone on the next session."""
LEFT_OVER = 2.0
"""Spreads that the two days together may differ from what was expected of them."""
GAP_OFF = 4.0
"""A close is suspect when the next opening is so many spreads off it, and the session before it so many the
other way: of errors of 5 % planted among real closes three of four are found, of true closes one in 2,000."""
SESSION_OFF = 2.0

Kind = Literal["differs", "missing", "extra", "repeated", "out_of_step", "no_volume", "stood_still"]


@dataclass(frozen=True, slots=True)
class Finding:
    """One session on which a second opinion disagrees.

    Attributes
    ----------
    session
        The exchange's own date.
    kind
        ``differs`` from the second source; ``missing`` here or ``extra`` here (the second source has no
        such session inside its span); ``repeated`` the close of the day before while the benchmark says
        that it moved; ``out_of_step`` with the benchmark and back the session after; ``no_volume`` the
        close of the day before and nobody traded; ``stood_still`` the close of the day before, with
        volume, on a day on which its exchange's index moved.
    stored, other
        The close here and the second source's on our basis, or the one that the benchmark would
        expect; local currency, NaN where there is none.
    """

    session: Session
    kind: Kind
    stored: float
    other: float

    @property
    def off(self) -> float:
        """How far the stored close is from the other, a fraction; NaN where one is missing."""
        return self.stored / self.other - 1 if self.other else float("nan")


def compare_closes(
    sessions: Sessions,
    closes: Floats,
    other_sessions: Sessions,
    other: Floats,
    steps: Callable[[Floats], Floats] | None = None,
) -> list[Finding]:
    """Compare closes with those of a second source, session by session.

    Parameters
    ----------
    sessions, closes
        Stored closes, shape (n,), ordered; NaN is no close.
    other_sessions, other
        The second source's, shape (m,), ordered. Another basis (a split not adjusted, another
        currency unit) does not matter: what counts is the ratio beside its own level, the median
        of the ``LEVEL`` shared sessions around.
    steps
        Gives the least step of the exchange's prices at a price: two sources on one basis differ by
        nothing or by a step. Without it ``TOLERANCE`` is all that counts.

    Returns
    -------
    list of Finding
        ``differs``, ``missing`` and ``extra``, ordered by session; sessions before the second source
        begins or after it ends are not compared.
    """
    known, others = sessions[np.isfinite(closes)], other_sessions[np.isfinite(other)]
    if not len(known) or not len(others):
        return []
    mine, theirs = closes[np.isfinite(closes)], other[np.isfinite(other)]
    shared, ours, places = np.intersect1d(known, others, assume_unique=True, return_indices=True)
    found: list[Finding] = []
    if len(shared):
        ratio = mine[ours] / theirs[places]
        level = _level(ratio)
        tolerance = np.full(len(shared), TOLERANCE)
        if steps is not None:
            half = steps(theirs[places]) / theirs[places] / 2
            tolerance = np.where(np.abs(level - 1) <= SAME_BASIS, half * 0.999, tolerance)
        for row in np.flatnonzero(np.abs(ratio / level - 1) > tolerance):
            stored, expected = float(mine[ours][row]), float(theirs[places][row] * level[row])
            found.append(Finding(shared[row].item(), "differs", stored, expected))
    low, high = max(known[0], others[0]), min(known[-1], others[-1])
    for row in np.flatnonzero(~np.isin(others, known) & (others >= low) & (others <= high)):
        found += [Finding(others[row].item(), "missing", float("nan"), float(theirs[row]))]
    for row in np.flatnonzero(~np.isin(known, others) & (known >= low) & (known <= high)):
        found += [Finding(known[row].item(), "extra", float(mine[row]), float("nan"))]
    return sorted(found, key=lambda finding: finding.session)


def implausible_closes(
    sessions: Sessions,
    closes: Floats,
    volume: Floats,
    benchmark_sessions: Sessions,
    benchmark: Floats,
    beside: Sequence[tuple[Sessions, Floats]] = (),
) -> list[Finding]:
    """Find closes that a market beside them makes implausible.

    The expected log move of a day is fitted by least squares on the benchmark's move over the same
    two sessions and its move before, on the ``FITTED`` days before; the spread is 1.4826 times the
    median absolute residual of those days. A wrong close leaves two residuals of opposite sign, on
    its day and on the next, that nearly cancel; a real surprise leaves one.

    Parameters
    ----------
    sessions, closes, volume
        Of the name, shape (n,), ordered; NaN is no close. A day with a volume of zero is left out.
    benchmark_sessions, benchmark
        Closes of an index, a listing elsewhere or a fund, shape (m,), ordered.
    beside
        Sessions and closes of further ones: the expected move is fitted on all of them together.

    Returns
    -------
    list of Finding
        ``repeated`` and ``out_of_step``, ordered by session; ``other`` is the close that was expected.
    """
    rows = np.flatnonzero(np.isfinite(closes) & (closes > 0))
    days, close, traded = sessions[rows], closes[rows], ~(volume[rows] == 0)
    if len(days) < FEWEST + 2:
        return []
    moves = np.diff(np.log(close))
    found = [_beside(days, *item) for item in ((benchmark_sessions, benchmark), *beside)]
    expected, spread = _expected(moves, np.column_stack(found))
    with np.errstate(invalid="ignore", divide="ignore"):
        off = (moves - expected) / spread
    first, second = off[:-1], off[1:]
    repeated = moves[:-1] == 0
    opposed = first * second < 0
    undone = (np.minimum(np.abs(first), np.abs(second)) >= OUT_OF_STEP) & (
        np.abs(first + second) <= LEFT_OVER
    )
    # No move at all is half the evidence: what the day withheld, the next one shows.
    withheld = repeated & (np.abs(second - first) >= REPEATED)
    suspect = opposed & (withheld | undone) & traded[1:-1]
    return [
        Finding(
            days[row + 1].item(),
            "repeated" if repeated[row] else "out_of_step",
            float(close[row + 1]),
            float(close[row] * np.exp(expected[row])),
        )
        for row in np.flatnonzero(suspect)
    ]


def marked_closes(bars: Bars) -> list[Finding]:
    """Return the closes that repeat the one before by their own marks, which need no benchmark.

    Parameters
    ----------
    bars
        Of the name, ordered, with the flags that the checks gave them.

    Returns
    -------
    list of Finding
        ``no_volume`` and ``stood_still``, ordered by session; ``other`` is NaN, nobody says another close.
    """
    idle = (bars.flags & int(Flag.ZERO_VOLUME_REPEAT)) != 0
    still = (bars.flags & int(Flag.STALE_CLOSE)) != 0
    return [
        Finding(
            bars.sessions[row].item(),
            "no_volume" if idle[row] else "stood_still",
            float(bars.close[row]),
            float("nan"),
        )
        for row in np.flatnonzero(bars.final & np.isfinite(bars.close) & (idle | still))
    ]


def implausible_gaps(
    bars: Bars, index: Bars, beside: Sequence[tuple[Sessions, Floats]] = ()
) -> list[Finding]:
    """Find closes that the openings around them make implausible.

    The session's move (close over open) is expected from the index's own session and gap; the gap to the
    next opening from the index's gap and from what the further markets did meanwhile. A wrong close is off
    in both, one way and then the other, and the gap varies half as much as a day does: that is why it is
    seen here before it is in moves from close to close.

    Parameters
    ----------
    bars, index
        Of the name and of its exchange's index, ordered, with opens and closes.
    beside
        Sessions and closes of listings or funds elsewhere.

    Returns
    -------
    list of Finding
        ``out_of_step``, ordered by session; ``other`` is the close that the next opening points to.
    """
    usable = np.isfinite(bars.open) & np.isfinite(bars.close) & (bars.open > 0) & (bars.close > 0)
    rows = np.flatnonzero(usable & ~(bars.volume == 0))
    days, opened, closed = bars.sessions[rows], np.log(bars.open[rows]), np.log(bars.close[rows])
    if len(days) < FEWEST + 2 or not len(index):
        return []
    scores, expected = _scores(days, opened, closed, index, beside)
    session, gap = scores
    with np.errstate(invalid="ignore"):
        suspect = (session * gap < 0) & (np.abs(gap) >= GAP_OFF) & (np.abs(session) >= SESSION_OFF)
    return [
        Finding(
            days[row].item(),
            "out_of_step",
            float(np.exp(closed[row])),
            float(np.exp(opened[row + 1] - expected[row])),
        )
        for row in np.flatnonzero(suspect)
    ]


def least_seen(bars: Bars, index: Bars, beside: Sequence[tuple[Sessions, Floats]] = ()) -> float:
    """Return the least error of a close that a comparison with other markets can show now.

    Returns
    -------
    float
        A fraction: ``GAP_OFF`` spreads of the gap after it, the median of the last ``FITTED`` sessions; NaN
        where too few are stored.
    """
    usable = np.isfinite(bars.open) & np.isfinite(bars.close) & (bars.open > 0) & (bars.close > 0)
    days, opened, closed = bars.sessions[usable], np.log(bars.open[usable]), np.log(bars.close[usable])
    if len(days) < FEWEST + 2 or not len(index):
        return float("nan")
    _, spread = _expected(opened[1:] - closed[:-1], _gaps_beside(days, index, beside))
    known = spread[-FITTED:][np.isfinite(spread[-FITTED:])]
    return float(np.expm1(GAP_OFF * np.median(known))) if len(known) else float("nan")


def _scores(
    days: Sessions, opened: Floats, closed: Floats, index: Bars, beside: Sequence[tuple[Sessions, Floats]]
) -> tuple[tuple[Floats, Floats], Floats]:
    """Session and gap in spreads from what was expected of them, shape (n - 1,), and the expected gap."""
    index_open, index_close = (
        _then(days, index.sessions, index.open),
        _then(days, index.sessions, index.close),
    )
    before = np.concatenate([[np.nan], index_open[1:] - index_close[:-1]])
    move = closed - opened
    session, spread = _expected(move, np.column_stack([index_close - index_open, before]))
    gap = opened[1:] - closed[:-1]
    expected, gap_spread = _expected(gap, _gaps_beside(days, index, beside))
    with np.errstate(invalid="ignore", divide="ignore"):
        return (((move - session) / spread)[:-1], (gap - expected) / gap_spread), expected


def _gaps_beside(days: Sessions, index: Bars, beside: Sequence[tuple[Sessions, Floats]]) -> Floats:
    """What explains the gap after each day: the index's own, and the others' moves between; (n - 1, k)."""
    gap = _then(days, index.sessions, index.open)[1:] - _then(days, index.sessions, index.close)[:-1]
    found = [gap]
    for sessions, closes in beside:
        known = np.isfinite(closes) & (closes > 0)
        dates, level = sessions[known], np.log(closes[known])
        at = np.searchsorted(dates, days[:-1], side="right") - 1
        moves = np.diff(level, prepend=np.nan)
        found.append(
            np.where(at >= 1, moves[np.maximum(at, 0)], np.nan) if len(dates) else np.full(len(gap), np.nan)
        )
    return np.column_stack(found)


def _then(days: Sessions, sessions: Sessions, price: Floats) -> Floats:
    """The log price of each day, NaN where there is none of that day."""
    rows = np.minimum(np.searchsorted(sessions, days), len(sessions) - 1)
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where(sessions[rows] == days, np.log(price[rows]), np.nan)


def _level(ratio: Floats) -> Floats:
    """The median of the ratios around each, shape (n,); fewer at the ends."""
    half = LEVEL // 2
    padded = np.pad(ratio, half, constant_values=np.nan)
    return np.asarray(np.nanmedian(sliding_window_view(padded, LEVEL), axis=1))


def _beside(days: Sessions, sessions: Sessions, closes: Floats) -> Floats:
    """The benchmark's log move over each pair of days and its own session before it; shape (n - 1, 2)."""
    known = np.isfinite(closes) & (closes > 0)
    dates, level = sessions[known], np.log(closes[known])
    if not len(dates):
        return np.full((len(days) - 1, 2), np.nan)
    at = np.searchsorted(dates, days, side="right") - 1
    now = np.where(at >= 0, level[at], np.nan)
    before = np.where(at >= 1, level[np.maximum(at - 1, 0)], np.nan)
    lagged = np.where(at >= 2, level[np.maximum(at - 1, 0)] - level[np.maximum(at - 2, 0)], np.nan)
    return np.column_stack([np.diff(now), np.where(np.isnan(before[1:]), np.nan, lagged[1:])])


def _expected(moves: Floats, beside: Floats) -> tuple[Floats, Floats]:
    """The move expected of each day and the spread around it, from the days before; NaN where too few."""
    usable: Bools = np.isfinite(moves) & np.isfinite(beside).all(axis=1)
    expected, spread = np.full(len(moves), np.nan), np.full(len(moves), np.nan)
    design = np.column_stack([np.ones(len(moves)), beside])
    for block in range(FEWEST, len(moves), LEVEL):
        # Fitted once a month: a day more or less of 250 moves nothing.
        past = np.flatnonzero(usable[max(0, block - FITTED) : block]) + max(0, block - FITTED)
        if len(past) < FEWEST:
            continue
        fit = np.linalg.lstsq(design[past], moves[past], rcond=None)[0]
        ahead = slice(block, min(block + LEVEL, len(moves)))
        expected[ahead] = design[ahead] @ fit
        left = moves[past] - design[past] @ fit
        spread[ahead] = max(1.4826 * float(np.median(np.abs(left))), 1e-6)
    return expected, spread

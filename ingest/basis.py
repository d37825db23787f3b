"""Whether an answer agrees with what is stored, and on which basis; pure.

A split re-adjusts every price before it and a dividend every adjusted close. Old history
beside a fresh tail would then be a fall that never was, so the symbol is read again whole.
But an answer that differs from what is stored need not be re-adjusted: it may be another
company's, in another currency, of another day. So only a reported action explains why closes
that were final are others now; without one the stored history stays.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from ingest.jumps import SPLITS
from models.types import Action, Bars, Bools, Floats, Sessions, session64

SAME = 0.005
"""Log distance below which closes are taken as revised, not re-based."""
SAME_FX = 0.02
"""The same for currencies: a close is a snapshot, and two sources take it at different minutes."""
ROUNDED = 0.005
"""Half the last digit of a price with two decimals: what rounding may add for a small price."""
ROUNDED_MOST = 0.015
FEW = 0.05
"""Log distance within which the only row that is shared counts as revised."""
SPREAD = 0.002
ADJUSTED = 2e-5
"""A dividend of a cent on NVDA moves the older adjusted closes by 5e-5; rounding by 1e-7."""
AGREEING = 0.7
"""Share of the shared rows that must say what is stored; the rest are revisions, each with its trace."""
COVERED = 0.9
LATEST = 40
"""So many of the latest actions are tried as what an answer was re-based on."""
LEAST = 5
CONSTANT = 3
"""Shared rows from which a factor can be called constant: one or two that differ are revised."""
VOLUMES = 0.02
"""Log distance of a volume from k times what is stored: sources round it to whole shares."""
DRIFT = 0.3
"""Share of the steps between neighbours that no action explains, from which it is no re-basing."""
DRIFT_STEP = 1e-3
NO_MORE = "reported no more"
"""How a reason to read a history anew says that an action was withdrawn."""
UNITS = (100.0, 1e4)
UNIT_NEAR = 0.25
UNSHARED = 20
"""Sessions after which rows that share none with the store may be another company's."""
UNSHARED_STEP = 0.135
"""Log step a session, by the square root of the sessions between: four and a half times 3% a day."""


@dataclass(frozen=True, slots=True, eq=False)
class Agreement:
    """How the rows of an answer stand to what is stored.

    Attributes
    ----------
    rows
        Rows of the answer that say what is stored for their session, in the answer's basis,
        shape (n,).
    shared, agreeing
        How many rows have a stored final close beside them, and how many of those agree.
    rebased
        Reported actions that the answer's rows are adjusted for and the stored ones are not.
    behind
        Reported splits that the stored rows are adjusted for and the answer's earlier ones are not.
    withdrawn
        Splits reported no more that the stored rows are adjusted for and the answer's are not.
    refusal
        Why the answer cannot be about what is stored, one clause; None when it can.
    ratio
        Stored price over the answer's for the first shared row, as the explanation has it.
    middle
        Median log ratio of the answer's prices to the stored ones, whatever explains it.
    untold
        New shares for an old one of a split that nobody reported and that the rows themselves show:
        volumes moved against prices; 0 without one.
    """

    rows: Bools
    shared: int = 0
    agreeing: int = 0
    rebased: tuple[Action, ...] = ()
    behind: tuple[Action, ...] = ()
    withdrawn: tuple[Action, ...] = ()
    refusal: str | None = None
    ratio: float = 1.0
    middle: float = 0.0
    untold: float = 0.0

    @property
    def moved(self) -> bool:
        """Whether the answer stands on another basis than what is stored, and may."""
        return bool(self.rebased) or bool(self.withdrawn) or self.untold != 0

    @property
    def words(self) -> str | None:
        """Why the history must be taken whole, in a word or two; None when it need not be."""
        if self.untold:
            return f"re-based {ratio_words(self.untold)}"
        if self.withdrawn:
            undone = float(np.prod([1 / action.value for action in self.withdrawn]))
            undone *= float(np.prod([action.value for action in self.rebased if action.kind == "split"]))
            return f"re-based {ratio_words(undone)}"
        splits = [action for action in self.rebased if action.kind == "split"]
        if len(splits) == 1:
            return f"re-based {ratio_words(splits[0].value)}"
        return f"re-based {self.ratio:.4g}:1" if self.rebased else None


@dataclass(frozen=True, slots=True, eq=False)
class _Shared:
    """The rows that both hold: place in each, and the log ratio of the answer's price to the stored one."""

    ours: NDArray[np.intp]
    theirs: NDArray[np.intp]
    ratio: Floats
    price: Floats


def ratio_words(value: float) -> str:
    """Return a split as people write it: 10:1, 5:2, 1:190."""
    for low in (1, 2, 3, 4, 5):
        for number, text in ((value * low, "{0:.0f}:{1}"), (low / value, "{1}:{0:.0f}")):
            if number >= 1 and abs(number - round(number)) < 1e-9 * number:
                return text.format(number, low)
    return f"{value:.4g}:1"


def agreement(
    bars: Bars,
    stored: Bars | None,
    actions: Sequence[Action],
    known: Sequence[Action],
    *,
    kind: str = "equity",
    withdrawn: Sequence[Action] = (),
) -> Agreement:
    """Say how an answer stands to what is stored over the final rows that both hold.

    Parameters
    ----------
    bars
        Rows as received or as they passed, any order, any field NaN.
    stored
        Bars of the same symbol, ordered; None or empty for a first answer.
    actions, known
        What the answer reports, and what is stored.
    withdrawn
        Of what was stored, what the source reports no more; no part of ``known``.
    kind
        Kind of the instrument: a currency's closes differ more between two readings.

    Returns
    -------
    Agreement
        With a ``refusal`` unless at least 70% of the shared rows (of three, two) agree to within
        half a percent and rounding, at the constant ratio of one explanation: none; the latest
        reported actions, so many of them; or one of them alone. A split inside the span leaves
        two parts, and each must agree. The step of an adjusted close without a close is judged
        in the same way, dividends among its actions.
    """
    nothing = np.zeros(len(bars), dtype=np.bool_)
    if stored is None or not len(stored) or not len(bars):
        return Agreement(nothing)
    shared = _shared(bars, stored)
    if not len(shared.ratio):
        return Agreement(nothing, refusal=_empty_overlap(bars, stored, (*known, *actions)))
    tolerance = (SAME_FX if kind == "fx" else SAME) + np.minimum(ROUNDED / shared.price, ROUNDED_MOST)
    best: Agreement | None = None
    left = 0.0
    for tried in _explanations(bars, stored, shared, actions, known, kind, withdrawn):
        apart = shared.ratio - tried.total
        near = np.abs(apart) <= tolerance
        distance = float(np.median(np.abs(apart)))
        # A ratio within what counts as revised is told from no ratio by how near it comes.
        nearer = best is not None and near.sum() == best.agreeing and distance < left / 5 and left > SAME / 5
        if best is not None and near.sum() <= best.agreeing and not nearer:
            continue
        left = distance
        rows = nothing.copy()
        # Rows the source left on the old basis are no anchor for the new one.
        rows[shared.theirs[near & ~tried.old]] = True
        why = None if _enough(near, apart, tried.parts) else _apart(near)
        ratio = float(np.exp(-tried.total[0]))
        best = Agreement(
            rows,
            len(near),
            int(near.sum()),
            tried.rebased,
            tried.behind,
            tried.withdrawn,
            refusal=why,
            ratio=ratio,
        )
    assert best is not None  # no action at all is an explanation
    if best.refusal is not None and kind in ("equity", "etf"):
        best = _untold_split(bars, stored, shared) or best
    if best.refusal is None:
        best = replace(best, refusal=_drifting(bars, stored, actions, (*known, *withdrawn)))
    return replace(best, middle=float(np.median(shared.ratio)))


def basis_change(
    bars: Bars,
    stored: Bars,
    actions: Sequence[Action],
    known: Sequence[Action],
    *,
    kind: str = "equity",
    withdrawn: Sequence[Action] = (),
) -> str | None:
    """Say in a word or two why the history must be read again, None when it need not be.

    Parameters
    ----------
    bars
        Rows as received, any order, any field NaN.
    stored
        Bars of the same symbol, ordered.
    actions, known
        What the answer reports, and what is stored.
    kind, withdrawn
        As in `agreement`.
    """
    if not len(stored):
        return None
    had = {(action.session, action.kind): action.value for action in known}
    first = stored.sessions[0].item()
    for action in actions:
        new = had.get((action.session, action.kind)) != action.value
        if action.kind == "split" and action.session > first and new:
            return f"split {ratio_words(action.value)}"
    if withdrawn:
        return f"{withdrawn[-1].kind.replace('_', ' ')} of {withdrawn[-1].session} {NO_MORE}"
    return agreement(bars, stored, actions, known, kind=kind).words or shift(bars, stored)


def shift(bars: Bars, stored: Bars) -> str | None:
    """Say how the sessions that both hold differ by a constant factor, None when they do not."""
    rows = np.minimum(np.searchsorted(stored.sessions, bars.sessions), len(stored) - 1)
    shared = (stored.sessions[rows] == bars.sessions) & stored.final[rows]
    ours, theirs = rows[shared], np.flatnonzero(shared)
    factor = _constant(bars.close[theirs], stored.close[ours])
    if abs(factor) > SAME:
        return f"re-based {np.exp(-factor):.4g}:1"
    before, after = _factors(stored)[ours], _factors(bars)[theirs]
    if abs(_constant(after, before)) > ADJUSTED:
        return "adjusted closes moved"
    return None


def covers(bars: Bars, stored: Bars) -> bool:
    """Whether a history may take the place of what is stored.

    It holds nearly all of its sessions, to the end, and a close wherever it holds one.
    """
    if not len(bars) or not len(stored):
        return bool(len(bars))
    share = np.isin(stored.sessions, bars.sessions).mean()
    closes = np.isin(stored.sessions[~np.isnan(stored.close)], bars.sessions[~np.isnan(bars.close)])
    whole = not len(closes) or closes.mean() >= COVERED
    return bool(share >= COVERED and whole) and bool((stored.sessions > bars.sessions[-1]).sum() <= 5)


def _factors(bars: Bars) -> Floats:
    """Adjusted close over close, the adjusted close itself where there is no close."""
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.asarray(bars.adj_close / np.where(np.isnan(bars.close), 1.0, bars.close))


def _shared(bars: Bars, stored: Bars) -> _Shared:
    """Rows with a stored final price of the same kind beside them, the earliest session first."""
    at = np.minimum(np.searchsorted(stored.sessions, bars.sessions), len(stored) - 1)
    both = (stored.sessions[at] == bars.sessions) & stored.final[at]
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        close = np.log(bars.close) - np.log(stored.close[at])
        adjusted = np.log(bars.adj_close) - np.log(stored.adj_close[at])
    without = ~np.isfinite(close)
    ratio = np.where(without, adjusted, close)
    theirs = np.flatnonzero(both & np.isfinite(ratio))
    theirs = theirs[np.argsort(bars.sessions[theirs], kind="stable")]
    ours = at[theirs]
    price = np.where(np.isfinite(stored.close[ours]), stored.close[ours], stored.adj_close[ours])
    return _Shared(ours, theirs, ratio[theirs], price)


@dataclass(frozen=True, slots=True, eq=False)
class _Explanation:
    """What may lie between an answer and the store: actions, and the log ratios they ask for.

    ``parts`` numbers the rows that must agree with each other, ``old`` marks those that the answer
    left on the old basis.
    """

    total: Floats
    parts: NDArray[np.int64]
    old: Bools
    rebased: tuple[Action, ...] = ()
    behind: tuple[Action, ...] = ()
    withdrawn: tuple[Action, ...] = ()


def _explanations(
    bars: Bars,
    stored: Bars,
    shared: _Shared,
    actions: Sequence[Action],
    known: Sequence[Action],
    kind: str,
    withdrawn: Sequence[Action],
) -> list[_Explanation]:
    """What may lie between the two: nothing, then the actions, the latest first."""
    days = stored.sessions[shared.ours]
    still = np.zeros(len(days))
    none = np.zeros(len(days), dtype=np.bool_)
    found = [_Explanation(still, none.astype(np.int64), none)]
    if kind not in ("equity", "etf"):
        return found
    given = {(act.session, act.kind): act for act in (*known, *actions)}
    ordered = sorted(given.values(), key=lambda act: (act.session, act.kind), reverse=True)
    sizes = {act: _size(act, bars, stored) for act in ordered}
    useful = [act for act in ordered if sizes[act] and session64(act.session) > days[0]][:LATEST]
    splits = [act for act in useful if act.kind == "split"]
    sets: list[tuple[Action, ...]] = [(act,) for act in useful]
    for chosen in (splits, useful):
        sets += [tuple(chosen[:count]) for count in range(2, len(chosen) + 1)]
    for some in sets:
        total, parts = still.copy(), np.zeros(len(days), dtype=np.int64)
        for act in some:
            earlier = days < session64(act.session)
            total = total + np.where(earlier, sizes[act], 0.0)
            parts = parts + ~earlier
        found.append(_Explanation(total, parts, none, rebased=some))
    for act in splits:
        earlier = days < session64(act.session)
        if not earlier.all():
            parts = (~earlier).astype(np.int64)
            undone = np.where(earlier, -sizes[act], 0.0)
            found.append(_Explanation(undone, parts, earlier, behind=(act,)))
    return found + _undoings(found, days, withdrawn)


def _undoings(
    found: Sequence[_Explanation], days: Sessions, withdrawn: Sequence[Action]
) -> list[_Explanation]:
    """Splits that are reported no more undone, the latest first, alone and beside one that came instead."""
    splits = sorted((act for act in withdrawn if act.kind == "split"), key=lambda act: act.session)[::-1]
    beside = [item for item in found if len(item.rebased) <= 1 and not item.behind]
    undoings = []
    for count in range(1, min(len(splits), LATEST) + 1):
        gone = tuple(splits[:count])
        whole = float(sum(np.log(act.value) for act in gone))
        for item in beside:
            total, parts = item.total, item.parts
            for act in gone:
                earlier = days < session64(act.session)
                total = total + np.where(earlier, float(np.log(act.value)), 0.0)
                parts = parts + ~earlier
            undoings.append(_Explanation(total, parts, item.old, item.rebased, withdrawn=gone))
            # A split that did not happen may have divided the prices of its own day and later ones too.
            undoings.append(
                _Explanation(item.total + whole, item.parts, item.old, item.rebased, withdrawn=gone)
            )
    return undoings


def _size(action: Action, bars: Bars, stored: Bars) -> float:
    """The log factor that an action puts on every price before it; 0 when that is not known."""
    if action.kind == "split":
        return -float(np.log(action.value)) if action.value > 0 else 0.0
    for rows in (stored, bars):
        price = np.where(np.isnan(rows.close), rows.adj_close, rows.close)
        before = (rows.sessions < session64(action.session)) & np.isfinite(price)
        if before.any():
            share = action.value / float(price[before][np.argmax(rows.sessions[before])])
            return float(np.log1p(-share)) if 0 < share < 1 else 0.0
    return 0.0


def _enough(near: Bools, apart: Floats, parts: NDArray[np.int64]) -> bool:
    """Whether so many rows agree, in each part, that the others are revisions."""
    for part in np.unique(parts):
        mine, off = near[parts == part], np.abs(apart[parts == part])
        if len(mine) <= 2:
            if not (mine.any() or (len(mine) == 1 and off[0] <= FEW)):
                return False
        elif (~mine).sum() > max(1, (1 - AGREEING) * len(mine)):
            return False
    return True


def _apart(near: Bools) -> str:
    agree = f"{near.sum():,} of {len(near):,}" if near.any() else f"none of {len(near):,}"
    return f"{agree} shared closes agree with what is stored, and no reported action explains the difference"


def _untold_split(bars: Bars, stored: Bars, shared: _Shared) -> Agreement | None:
    """A split that the source has worked into its history and not reported, told by its rows alone.

    Prices fell to a k-th and volumes rose k times, k an ordinary ratio, over nearly all of five rows
    and more. Another currency or unit leaves volumes as they are, and another company's fit neither.
    """
    middle = float(np.median(shared.ratio))
    ratio = min((value for k in SPLITS for value in (k, 1 / k)), key=lambda k: abs(np.log(k) + middle))
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        volumes = np.log(bars.volume[shared.theirs]) - np.log(stored.volume[shared.ours])
    near = np.abs(shared.ratio + np.log(ratio)) <= SAME
    fits = near & (np.abs(volumes - np.log(ratio)) <= VOLUMES)
    if len(near) < LEAST or fits.mean() < AGREEING:
        return None
    rows = np.zeros(len(bars), dtype=np.bool_)
    rows[shared.theirs[near]] = True
    return Agreement(rows, len(near), int(near.sum()), ratio=ratio, untold=float(ratio))


def _empty_overlap(bars: Bars, stored: Bars, actions: Sequence[Action]) -> str | None:
    """Why rows that share no session with what is stored can hardly go on from it, None when they can.

    Only the step between the two says anything then, and a step over a year says little. One that a
    reported split or another unit would make is left to the judgement of rows.
    """
    final = stored.take(stored.final)
    price = np.where(np.isnan(bars.close), bars.adj_close, bars.close)
    usable = np.isfinite(price) & (price > 0) & ~np.isnat(bars.sessions)
    if not len(final) or not usable.any():
        return None
    days, price = bars.sessions[usable], price[usable]
    held = np.where(np.isnan(final.close), final.adj_close, final.close)
    first = int(np.argmin(days))
    at = int(np.searchsorted(final.sessions, days[first]))
    pairs = [(first, at - 1)] if at else []
    last = int(np.argmax(days))
    after = int(np.searchsorted(final.sessions, days[last]))
    pairs += [(last, after)] if after < len(final) else []
    for row, beside in pairs:
        apart = abs(int((days[row] - final.sessions[beside]).astype(np.int64))) * 5 / 7
        step = abs(float(np.log(price[row]) - np.log(held[beside])))
        span = sorted((days[row], final.sessions[beside]))
        split = any(act.kind == "split" and span[0] < session64(act.session) <= span[1] for act in actions)
        if split or bool((np.abs(np.log(UNITS) - step) < UNIT_NEAR).any()):
            continue
        if step > max(np.log(2.0), UNSHARED_STEP * np.sqrt(apart)):
            return (
                f"no session is shared with what is stored, and {price[row]:g} does not go on from "
                f"{held[beside]:g}"
            )
    return None


def unshared_sessions(bars: Bars, stored: Bars | None) -> int:
    """Return how many weekdays lie between what is stored and an answer that shares none of it; 0 if any."""
    if stored is None or not stored.final.any() or not len(bars):
        return 0
    days, final = bars.sessions[~np.isnat(bars.sessions)], stored.sessions[stored.final]
    if not len(days) or np.isin(days, final).any() or days.min() <= final[-1]:
        return 0
    return int(np.busday_count(final[-1], days.min()))


def _drifting(bars: Bars, stored: Bars, actions: Sequence[Action], known: Sequence[Action]) -> str | None:
    """Why adjusted closes cannot be a history that was adjusted anew, None when they can.

    A dividend moves every adjusted close before it by one factor, so what is stored and what
    came differ by steps, at the days of actions; not by another factor each day.
    """
    at = np.minimum(np.searchsorted(stored.sessions, bars.sessions), len(stored) - 1)
    both = np.flatnonzero((stored.sessions[at] == bars.sessions) & stored.final[at])
    both = both[np.argsort(bars.sessions[both], kind="stable")]
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        moved = np.log(_factors(bars)[both]) - np.log(_factors(stored)[at[both]])
    usable = np.isfinite(moved) & (np.isnan(bars.close[both]) == np.isnan(stored.close[at[both]]))
    days, moved = bars.sessions[both][usable], moved[usable]
    if len(moved) < 4:
        return None
    steps = np.abs(np.diff(moved)) > DRIFT_STEP
    acted = np.array([act.session for act in (*known, *actions)], dtype="datetime64[D]")
    for act in acted:
        steps[(days[:-1] < act) & (act <= days[1:])] = False
    if steps.mean() <= DRIFT:
        return None
    return "the adjusted closes differ from what is stored by another factor each day"


def _constant(new: Floats, old: Floats) -> float:
    """The log factor that most shared rows agree on, 0 when they agree on none."""
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        factors = np.log(new) - np.log(old)
    factors = factors[np.isfinite(factors)]
    if len(factors) < CONSTANT:
        return 0.0
    middle = float(np.median(factors))
    spread = SPREAD if abs(middle) > SAME else max(abs(middle) / 2, ADJUSTED / 4)
    agree = float((np.abs(factors - middle) <= spread).mean())
    return middle if agree >= AGREEING else 0.0

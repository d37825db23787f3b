"""Whether an answer stands on another basis than what is stored; pure.

A split re-adjusts every price before it and a dividend every adjusted close. Old history
beside a fresh tail would then be a fall that never was, so the symbol is read again whole.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from models.types import Action, Bars, Floats

SAME = 0.005
"""Log distance below which closes are taken as revised, not re-based."""
SPREAD = 0.002
ADJUSTED = 2e-5
"""A dividend of a cent on NVDA moves the older adjusted closes by 5e-5; rounding by 1e-7."""
AGREEING = 0.7
COVERED = 0.9


def basis_change(bars: Bars, stored: Bars, actions: Sequence[Action], known: Sequence[Action]) -> str | None:
    """Say in a word or two why the history must be read again, None when it need not be.

    Parameters
    ----------
    bars
        Rows as received, any order, any field NaN.
    stored
        Bars of the same symbol, ordered.
    actions, known
        What the answer reports, and what is stored.
    """
    if not len(stored):
        return None
    had = {(action.session, action.kind): action.value for action in known}
    first = stored.sessions[0].item()
    for action in actions:
        new = had.get((action.session, action.kind)) != action.value
        if action.kind == "split" and action.session > first and new:
            return f"split {action.value:g}:1"
    return shift(bars, stored)


def shift(bars: Bars, stored: Bars) -> str | None:
    """Say how the sessions that both hold differ by a constant factor, None when they do not."""
    rows = np.minimum(np.searchsorted(stored.sessions, bars.sessions), len(stored) - 1)
    shared = (stored.sessions[rows] == bars.sessions) & stored.final[rows]
    ours, theirs = rows[shared], np.flatnonzero(shared)
    factor = _constant(bars.close[theirs], stored.close[ours])
    if abs(factor) > SAME:
        return f"re-based {np.exp(-factor):.4g}:1"
    with np.errstate(divide="ignore", invalid="ignore"):
        before = stored.adj_close[ours] / np.where(np.isnan(stored.close[ours]), 1.0, stored.close[ours])
        after = bars.adj_close[theirs] / np.where(np.isnan(bars.close[theirs]), 1.0, bars.close[theirs])
    if abs(_constant(after, before)) > ADJUSTED:
        return "adjusted closes moved"
    return None


def covers(bars: Bars, stored: Bars) -> bool:
    """Whether a history may take the place of what is stored: it holds nearly all of it, to the end."""
    if not len(bars) or not len(stored):
        return bool(len(bars))
    share = np.isin(stored.sessions, bars.sessions).mean()
    return bool(share >= COVERED) and bool((stored.sessions > bars.sessions[-1]).sum() <= 5)


def _constant(new: Floats, old: Floats) -> float:
    """The log factor that most shared rows agree on, 0 when they agree on none."""
    with np.errstate(divide="ignore", invalid="ignore"):
        factors = np.log(new / old)
    factors = factors[np.isfinite(factors)]
    if not len(factors):
        return 0.0
    middle = float(np.median(factors))
    spread = SPREAD if abs(middle) > SAME else max(abs(middle) / 2, ADJUSTED / 4)
    agree = float((np.abs(factors - middle) <= spread).mean())
    return middle if agree >= AGREEING else 0.0

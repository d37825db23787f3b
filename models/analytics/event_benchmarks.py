"""Benchmarks that do not hold the name they are to explain.

Two firms are half of Seoul's index: measured against it, their fall explains itself away. What is left
is the mean of the other names, or a factor from another market that closed before.
"""

from __future__ import annotations

import numpy as np

from models.types import Bools, Floats

MIN_OTHERS = 3


def rest_of(returns: Floats) -> Floats:
    """Return, for each name, the mean return of the other names that traded that session.

    Over all names the abnormal returns from such a benchmark are near 0 by construction: it tells a
    name from its peers and cannot show a fall of them all.

    Parameters
    ----------
    returns
        Fractions, shape (T, N); NaN where a name has none.

    Returns
    -------
    Floats
        Shape (T, N); NaN where fewer than three others have a return.
    """
    known = np.isfinite(returns)
    own = np.where(known, returns, 0.0)
    others = known.sum(axis=1, keepdims=True) - known
    sums = own.sum(axis=1, keepdims=True) - own
    return np.divide(sums, others, out=np.full(returns.shape, np.nan), where=others >= MIN_OTHERS)


def session_before(factor: Floats, factor_open: Bools, opened: Bools) -> Floats:
    """Return what a later-closing market did between an exchange's previous session and this one.

    New York's session of a date ends after Asia's of that date: what an Asian session can know of it
    are the sessions of earlier dates since its own last one, compounded. If New York held none in
    between, its price did not move: 0.

    Parameters
    ----------
    factor
        Return of the other market on its own sessions, fractions, shape (T,).
    factor_open
        Whether the other market held a session, shape (T,).
    opened
        Whether the exchange itself held one, shape (T,).

    Returns
    -------
    Floats
        Shape (T,); NaN outside the exchange's sessions, on its first, before the factor's first return,
        and where the factor lacks a return of a session that it held.
    """
    known = np.isfinite(factor)
    begun = np.maximum.accumulate(known) if len(known) else known
    wealth = _before(np.where(known, np.log1p(np.where(known, factor, 0.0)), 0.0))
    gone = _before((factor_open & ~known) | ~begun)
    rows = np.flatnonzero(opened)
    found = np.full(len(factor), np.nan)
    whole = np.diff(gone[rows]) == 0
    found[rows[1:]] = np.where(whole, np.expm1(np.diff(wealth[rows])), np.nan)
    return found


def _before(values: Floats | Bools) -> Floats:
    """Running sums of what lies before each row."""
    return np.concatenate([[0.0], np.cumsum(values, dtype=np.float64)[:-1]]) if len(values) else np.zeros(0)

"""Exceedances: days on which a name fell into the worst twentieth of its own recent past.

The yardstick is the name's own trailing quantile, never one of the whole sample: a quantile
that knows the crash to come would call the days before it ordinary.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from models.types import Bools, Floats

TAIL = 0.05
WINDOW = 750
MINIMUM = 250


def trailing_quantile(
    returns: Floats, q: float = TAIL, window: int = WINDOW, minimum: int = MINIMUM
) -> Floats:
    """Return the q-quantile of the sessions before, today excluded, on each name's own sessions.

    Linear interpolation between order statistics (Hyndman and Fan 1996, type 7).

    Parameters
    ----------
    returns
        Fractions, shape (T,) or (T, N); a NaN is no session of that name and is passed over.
    q
        In (0, 1).
    window, minimum
        Own sessions.

    Returns
    -------
    Floats
        Fractions, same shape; NaN where the return is, and with fewer than ``minimum`` own
        sessions before.
    """
    columns = returns[:, None] if returns.ndim == 1 else returns
    found = np.full(columns.shape, np.nan)
    for column in range(columns.shape[1]):
        known = np.isfinite(columns[:, column])
        own = pd.Series(columns[known, column])
        found[known, column] = own.rolling(window, min_periods=minimum).quantile(q).shift(1)
    return found.reshape(returns.shape)


def exceedances(
    returns: Floats, q: float = TAIL, window: int = WINDOW, minimum: int = MINIMUM
) -> tuple[Bools, Bools]:
    """Return which returns lie at or below their own trailing quantile, and which were judged.

    Parameters
    ----------
    returns
        Fractions, shape (T,) or (T, N); NaN where a name has none.
    q, window, minimum
        As in :func:`trailing_quantile`.

    Returns
    -------
    tuple
        Exceeded and judged, same shape. A return without enough history behind it is neither:
        a share of exceedances is over the judged ones.
    """
    limit = trailing_quantile(returns, q, window, minimum)
    judged = np.isfinite(limit)
    exceeded = np.less_equal(returns, limit, out=np.zeros(judged.shape, dtype=np.bool_), where=judged)
    return exceeded, judged

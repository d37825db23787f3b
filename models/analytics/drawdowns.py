"""Drawdowns and their measures: how far below its own record a price stands.

Every function takes (T,) or (T, N) and reduces the first axis. A drawdown is a fraction, at or
below 0. Rows of NaN stay NaN and are left out of every measure.

The first day. Functions of **prices** need no convention: the first price is the first record.
Functions of **returns** start from a wealth of 1 *before* the first return, so a loss on day one
counts (returns -10 % and on to 75 of 100 are a drawdown of -25 %, not of -16.7 %).
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from models.analytics.returns import return_path
from models.types import Floats


def drawdown(prices: Floats) -> Floats:
    """Return the fall from the record so far: P[t] / max(P[s], s <= t) - 1.

    Parameters
    ----------
    prices
        Positive prices, shape (T,) or (T, N).

    Returns
    -------
    Floats
        Fractions <= 0, same shape; 0 at a record, NaN where the price is NaN.
    """
    record = np.fmax.accumulate(prices, axis=0)
    np.divide(prices, record, out=record)
    return np.subtract(record, 1.0, out=record)


def trailing_drawdown(prices: Floats, sessions: int = 252) -> Floats:
    """Return the fall from the high of the last ``sessions`` of a name's own sessions.

    The 52-week convention; before that many sessions, the high so far.

    Parameters
    ----------
    prices
        Positive prices, shape (T,) or (T, N); a NaN row is not a session of that name.
    sessions
        Own sessions, today's included.

    Returns
    -------
    Floats
        Fractions <= 0, same shape; NaN where the price is NaN.
    """
    columns = prices[:, None] if prices.ndim == 1 else prices
    falls = np.full(columns.shape, np.nan)
    for column in range(columns.shape[1]):
        known = np.isfinite(columns[:, column])
        own = columns[known, column]
        if own.size:
            padded = np.concatenate([np.full(sessions - 1, -np.inf), own])
            high = np.lib.stride_tricks.sliding_window_view(padded, sessions).max(axis=1)
            falls[known, column] = own / high - 1
    return falls.reshape(prices.shape)


def wealth(returns: Floats) -> Floats:
    """Return the wealth that 1 grew to: the chained product of (1 + return).

    Parameters
    ----------
    returns
        Fractions, shape (T,) or (T, N).

    Returns
    -------
    Floats
        Same shape; NaN where the return is NaN, and the chain runs on over it.
    """
    return np.where(np.isnan(returns), np.nan, np.nancumprod(1 + returns, axis=0))


def drawdown_of_returns(returns: Floats) -> Floats:
    """Return the drawdown of compounded returns, the wealth path being seeded with 1.

    Parameters
    ----------
    returns
        Fractions, shape (T,) or (T, N).

    Returns
    -------
    Floats
        Fractions <= 0, same shape; a loss on the first day is a drawdown.
    """
    path = wealth(returns)
    return path / np.fmax(np.fmax.accumulate(path, axis=0), 1.0) - 1


def max_drawdown(dd: Floats) -> Floats:
    """Return the deepest drawdown, a fraction <= 0; NaN when there is no observation.

    Parameters
    ----------
    dd
        Drawdowns, shape (T,) or (T, N).
    """
    return np.fmin.reduce(dd, axis=0, initial=np.nan)


def pain(dd: Floats) -> Floats:
    """Return the pain index, mean |DD| (Becker 2006): a positive fraction, NaN without data.

    Parameters
    ----------
    dd
        Drawdowns, shape (T,) or (T, N).
    """
    return _mean(np.abs(dd))


def ulcer(dd: Floats) -> Floats:
    """Return the ulcer index, sqrt(mean DD²) (Martin 1987): a positive fraction.

    Martin quotes percentage points; this is the fraction, a hundredth of it.

    Parameters
    ----------
    dd
        Drawdowns, shape (T,) or (T, N).
    """
    return np.sqrt(_mean(np.square(dd)))


def ulcer_performance(prices: Floats) -> Floats:
    """Return the ulcer performance index, mean return per session / ulcer index (Martin 1987).

    Not annualised, no risk-free rate.

    Parameters
    ----------
    prices
        Positive prices, shape (T,) or (T, N); a NaN row is not a session of that name.

    Returns
    -------
    Floats
        A ratio, () or (N,); NaN for a path that never fell or has fewer than two prices.
    """
    mean = _mean(return_path(prices, np.full(prices.shape, np.nan)))
    depth = ulcer(drawdown(prices))
    return np.divide(mean, depth, out=np.full(np.shape(depth), np.nan), where=depth > 0)[()]


def drawdown_at_risk(dd: Floats, alpha: float = 0.95) -> Floats:
    """Return the drawdown exceeded on at most (1 - alpha) of days: a positive fraction.

    The ceil(n · alpha)-th smallest |DD|, an observed value, never interpolated (Chekhlov,
    Uryasev and Zabarankin 2005, eq. 3.5).

    Parameters
    ----------
    dd
        Drawdowns, shape (T,) or (T, N).
    alpha
        Confidence, in (0, 1).
    """
    return _each_column(dd, lambda depth: _tail(depth, alpha)[0])


def conditional_drawdown_at_risk(dd: Floats, alpha: float = 0.95) -> Floats:
    """Return CDaR, the mean of the worst (1 - alpha) of drawdown days: a positive fraction.

    Discrete form with the boundary day counted by its fraction (Chekhlov, Uryasev and
    Zabarankin 2005, eq. 3.9). Per day, not per episode.

    Parameters
    ----------
    dd
        Drawdowns, shape (T,) or (T, N).
    alpha
        Confidence, in (0, 1).
    """
    return _each_column(dd, lambda depth: _tail(depth, alpha)[1])


def entropic_drawdown_at_risk(dd: Floats, alpha: float = 0.95, floor: float = 1e-4) -> Floats:
    """Return EDaR, the tightest exponential bound on DaR and CDaR: a positive fraction.

    inf over z > 0 of z · ln(mean(exp(|DD| / z)) / (1 - alpha)) (Ahmadi-Javid 2012, eq. 8,
    applied to drawdowns). The function is convex in z and is minimised by golden section.

    Parameters
    ----------
    dd
        Drawdowns, shape (T,) or (T, N).
    alpha
        Confidence, in (0, 1).
    floor
        Smallest z tried, as a share of the deepest drawdown. With few observations the
        infimum lies at z = 0, where the bound is the deepest drawdown itself.
    """
    return _each_column(dd, lambda depth: _entropic(depth, alpha, floor))


def percentile_of_now(dd: Floats) -> Floats:
    """Return where the last drawdown stands in its own history.

    The share of days since the first price with a shallower fall than the last one, the last
    day included in the count: 0 at a record, near 1 at the deepest fall ever.

    Parameters
    ----------
    dd
        Drawdowns, shape (T,) or (T, N).

    Returns
    -------
    Floats
        Fractions, () or (N,); NaN when there is no observation.
    """
    known = np.isfinite(dd)
    count = known.sum(axis=0)
    now = _last_known(dd)
    shallower = (dd > now).sum(axis=0)
    return np.divide(shallower, count, out=np.full(np.shape(count), np.nan), where=count > 0)[()]


def _last_known(values: Floats) -> Floats:
    """The last value that is a number, per column; NaN when none is."""
    if not len(values):
        return np.full(values.shape[1:], np.nan)
    known = np.isfinite(values)
    last = len(values) - 1 - np.argmax(known[::-1], axis=0)
    return np.take_along_axis(values, np.expand_dims(last, 0), axis=0)[0]


def _mean(values: Floats) -> Floats:
    """Mean over the first axis without NaN, and NaN (no warning) where there is nothing."""
    known = ~np.isnan(values)
    count = known.sum(axis=0)
    total = np.where(known, values, 0.0).sum(axis=0)
    return np.divide(total, count, out=np.full(np.shape(count), np.nan), where=count > 0)[()]


def _each_column(dd: Floats, measure: Callable[[Floats], float]) -> Floats:
    """Apply a measure of sorted depths, deepest first, to each column."""
    columns = (dd[:, None] if dd.ndim == 1 else dd).T
    found = [measure(np.sort(-column[~np.isnan(column)])[::-1]) for column in columns]
    return np.array(found).reshape(dd.shape[1:])[()]


def _tail(depth: Floats, alpha: float) -> tuple[float, float]:
    """DaR and CDaR of depths sorted deepest first."""
    if not len(depth):
        return np.nan, np.nan
    tail = (1 - alpha) * len(depth)
    whole = min(int(np.floor(tail + 1e-9)), len(depth) - 1)  # 1e-9: .2 · 10 must count as 2
    beyond = depth[:whole].sum() + (tail - whole) * depth[whole]
    return float(depth[whole]), float(beyond / tail)


def _entropic(depth: Floats, alpha: float, floor: float) -> float:
    """Minimise the entropic bound over its temperature, on a logarithmic scale."""
    if not len(depth):
        return np.nan
    worst = float(depth[0])
    if worst == 0:
        return 0.0

    def bound(log_z: float) -> float:
        z = worst * np.exp(log_z)
        return worst + z * float(np.log(np.mean(np.exp((depth - worst) / z)) / (1 - alpha)))

    return bound(_golden_section(bound, float(np.log(floor)), float(np.log(1e4))))


def _golden_section(function: Callable[[float], float], low: float, high: float, rounds: int = 80) -> float:
    """The minimiser of a unimodal function between low and high."""
    ratio = (np.sqrt(5) - 1) / 2
    a, b = high - ratio * (high - low), low + ratio * (high - low)
    fa, fb = function(a), function(b)
    for _ in range(rounds):
        if fa <= fb:
            high, b, fb = b, a, fa
            a = high - ratio * (high - low)
            fa = function(a)
        else:
            low, a, fa = a, b, fb
            b = low + ratio * (high - low)
            fb = function(b)
    return min((low, high, (low + high) / 2), key=function)

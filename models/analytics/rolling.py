"""Correlation day by day: over a trailing window, and with weights that fade.

The arithmetic of a window never subtracts what left it, so that a crash does not stay behind as
rounding error: each block of windows shares one product of the days that all of them hold, and
adds the few days in which they differ.
"""

from __future__ import annotations

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from models.errors import MeasureSettingError
from models.types import Bools, Floats

WINDOW = 60
DECAY = 0.94
WITHHELD = 60

_BLOCK = 16
_EWMA_BLOCK = 64
# Below this share of a sum of squares a variance is the rounding error of a series that stood still.
_STILL = 1e-13


def rolling_correlation(returns: Floats, window: int = WINDOW, minimum: int | None = None) -> Floats:
    """Return the correlation of every pair over every trailing window.

    Parameters
    ----------
    returns
        Fractions, shape (T, N), a row an observation of all names (the rows of one side's days, or
        of :func:`~models.analytics.clock.clock_rows`); NaN where a name has none.
    window
        Rows, the day itself included.
    minimum
        Rows that both names of a pair must have in the window; all of it when not given, as
        ``pandas.DataFrame.rolling(window).corr()`` does, with which the result agrees.

    Returns
    -------
    Floats
        Shape (T, N, N), symmetric. NaN for a pair with fewer than ``minimum`` common rows, and where a
        name did not move.

    Raises
    ------
    MeasureSettingError
        If the window is shorter than 3 rows or ``minimum`` is not within it.
    """
    needed = _checked(window, minimum)
    count, names = returns.shape
    out = np.empty((count, names, names))
    if needed < window:
        _holed_windows(returns, window, needed, out)
        return out
    out[: window - 1] = np.nan
    if count >= window and names:
        _complete_windows(returns, window, out[window - 1 :])
    return out


def rolling_pair(x: Floats, y: Floats, window: int = WINDOW, minimum: int | None = None) -> Floats:
    """Return the rolling correlation of two series, as :func:`rolling_correlation` has it.

    Parameters
    ----------
    x, y
        Fractions, shape (T,), row by row the same instant or the same link of the clock.
    window, minimum
        As in :func:`rolling_correlation`.

    Returns
    -------
    Floats
        Shape (T,).
    """
    both = np.isfinite(x) & np.isfinite(y)
    pair = np.where(both[:, None], np.column_stack([x, y]), np.nan)
    return rolling_correlation(pair, window, minimum)[:, 0, 1]


def mean_pairwise(returns: Floats, window: int = WINDOW) -> tuple[Floats, np.ndarray]:
    """Return the mean correlation of all pairs over every trailing window, and of how many names.

    With z the columns of a window centred and scaled to length 1, the correlations of all pairs
    sum to (‖Σ z‖² − n) / 2: no matrix is made.

    Parameters
    ----------
    returns
        Fractions, shape (T, N); NaN where a name has none.
    window
        Rows.

    Returns
    -------
    tuple
        The mean, shape (T,), NaN with fewer than 2 names; and the names counted, shape (T,): those
        with a whole window in which they moved.
    """
    _checked(window, None)
    everyone = np.ones((1, returns.shape[1]), dtype=np.bool_)
    sums, n = _unit_sums(returns, window, everyone)
    total = np.einsum("tw,tw->t", sums[0], sums[0]) - n[0]
    return _at_ends(total / np.where(n[0] > 1, n[0] * (n[0] - 1), np.nan), len(returns)), _at_ends(
        n[0], len(returns)
    )


def mean_across(returns: Floats, first: Bools, window: int = WINDOW) -> tuple[Floats, np.ndarray]:
    """Return the mean correlation of every name of one group with every name of the rest.

    Parameters
    ----------
    returns
        Fractions, shape (T, N), on rows of the clock when the groups trade at different hours; NaN where a
        name has none.
    first
        Shape (N,): the names of the one group.
    window
        Rows.

    Returns
    -------
    tuple
        The mean, shape (T,), NaN when a group has no name; and the names counted, shape (T,): those with
        a whole window in which they moved.
    """
    _checked(window, None)
    sums, n = _unit_sums(returns, window, np.array([first, ~first]))
    total = np.einsum("tw,tw->t", sums[0], sums[1])
    return _at_ends(total / np.where(n[0] * n[1] > 0, n[0] * n[1], np.nan), len(returns)), _at_ends(
        n.sum(axis=0), len(returns)
    )


def _unit_sums(returns: Floats, window: int, groups: Bools) -> tuple[Floats, np.ndarray]:
    """Per group (G, N) and window W the sum of its names' unit columns (G, W, window), and their number."""
    good = _usable(returns, window)
    sums = np.empty((len(groups), len(good), window))
    filled = np.nan_to_num(returns, nan=0.0, posinf=0.0, neginf=0.0)
    for start in range(0, len(good), _BLOCK):
        use = good[start : start + _BLOCK]
        rows = filled[start : start + window + len(use) - 1]
        rows = rows - rows.mean(axis=0)
        views = sliding_window_view(rows, window, axis=0)
        centre = views.mean(axis=2)
        length = np.sqrt(np.maximum(np.einsum("tnw,tnw->tn", views, views) - window * centre**2, 0.0))
        unit = np.divide(1.0, length, out=np.zeros_like(length), where=use & (length > 0))
        weight = unit[:, None, :] * groups
        taken = np.matmul(weight, views) - np.einsum("tgn,tn->tg", weight, centre)[:, :, None]
        sums[:, start : start + _BLOCK] = taken.swapaxes(0, 1)
    return sums, (good[None] & groups[:, None]).sum(axis=2)


def _at_ends(found: np.ndarray, count: int) -> np.ndarray:
    """Figures of windows at the rows on which they end; nothing before the first."""
    whole = np.zeros(count, dtype=found.dtype) if found.dtype.kind == "i" else np.full(count, np.nan)
    whole[count - len(found) :] = found
    return whole


def ewma_correlation(returns: Floats, decay: float = DECAY, minimum: int = WITHHELD) -> Floats:
    """Return the exponentially weighted correlation of every pair, day by day.

    Second moments around zero with weights λ^k, k rows ago (RiskMetrics 1996, section 5.2). No seed is
    needed: the recursion starts at nothing, the sum of the weights cancels in a correlation, and
    the first ``minimum`` common rows of a pair are withheld; after 60 rows at λ = .94 what a seed
    could have said would weigh 2 %.

    Parameters
    ----------
    returns
        Fractions, shape (T, N); NaN where a name has none. A row that one of a pair lacks leaves
        the pair as it was.
    decay
        λ, from .5 to below 1.
    minimum
        Common rows before a pair's first value.

    Returns
    -------
    Floats
        Shape (T, N, N); NaN during the start, on rows where one of the pair has no return, and while a
        name has not moved.

    Raises
    ------
    MeasureSettingError
        If λ is not between .5 and 1.
    """
    if not 0.5 <= decay < 1:
        raise MeasureSettingError("The decay λ", decay, "a value from 0.5 to below 1")
    has = np.isfinite(returns)
    values = np.where(has, returns, 0.0)
    out = np.empty((*returns.shape, returns.shape[1]))
    # without holes a pair's own moments are those of its names, and need no matrix of their own
    carry = [np.zeros(out.shape[1:]) for _ in range(1 if has.all() else 2)]
    seen = np.zeros(out.shape[1:], dtype=np.int64)
    for start in range(0, len(returns), _EWMA_BLOCK):
        rows = slice(start, start + _EWMA_BLOCK)
        _faded(values[rows], has[rows], decay, carry, out[rows])
        both = has[rows, :, None] & has[rows, None, :]
        together = np.cumsum(both, axis=0, dtype=np.int32) + seen
        seen = together[-1]
        if not both.all() or together[0].min() < minimum:
            out[rows][~both | (together < minimum)] = np.nan
    return out


def _faded(values: Floats, has: Bools, decay: float, carry: list[Floats], out: Floats) -> None:
    """Write a block of rows' weighted correlations; ``carry`` brings and takes the sums.

    The common factor λ^t cancels in a correlation, so that a block is a plain cumulative sum of
    rows weighted λ^-k.
    """
    grown = values * decay ** (-np.arange(len(values))[:, None] / 2)
    last = decay ** (1 - len(values))
    cross = _summed(np.multiply(grown[:, :, None], grown[:, None, :], out=out), carry[0], decay, last)
    if len(carry) == 1:
        square = np.einsum("tnn->tn", cross)
        scale = np.divide(1.0, np.sqrt(square), out=np.full(square.shape, np.nan), where=square > 0)
        out *= scale[:, :, None]
        out *= scale[:, None, :]
        return
    own = _summed((grown**2)[:, :, None] * has[:, None, :], carry[1], decay, last)
    own = np.sqrt(own * own.transpose(0, 2, 1))
    np.divide(cross, own, out=out, where=own > 0)
    out[own == 0] = np.nan


def _summed(terms: Floats, carry: Floats, decay: float, last: float) -> Floats:
    """Cumulative sum in place, from the carried one, which is left ready for the next block."""
    terms[0] += carry * decay
    np.cumsum(terms, axis=0, out=terms)
    carry[:] = terms[-1] / last
    return terms


def _checked(window: int, minimum: int | None) -> int:
    needed = window if minimum is None else minimum
    if minimum is None and window < 3:
        raise MeasureSettingError("The window", f"{window} rows", "3 rows or more")
    if window < 3 or not 3 <= needed <= window:
        raise MeasureSettingError(
            "The window",
            f"{window} rows with at least {needed} of them",
            "3 rows or more, the minimum within",
        )
    return needed


def _usable(returns: Floats, window: int) -> Bools:
    """Per window and name: no hole in it, and not the same value all through. Shape (T - window + 1, N)."""
    has = np.isfinite(returns)
    if len(returns) < window:
        return np.empty((0, returns.shape[1]), dtype=np.bool_)
    moved = np.zeros(returns.shape, dtype=np.int32)
    moved[1:] = returns[1:] != returns[:-1]
    kept, moves = (
        np.vstack([np.zeros((1, returns.shape[1]), dtype=np.int32), np.cumsum(each, axis=0, dtype=np.int32)])
        for each in (has, moved)
    )
    whole = kept[window:] - kept[:-window] == window
    # the move into a window's first row is no move within it
    return whole & (moves[window:] - moves[1 : len(moves) - window + 1] > 0)


def _complete_windows(returns: Floats, window: int, out: Floats) -> None:
    """Fill ``out`` with the correlations of whole windows; a name with a hole or without a move is NaN."""
    good = _usable(returns, window)
    filled = np.nan_to_num(returns, nan=0.0, posinf=0.0, neginf=0.0)
    # a constant return, written in binary, spreads by its last digits: that is no move
    least = window * (8 * np.finfo(np.float64).eps * np.abs(filled).max(axis=0)) ** 2
    # few names make small products: longer blocks save turns of this loop
    size = min(_BLOCK if returns.shape[1] >= _BLOCK else 64, window)
    for start in range(0, len(out), size):
        block = out[start : start + size]
        rows = filled[start : start + window + len(block) - 1]
        _block_of_windows(rows - rows.mean(axis=0), window, good[start : start + len(block)], least, block)


def _block_of_windows(rows: Floats, window: int, good: Bools, least: Floats, out: Floats) -> None:
    """Correlations of K consecutive windows from ``rows`` (window + K - 1, N), centred near zero.

    The rows K-1 … window-1 lie in all of the windows and are multiplied once; each window adds its own
    K-1 rows and takes off its mean, the last row of ``own``.
    """
    k = len(out)
    core = rows[k - 1 : window]
    shared = core.T @ core
    own = np.empty((k, k, rows.shape[1]))
    own[:, : k - 1] = rows[_own_rows(k, window)]
    mean = (own[:, : k - 1].sum(axis=1) + core.sum(axis=0)) / np.sqrt(window)
    own[:, k - 1] = mean
    spread = np.einsum("tkn,tkn->tn", own[:, : k - 1], own[:, : k - 1]) + np.diagonal(shared) - mean**2
    good = good & (spread > least)
    scale = np.full(spread.shape, np.nan)
    scale[good] = 1 / np.sqrt(spread[good])
    own *= scale[:, None]
    minus = own.copy()
    minus[:, k - 1] *= -1
    np.multiply(scale[:, :, None], scale[:, None, :], out=out)
    out *= shared
    out += np.matmul(own.transpose(0, 2, 1), minus)
    diagonal = np.einsum("tnn->tn", out)
    diagonal[good] = 1.0


def _own_rows(k: int, window: int) -> np.ndarray:
    """For each of K windows the K-1 rows that not all of them hold: its first ones and its last ones."""
    row, j = np.arange(k - 1)[None, :], np.arange(k)[:, None]
    return np.where(row >= j, row, window + row)


def _holed_windows(returns: Floats, window: int, minimum: int, out: Floats) -> None:
    """Fill ``out`` with the correlations over the rows that both names of a pair have."""
    before = np.full((window - 1, returns.shape[1]), np.nan)
    views = sliding_window_view(np.vstack([before, returns]), window, axis=0)
    for start in range(0, len(out), _BLOCK):
        out[start : start + _BLOCK] = masked_correlation(views[start : start + _BLOCK], minimum)[0]


def masked_correlation(values: Floats, minimum: int) -> tuple[Floats, np.ndarray]:
    """Return the correlation of every pair of series over the observations that both have.

    Parameters
    ----------
    values
        Any unit, shape (…, N, T): series in rows, NaN where one has no observation.
    minimum
        Common observations that a pair needs.

    Returns
    -------
    tuple
        Correlation, shape (…, N, N), NaN for a pair with fewer observations or when one of it did not move
        on them; and the observations of each pair, same shape.
    """
    has = np.isfinite(values)
    seen = np.maximum(has.sum(axis=-1, keepdims=True), 1)
    plain = np.where(has, values, 0.0)
    x = np.where(has, plain - plain.sum(axis=-1, keepdims=True) / seen, 0.0)
    mask = has.astype(np.float64)
    turned, other = mask.swapaxes(-1, -2), x.swapaxes(-1, -2)
    n = mask @ turned
    count = np.maximum(n, 1)
    total, square = x @ turned, (x * x) @ turned
    spread = square - total**2 / count
    spread[spread <= _STILL * square] = 0.0
    product = spread * spread.swapaxes(-1, -2)
    cross = x @ other - total * total.swapaxes(-1, -2) / count
    known = (n >= minimum) & (product > 0)
    found = np.divide(cross, np.sqrt(product), out=np.full(cross.shape, np.nan), where=known)
    return np.clip(found, -1.0, 1.0), np.rint(n).astype(np.int64)

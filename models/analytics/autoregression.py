"""Vector autoregressions of many samples at once: who takes part, moments, coefficients, stability.

Everything rests on one matrix a sample: the joint moments of ``[x[t], x[t−1], …, x[t−p]]`` about
their mean, over the rows in which none of them is missing. The constant of the regression is
gone with the mean, and both the coefficients and the residual covariance follow from its blocks.
"""

from __future__ import annotations

from itertools import pairwise
from math import ceil

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from models.types import Bools, Floats

COVERAGE = 0.9
PER_COEFFICIENT = 3
PER_COEFFICIENT_SHRUNK = 1
PER_COEFFICIENT_THIN = 5
MINIMUM = 30
MAX_INFLATION = 1e8
_STILL = 1e-12
_ROUNDS = 2
_SQUARINGS = 3
_HOPELESS = 1e8
_UNEVEN = 100.0


def window_members(x: Floats, window: int, coverage: float = COVERAGE) -> tuple[Bools, Bools]:
    """Return which series take part in each window, and which of the others did not move.

    A series takes part where it has a value in at least ``coverage`` of the window's rows and
    moved in it: a listing inside the window keeps a name out until the window has it whole.

    Parameters
    ----------
    x
        Shape (T, N); NaN where a series has no value.
    window
        Rows; windows end at rows ``window − 1`` to ``T − 1``.
    coverage
        Share of the rows.

    Returns
    -------
    tuple
        Members and those out because they were flat, each shape (T − window + 1, N).
    """
    has = np.isfinite(x)
    covered = _rolling_count(has, window) >= ceil(coverage * window)
    still = _rolling_count(_moved(x, has), window - 1)[1:] == 0
    return covered & ~still, covered & still


def _moved(x: Floats, has: Bools) -> Bools:
    """Whether a series differs from its last value; beyond rounding, in units of its size."""
    last = np.maximum.accumulate(np.where(has, np.arange(len(x))[:, None], 0), axis=0)
    held = np.take_along_axis(np.where(has, x, 0.0), last, axis=0)
    step = np.abs(np.diff(held, axis=0, prepend=held[:1]))
    return step > _STILL * np.abs(held)


def _rolling_count(flags: Bools, window: int) -> np.ndarray:
    total = np.vstack([np.zeros((1, flags.shape[1]), dtype=int), np.cumsum(flags, axis=0)])
    return total[window:] - total[: len(total) - window]


def observations_needed(names: int, lags: int, *, shrunk: bool = False) -> int:
    """Return the fewest observations from which a system may be estimated.

    Each equation has names × lags + 1 coefficients. Least squares needs three observations a
    coefficient, a shrunk system one, and neither is tried below 30.

    Parameters
    ----------
    names, lags
        The size of the system.
    shrunk
        Whether its moments are shrunk.

    Returns
    -------
    int
        Rows with all lags present.
    """
    each = PER_COEFFICIENT_SHRUNK if shrunk else PER_COEFFICIENT
    return max(MINIMUM, each * (names * lags + 1))


def lagged(x: Floats, lags: int) -> tuple[Floats, Bools]:
    """Return ``[x[t], x[t−1], …]`` side by side in units of each series, and the whole rows.

    Parameters
    ----------
    x
        Shape (T, N); NaN where a series has no value.
    lags
        p, at least 1.

    Returns
    -------
    tuple
        Shape (T − p, N (p + 1)), every series about its mean over its standard deviation, zero in
        rows that are not whole; and whether a row is whole, shape (T − p,).
    """
    whole = np.asarray(np.isfinite(x).all(axis=1), dtype=np.bool_)
    if whole.all():
        scaled = (x - x.mean(axis=0)) / x.std(axis=0)
    else:
        scaled = (x - np.nanmean(x, axis=0)) / np.nanstd(x, axis=0)
    rows = len(x) - lags
    z = np.hstack([scaled[lags - lag :][:rows] for lag in range(lags + 1)])
    usable = np.ones(rows, dtype=np.bool_)
    for lag in range(lags + 1):
        usable &= whole[lags - lag :][:rows]
    z[~usable] = 0.0
    return z, usable


def rolling_moments(
    z: Floats, usable: Bools, rows: int, out: Floats | None = None
) -> tuple[Floats, np.ndarray]:
    """Return sums of products about the mean of every run of ``rows`` rows, and their counts.

    The first run is summed. Each other differs from the one before by a row gained and a row
    lost, both about the mean at that step: a matrix of rank two, and nothing large to cancel.

    Parameters
    ----------
    z, usable
        The result of :func:`lagged`.
    rows
        Rows of a run.
    out
        Room for the moments, to be used again by the next batch.

    Returns
    -------
    tuple
        Shape (W, m, m) and (W,), with W = len(z) − rows + 1.
    """
    runs, size = len(z) - rows + 1, z.shape[1]
    moments = np.empty((runs, size, size)) if out is None else out[:runs]
    count = _rolling_count(usable[:, None], rows)
    sums = z[:rows].sum(axis=0) + np.vstack([np.zeros(size), np.cumsum(z[rows:] - z[: runs - 1], axis=0)])
    centred = (z[:rows] - sums[0] / max(count[0, 0], 1)) * usable[:rows, None]
    np.matmul(centred.T, centred, out=moments[0])
    if runs > 1:
        up, down = _steps(z[rows:], z[: runs - 1], usable[rows:, None], usable[: runs - 1, None], sums, count)
        np.matmul(np.stack([up, down], 2), np.stack([up, -down], 1), out=moments[1:])
        # Matrix by matrix stays in the cache; cumsum along the first axis takes five times as long.
        for before, after in pairwise(moments):
            after += before
        spread = np.einsum("bii->bi", moments)
        if (spread.max(axis=0) > _UNEVEN * spread.min(axis=0)).any():
            _summed(z, usable, rows, out=moments)
    return moments, count[:, 0]


def _summed(z: Floats, usable: Bools, rows: int, out: Floats) -> None:
    """Each run on its own: after a wild row has left, nothing of its rounding may stay behind."""
    held, taken = sliding_window_view(z, rows, axis=0), sliding_window_view(usable, rows)[:, None, :]
    count = np.maximum(taken.sum(axis=2, keepdims=True), 1)
    centred = (held - held.sum(axis=2, keepdims=True) / count) * taken
    np.matmul(centred, centred.transpose(0, 2, 1), out=out)


def _steps(
    gained: Floats, lost: Floats, gains: Bools, loses: Bools, sums: Floats, count: np.ndarray
) -> tuple[Floats, Floats]:
    """The rows gained and lost, about the mean before and between, weighted as a changed count asks.

    Welford's update and its reverse; a row that is not usable weighs nothing.
    """
    between = count[:-1] + gains
    mean = sums[:-1] / np.maximum(count[:-1], 1)
    up = (gained - mean) * np.sqrt(gains * count[:-1] / np.maximum(between, 1))
    mean = (sums[:-1] + gained) / np.maximum(between, 1)
    down = (lost - mean) * np.sqrt(loses * between / np.maximum(count[1:], 1))
    return up, down


def coefficients(moments: Floats, names: int, work: Floats | None = None) -> tuple[Floats, Floats, Bools]:
    """Return coefficients and residual moments of every system, and which of them are sound.

    The lags are eliminated one after the other, each as a block. A system is unsound when a
    regressor is a combination of those before it and in its block (its variance inflation is 1e8
    or more), or when a series follows from the past without an error. Unsound ones come back as
    independent noise, so that what follows stays finite.

    Parameters
    ----------
    moments
        Joint moments about the mean, shape (W, m, m) with m = names × (lags + 1); used up.
    names
        N.
    work
        Room of the shape of ``moments``, to be used again by the next batch.

    Returns
    -------
    tuple
        Coefficients ``[Φ₁ … Φp]``, shape (W, N, N p); residual moments, shape (W, N, N), in the
        units of ``moments``; and soundness, shape (W,).
    """
    count, size = len(moments), moments.shape[1] - names
    limit = np.einsum("bii->bi", moments) * MAX_INFLATION
    sound = np.ones(count, dtype=np.bool_)
    work = np.empty_like(moments) if work is None else work[:count]
    rest, slopes = moments, []
    # Today stands first and the lags behind it, so the last block goes first.
    for lag in range(size // names, 0, -1):
        at = lag * names
        pivot = _inverses(rest[:, at:, at:])
        spread = np.einsum("bii->bi", pivot)
        sound &= ((spread > 0) & (spread * limit[:, at : at + names] < MAX_INFLATION**2)).all(axis=1)
        slopes.append(rest[:, :at, at:] @ pivot)
        product = np.matmul(slopes[-1], rest[:, at:, :at], out=work[:, :at, :at])
        rest = rest[:, :at, :at]
        rest -= product
    sound &= (np.einsum("bii->bi", rest) * MAX_INFLATION**2 > limit[:, :names]).all(axis=1)
    phi = np.empty((count, names, size))
    for lag, slope in enumerate(reversed(slopes)):
        now = phi[:, :, lag * names : (lag + 1) * names]
        now[...] = slope[:, :names]
        if lag:
            now -= phi[:, :, : lag * names] @ slope[:, names:]
    phi[~sound] = 0.0
    rest[~sound] = np.eye(names)
    return phi, np.ascontiguousarray(rest), sound


def _inverses(matrices: Floats) -> Floats:
    """Inverses of symmetric matrices; NaN for the singular among them."""
    try:
        return np.asarray(np.linalg.inv(matrices), dtype=np.float64)
    except np.linalg.LinAlgError:
        found = np.full(matrices.shape, np.nan)
        for n, matrix in enumerate(matrices):
            try:
                found[n] = np.linalg.inv(matrix)
            except np.linalg.LinAlgError:
                continue
        return found


def companion(phi: Floats) -> Floats:
    """Return the companion matrices of systems.

    Parameters
    ----------
    phi
        ``[Φ₁ … Φp]``, shape (W, N, N p).

    Returns
    -------
    Floats
        Shape (W, N p, N p).
    """
    count, names, size = phi.shape
    whole = np.zeros((count, size, size))
    whole[:, :names] = phi
    whole[:, names:, : size - names] = np.eye(size - names)
    return whole


def spectral_radius(phi: Floats) -> Floats:
    """Return the largest modulus of a system's roots: from 1 on, shocks do not die out.

    Parameters
    ----------
    phi
        ``[Φ₁ … Φp]``, shape (W, N, N p).

    Returns
    -------
    Floats
        Shape (W,).
    """
    return np.abs(np.linalg.eigvals(companion(phi))).max(axis=1)


def explosive(phi: Floats) -> Bools:
    """Return which systems have a root on or outside the unit circle.

    A power whose norm is below 1 proves that there is none; roots are worked out only where the
    eighth and the 64th power have not settled it.

    Parameters
    ----------
    phi
        ``[Φ₁ … Φp]``, shape (W, N, N p).

    Returns
    -------
    Bools
        Shape (W,).
    """
    power = companion(phi).astype(np.float32)
    doubt = np.arange(len(phi))
    found = np.zeros(len(phi), dtype=np.bool_)
    for _ in range(_ROUNDS):
        with np.errstate(over="ignore", invalid="ignore"):
            for _ in range(_SQUARINGS):
                power = power @ power
            norm = np.einsum("bij,bij->b", power, power)
        # A power that has grown proves nothing, and grows out of bounds.
        large = ~(norm < _HOPELESS)
        if large.any():
            found[doubt[large]] = spectral_radius(phi[doubt[large]]) >= 1.0
        between = (norm >= 1.0) & ~large
        power, doubt = power[between], doubt[between]
        if not len(doubt):
            return found
    found[doubt] = spectral_radius(phi[doubt]) >= 1.0
    return found

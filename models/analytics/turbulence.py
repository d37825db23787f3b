"""Turbulence: how unusual a day's returns were, in size and in the way they moved together.

The covariance by which a row is judged ends on the row before it. Over the full sample the
crash would take part in calling itself ordinary.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import IntEnum

import numpy as np
from numpy.typing import NDArray

from models.analytics.exceedance import trailing_quantile
from models.analytics.trailing import Out, membership, runs, trailing_moments
from models.errors import MeasureSettingError, TooFewObservationsError
from models.types import Bools, Floats

WINDOW = 250
MIN_WINDOW = 20
ROWS_A_NAME = 10
MIN_ROWS_A_NAME = 2
MIN_NAMES = 2
SINGULAR = 1e-10
TURBULENT = 0.75
_FAR = 1e300
_HALF_GAMMA = math.gamma(1.5)
_erfc = np.vectorize(math.erfc, otypes=[np.float64])


class Lacking(IntEnum):
    """Why a row has no figure."""

    NOTHING = 0
    NAMES = 1
    ROWS = 2
    SINGULAR = 3


LACKING: dict[Lacking, str] = {
    Lacking.NAMES: "fewer than two names have a whole window; take a shorter window or other names",
    Lacking.ROWS: "fewer than two rows of the window a name; take a longer window or fewer names",
    Lacking.SINGULAR: "one name is a fixed mix of the others; leave it out",
}


@dataclass(frozen=True, slots=True, eq=False)
class Turbulence:
    """Turbulence row by row. Every array has shape (R,) unless it says otherwise.

    Attributes
    ----------
    distance
        d, the squared Mahalanobis distance of the row's returns; NaN without a figure.
    score
        d over the number of names, about 1 on an ordinary day.
    tail
        Probability of a larger d were returns normal with the window's moments: the upper tail
        of χ² with as many degrees of freedom as names, a fraction.
    magnitude
        The score with every correlation set to 0: how large the moves were.
    correlation
        score / magnitude: above 1 when the names moved together in an unusual way for moves of
        that size.
    threshold
        Trailing percentile of the score, today excluded; NaN while there are too few rows.
    turbulent
        The score is above the threshold; False where there is none.
    names, rows
        Names in the figure, and rows of the window behind it.
    shrinkage
        Weight taken off every correlation, a fraction.
    status
        Shape (R, N), of :class:`~models.analytics.trailing.Out`: who was left out, and why.
    lacking
        Of :class:`Lacking`: why a row has no figure.
    """

    distance: Floats
    score: Floats
    tail: Floats
    magnitude: Floats
    correlation: Floats
    threshold: Floats
    turbulent: Bools
    names: NDArray[np.intp]
    rows: NDArray[np.intp]
    shrinkage: Floats
    status: NDArray[np.uint8]
    lacking: NDArray[np.uint8]


def distance(y: Floats, mean: Floats, covariance: Floats) -> tuple[float, float, float]:
    """Return the turbulence of one vector of returns: d, its score, and its magnitude.

    Parameters
    ----------
    y, mean
        Fractions, shape (n,).
    covariance
        Shape (n, n), positive definite.

    Returns
    -------
    tuple
        d = (y − mean)' Σ⁻¹ (y − mean) (Kritzman and Li 2010, eq. 1); d / n; and d / n with only
        the diagonal of Σ (Kinlaw and Turkington 2014). All are plain numbers, 0 or more.
    """
    gap = y - mean
    d = float(gap @ np.linalg.solve(covariance, gap))
    return d, d / len(y), float(np.mean(gap**2 / np.diag(covariance)))


def chi_square_tail(d: Floats, names: NDArray[np.intp]) -> Floats:
    """Return the upper tail of χ² with ``names`` degrees of freedom at d; NaN where d is.

    Parameters
    ----------
    d
        Squared distances, any shape.
    names
        Degrees of freedom, same shape.

    Returns
    -------
    Floats
        Probabilities as fractions; 0 below about 1e-300.

    References
    ----------
    Abramowitz and Stegun (1964), 26.4.4 and 26.4.5: finite sums for whole degrees of freedom. All
    of their terms are positive, so that a far tail keeps its digits.
    """
    half, odd = np.asarray(d, dtype=np.float64) / 2, np.asarray(names) % 2
    root = np.sqrt(half)
    term = np.exp(-half) * np.where(odd, root / _HALF_GAMMA, 1.0)
    tail = np.where(odd, _erfc(root), half * 0)
    for step in range(int(np.max(names, initial=0)) // 2):
        tail += np.where(step < np.asarray(names) // 2, term, 0.0)
        term = term * half / (step + 1 + odd / 2)
    return np.minimum(tail, 1.0)


def shrinkage_for(names: int, rows: NDArray[np.intp]) -> Floats:
    """Return the weight taken off every correlation when a window is short for its names.

    0 while the window holds ``ROWS_A_NAME`` rows a name, and from there up with names / rows:
    continuous, blind to scale, and enough to keep the smallest eigenvalue away from 0.

    Parameters
    ----------
    names
        Names in the covariance.
    rows
        Rows it was taken from, any shape.

    Returns
    -------
    Floats
        Fractions, same shape.
    """
    return np.maximum(names / np.maximum(rows, 1) - 1 / ROWS_A_NAME, 0.0)


def turbulence(returns: Floats, window: int = WINDOW) -> Turbulence:
    """Return how unusual each row was beside the window of rows that ended before it.

    A name takes part by the rule of :func:`~models.analytics.trailing.membership`: a name listed
    inside the window, or without a return that row, is out and counted. Rescaling a name or
    changing the order of names changes nothing; a row never sees itself or a later one.

    Parameters
    ----------
    returns
        Fractions of one session, shape (R, N); NaN where a name has none. Across the sides they
        come from :func:`~models.analytics.trailing.per_session`.
    window
        Rows behind mean and covariance, 20 or more.

    Returns
    -------
    Turbulence
        Arrays of shape (R,); NaN before the first whole window and where ``lacking`` says why.

    Raises
    ------
    MeasureSettingError
        For a window under 20.
    TooFewObservationsError
        With fewer than ``window`` + 1 rows.

    References
    ----------
    Kritzman and Li (2010), Skulls, financial turbulence, and risk management, eq. 1; Kinlaw and
    Turkington (2014), Correlation surprise.
    """
    if window < MIN_WINDOW:
        raise MeasureSettingError("The window", window, f"{MIN_WINDOW} rows or more")
    if len(returns) <= window:
        raise TooFewObservationsError(
            "Turbulence", len(returns), window + 1, "take a shorter window or an earlier start"
        )
    status = membership(returns, window, lag=1)
    lacking = np.full(len(returns), Lacking.NAMES, dtype=np.uint8)
    found = np.full((3, len(returns)), np.nan)
    used = np.zeros((2, len(returns)), dtype=np.intp)
    for run, columns in runs(status == Out.NO):
        if len(columns) >= MIN_NAMES:
            own = returns[:, columns]
            for rows, count, mean, spread in trailing_moments(own, run, window, lag=1):
                lacking[rows], found[:, rows], twins = _scores(own[rows], count, mean, spread)
                used[0, rows], used[1, rows] = len(columns), count
                status[np.arange(rows.start, rows.stop)[twins[0]], columns[twins[1]]] = Out.TWIN
    return _assembled(found, used, status, lacking)


def _scores(
    y: Floats, count: NDArray[np.intp], mean: Floats, spread: Floats
) -> tuple[NDArray[np.uint8], Floats, tuple[NDArray[np.intp], NDArray[np.intp]]]:
    """Why not, then (d, magnitude, shrinkage), then the rows and columns of dependent names."""
    names = y.shape[1]
    enough = count >= MIN_ROWS_A_NAME * names
    unbiased = count / np.maximum(count - 1, 1)
    variance = np.einsum("bii->bi", spread) * unbiased[:, None]
    with np.errstate(divide="ignore", invalid="ignore"):
        z = (y - mean) / np.sqrt(variance)
        scale = np.sqrt(unbiased[:, None] / variance)
        matrix = np.multiply(spread, scale[:, :, None], out=spread)
    weight = shrinkage_for(names, count)
    matrix *= (scale * (1 - weight)[:, None])[:, None, :]
    matrix[:, np.arange(names), np.arange(names)] = 1.0
    d, pivots = _squared_lengths(matrix, z)
    dependent = ~(pivots.min(axis=1) > SINGULAR)
    lacking = np.where(enough, np.where(dependent, Lacking.SINGULAR, Lacking.NOTHING), Lacking.ROWS)
    figures = np.where(lacking == Lacking.NOTHING, [d, np.mean(z**2, axis=1), weight], np.nan)
    return lacking.astype(np.uint8), figures, _mixed(matrix, lacking == Lacking.SINGULAR)


def _mixed(matrix: Floats, singular: Bools) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Rows and columns of the names that make up a mix without variance, whatever their order."""
    at = np.flatnonzero(singular)
    if not len(at):
        return at, at
    weights = np.abs(np.linalg.eigh(np.nan_to_num(matrix[at]))[1][:, :, 0])
    rows, columns = np.nonzero(weights > 0.1 * weights.max(axis=1, keepdims=True))
    return at[rows], columns


def _squared_lengths(matrix: Floats, z: Floats) -> tuple[Floats, Floats]:
    """z' R⁻¹ z, and each name's variance given the names before it, which is 0 for a mix of them.

    One Cholesky factor of [[R, z], [z', far]] holds both: its last row is L⁻¹ z. No inverse is
    formed, and LAPACK does in one call a row what an inverse takes four for.
    """
    names = z.shape[1]
    bordered = np.empty((len(z), names + 1, names + 1))
    bordered[:, :names, :names] = matrix
    bordered[:, names, :names] = bordered[:, :names, names] = z
    bordered[:, names, names] = _FAR
    factor = _cholesky(bordered)
    pivots = np.einsum("bii->bi", factor)[:, :names] ** 2
    return np.einsum("bi,bi->b", factor[:, names, :names], factor[:, names, :names]), pivots


def _cholesky(stack: Floats) -> Floats:
    """Lower factors; NaN for a matrix that has none, where numpy gives up the whole stack."""
    try:
        return np.linalg.cholesky(stack).astype(np.float64, copy=False)
    except np.linalg.LinAlgError:
        if len(stack) == 1:
            return np.full(stack.shape, np.nan)
        half = len(stack) // 2
        return np.concatenate([_cholesky(stack[:half]), _cholesky(stack[half:])])


def _assembled(
    found: Floats, used: NDArray[np.intp], status: NDArray[np.uint8], lacking: NDArray[np.uint8]
) -> Turbulence:
    d, magnitude, weight = found
    names, rows = used
    score = d / np.maximum(names, 1)
    threshold = trailing_quantile(score, TURBULENT)
    return Turbulence(
        distance=d,
        score=score,
        tail=chi_square_tail(d, names),
        magnitude=magnitude,
        correlation=np.divide(score, magnitude, out=np.full(len(d), np.nan), where=magnitude > 0),
        threshold=threshold,
        turbulent=score > threshold,
        names=names,
        rows=rows,
        shrinkage=weight,
        status=status,
        lacking=lacking,
    )

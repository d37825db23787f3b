"""The least of a smooth function of a few bounded parameters."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from models.types import Bools, Floats

_STEPS = 200
_HALVINGS = 40
_FLAT = 1e-6
_NEARLY = 1e-4


@dataclass(frozen=True, slots=True, eq=False)
class Least:
    """Where a search ended.

    Attributes
    ----------
    at
        The parameters, shape (K,).
    value
        The function there.
    converged
        Whether the gradient vanished, but for what pushes against a bound.
    """

    at: Floats
    value: float
    converged: bool


def least(
    function: Callable[[Floats], tuple[float, Floats]],
    start: Sequence[float],
    bounds: Sequence[tuple[float, float]],
) -> Least:
    """Return the least value of a function that comes with its gradient, within bounds.

    BFGS on the parameters that are not pushed against a bound, each step held back until the value falls
    (Armijo); the first curvature is measured. Written out because a search over two to four
    parameters is a handful of small products, which a library spends more time on dispatching.

    Parameters
    ----------
    function
        Parameters of shape (K,) to the value, of order 1, and its gradient.
    start
        K numbers within the bounds.
    bounds
        K pairs of low and high.

    Returns
    -------
    Least
        The best point met.

    References
    ----------
    Nocedal and Wright (2006), algorithm 6.1 and procedure 18.2 (damping); Bertsekas (1982) for the bounds.
    """
    low, high = (np.array(each, dtype=np.float64) for each in zip(*bounds, strict=True))
    x = np.clip(np.array(start, dtype=np.float64), low, high)
    value, gradient = function(x)
    curve = _curvature(function, x, gradient, low, high)
    for _ in range(_STEPS):
        free = _free(x, gradient, low, high)
        if not free.any() or np.abs(gradient[free]).max() < _FLAT:
            return Least(x, value, True)
        step = np.zeros(len(x))
        step[free] = -np.linalg.solve(curve[np.ix_(free, free)], gradient[free])
        after = _held_back(function, x, value, gradient, step, low, high)
        if after is None:
            return Least(x, value, bool(np.abs(gradient[free]).max() < _NEARLY))
        moved, change = after[0] - x, after[2] - gradient
        curve = _updated(curve, moved, change)
        x, value, gradient = after
    return Least(x, value, False)


def basins(values: Floats, most: int) -> list[tuple[int, int]]:
    """Return the cells of a grid from which a search may end in different hollows, the lowest first.

    A cell counts when none of its eight neighbours lies lower. A function with several least values needs
    a start in each hollow: where the floor of one is flat, the nearest ends are no better than any other.

    Parameters
    ----------
    values
        The function on a grid of two parameters, shape (A, B); NaN and infinity stand for no value.
    most
        Cells wanted at most.

    Returns
    -------
    list of tuple
        Row and column of each.
    """
    padded = np.pad(np.where(np.isfinite(values), values, np.inf), 1, constant_values=np.inf)
    rows, columns = values.shape
    around = [
        padded[1 + down : 1 + down + rows, 1 + right : 1 + right + columns]
        for down in (-1, 0, 1)
        for right in (-1, 0, 1)
    ]
    own = padded[1:-1, 1:-1]
    low = np.argwhere((own <= np.min(around, axis=0)) & np.isfinite(own))
    order = np.argsort(own[tuple(low.T)], kind="stable")[:most]
    return [(int(row), int(column)) for row, column in low[order]]


def _free(x: Floats, gradient: Floats, low: Floats, high: Floats) -> Bools:
    """Parameters that are not at a bound towards which the value falls."""
    return ~(((x <= low) & (gradient > 0)) | ((x >= high) & (gradient < 0)))


def _held_back(
    function: Callable[[Floats], tuple[float, Floats]],
    x: Floats,
    value: float,
    gradient: Floats,
    step: Floats,
    low: Floats,
    high: Floats,
) -> tuple[Floats, float, Floats] | None:
    """The first of the step, its half, its quarter … at which the value falls enough; None if none does."""
    for _ in range(_HALVINGS):
        there = np.clip(x + step, low, high)
        found, slope = function(there)
        if np.isfinite(found) and found < value + 1e-4 * float(gradient @ (there - x)):
            return there, found, slope
        step = step / 2
    return None


def _curvature(
    function: Callable[[Floats], tuple[float, Floats]], x: Floats, gradient: Floats, low: Floats, high: Floats
) -> Floats:
    """Second derivatives by differences of the gradient, made positive definite."""
    rows = np.empty((len(x), len(x)))
    for k in range(len(x)):
        width = 1e-5 * (high[k] - low[k] if high[k] - low[k] < 10 else 1.0)
        there = x.copy()
        there[k] += width if x[k] + width <= high[k] else -width
        rows[k] = (function(there)[1] - gradient) / (there[k] - x[k])
    values, vectors = np.linalg.eigh((rows + rows.T) / 2)
    values = np.maximum(np.abs(values), 1e-4 * max(float(np.abs(values).max()), 1e-8))
    return (vectors * values) @ vectors.T


def _updated(curve: Floats, moved: Floats, change: Floats) -> Floats:
    """BFGS with Powell's damping, which keeps the curvature positive definite."""
    bent = curve @ moved
    along = float(moved @ bent)
    if not along > 0:
        return curve
    found = float(moved @ change)
    share = 1.0 if found >= 0.2 * along else 0.8 * along / (along - found)
    blend = share * change + (1 - share) * bent
    return curve - np.outer(bent, bent) / along + np.outer(blend, blend) / float(moved @ blend)

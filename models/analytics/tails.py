"""Lower-tail dependence: how often one falls into its worst days when the other does.

A correlation is an average over all days. This one looks at the worst ones alone, and by rank,
so that neither volatility nor the shape of either distribution moves it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.stats import hypergeom

from models.analytics.intervals import wilson
from models.errors import MeasureSettingError, TooFewObservationsError
from models.types import Bools, Floats

TAIL = 0.05
MINIMUM = 250
CHANCE = 0.05
"""A pair stands out when its chance, adjusted for the number of pairs looked at, is at most this."""


@dataclass(frozen=True, slots=True)
class TailDependence:
    """Lower-tail dependence of Y on X.

    Attributes
    ----------
    value
        λ(q), a fraction: joint / tail. Independence gives about q.
    low, high
        Wilson 95 % interval, fractions.
    joint
        Rows on which both were in their own tail.
    tail
        Rows on which X was in its tail.
    rows
        Rows on which both have a return.
    q
        The tail.
    """

    value: float
    low: float
    high: float
    joint: int
    tail: int
    rows: int
    q: float


def in_tail(values: Floats, q: float = TAIL) -> Bools:
    """Return which values are among the lowest share q, by exact rank.

    The tail is the lowest floor(q · n) values. Ties are not torn apart: when the values equal
    to the last of them would not all fit, as with several days at a price limit, none of those
    is in the tail, which is then smaller.

    Parameters
    ----------
    values
        Shape (n,), no NaN.
    q
        In (0, 1).

    Returns
    -------
    Bools
        Shape (n,).
    """
    return _tails(values[None, :], np.array([len(values)]), q)[0]


def tail_dependence(x: Floats, y: Floats, q: float = TAIL, minimum: int = MINIMUM) -> TailDependence:
    """Return λ(q) = P(Y in its lowest q | X in its lowest q).

    The interval takes the tail days as independent; in a clustered sample it is too short.

    Parameters
    ----------
    x, y
        Fractions, shape (R,), row by row in clock order; a row without either is passed over.
    q
        The tail, in (0, 0.5].
    minimum
        Rows with both, below which there is no figure.

    Returns
    -------
    TailDependence
        NaN value and interval when ties leave X no tail.

    Raises
    ------
    MeasureSettingError
        For q outside (0, 0.5].
    TooFewObservationsError
        With fewer than ``minimum`` rows with both.

    References
    ----------
    Joe (1997), Multivariate models and dependence concepts, section 2.1.10, before the limit.
    """
    _check(q)
    both = np.isfinite(x) & np.isfinite(y)
    rows = int(both.sum())
    if rows < minimum:
        raise TooFewObservationsError(
            "Tail dependence", rows, minimum, "take an earlier start or names with a longer history"
        )
    lower = in_tail(x[both], q)
    joint, tail = int((lower & in_tail(y[both], q)).sum()), int(lower.sum())
    low, high = wilson(joint, tail)
    return TailDependence(joint / tail if tail else np.nan, float(low), float(high), joint, tail, rows, q)


def tail_matrix(
    returns: Floats, q: float = TAIL, minimum: int = MINIMUM
) -> tuple[Floats, NDArray[np.intp], NDArray[np.intp]]:
    """Return lower-tail dependence of every pair of names, each on the rows that both have.

    Parameters
    ----------
    returns
        Fractions, shape (R, N), rows in clock order; NaN where a name has none.
    q, minimum
        As in :func:`tail_dependence`.

    Returns
    -------
    tuple
        λ, fractions, shape (N, N), row X and column Y, NaN with fewer than ``minimum`` common
        rows and where ties leave X no tail; the tail days of X behind it; the common rows.

    Raises
    ------
    MeasureSettingError
        For q outside (0, 0.5].
    """
    _check(q)
    values = np.ascontiguousarray(returns.T)
    known = np.isfinite(values)
    # Names with the same rows share every ranking: a market has far fewer calendars than names.
    patterns, of = np.unique(known, axis=0, return_inverse=True)
    rows = known.astype(np.int64) @ known.T.astype(np.int64)
    tails = np.stack([_tails(np.where(p & known, values, np.inf), (p & known).sum(1), q) for p in patterns])
    flags = tails.astype(np.float32)
    names = len(values)
    joint, size = np.empty((names, names)), np.empty((names, names))
    for x in range(names):
        mine = flags[of, x]  # X ranked on the rows it has with each other name
        joint[x] = np.einsum("nr,nr->n", mine, flags[of[x]])
        size[x] = mine.sum(axis=1)
    enough = (rows >= minimum) & (size > 0)
    value = np.divide(joint, size, out=np.full((names, names), np.nan), where=enough)
    return value, size.astype(np.intp), rows


def tail_pairs(
    returns: Floats, symbols: Sequence[str], q: float = TAIL, minimum: int = MINIMUM
) -> pd.DataFrame:
    """Return every pair of names with its tail dependence and interval, strongest first.

    Parameters
    ----------
    returns
        Fractions, shape (R, N), rows in clock order.
    symbols
        N names.
    q, minimum
        As in :func:`tail_dependence`.

    Returns
    -------
    DataFrame
        ``x, y, value, low, high, joint, tail, rows, p``: fractions and counts, one row an unordered
        pair; value, interval and p are NaN for a pair with fewer than ``minimum`` common rows. ``p`` is
        the chance that two independent names share as many tail days (hypergeometric), of this pair
        alone: of many pairs :func:`holm` tells which stand out together.
    """
    value, size, rows = tail_matrix(returns, q, minimum)
    x, y = np.triu_indices(len(symbols), 1)
    tail = np.where(np.isfinite(value[x, y]), size[x, y], 0)
    joint = np.rint(np.nan_to_num(value[x, y]) * tail).astype(np.int64)
    low, high = wilson(joint, tail)
    chance = np.asarray(hypergeom.sf(joint - 1, rows[x, y], size[y, x], tail), dtype=np.float64)
    names = np.asarray(symbols, dtype=object)
    frame = pd.DataFrame(
        {
            "x": pd.array(names[x], dtype="str"),
            "y": pd.array(names[y], dtype="str"),
            "value": value[x, y],
            "low": low,
            "high": high,
            "joint": joint,
            "tail": tail,
            "rows": rows[x, y],
            "p": np.where(np.isfinite(value[x, y]), chance, np.nan),
        }
    )
    return frame.sort_values("value", ascending=False, kind="stable", ignore_index=True)


def holm(p: Floats) -> Floats:
    """Return p-values adjusted for how many were looked at, by Holm's steps; NaN is no test.

    With every adjusted value up to α taken as standing out, the chance of a single mistake among all is
    at most α, whatever the dependence between them; and pairs of one market depend on each other much.

    Parameters
    ----------
    p
        Shape (m,), fractions.

    Returns
    -------
    Floats
        Shape (m,), fractions up to 1.

    References
    ----------
    Holm (1979), A simple sequentially rejective multiple test procedure.
    """
    found = np.full(len(p), np.nan)
    tested = np.flatnonzero(np.isfinite(p))
    order = tested[np.argsort(p[tested], kind="stable")]
    steps = p[order] * np.arange(len(order), 0, -1)
    found[order] = np.minimum(np.maximum.accumulate(steps), 1.0)
    return found


def _check(q: float) -> None:
    if not 0 < q <= 0.5:
        raise MeasureSettingError("The tail", q, "a share above 0 and up to 0.5")


def _tails(values: Floats, counts: NDArray[np.intp], q: float) -> Bools:
    """The lowest floor(q · count) of each row, ties whole or not at all; inf is no value."""
    # The slack keeps .05 · 260 = 13 from becoming 12.999….
    size = np.floor(q * counts + 1e-9).astype(np.intp)
    ordered = np.sort(values, axis=1)
    n = values.shape[1]
    at = np.arange(len(values))
    last = np.where(size > 0, ordered[at, np.clip(size - 1, 0, n - 1)], -np.inf)
    after = np.where(size < counts, ordered[at, np.clip(size, 0, n - 1)], np.inf)
    torn = (last == after)[:, None]
    return np.where(torn, values < last[:, None], values <= last[:, None])

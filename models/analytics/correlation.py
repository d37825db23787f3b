"""Correlation that states its lag.

Asia's exchanges close before New York opens. A correlation of two closes of one date therefore sees
only what Asia told New York that day, and misses what New York told the next Asian session, which
is the larger part. Here each pair of names says which of them closed first, by clock rows.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import NormalDist
from typing import Literal

import numpy as np
import pandas as pd

from models.analytics.clock import Lead, clock_rows
from models.analytics.rolling import (
    ewma_correlation,
    masked_correlation,
    mean_across,
    mean_pairwise,
    rolling_correlation,
    rolling_pair,
)
from models.types import Bools, Floats, Sessions

__all__ = [
    "LAGS",
    "LaggedMatrix",
    "ewma_correlation",
    "fisher_interval",
    "hac_correlation",
    "lagged_matrix",
    "lagged_rows",
    "masked_correlation",
    "mean_across",
    "mean_pairwise",
    "rolling_correlation",
    "rolling_pair",
]

Lag = Literal["same day", "same news day", "next Asian day"]
LAGS: tuple[Lag, ...] = ("same day", "same news day", "next Asian day")
MINIMUM = 60
LEVEL = 0.95
HAC_LAGS = 5


@dataclass(frozen=True, slots=True)
class Span:
    """The rows behind one block of a lagged matrix.

    Attributes
    ----------
    rows
        Rows used.
    first, last
        Dates on which the first and the last row were complete; NaT without rows.
    compounded
        Rows that hold more than one day on which a side traded, because an exchange was closed.
    """

    rows: int
    first: np.datetime64
    last: np.datetime64
    compounded: int


@dataclass(frozen=True, slots=True, eq=False)
class LaggedMatrix:
    """Correlation of N names, the row's name leading the column's where they trade on two sides.

    Attributes
    ----------
    symbols
        N names.
    asia
        Shape (N,).
    correlation
        Shape (N, N). Two names of one side: the same day. Row in Asia, column in New York: the
        same news day, Asia's close before New York's. Row in New York, column in Asia: New York's
        close and the next Asian one. NaN for a pair that cannot be judged.
    n
        Rows that both names have, shape (N, N).
    minimum
        Rows that a pair needs.
    spans
        The rows behind the blocks ``asia``, ``us``, ``same news day``, ``next Asian day``; a block
        without a pair is left out.
    """

    symbols: tuple[str, ...]
    asia: Bools
    correlation: Floats
    n: np.ndarray
    minimum: int
    spans: dict[str, Span]

    def lag(self, leader: int, follower: int) -> Lag:
        """What lies between the two closes of a pair."""
        if self.asia[leader] == self.asia[follower]:
            return "same day"
        return "same news day" if self.asia[leader] else "next Asian day"

    def pairs(self, level: float = LEVEL) -> pd.DataFrame:
        """Return every pair once a lag: within a side once, across the sides in both directions.

        Parameters
        ----------
        level
            Of the interval.

        Returns
        -------
        DataFrame
            ``leader, follower, lag, n, correlation, low, high, reason``; the interval is Fisher's, the
            reason is empty where there is a correlation.
        """
        row, column = np.nonzero(self._listed())
        found, n = self.correlation[row, column], self.n[row, column]
        low, high = fisher_interval(found, n, level)
        cells = list(zip(row.tolist(), column.tolist(), strict=True))
        lags = [self.lag(i, j) for i, j in cells]
        reasons = [self.reason(i, j) for i, j in cells]
        return pd.DataFrame(
            {
                "leader": pd.array([self.symbols[i] for i in row], dtype="str"),
                "follower": pd.array([self.symbols[j] for j in column], dtype="str"),
                "lag": pd.array(lags, dtype="str"),
                "n": n,
                "correlation": found,
                "low": low,
                "high": high,
                "reason": pd.array(reasons, dtype="str"),
            }
        )

    def left_out(self) -> pd.DataFrame:
        """Return the pairs without a correlation, with the reason; the columns are those of ``pairs``."""
        every = self.pairs()
        return every[every["reason"] != ""].reset_index(drop=True)

    def _listed(self) -> Bools:
        """Pairs to list: the upper triangle within a side, all of it across."""
        across = self.asia[:, None] != self.asia[None, :]
        return across | np.triu(np.ones(across.shape, dtype=np.bool_), 1)

    def reason(self, leader: int, follower: int) -> str:
        """Why a pair has no figure; empty when it has one."""
        if np.isfinite(self.correlation[leader, follower]):
            return ""
        n = self.n[leader, follower]
        if n < self.minimum:
            return f"{n} common observations, {self.minimum} needed"
        return "one of the two did not move"


def lagged_matrix(
    sessions: Sessions,
    returns: Floats,
    asia: Bools,
    open_exchange: Bools,
    symbols: Sequence[str],
    *,
    rows: int | None = None,
    minimum: int = MINIMUM,
) -> LaggedMatrix:
    """Return the correlation of every pair of names, or of baskets, at the lag its closes have.

    Parameters
    ----------
    sessions
        Shape (T,), ascending: the union of the names' sessions.
    returns
        Fractions on each name's own sessions, shape (T, N); NaN elsewhere.
    asia
        Shape (N,).
    open_exchange
        Whether the name's exchange held a session, shape (T, N).
    symbols
        N names.
    rows
        The last rows of each block; all of them when not given.
    minimum
        Rows that both names of a pair must have; a pair with fewer is NaN and listed by
        :meth:`LaggedMatrix.left_out`.

    Returns
    -------
    LaggedMatrix
        Arrays of shape (N, N). Permuting the names permutes it; rescaling a name changes nothing.
    """
    count = len(symbols)
    found, n = np.full((count, count), np.nan), np.zeros((count, count), dtype=np.int64)
    spans: dict[str, Span] = {}
    for name, side, leader, lead in _BLOCKS:
        use = np.ones(count, dtype=np.bool_) if side is None else asia == side
        pairs = np.outer(use, use) if leader is None else np.outer(asia == leader, asia != leader)
        if not pairs.any():
            continue
        values, _, spans[name] = lagged_rows(
            sessions, returns[:, use], asia[use], open_exchange[:, use], lead, rows
        )
        block, common = masked_correlation(values.T, minimum)
        inside = pairs[np.ix_(use, use)]
        found[pairs], n[pairs] = block[inside], common[inside]
    np.fill_diagonal(found, np.where(np.isfinite(np.diagonal(found)), 1.0, np.nan))
    return LaggedMatrix(tuple(symbols), asia, found, n, minimum, spans)


_BLOCKS: tuple[tuple[str, bool | None, bool | None, Lead], ...] = (
    ("asia", True, None, "asia"),
    ("us", False, None, "us"),
    ("same news day", None, True, "asia"),
    ("next Asian day", None, False, "us"),
)
"""Name, side of the names (None: both), whether Asia is the leader (None: neither), first to close."""


def lagged_rows(
    sessions: Sessions,
    returns: Floats,
    asia: Bools,
    open_exchange: Bools,
    lead: Lead,
    rows: int | None = None,
) -> tuple[Floats, Sessions, Span]:
    """Return the last clock rows of a set of names, their dates, and what they span.

    Parameters
    ----------
    sessions, returns, asia, open_exchange, lead
        As in :func:`~models.analytics.clock.clock_rows`.
    rows
        Rows from the end; all when not given.

    Returns
    -------
    tuple
        Fractions, shape (R, N), NaN where a name has none; the dates on which the rows were complete,
        shape (R,); and the span.
    """
    clock = clock_rows(sessions, returns, asia, open_exchange, lead=lead)
    last = slice(max(len(clock.returns) - rows, 0) if rows is not None else 0, None)
    values, dates = clock.returns[last], clock.dates[last]
    more = np.zeros(len(clock.returns), dtype=np.bool_)
    for side, ends in ((asia, clock.asia_dates), (~asia, clock.us_dates)):
        if side.any():
            traded = sessions[open_exchange[:, side].any(axis=1)]
            more[1:] |= np.diff(np.searchsorted(traded, ends)) > 1
    nothing = np.datetime64("NaT", "D")
    first, end = (dates[0], dates[-1]) if len(dates) else (nothing, nothing)
    return values, dates, Span(len(values), first, end, int(more[last].sum()))


def fisher_interval(correlation: Floats, n: np.ndarray, level: float = LEVEL) -> tuple[Floats, Floats]:
    """Return Fisher's interval of a correlation: tanh(atanh r ± z / √(n − 3)).

    For independent normal pairs; fat tails and volatility that comes in clusters widen the truth,
    which :func:`hac_correlation` measures.

    Parameters
    ----------
    correlation
        Any shape.
    n
        Observations, same shape.
    level
        Of the interval.

    Returns
    -------
    tuple
        Low and high, same shape; NaN with fewer than 4 observations.
    """
    z = NormalDist().inv_cdf(0.5 + level / 2)
    room = np.asarray(n, dtype=np.float64) - 3
    width = np.divide(z, np.sqrt(np.maximum(room, 0)), out=np.full(room.shape, np.nan), where=room > 0)
    centre = _atanh(correlation)
    return np.tanh(centre - width), np.tanh(centre + width)


def hac_correlation(
    x: Floats, y: Floats, lags: int = HAC_LAGS, minimum: int = MINIMUM
) -> tuple[Floats, Floats, np.ndarray]:
    """Return the correlation of every column of x with every column of y, and its HAC standard error.

    The error is that of the correlation's own influence, zₓz_y − ρ(zₓ² + z_y²)/2, by Newey and West (1987)
    with Bartlett weights, carried to Fisher's scale: it holds when volatility clusters and tails
    are fat, where Fisher's own 1/√(n − 3) is too small.

    Parameters
    ----------
    x, y
        Fractions, shapes (R, A) and (R, B), in the order of time; NaN where missing. A pair uses the rows
        that both have.
    lags
        Rows.
    minimum
        Rows that a pair needs.

    Returns
    -------
    tuple
        Correlation; the standard error of its atanh; rows used; all of shape (A, B), NaN for a pair with
        fewer rows or when one of it did not move.
    """
    both = np.isfinite(x)[:, :, None] & np.isfinite(y)[:, None, :]
    n = both.sum(axis=0)
    zx = _standardised(np.where(both, x[:, :, None], 0.0), both, n)
    zy = _standardised(np.where(both, y[:, None, :], 0.0), both, n)
    count = np.maximum(n, 1)
    rho = np.where(n >= minimum, (zx * zy).sum(axis=0) / count, np.nan)
    influence = np.where(both, zx * zy - rho * (zx**2 + zy**2) / 2, 0.0)
    variance = (influence**2).sum(axis=0)
    for lag in range(1, lags + 1):
        weight = 1 - lag / (lags + 1)
        variance += 2 * weight * (influence[lag:] * influence[:-lag]).sum(axis=0)
    error = np.sqrt(np.maximum(variance, 0.0)) / count
    spread = 1 - rho**2
    scaled = np.divide(error, spread, out=np.full(rho.shape, np.nan), where=spread > 1e-12)
    return np.clip(rho, -1.0, 1.0), scaled, n


def _standardised(values: Floats, known: Bools, n: np.ndarray) -> Floats:
    """Over the known rows: mean 0, variance 1; NaN throughout for what did not move."""
    count = np.maximum(n, 1)
    centred = np.where(known, values - values.sum(axis=0) / count, 0.0)
    spread = np.sqrt((centred**2).sum(axis=0) / count)
    still = spread <= 1e-7 * np.abs(values).max(axis=0, initial=0.0)
    return centred / np.where(still, np.nan, spread)


def _atanh(correlation: Floats) -> Floats:
    """atanh, with ±1 as the largest that a float can be told from 1."""
    edge = 1 - 1e-16
    return np.arctanh(np.clip(correlation, -edge, edge))

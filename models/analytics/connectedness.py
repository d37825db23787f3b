"""Connectedness: which share of each name's forecast error variance comes from shocks to the others.

A vector autoregression is fitted, and the error of its forecast ``horizon`` steps ahead is split
by the shock it came from. Row i of the table is name i: the shares of its error variance that
shocks to each name account for; a row sums to 1. Diebold and Yilmaz (2009), with shocks made
orthogonal in the order given, and (2012), with generalised shocks, which need no order. Between
the two, and our own: shocks that are generalised within each side of the clock, while what both
sides did in one row is credited to the side that had closed before the other opened.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

import numpy as np

from models.analytics.autoregression import (
    PER_COEFFICIENT_THIN,
    coefficients,
    lagged,
    observations_needed,
    rolling_moments,
    spectral_radius,
    window_members,
)
from models.analytics.shrinkage import Shrink, shrinkage, shrunk
from models.errors import (
    MeasureSettingError,
    SingularCovarianceError,
    TooFewNamesError,
    TooFewObservationsError,
)
from models.types import Bools, Floats

Method: TypeAlias = Literal["generalised", "cholesky", "clock"]
METHODS: tuple[Method, ...] = ("generalised", "cholesky", "clock")

LAGS = 1
HORIZON = 10


@dataclass(frozen=True, slots=True, eq=False)
class Connectedness:
    """Connectedness of N names in one sample; every figure but ``radius`` and counts is a fraction.

    Attributes
    ----------
    names
        The names that took part, in the order given.
    table
        Shape (N, N): the share of the forecast error variance of the name in the row that comes
        from shocks to the name in the column; rows sum to 1.
    observations
        Rows with all lags present, by which the system was estimated.
    rows_left_out
        Rows in which a name, or a lag of one, was missing.
    left_out
        A name that took no part, and why, each.
    lags, horizon, method
        As asked for.
    shrinkage
        The share by which correlations were shrunk; 0 for least squares.
    radius
        Largest modulus of the system's roots; from 1 on the system is explosive.
    """

    names: tuple[str, ...]
    table: Floats
    observations: int
    rows_left_out: int
    left_out: tuple[tuple[str, str], ...]
    lags: int
    horizon: int
    method: Method
    shrinkage: float
    radius: float

    @property
    def own(self) -> Floats:
        """Shape (N,): what each name's own shocks account for."""
        return np.diagonal(self.table).copy()

    @property
    def from_others(self) -> Floats:
        """FROM, shape (N,): the share of a name's variance that comes from the others."""
        return 1.0 - self.own

    @property
    def to_others(self) -> Floats:
        """TO, shape (N,): the sum of the shares a name has in the others; may exceed 1."""
        return self.table.sum(axis=0) - self.own

    @property
    def net(self) -> Floats:
        """NET, shape (N,): TO less FROM; sums to 0, positive for a name that gives more than it takes."""
        return self.to_others - self.from_others

    @property
    def net_pairwise(self) -> Floats:
        """Shape (N, N): what the name in the row gives to that in the column, less what it takes from it."""
        return self.table.T - self.table

    @property
    def total(self) -> float:
        """TCI: the mean of FROM, which divides by N."""
        return float(self.from_others.mean())

    @property
    def corrected(self) -> float:
        """cTCI: the same over N − 1, as if each name could have only the others' shocks."""
        return self.total * len(self.names) / (len(self.names) - 1)

    @property
    def explosive(self) -> bool:
        """Whether shocks to the system do not die out: its shares depend on the horizon without end."""
        return self.radius >= 1.0

    @property
    def thin(self) -> bool:
        """Whether there are fewer than five observations a coefficient."""
        return self.observations < PER_COEFFICIENT_THIN * (len(self.names) * self.lags + 1)


def connectedness(
    x: Floats,
    lags: int = LAGS,
    horizon: int = HORIZON,
    *,
    names: Sequence[str] | None = None,
    method: Method = "generalised",
    leading: Bools | None = None,
    shrink: Shrink = 0.0,
) -> Connectedness:
    """Return the connectedness of the columns over all rows.

    Rows are consecutive instants: a row in which a name is missing is left out together with
    the rows that need it as a lag; nothing is filled. A name with values in fewer than nine
    rows in ten, or that did not move, takes no part and is named.

    Parameters
    ----------
    x
        Shape (T, N), returns or log variances, on any scale; NaN where a name has no value.
    lags
        p of the autoregression.
    horizon
        H: forecast steps.
    names
        Shape (N,); numbers from 1 without it.
    method
        ``generalised``; ``cholesky``, orthogonal in the order of the columns; or ``clock``,
        generalised within the leading names and, given those, within the others.
    leading
        Shape (N,): the names that close first in a row; of use to ``clock`` alone.
    shrink
        0 for least squares, a share of each correlation to shrink away, or ``auto``: for many
        names in few rows (see ``shrinkage_intensity``).

    Returns
    -------
    Connectedness
        Of the names that took part.

    Raises
    ------
    TooFewNamesError, TooFewObservationsError, SingularCovarianceError, MeasureSettingError
        See their sentences.

    References
    ----------
    Diebold and Yilmaz (2009), eq. 4; (2012), eq. 2 to 8; Pesaran and Shin (1998), eq. 10.
    """
    values = checked(x, lags, horizon, method)
    labels = labelled(names, values.shape[1])
    taken, left_out = _taking_part(values, labels)
    kept = tuple(name for name, used in zip(labels, taken, strict=True) if used)
    if len(kept) < 2:
        raise TooFewNamesError("Connectedness", kept, left_out)
    z, usable = lagged(values[:, taken], lags)
    need = observations_needed(len(kept), lags, shrunk=shrink != 0)
    if usable.sum() < need:
        what = f"Connectedness of {len(kept)} names with {lags} {'lag' if lags == 1 else 'lags'}"
        raise TooFewObservationsError(what, int(usable.sum()), need, remedy(values, labels, taken))
    moments, count = rolling_moments(z, usable, len(z))
    intensity = shrinkage(shrink, z, usable, moments, count)
    phi, residual, sound = coefficients(shrunk(moments, intensity), len(kept))
    first = None if leading is None else np.asarray(leading, dtype=np.bool_)[taken]
    table = variance_shares(phi, residual, horizon, method, first)
    if not sound[0] or not np.isfinite(table).all():
        raise SingularCovarianceError("Connectedness", _alike(moments[0], kept))
    return Connectedness(
        names=kept,
        table=table[0],
        observations=int(count[0]),
        rows_left_out=int(len(z) - count[0]),
        left_out=left_out,
        lags=lags,
        horizon=horizon,
        method=method,
        shrinkage=float(intensity[0]),
        radius=float(spectral_radius(phi)[0]),
    )


def checked(x: Floats, lags: int, horizon: int, method: str) -> Floats:
    """Return the input as floats with its settings checked; what is not finite becomes NaN.

    Parameters
    ----------
    x
        Shape (T, N).
    lags, horizon, method
        As in :func:`connectedness`.

    Returns
    -------
    Floats
        Shape (T, N).

    Raises
    ------
    MeasureSettingError
        For a setting that cannot be.
    """
    if lags < 1:
        raise MeasureSettingError("Lags", lags, "1 or more")
    if horizon < 1:
        raise MeasureSettingError("The horizon", horizon, "1 or more steps")
    if method not in METHODS:
        raise MeasureSettingError("The decomposition", method, " or ".join(METHODS))
    values = np.asarray(x, dtype=np.float64)
    return np.where(np.isfinite(values), values, np.nan)


def labelled(names: Sequence[str] | None, count: int) -> tuple[str, ...]:
    """Return the names of the columns, or numbers from 1.

    Parameters
    ----------
    names
        As many as columns, or None.
    count
        Columns.

    Returns
    -------
    tuple
        ``count`` names.
    """
    labels = tuple(names) if names is not None else tuple(str(n + 1) for n in range(count))
    if len(labels) != count:
        raise ValueError(f"{len(labels)} names for {count} columns")
    return labels


def _taking_part(values: Floats, labels: tuple[str, ...]) -> tuple[Bools, tuple[tuple[str, str], ...]]:
    members, flat = window_members(values, len(values)) if len(values) > 1 else _nobody(len(labels))
    have = np.isfinite(values).sum(axis=0)
    reasons = [
        (name, "did not move" if still else f"has values in {n:,} of {len(values):,} rows")
        for name, used, still, n in zip(labels, members[0], flat[0], have, strict=True)
        if not used
    ]
    return members[0], tuple(reasons)


def _nobody(count: int) -> tuple[Bools, Bools]:
    return np.zeros((1, count), dtype=np.bool_), np.zeros((1, count), dtype=np.bool_)


def remedy(values: Floats, labels: tuple[str, ...], taken: Bools) -> str:
    """Return what would give a system enough observations, as a clause.

    Parameters
    ----------
    values, labels
        The input and its names.
    taken
        Shape (N,): the names that take part.

    Returns
    -------
    str
        Names the one that costs the most rows, where one does.
    """
    missing = np.where(taken, (~np.isfinite(values)).sum(axis=0), 0)
    general = "take fewer names or lags, a longer period, or shrink"
    worst = int(np.argmax(missing))
    if not missing[worst]:
        return general
    return f"{general}; {labels[worst]} alone is missing in {int(missing[worst]):,} rows"


def variance_shares(
    phi: Floats,
    residual: Floats,
    horizon: int,
    method: Method,
    leading: Bools | None = None,
    out: Floats | None = None,
) -> Floats:
    """Return the shares of forecast error variances, row by row 1 in sum, for every system.

    With A[h] the moving average, the squares of ``A[h] Q`` are summed over the horizon, where
    Q is the residual covariance over the standard deviations of its columns, or its Cholesky
    factor. The forecast error variance itself divides a whole row and falls out with the sum.

    Parameters
    ----------
    phi
        ``[Φ₁ … Φp]``, shape (W, N, N p).
    residual
        Residual covariance on any scale, shape (W, N, N).
    horizon
        H: ``A[0]`` to ``A[H−1]``.
    method, leading
        See :func:`connectedness`.
    out
        Room for the shocks, to be used again by the next batch.

    Returns
    -------
    Floats
        Shape (W, N, N); NaN for a system whose residual covariance has no Cholesky factor, where one
        is needed.
    """
    count, names, size = phi.shape
    # Latest first, so that the lags a step needs lie below it as one block.
    stacked = np.empty((count, horizon * names, names)) if out is None else out[:count]
    stacked[:, (horizon - 1) * names :] = _impact(residual, method, leading)
    for step in range(1, horizon):
        at, wide = (horizon - 1 - step) * names, min(step * names, size)
        below = stacked[:, at + names : at + names + wide]
        np.matmul(phi[:, :, :wide], below, out=stacked[:, at : at + names])
    shocks = stacked.reshape(count, horizon, names, names)
    shares = np.einsum("bhij,bhij->bij", shocks, shocks)
    shares /= shares.sum(axis=2, keepdims=True)
    return shares


def _impact(residual: Floats, method: Method, leading: Bools | None) -> Floats:
    """What a shock of one standard deviation to each name does at once, a column a shock."""
    if method == "cholesky":
        return _factors(residual)
    if method == "clock" and leading is not None and leading.any() and not leading.all():
        residual = _given_the_leading(residual, leading)
    return np.asarray(residual / np.sqrt(np.einsum("bii->bi", residual))[:, None, :])


def _given_the_leading(residual: Floats, leading: Bools) -> Floats:
    """The covariance with nothing of the later names in the leading ones, and theirs given those."""
    order = np.argsort(~leading, kind="stable")
    first = int(leading.sum())
    found = residual[:, order[:, None], order]
    rest = _factors(found)[:, first:, first:]
    found[:, :first, first:] = 0.0
    found[:, first:, first:] = rest @ rest.transpose(0, 2, 1)
    back = np.argsort(order)
    return np.asarray(found[:, back[:, None], back])


def _factors(residual: Floats) -> Floats:
    try:
        return np.asarray(np.linalg.cholesky(residual), dtype=np.float64)
    except np.linalg.LinAlgError:
        found = np.full(residual.shape, np.nan)
        for n, matrix in enumerate(residual):
            try:
                found[n] = np.linalg.cholesky(matrix)
            except np.linalg.LinAlgError:
                continue
        return found


def _alike(moments: Floats, names: tuple[str, ...]) -> tuple[str, ...]:
    """The names that carry the direction in which the joint moments have no spread."""
    scale = np.sqrt(np.diagonal(moments))
    scale = np.where(scale > 0, scale, 1.0)
    weights = np.abs(np.linalg.eigh(moments / np.outer(scale, scale))[1][:, 0])
    each = weights.reshape(-1, len(names)).max(axis=0)
    return tuple(name for name, weight in zip(names, each, strict=True) if weight > each.max() / 10)

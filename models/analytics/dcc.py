"""DCC(1,1): a correlation that moves with each day's surprises, on volatility taken out first."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from models.analytics.garch import OBSERVATIONS, PERSISTENCE, Garch, fit_garch, recursion
from models.analytics.searching import least
from models.errors import SingularCovarianceError, TooFewNamesError, TooFewObservationsError
from models.types import Bools, Floats

# a, and b's part of what a leaves of the persistence
_STARTS = ((0.03, 0.97), (0.07, 0.85), (0.10, 0.10))
# Up to so many names every start is followed; above, the likeliest alone, for the peak is sharp.
_ALL_STARTS = 4


@dataclass(frozen=True, slots=True, eq=False)
class Dcc:
    """A fitted DCC(1,1) on one GARCH(1,1) a name.

    Attributes
    ----------
    symbols
        N names.
    garch
        N volatility models, in percent.
    a, b
        a ≥ 0, b ≥ 0, a + b < 1; b means nothing where a is 0.
    correlation
        R[t], shape (U, N, N): one matrix a row used.
    used
        Shape (T,): the rows on which every name has a return, in the order of the input.
    log_likelihood
        Of returns in percent, both steps.
    constant_log_likelihood
        The same with the correlation held constant (a = b = 0): what the dynamics have to beat.
    converged
        Whether all N + 1 searches ended at an optimum.
    """

    symbols: tuple[str, ...]
    garch: tuple[Garch, ...]
    a: float
    b: float
    correlation: Floats
    used: Bools
    log_likelihood: float
    constant_log_likelihood: float
    converged: bool

    @property
    def persistence(self) -> float:
        """a + b."""
        return self.a + self.b

    def aligned(self) -> Floats:
        """Correlation on the rows of the input, shape (T, N, N); NaN on rows that were not used."""
        whole = np.full((len(self.used), *self.correlation.shape[1:]), np.nan)
        whole[self.used] = self.correlation
        return whole


def fit_dcc(returns: Floats, symbols: Sequence[str], minimum: int = OBSERVATIONS) -> Dcc:
    """Fit a DCC(1,1) in two steps: a GARCH(1,1) a name, then a and b of what is left.

    Rows that any name lacks are left out and counted in ``used``; the recursion passes from one row
    used to the next. Returns of two sides belong on clock rows: closes of one date bias the
    correlation downwards.

    Parameters
    ----------
    returns
        Fractions, shape (T, N); NaN where a name has none.
    symbols
        N names.
    minimum
        Rows that all names must have.

    Returns
    -------
    Dcc
        a, b, the correlations and how good they are.

    Raises
    ------
    TooFewObservationsError
        With fewer common rows than ``minimum``; it names whom they are short of, and the alternative.
    TooFewNamesError
        With fewer than two names.
    FlatSeriesError
        If a name does not move.
    SingularCovarianceError
        If the residuals of one name are a combination of the others'.

    References
    ----------
    Engle (2002), eq. 24 and 26 to 32; the intercept is (1 − a − b) times the mean of z z′.
    """
    if len(symbols) < 2:
        raise TooFewNamesError("A dynamic correlation", tuple(symbols), ())
    used: Bools = np.asarray(np.isfinite(returns).all(axis=1))
    if used.sum() < minimum:
        raise TooFewObservationsError(
            f"A dynamic correlation of {_shortest(returns, symbols)}", int(used.sum()), minimum, _ALTERNATIVE
        )
    rows = returns[used]
    models = tuple(fit_garch(rows[:, n], symbols[n], minimum) for n in range(len(symbols)))
    z = np.column_stack([model.residuals for model in models])
    target = z.T @ z / len(z)
    if np.linalg.cond(target) > 1e12:
        raise SingularCovarianceError("A dynamic correlation", tuple(symbols))
    a, b, converged = _search(z)
    own = sum(model.log_likelihood for model in models)
    return Dcc(
        tuple(symbols),
        models,
        a,
        b,
        dcc_correlation(z, a, b),
        used,
        own + dcc_log_likelihood(z, a, b),
        own + dcc_log_likelihood(z, 0.0, 0.0),
        converged and all(model.converged for model in models),
    )


_ALTERNATIVE = "leave out the shortest or use the fading (EWMA) correlation, which needs 60"


def dcc_correlation(z: Floats, a: float, b: float) -> Floats:
    """Return R[t] of standardised residuals at given a and b.

    Q[t] = (1 − a − b) Q̄ + a z[t−1] z[t−1]′ + b Q[t−1] with Q[0] = Q̄ = mean of z z′, and R[t] is Q[t]
    scaled to a diagonal of 1.

    Parameters
    ----------
    z
        Shape (T, N), without holes.
    a, b
        a + b < 1.

    Returns
    -------
    Floats
        Shape (T, N, N).
    """
    surprises = _Surprises.of(z)
    q = surprises.square(surprises.quasi(a, b))
    scale = 1 / np.sqrt(np.einsum("tnn->tn", q))
    return q * scale[:, :, None] * scale[:, None, :]


def dcc_log_likelihood(z: Floats, a: float, b: float) -> float:
    """Return the correlation part of the log-likelihood, −½ Σ (ln |R| + z′ R⁻¹ z − z′ z).

    Parameters
    ----------
    z
        Standardised residuals, shape (T, N).
    a, b
        a + b < 1.

    Returns
    -------
    float
        To be added to the sum of the names' own log-likelihoods.
    """
    return -len(z) * _negative(_Surprises.of(z), a, b)[0] + 0.5 * float(np.sum(z**2))


def _shortest(returns: Floats, symbols: Sequence[str]) -> str:
    """The names of the sentence: all of a pair, of more the one with the fewest returns."""
    if len(symbols) == 2:
        return f"{symbols[0]} and {symbols[1]}"
    own = np.isfinite(returns).sum(axis=0)
    fewest = int(np.argmin(own))
    return f"these {len(symbols)} names (the shortest is {symbols[fewest]}, with {own[fewest]:,})"


def _search(z: Floats) -> tuple[float, float, bool]:
    """a, and b as its part of what a leaves, from the likely starts; the best end counts."""
    surprises = _Surprises.of(z)

    def cost(theta: Floats) -> tuple[float, Floats]:
        a, part = (float(each) for each in theta)
        room = PERSISTENCE - a
        value, by_a, by_b = _negative(surprises, a, part * room)
        return value, np.array([by_a - part * by_b, room * by_b])

    likely = np.argsort([cost(np.array(start))[0] for start in _STARTS])
    followed = likely if z.shape[1] <= _ALL_STARTS else likely[:1]
    ends = [least(cost, _STARTS[k], [(0.0, PERSISTENCE), (0.0, 1.0)]) for k in followed]
    best = min(ends, key=lambda end: end.value)
    a, part = (float(each) for each in best.at)
    return a, part * (PERSISTENCE - a), best.converged


@dataclass(frozen=True, slots=True, eq=False)
class _Surprises:
    """Residuals (N, T), and their products for the K = N (N + 1) / 2 cells of a symmetric matrix, (K, T)."""

    columns: Floats
    row: np.ndarray
    column: np.ndarray
    cross: Floats
    target: Floats

    @classmethod
    def of(cls, z: Floats) -> _Surprises:
        columns = np.ascontiguousarray(z.T)
        row, column = np.triu_indices(len(columns))
        cross = columns[row] * columns[column]
        return cls(columns, row, column, cross, cross.mean(axis=1))

    def quasi(self, a: float, b: float) -> Floats:
        """Q, shape (K, T)."""
        terms = np.empty(self.cross.shape)
        terms[:, 1:] = a * self.cross[:, :-1] + ((1 - a - b) * self.target)[:, None]
        return recursion(terms, b, self.target)

    def square(self, cells: Floats) -> Floats:
        """Cells as matrices, shape (T, N, N)."""
        names = len(self.columns)
        whole = np.empty((cells.shape[1], names, names))
        whole[:, self.row, self.column] = cells.T
        whole[:, self.column, self.row] = cells.T
        return whole

    def inverse(self, cells: Floats) -> tuple[Floats, Floats]:
        """Inverse in cells and log-determinant, shapes (K, T) and (T,); a pair's by hand."""
        if len(self.columns) == 2:
            det = cells[0] * cells[2] - cells[1] ** 2
            return np.array([cells[2], -cells[1], cells[0]]) / det, np.log(det)
        whole = self.square(cells)
        turned = np.linalg.inv(whole)[:, self.row, self.column]
        return np.ascontiguousarray(turned.T), np.linalg.slogdet(whole)[1]

    def times(self, cells: Floats, vectors: Floats) -> Floats:
        """Symmetric matrices in cells times vectors (N, T)."""
        place = np.empty((len(vectors), len(vectors)), dtype=np.int64)
        place[self.row, self.column] = place[self.column, self.row] = np.arange(len(self.row))
        return np.array([np.einsum("nt,nt->t", cells[each], vectors) for each in place])


def _negative(given: _Surprises, a: float, b: float) -> tuple[float, float, float]:
    """Mean of ½ (ln |R| + z′ R⁻¹ z), and its derivatives by a and by b.

    With u = z √diag Q, z′ R⁻¹ z = u′ Q⁻¹ u, so that no R is made; the derivatives run the recursion
    backwards once.
    """
    count = given.columns.shape[1]
    q = given.quasi(a, b)
    on = given.row == given.column
    diagonal = q[on]
    inverse, log_det = given.inverse(q)
    root = np.sqrt(diagonal)
    u = root * given.columns
    w = given.times(inverse, u)
    value = 0.5 * float(np.sum(log_det) - np.sum(np.log(diagonal)) + np.sum(u * w)) / count
    pull = inverse - w[given.row] * w[given.column]
    pull[~on] *= 2  # a cell off the diagonal stands for two
    pull[on] += w * given.columns / root - 1 / diagonal
    felt = recursion(pull[:, ::-1], b, pull[:, -1])[:, ::-1][:, 1:]
    by_a = 0.5 * float(np.sum(felt * (given.cross[:, :-1] - given.target[:, None]))) / count
    by_b = 0.5 * float(np.sum(felt * (q[:, :-1] - given.target[:, None]))) / count
    return value, by_a, by_b

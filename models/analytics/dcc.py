"""DCC(1,1): a correlation that moves with each day's surprises, on volatility taken out first."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from models.analytics.garch import OBSERVATIONS, PERSISTENCE, Garch, fit_garch, recursion
from models.analytics.searching import Least, basins, least
from models.errors import SingularCovarianceError, TooFewNamesError, TooFewObservationsError
from models.types import Bools, Floats

# The grid that finds the hollows, a and b. A pair's likelihood has up to three (b at 0, a memory of days, one
# of months), often a tenth of a point apart.
_GRID_A = (0.002, 0.005, 0.01, 0.02, 0.04, 0.08, 0.16, 0.32)
_GRID_B = (0.0, 0.3, 0.6, 0.8, 0.9, 0.95, 0.975, 0.99, 0.996)
_FOLLOWED = 3
# With more names the peak is sharper and a look dearer: a coarser grid, and its two lowest hollows.
_COARSE_A = (0.004, 0.015, 0.06)
_COARSE_B = (0.0, 0.6, 0.9, 0.97, 0.99)
_FOLLOWED_OF_MANY = 2


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
    """a and b, from the lowest cells of a grid; without dynamics (0 and 0) when nothing beats that."""
    surprises = _Surprises.of(z)

    def cost(theta: Floats) -> tuple[float, Floats]:
        a, part = (float(each) for each in theta)
        room = PERSISTENCE - a
        value, by_a, by_b = _negative(surprises, a, part * room)
        return value, np.array([by_a - part * by_b, room * by_b])

    pair = z.shape[1] == 2
    shares, decays = (_GRID_A, _GRID_B) if pair else (_COARSE_A, _COARSE_B)
    cells = basins(_grid(surprises, shares, decays), _FOLLOWED if pair else _FOLLOWED_OF_MANY)
    starts = [(shares[row], decays[column] / (PERSISTENCE - shares[row])) for row, column in cells]
    flat = Least(np.zeros(2), _negative(surprises, 0.0, 0.0)[0], True)
    ends = [flat, *(least(cost, start, [(0.0, PERSISTENCE), (0.0, 1.0)]) for start in starts)]
    best = min(ends, key=lambda end: end.value)
    a, part = (float(each) for each in best.at)
    return a, part * (PERSISTENCE - a), best.converged


def _grid(given: _Surprises, shares: Sequence[float], decays: Sequence[float]) -> Floats:
    """The cost at every a of ``shares`` and every b of ``decays``, shape (A, B).

    Q − Q̄ is a times a recursion that knows b alone, so that one of them serves every a; a cell beyond the
    largest a + b is infinite.
    """
    surprise = np.zeros(given.cross.shape)
    surprise[:, 1:] = given.cross[:, :-1] - given.target[:, None]
    found = np.full((len(shares), len(decays)), np.inf)
    for column, b in enumerate(decays):
        moved = recursion(surprise, b, 0.0)
        for row, a in enumerate(shares):
            if a + b < PERSISTENCE:
                found[row, column] = _cost(given, given.target[:, None] + a * moved)
    return found


def _cost(given: _Surprises, q: Floats) -> float:
    """The cost of Q; of a pair without the parts that only a derivative needs."""
    if len(q) != 3:
        return _parts(given, q).value
    scale = q[0] * q[2]
    rho = q[1] / np.sqrt(scale)
    left = 1 - rho * rho
    first, both, second = given.cross
    return 0.5 * float(np.mean(np.log(left) + (first + second - 2 * rho * both) / left))


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


@dataclass(frozen=True, slots=True, eq=False)
class _Parts:
    """What the cost of Q is made of: the mean of ½ (ln |R| + z′ R⁻¹ z), √diag Q, Q⁻¹, and Q⁻¹ u."""

    value: float
    root: Floats
    inverse: Floats
    w: Floats


def _parts(given: _Surprises, q: Floats) -> _Parts:
    """With u = z √diag Q, z′ R⁻¹ z = u′ Q⁻¹ u, so that no R is made."""
    diagonal = q[given.row == given.column]
    inverse, log_det = given.inverse(q)
    root = np.sqrt(diagonal)
    u = root * given.columns
    w = given.times(inverse, u)
    total = float(np.sum(log_det) - np.sum(np.log(diagonal)) + np.sum(u * w))
    return _Parts(0.5 * total / given.columns.shape[1], root, inverse, w)


def _negative(given: _Surprises, a: float, b: float) -> tuple[float, float, float]:
    """The cost at a and b and its derivatives by both, which run the recursion backwards once."""
    count = given.columns.shape[1]
    q = given.quasi(a, b)
    on = given.row == given.column
    found = _parts(given, q)
    pull = found.inverse - found.w[given.row] * found.w[given.column]
    pull[~on] *= 2  # a cell off the diagonal stands for two
    pull[on] += found.w * given.columns / found.root - 1 / q[on]
    felt = recursion(pull[:, ::-1], b, pull[:, -1])[:, ::-1][:, 1:]
    by_a = 0.5 * float(np.sum(felt * (given.cross[:, :-1] - given.target[:, None]))) / count
    by_b = 0.5 * float(np.sum(felt * (q[:, :-1] - given.target[:, None]))) / count
    return found.value, by_a, by_b

"""Made series with known systems, and connectedness as a textbook writes it, one window at a time."""

from __future__ import annotations

from typing import Any

import numpy as np

from models.analytics.connectedness import Connectedness
from models.types import Floats


def simulated(rows: int, names: int, seed: int = 1, lags: int = 1, persistence: float = 0.3) -> Floats:
    """A stable system with links in time and correlated shocks."""
    rng = np.random.default_rng(seed)
    phi = [rng.normal(0, 0.5 / names / lag, (names, names)) for lag in range(1, lags + 1)]
    phi[0] += persistence * np.eye(names)
    size = sum(np.linalg.norm(each, 2) for each in phi)
    phi = [each * min(1.0, 0.9 / size) for each in phi]
    mix = np.eye(names) + rng.normal(0, 0.4, (names, names)) / np.sqrt(names)
    x = rng.normal(size=(rows + 50, names)) @ mix
    for t in range(lags, len(x)):
        x[t] += sum(phi[lag] @ x[t - 1 - lag] for lag in range(lags))
    return x[50:]


def textbook(x: Floats, lags: int, horizon: int, method: str = "generalised") -> Floats:
    """The table of one window: least squares with a constant, over the rows that are whole."""
    phi, sigma = least_squares(x, lags)
    return decomposed(phi, sigma, horizon, method)


def least_squares(x: Floats, lags: int) -> tuple[list[Floats], Floats]:
    rows = [t for t in range(lags, len(x)) if np.isfinite(x[t - lags : t + 1]).all()]
    past = np.array([np.concatenate([[1.0], *(x[t - lag] for lag in range(1, lags + 1))]) for t in rows])
    found, *_ = np.linalg.lstsq(past, x[rows], rcond=None)
    error = x[rows] - past @ found
    names = x.shape[1]
    return [found[1 + n * names : 1 + (n + 1) * names].T for n in range(lags)], error.T @ error / len(rows)


def decomposed(phi: list[Floats], sigma: Floats, horizon: int, method: str) -> Floats:
    names = len(sigma)
    average = [np.eye(names)]
    for step in range(1, horizon):
        average.append(sum(phi[n] @ average[step - 1 - n] for n in range(min(step, len(phi)))))
    table = np.zeros((names, names))
    factor = np.linalg.cholesky(sigma)
    for i in range(names):
        total = sum(a[i] @ sigma @ a[i] for a in average)
        for j in range(names):
            if method == "cholesky":
                table[i, j] = sum((a @ factor)[i, j] ** 2 for a in average) / total
            else:
                table[i, j] = sum((a @ sigma)[i, j] ** 2 for a in average) / sigma[j, j] / total
    return table / table.sum(axis=1, keepdims=True)


def statsmodels_table(x: Floats, lags: int, horizon: int) -> Floats:
    """The generalised table from the VAR of statsmodels."""
    from statsmodels.tsa.api import VAR

    fitted = VAR(x).fit(lags)
    average, sigma = fitted.ma_rep(horizon - 1), np.asarray(fitted.sigma_u)
    shares = np.square(average @ sigma).sum(axis=0) / np.diag(sigma)
    shares /= np.einsum("hij,hij->i", average @ sigma, average)[:, None]
    return shares / shares.sum(axis=1, keepdims=True)


def result_of(table: Floats, **changed: Any) -> Connectedness:
    """A result with this table; its names are letters."""
    names = tuple("ABCDEFGHIJKLMNOPQRSTUVWXYZ"[: len(table)])
    given_: dict[str, Any] = {
        "names": names,
        "table": table,
        "observations": 500,
        "rows_left_out": 0,
        "left_out": (),
        "lags": 1,
        "horizon": 10,
        "method": "generalised",
        "shrinkage": 0.0,
        "radius": 0.5,
    }
    return Connectedness(**(given_ | changed))

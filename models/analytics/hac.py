"""Least squares whose standard errors survive autocorrelation and changing variance."""

from __future__ import annotations

import numpy as np

from models.types import Floats

LAGS = 5


def ols_hac(y: Floats, x: Floats, lags: int = LAGS) -> tuple[Floats, Floats]:
    """Return the coefficients of y on x and an intercept, with Newey-West standard errors.

    Newey and West (1987), eq. 5: Bartlett weights 1 - l / (lags + 1), and no small-sample
    correction; the errors of statsmodels' ``cov_type="HAC"`` with its ``use_correction=False``.

    Parameters
    ----------
    y
        Shape (n,), in order of time and without NaN.
    x
        Shape (n,) or (n, k), without an intercept.
    lags
        Lags of the autocovariance of the scores.

    Returns
    -------
    tuple
        Coefficients and standard errors, each of shape (k + 1,), intercept first. All NaN when
        there are no more observations than coefficients, or one column is a combination of others.
    """
    design = np.column_stack([np.ones(len(y)), x])
    count, terms = design.shape
    scale = np.abs(design).max(axis=0, initial=0.0)
    if count <= terms or not (scale > 0).all():
        return np.full(terms, np.nan), np.full(terms, np.nan)
    # The columns are brought to one size: a return beside an intercept is a hundredth of it.
    left, size, right = np.linalg.svd(design / scale, full_matrices=False)
    if size[-1] <= size[0] * count * np.finfo(np.float64).eps:
        return np.full(terms, np.nan), np.full(terms, np.nan)
    inverse = (right.T / size) @ left.T
    beta = inverse @ y
    influence = inverse * (y - design / scale @ beta)
    spread = influence @ influence.T
    for lag in range(1, min(lags, count - 1) + 1):
        across = influence[:, lag:] @ influence[:, :-lag].T
        spread += (1 - lag / (lags + 1)) * (across + across.T)
    return beta / scale, np.sqrt(np.maximum(np.diag(spread), 0.0)) / scale

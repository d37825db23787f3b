"""Correlations shrunk towards none, for systems of many names in few rows."""

from __future__ import annotations

from typing import Literal, TypeAlias

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from models.errors import MeasureSettingError
from models.types import Bools, Floats

Shrink: TypeAlias = float | Literal["auto"]


def shrinkage_intensity(z: Floats, usable: Bools, moments: Floats, count: np.ndarray) -> Floats:
    """Return how far to shrink the correlations of every run of rows towards none.

    The sum of the estimated variances of the correlations over the sum of their squares. Rows
    are taken as independent; of persistent series the variances are larger than estimated, so
    the shrinkage errs towards too little.

    Parameters
    ----------
    z, usable
        The result of :func:`~models.analytics.autoregression.lagged`.
    moments, count
        The result of :func:`~models.analytics.autoregression.rolling_moments`.

    Returns
    -------
    Floats
        Shape (W,), between 0 and 1.

    References
    ----------
    Schäfer and Strimmer (2005), section 2.4, of the joint correlations of a VAR: Opgen-Rhein and
    Strimmer (2007).
    """
    rows, size = len(z) - len(moments) + 1, z.shape[1]
    each = np.maximum(count, 2)[:, None]
    scale = np.sqrt(np.einsum("bii->bi", moments) / each)
    scale = np.where(scale > 0, scale, 1.0)
    held = sliding_window_view(z, rows, axis=0)
    taken = sliding_window_view(usable, rows)[:, None, :]
    square = np.square((held - held.sum(axis=2, keepdims=True) / each[:, :, None]) / scale[:, :, None])
    square *= taken
    # All pairs at once: the sum over i and j of y_i² y_j² is the square of the sum over i of y_i².
    fourth = np.square(square.sum(axis=1)).sum(axis=1) - np.einsum("bin,bin->b", square, square)
    correlation = moments / (scale[:, :, None] * scale[:, None, :] * each[:, :, None])
    strength = np.einsum("bij,bij->b", correlation, correlation) - size
    noise = (fourth / each[:, 0] - strength) / (each[:, 0] - 1)
    return np.clip(np.divide(noise, strength, out=np.ones(len(noise)), where=strength > 0), 0.0, 1.0)


def shrinkage(shrink: Shrink, z: Floats, usable: Bools, moments: Floats, count: np.ndarray) -> Floats:
    """Return the shrinkage of each run: the share given, or that of :func:`shrinkage_intensity`.

    Parameters
    ----------
    shrink
        A share from 0 (least squares) to 1, or ``auto``.
    z, usable, moments, count
        As in ``shrinkage_intensity``.

    Returns
    -------
    Floats
        Shape (W,).

    Raises
    ------
    MeasureSettingError
        If the share is none.
    """
    if shrink == "auto":
        return shrinkage_intensity(z, usable, moments, count)
    if isinstance(shrink, str) or not 0.0 <= shrink <= 1.0:
        raise MeasureSettingError("Shrinkage", shrink, "a share from 0 to 1, or auto")
    return np.full(len(moments), shrink)


def shrunk(moments: Floats, intensity: Floats) -> Floats:
    """Return moments with their products shrunk and their squares kept.

    Parameters
    ----------
    moments
        Shape (W, m, m).
    intensity
        Shape (W,): 0 changes nothing, 1 leaves no correlation.

    Returns
    -------
    Floats
        Shape (W, m, m).
    """
    found = moments * (1.0 - intensity)[:, None, None]
    np.einsum("bii->bi", found)[:] = np.einsum("bii->bi", moments)
    return found

"""Arrays on their way to the browser: decimated to the pixels, packed as typed arrays."""

from __future__ import annotations

import base64
from typing import Any

import numpy as np

from models.types import Bools, Floats


def packed(values: Any, dtype: str) -> dict[str, str]:
    """A typed array as plotly reads it; ``i2`` for positions, ``f4`` for percents.

    A date string per point and trace is what makes a plotly page heavy: here a point costs
    six bytes.
    """
    return {"dtype": dtype, "bdata": base64.b64encode(np.asarray(values, dtype=dtype).tobytes()).decode()}


def extremes(values: Floats, buckets: int) -> Bools:
    """Which points to draw so that a line looks the same on ``buckets`` pixel columns.

    Keeps each bucket's lowest and highest point, the first and the last: an extreme is never
    lost, and every point kept is a true one.

    Parameters
    ----------
    values
        Shape (T,), without NaN.
    buckets
        Number of buckets; with at most two points a bucket everything is kept.

    Returns
    -------
    Bools
        Shape (T,).
    """
    n = len(values)
    keep = np.ones(n, dtype=np.bool_)
    if n <= 2 * buckets or buckets < 1:
        return keep
    size = -(-n // buckets)
    rows = -(-n // size)
    padded = np.append(values, np.full(rows * size - n, values[-1]))
    table = padded.reshape(rows, size)
    start = np.arange(rows) * size
    keep[:] = False
    keep[np.minimum(start + table.argmin(axis=1), n - 1)] = True
    keep[np.minimum(start + table.argmax(axis=1), n - 1)] = True
    keep[[0, n - 1]] = True
    return keep

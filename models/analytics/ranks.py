"""Ranks of many rows at once."""

from __future__ import annotations

import numpy as np

from models.types import Floats


def average_ranks(values: Floats) -> Floats:
    """Return the rank of each value in its row, 1 for the least; equal ones share the mean of theirs.

    Parameters
    ----------
    values
        Shape (N, M), no NaN.

    Returns
    -------
    ndarray
        Shape (N, M).
    """
    if not values.size:
        return np.zeros(values.shape)
    order = np.argsort(values, axis=1, kind="stable")
    held = np.take_along_axis(values, order, axis=1)
    edge = np.ones((len(values), 1), dtype=np.bool_)
    differs = held[:, 1:] != held[:, :-1]
    place = np.arange(values.shape[1])
    first = np.maximum.accumulate(np.where(np.hstack([edge, differs]), place, 0), axis=1)
    ends = np.where(np.hstack([differs, edge]), place, values.shape[1])
    last = np.minimum.accumulate(ends[:, ::-1], axis=1)[:, ::-1]
    found = np.empty(values.shape)
    np.put_along_axis(found, order, (first + last) / 2 + 1, axis=1)
    return found

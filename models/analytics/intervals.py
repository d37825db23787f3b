"""Intervals of shares."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from models.types import Floats

Z_95 = 1.959963984540054


def wilson(hits: ArrayLike, of: ArrayLike, z: float = Z_95) -> tuple[Floats, Floats]:
    """Return the Wilson score interval of a share, without a correction for continuity.

    Parameters
    ----------
    hits, of
        Counts, any shapes that go together; ``hits`` of ``of``.
    z
        Standard deviations: 1.96 for 95 %.

    Returns
    -------
    tuple
        Lower and upper end, fractions in [0, 1]; NaN where ``of`` is 0.

    References
    ----------
    Wilson (1927), Probable inference, the law of succession, and statistical inference.
    """
    count, n = np.broadcast_arrays(np.asarray(hits, dtype=np.float64), np.asarray(of, dtype=np.float64))
    with np.errstate(divide="ignore", invalid="ignore"):
        share, slack = count / n, z * z / n
        middle = (share + slack / 2) / (1 + slack)
        half = z * np.sqrt(share * (1 - share) / n + slack / (4 * n)) / (1 + slack)
    # At 0 and at n the ends are 0 and 1 exactly; rounding would put them a hair outside.
    low = np.where((count == 0) & (n > 0), 0.0, middle - half)
    return low, np.where((count == n) & (n > 0), 1.0, middle + half)

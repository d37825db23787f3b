"""Circuit breakers: the falls of an index at which its exchange stops trading."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

HALTS: Mapping[str, tuple[float, ...]] = {
    "^KS11": (-0.08, -0.15, -0.20),
    "^GSPC": (-0.07, -0.13, -0.20),
}
"""The levels of each index that halts its market, fractions of the close before, the first one first.

KRX, KOSPI Market Business Regulation, circuit breakers; NYSE Rule 7.12, which the other US exchanges share.
"""


@dataclass(frozen=True, slots=True)
class HaltReach:
    """How near an index came to its halt levels in one session.

    Attributes
    ----------
    levels
        Fractions of the close before, the first one first.
    passed
        The deepest level that the session's low reached, None when it reached none.
    distance
        The low less the level it stands beside, a fraction: below 0 past ``passed``, above 0 while the
        first level lies below the low. NaN without a low.
    next_price
        The price of the first level in the next session.
    """

    levels: tuple[float, ...]
    passed: float | None
    distance: float
    next_price: float


def halt_reach(symbol: str, low: float, close_price: float) -> HaltReach | None:
    """Return how near an index came to its halt levels; None for one that halts nothing.

    Parameters
    ----------
    symbol
        The index.
    low
        The session's low over the close before, less 1; NaN when the source has none.
    close_price
        The session's close.

    Returns
    -------
    HaltReach or None
        A low that equals a level has reached it.
    """
    levels = HALTS.get(symbol)
    if levels is None:
        return None
    reached = [level for level in levels if low <= level]
    beside = reached[-1] if reached else levels[0]
    distance = float(low - beside) if np.isfinite(low) else np.nan
    return HaltReach(levels, reached[-1] if reached else None, distance, close_price * (1 + levels[0]))

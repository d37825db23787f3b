"""Circuit breakers of an index, and daily limits of a name: what one session can be where a rule says so."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from models.limits import DAILY_LIMITS
from models.types import Floats, Sessions

HALTS: Mapping[str, tuple[float, ...]] = {
    "^KS11": (-0.08, -0.15, -0.20),
    "^GSPC": (-0.07, -0.13, -0.20),
}
"""The levels of each index that halts its market, fractions of the close before, the first one first.

KRX, KOSPI Market Business Regulation, circuit breakers; NYSE Rule 7.12, which the other US exchanges share.
"""


LIMITS_SINCE: Mapping[str, np.datetime64] = {
    "XKRX": np.datetime64("2015-06-15"),
    "XTAI": np.datetime64("2015-06-01"),
    "XTKS": np.datetime64("2015-01-01"),
}
"""The first session of each exchange's limits as they stand; before it they were narrower, and are not asked.

KRX, KOSPI Market Business Regulation, daily price limit of 30%; TWSE Operating Rules, article 63, 10%.
"""
TOKYO_BANDS: tuple[tuple[float, float], ...] = (
    *((100, 30), (200, 50), (500, 80), (700, 100), (1_000, 150), (1_500, 300), (2_000, 400), (3_000, 500)),
    *((5_000, 700), (7_000, 1_000), (10_000, 1_500), (15_000, 3_000), (20_000, 4_000), (30_000, 5_000)),
    *((50_000, 7_000), (70_000, 10_000), (100_000, 15_000), (150_000, 30_000), (200_000, 40_000)),
    *((300_000, 50_000), (500_000, 70_000), (700_000, 100_000), (1_000_000, 150_000)),
    *((1_500_000, 300_000), (2_000_000, 400_000), (3_000_000, 500_000), (5_000_000, 700_000)),
    *((7_000_000, 1_000_000), (10_000_000, 1_500_000), (15_000_000, 3_000_000), (20_000_000, 4_000_000)),
    *((30_000_000, 5_000_000), (50_000_000, 7_000_000), (np.inf, 10_000_000)),
)
"""Tokyo: the yen that a price may move in a session, for base prices below each bound.

JPX, Trading Regulations, daily price limits; four times as wide after two days locked at a limit.
"""
TOKYO_BROADENED = 4.0


def daily_limits(mic: str, bases: Floats, sessions: Sessions, *, rescaled: bool = False) -> Floats:
    """Return how far a price may move from its base in one session, as fractions; NaN without a rule.

    Parameters
    ----------
    mic
        The exchange.
    bases
        Base prices, the close of the session before, as they were on the day; shape (n,).
    sessions
        The session of each, shape (n,).
    rescaled
        The bases may have been divided by splits since: the widest limit of any price from there up.
    """
    since = LIMITS_SINCE.get(mic)
    if since is None:
        return np.full(len(bases), np.nan)
    share = np.full(len(bases), DAILY_LIMITS.get(mic, np.nan))
    if mic == "XTKS":
        share = _tokyo(bases, rescaled=rescaled)
    return np.where((sessions >= since) & (bases > 0), share, np.nan)


def _tokyo(bases: Floats, *, rescaled: bool) -> Floats:
    bounds, yen = (np.array(column) for column in zip(*TOKYO_BANDS, strict=True))
    band = np.minimum(np.searchsorted(bounds, np.nan_to_num(bases, nan=np.inf), side="right"), len(yen) - 1)
    with np.errstate(divide="ignore", invalid="ignore"):
        share = yen[band] / bases
    if not rescaled:
        return np.asarray(share)
    # The share is widest at the lower end of a band, and a later split can have brought it from any above.
    widest = yen[1:] / bounds[:-1]
    above = np.array([widest[at:].max() if at < len(widest) else 0.0 for at in range(len(yen))])
    return np.asarray(np.fmax(share, above[band]))


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

"""Made markets of a dozen names on both sides of the clock."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

ASIA = ("000660.KS", "005930.KS", "2330.TW", "2317.TW", "8035.T", "6857.T")
US = ("NVDA", "MU", "AMD", "AVGO", "MSFT", "META")
SESSIONS = 900


def closes(*last: float, listed: dict[str, int] | None = None, seed: int = 1) -> dict[str, Sequence[float]]:
    """Closes of a one-factor market with fat tails; every name ends with the moves given."""
    rng = np.random.default_rng(seed)
    common = rng.standard_t(4, SESSIONS) * 0.006
    found: dict[str, Sequence[float]] = {}
    for symbol in ASIA + US:
        moves = common + rng.standard_t(4, SESSIONS) * 0.008
        moves[SESSIONS - len(last) :] = last
        path = 100 * np.cumprod(1 + moves)
        found[symbol] = path[SESSIONS - (listed or {}).get(symbol, SESSIONS) :].tolist()
    return found

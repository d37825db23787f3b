"""The steps in which exchanges let prices move: what two true closes of one session can differ by is nothing,
and what a false one differs by is a step at least.

Tables as the exchanges publish them; where a step was coarser in earlier years, or for other shares, the
finest counts, so that a true close is never doubted for its step.
"""

from __future__ import annotations

import numpy as np

from models.types import Floats

_STEPS: dict[str, tuple[tuple[float, ...], tuple[float, ...]]] = {
    "XKRX": ((2e3, 5e3, 2e4, 5e4, 2e5, 5e5), (1, 5, 10, 50, 100, 500, 1000)),
    "XTAI": ((10, 50, 100, 500, 1000), (0.01, 0.05, 0.1, 0.5, 1, 5)),
    "XHKG": (
        (0.25, 0.5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000),
        (0.001, 0.005, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5),
    ),
    "XTKS": ((1e3, 3e3, 1e4, 3e4, 1e5), (0.1, 0.5, 1, 5, 10, 50)),
}
_USUAL = ((1.0,), (0.0001, 0.01))


def tick_size(calendar: str, price: Floats) -> Floats:
    """Return the least step of prices on an exchange.

    Parameters
    ----------
    calendar
        The exchange's calendar; one without a table of its own trades in cents.
    price
        Shape (n,), local currency, as traded (not adjusted for splits since).

    Returns
    -------
    Floats
        Shape (n,), local currency; NaN of NaN.
    """
    bounds, steps = _STEPS.get(calendar, _USUAL)
    found = np.array(steps)[np.searchsorted(bounds, np.nan_to_num(price), side="right")]
    return np.where(np.isfinite(price), found, np.nan)

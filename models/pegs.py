"""Currencies held to the dollar within a band: what stands in for a rate that is not stored."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from models.types import Floats


@dataclass(frozen=True, slots=True)
class Peg:
    """A band per US dollar and its middle, by the authority that keeps it."""

    middle: float
    low: float
    high: float


# Hong Kong Monetary Authority, Linked Exchange Rate System, since 18 May 2005.
PEGS: Mapping[str, Peg] = {"HKD": Peg(7.80, 7.75, 7.85)}


def pegged_rate(currency: str, rate: Floats) -> Floats:
    """Return a currency per dollar, its peg's middle where no rate is known.

    Parameters
    ----------
    currency
        As ``HKD``; one without a peg keeps its gaps.
    rate
        Shape (T,), units per dollar; NaN where none stands.

    Returns
    -------
    Floats
        Shape (T,). The middle is taken only while the last known rate lies in the band, so that a peg
        that broke is not assumed to hold; without any rate it is taken throughout.
    """
    peg = PEGS.get(currency)
    if peg is None:
        return rate
    known = np.isfinite(rate)
    last = np.maximum.accumulate(np.where(known, np.arange(len(rate)), -1)) if len(rate) else np.zeros(0, int)
    before = np.where(last >= 0, rate[np.maximum(last, 0)], peg.middle) if len(rate) else rate
    held = (before >= peg.low) & (before <= peg.high)
    return np.where(known, rate, np.where(held, peg.middle, np.nan))

"""Selloff legs with what a reader asks of each: who started it, how broad it was, who lost most."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from models.analytics.breadth import breadth, change_between, largest_losers
from models.analytics.episodes import selloff_legs
from models.analytics.relay import starter, walk_of_onset
from models.types import Floats, Sessions


def selloff_table(
    sessions: Sessions,
    level: Floats,
    relay: pd.DataFrame,
    prices: Floats,
    symbols: Sequence[str],
    *,
    threshold: float = 0.10,
    losers: int = 3,
) -> pd.DataFrame:
    """Return the selloff legs of a basket with starter, breadth and largest losers.

    Parameters
    ----------
    sessions
        Shape (T,), ascending.
    level
        The basket's level, shape (T,).
    relay
        The result of :func:`~models.analytics.relay.relay_legs`.
    prices
        The members' prices, shape (T, N).
    symbols
        N names.
    threshold
        As in :func:`~models.analytics.episodes.selloff_legs`.
    losers
        Names to list in each leg.

    Returns
    -------
    DataFrame
        The columns of ``selloff_legs``, then ``starter``, ``starter_leg``, ``starter_date``,
        ``starter_reason``, ``breadth`` (share of names lower at the trough than at the peak),
        ``names`` and ``losers``, a list of (symbol, change) pairs; fractions.
    """
    legs = selloff_legs(sessions, level, threshold)
    verdicts = [starter(walk_of_onset(relay, peak)) for peak in legs["peak"]]
    changes = [
        change_between(sessions, prices, np.datetime64(leg.peak, "D"), np.datetime64(leg.trough, "D"))
        for leg in legs.itertuples()
    ]
    found = [breadth(change, symbols) for change in changes]
    return legs.assign(
        starter=[verdict.starter for verdict in verdicts],
        starter_leg=[verdict.leg for verdict in verdicts],
        starter_date=np.array([verdict.date for verdict in verdicts], dtype="datetime64[s]"),
        starter_reason=[verdict.reason for verdict in verdicts],
        breadth=[item.share for item in found],
        names=[item.names for item in found],
        losers=[_pairs(change, symbols, losers) for change in changes],
    )


def _pairs(change: Floats, symbols: Sequence[str], top: int) -> list[tuple[str, float]]:
    worst = largest_losers(change, symbols, top)
    return list(zip(worst["symbol"], worst["change"], strict=True))

"""Early warning: what a close in its worst twentieth on one side said about the next day of the other.

The gap and the session stand side by side: who reads the warning can act only on what is still to
come, and a warning that is all in the opening price comes too late to trade on.
"""

from __future__ import annotations

from collections.abc import Mapping
from statistics import NormalDist
from typing import Literal

import numpy as np
import pandas as pd

from models.analytics.exceedance import MINIMUM, TAIL, WINDOW, exceedances
from models.analytics.hac import ols_hac
from models.analytics.links import LegPairs, leg_pairs, side_close
from models.analytics.relay import Leg, Side
from models.types import Bools, Floats, Sessions

Outcome = Literal["gap", "session", "close"]
OUTCOMES: tuple[Outcome, ...] = ("gap", "session", "close")
CONFIDENCE = 0.95


def early_warning(
    sessions: Sessions,
    legs: Mapping[Leg, Floats],
    *,
    since: np.datetime64 | None = None,
    q: float = TAIL,
    window: int = WINDOW,
    minimum: int = MINIMUM,
) -> pd.DataFrame:
    """Return how often the other side fell after a close in its own worst twentieth, both ways.

    The event is a side's close-to-close move at or below its trailing quantile; the outcome is
    the other side's next gap, session and close-to-close move, by the clock: New York's of the same
    date or the next open one after Asia, Asia's of a later date after New York. Pairs are those
    of :func:`~models.analytics.links.leg_pairs`: of several closes before one open only the last.

    Parameters
    ----------
    sessions
        Shape (T,), ascending: the union of the sides' sessions.
    legs
        The four legs, fractions, shape (T,); NaN where a side was closed.
    since
        First session date of the closes that count; earlier ones only make the quantile.
    q, window, minimum
        As in :func:`~models.analytics.exceedance.trailing_quantile`, in news days of the side.

    Returns
    -------
    DataFrame
        ``after, outcome, cases, hits, hit_rate, low, high, base_rate, base_n, median,
        base_median, excess, excess_se, left_out``, six rows. ``after`` is the side of the
        event; a hit is an outcome below 0, exactly 0 is none; low and high bound the hit rate
        (:func:`wilson`). The base is every pair whose close could be judged, the events included.
        ``excess`` is the hit rate less that of the days without an event, with a Newey-West
        standard error. ``left_out`` counts events without a pair. Fractions; NaN without cases.
    """
    rows: list[dict[str, object]] = []
    directions: tuple[tuple[Side, Side], ...] = (("asia", "us"), ("us", "asia"))
    for source, target in directions:
        close = side_close(legs, source)
        event, judged = exceedances(close, q, window, minimum)
        if since is not None:
            judged &= sessions >= since
            event &= judged
        pairs = leg_pairs(close, side_close(legs, target), same_day=source == "asia")
        counted = judged[pairs.from_rows]
        for outcome in OUTCOMES:
            moves = _outcome(legs, target, outcome)[pairs.to_rows]
            row = _row(moves[counted], event[pairs.from_rows][counted])
            rows.append({"after": source, "outcome": outcome, **row, "left_out": _unpaired(event, pairs)})
    return pd.DataFrame(rows).astype({"after": "str", "outcome": "str"})


def wilson(hits: int, cases: int, confidence: float = CONFIDENCE) -> tuple[float, float]:
    """Return the Wilson score interval of a share (Wilson 1927; Brown, Cai and DasGupta 2001, eq. 4).

    Parameters
    ----------
    hits, cases
        Counts.
    confidence
        In (0, 1).

    Returns
    -------
    tuple
        Lower and upper bound, fractions within [0, 1]; NaN without cases.
    """
    if not cases:
        return np.nan, np.nan
    z = NormalDist().inv_cdf((1 + confidence) / 2)
    share, weight = hits / cases, z * z / cases
    middle = (share + weight / 2) / (1 + weight)
    half = z / (1 + weight) * np.sqrt(share * (1 - share) / cases + weight / (4 * cases))
    # Rounding must not carry a bound past 0 or 1, nor past the share itself.
    return max(0.0, min(share, float(middle - half))), min(1.0, max(share, float(middle + half)))


def _outcome(legs: Mapping[Leg, Floats], side: Side, outcome: Outcome) -> Floats:
    if outcome == "close":
        return side_close(legs, side)
    names: dict[tuple[Side, Outcome], Leg] = {
        ("asia", "gap"): "asia_gap",
        ("asia", "session"): "asia_session",
        ("us", "gap"): "us_gap",
        ("us", "session"): "us_session",
    }
    return legs[names[side, outcome]]


def _unpaired(event: Bools, pairs: LegPairs) -> int:
    return int(event.sum() - event[pairs.from_rows].sum())


def _row(moves: Floats, event: Bools) -> dict[str, float]:
    """One line of the table, of the judged pairs."""
    fell = moves < 0
    cases, hits = int(event.sum()), int((fell & event).sum())
    low, high = wilson(hits, cases)
    beta, error = ols_hac(fell.astype(np.float64), event.astype(np.float64))
    return {
        "cases": cases,
        "hits": hits,
        "hit_rate": hits / cases if cases else np.nan,
        "low": low,
        "high": high,
        "base_rate": float(fell.mean()) if len(moves) else np.nan,
        "base_n": len(moves),
        "median": float(np.median(moves[event])) if cases else np.nan,
        "base_median": float(np.median(moves)) if len(moves) else np.nan,
        "excess": float(beta[1]),
        "excess_se": float(error[1]),
    }

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
from numpy.typing import NDArray

from models.analytics.exceedance import MINIMUM, TAIL, WINDOW, exceedances
from models.analytics.hac import ols_hac
from models.analytics.links import leg_pairs, side_moves
from models.analytics.relay import Leg, Side
from models.types import Bools, Floats, Sessions

Outcome = Literal["gap", "session", "close"]
OUTCOMES: tuple[Outcome, ...] = ("gap", "session", "close")
CONFIDENCE = 0.95
BLOCK = 10
"""Mean length of the bootstrap's blocks, days: bad days come in runs of about two weeks."""
RESAMPLES = 1000
SEED = 1906
_TERCILES = (1 / 3, 2 / 3)
_LEG: Mapping[tuple[Side, Outcome], Leg] = {
    ("asia", "gap"): "asia_gap",
    ("asia", "session"): "asia_session",
    ("us", "gap"): "us_gap",
    ("us", "session"): "us_session",
}


def early_warning(
    sessions: Sessions,
    legs: Mapping[Leg, Floats],
    *,
    moves: Mapping[Side, Floats] | None = None,
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
        The four legs, fractions, shape (T,); NaN where a side was closed or its legs are withheld.
    moves
        Each side's close-to-close move of all members with a close, as
        :func:`~models.analytics.links.side_moves` takes it: event, close outcome and prior close are all
        the figure of a side's day, and only the outcomes gap and session are its legs.
    since
        First session date of the closes that count; earlier ones only make the quantile.
    q, window, minimum
        As in :func:`~models.analytics.exceedance.trailing_quantile`, in news days of the side.

    Returns
    -------
    DataFrame
        ``after, outcome, cases, hits, hit_rate, low, high, base_rate, base_n, median,
        base_median, excess, excess_se, left_out, block_low, block_high, prior_base_rate,
        prior_base_n, by_year``, six rows. ``after`` is the side of the
        event; a hit is an outcome below 0, exactly 0 is none; low and high bound the hit rate
        (:func:`wilson`). The base is every pair whose close could be judged, the events included.
        ``excess`` is the hit rate less that of the days without an event, with a Newey-West
        standard error. ``left_out`` counts events without a pair, or whose pair has no such outcome
        because the legs of that day are withheld. ``block_low`` and ``block_high``
        bound the hit rate when days come in runs (:func:`block_interval`); the prior base is that of
        days on which the other side had closed as low before (:func:`prior_base`); ``by_year`` counts
        the events, "2022: 22, 2024: 9". Fractions; NaN without cases.
    """
    rows: list[dict[str, object]] = []
    days = side_moves(legs, moves)
    directions: tuple[tuple[Side, Side], ...] = (("asia", "us"), ("us", "asia"))
    for source, target in directions:
        close = days[source]
        event, judged = exceedances(close, q, window, minimum)
        if since is not None:
            judged &= sessions >= since
            event &= judged
        other = days[target]
        pairs = leg_pairs(close, other, same_day=source == "asia")
        prior = _before(other, same_day=source == "us")
        for outcome in OUTCOMES:
            after = (other if outcome == "close" else legs[_LEG[target, outcome]])[pairs.to_rows]
            counted = judged[pairs.from_rows] & np.isfinite(after)
            rows_in = pairs.from_rows[counted]
            happened, fell = event[rows_in], after[counted] < 0
            drawn = stationary_rows(len(rows_in)) if happened.any() else np.empty((0, len(rows_in)), np.intp)
            block = block_interval(fell, happened, drawn)
            like = prior_base(fell, happened, prior[rows_in])
            more: dict[str, object] = {"left_out": int(event.sum() - happened.sum())}
            more |= {"block_low": block[0], "block_high": block[1]}
            more |= {"prior_base_rate": like[0], "prior_base_n": like[1]}
            more |= {"by_year": _by_year(sessions[rows_in][happened])}
            row = _row(after[counted], happened) | more
            rows.append({"after": source, "outcome": outcome, **row})
    return pd.DataFrame(rows).astype({"after": "str", "outcome": "str", "by_year": "str"})


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


def prior_base(fell: Bools, event: Bools, prior: Floats) -> tuple[float, int]:
    """Return how often an outcome fell on days that began as the event days did, and of how many days.

    The days are put in three classes by the other side's close before, cut at the terciles of the event
    days, from the lowest of these to the highest: a day beyond them is like none.
    The shares of falls in the classes are averaged with the weights of the event days. What is left between
    this and the hit rate is what the event adds to what that close had already said.

    Parameters
    ----------
    fell, event
        Shape (n,): whether the outcome of a day was below 0, and whether the day is an event.
    prior
        Shape (n,), fractions: the other side's last close-to-close move before; NaN where there is none,
        which leaves the day out.

    Returns
    -------
    tuple
        A fraction, NaN without an event, and the days of the classes, the events among them.
    """
    cases = event & np.isfinite(prior)
    if not cases.any():
        return np.nan, 0
    known = (prior >= prior[cases].min()) & (prior <= prior[cases].max())
    classes = np.searchsorted(np.quantile(prior[cases], _TERCILES), prior[known], side="left")
    weights = np.bincount(classes[cases[known]], minlength=3)
    days = np.bincount(classes, minlength=3)
    falls = np.bincount(classes[fell[known]], minlength=3)
    some = weights > 0
    return float((weights[some] * falls[some] / days[some]).sum() / weights.sum()), int(days[some].sum())


def stationary_rows(
    count: int, block: float = BLOCK, resamples: int = RESAMPLES, seed: int = SEED
) -> NDArray[np.intp]:
    """Return the rows of the resamples of a stationary bootstrap (Politis and Romano 1994, section 2).

    Each block begins anywhere and is of geometric length; the last row is followed by the first.

    Parameters
    ----------
    count
        Rows of the sample.
    block
        Mean length of a block, rows.
    resamples, seed
        How many, and of which draw: the same seed gives the same rows.

    Returns
    -------
    ndarray
        Shape (resamples, count).
    """
    rng = np.random.default_rng(seed)
    fresh = rng.random((resamples, count)) < 1 / block
    fresh[:, :1] = True
    at = np.arange(count)
    began = np.maximum.accumulate(np.where(fresh, at, 0), axis=1)
    starts = rng.integers(0, max(count, 1), (resamples, count))
    found: NDArray[np.intp] = (np.take_along_axis(starts, began, axis=1) + at - began) % max(count, 1)
    return found


def block_interval(
    fell: Bools, event: Bools, rows: NDArray[np.intp], confidence: float = CONFIDENCE
) -> tuple[float, float]:
    """Return the percentile interval of a hit rate over resamples of days that come in runs.

    Parameters
    ----------
    fell, event
        Shape (n,): whether the outcome of a day was below 0, and whether the day is an event.
    rows
        Resamples, shape (B, n), of :func:`stationary_rows`; one without an event is passed over.
    confidence
        In (0, 1).

    Returns
    -------
    tuple
        Lower and upper bound, fractions; NaN without an event.
    """
    cases, hits = event[rows].sum(axis=1), (event & fell)[rows].sum(axis=1)
    some = cases > 0
    if not some.any():
        return np.nan, np.nan
    tail = (1 - confidence) / 2
    low, high = np.quantile(hits[some] / cases[some], (tail, 1 - tail))
    return float(low), float(high)


def _before(close: Floats, *, same_day: bool) -> Floats:
    """A side's last close-to-close move before each date, or up to it, shape (T,); NaN before the first."""
    walked = np.flatnonzero(np.isfinite(close))
    place = np.searchsorted(walked, np.arange(len(close)), side="right" if same_day else "left") - 1
    found = np.full(len(close), np.nan)
    found[place >= 0] = close[walked[place[place >= 0]]]
    return found


def _by_year(dates: Sessions) -> str:
    years, counts = np.unique(dates.astype("datetime64[Y]"), return_counts=True)
    return ", ".join(f"{year}: {count}" for year, count in zip(years, counts, strict=True))


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

"""Sector-wide or single-stock: how many names a fall took with it, and whose fall it was.

Every figure of a verdict stands beside it in the same row; a day on which one of them is missing
has no verdict, and says why.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd

from models.analytics.baskets import MAX_MISSING, BasketPath, basket_path
from models.analytics.exceedance import exceedances
from models.analytics.relay import leg_z
from models.types import Bools, Floats, Sessions

Verdict = Literal["quiet", "sector-wide", "single-stock", "mixed"]
VERDICTS: tuple[Verdict, ...] = ("sector-wide", "single-stock", "mixed", "quiet")

QUIET_ABOVE = -1.0
WIDE_BREADTH = 0.8
WIDE_COEXCEEDANCE = 0.25
WIDE_LARGEST = 0.25
WIDE_LARGEST_NAMES = 3
SINGLE_LARGEST = 0.5
SINGLE_COEXCEEDANCE = 0.1
MIN_SHARE = 0.6
MIN_NAMES = 5
FACTOR_WINDOW = 250


@dataclass(frozen=True, slots=True, eq=False)
class SectorPath:
    """How a basket moved, day by day. Every array has shape (T,); shares are fractions.

    Attributes
    ----------
    sessions
        The rows of the input.
    returns
        The basket's return by its rule; NaN where withheld or closed.
    z
        The return over its standard deviation on the 250 news days before.
    members, traded
        Members of the basket, and those of them with a return.
    down, breadth
        Names that fell, and their share of those that traded.
    judged, exceeding, coexceedance
        Names with enough history, those of them in their own worst twentieth, and the share.
    largest
        Column of the largest loser; -1 when none fell.
    largest_share
        Its loss over the sum of losses, at equal weights; NaN when none fell.
    dispersion
        Standard deviation across the names that traded, n - 1; NaN with fewer than two.
    verdict
        One of ``VERDICTS``, empty where there is none.
    reason
        Why there is none, a clause; empty beside a verdict.
    """

    sessions: Sessions
    returns: Floats
    z: Floats
    members: np.ndarray
    traded: np.ndarray
    down: np.ndarray
    breadth: Floats
    judged: np.ndarray
    exceeding: np.ndarray
    coexceedance: Floats
    largest: np.ndarray
    largest_share: Floats
    dispersion: Floats
    verdict: np.ndarray
    reason: np.ndarray


def sector_path(
    sessions: Sessions,
    returns: Floats,
    open_exchange: Bools,
    active: Bools,
    tail: tuple[Bools, Bools] | None = None,
    *,
    exchanges: Sequence[str] | None = None,
    max_missing: float = MAX_MISSING,
) -> SectorPath:
    """Return breadth, co-exceedance, largest loss share, dispersion, z and verdict of each day.

    **Quiet** when the basket's z is above -1. Else **sector-wide** when breadth >= .8,
    co-exceedance >= .25 and the largest loss share <= max(.25, 3 / n); **single-stock** when the
    largest loss share >= .5 and co-exceedance <= .1; **mixed** otherwise. There is no verdict
    when fewer than 60 % of the members traded or of those have the history to be judged, or
    fewer than five: a share of few names says nothing of a sector.

    Parameters
    ----------
    sessions
        Shape (T,), ascending.
    returns
        Fractions on each name's own sessions, shape (T, N); NaN elsewhere. A move of exactly 0
        is not a fall.
    open_exchange, active, exchanges, max_missing
        As in :func:`~models.analytics.baskets.basket_path`, shape (T, N).
    tail
        What :func:`~models.analytics.exceedance.exceedances` gave for the same returns, when
        known already.

    Returns
    -------
    SectorPath
        Arrays of shape (T,).
    """
    own = np.where(active & open_exchange, returns, np.nan)
    path = basket_path(sessions, own, open_exchange, active, None, max_missing, exchanges=exchanges)
    exceeded, judged = exceedances(own) if tail is None else tail
    has = np.isfinite(own)
    traded = has.sum(axis=1)
    seen = (judged & has).sum(axis=1)
    exceeding = (exceeded & has).sum(axis=1)
    down = (own < 0).sum(axis=1)
    largest, share = _largest(own)
    breadth, together = _ratio(down, traded), _ratio(exceeding, seen)
    z = leg_z(path.returns)
    reason = _reasons(path, traded, seen, z)
    verdict = _verdicts(z, breadth, together, share, traded)
    verdict[reason != ""] = ""
    return SectorPath(
        sessions,
        path.returns,
        z,
        path.members,
        traded,
        down,
        breadth,
        seen,
        exceeding,
        together,
        largest,
        share,
        _dispersion(own, traded),
        verdict,
        reason,
    )


def verdict_shares(
    path: SectorPath, start: np.datetime64, end: np.datetime64, since: np.datetime64 | None = None
) -> pd.DataFrame:
    """Return how often each verdict fell between two dates, beside all days.

    Parameters
    ----------
    path
        The result of :func:`sector_path`.
    start, end
        First and last session date of the episode, both in it.
    since
        First session date of all days; the first row when not given.

    Returns
    -------
    DataFrame
        ``verdict, days, share, all_days, all_share, ratio``: one row a verdict and a last one,
        with an empty verdict, that counts the news days without; shares are fractions of the
        days with a verdict, ``ratio`` is share over all_share, NaN where that is 0.
    """
    day = path.sessions
    news = path.reason != _CLOSED
    inside = news & (day >= start) & (day <= end)
    whole = news if since is None else news & (day >= since)
    names = np.array([*VERDICTS, ""])
    counts, base = (
        np.array([(path.verdict[rows] == name).sum() for name in names]) for rows in (inside, whole)
    )
    share, base_share = _ratio(counts, counts[:-1].sum()), _ratio(base, base[:-1].sum())
    share[-1] = base_share[-1] = np.nan
    return pd.DataFrame(
        {
            "verdict": pd.array(list(names), dtype="str"),
            "days": counts,
            "share": share,
            "all_days": base,
            "all_share": base_share,
            "ratio": _ratio(share, base_share),
        }
    )


@dataclass(frozen=True, slots=True, eq=False)
class FactorShare:
    """How much of a day lay along the one direction in which the names usually move.

    Attributes
    ----------
    share
        Shape (D,), fractions; NaN where it cannot be told.
    names
        Shape (D,): names it stands on.
    left_out
        Shape (D,): names that traded that day and were not used: too short a history, or flat.
    """

    share: Floats
    names: np.ndarray
    left_out: np.ndarray


def factor_share(
    returns: Floats, rows: Sequence[int] | np.ndarray, window: int = FACTOR_WINDOW
) -> FactorShare:
    """Return the share of given days explained by the first principal component before them.

    (v · z)² / z · z, with z the day's returns standardised by mean and standard deviation of the
    window, and v the first eigenvector of the window's correlation. The window is the last
    ``window`` rows before the day on which every name of the day traded; nothing is filled.
    Names of both sides are taken within a news day, Asia before New York: what New York passes
    on to the next Asian day is not in it.

    Parameters
    ----------
    returns
        Fractions on own sessions, shape (T, N); NaN elsewhere.
    rows
        The days, D positions in the first axis.
    window
        Rows, today excluded. The names with the fewest returns before the day are left out, and
        counted, until that many rows are common to the others.

    Returns
    -------
    FactorShare
        Arrays of shape (D,); the share is NaN with fewer than two names, or when none moved.
    """
    found = [_factor_of_day(returns[:row], returns[row], window) for row in np.asarray(rows, dtype=np.intp)]
    share, names, out = zip(*found, strict=True) if found else ((), (), ())
    return FactorShare(np.array(share, dtype=np.float64), np.array(names, np.intp), np.array(out, np.intp))


_CLOSED = "no exchange was open"
_WITHHELD = "too many bars of an open exchange are missing"
_FEW_TRADED = f"fewer than {MIN_SHARE:.0%} of the names traded"
_FEW_NAMES = f"fewer than {MIN_NAMES} names traded"
_FEW_JUDGED = f"fewer than {MIN_SHARE:.0%} of the names have the history to be judged"
_NO_SPREAD = "the basket has no history to measure its move by"


def _reasons(path: BasketPath, traded: np.ndarray, judged: np.ndarray, z: Floats) -> np.ndarray:
    """Why a day has no verdict, the first that holds; empty when it has one."""
    conditions = [
        np.isnan(path.returns) & ~path.withheld,
        path.withheld,
        traded < MIN_SHARE * path.members,
        traded < MIN_NAMES,
        judged < MIN_SHARE * traded,
        np.isnan(z),
    ]
    return np.select(conditions, [_CLOSED, _WITHHELD, _FEW_TRADED, _FEW_NAMES, _FEW_JUDGED, _NO_SPREAD], "")


def _verdicts(z: Floats, breadth: Floats, together: Floats, largest: Floats, names: np.ndarray) -> np.ndarray:
    limit = np.maximum(WIDE_LARGEST, WIDE_LARGEST_NAMES / np.maximum(names, 1))
    wide = (breadth >= WIDE_BREADTH) & (together >= WIDE_COEXCEEDANCE) & (largest <= limit)
    single = (largest >= SINGLE_LARGEST) & (together <= SINGLE_COEXCEEDANCE)
    return np.select([z > QUIET_ABOVE, wide, single], ["quiet", "sector-wide", "single-stock"], "mixed")


def _largest(moves: Floats) -> tuple[np.ndarray, Floats]:
    """The largest loser of each row and its share of all losses."""
    if not moves.shape[1]:
        return np.full(len(moves), -1), np.full(len(moves), np.nan)
    losses = np.fmax(-moves, 0.0)
    losses[np.isnan(losses)] = 0.0
    worst = losses.argmax(axis=1)
    depth = losses.max(axis=1)
    return np.where(depth > 0, worst, -1), _ratio(depth, losses.sum(axis=1))


def _dispersion(moves: Floats, traded: np.ndarray) -> Floats:
    """Standard deviation across the names of each row."""
    known = np.isfinite(moves)
    mean = _ratio(np.where(known, moves, 0.0).sum(axis=1), traded)
    apart = np.where(known, moves - mean[:, None], 0.0)
    return np.sqrt(_ratio((apart**2).sum(axis=1), traded - 1))


def _ratio(part: np.ndarray, whole: np.ndarray | int) -> Floats:
    """part / whole, NaN where the whole is not positive."""
    whole = np.broadcast_to(whole, part.shape)
    return np.divide(part, whole, out=np.full(part.shape, np.nan), where=whole > 0)


def _factor_of_day(before: Floats, today: Floats, window: int) -> tuple[float, int, int]:
    """Share, names and names left out of one day."""
    here = np.isfinite(today)
    used = _old_enough(np.isfinite(before), here, window)
    past = before[:, used]
    common = past[np.isfinite(past).all(axis=1)][-window:]
    if not used.any():
        return np.nan, 0, int(here.sum())
    mean, spread = common.mean(axis=0), common.std(axis=0)
    moved = spread > 1e-12 * np.abs(common).max(axis=0)
    names, out = int(moved.sum()), int(here.sum() - moved.sum())
    if names < 2:
        return np.nan, names, out
    scaled = (common[:, moved] - mean[moved]) / spread[moved]
    first = np.linalg.eigh(scaled.T @ scaled)[1][:, -1]
    z = (today[used][moved] - mean[moved]) / spread[moved]
    total = float(z @ z)
    return (float(first @ z) ** 2 / total if total else np.nan), names, out


def _old_enough(has: Bools, here: Bools, window: int) -> Bools:
    """The names of the day that share the window: the youngest go until enough rows are common."""
    count = has.sum(axis=0)
    used = here & (count >= window)
    while used.any() and has[:, used].all(axis=1).sum() < window:
        used &= count > count[used].min()
    return used

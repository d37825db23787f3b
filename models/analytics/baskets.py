"""The basket rule: what a set of names did on a day when some did not trade."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from models.types import Bools, Floats, Sessions

MAX_MISSING = 0.4
LAPSE = 5


@dataclass(frozen=True, slots=True, eq=False)
class BasketPath:
    """A basket, session by session. Every array has shape (T,).

    Attributes
    ----------
    sessions
        The days on which at least one member's exchange was open; the rows of the input.
    returns
        Weighted mean return, a fraction; NaN where withheld or where no exchange was open.
    level
        Chained product of (1 + return), 1 before the first return; NaN where ``returns`` is.
    traded
        Members with a return that day.
    members
        Active members that day, whether their exchange was open or not.
    withheld
        Days on which too many members of an open exchange were missing.
    """

    sessions: Sessions
    returns: Floats
    level: Floats
    traded: np.ndarray
    members: np.ndarray
    withheld: Bools


def basket_path(
    sessions: Sessions,
    returns: Floats,
    open_exchange: Bools,
    active: Bools,
    weights: Floats | None = None,
    max_missing: float = MAX_MISSING,
    *,
    exchanges: Sequence[str] | None = None,
    lapse: int = LAPSE,
) -> BasketPath:
    """Return the path of a basket that may span exchanges with different holidays.

    A member whose exchange was closed counts with return 0: its price did not move, so a
    one-sided day moves the basket by its share. A member whose exchange traded but whose bar
    is missing is left out. When more than ``max_missing`` of an open exchange's members are
    missing the day is withheld: its return and level are NaN. The chain itself runs on through
    what the members present did, since counting the day as 0 would be a filled price.

    A member joins on its first return (a listing day has none) and lapses after ``lapse``
    sessions of its exchange without a bar, until it has one again: a name whose prices stopped
    is a matter of freshness and must not withhold a basket for ever.

    Parameters
    ----------
    sessions
        Shape (T,).
    returns
        Fractions, shape (T, N); NaN where a name has none.
    open_exchange
        Whether the name's exchange held a session, shape (T, N).
    active
        Whether the symbol belongs to the basket that day, shape (T, N).
    weights
        Shape (N,), any positive scale, constant; equal when not given.
    max_missing
        Share of an open exchange's members.
    exchanges
        Shape (N,): the exchange of each name. Without it, names with the same sessions are
        taken for one exchange.
    lapse
        Sessions; see above.

    Returns
    -------
    BasketPath
        Arrays of shape (T,).
    """
    has = np.isfinite(returns)
    member = active & joined_members(has, open_exchange, lapse)
    counted = member & (has | ~open_exchange)
    traded = counted & open_exchange
    mean = weighted_mean(np.where(traded, returns, 0.0), counted, weights)
    mean[~(member & open_exchange).any(axis=1)] = np.nan
    withheld = _too_many_missing(member & open_exchange, has, _groups(open_exchange, exchanges), max_missing)
    level = np.where(np.isfinite(mean), np.nancumprod(1 + mean), np.nan)
    level[withheld] = np.nan
    shown = np.where(withheld, np.nan, mean)
    return BasketPath(sessions, shown, level, traded.sum(axis=1), member.sum(axis=1), withheld)


def joined_members(has: Bools, open_exchange: Bools, lapse: int = LAPSE) -> Bools:
    """Return who belongs to a basket by its prices: from the first return until ``lapse`` went missing.

    Parameters
    ----------
    has, open_exchange
        Whether a name has a return, and whether its exchange held a session, shape (T, N).
    lapse
        Sessions of the exchange without a return after which a name is out, until it has one again.

    Returns
    -------
    Bools
        Shape (T, N).
    """
    opened = np.cumsum(open_exchange, axis=0)
    last = np.maximum.accumulate(np.where(has, opened, -1), axis=0)
    return (last >= 0) & (opened - last <= lapse)


def weighted_mean(values: Floats, counted: Bools, weights: Floats | None) -> Floats:
    """Return the mean of each row over the members counted, NaN on a row with none.

    Parameters
    ----------
    values, counted
        Shape (T, N); what is not counted may be NaN.
    weights
        Shape (N,), any positive scale; equal when not given.

    Returns
    -------
    Floats
        Shape (T,).
    """
    share = np.ones(values.shape[1]) if weights is None else np.asarray(weights, dtype=np.float64)
    total = counted @ share
    sums = np.where(counted, values, 0.0) @ share
    return np.divide(sums, total, out=np.full(len(values), np.nan), where=total > 0)


def _groups(open_exchange: Bools, exchanges: Sequence[str] | None) -> np.ndarray:
    """A group number per name."""
    if exchanges is not None:
        return np.unique(np.asarray(exchanges), return_inverse=True)[1]
    days = [column.tobytes() for column in np.packbits(open_exchange, axis=0).T]
    return np.unique(days, return_inverse=True)[1]


def _too_many_missing(due: Bools, has: Bools, groups: np.ndarray, max_missing: float) -> Bools:
    """Days on which some exchange's due members are missing beyond the limit."""
    one_hot = groups[:, None] == np.arange(groups.max(initial=-1) + 1)
    expected = due.astype(np.float64) @ one_hot
    missing = (due & ~has).astype(np.float64) @ one_hot
    return (missing > max_missing * expected).any(axis=1)

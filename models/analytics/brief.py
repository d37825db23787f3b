"""What a morning asks of a basket: how rare its move, how deep its fall for its age, what followed others.

Everything is told from what was known at the last row: no row after the one asked for is looked at.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from models.analytics.falls import find_falls
from models.analytics.intervals import wilson
from models.analytics.links import leg_pairs
from models.analytics.relay import leg_z
from models.types import Floats, Sessions

ALIKE = 0.1
"""The share of past legs that count as like the last one."""
MIN_ALIKE = 20


@dataclass(frozen=True, slots=True)
class MoveRank:
    """A day's move among all days up to it.

    ``worst`` and ``best`` count from 1, equal moves share the better rank; ``percentile`` is the share of
    the days with a higher return, so near 1 for one of the worst.
    """

    days: int
    worst: int
    best: int
    percentile: float


@dataclass(frozen=True, slots=True)
class AgeRank:
    """A fall from a record among the falls that lasted as long, all at the same age.

    ``age`` in sessions since the peak; ``depth`` a fraction; ``falls`` counts those that were under water
    at that age, this one among them; ``deeper`` of them stood lower then.
    """

    age: int
    depth: float
    falls: int
    deeper: int


@dataclass(frozen=True, slots=True)
class Followed:
    """What came after the legs most like the last one: cases, those that fell, and the same of all.

    ``z_low`` and ``z_high`` are the lowest and the highest z among those legs: an extreme leg has few equals,
    and the tenth nearest to it reach far up.
    """

    cases: int
    fell: int
    base_cases: int
    base_fell: int
    z_low: float
    z_high: float

    @property
    def rate(self) -> float:
        """The share that fell after legs like this one."""
        return self.fell / self.cases

    @property
    def base_rate(self) -> float:
        """The share that fell after any leg."""
        return self.base_fell / self.base_cases

    @property
    def interval(self) -> tuple[float, float]:
        """Wilson's 95 % interval of the share that fell after legs like this one."""
        low, high = wilson(self.fell, self.cases)
        return float(low), float(high)


def move_rank(returns: Floats, row: int) -> MoveRank | None:
    """Return where a day's move stands among all moves up to it; None when the day has none.

    Parameters
    ----------
    returns
        Fractions, shape (T,); NaN rows are no days.
    row
        The row of the day.
    """
    value = returns[row] if len(returns) else np.nan
    if not np.isfinite(value):
        return None
    known = returns[: row + 1]
    known = known[np.isfinite(known)]
    lower, higher = int((known < value).sum()), int((known > value).sum())
    return MoveRank(len(known), lower + 1, higher + 1, higher / len(known))


def age_rank(level: Floats) -> AgeRank | None:
    """Return how deep the open fall is beside earlier ones at the same age; None at a record.

    Parameters
    ----------
    level
        Positive levels, shape (T,); NaN rows are skipped.
    """
    falls = find_falls(level)
    if not len(falls.open) or not falls.open[-1]:
        return None
    age = int(falls.end[-1] - falls.start[-1]) + 1
    lasted = falls.end - falls.start + 1 >= age
    depths = falls.dd[falls.start[lasted] + age - 1]
    return AgeRank(age, float(depths[-1]), int(lasted.sum()), int((depths < depths[-1]).sum()))


def followed(
    sessions: Sessions, source: Floats, target: Floats, *, same_day: bool, since: np.datetime64 | None = None
) -> Followed | None:
    """Return how often the next leg fell after the tenth of past legs most like the last one.

    Likeness is that of the z of :func:`~models.analytics.relay.leg_z`, so that a move is compared with
    moves as large for their time. The pairs are those of :func:`~models.analytics.links.leg_pairs`; the last
    leg itself has no outcome yet and is in none.

    Parameters
    ----------
    sessions
        Shape (T,), ascending.
    source, target
        Legs, fractions, shape (T,); NaN where a leg was not walked.
    same_day
        As in ``leg_pairs``.
    since
        First session date of the source legs that count.

    Returns
    -------
    Followed or None
        None when the last leg has no z or fewer than 20 legs would be like it.
    """
    scores = leg_z(source)
    walked = np.flatnonzero(np.isfinite(source))
    if not len(walked) or not np.isfinite(scores[walked[-1]]):
        return None
    pairs = leg_pairs(source, target, same_day=same_day)
    rows, fell = pairs.from_rows, pairs.target < 0
    keep = np.isfinite(scores[rows]) & (rows < walked[-1])
    if since is not None:
        keep &= sessions[rows] >= since
    rows, fell = rows[keep], fell[keep]
    cases = math.ceil(len(rows) * ALIKE)
    if cases < MIN_ALIKE:
        return None
    near = np.argsort(np.abs(scores[rows] - scores[walked[-1]]), kind="stable")[:cases]
    like = scores[rows[near]]
    return Followed(
        cases, int(fell[near].sum()), len(rows), int(fell.sum()), float(like.min()), float(like.max())
    )

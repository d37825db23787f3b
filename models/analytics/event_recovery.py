"""How much of a fall came back after so many sessions, beside every fall before it."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from models.types import Floats, Sessions

STEPS = (5, 10, 20)


def recoveries(
    level: Floats, sessions: Sessions, legs: pd.DataFrame, steps: Sequence[int] = STEPS
) -> pd.DataFrame:
    """Return the share of each fall that had come back some sessions after its low, and how that compares.

    Parameters
    ----------
    level
        The level that fell, shape (T,); sessions without one (NaN) are not counted.
    sessions
        Shape (T,), ascending.
    legs
        Falls with ``peak`` and ``trough``, session dates: selloff legs, or for an event the session
        before day 0 and day 0 itself.
    steps
        Sessions after the low.

    Returns
    -------
    DataFrame
        One row a leg, in order: ``peak, trough, depth``, and for each step ``recovery_k``, 0 at the
        low, 1 at the old level, negative below the low; ``earlier_k``, the number of legs with an
        earlier low that have a figure; and ``rank_k``, the share of
        those that had come back less. NaN where the session has not come yet, where the leg is no
        fall, and without an earlier leg.
    """
    known = np.isfinite(level)
    days, path = sessions[known], level[known]
    peak, trough = (legs[name].to_numpy().astype("datetime64[D]") for name in ("peak", "trough"))
    first, low = (_rows(days, wanted) for wanted in (peak, trough))
    top, bottom = _at(path, first), _at(path, low)
    with np.errstate(divide="ignore", invalid="ignore"):
        depth = bottom / top - 1
    found = {"peak": legs["peak"].to_numpy(), "trough": legs["trough"].to_numpy(), "depth": depth}
    fall = np.where(depth < 0, top - bottom, np.nan)
    for step in steps:
        after = np.where(low >= 0, low + step, -1)
        back = (_at(path, after) - bottom) / fall
        earlier = (low[None, :] < low[:, None]) & np.isfinite(back)[None, :]
        count = np.where(np.isfinite(back), earlier.sum(axis=1), 0)
        less = (earlier & (back[None, :] < back[:, None])).sum(axis=1)
        found[f"recovery_{step}"] = back
        found[f"earlier_{step}"] = count
        found[f"rank_{step}"] = np.divide(less, count, out=np.full(len(back), np.nan), where=count > 0)
    return pd.DataFrame(found)


def aligned_levels(
    level: Floats, sessions: Sessions, starts: Sessions, before: int, after: int
) -> tuple[np.ndarray, Floats]:
    """Return a level around several dates, each as its change from that date.

    Parameters
    ----------
    level
        Shape (T,); sessions without a level (NaN) are not counted.
    sessions
        Shape (T,), ascending.
    starts
        Shape (E,): session dates at which each line is 0: an episode's peak, or the session before
        an event's day 0. A date without a session stands for the last session before it.
    before, after
        Sessions to show on either side.

    Returns
    -------
    tuple
        Offsets (W,) in sessions, and changes (E, W), fractions; NaN outside the data.
    """
    known = np.isfinite(level)
    days, path = sessions[known], level[known]
    offsets = np.arange(-before, after + 1)
    rows = np.searchsorted(days, starts, side="right") - 1
    places = np.where(rows[:, None] >= 0, rows[:, None] + offsets, -1)
    return offsets, _at(path, places) / _at(path, rows)[:, None] - 1


def standing_at(
    level: Floats, sessions: Sessions, peaks: Sessions, zero: np.datetime64, step: int
) -> tuple[int, int] | None:
    """Return how deep a path stands some sessions after its zero beside earlier falls at the same age.

    A fall's trough is known only once prices have risen from it, a path's low of a given session at once:
    only at one number of sessions is the one like the other.

    Parameters
    ----------
    level
        Shape (T,); sessions without one (NaN) are not counted.
    sessions
        Shape (T,), ascending.
    peaks
        Shape (E,): session dates of the peaks of falls; those before ``zero`` count.
    zero
        The session from which the path is measured.
    step
        Sessions after it.

    Returns
    -------
    tuple or None
        Earlier falls that stood deeper on their own session of that number, and all that were below their
        peak from the first session to that one, this path among them. None when the path has not come that
        far, or is not below where it began.
    """
    known = np.isfinite(level)
    days, path = sessions[known], level[known]
    start = int(np.searchsorted(days, zero, side="right")) - 1
    if start < 0 or start + step >= len(path):
        return None
    own = float(path[start + step] / path[start] - 1)
    if own >= 0:
        return None
    rows = _rows(days, peaks.astype("datetime64[D]"))
    rows = rows[(rows >= 0) & (rows < start)]
    inside = path[rows[:, None] + np.arange(1, step + 1)] if len(rows) else np.empty((0, step))
    depths = inside / path[rows][:, None] - 1
    lasted = (depths < 0).all(axis=1)
    return int((depths[lasted, -1] < own).sum()), int(lasted.sum()) + 1


def _rows(days: Sessions, wanted: Sessions) -> np.ndarray:
    """Rows of dates that are among the days, -1 for one that is not."""
    if not len(days):
        return np.full(len(wanted), -1)
    rows = np.minimum(np.searchsorted(days, wanted), len(days) - 1)
    return np.where(days[rows] == wanted, rows, -1)


def _at(path: Floats, rows: np.ndarray) -> Floats:
    """Values at rows; NaN outside."""
    if not len(path):
        return np.full(rows.shape, np.nan)
    inside = (rows >= 0) & (rows < len(path))
    return np.where(inside, path[np.where(inside, rows, 0)], np.nan)

"""Connectedness of every window of rows, in batches that fit the processor's cache."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import IntEnum
from itertools import pairwise

import numpy as np

from models.analytics.autoregression import (
    PER_COEFFICIENT_THIN,
    coefficients,
    explosive,
    lagged,
    observations_needed,
    rolling_moments,
    window_members,
)
from models.analytics.connectedness import (
    HORIZON,
    LAGS,
    Method,
    checked,
    labelled,
    remedy,
    variance_shares,
)
from models.analytics.shrinkage import Shrink, shrinkage, shrunk
from models.errors import MeasureSettingError, TooFewNamesError, TooFewObservationsError
from models.types import Bools, Floats

WINDOW = 200
_BATCH = 64


class Status(IntEnum):
    """What came of a window."""

    FINE = 0
    SHORT = 1
    FEW_NAMES = 2
    FEW_ROWS = 3
    SINGULAR = 4


REASONS: Mapping[Status, str] = {
    Status.SHORT: "fewer rows than the window holds",
    Status.FEW_NAMES: "fewer than two names have the whole window",
    Status.FEW_ROWS: "too few rows of the window have every name",
    Status.SINGULAR: "one name is a combination of the others in the window",
}


@dataclass(frozen=True, slots=True, eq=False)
class RollingConnectedness:
    """Connectedness of the window that ends at each row. Figures are fractions.

    Attributes
    ----------
    names
        The columns, in the order given.
    total, corrected
        TCI and cTCI, shape (T,); NaN where ``status`` is not fine.
    to_others, from_others, net
        Shape (T, N); NaN also where a name took no part.
    members
        Shape (T, N): who took part. The level of TCI depends on how many did.
    observations
        Shape (T,): rows of the window with every name and lag present.
    status
        Shape (T,): a :class:`Status`; all but the first stand in ``REASONS``.
    explosive
        Shape (T,): the window's system has a root on or outside the unit circle.
    shrinkage
        Shape (T,): the share by which correlations were shrunk; 0 for least squares.
    left_out
        Names that took no part in some window, and why, each.
    window, lags, horizon, method, leading
        As asked for.
    """

    names: tuple[str, ...]
    total: Floats
    corrected: Floats
    to_others: Floats
    from_others: Floats
    net: Floats
    members: Bools
    observations: np.ndarray
    status: np.ndarray
    explosive: Bools
    shrinkage: Floats
    left_out: tuple[tuple[str, str], ...]
    window: int
    lags: int
    horizon: int
    method: Method
    leading: Bools | None = None

    @property
    def thin(self) -> Bools:
        """Shape (T,): windows with fewer than five observations a coefficient."""
        size = self.members.sum(axis=1) * self.lags + 1
        return (self.status == Status.FINE) & (self.observations < PER_COEFFICIENT_THIN * size)


def rolling_connectedness(
    x: Floats,
    window: int = WINDOW,
    lags: int = LAGS,
    horizon: int = HORIZON,
    *,
    names: Sequence[str] | None = None,
    method: Method = "generalised",
    leading: Bools | None = None,
    shrink: Shrink = 0.0,
) -> RollingConnectedness:
    """Return the connectedness of each window of rows, today's row its last.

    Each window is a sample of its own, with the rules of
    :func:`~models.analytics.connectedness.connectedness`: a name that was listed inside a window
    takes no part in it. A window that cannot be estimated is NaN with its reason.

    Parameters
    ----------
    x
        Shape (T, N), on any scale; NaN where a name has no value.
    window
        Rows, the lags of the first observation among them.
    lags, horizon, names, method, leading, shrink
        As in ``connectedness``.

    Returns
    -------
    RollingConnectedness
        Arrays of T rows.

    Raises
    ------
    TooFewObservationsError
        If no window of that length could hold the names and lags.
    TooFewNamesError
        If no window has two names.
    MeasureSettingError
        For a setting that cannot be.

    References
    ----------
    Diebold and Yilmaz (2012), section 3.3.
    """
    values = checked(x, lags, horizon, method)
    labels = labelled(names, values.shape[1])
    members, flat = _members(values, window, lags)
    _refuse(values, labels, members, window, lags, shrunk=shrink != 0)
    result = replace(
        _blank(labels, values.shape, window, lags, horizon, method, _left_out(labels, members, flat)),
        leading=None if leading is None else np.asarray(leading, dtype=np.bool_),
    )
    result.members[window - 1 :] = members
    rooms: dict[int, _Room] = {}
    for start, stop, taken in _batches(members):
        if len(taken) not in rooms:
            rooms[len(taken)] = _Room.of(len(taken), lags, horizon)
        rows = values[start : stop - 1 + window, taken]
        _fill(result, slice(start + window - 1, stop + window - 1), taken, rows, shrink, rooms[len(taken)])
    return result


def _members(values: Floats, window: int, lags: int) -> tuple[Bools, Bools]:
    if window <= lags + 1:
        raise MeasureSettingError(
            "The window", window, f"at least {lags + 2} rows, and many more to be of use"
        )
    if len(values) < window:
        raise TooFewObservationsError(
            f"A window of {window:,}", len(values), window, "take a shorter window or an earlier start"
        )
    return window_members(values, window)


def _refuse(
    values: Floats, labels: tuple[str, ...], members: Bools, window: int, lags: int, *, shrunk: bool
) -> None:
    """Say at once what no window could do."""
    sizes = members.sum(axis=1)
    if sizes.max() < 2:
        have = np.isfinite(values).sum(axis=0)
        few = tuple((name, f"has {n:,} values") for name, n in zip(labels, have, strict=True))
        raise TooFewNamesError(f"Connectedness in windows of {window:,} rows", (), few)
    smallest = int(sizes[sizes >= 2].min())
    need = observations_needed(smallest, lags, shrunk=shrunk)
    if window - lags < need:
        lag = "lag" if lags == 1 else "lags"
        what = f"Connectedness of {smallest} names with {lags} {lag} in a rolling window"
        everyone = np.zeros(len(labels), dtype=np.bool_)
        raise TooFewObservationsError(what, window - lags, need, remedy(values, labels, everyone))


def _left_out(labels: tuple[str, ...], members: Bools, flat: Bools) -> tuple[tuple[str, str], ...]:
    count = len(members)
    found = []
    for n, name in enumerate(labels):
        still, out = int(flat[:, n].sum()), int((~members[:, n]).sum())
        if still:
            found.append((name, f"did not move in {still:,} of {count:,} windows"))
        if out - still:
            found.append((name, f"has too few values in {out - still:,} of {count:,} windows"))
    return tuple(found)


def _blank(
    labels: tuple[str, ...],
    shape: tuple[int, ...],
    window: int,
    lags: int,
    horizon: int,
    method: Method,
    left_out: tuple[tuple[str, str], ...],
) -> RollingConnectedness:
    days = shape[0]
    return RollingConnectedness(
        names=labels,
        total=np.full(days, np.nan),
        corrected=np.full(days, np.nan),
        to_others=np.full(shape, np.nan),
        from_others=np.full(shape, np.nan),
        net=np.full(shape, np.nan),
        members=np.zeros(shape, dtype=np.bool_),
        observations=np.zeros(days, dtype=np.int64),
        status=np.full(days, Status.SHORT, dtype=np.int8),
        explosive=np.zeros(days, dtype=np.bool_),
        shrinkage=np.zeros(days),
        left_out=left_out,
        window=window,
        lags=lags,
        horizon=horizon,
        method=method,
    )


def _batches(members: Bools) -> Iterator[tuple[int, int, np.ndarray]]:
    """Runs of windows with the same names, cut into batches: first window, past the last, columns."""
    changes = np.flatnonzero((members[1:] != members[:-1]).any(axis=1)) + 1
    bounds = [0, *changes.tolist(), len(members)]
    for start, stop in pairwise(bounds):
        for first in range(start, stop, _BATCH):
            yield first, min(first + _BATCH, stop), np.flatnonzero(members[start])


@dataclass(frozen=True, slots=True, eq=False)
class _Room:
    """The large arrays of a batch, used again by the next: fresh memory costs more than the sums."""

    moments: Floats
    work: Floats
    shocks: Floats

    @classmethod
    def of(cls, names: int, lags: int, horizon: int) -> _Room:
        size = names * (lags + 1)
        room = np.empty((2, _BATCH, size, size))
        return cls(room[0], room[1], np.empty((_BATCH, horizon * names, names)))


def _fill(
    result: RollingConnectedness,
    days: slice,
    taken: np.ndarray,
    rows: Floats,
    shrink: Shrink,
    room: _Room,
) -> None:
    """Work out one batch: the windows that end on ``days``, of the columns ``taken``."""
    count = len(taken)
    if count < 2:
        result.status[days] = Status.FEW_NAMES
        return
    z, usable = lagged(rows, result.lags)
    moments, found = rolling_moments(z, usable, result.window - result.lags, room.moments)
    enough = found >= observations_needed(count, result.lags, shrunk=shrink != 0)
    if shrink != 0:
        intensity = shrinkage(shrink, z, usable, moments, found)
        result.shrinkage[days] = intensity
        moments = shrunk(moments, intensity)
    moments[~enough] = np.eye(moments.shape[1])
    phi, residual, sound = coefficients(moments, count, room.work)
    first = None if result.leading is None else result.leading[taken]
    table = variance_shares(phi, residual, result.horizon, result.method, first, room.shocks)
    sound &= np.isfinite(table).all(axis=(1, 2))
    table[~(sound & enough)] = np.nan
    result.status[days] = np.where(enough, np.where(sound, Status.FINE, Status.SINGULAR), Status.FEW_ROWS)
    result.observations[days] = found
    result.explosive[days] = explosive(phi)
    own = np.einsum("bii->bi", table)
    received, given = 1.0 - own, table.sum(axis=1) - own
    result.from_others[days, taken] = received
    result.to_others[days, taken] = given
    result.net[days, taken] = given - received
    result.total[days] = received.mean(axis=1)
    result.corrected[days] = received.sum(axis=1) / (count - 1)

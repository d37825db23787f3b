"""Event study: what a name did beyond what its model expected, on its own sessions around its own day 0.

MacKinlay (1997), Event studies in economics and finance. Every name is fitted on sessions that end before
its event window begins, so that no figure of the fit knows of the event. All names and events are fitted at
once: a window is a contiguous run of the exchange's own sessions.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from models.errors import MeasureSettingError
from models.types import Bools, Floats, Sessions

Model = Literal["market", "mean"]
MODELS: tuple[Model, ...] = ("market", "mean")
BEFORE, AFTER = 5, 10
ESTIMATION = 250
GAP = 20
MINIMUM = 100
_FLAT = 1e-12
"""A deviation of daily returns that is rounding and no move."""
_TRUSTED = 1e-4
"""The least share of a sum of squares that a difference of sums is still exact to 12 digits for."""


@dataclass(frozen=True, slots=True)
class Window:
    """Sessions of a study, counted from each name's day 0 on its own exchange.

    The event window runs from ``before`` sessions before day 0 to ``after`` after it. ``gap``
    sessions before it belong to neither window; the ``estimation`` sessions before those are what
    the model is fitted on, of which a name needs at least ``minimum``.

    Raises
    ------
    MeasureSettingError
        If a length is negative, or the minimum does not fit.
    """

    before: int = BEFORE
    after: int = AFTER
    estimation: int = ESTIMATION
    gap: int = GAP
    minimum: int = MINIMUM

    def __post_init__(self) -> None:
        for name in ("before", "after", "gap"):
            if getattr(self, name) < 0:
                raise MeasureSettingError(name, getattr(self, name), "0 sessions or more")
        if self.minimum < 3:
            raise MeasureSettingError("minimum", self.minimum, "3 sessions or more")
        if self.estimation < self.minimum:
            raise MeasureSettingError(
                "estimation", self.estimation, f"{self.minimum} sessions or more, the least a fit may have"
            )

    @property
    def offsets(self) -> NDArray[np.int64]:
        """Sessions from day 0, shape (W,): ``-before`` to ``after``."""
        return np.arange(-self.before, self.after + 1)

    @property
    def span(self) -> int:
        """Sessions from the first of the estimation to the last of the event window."""
        return self.estimation + self.gap + self.before + 1 + self.after


@dataclass(frozen=True, slots=True, eq=False)
class Sessionals:
    """Returns of the n names that share a calendar and their days 0, on the S sessions of that calendar.

    ``names`` are columns of the study, ``benchmark`` has shape (S,), (S, n) or is None, and ``day0``
    holds each event's row of these sessions, -1 for none.
    """

    names: NDArray[np.int64]
    sessions: Sessions
    returns: Floats
    benchmark: Floats | None
    day0: NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class Study:
    """Abnormal returns of N names around E events; fractions, NaN for a name that was left out.

    Attributes
    ----------
    window, model
        What was asked for.
    abnormal, car
        Shape (E, N, W): abnormal return of each session, and its sum from day 0 on. Before day 0
        ``car`` is what was still to come until then with the sign turned, so that it is 0 on the
        session before day 0. NaN from the first session that has not come yet.
    alpha, beta, sigma
        Shape (E, N): the fit and the standard deviation of its residuals, with the fit's degrees of
        freedom. ``beta`` is 0 for a constant mean.
    used
        Shape (E, N): sessions the fit had.
    shift, spread
        (E, N, W) and (E, N): the benchmark less its mean of the estimation window, and the sum of its
        squares there; 0 and infinite for a constant mean. They are what a forecast error needs.
    why
        Shape (E, N): the reason for which a name was left out, empty for one that counts.
    groups
        The names by calendar, with what they were fitted on.
    """

    window: Window
    model: Model
    abnormal: Floats
    car: Floats
    alpha: Floats
    beta: Floats
    sigma: Floats
    used: NDArray[np.int64]
    shift: Floats
    spread: Floats
    why: NDArray[np.object_]
    groups: tuple[Sessionals, ...]

    @property
    def counted(self) -> Bools:
        """Which names count in which event, shape (E, N)."""
        return np.asarray(self.why == "", dtype=np.bool_)


def event_study(
    returns: Floats,
    benchmark: Floats | None,
    day0: NDArray[np.int64],
    sessions: Sessions,
    *,
    window: Window | None = None,
    opened: Bools | None = None,
) -> Study:
    """Return abnormal returns of every name around every event: AR = R - alpha - beta * benchmark.

    Parameters
    ----------
    returns
        Fractions on each name's own sessions, shape (T, N); NaN where it has none.
    benchmark
        Shape (T,), or (T, N) for a benchmark of each name's own; None for the constant mean model.
        It must not contain the name itself.
    day0
        Shape (E,) or (E, N): the row of day 0 of each name; -1 for a name that has none.
    sessions
        Shape (T,), ascending.
    window
        Lengths in sessions; the defaults of :class:`Window` when not given.
    opened
        Whether the name's exchange held a session, shape (T, N): offsets count these. Every row
        when not given.

    Returns
    -------
    Study
        A name is left out of an event, with the reason, when it has no day 0, too few sessions
        to fit, a flat series, or a session without a return inside the event window. A name whose
        later sessions have not come yet is kept.

    Notes
    -----
    MacKinlay (1997), equations 1 to 5.
    """
    window = window or Window()
    events, names = len(day0), returns.shape[1]
    place = np.broadcast_to(day0 if day0.ndim == 2 else day0[:, None], (events, names))
    groups = _by_calendar(returns, benchmark, place, sessions, opened)
    fits = np.full((6, events, names), np.nan)
    paths = np.full((2, events, names, len(window.offsets)), np.nan)
    for group in groups:
        _study_group(group, window, fits, paths)
    alpha, beta, _, spread, squares, used = fits
    abnormal, shift = paths
    with np.errstate(divide="ignore", invalid="ignore"):
        sigma = np.sqrt(squares / (used - (1 if benchmark is None else 2)))
    count = np.nan_to_num(used).astype(np.int64)
    why = _reasons(place, window, abnormal, (count, sigma, spread))
    abnormal[why != ""] = np.nan
    model: Model = "mean" if benchmark is None else "market"
    car = _cumulated(abnormal, window.before)
    return Study(window, model, abnormal, car, alpha, beta, sigma, count, shift, spread, why, groups)


def residuals_of(study: Study) -> tuple[Floats, Sessions]:
    """Return the residuals of the estimation windows with their session dates.

    Returns
    -------
    tuple
        Residuals, fractions, shape (E, N, L), and dates, shape (G, E, L), one line for each of
        ``study.groups``; NaN and NaT where the data do not reach, and NaN for a name left out.
    """
    window, (events, names) = study.window, study.why.shape
    found = np.full((events, names, window.estimation), np.nan)
    days = np.full((len(study.groups), events, window.estimation), np.datetime64("NaT", "D"))
    for number, group in enumerate(study.groups):
        for event in np.flatnonzero(group.day0 >= 0):
            past = _past(int(group.day0[event]), window)
            own = group.returns[past]
            expected = study.alpha[event, group.names]
            if group.benchmark is not None:
                beside = group.benchmark[past]
                beside = beside[:, None] if beside.ndim == 1 else beside
                expected = expected + study.beta[event, group.names] * beside
            if len(own):
                found[event, group.names, -len(own) :] = (own - expected).T
                days[number, event, -len(own) :] = group.sessions[past]
    found[~study.counted] = np.nan
    return found, days


def _by_calendar(
    returns: Floats,
    benchmark: Floats | None,
    place: NDArray[np.int64],
    sessions: Sessions,
    opened: Bools | None,
) -> tuple[Sessionals, ...]:
    """The names that share sessions and days 0, each group on its own sessions."""
    found = []
    for names in _alike(place, opened):
        rows = np.arange(len(sessions)) if opened is None else np.flatnonzero(opened[:, names[0]])
        own = _taken(returns, rows, names)
        beside = benchmark
        if benchmark is not None:
            beside = benchmark[rows] if benchmark.ndim == 1 else _taken(benchmark, rows, names)
        wanted = place[:, names[0]]
        day0 = np.searchsorted(rows, wanted)
        reached = (wanted >= 0) & (day0 < len(rows))
        reached[reached] = rows[day0[reached]] == wanted[reached]
        found.append(Sessionals(names, sessions[rows], own, beside, np.where(reached, day0, -1)))
    return tuple(found)


def _alike(place: NDArray[np.int64], opened: Bools | None) -> list[NDArray[np.int64]]:
    """Names with the same days 0 and the same sessions."""
    keys = [column.tobytes() for column in np.ascontiguousarray(place.T)]
    if opened is not None:
        packed = np.ascontiguousarray(np.packbits(opened, axis=0).T)
        keys = [key + column.tobytes() for key, column in zip(keys, packed, strict=True)]
    groups: dict[bytes, list[int]] = {}
    for name, key in enumerate(keys):
        groups.setdefault(key, []).append(name)
    return [np.array(names) for names in groups.values()]


def _taken(values: Floats, rows: NDArray[np.int64], names: NDArray[np.int64]) -> Floats:
    """Rows and columns; all of them without a copy."""
    if len(rows) < len(values):
        values = values.take(rows, axis=0)
    return values if len(names) == values.shape[1] else values.take(names, axis=1)


def _past(day0: int, window: Window) -> slice:
    """The rows of the estimation window, as far as the data reach back."""
    end = day0 - window.before - window.gap
    return slice(max(end - window.estimation, 0), max(end, 0))


def _study_group(group: Sessionals, window: Window, fits: Floats, paths: Floats) -> None:
    """Fit one calendar's names before each event, and write fits and event windows in their places."""
    events = np.flatnonzero(group.day0 >= 0)
    fit = _fits(group, events, window)
    alpha, beta, centre = fit[:3, :, None]
    rows = group.day0[events, None] + window.offsets
    outside = (rows < 0) | (rows >= len(group.sessions))
    rows[outside] = 0
    own, shift = group.returns[rows], np.zeros((*rows.shape, len(group.names)))
    own[outside] = np.nan
    if group.benchmark is not None:
        market = group.benchmark[rows]
        shift = (market[..., None] if market.ndim == 2 else market) - centre
    at = np.ix_(events, group.names)
    fits[:, at[0], at[1]] = fit
    # With the benchmark centred, the forecast is the mean return plus beta times the shift.
    paths[0][at] = np.swapaxes(own - (alpha + beta * centre) - beta * shift, 1, 2)
    paths[1][at] = np.swapaxes(shift, 1, 2)


def _fits(group: Sessionals, events: NDArray[np.int64], window: Window) -> Floats:
    """Least squares before each event: alpha, beta, mean and squares of x, of errors, count; (6, E, n)."""
    past = [_past(int(day0), window) for day0 in group.day0[events]]
    fits, plain = _plain_fits(group, past, window.estimation)
    for event in np.flatnonzero(~plain):
        rows = past[event]
        beside = None if group.benchmark is None else group.benchmark[rows]
        fits[:, event] = _fitted_where_known(group.returns[rows], beside)
    return fits


def _plain_fits(group: Sessionals, past: list[slice], length: int) -> tuple[Floats, Bools]:
    """The fits of events at which nothing is missing, two products each, and which events those are."""
    fits = np.empty((6, len(past), len(group.names)))
    whole = np.array([rows.stop - rows.start == length for rows in past], dtype=np.bool_)
    if group.benchmark is None or group.benchmark.ndim == 2 or not whole.any():
        return fits, np.zeros(len(past), dtype=np.bool_)
    x = np.array(
        [
            group.benchmark[rows] if full else np.full(length, np.nan)
            for rows, full in zip(past, whole, strict=True)
        ]
    )
    centre = x.mean(axis=1, keepdims=True)
    left = np.stack([np.full(x.shape, 1 / length), x - centre], axis=1)
    spread = np.einsum("el,el->e", left[:, 1], left[:, 1])[:, None]
    sums, total = np.full((len(past), 2, len(group.names)), np.nan), np.empty((len(past), len(group.names)))
    for event in np.flatnonzero(whole & (spread[:, 0] > length * _FLAT**2)):
        y = group.returns[past[event]]
        np.matmul(left[event], y, out=sums[event])
        np.einsum("ln,ln->n", y, y, out=total[event])
    mean, cross = sums[:, 0], sums[:, 1]
    beta = cross / spread
    squares = total - length * mean**2 - beta**2 * spread
    fits[:] = mean - beta * centre, beta, *np.broadcast_arrays(centre, spread, squares, length, mean)[:4]
    # A sum is finite when all of its terms are. Where a fit is all but perfect, a difference of squares
    # has no digits left: such events are fitted by their errors.
    return fits, (np.isfinite(mean) & (squares > _TRUSTED * total)).all(axis=1)


def _fitted_where_known(y: Floats, x: Floats | None) -> Floats:
    """The same over the sessions on which both are known."""
    if x is not None and x.ndim == 1:
        x = np.broadcast_to(x[:, None], y.shape)
    known = np.isfinite(y) if x is None else np.isfinite(y) & np.isfinite(x)
    used = known.sum(axis=0).astype(np.float64)
    share = 1 / np.maximum(used, 1)
    mean_y = np.where(known, y, 0.0).sum(axis=0) * share
    errors = np.where(known, y - mean_y, 0.0)
    beta, mean_x, spread = np.zeros_like(used), np.zeros_like(used), np.full_like(used, np.inf)
    if x is not None:
        mean_x = np.where(known, x, 0.0).sum(axis=0) * share
        dx = np.where(known, x - mean_x, 0.0)
        spread = np.einsum("ln,ln->n", dx, dx)
        cross = np.einsum("ln,ln->n", dx, errors)
        beta = np.divide(cross, spread, out=np.full_like(cross, np.nan), where=spread > used * _FLAT**2)
        errors = errors - beta * dx
    squares = np.einsum("ln,ln->n", errors, errors)
    return np.stack([mean_y - beta * mean_x, beta, mean_x, spread, squares, used])


def _cumulated(abnormal: Floats, before: int) -> Floats:
    """Sums from day 0 on; before it, the sum up to day 0 with its sign turned."""
    car = np.cumsum(abnormal, axis=-1)
    if before:
        car -= car[..., before - 1 : before].copy()
    return car


def _reasons(
    place: NDArray[np.int64], window: Window, own: Floats, fit: tuple[NDArray[np.int64], Floats, Floats]
) -> NDArray[np.object_]:
    """Why a name does not count, shape (E, N); the first reason that holds.

    ``own`` holds what the event window's abnormal returns are known of, ``fit`` the sessions used, the
    deviation of the residuals and the benchmark's squares.
    """
    used, sigma, spread = fit
    known = np.isfinite(own)
    last = known.shape[-1] - known[..., ::-1].argmax(axis=-1)
    holes = np.where(known.any(axis=-1), last - known.sum(axis=-1), 0)
    still = ~(spread > used * _FLAT**2), ~(sigma > _FLAT)
    conditions = (place < 0, used < window.minimum, *still, ~known[..., window.before], holes > 0)
    code = np.select(conditions, range(1, len(conditions) + 1), 0)
    why = np.full(place.shape, "", dtype=object)
    for event, name in zip(*np.nonzero(code), strict=True):
        why[event, name] = (
            "has no session after the event yet",
            f"has {used[event, name]} of the {window.minimum} sessions that a fit needs",
            "has a benchmark that did not move",
            "did not move, or moved as its benchmark alone, in its estimation window",
            "has no return on day 0",
            f"lacks {holes[event, name]} of the returns inside its event window",
        )[code[event, name] - 1]
    return why

"""Tests of abnormal returns, and how much their cases share the calendar.

All names of one selloff share its dates, so their errors are not independent: tests that treat them so
(the plain t of the cross-section, Brown and Warner's of 1980, Patell's, Boehmer, Musumeci and Poulsen's)
reject far too often. Brown and Warner's of 1985 takes the deviation of the portfolio's own series, and
Kolari and Pynnönen's divides by what the mean correlation of the errors adds.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from models.analytics.event_study import Study, residuals_of
from models.analytics.ranks import average_ranks
from models.errors import MeasureSettingError
from models.types import Bools, Floats

TESTS = {
    "t": "cross-sectional t",
    "bw1980": "Brown–Warner 1980",
    "bw1985": "Brown–Warner 1985",
    "patell": "Patell 1976",
    "bmp": "Boehmer–Musumeci–Poulsen 1991",
    "corrado": "Corrado rank 1989",
    "kolari_pynnonen": "Kolari–Pynnönen 2010",
}
CLUSTERED = ("bw1985", "corrado", "kolari_pynnonen")
"""The tests that stand when cases share their dates."""
PRESENT = 0.5
"""The least share of the cases that a session of the estimation window must have to count in a mean."""


@dataclass(frozen=True, slots=True)
class WindowTests:
    """The mean abnormal return of a window of sessions, and what each test says of it.

    Attributes
    ----------
    first, last
        Sessions from day 0, both included.
    cases
        Names times events that have every session of the window.
    mean, median
        Of the cases' sums of abnormal returns, fractions.
    negative
        Share of cases below 0.
    deviation
        Standard deviation of the mean by the portfolio's own series: the half width of a band.
    statistic, p
        By test of ``TESTS``; NaN where it has too few cases. p is two-sided.
    correlation
        Mean correlation of the errors over all pairs of cases, that of pairs of different events taken
        as 0, and a negative mean as 0.
    """

    first: int
    last: int
    cases: int
    mean: float
    median: float
    negative: float
    deviation: float
    statistic: dict[str, float]
    p: dict[str, float]
    correlation: float


@dataclass(frozen=True, slots=True)
class Clustering:
    """How much the cases share the calendar.

    Attributes
    ----------
    cases, events
        Names times events that count, and events with at least one.
    dates
        Different session dates that are somebody's day 0.
    overlapping
        Share of all pairs of cases whose event windows have a date in common.
    """

    cases: int
    events: int
    dates: int
    overlapping: float


def window_tests(
    study: Study, first: int = 0, last: int = 0, names: Bools | None = None, *, lost: int | None = None
) -> WindowTests:
    """Return the tests of the mean abnormal return from one session of the event window to another.

    Parameters
    ----------
    study
        The result of :func:`~models.analytics.event_study.event_study`.
    first, last
        Sessions from day 0, both included, inside the event window.
    names
        Shape (N,): which names to take; all when not given.
    lost
        Degrees of freedom that a fit costs in the deviation of its errors; 2 for the market model
        and 1 for a constant mean unless given.

    Returns
    -------
    WindowTests
        Over the cases that have every session of the window.

    Raises
    ------
    MeasureSettingError
        If the window of the test does not lie inside the event window.

    Notes
    -----
    MacKinlay (1997), equations 8 to 16; Brown and Warner (1980, 1985); Patell (1976); Boehmer, Musumeci
    and Poulsen (1991); Corrado (1989) with the scaling of Corrado and Zivney (1992) for missing
    sessions; Kolari and Pynnönen (2010), equation 9. Sums of several sessions are divided by the error of
    their forecast, that of the fit included.
    """
    return several_tests(study, [(first, last)], names, lost=lost)[0]


def several_tests(
    study: Study, spans: Sequence[tuple[int, int]], names: Bools | None = None, *, lost: int | None = None
) -> list[WindowTests]:
    """Return the tests of several windows; what they share is worked out once.

    Parameters
    ----------
    study, names, lost
        As in :func:`window_tests`.
    spans
        First and last session of each window.

    Returns
    -------
    list
        One result a window, in order.

    Raises
    ------
    MeasureSettingError
        If a window does not lie inside the event window.
    """
    window, found = study.window, []
    held: dict[bytes, _Errors] = {}
    chosen = study.counted if names is None else study.counted & names
    for first, last in spans:
        if not -window.before <= first <= last <= window.after:
            allowed = f"sessions from {-window.before} to {window.after}, the first not after the last"
            raise MeasureSettingError("the window of a test", f"{first} to {last}", allowed)
        part = slice(first + window.before, last + window.before + 1)
        case = chosen & np.isfinite(study.abnormal[..., part]).all(axis=-1)
        key = case.tobytes()
        if key not in held:
            held[key] = _errors(study, case)
        found.append(_tests(study, case, (first, last), held[key], lost))
    return found


@dataclass(frozen=True, slots=True, eq=False)
class _Errors:
    """What all windows of the same cases share.

    ``series`` is their mean residual by session, ``daily`` Corrado's score by session of both windows, of
    which the event window is the end, ``spread`` its deviation.
    """

    series: Floats
    correlation: float
    daily: Floats
    spread: float


def _errors(study: Study, case: Bools) -> _Errors:
    grid = _grid(study, case)
    cases = int(case.sum())
    daily, spread = _ranks(grid[case], study.abnormal[case])
    correlation = max(_mean_correlation(grid), 0.0) if cases > 1 else np.nan
    return _Errors(_portfolio(grid[case]), correlation, daily, spread)


def car_scores(study: Study) -> Floats:
    """Return each case's abnormal returns summed from day 0, over the deviation of such a sum.

    Parameters
    ----------
    study
        The result of :func:`~models.analytics.event_study.event_study`.

    Returns
    -------
    ndarray
        Shape (E, N, W): the t of one name, its own errors taken as independent from session to session;
        the fit's error is counted in. NaN before day 0, for a session that has not come, and for a name
        that was left out.

    Notes
    -----
    Patell (1976); MacKinlay (1997), equation 8 summed over the window.
    """
    window = study.window
    length = np.maximum(window.offsets + 1, 0).astype(np.float64)
    shift = np.cumsum(study.shift[..., window.before :], axis=-1)
    shift = np.concatenate([np.zeros((*shift.shape[:2], window.before)), shift], axis=-1)
    with np.errstate(divide="ignore", invalid="ignore"):
        share = length + length**2 / study.used[..., None] + shift**2 / study.spread[..., None]
        found = study.car / (study.sigma[..., None] * np.sqrt(share))
    return np.where((length > 0) & study.counted[..., None], found, np.nan)


def _tests(
    study: Study, case: Bools, span: tuple[int, int], errors: _Errors, lost: int | None
) -> WindowTests:
    first, last = span
    part = slice(first + study.window.before, last + study.window.before + 1)
    sums = study.abnormal[case][:, part].sum(axis=-1)
    n, length, series, r = len(sums), last - first + 1, errors.series, errors.correlation
    mean = float(sums.mean()) if n else np.nan
    portfolio = float(series.std(ddof=1)) * np.sqrt(length) if len(series) > 1 else np.nan
    scaled = sums / (_sigma(study, case, lost) * _forecast(study, case, part))
    bmp, used = _t(scaled), study.used[case]
    daily = errors.daily[len(errors.daily) - len(study.window.offsets) :][part]
    with np.errstate(divide="ignore", invalid="ignore"):
        values = {
            "t": _t(sums),
            "bw1980": sums.sum() / np.sqrt(length * (_crude(study, case) ** 2).sum()),
            "bw1985": mean / portfolio,
            "patell": scaled.sum() / np.sqrt(((used - 2) / (used - 4)).sum()),
            "bmp": bmp,
            "corrado": daily.sum() / np.sqrt(length) / np.float64(errors.spread),
            "kolari_pynnonen": bmp * np.sqrt((1 - r) / (1 + (n - 1) * r)),
        }
    freedom = {"t": n - 1, "bw1985": len(series) - 1, "bmp": n - 1, "kolari_pynnonen": n - 1}
    statistic = {name: float(value) if np.isfinite(value) else np.nan for name, value in values.items()}
    return WindowTests(
        first,
        last,
        n,
        mean,
        float(np.median(sums)) if n else np.nan,
        float((sums < 0).mean()) if n else np.nan,
        float(portfolio),
        statistic,
        {name: _two_sided(value, freedom.get(name)) for name, value in statistic.items()},
        float(r),
    )


def clustering(study: Study, names: Bools | None = None) -> Clustering:
    """Return how many days 0 the cases have, and how many pairs of cases share dates.

    Parameters
    ----------
    study
        The result of :func:`~models.analytics.event_study.event_study`.
    names
        Shape (N,): which names to take; all when not given.

    Returns
    -------
    Clustering
        Pairs are counted over all cases of all events.
    """
    case = study.counted if names is None else study.counted & names
    starts, ends, zeros = [], [], []
    for group in study.groups:
        for event in np.flatnonzero(group.day0 >= 0):
            count = int(case[event, group.names].sum())
            row, final = int(group.day0[event]), len(group.sessions) - 1
            starts += [group.sessions[max(row - study.window.before, 0)]] * count
            ends += [group.sessions[min(row + study.window.after, final)]] * count
            zeros += [group.sessions[row]] * count
    n = len(zeros)
    if n < 2:
        return Clustering(n, int(case.any(axis=1).sum()), len(set(zeros)), np.nan)
    start, end = np.array(starts), np.array(ends)
    meet = (start[:, None] <= end) & (start <= end[:, None])
    share = float((meet.sum() - n) / (n * (n - 1)))
    return Clustering(n, int(case.any(axis=1).sum()), len(np.unique(np.array(zeros))), share)


def _grid(study: Study, case: Bools) -> Floats:
    """Residuals of the cases by weekday before day 0, shape (E, N, lags); NaN for no case and no session.

    Exchanges have different holidays: their sessions lie side by side when they are counted in weekdays
    from each one's own day 0. A session on a Saturday has no place and is left out.
    """
    residuals, days = residuals_of(study)
    residuals[~case] = np.nan
    if len(study.groups) == 1:
        return residuals
    lag = np.full(days.shape, -1)
    for number, group in enumerate(study.groups):
        for event in np.flatnonzero(group.day0 >= 0):
            known = ~np.isnat(days[number, event])
            held = days[number, event, known]
            count = np.busday_count(held, group.sessions[group.day0[event]])
            lag[number, event, known] = np.where(np.is_busday(held), count, -1)
    grid = np.full((*case.shape, int(lag.max(initial=0)) + 1), np.nan)
    for number, group in enumerate(study.groups):
        for event in np.arange(len(case)):
            known = lag[number, event] >= 0
            places = np.ix_([event], group.names, lag[number, event, known])
            grid[places] = residuals[event][group.names][:, known][None]
    return grid


def _portfolio(residuals: Floats) -> Floats:
    """The mean residual of the cases, session by session, where enough of them have one."""
    known = np.isfinite(residuals)
    cases, present = int(known.any(axis=1).sum()), known.sum(axis=0)
    enough = present >= max(PRESENT * cases, 1)
    sums = np.where(known, residuals, 0.0).sum(axis=0)
    return np.asarray(sums[enough] / present[enough])


def _sigma(study: Study, case: Bools, lost: int | None) -> Floats:
    """Deviation of each case's errors, with the degrees of freedom asked for."""
    own = 1 if study.model == "mean" else 2
    used = study.used[case]
    return np.asarray(study.sigma[case] * np.sqrt((used - own) / (used - (own if lost is None else lost))))


def _crude(study: Study, case: Bools) -> Floats:
    """Deviation about the mean, one degree of freedom lost, as Brown and Warner have it."""
    return _sigma(study, case, 1)


def _forecast(study: Study, case: Bools, part: slice) -> Floats:
    """What the deviation of one session's error grows to over the window, the fit's own error included."""
    shift = study.shift[case][:, part]
    length = shift.shape[1]
    share = length + length**2 / study.used[case] + shift.sum(axis=1) ** 2 / study.spread[case]
    return np.asarray(np.sqrt(share))


def _t(values: Floats) -> float:
    """Mean over its standard error; NaN for fewer than two, or when all are the same."""
    if len(values) < 2:
        return np.nan
    error = values.std(ddof=1) / np.sqrt(len(values))
    return float(values.mean() / error) if error > 0 else np.nan


def _mean_correlation(grid: Floats) -> float:
    """Mean correlation over all pairs of cases; pairs of different events count as 0."""
    total, cases = 0.0, 0
    for event in grid:
        rows = event[np.isfinite(event).any(axis=1)]
        cases += len(rows)
        total += _sum_of_correlations(rows)
    return total / (cases * (cases - 1)) if cases > 1 else np.nan


def _sum_of_correlations(rows: Floats) -> float:
    """Sum over ordered pairs of rows of their correlation on the sessions both have."""
    known = np.isfinite(rows).astype(np.float64)
    filled = np.where(known > 0, rows, 0.0)
    # Residuals have mean 0 over all sessions, not over those that two names share: the means are taken out.
    n = known @ known.T
    with np.errstate(divide="ignore", invalid="ignore"):
        mean = filled @ known.T / n
        cross = filled @ filled.T / n - mean * mean.T
        square = (filled**2) @ known.T / n - mean**2
        found = cross / np.sqrt(square * square.T)
    np.fill_diagonal(found, 0.0)
    return float(np.nansum(found))


def _ranks(residuals: Floats, abnormal: Floats) -> tuple[Floats, float]:
    """Corrado's score of each session of both windows, and the deviation of those that enough cases have."""
    both = np.concatenate([residuals, abnormal], axis=1)
    if not len(both):
        return np.zeros(both.shape[1]), np.nan
    known = np.isfinite(both)
    ranks = average_ranks(np.where(known, both, np.inf))
    score = np.where(known, ranks / (known.sum(axis=1, keepdims=True) + 1) - 0.5, 0.0)
    present = known.sum(axis=0)
    enough = present >= max(PRESENT * len(both), 1)
    daily = np.divide(score.sum(axis=0), np.sqrt(present), out=np.zeros(len(present)), where=enough)
    return daily, float(np.sqrt((daily[enough] ** 2).mean()))


def _two_sided(value: float, freedom: int | None) -> float:
    """The two-sided p of a statistic: Student's with these degrees of freedom, or normal without."""
    from scipy.special import ndtr, stdtr

    if np.isnan(value) or (freedom is not None and freedom < 1):
        return np.nan
    return float(2 * (ndtr(-abs(value)) if freedom is None else stdtr(freedom, -abs(value))))

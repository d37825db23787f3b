"""Tests of abnormal returns, and how much their cases share the calendar.

All names of one selloff share its dates, so their errors are not independent: tests that treat them so
(the plain t of the cross-section, Brown and Warner's of 1980, Patell's, Boehmer, Musumeci and Poulsen's)
reject far too often. Brown and Warner's of 1985 takes the deviation of the portfolio's own series, and
Kolari and Pynnönen's divides by what the mean correlation of the errors adds.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from models.analytics.event_study import Study, residuals_of
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
    window = study.window
    if not -window.before <= first <= last <= window.after:
        allowed = f"sessions from {-window.before} to {window.after}, the first not after the last"
        raise MeasureSettingError("the window of a test", f"{first} to {last}", allowed)
    part = slice(first + window.before, last + window.before + 1)
    chosen = study.counted if names is None else study.counted & names
    case = chosen & np.isfinite(study.abnormal[..., part]).all(axis=-1)
    sums = study.abnormal[case][:, part].sum(axis=-1)
    grid = _grid(study, case)
    series = _portfolio(grid.reshape(-1, grid.shape[-1]))
    sigma = _sigma(study, case, lost)
    n, length = len(sums), last - first + 1
    portfolio = float(series.std(ddof=1)) * np.sqrt(length) if len(series) > 1 else np.nan
    scaled = sums / (sigma * _forecast(study, case, part))
    correlation = max(_mean_correlation(grid), 0.0) if n > 1 else np.nan
    bmp = _t(scaled)
    with np.errstate(divide="ignore", invalid="ignore"):
        used = study.used[case]
        statistic = {
            "t": _t(sums),
            "bw1980": sums.sum() / np.sqrt(length * (_crude(study, case) ** 2).sum()),
            "bw1985": (sums.mean() if n else np.nan) / portfolio,
            "patell": scaled.sum() / np.sqrt(((used - 2) / (used - 4)).sum()),
            "bmp": bmp,
            "corrado": _rank(study, case, grid, part),
            "kolari_pynnonen": bmp * np.sqrt((1 - correlation) / (1 + (n - 1) * correlation)),
        }
    freedom = {"t": n - 1, "bw1985": len(series) - 1, "bmp": n - 1, "kolari_pynnonen": n - 1}
    statistic = {name: float(value) if np.isfinite(value) else np.nan for name, value in statistic.items()}
    return WindowTests(
        first,
        last,
        n,
        float(sums.mean()) if n else np.nan,
        float(np.median(sums)) if n else np.nan,
        float((sums < 0).mean()) if n else np.nan,
        float(portfolio),
        statistic,
        {name: _two_sided(value, freedom.get(name)) for name, value in statistic.items()},
        float(correlation),
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


def _rank(study: Study, case: Bools, grid: Floats, part: slice) -> float:
    """Corrado's rank statistic: ranks over both windows, a session's mean over that of all sessions."""
    from scipy.stats import rankdata

    if not case.any():
        return np.nan
    both = np.concatenate([grid[case], study.abnormal[case]], axis=1)
    known = np.isfinite(both)
    ranks = rankdata(np.where(known, both, np.inf), axis=1)
    score = np.where(known, ranks / (known.sum(axis=1, keepdims=True) + 1) - 0.5, 0.0)
    present = known.sum(axis=0)
    enough = present >= max(PRESENT * len(both), 1)
    daily = np.divide(score.sum(axis=0), np.sqrt(present), out=np.zeros(len(present)), where=enough)
    spread = np.sqrt((daily[enough] ** 2).mean())
    inside = daily[grid.shape[-1] :][part]
    return float(inside.sum() / np.sqrt(len(inside)) / spread) if spread > 0 else np.nan


def _two_sided(value: float, freedom: int | None) -> float:
    """The two-sided p of a statistic: Student's with these degrees of freedom, or normal without."""
    from scipy.special import ndtr, stdtr

    if np.isnan(value) or (freedom is not None and freedom < 1):
        return np.nan
    return float(2 * (ndtr(-abs(value)) if freedom is None else stdtr(freedom, -abs(value))))

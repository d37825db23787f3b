"""Crisis correlation with the source market's higher variance taken out (Forbes and Rigobon 2002)."""

from __future__ import annotations

from dataclasses import dataclass
from statistics import NormalDist
from typing import NamedTuple

import numpy as np

from models.errors import FlatSeriesError, MeasureSettingError, TooFewObservationsError
from models.types import Bools, Floats

AVERAGE = 2
BLOCK = 5
DRAWS = 2000
LEVEL = 0.95
CALM_MINIMUM = 60
CRISIS_MINIMUM = 10


@dataclass(frozen=True, slots=True)
class Interval:
    """A percentile interval of the moving-block bootstrap."""

    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Difference:
    """Fisher's test of one correlation against the calm one.

    Attributes
    ----------
    z
        (atanh ρ − atanh ρ_calm) / √(1/(m − 3) + 1/(m_calm − 3)), m the effective observations.
    p
        Two-sided, a fraction.
    """

    z: float
    p: float


@dataclass(frozen=True, slots=True)
class ForbesRigobon:
    """Calm, raw and adjusted correlation of a source and a target market. No verdict.

    Attributes
    ----------
    calm, raw, adjusted
        Correlation in the calm period, in the crisis, and in the crisis with the source's variance
        brought back to calm.
    delta
        Var(source | crisis) / Var(source | calm) − 1.
    n_calm, n_crisis
        Averaged returns in each period.
    effective_calm, effective_crisis
        Observations of the same information: averages that overlap count for less.
    calm_interval, raw_interval, adjusted_interval
        Bootstrap intervals. With a month of crisis days they hold the truth in four cases of five.
    raw_difference, adjusted_difference
        Against calm.
    average, block, draws, level, seed
        The settings that were used.
    """

    calm: float
    raw: float
    adjusted: float
    delta: float
    n_calm: int
    n_crisis: int
    effective_calm: float
    effective_crisis: float
    calm_interval: Interval
    raw_interval: Interval
    adjusted_interval: Interval
    raw_difference: Difference
    adjusted_difference: Difference
    average: int
    block: int
    draws: int
    level: float
    seed: int


def adjusted_correlation(correlation: Floats | float, delta: Floats | float) -> Floats:
    """Return ρ* = ρ / √(1 + δ (1 − ρ²)), eq. 11 of Forbes and Rigobon.

    Parameters
    ----------
    correlation
        In the crisis, any shape.
    delta
        Var(source | crisis) / Var(source | calm) − 1, above −1.

    Returns
    -------
    Floats
        Same shape; NaN where δ ≤ −1.
    """
    rho, rise = np.asarray(correlation, dtype=np.float64), np.asarray(delta, dtype=np.float64)
    base = 1 + rise * (1 - rho**2)
    valid = (rise > -1) & (base > 0)
    return np.divide(rho, np.sqrt(np.where(valid, base, 1.0)), out=np.full(base.shape, np.nan), where=valid)


def conditional_correlation(correlation: Floats | float, delta: Floats | float) -> Floats:
    """Return what a correlation looks like when the source's variance is 1 + δ times larger; the inverse.

    Parameters
    ----------
    correlation
        Unconditional, any shape.
    delta
        As in :func:`adjusted_correlation`.

    Returns
    -------
    Floats
        ρ √((1 + δ) / (1 + δ ρ²)).
    """
    rho, rise = np.asarray(correlation, dtype=np.float64), np.asarray(delta, dtype=np.float64)
    return rho * np.sqrt((1 + rise) / (1 + rise * rho**2))


def forbes_rigobon(
    source: Floats,
    target: Floats,
    calm: Bools,
    crisis: Bools,
    *,
    average: int = AVERAGE,
    block: int = BLOCK,
    draws: int = DRAWS,
    level: float = LEVEL,
    seed: int = 0,
) -> ForbesRigobon:
    """Return the calm, the raw and the adjusted correlation, side by side.

    Returns are averaged over ``average`` rows within each period, for markets whose hours differ
    (section IV of the paper; no average reaches across the edge of a period or a missing row). The
    intervals resample blocks of rows of both periods, so that δ varies with the rest.

    Parameters
    ----------
    source, target
        Fractions, shape (R,), on the same rows; NaN where missing. The source is where the crisis began.
    calm, crisis
        Rows of the two periods, shape (R,), without a common row.
    average
        Rows; 1 for none. Averages overlap, so that n of them are worth n / (1 + 2 Σ (1 − k/m)²).
    block
        Rows of a bootstrap block; the last one is cut to the period's length.
    draws
        Of the bootstrap.
    level
        Of the intervals.
    seed
        Of the bootstrap; the same seed gives the same interval.

    Returns
    -------
    ForbesRigobon
        All three with their intervals and tests. The adjustment assumes that no third market drives both
        and that nothing feeds back; where that fails it finds too little contagion.

    Raises
    ------
    TooFewObservationsError
        With fewer than 60 averaged calm or 10 averaged crisis rows.
    FlatSeriesError
        If one of the two does not move in a period.
    MeasureSettingError
        If the periods overlap, or a setting is out of range.

    References
    ----------
    Forbes and Rigobon (2002), J. Finance 57, eq. 10 and 11; Künsch (1989) for the blocks.
    """
    if (calm & crisis).any():
        raise MeasureSettingError("The calm period", "part of the crisis", "two periods without a common day")
    if average < 1 or block < 1 or draws < 100:
        raise MeasureSettingError(
            "The bootstrap", f"{draws} draws of {block} rows averaged over {average}", "100 draws or more"
        )
    pair = np.column_stack([source, target])
    quiet = _averaged(pair, calm, average, "The calm period", CALM_MINIMUM)
    rough = _averaged(pair, crisis, average, "The crisis", CRISIS_MINIMUM)
    rng = np.random.default_rng(seed)
    found = _three(_moments(quiet), _moments(rough))
    drawn = _three(_resampled(quiet, block, draws, rng), _resampled(rough, block, draws, rng))
    tails = [(1 - level) / 2, (1 + level) / 2]
    intervals = [Interval(*(float(end) for end in np.nanquantile(each, tails))) for each in drawn[:3]]
    calm_rho, raw, adjusted, delta = (float(each) for each in found)
    n_calm, n_crisis = len(quiet) / _worth(average), len(rough) / _worth(average)
    return ForbesRigobon(
        calm=calm_rho,
        raw=raw,
        adjusted=adjusted,
        delta=delta,
        n_calm=len(quiet),
        n_crisis=len(rough),
        effective_calm=n_calm,
        effective_crisis=n_crisis,
        calm_interval=intervals[0],
        raw_interval=intervals[1],
        adjusted_interval=intervals[2],
        raw_difference=_difference(raw, calm_rho, n_crisis, n_calm),
        adjusted_difference=_difference(adjusted, calm_rho, n_crisis, n_calm),
        average=average,
        block=block,
        draws=draws,
        level=level,
        seed=seed,
    )


def _averaged(pair: Floats, period: Bools, average: int, name: str, minimum: int) -> Floats:
    """Means over ``average`` consecutive rows that all lie in the period and are known."""
    whole = period & np.isfinite(pair).all(axis=1)
    count = len(pair) - average + 1
    if count < 1:
        raise TooFewObservationsError(name, 0, minimum, _LONGER)
    inside = np.all([whole[k : k + count] for k in range(average)], axis=0)
    means = np.mean([pair[k : k + count] for k in range(average)], axis=0)[inside]
    if len(means) < minimum:
        raise TooFewObservationsError(name, len(means), minimum, _LONGER)
    still = np.ptp(means, axis=0) <= 1e-12 * np.abs(means).max(axis=0)
    if still.any():
        raise FlatSeriesError(tuple(np.array(["the source", "the target"])[still].tolist()))
    return means


_LONGER = "choose a longer period or two names that both traded through it"


class _Moments(NamedTuple):
    """The correlation of samples and the variance of their source, shape (S,) or of one sample."""

    rho: Floats
    variance: Floats


def _three(quiet: _Moments, rough: _Moments) -> tuple[Floats, Floats, Floats, Floats]:
    """Calm, raw and adjusted correlation and δ."""
    with np.errstate(divide="ignore", invalid="ignore"):
        delta = rough.variance / quiet.variance - 1
    return quiet.rho, rough.rho, adjusted_correlation(rough.rho, delta), delta


def _moments(rows: Floats) -> _Moments:
    """Those of one sample of pairs, shape (n, 2)."""
    x, y = (rows - rows.mean(axis=0)).T
    return _of_squares((x * x).sum(), (y * y).sum(), (x * y).sum(), len(rows))


def _resampled(rows: Floats, block: int, draws: int, rng: np.random.Generator) -> _Moments:
    """Those of moving-block resamples: each is the sum of its blocks, so that no resample is laid out."""
    count = len(rows)
    length = min(block, count)
    whole, rest = divmod(count, length)
    first = rng.integers(0, count - length + 1, (draws, whole + bool(rest)))
    # About the sample's own mean, so that the squares of a resample lose no digits to its mean.
    x, y = (rows - rows.mean(axis=0)).T
    terms = np.stack([x, y, x * x, y * y, x * y])
    sums = _sums(terms, length).take(first[:, :whole], axis=1).sum(axis=2)
    if rest:
        sums += _sums(terms, rest).take(first[:, whole], axis=1)
    of_x, of_y, of_xx, of_yy, of_xy = sums
    xx, yy = (
        np.where(about > _STILL * squares, about, 0.0)
        for squares, about in ((of_xx, of_xx - of_x**2 / count), (of_yy, of_yy - of_y**2 / count))
    )
    return _of_squares(xx, yy, of_xy - of_x * of_y / count, count)


_STILL = 1e-13
"""What a resample that does not move leaves of its squares, by rounding alone."""


def _sums(terms: Floats, length: int) -> Floats:
    """The sum of each term over every block of a length, shape (terms, blocks)."""
    return np.lib.stride_tricks.sliding_window_view(terms, length, axis=1).sum(axis=2)


def _of_squares(xx: Floats, yy: Floats, xy: Floats, count: int) -> _Moments:
    product = np.asarray(xx * yy)
    rho = np.divide(xy, np.sqrt(product), out=np.full(product.shape, np.nan), where=product > 0)
    return _Moments(np.clip(rho, -1.0, 1.0), np.asarray(xx / (count - 1)))


def _worth(average: int) -> float:
    """How many overlapping averages say as much about a correlation as one independent pair (Bartlett)."""
    return 1 + 2 * sum((1 - k / average) ** 2 for k in range(1, average))


def _difference(rho: float, calm: float, n: float, n_calm: float) -> Difference:
    """Fisher's z of two correlations of independent samples."""
    edge = 1 - 1e-16
    gap = np.arctanh(np.clip(rho, -edge, edge)) - np.arctanh(np.clip(calm, -edge, edge))
    z = float(gap / np.sqrt(1 / (n - 3) + 1 / (n_calm - 3)))
    return Difference(z, 2 * NormalDist().cdf(-abs(z)))

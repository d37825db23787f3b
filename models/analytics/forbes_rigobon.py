"""Crisis correlation with the source market's higher variance taken out (Forbes and Rigobon 2002)."""

from __future__ import annotations

from dataclasses import dataclass
from statistics import NormalDist

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
    found = _three(quiet[None], rough[None])
    drawn = _three(_blocks(quiet, block, draws, rng), _blocks(rough, block, draws, rng))
    tails = [(1 - level) / 2, (1 + level) / 2]
    intervals = [Interval(*(float(end) for end in np.nanquantile(each, tails))) for each in drawn[:3]]
    calm_rho, raw, adjusted, delta = (float(each[0]) for each in found)
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


def _three(quiet: Floats, rough: Floats) -> tuple[Floats, Floats, Floats, Floats]:
    """Calm, raw and adjusted correlation and δ of samples (S, n, 2)."""
    (calm, calm_variance), (raw, variance) = _moments(quiet), _moments(rough)
    with np.errstate(divide="ignore", invalid="ignore"):
        delta = variance / calm_variance - 1
    return calm, raw, adjusted_correlation(raw, delta), delta


def _moments(samples: Floats) -> tuple[Floats, Floats]:
    """Correlation and the source's variance of each sample."""
    x, y = samples[..., 0], samples[..., 1]
    x, y = x - x.mean(axis=1, keepdims=True), y - y.mean(axis=1, keepdims=True)
    xx, yy, xy = ((left * right).sum(axis=1) for left, right in ((x, x), (y, y), (x, y)))
    product = xx * yy
    rho = np.divide(xy, np.sqrt(product), out=np.full(len(xy), np.nan), where=product > 0)
    return np.clip(rho, -1.0, 1.0), xx / (samples.shape[1] - 1)


def _blocks(rows: Floats, block: int, draws: int, rng: np.random.Generator) -> Floats:
    """Moving-block resamples, shape (draws, n, 2)."""
    count = len(rows)
    length = min(block, count)
    first = rng.integers(0, count - length + 1, (draws, -(-count // length)))
    index = (first[:, :, None] + np.arange(length)).reshape(draws, -1)[:, :count]
    return rows[index]


def _worth(average: int) -> float:
    """How many overlapping averages say as much about a correlation as one independent pair (Bartlett)."""
    return 1 + 2 * sum((1 - k / average) ** 2 for k in range(1, average))


def _difference(rho: float, calm: float, n: float, n_calm: float) -> Difference:
    """Fisher's z of two correlations of independent samples."""
    edge = 1 - 1e-16
    gap = np.arctanh(np.clip(rho, -edge, edge)) - np.arctanh(np.clip(calm, -edge, edge))
    z = float(gap / np.sqrt(1 / (n - 3) + 1 / (n_calm - 3)))
    return Difference(z, 2 * NormalDist().cdf(-abs(z)))

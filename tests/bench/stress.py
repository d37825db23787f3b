"""Turbulence and absorption of 42 names by 2,900 rows, beside the loop over days that people write."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np

from models.analytics.absorption import HALF_LIFE, WINDOW, absorption, counted
from models.analytics.tails import tail_dependence, tail_matrix
from models.analytics.turbulence import WINDOW as BEFORE
from models.analytics.turbulence import shrinkage_for, turbulence
from tests.bench.harness import Case

NAMES, ROWS = 42, 2900


@contextmanager
def market() -> Iterator[np.ndarray]:
    """Returns of a one-factor model with fat tails."""
    rng = np.random.default_rng(20260731)
    common = rng.standard_t(4, (ROWS, 1)) * 0.008
    yield common * rng.uniform(0.3, 1.5, NAMES) + rng.standard_t(4, (ROWS, NAMES)) * 0.012


def turbulence_by_day(returns: np.ndarray) -> np.ndarray:
    """(d, magnitude) with np.cov and np.linalg.inv on each day's window."""
    found = np.full((2, len(returns)), np.nan)
    weight = shrinkage_for(NAMES, np.array([BEFORE]))[0]
    for row in range(BEFORE, len(returns)):
        known = returns[row - BEFORE : row]
        covariance = np.cov(known.T)
        variance = np.diag(covariance).copy()
        covariance *= 1 - weight
        np.fill_diagonal(covariance, variance)
        gap = returns[row] - known.mean(axis=0)
        found[:, row] = gap @ np.linalg.inv(covariance) @ gap, np.mean(gap**2 / variance)
    return found


def same_turbulence(ours: tuple, peer: np.ndarray) -> None:
    np.testing.assert_allclose([ours.distance, ours.magnitude], peer, rtol=1e-8)


def absorption_by_day(returns: np.ndarray) -> np.ndarray:
    """The ratio with np.cov and np.linalg.eigh on each day's window."""
    found = np.full(len(returns), np.nan)
    weights = 0.5 ** (np.arange(WINDOW)[::-1] / HALF_LIFE)
    for row in range(WINDOW - 1, len(returns)):
        covariance = np.cov(returns[row - WINDOW + 1 : row + 1].T, aweights=weights, ddof=0)
        spread = np.sqrt(np.diag(covariance))
        values, _ = np.linalg.eigh(covariance / spread / spread[:, None])
        found[row] = values[-counted(NAMES) :].sum() / values.sum()
    return found


def tails_by_pair(returns: np.ndarray) -> np.ndarray:
    names = range(returns.shape[1])
    return np.array([[tail_dependence(returns[:, i], returns[:, j]).value for j in names] for i in names])


CASES = [
    Case(
        "turbulence, 42 × 2,900, window 250",
        ours=turbulence,
        peer=turbulence_by_day,
        peer_name="np.linalg.inv a day",
        target="≥ 4×",
        equal=same_turbulence,
        context=market,
        rounds=5,
    ),
    Case(
        "absorption ratio and shift, 42 × 2,900, window 500",
        ours=absorption,
        peer=absorption_by_day,
        peer_name="np.linalg.eigh a day",
        target="≥ 3×",
        equal=lambda ours, peer: np.testing.assert_allclose(ours.ratio, peer, rtol=1e-8),
        context=market,
        rounds=5,
    ),
    Case(
        "lower-tail dependence of every pair of 42",
        ours=lambda returns: tail_matrix(returns)[0],
        peer=tails_by_pair,
        peer_name="a pair at a time",
        target="≥ 5×",
        equal=lambda ours, peer: np.testing.assert_allclose(ours, peer),
        context=market,
        rounds=5,
    ),
    Case("turbulence alone", ours=turbulence, target="≤ 250 ms", unit="ms", context=market),
    Case("absorption ratio alone", ours=absorption, target="≤ 300 ms", unit="ms", context=market),
]

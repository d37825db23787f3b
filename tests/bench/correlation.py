"""Correlation: rolling over 60 names by 2,600 days beside pandas, dynamic, and the bootstrap."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
import pandas as pd

from models.analytics.correlation import lagged_matrix
from models.analytics.dcc import fit_dcc
from models.analytics.forbes_rigobon import forbes_rigobon
from models.analytics.layer_links import LayerLegs, layer_links
from models.analytics.rolling import ewma_correlation, mean_pairwise, rolling_correlation
from tests.bench.harness import Case

NAMES, SESSIONS, WINDOW = 60, 2600, 60
Given = np.ndarray


@contextmanager
def returns() -> Iterator[Given]:
    """A three-factor model with fat tails and volatility that comes in clusters."""
    rng = np.random.default_rng(20260731)
    factors = rng.standard_t(4, (SESSIONS, 3)) * 0.006
    own = rng.standard_t(4, (SESSIONS, NAMES)) * 0.012
    swing = np.exp(0.4 * np.convolve(rng.normal(size=SESSIONS + 99), np.full(100, 0.1), "valid"))
    yield (factors @ rng.uniform(0.2, 1.4, (3, NAMES)) + own) * swing[:, None]


def by_pandas(given: Given) -> Given:
    found = pd.DataFrame(given).rolling(WINDOW).corr().to_numpy()
    return found.reshape(SESSIONS, NAMES, NAMES)


def pandas_mean(given: Given) -> Given:
    return by_pandas(given)[:, *np.triu_indices(NAMES, 1)].mean(axis=1)


def pandas_ewm(given: Given) -> Given:
    """pandas takes a mean off, RiskMetrics does not: a peer in time, not in value."""
    return pd.DataFrame(given).ewm(alpha=0.06).corr().to_numpy()


def same(ours: Any, peer: Given) -> None:
    found = ours[0] if isinstance(ours, tuple) else ours
    np.testing.assert_allclose(found, peer, rtol=0, atol=1e-10, equal_nan=True)


def lagged(given: Given) -> Any:
    days = np.datetime64("2016-01-01") + np.arange(SESSIONS)
    asia = np.arange(NAMES) < NAMES // 3
    return lagged_matrix(days, given, asia, np.ones(given.shape, dtype=bool), [str(n) for n in range(NAMES)])


def adjusted(given: Given) -> Any:
    quiet = np.arange(290) < 250
    return forbes_rigobon(given[:290, 0], given[:290, 1], quiet, ~quiet)


def batons(given: Given) -> Any:
    days = np.datetime64("2016-01-01") + np.arange(SESSIONS)
    asia = LayerLegs(tuple("abcd"), given[:, :4], given[:, 4:8])
    return layer_links(days, asia, LayerLegs(tuple("abcdefg"), given[:, 8:15], given[:, 15:22]))


def _own(name: str, call: Callable[[Given], Any], target: str) -> Case:
    return Case(name, ours=call, target=target, unit="ms", context=returns)


CASES = [
    Case(
        "rolling correlation, 60 × 60, window 60, 2,600 days",
        ours=lambda given: rolling_correlation(given, WINDOW),
        peer=by_pandas,
        peer_name="pandas rolling",
        target="≥ 10×",
        equal=same,
        context=returns,
        rounds=5,
    ),
    Case(
        "mean of all 1,770 pairs, window 60",
        ours=lambda given: mean_pairwise(given, WINDOW),
        peer=pandas_mean,
        peer_name="pandas rolling",
        target="≥ 20×",
        equal=same,
        context=returns,
        rounds=5,
    ),
    Case(
        "fading correlation, 60 × 60, λ = .94",
        ours=ewma_correlation,
        peer=pandas_ewm,
        peer_name="pandas ewm",
        target="≥ 5×",
        context=returns,
        rounds=3,
    ),
    _own(
        "rolling correlation, 60 × 60, window 250", lambda given: rolling_correlation(given, 250), "≤ 120 ms"
    ),
    _own("DCC(1,1) of a pair", lambda given: fit_dcc(given[:, :2], ("A", "B")), "≤ 150 ms"),
    _own("DCC(1,1) of 10 names", lambda given: fit_dcc(given[:, :10], tuple("ABCDEFGHIJ")), "≤ 1,000 ms"),
    _own("lagged matrix, 60 names", lagged, "≤ 60 ms"),
    _own("adjusted correlation with 2,000 bootstrap draws", adjusted, "≤ 60 ms"),
    _own("layer links, 4 × 7 layers, 250 news days", batons, "≤ 30 ms"),
]

"""Rolling connectedness of 20 names by 2,600 rows beside a VAR of statsmodels in each window."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from functools import partial

import numpy as np

from models.analytics.connectedness import connectedness
from models.analytics.rolling_connectedness import RollingConnectedness, rolling_connectedness
from models.types import Floats
from tests.bench.harness import Case

NAMES, ROWS, WINDOW, HORIZON = 20, 2600, 200, 10


@contextmanager
def returns() -> Iterator[Floats]:
    rng = np.random.default_rng(20260731)
    factors = rng.standard_t(4, (ROWS, 3)) * 0.006
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the peer warns of pandas calls it still uses
        yield factors @ rng.uniform(0.2, 1.4, (3, NAMES)) + rng.standard_t(4, (ROWS, NAMES)) * 0.012


def ours(lags: int, x: Floats) -> RollingConnectedness:
    return rolling_connectedness(x, WINDOW, lags, HORIZON)


def statsmodels_loop(lags: int, x: Floats) -> tuple[Floats, Floats, Floats]:
    """TCI, TO and FROM of each window: fit, moving average, shares."""
    from statsmodels.tsa.api import VAR

    windows = ROWS - WINDOW + 1
    total, to, received = np.empty(windows), np.empty((windows, NAMES)), np.empty((windows, NAMES))
    for n in range(windows):
        fitted = VAR(x[n : n + WINDOW]).fit(lags)
        average, sigma = fitted.ma_rep(HORIZON - 1), fitted.sigma_u
        shocks = average @ sigma
        shares = np.square(shocks).sum(axis=0) / np.diag(sigma)
        shares /= np.einsum("hij,hij->i", shocks, average)[:, None]
        shares /= shares.sum(axis=1, keepdims=True)
        own = np.diag(shares)
        received[n], to[n] = 1 - own, shares.sum(axis=0) - own
        total[n] = received[n].mean()
    return total, to, received


def same(mine: RollingConnectedness, theirs: tuple[Floats, Floats, Floats]) -> None:
    for name, other in zip(("total", "to_others", "from_others"), theirs, strict=True):
        np.testing.assert_allclose(getattr(mine, name)[WINDOW - 1 :], other, atol=1e-8, err_msg=name)


def _beside(lags: int, target: str) -> Case:
    context: Callable[[], AbstractContextManager[Floats]] = returns
    return Case(
        f"rolling connectedness, {NAMES} × {ROWS:,}, window {WINDOW}, H {HORIZON}, p {lags}",
        ours=partial(ours, lags),
        peer=partial(statsmodels_loop, lags),
        peer_name="statsmodels VAR",
        target=target,
        equal=same,
        context=context,
        rounds=5,
    )


def _own(name: str, call: Callable[[Floats], object], target: str) -> Case:
    context: Callable[[], AbstractContextManager[Floats]] = returns
    return Case(name, ours=call, target=target, unit="ms", context=context)


CASES = [
    _beside(1, "≥ 40×"),
    _beside(2, "≥ 30×"),
    _own(
        "rolling connectedness, 8 × 2,600, p 4", lambda x: rolling_connectedness(x[:, :8], lags=4), "≤ 120 ms"
    ),
    _own("the same of 20, shrunk, p 1", lambda x: rolling_connectedness(x, shrink="auto"), "≤ 400 ms"),
    _own("connectedness, 20 × 2,600, full sample, p 2", lambda x: connectedness(x, 2), "≤ 10 ms"),
]

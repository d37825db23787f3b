"""Real prices as arrays, published figures, and the awkward inputs that every measure must take."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, settings

from models.sessions import Calendars
from models.types import Floats, Sessions
from tests.analytics.market import Market, load_market

settings.register_profile(
    "analytics", deadline=None, max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
settings.load_profile("analytics")

NAN = np.nan
AWKWARD: dict[str, list[Any]] = {
    "one path": [100, 101, 99, 98, 97, 101, 99],
    "one column": [[100], [90], [95], [120], [80]],
    "gaps": [[100, NAN], [NAN, 50], [90, 40], [NAN, NAN], [110, 45], [105, 60]],
    "one column all missing": [[100, NAN], [90, NAN], [95, NAN]],
    "all missing": [[NAN, NAN], [NAN, NAN]],
    "one row": [[100, 50]],
    "no row": np.empty((0, 2)).tolist(),
    "flat": [[100, 7], [100, 7], [100, 7]],
}


@pytest.fixture(params=AWKWARD.values(), ids=AWKWARD.keys())
def awkward(request: pytest.FixtureRequest) -> Floats:
    """Prices, (T,) or (T, N), that have broken somebody's drawdown before."""
    prices = np.array(request.param, dtype=np.float64)
    return prices if prices.size else np.empty((0, 2))


@pytest.fixture(scope="session")
def published() -> dict[str, Any]:
    path = Path(__file__).parents[1] / "golden" / "drawdowns.toml"
    return tomllib.loads(path.read_text(encoding="utf-8"))


@pytest.fixture(scope="session")
def market(real_prices: Path) -> Market:
    return load_market(real_prices)


@pytest.fixture(scope="session")
def calendars() -> Calendars:
    return Calendars()


def days(count: int, first: str = "2024-01-01") -> Sessions:
    return np.datetime64(first) + np.arange(count)

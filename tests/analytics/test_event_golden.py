"""Published event studies, on their own data."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from models.analytics.event_inference import WindowTests, clustering, window_tests
from models.analytics.event_study import Study, Window, event_study


@pytest.fixture(scope="module")
def published() -> dict[str, Any]:
    path = Path(__file__).parents[1] / "golden" / "event_study.toml"
    return tomllib.loads(path.read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def estudy2(golden: Path, published: dict[str, Any]) -> Study:
    """Day 0 is 2020-03-16; the fit runs up to the session before, without a gap."""
    case = published["estudy2"]
    stocks = pd.read_csv(golden / "estudy2_returns.csv")[case["stocks"]].to_numpy()
    index = pd.read_csv(golden / "estudy2_index_returns.csv")["^GSPC"].to_numpy()
    window = Window(before=0, after=4, estimation=240, gap=0, minimum=200)
    days = np.datetime64("2019-04-02") + np.arange(
        len(index)
    )  # the file has no dates; only their order counts
    return event_study(stocks, index, np.array([case["day0"]]), days, window=window)


def each_day(study: Study, lost: int | None = None) -> list[WindowTests]:
    return [window_tests(study, day, day, lost=lost) for day in range(5)]


def test_mean_abnormal_returns(estudy2: Study, published: dict[str, Any]) -> None:
    assert estudy2.counted.all()
    assert estudy2.used.tolist() == [[240, 227, 212, 240, 240, 240, 240]]
    found = [day.mean for day in each_day(estudy2)]
    np.testing.assert_allclose(found, published["estudy2"]["mean"], atol=5e-9)


@pytest.mark.parametrize(
    ("name", "tolerance"), [("bw1980", 1e-6), ("bw1985", 1e-6), ("t", 1e-7), ("patell", 1e-3), ("bmp", 2e-3)]
)
def test_statistics(estudy2: Study, published: dict[str, Any], name: str, tolerance: float) -> None:
    """The package takes one degree of freedom for the two of a fit."""
    found = [day.statistic[name] for day in each_day(estudy2, lost=1)]
    np.testing.assert_allclose(found, published["estudy2"][name], rtol=0, atol=tolerance)


def test_patell_with_both_degrees_of_freedom_of_the_fit(estudy2: Study) -> None:
    assert window_tests(estudy2).statistic["patell"] == pytest.approx(2.5444, abs=1e-4)


def test_seven_stocks_of_one_exchange_share_their_day(estudy2: Study) -> None:
    found = clustering(estudy2)
    assert (found.cases, found.events, found.dates, found.overlapping) == (7, 1, 1, 1.0)


def test_terror_attack_by_each_markets_own_day_0(golden: Path, published: dict[str, Any]) -> None:
    returns = pd.read_csv(golden / "chen_siems_returns.csv", index_col=0, parse_dates=True)
    zeros = pd.read_csv(golden / "chen_siems_events.csv").set_index("name")["when"]
    markets = list(published["chen_siems"])
    values, days = returns[markets].to_numpy(), returns.index.to_numpy().astype("datetime64[D]")
    rows = np.searchsorted(days, zeros[markets].to_numpy().astype("datetime64[D]"))
    window = Window(before=10, after=10, estimation=20, gap=0, minimum=20)
    study = event_study(values, None, rows[None, :], days, window=window, opened=np.isfinite(values))
    assert study.model == "mean"
    assert study.counted.all()
    found = study.car[0][:, [window.before + 10, window.before + 5]]
    np.testing.assert_allclose(found, list(published["chen_siems"].values()), rtol=0, atol=5e-5)
    sums = [window_tests(study, 0, last, np.arange(7) == 5).mean for last in (10, 5)]
    np.testing.assert_allclose(sums, published["chen_siems"]["S.Korea"], atol=5e-5)

"""Whole tables of published packages, on their own data."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from models.analytics.drawdowns import drawdown_of_returns, max_drawdown, pain, ulcer, wealth
from models.analytics.episodes import drawdown_episodes


def episodes(monthly: pd.DataFrame, column: str) -> pd.DataFrame:
    """Episodes of one column of monthly returns, worst first; its wealth starts a month before."""
    returns = monthly[column].dropna()
    start = returns.index[0] - pd.offsets.MonthEnd(1)
    days = returns.index.insert(0, start).to_numpy().astype("datetime64[D]")
    path = np.concatenate(([1.0], wealth(returns.to_numpy())))
    return drawdown_episodes(days, path, [column]).sort_values("depth", ignore_index=True)


def check_rows(found: pd.DataFrame, rows: list[list[Any]]) -> None:
    for mine, row in zip(found.head(len(rows)).itertuples(), rows, strict=True):
        start, low, back, depth, *counts = row
        assert [day.date() for day in (mine.first_down, mine.trough, mine.recovered)] == [start, low, back]
        assert mine.depth == pytest.approx(depth, abs=5e-5)
        assert [mine.sessions, mine.sessions_to_trough, mine.sessions_to_recovery] == counts


def read(folder: Path, name: str) -> pd.DataFrame:
    return pd.read_csv(folder / name, index_col=0, parse_dates=True)


@pytest.mark.parametrize(
    ("name", "measure"), [("max_drawdown", max_drawdown), ("pain", pain), ("ulcer", ulcer)]
)
def test_measures_of_the_managers(golden: Path, published: dict[str, Any], name: str, measure: Any) -> None:
    monthly = read(golden, "managers.csv")
    expected = published["managers"][name]
    found = np.abs(measure(drawdown_of_returns(monthly[list(expected)].to_numpy())))
    np.testing.assert_allclose(found, list(expected.values()), atol=5e-5 + 1e-9)


def test_episodes_of_the_managers(golden: Path, published: dict[str, Any]) -> None:
    case = published["managers"]["episodes"]
    check_rows(episodes(read(golden, "managers.csv"), case["column"]), case["rows"])


def test_closed_and_open_episodes_of_edhec(golden: Path, published: dict[str, Any]) -> None:
    case = published["edhec"]
    found = episodes(read(golden, "edhec.csv"), case["column"])
    is_open = found["recovered"].isna()
    assert is_open.sum() == 1
    assert found[is_open]["first_down"].iloc[0].date() == case["open_from"]
    assert found[is_open]["sessions_to_recovery"].isna().all()
    closed = found[~is_open]
    check_rows(closed, case["rows"])

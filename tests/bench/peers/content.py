"""What every peer shows: the same prices, the same falls, the same table; pandas only."""

from __future__ import annotations

import os
from pathlib import Path

import pandas as pd

from tests.bench.peers import PRICES_SETTING

WINDOWS = {"2016": "From 2016", "2024": "From 2024"}
SPARK_POINTS = 120


def closes() -> pd.DataFrame:
    """Closes of all names, sessions down, one column a name."""
    files = sorted(Path(os.environ[PRICES_SETTING]).glob("*.csv"))
    columns = {
        file.stem: pd.read_csv(file, usecols=["date", "close"], index_col="date", parse_dates=True)["close"]
        for file in files
    }
    return pd.DataFrame(columns).sort_index()


def falls(prices: pd.DataFrame) -> pd.DataFrame:
    """Fall of each name from its own record close, percent."""
    return (prices / prices.cummax() - 1) * 100


def lines(prices: pd.DataFrame, since: str) -> pd.DataFrame:
    """The falls since a year as the long table that plotly's express functions like."""
    table = falls(prices).loc[since:].reset_index(names="date")
    return table.melt("date", var_name="name", value_name="fall").dropna()


def table(prices: pd.DataFrame) -> pd.DataFrame:
    """One row a name: last price, day, fall now, its peak, the worst fall and its trough."""
    under = falls(prices)
    rows = []
    for name in prices:
        price, fall = prices[name].dropna(), under[name].dropna()
        rows.append(
            {
                "Name": name,
                "Last": price.iloc[-1],
                "Day, %": (price.iloc[-1] / price.iloc[-2] - 1) * 100,
                "Now, %": fall.iloc[-1],
                "Peak": price.idxmax().date().isoformat(),
                "Trough": fall.idxmin().date().isoformat(),
                "Worst, %": fall.min(),
            }
        )
    return pd.DataFrame(rows).sort_values("Now, %")


def sparks(prices: pd.DataFrame) -> dict[str, list[float]]:
    """A short line of each name's falls, for a cell of the table."""
    under = falls(prices).ffill().dropna()
    return {str(name): under[name].iloc[:: len(under) // SPARK_POINTS].tolist() for name in under}


def headline(rows: pd.DataFrame) -> str:
    """What the page says first."""
    worst, middle = rows.iloc[0], rows["Now, %"].median()
    return f"{worst['Name']} is {-worst['Now, %']:.1f}% below its peak; the middle name {-middle:.1f}%"

"""Ten names and indices of three exchanges, two years of them: a universe file and a folder of prices."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path

from models.universe import load_universe
from tests.exchanges import NEW_YORK, SEOUL, TOKYO
from tests.ingest.series import walk
from tests.ingest.shelf import write_csv

NOW = datetime(2026, 6, 30, 22, tzinfo=UTC)
END = date(2026, 6, 30)
SESSIONS = 500
LAYERS = """
[layer.chips]
name = "Chips"
instruments = [
    { symbol = "NVDA", name = "Nvidia" },
    { symbol = "MU", name = "Micron" },
    { symbol = "AVGO", name = "Broadcom" },
    { symbol = "MSFT", name = "Microsoft" },
    { symbol = "000660.KS", name = "SK Hynix" },
    { symbol = "005930.KS", name = "Samsung" },
    { symbol = "8035.T", name = "Tokyo Electron" },
    { symbol = "9984.T", name = "SoftBank" },
]
[layer.context]
name = "Context"
basket = false
instruments = [
    { symbol = "^GSPC", name = "S&P 500", kind = "index" },
    { symbol = "^KS11", name = "KOSPI", kind = "index", exchange = "XKRX" },
]
"""
UNIVERSE = TOKYO + SEOUL + NEW_YORK + LAYERS


def small_market(root: Path) -> tuple[Path, Path]:
    """Write ``universe.toml`` and a folder of CSV files under a folder; returns both paths."""
    universe, prices = root / "universe.toml", root / "prices"
    universe.write_text(UNIVERSE, encoding="utf-8")
    prices.mkdir()
    for seed, item in enumerate(load_universe(universe).instruments):
        write_csv(prices, item.symbol, walk(SESSIONS, seed=seed, item=item, end=END))
    return universe, prices

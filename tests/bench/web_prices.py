"""Twenty names × 2,600 sessions of made-up prices, the same on every run, as a folder of CSVs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd

from models.sessions import Calendars

SYMBOLS = {
    "XTKS": ("9984.T", "8035.T", "6857.T", "6920.T"),
    "XKRX": ("000660.KS", "005930.KS", "042700.KS"),
    "XTAI": ("2330.TW", "2317.TW", "2454.TW"),
    "XHKG": ("0981.HK", "0700.HK"),
    "XNYS": ("NVDA", "AMD", "AVGO", "MU", "ASML", "MSFT", "GOOGL", "ORCL"),
}
SESSIONS = 2600
FIRST, LAST = date(2015, 1, 1), date(2026, 6, 30)


def write_prices(folder: Path, names: Mapping[str, Sequence[str]] = SYMBOLS) -> Path:
    """Write one CSV a name in the layout that `aftershock import` reads; gives the folder."""
    folder.mkdir(parents=True, exist_ok=True)
    calendars, random = Calendars(), np.random.default_rng(20260630)
    market = dict(zip(pd.date_range(FIRST, LAST), random.standard_t(4, 4199) * 0.006, strict=True))
    for calendar, symbols in names.items():
        sessions = pd.DatetimeIndex(calendars[calendar].between(FIRST, LAST)[-SESSIONS:])
        shared = np.array([market[day] for day in sessions])
        for symbol in symbols:
            _bars(sessions, shared, random).to_csv(folder / f"{symbol.replace('^', '_')}.csv", index=False)
    return folder


def _bars(sessions: pd.DatetimeIndex, shared: np.ndarray, random: np.random.Generator) -> pd.DataFrame:
    """Random walk with fat tails, moves cut at ±18 % so that none looks like an unannounced split."""
    moves = np.clip(shared * 1.3 + random.standard_t(4, len(sessions)) * 0.011 + 0.0006, -0.18, 0.18)
    close = np.round(100 * np.cumprod(1 + moves), 2)
    opened = np.round(close * (1 + random.normal(0, 0.004, len(close))), 2)
    spread = 1 + np.abs(random.normal(0, 0.006, (2, len(close))))
    return pd.DataFrame(
        {
            "date": sessions.strftime("%Y-%m-%d"),
            "open": opened,
            "high": np.round(np.maximum(opened, close) * spread[0], 2),
            "low": np.round(np.minimum(opened, close) / spread[1], 2),
            "close": close,
            "adj_close": close,
            "volume": random.integers(1_000_000, 9_000_000, len(close)),
        }
    )

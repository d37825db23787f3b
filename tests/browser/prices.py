"""Prices of every name of the universe as a folder of CSV files, the same ones on every run."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path

import numpy as np
import pandas as pd

from ingest.sources.demo import DemoSource
from models.sessions import Calendars
from models.types import BAR_FIELDS
from models.universe import load_universe
from tests.browser.running import NOW

FIRST = date(2020, 6, 1)


def write_prices(folder: Path, cache: Path) -> Path:
    """Write one file a name, the simulated walk cut to its last years; gives the folder."""
    folder.mkdir(parents=True)
    universe = load_universe()
    source = DemoSource(universe, Calendars(cache_dir=cache))
    now = datetime.fromisoformat(NOW)
    for symbol in universe.symbols:
        bars = source.fetch(symbol, FIRST, now=now).bars
        columns = {name: getattr(bars, name).round(4) for name in BAR_FIELDS}
        frame = pd.DataFrame({"date": np.datetime_as_string(bars.sessions), **columns})
        frame.to_csv(folder / f"{symbol.replace('^', '_').replace('=', '_')}.csv", index=False)
    return folder

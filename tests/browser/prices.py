"""Prices of every name of the universe as a folder of CSV files, the same ones on every run."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path

import numpy as np
import pandas as pd

from ingest.sources.demo import DemoSource
from models.sessions import Calendars
from models.store import Store, store_intraday
from models.types import BAR_FIELDS
from models.universe import load_universe
from tests.app.minutes import run
from tests.browser.running import NOW

FIRST, EVERYTHING = date(2020, 6, 1), date(2015, 1, 1)


def write_minutes(folder: Path) -> None:
    """Bars of five minutes of two names on the last day, as an ingester would have left them."""
    seoul, new_york = np.linspace(100, 91, 76), np.linspace(50, 48, 78)
    with Store.open(f"sqlite:///{folder / 'aftershock.db'}") as store:
        for symbol, begins, closes in (("000660.KS", "00:00", seoul), ("MU", "13:30", new_york)):
            store_intraday(store, symbol, run(f"2026-07-31T{begins}", *closes), datetime.fromisoformat(NOW))


def write_prices(folder: Path, cache: Path, first: date = FIRST) -> Path:
    """Write one file a name, the simulated walk from a day on; gives the folder."""
    folder.mkdir(parents=True)
    universe = load_universe()
    source = DemoSource(universe, Calendars(cache_dir=cache))
    now = datetime.fromisoformat(NOW)
    for symbol in universe.symbols:
        bars = source.fetch(symbol, first, now=now).bars
        columns = {name: getattr(bars, name).round(4) for name in BAR_FIELDS}
        frame = pd.DataFrame({"date": np.datetime_as_string(bars.sessions), **columns})
        frame.to_csv(folder / f"{symbol.replace('^', '_').replace('=', '_')}.csv", index=False)
    return folder

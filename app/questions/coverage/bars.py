"""What is stored of each name: span, bars, flags, and why the last answer did not come."""

from __future__ import annotations

import numpy as np
import pandas as pd

from app.market.lateness import last_bars, lateness
from app.market.market import Market, View
from models.reasons import FLAGS
from models.store import Panel, coverage
from models.store.changing import rebased
from models.store.reads import Attempt


def described(market: Market, view: View, tried: dict[str, Attempt]) -> pd.DataFrame:
    """Coverage as stored with, for each name, how late it is, its flags, and its last failure."""
    frame = coverage(market.store(simulated=view.simulated))
    frame = frame[frame["symbol"].isin(market.universe.symbols)].reset_index(drop=True)
    bars, now = last_bars(view), market.now()
    items = [market.universe[symbol] for symbol in frame["symbol"]]
    last = [bars.get(item.symbol, (None, None))[1] for item in items]
    frame["late"] = [
        lateness(market.calendars[item.exchange.calendar], item, day, now)[1]
        for item, day in zip(items, last, strict=True)
    ]
    counts = _flag_counts(market.newest()[1])
    frame["flags"] = [counts.get(item.symbol, {}) for item in items]
    failed = {} if view.simulated else tried
    moved = rebased(market.store(simulated=view.simulated))
    frame["rebased"] = [moved.get(item.symbol) for item in items]
    frame["failure"] = [getattr(failed.get(item.symbol), "failure", None) for item in items]
    return frame.assign(
        name=[item.name for item in items],
        market=[item.exchange.city for item in items],
        layer=[item.layer.name for item in items],
    )


def _flag_counts(panel: Panel) -> dict[str, dict[str, int]]:
    """How many stored bars of each name carry each flag, by the flag's short words."""
    found: dict[str, dict[str, int]] = {}
    for flag, said in FLAGS.items():
        counts = ((panel.flags & np.uint16(flag)) > 0).sum(axis=0)
        for column in np.flatnonzero(counts).tolist():
            found.setdefault(panel.symbols[column], {})[said.short] = int(counts[column])
    return found


def kept(frame: pd.DataFrame, show: str) -> pd.Series:
    """Which rows of the coverage table a choice of ``show`` keeps."""
    if show == "missing":
        return frame["bars"] == 0
    if show == "all":
        return pd.Series(True, index=frame.index)
    return frame[show] > 0


def no_coverage() -> pd.DataFrame:
    """The table without a row."""
    names = (
        "symbol",
        "first",
        "last",
        "bars",
        "provisional",
        "suspect",
        "held",
        "revised",
        "seen_at",
        "late",
    )
    return pd.DataFrame(columns=[*names, "flags", "failure", "rebased", "name", "market", "layer"])

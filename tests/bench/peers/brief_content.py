"""What a peer's Brief shows: sentences and figures that our own command gave, nothing left to work out."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pandas as pd

from tests.bench.peers import PRICES_SETTING

SHOWN = 7
QUESTIONS = ("what happened", "how bad", "how wide", "who started it", "what next")


def told() -> dict[str, Any]:
    """The answer of `aftershock brief --format json`, written beside the prices."""
    folder = Path(os.environ[PRICES_SETTING])
    found: dict[str, Any] = json.loads((folder / "brief.json").read_text(encoding="utf-8"))
    return found


def sentences(found: dict[str, Any]) -> dict[str, str]:
    """The sentences by topic."""
    return {row["topic"]: row["sentence"] for row in found["rows"]}


def sparks(symbols: list[str]) -> dict[str, list[float]]:
    """The last 30 closes of each name."""
    folder = Path(os.environ[PRICES_SETTING])
    return {
        symbol: pd.read_csv(folder / f"{symbol}.csv", usecols=["close"])["close"].tail(30).tolist()
        for symbol in symbols
    }


def names(found: dict[str, Any], *, best: bool) -> pd.DataFrame:
    """The names that fell most, or did best."""
    rows = found["names"][::-1][:SHOWN] if best else found["names"][:SHOWN]
    table = pd.DataFrame(rows)[["name", "country", "move", "drawdown", "symbol"]]
    table["30 sessions"] = table.pop("symbol").map(sparks([row["symbol"] for row in rows]))
    return table.assign(move=table["move"] * 100, drawdown=table["drawdown"] * 100)


def relay(found: dict[str, Any]) -> pd.DataFrame:
    """The legs chained side by side, percent."""
    points, level = [], {"asia": 1.0, "us": 1.0}
    for place, leg in enumerate(found["legs"]):
        side = leg["leg"].split("_")[0]
        points.append({"at": place, "side": side, "level": (level[side] - 1) * 100})
        level[side] *= 1 + leg["return"]
        points.append({"at": place + 1, "side": side, "level": (level[side] - 1) * 100})
    return pd.DataFrame(points)


def layers(found: dict[str, Any]) -> pd.DataFrame:
    """Mean move by layer and side, percent."""
    table = pd.DataFrame(found["layers"])
    return table.assign(mean=table["mean"] * 100)


def indices(found: dict[str, Any]) -> pd.DataFrame:
    """Low and close of each index, percent."""
    table = pd.DataFrame(found["indices"])[["name", "low", "move"]]
    return table.assign(low=table["low"].astype(float) * 100, move=table["move"].astype(float) * 100)

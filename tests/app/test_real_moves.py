"""The whole path on real prices: import, then the moves that were published for the days of the crashes."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

COMMAND = (sys.executable, "-P", "-m", "app.cli")
# Close to close, percent, as the exchanges and the press gave them.
PUBLISHED = {
    "2024-08-05": {"^N225": -12.40, "^KS11": -8.77, "9984.T": -18.66},
    "2025-01-27": {"NVDA": -16.97},
    "2025-04-07": {"^HSI": -13.22, "^TWII": -9.70},
    "2025-11-05": {"9984.T": -10.02},
    "2026-06-05": {"^IXIC": -4.18, "^SOX": -10.26},
    "2026-06-23": {
        **{"^KS11": -9.99, "000660.KS": -12.47, "005930.KS": -12.31, "9984.T": -10.09},
        **{"285A.T": -15.10, "MU": -13.18, "^IXIC": -2.21},
    },
    "2026-06-26": {"9984.T": -12.53, "^KS11": -5.81},
    "2026-07-02": {"^KS11": -7.89, "000660.KS": -14.57},
    "2026-07-28": {"^KS11": -10.84},
    "2026-07-31": {"^KS11": 17.91, "000660.KS": 29.95},
}


@pytest.fixture(scope="module")
def settings(real_prices: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """The environment of a store into which the real prices were imported by the command."""
    folder = tmp_path_factory.mktemp("real")
    environment = os.environ | {"AFTERSHOCK_DATA_DIR": str(folder), "AFTERSHOCK_NOW": "2026-07-31T23:00Z"}
    done = subprocess.run(
        (*COMMAND, "import", str(real_prices)), env=environment, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    return environment


def ask(settings: dict[str, str], *arguments: str) -> dict[str, Any]:
    done = subprocess.run(
        (*COMMAND, *arguments, "--format", "json"), env=settings, capture_output=True, text=True, check=True
    )
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def test_published_moves(settings: dict[str, str]) -> None:
    for day, moves in PUBLISHED.items():
        rows = {item["symbol"]: item for item in ask(settings, "moves", "--on", day)["rows"]}
        for symbol, percent in moves.items():
            assert rows[symbol]["close_return"] == pytest.approx(percent / 100, abs=1e-4), (day, symbol)
            assert rows[symbol]["status"] == "final"
        if day == "2025-01-27":  # the eve of the lunar new year
            assert [rows[symbol]["status"] for symbol in ("^KS11", "000660.KS", "^TWII")] == ["closed"] * 3


def test_a_second_import_changes_nothing(settings: dict[str, str], real_prices: Path) -> None:
    before = ask(settings, "drawdowns")
    done = subprocess.run(
        (*COMMAND, "import", str(real_prices)), env=settings, capture_output=True, text=True
    )
    assert done.returncode == 0
    assert " 0 bars stored" in done.stderr
    after = ask(settings, "drawdowns")
    assert (after["data_version"], after["rows"]) == (before["data_version"], before["rows"])


def test_the_last_selloff_is_the_one_that_asia_started(settings: dict[str, str]) -> None:
    last = ask(settings, "episodes")["rows"][-1]
    assert (last["peak"], last["trough"]) == ("2026-06-22", "2026-07-29")
    assert last["started_by"] == "asia"
    assert last["depth"] == pytest.approx(-0.28, abs=0.02)

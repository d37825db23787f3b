"""Asking Yahoo leaves no file in a home and no warning filter in the process."""

from __future__ import annotations

import os
import subprocess
import sys
import warnings
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
import yfinance

from ingest.sources.yahoo import YahooSource
from tests.patience import HANG
from tests.standin import StandIn
from tests.standin.prices import Simulated

NOW = datetime(2026, 8, 1, 12, tzinfo=UTC)
ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def yahoo() -> Iterator[StandIn]:
    with StandIn(Simulated(["NVDA"], start=date(2024, 1, 1)), now=NOW) as server:
        yield server


def test_nothing_is_written_to_the_home(yahoo: StandIn, tmp_path: Path) -> None:
    script = (
        "from datetime import UTC, datetime\n"
        "from ingest.sources.yahoo import YahooSource\n"
        f"answer = YahooSource({yahoo.url!r}).fetch('NVDA', now=datetime(2026, 8, 1, tzinfo=UTC))\n"
        "print(len(answer))\n"
    )
    home = tmp_path / "home"
    home.mkdir()
    (tmp_path / "tmp").mkdir()
    environment = {"HOME": str(home), "XDG_CACHE_HOME": str(home / "cache"), "TMPDIR": str(tmp_path / "tmp")}
    done = subprocess.run(
        [sys.executable, "-W", "error::UserWarning", "-c", script],
        cwd=ROOT,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        timeout=HANG,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert int(done.stdout) > 500
    assert not list(home.rglob("*")) and not list((tmp_path / "tmp").iterdir())


def test_yfinances_own_warning_filter_is_gone(yahoo: StandIn) -> None:
    YahooSource(yahoo.url).fetch("NVDA", now=NOW)
    actions = [entry[0] for entry in warnings.filters if "yfinance" in getattr(entry[3], "pattern", "")]
    assert set(actions) == {"ignore"}


def test_threads_that_begin_together_share_no_file(yahoo: StandIn) -> None:
    """yfinance makes its caches without a lock; a thread that found one locked had no answer."""
    YahooSource(yahoo.url)
    for made in (yfinance.cache.get_tz_cache(), yfinance.cache.get_cookie_cache()):
        made.store("NVDA", "UTC")
        assert made.lookup("NVDA") is None

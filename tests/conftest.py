"""What every test stands on: a pinned clock zone, no network but loopback, and named folders of real data."""

from __future__ import annotations

import locale
import os
import shutil
import socket
import time
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pytest

# A zone behind UTC, with summer time, that no exchange of ours uses: a session taken from the host's
# clock or a UTC date taken for a session shows at once. TEST_TZ names another one.
os.environ["TZ"] = os.environ.get("TEST_TZ", "America/Los_Angeles")
os.environ["LC_ALL"] = "C.UTF-8"
time.tzset()
locale.setlocale(locale.LC_ALL, "C.UTF-8")


def _taken(name: str) -> str | None:
    """A setting of the suite, out of the product's sight; xdist's workers find it under its other name."""
    value = os.environ.pop(f"AFTERSHOCK_{name}", None) or os.environ.get(f"SUITE_{name}")
    if value:
        os.environ[f"SUITE_{name}"] = value
    return value


REAL_PRICES = _taken("REAL_PRICES")
GOLDEN = _taken("GOLDEN")
FACTS = _taken("FACTS")
TEST_POSTGRES = _taken("TEST_POSTGRES")

# The settings of whoever runs the suite stay outside of it.
for _name in [name for name in os.environ if name.upper().startswith("AFTERSHOCK_")]:
    del os.environ[_name]

# libcurl and child processes do not pass through Python's socket; a proxy on a port where nobody
# listens makes them fail as well.
_DEAD_END = "http://127.0.0.1:9"
for _name in ("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "all_proxy"):
    os.environ[_name] = _DEAD_END
os.environ["no_proxy"] = os.environ["NO_PROXY"] = "127.0.0.1,localhost,::1"

_LEFT_OUT = "left out: "
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")


def _is_loopback(address: object) -> bool:
    if not isinstance(address, tuple):
        return True  # a unix socket
    host = str(address[0])
    return host in ("localhost", "::1", "") or host.startswith("127.")


def _guarded(method: Any) -> Any:
    def connect(self: socket.socket, address: Any) -> Any:
        if self.family in (socket.AF_INET, socket.AF_INET6) and not _is_loopback(address):
            raise AssertionError(f"a test tried to reach {address}; only loopback is open here")
        return method(self, address)

    return connect


@pytest.fixture(scope="session", autouse=True)
def _no_network() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(socket.socket, "connect", _guarded(socket.socket.connect))
        patch.setattr(socket.socket, "connect_ex", _guarded(socket.socket.connect_ex))
        yield


def _folder(value: str | None, variable: str, what: str) -> Path:
    if not value:
        pytest.skip(f"{_LEFT_OUT}{what}; name the folder in {variable}")
    folder = Path(value)
    assert folder.is_dir(), f"{variable} names {folder}, which is not a folder"
    return folder


@pytest.fixture(scope="session")
def real_prices() -> Path:
    """The folder of real prices, one CSV a symbol."""
    return _folder(REAL_PRICES, "AFTERSHOCK_REAL_PRICES", "checks against real prices")


@pytest.fixture(scope="session")
def golden() -> Path:
    """The folder with the data behind published results."""
    return _folder(GOLDEN, "AFTERSHOCK_GOLDEN", "checks against published results")


@pytest.fixture(scope="session")
def facts_file() -> Path:
    """The table of what the press said, with basis, source and confidence."""
    return _folder(FACTS, "AFTERSHOCK_FACTS", "checks against the figures of the press") / "events.csv"


@pytest.fixture
def free_port() -> int:
    """A loopback port on which nobody listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture(scope="session")
def chromium_path() -> str | None:
    """The machine's own Chrome or Chromium; None lets Playwright use the one it fetched."""
    return next((found for name in BROWSERS if (found := shutil.which(name))), None)


def pytest_report_header() -> list[str]:
    names = (
        "dash",
        "plotly",
        "pandas",
        "numpy",
        "sqlalchemy",
        "yfinance",
        "exchange_calendars",
        "playwright",
    )
    return [
        "with " + ", ".join(f"{name} {version(name)}" for name in names),
        f"zone {os.environ['TZ']}; real prices: {REAL_PRICES or 'none'}; golden: {GOLDEN or 'none'}",
    ]


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """Say in one line each what this run could not check."""
    reasons: dict[str, int] = {}
    for report in terminalreporter.stats.get("skipped", []):
        reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr)
        if _LEFT_OUT in reason:
            reason = reason.split(_LEFT_OUT, 1)[1]
            reasons[reason] = reasons.get(reason, 0) + 1
    for reason, count in sorted(reasons.items()):
        terminalreporter.write_line(f"Left out: {reason} ({count} {'test' if count == 1 else 'tests'}).")

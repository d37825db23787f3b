"""`aftershock` alone: pages at once whatever the source does, and an ingest process that ends with it."""

from __future__ import annotations

import fcntl
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

import pytest

from tests.patience import HANG, promised, until

# The product promises 5 s on a machine of its own; another worker of the suite is always beside it.
UP_WITHIN = 15.0
COMMAND = (sys.executable, "-P", "-m", "app.cli")


def answers(address: str) -> bool:
    try:
        with urlopen(address, timeout=HANG) as reply:
            return bool(reply.status == 200)
    except (URLError, OSError):
        return False


def ingesting(folder: Path) -> bool:
    """Whether a process holds the ingester's lock on the store."""
    with (folder / "aftershock.db.lock").open("a") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            return True
    return False


@pytest.fixture
def started(tmp_path: Path, free_port: int) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """A first run with an empty data folder and a source that nobody answers at."""
    environment = os.environ | {
        "AFTERSHOCK_DATA_DIR": str(tmp_path),
        "AFTERSHOCK_PORT": str(free_port),
        "AFTERSHOCK_YAHOO_URL": "http://127.0.0.1:9",
        "AFTERSHOCK_NOW": "2026-06-24T22:00Z",
    }
    with subprocess.Popen(
        COMMAND, env=environment, cwd=tmp_path, stderr=subprocess.PIPE, text=True
    ) as process:
        yield process, f"http://127.0.0.1:{free_port}"
        process.kill()


def test_pages_are_up_at_once_and_both_processes_end_together(
    started: tuple[subprocess.Popen[str], str], tmp_path: Path
) -> None:
    process, address = started
    begun = time.monotonic()
    assert until(lambda: answers(address))
    assert time.monotonic() - begun < promised(UP_WITHIN)
    assert answers(f"{address}/healthz")
    assert until(lambda: ingesting(tmp_path))
    assert until((tmp_path / "simulated.db").exists)
    process.send_signal(signal.SIGTERM)
    assert process.wait(HANG) == 0
    assert not ingesting(tmp_path)


def test_the_ingester_does_not_outlive_a_killed_server(
    started: tuple[subprocess.Popen[str], str], tmp_path: Path
) -> None:
    process, _ = started
    assert until(lambda: ingesting(tmp_path))
    process.kill()
    process.wait()
    assert until(lambda: not ingesting(tmp_path))

"""`aftershock` alone: pages at once whatever the source does, and an ingest process that ends with it."""

from __future__ import annotations

import fcntl
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

import pytest

UP_WITHIN = 5.0
COMMAND = (sys.executable, "-P", "-m", "app.cli")


def until(check: Callable[[], bool], seconds: float) -> bool:
    """Whether something becomes true in time."""
    deadline = time.monotonic() + seconds
    while not check():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.05)
    return True


def answers(address: str) -> bool:
    try:
        with urlopen(address, timeout=UP_WITHIN) as reply:
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
    # On a busy test machine the limit is a little wider than the one the product promises.
    assert until(lambda: answers(address), 3 * UP_WITHIN)
    assert time.monotonic() - begun < 3 * UP_WITHIN
    assert answers(f"{address}/healthz")
    assert until(lambda: ingesting(tmp_path), 20)
    assert until((tmp_path / "simulated.db").exists, 30)
    process.send_signal(signal.SIGTERM)
    assert process.wait(20) == 0
    assert not ingesting(tmp_path)


def test_the_ingester_does_not_outlive_a_killed_server(
    started: tuple[subprocess.Popen[str], str], tmp_path: Path
) -> None:
    process, _ = started
    assert until(lambda: ingesting(tmp_path), 30)
    process.kill()
    process.wait()
    assert until(lambda: not ingesting(tmp_path), 60)

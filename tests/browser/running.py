"""The product as a reader gets it: the console command in a process of its own, on a loopback port."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from tests.patience import HANG

NOW = "2026-07-31T22:00Z"
COMMAND = (sys.executable, "-P", "-m", "app.cli")
UP = "Aftershock is on "
ended: set[int] = set()
"""Ports of servers that a test has ended; an open page may have asked them once more."""


def free_port() -> int:
    """A loopback port on which nobody listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@dataclass
class Dashboard:
    """One dashboard with a data folder of its own; it may be stopped, and started again where it was."""

    folder: Path
    arguments: tuple[str, ...] = ("serve",)
    settings: dict[str, str] = field(default_factory=dict)
    port: int = field(default_factory=free_port)
    process: subprocess.Popen[str] | None = None

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def environment(self) -> dict[str, str]:
        given = {"AFTERSHOCK_DATA_DIR": str(self.folder), "AFTERSHOCK_NOW": NOW, **self.settings}
        return {**os.environ, **given, "AFTERSHOCK_PORT": str(self.port)}

    def command(self, *arguments: str) -> str:
        """Run a command line to its end, on the same data folder; gives what it printed."""
        done = subprocess.run(
            (*COMMAND, *arguments),
            env=self.environment(),
            cwd=self.folder,
            capture_output=True,
            text=True,
            check=False,
        )
        said = done.stdout + done.stderr
        assert done.returncode == 0, said
        return said

    def start(self) -> None:
        """Start it and wait until it says where it is."""
        log = (self.folder / "stderr.txt").open("a")
        with log:
            self.process = subprocess.Popen(
                (*COMMAND, *self.arguments),
                env=self.environment(),
                cwd=self.folder,
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
            )
        assert self.process.stdout is not None
        said = self.process.stdout.readline()
        assert said.startswith(UP), said + (self.folder / "stderr.txt").read_text()

    def stop(self) -> None:
        """End it as Ctrl+C would; twice does no harm."""
        if self.process is None:
            return
        ended.add(self.port)
        self.process.terminate()
        try:
            self.process.communicate(timeout=HANG)
        finally:
            self.process.kill()
            self.process = None


@contextmanager
def running(dashboard: Dashboard) -> Iterator[Dashboard]:
    """The dashboard, up, and down again at the end."""
    dashboard.start()
    try:
        yield dashboard
    finally:
        dashboard.stop()

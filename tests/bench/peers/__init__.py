"""The Drawdowns page as three other tools would build it, each in an environment of its own.

`install` makes the environments, `serve` starts one peer as a server process. This module is
also on the path of the peers themselves, so it needs nothing beyond the standard library.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[2]
ENVIRONMENTS = ROOT / ".venv-peers"
PRICES_SETTING = "BENCH_PRICES"


@dataclass(frozen=True)
class Peer:
    """One tool: what to install for it and how its server is started (port and page filled in)."""

    name: str
    packages: tuple[str, ...]
    command: tuple[str, ...]

    @property
    def folder(self) -> Path:
        return ENVIRONMENTS / self.name

    @property
    def python(self) -> Path:
        return self.folder / ("Scripts/python.exe" if os.name == "nt" else "bin/python")


# Versions are pinned, because a ratio is only worth comparing against the same peers. The two
# Dash applications run on waitress, as they would in an office, not on the development server.
PEERS: Mapping[str, Peer] = {
    peer.name: peer
    for peer in (
        Peer(
            "streamlit",
            ("streamlit==1.67.0", "plotly==7.1.0", "pandas==3.1.1"),
            (
                "-m", "streamlit", "run", str(HERE / "streamlit_{page}.py"), "--server.port={port}",
                "--server.headless=true", "--server.address=127.0.0.1", "--server.fileWatcherType=none",
                "--browser.gatherUsageStats=false",
            ),
        ),
        Peer(
            "vizro",
            ("vizro==1.0.0", "plotly==7.1.0", "pandas==3.1.1", "waitress==3.0.2"),
            ("-m", "waitress", "--listen=127.0.0.1:{port}", "tests.bench.peers.vizro_{page}:server"),
        ),
        Peer(
            "dash",
            ("dash==4.4.1", "dash-ag-grid==35.3.0", "plotly==7.1.0", "pandas==3.1.1", "waitress==3.0.2"),
            ("-m", "waitress", "--listen=127.0.0.1:{port}", "tests.bench.peers.dash_{page}:server"),
        ),
    )
}  # fmt: skip


def install(peers: Sequence[str] = tuple(PEERS), say: Callable[[str], None] = print) -> None:
    """Make the environment of each peer, unless it already holds exactly its packages."""
    for name in peers:
        peer = PEERS[name]
        stamp = peer.folder / "packages.txt"
        wanted = "\n".join(peer.packages)
        if peer.python.exists() and stamp.exists() and stamp.read_text(encoding="utf-8") == wanted:
            continue
        say(f"Installing {name} to measure against ({', '.join(peer.packages)})")
        try:
            _install(peer)
        except RuntimeError as error:
            # An ImportError is what the table of measurements can show as a line of its own.
            raise ImportError(str(error), name=name) from error
        stamp.write_text(wanted, encoding="utf-8")


def _install(peer: Peer) -> None:
    uv = _uv()
    shutil.rmtree(peer.folder, ignore_errors=True)
    if uv:
        run([*uv, "venv", "--quiet", "--python", sys.executable, str(peer.folder)])
        run([*uv, "pip", "install", "--quiet", "--python", str(peer.python), *peer.packages])
    else:
        run([sys.executable, "-m", "venv", str(peer.folder)])
        run([str(peer.python), "-m", "pip", "install", "--quiet", *peer.packages])


def _uv() -> list[str] | None:
    beside = Path(sys.executable).with_name("uv")
    found = str(beside) if beside.exists() else shutil.which("uv")
    return [found] if found else None


def run(command: Sequence[str], extra: Mapping[str, str] | None = None, folder: Path | None = None) -> None:
    """Run a command to its end; what it printed is in the error when it fails."""
    said(command, extra, folder)


def said(command: Sequence[str], extra: Mapping[str, str] | None = None, folder: Path | None = None) -> str:
    """Run a command to its end and give what it printed; that is in the error when it fails."""
    environment = {**os.environ, **(extra or {})}
    done = subprocess.run(
        command, capture_output=True, text=True, check=False, env=environment, cwd=folder or Path.cwd()
    )
    if done.returncode:
        raise RuntimeError(f"{' '.join(command)} failed:\n{done.stdout}{done.stderr}")
    return done.stdout


def free_port() -> int:
    """A port that nobody listens on just now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextlib.contextmanager
def serve(name: str, prices: Path, log: Path, page: str = "page") -> Iterator[str]:
    """Run one peer's page on `prices` for the length of the block; gives its address."""
    peer, port = PEERS[name], free_port()
    command = [str(peer.python), *(part.format(port=port, page=page) for part in peer.command)]
    extra = {PRICES_SETTING: str(prices), "PYTHONPATH": str(ROOT)}
    with running(command, f"http://127.0.0.1:{port}/", log, extra) as url:
        yield url


@contextlib.contextmanager
def running(command: Sequence[str], url: str, log: Path, extra: Mapping[str, str]) -> Iterator[str]:
    """Keep a server process up for the length of the block, from its first answer on `url`."""
    with log.open("wb") as out:
        process = subprocess.Popen(
            command, stdout=out, stderr=subprocess.STDOUT, env={**os.environ, **extra}, cwd=log.parent
        )
    try:
        _wait(process, url, log)
        yield url
    finally:
        process.terminate()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _wait(process: subprocess.Popen[bytes], url: str, log: Path, deadline: float = 60.0) -> None:
    direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    end = time.monotonic() + deadline
    while time.monotonic() < end and process.poll() is None:
        try:
            with direct.open(url, timeout=5) as answer:
                answer.read()
            return
        except OSError:
            time.sleep(0.1)
    raise RuntimeError(f"{url} did not answer:\n{log.read_text(encoding='utf-8', errors='replace')[-4000:]}")

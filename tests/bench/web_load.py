"""Many keep-alive connections asking for the same pages at once, from a process of their own.

``python -m tests.bench.web_load URL… [--connections 50] [--requests 3000]`` prints one JSON object.
Written on bare asyncio protocols, so that the client leaves most of the machine to the server.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from urllib.parse import urlsplit


@dataclass(frozen=True)
class Load:
    """What came of it: milliseconds a request at three quantiles, and the whole time in seconds."""

    requests: int
    failures: int
    seconds: float
    megabytes: float
    p50: float
    p90: float
    p99: float


class _Connection(asyncio.Protocol):
    """One connection: asks, reads the whole answer, asks for the next."""

    def __init__(self, questions: Sequence[bytes], tally: _Tally, first: int) -> None:
        self.questions, self.tally, self.turn = questions, tally, first
        self.head = bytearray()
        self.left = -1
        self.asked = 0.0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport
        self._ask()

    def connection_lost(self, exc: Exception | None) -> None:
        self.tally.closed()

    def data_received(self, data: bytes) -> None:
        self.tally.size += len(data)
        if self.left < 0:
            self.head += data
            end = self.head.find(b"\r\n\r\n")
            if end < 0:
                return
            length, self.good = _head(bytes(self.head[:end]))
            self.left = length - (len(self.head) - end - 4)
        else:
            self.left -= len(data)
        if self.left == 0:
            self.tally.answered(time.perf_counter() - self.asked, self.good)
            self._ask()

    def _ask(self) -> None:
        if not self.tally.take():
            self.transport.close()
            return
        self.head.clear()
        self.left, self.asked = -1, time.perf_counter()
        self.transport.write(self.questions[self.turn % len(self.questions)])
        self.turn += 1


class _Tally:
    """Counts for all connections; gives out the questions still to be asked."""

    def __init__(self, requests: int, connections: int) -> None:
        self.waiting, self.open = requests, connections
        self.times: list[float] = []
        self.failures = self.size = 0
        self.finished = asyncio.get_running_loop().create_future()

    def take(self) -> bool:
        self.waiting -= 1
        return self.waiting >= 0

    def answered(self, seconds: float, good: bool) -> None:
        self.times.append(seconds)
        self.failures += not good

    def closed(self) -> None:
        self.open -= 1
        if not self.open and not self.finished.done():
            self.finished.set_result(None)


def _head(head: bytes) -> tuple[int, bool]:
    lines = head.lower().split(b"\r\n")
    lengths = [int(line.partition(b":")[2]) for line in lines if line.startswith(b"content-length:")]
    if not lengths:
        raise ValueError("an answer without Content-Length; the client reads no other kind")
    return lengths[0], b" 200" in lines[0]


async def _drive(urls: Sequence[str], connections: int, requests: int) -> Load:
    parts = [urlsplit(url) for url in urls]
    questions = [
        f"GET {part.path}?{part.query} HTTP/1.1\r\nHost: {part.netloc}\r\n"
        "Accept-Encoding: br, gzip\r\nConnection: keep-alive\r\n\r\n".encode()
        for part in parts
    ]
    tally, loop = _Tally(requests, connections), asyncio.get_running_loop()
    started = time.perf_counter()
    for first in range(connections):
        await loop.create_connection(
            lambda first=first: _Connection(questions, tally, first), parts[0].hostname, parts[0].port
        )
    await tally.finished
    seconds, times = time.perf_counter() - started, sorted(tally.times)
    lost = requests - len(times)
    quantiles = (times[min(len(times) - 1, int(len(times) * share))] * 1e3 for share in (0.5, 0.9, 0.99))
    return Load(len(times), tally.failures + lost, seconds, tally.size / 1e6, *quantiles)


def load(urls: Sequence[str], connections: int = 50, requests: int = 3000) -> Load:
    """Ask for `urls` in turn over `connections`, from another process, until `requests` are answered."""
    command = [sys.executable, "-m", "tests.bench.web_load", *urls]
    counts = ["--connections", str(connections), "--requests", str(requests)]
    done = subprocess.run([*command, *counts], capture_output=True, text=True, check=True, timeout=120)
    return Load(**json.loads(done.stdout))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("urls", nargs="+")
    parser.add_argument("--connections", type=int, default=50)
    parser.add_argument("--requests", type=int, default=3000)
    options = parser.parse_args()
    print(json.dumps(asdict(asyncio.run(_drive(options.urls, options.connections, options.requests)))))


if __name__ == "__main__":
    main()

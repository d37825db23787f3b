"""Fifty people who read and change controls for ten minutes, and two hundred who come at once."""

from __future__ import annotations

import asyncio
import json
import random
import time
from collections import Counter

from app.web.application import PAGES
from tests.soak.fuzz import callback
from tests.soak.harness import Case, Reached, Size
from tests.soak.served import dashboard

USERS, P95, P99 = 50, 0.300, 0.700
PEOPLE, OPEN_P95 = 200, 1.5
THINKS = (1.0, 5.0)  # seconds between two choices
WINDOWS = ("", "from=2021", "from=2022", "from=2023", "from=2025", "basket=us", "basket=asia", "currency=usd")


class Reader:
    """One browser: a page, its charts and its callback at each choice, over one connection."""

    def __init__(self, port: int, times: list[float], statuses: Counter[int], seed: int) -> None:
        self.port, self.times, self.statuses = port, times, statuses
        self.dice = random.Random(seed)

    async def connect(self) -> None:
        self.reader, self.writer = await asyncio.open_connection("127.0.0.1", self.port)

    async def read_until(self, deadline: float) -> None:
        await self.connect()
        await asyncio.sleep(self.dice.uniform(0, THINKS[1]))
        while time.monotonic() < deadline:
            await self.choose(self.dice.choice(PAGES), self.dice.choice(WINDOWS))
            await asyncio.sleep(self.dice.uniform(*THINKS))
        self.writer.close()

    async def choose(self, page: object, window: str) -> None:
        """A control is changed: the charts are fetched, then the rest of the page."""
        for chart in getattr(page, "CHARTS", ()):
            await self.ask("GET", f"/figure/{chart.id}?{window}&_w=1280&_t=dark")
        if getattr(page, "CALLBACKS", ()):
            body = callback(page)
            body["inputs"][0]["value"]["search"] = window and f"?{window}"  # type: ignore[index]
            await self.ask("POST", "/_dash-update-component", json.dumps(body).encode())
        await self.ask("GET", "/pulse")

    async def ask(self, method: str, path: str, body: bytes = b"") -> None:
        head = f"{method} {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nAccept-Encoding: br\r\n"
        if body:
            head += f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n"
        began = time.perf_counter()
        self.writer.write(head.encode() + b"\r\n" + body)
        said = (await self.reader.readuntil(b"\r\n\r\n")).lower().decode("latin-1")
        length = next(
            int(line.split(":")[1]) for line in said.split("\r\n") if line.startswith("content-length")
        )
        await self.reader.readexactly(length)
        self.times.append(time.perf_counter() - began)
        self.statuses[int(said.split()[1])] += 1


def read(size: Size) -> Reached:
    """Fifty readers at once, after each view was drawn once."""
    times: list[float] = []
    statuses: Counter[int] = Counter()

    async def all_read(port: int) -> None:
        first = Reader(port, [], Counter(), 0)
        await first.connect()
        for page in PAGES:
            for window in WINDOWS:
                await first.choose(page, window)
        deadline = time.monotonic() + size.of(600, 20)
        readers = [Reader(port, times, statuses, seed + 1) for seed in range(USERS)]
        await asyncio.gather(*(reader.read_until(deadline) for reader in readers))

    with dashboard() as found:
        asyncio.run(all_read(found.port))
    times.sort()
    p50, p95, p99 = (times[int(len(times) * share)] for share in (0.5, 0.95, 0.99))
    failed = sum(count for status, count in statuses.items() if status >= 500)
    told = f"{len(times):,} answers: p50 {p50 * 1e3:.0f}, p95 {p95 * 1e3:.0f}, p99 {p99 * 1e3:.0f} ms"
    return Reached(p95 <= P95 and p99 <= P99 and not failed, f"{told}, {failed} × 5xx")


def morning(size: Size) -> Reached:
    """Everybody opens a page within ten seconds: the document, then its charts and its callback."""
    times: list[float] = []
    answers: list[float] = []
    statuses: Counter[int] = Counter()

    async def opened(port: int, seed: int) -> None:
        reader = Reader(port, answers, statuses, seed)
        await asyncio.sleep(reader.dice.uniform(0, 10.0))
        page = reader.dice.choice(PAGES)
        began = time.perf_counter()
        await reader.connect()
        await reader.ask("GET", page.PATH)
        await reader.choose(page, "")
        times.append(time.perf_counter() - began)
        reader.writer.close()

    async def all_open(port: int) -> None:
        await asyncio.gather(*(opened(port, seed) for seed in range(size.of(PEOPLE, 20))))

    with dashboard() as found:
        asyncio.run(all_open(found.port))
    times.sort()
    p95, failed = times[int(len(times) * 0.95)], sum(statuses.values()) - statuses[200]
    told = f"{len(times)} pages, {len(answers):,} answers, {failed} failed; whole page p95 {p95 * 1e3:.0f} ms"
    return Reached(not failed and p95 <= OPEN_P95, told)


CASES = [
    Case("50 readers", "10 minutes: p95 ≤ 300 ms, p99 ≤ 700 ms, 0 × 5xx", read),
    Case(
        "200 people at nine",
        "all within 10 s, from a cold start: 0 errors, p95 of a page’s data ≤ 1.5 s",
        morning,
    ),
]

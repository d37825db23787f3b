"""A reader who has logged in, while strangers hold what they can, and while another asks for every date."""

from __future__ import annotations

import multiprocessing
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from http.client import HTTPConnection
from multiprocessing.synchronize import Event
from pathlib import Path
from urllib.parse import urlencode

from app.auth.users import Users
from app.web.application import PAGES
from tests.browser.running import Dashboard
from tests.soak.harness import Case, Reached, Size
from tests.soak.memory import looked_at, moments
from tests.soak.served import dashboard, memory

PASSWORD = "correct horse battery"
HALF_OPEN, BODIES, LAZY, LONG = 100, 40, 20, 30_000_000
MOST, ALIKE = 1.5, 0.030
"""How many times as slow the 95th percentile may get; below 30 ms nobody can tell."""
PATIENCE = 2.0
Stranger = Callable[[int, Event], None]


def session(found: Dashboard, name: str) -> dict[str, str]:
    """A user who has logged in: the headers of every request."""
    Users(found.folder / "users").put(name, "viewer", PASSWORD)
    connection = HTTPConnection("127.0.0.1", found.port, timeout=30)
    body = urlencode({"name": name, "password": PASSWORD})
    connection.request("POST", "/login", body, {"Content-Type": "application/x-www-form-urlencoded"})
    answer = connection.getresponse()
    answer.read()
    assert answer.status == 303, answer.status
    return {"Cookie": str(answer.headers["Set-Cookie"]).partition(";")[0], "Accept-Encoding": "br"}


def read(port: int, who: dict[str, str], rounds: int) -> list[float]:
    """Open every page and its charts so many times, as they are now; the seconds of each answer."""
    connection = HTTPConnection("127.0.0.1", port, timeout=60)
    took = []
    for _ in range(rounds):
        for page in PAGES:
            charts = (f"/figure/{chart.id}?_w=1280&_t=dark" for chart in getattr(page, "CHARTS", ()))
            for path in (page.PATH, *charts):
                began = time.perf_counter()
                connection.request("GET", path, headers=who)
                answer = connection.getresponse()
                answer.read()
                took.append(time.perf_counter() - began)
                assert answer.status == 200, f"{path}: {answer.status}"
                time.sleep(0.01)
    connection.close()
    return took


def p95(took: list[float]) -> float:
    return sorted(took)[int(len(took) * 0.95)]


def _half_open(port: int, done: Event) -> None:
    """A head that goes on, a byte a second, and is begun anew whenever the server ends it."""
    while not done.is_set():
        with suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=5) as made:
            made.sendall(b"GET / HTTP/1.1\r\nHost: localhost\r\nX: ")
            while not done.wait(1.0):
                made.sendall(b"x")


def _body(port: int, done: Event) -> None:
    """A body of 30 MB of somebody who has not logged in, sent again a second after each refusal."""
    head = f"POST /memo/pdf HTTP/1.1\r\nHost: localhost\r\nContent-Length: {LONG}\r\n\r\n".encode()
    part = b"x" * 65_536
    while not done.is_set():
        with suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=5) as made:
            made.sendall(head)
            for _ in range(LONG // len(part)):
                made.sendall(part)
        done.wait(1.0)


def _lazy(port: int, done: Event) -> None:
    """A large answer of which next to nothing is taken."""
    while not done.is_set():
        with suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=5) as made:
            made.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4_096)
            made.sendall(b"GET /file/plotly.js HTTP/1.1\r\nHost: localhost\r\n\r\n")
            while not done.wait(1.0):
                made.recv(10)


def _crowd(port: int, done: Event) -> None:
    kinds: list[tuple[Stranger, int]] = [(_half_open, HALF_OPEN), (_body, BODIES), (_lazy, LAZY)]
    for kind, count in kinds:
        for _ in range(count):
            threading.Thread(target=kind, args=(port, done), daemon=True).start()
    done.wait()


@contextmanager
def strangers(port: int) -> Iterator[None]:
    """All of them at once, in a process of their own."""
    context = multiprocessing.get_context("spawn")
    done = context.Event()
    process = context.Process(target=_crowd, args=(port, done), daemon=True)
    process.start()
    try:
        time.sleep(3)
        yield
    finally:
        done.set()
        process.join(10)
        process.kill()


def spooled(found: Dashboard) -> int:
    """Bytes of the temporary files that the server has open."""
    assert found.process is not None
    total = 0
    for each in Path(f"/proc/{found.process.pid}/fd").iterdir():
        with suppress(OSError):
            if "(deleted)" in str(each.readlink()):
                total += each.stat().st_size
    return total


def held_up(size: Size) -> Reached:
    """What a reader's answers take with strangers and without, in turns."""
    quiet: list[float] = []
    loud: list[float] = []
    spool = 0
    with dashboard(AFTERSHOCK_AUTH="password") as found:
        who = session(found, "ann")
        read(found.port, who, 2)
        for _ in range(size.of(5, 1)):
            quiet += read(found.port, who, 4)
            with strangers(found.port):
                loud += read(found.port, who, 4)
                spool = max(spool, spooled(found))
        held = memory(found)
    before, after = p95(quiet), p95(loud)
    told = f"p95 {before * 1e3:.0f} ms alone, {after * 1e3:.0f} ms among them; {spool / 1e6:.1f} MB spooled"
    fine = after <= max(MOST * before, ALIKE) and spool < LONG and held < 700
    return Reached(fine, f"{told}, {held:.0f} MB held")


def every_date(size: Size) -> Reached:
    """One reader asks for date after date on eight connections; another reads what is now."""
    with dashboard(AFTERSHOCK_AUTH="password") as found:
        who, other = session(found, "ann"), session(found, "bob")
        read(found.port, who, 2)
        done, asked = threading.Event(), []
        source, turn = moments(), threading.Lock()

        def ask() -> None:
            while not done.is_set():
                with turn:
                    asof = next(source)
                with suppress(OSError):
                    looked_at(found.port, asof, headers=other)
                    asked.append(asof)

        threads = [threading.Thread(target=ask, daemon=True) for _ in range(8)]
        for thread in threads:
            thread.start()
        took = read(found.port, who, size.of(20, 2))
        done.set()
        for thread in threads:
            thread.join(120)
        held = memory(found)
    told = f"{len(took)} answers beside {len(asked)} dates: p95 {p95(took) * 1e3:.0f} ms"
    told += f", longest {max(took):.1f} s; {held:.0f} MB held"
    return Reached(p95(took) <= PATIENCE and held < 700, told)


CASES = [
    Case(
        "strangers",
        f"{HALF_OPEN} half-open connections, {BODIES} bodies of 30 MB, {LAZY} who take nothing: "
        f"a reader’s p95 ≤ {MOST} ×, none of a body kept",
        held_up,
    ),
    Case(
        "every date",
        f"a reader asks for date after date: another’s p95 ≤ {PATIENCE:.0f} s, 700 MB",
        every_date,
    ),
]

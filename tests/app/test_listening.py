"""What strangers may hold: connections, time, bodies and turns, asked of a server over sockets."""

from __future__ import annotations

import json
import socket
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest
from waitress import wasyncore

from app.web.server import Head, Limits, No, Server, Turns, descriptors

OUTSIDE = No("401 Unauthorized", "Log in first.")
TEXT = b"found"


@dataclass
class Clock:
    now: float = 1_000.0

    def __call__(self) -> float:
        return self.now


@dataclass
class Doorman:
    """Whoever says who he is may send a hundred thousand bytes."""

    crowded: bool = False
    believed: tuple[bytes, ...] = (b"who-it-is",)

    def most(self, head: Head) -> int | No:
        return 100_000 if "WHO" in head.headers else OUTSIDE

    def whose(self, head: Head) -> str:
        return head.headers.get("WHO", head.address)

    def crowd(self, _address: str) -> bool:
        return self.crowded


@dataclass
class Running:
    """A server in a thread of its own, whose clock the test holds."""

    server: Server
    clock: Clock
    read: list[int] = field(default_factory=list)
    holding: threading.Event = field(default_factory=threading.Event)
    stack: ExitStack = field(default_factory=ExitStack)

    @property
    def port(self) -> int:
        return int(self.server.effective_port)

    def connect(self, sent: bytes = b"") -> socket.socket:
        made = self.stack.enter_context(socket.create_connection(("127.0.0.1", self.port), timeout=20))
        made.sendall(sent)
        return made

    def ask(self, head: str, body: bytes = b"") -> tuple[int, bytes]:
        made = self.connect(head.encode() + b"\r\n\r\n" + body)
        return answer(made)

    def pass_by(self, seconds: float) -> None:
        """Let time pass, once what was sent has arrived, and the server has looked."""
        self.looked()
        self.clock.now += seconds
        self.looked()

    def looked(self) -> None:
        """Wait until the server has looked at its connections twice."""
        seen = self.server.looks  # type: ignore[attr-defined]
        wait_for(lambda: self.server.looks >= seen + 2)  # type: ignore[attr-defined]


class Watched(Server):
    looks = 0

    def maintenance(self, now: float) -> None:
        self.next_channel_cleanup = 0
        super().maintenance(now)
        self.looks += 1


def wait_for(what: Callable[[], Any]) -> Any:
    until = time.monotonic() + 20
    while not (found := what()):
        assert time.monotonic() < until, "it did not happen"
        time.sleep(0.005)
    return found


def answer(made: socket.socket) -> tuple[int, bytes]:
    """Status and body of what comes; status 0 when the connection ends without a word."""
    came = b""
    try:
        while b"\r\n\r\n" not in came or len(came) < _whole(came):
            part = made.recv(65_536)
            if not part:
                break
            came += part
    except ConnectionResetError:
        pass
    return (int(came.split()[1]), came.partition(b"\r\n\r\n")[2]) if came else (0, b"")


def _whole(came: bytes) -> int:
    head = came.partition(b"\r\n\r\n")[0].lower()
    length = next(
        (int(line.split(b":")[1]) for line in head.split(b"\r\n") if line.startswith(b"content-length")), 0
    )
    return len(head) + 4 + length


def ended(made: socket.socket) -> bool:
    """Whether the server has ended a connection, once it had a moment to."""
    made.settimeout(20)
    try:
        return made.recv(1) == b""
    except ConnectionResetError:
        return True


@contextmanager
def serving(limits: Limits, doorman: Doorman | None = None, threads: int = 4) -> Iterator[Running]:
    clock = Clock()
    stop = threading.Event()
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(64)

        def app(environ: Any, begin: Any) -> list[bytes]:
            body = environ["wsgi.input"].read()
            found.read.append(len(body))
            if environ["PATH_INFO"] == "/hold":
                found.holding.wait(20)
            large = 40 * 2**20 if environ["PATH_INFO"] == "/large" else 0
            text = TEXT + b"x" * large
            begin("200 OK", [("Content-Length", str(len(text)))])
            return [text]

        server = Watched(app, listener, doorman or Doorman(), threads=threads, limits=limits, clock=clock)
        found = Running(server, clock)

        def run() -> None:
            while not stop.is_set():
                wasyncore.loop(timeout=0.01, use_poll=True, map=server._map, count=1)

        thread = threading.Thread(target=run, daemon=True)
        thread.start()
        try:
            with found.stack:
                yield found
        finally:
            found.holding.set()
            stop.set()
            thread.join(20)
            server.task_dispatcher.shutdown()
            for channel in list(server.active_channels.values()):
                channel.handle_close()
            server.close()


@pytest.fixture
def running() -> Iterator[Running]:
    with serving(Limits(header=10, idle=60, grace=20, rate=1_000, connections=40, each=30)) as found:
        yield found


def test_a_head_that_is_never_finished_has_an_end(running: Running) -> None:
    silent, slow = running.connect(), running.connect(b"GET / HTTP/1.1\r\nHost: x\r\n")
    for _ in range(4):
        running.pass_by(3)
        slow.sendall(b"X-More: 1\r\n")  # a line now and then puts nothing off
        assert running.ask("GET / HTTP/1.1\r\nHost: x")[1] == TEXT
    assert ended(silent) and ended(slow)


def test_a_connection_that_was_answered_may_idle_longer(running: Running) -> None:
    kept = running.connect(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
    assert answer(kept) == (200, TEXT)
    running.pass_by(50)
    kept.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
    assert answer(kept) == (200, TEXT)
    running.pass_by(61)
    assert ended(kept)


def test_a_body_has_to_move(running: Running) -> None:
    slow = running.connect(b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 9000\r\n\r\n")
    quick = running.connect(b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 9000\r\n\r\n")
    for _ in range(10):
        slow.sendall(b"x")
        quick.sendall(b"x" * 800)
        running.pass_by(2.5)
    quick.sendall(b"x" * 1_000)
    assert answer(quick) == (200, TEXT)
    assert ended(slow)
    assert running.read == [9_000]


def test_an_answer_has_to_be_taken(running: Running) -> None:
    lazy = running.connect(b"GET /large HTTP/1.1\r\nHost: x\r\n\r\n")
    (channel,) = wait_for(
        # Its head has left, and more waits: before that it is at work, which has no end.
        lambda: [
            each for each in running.server.active_channels.values() if each.sent and each.total_outbufs_len
        ]
    )
    running.pass_by(15)
    assert not channel.closed
    running.pass_by(1_000_000)
    wait_for(lambda: not running.server.active_channels)
    assert len(lazy.recv(100)) == 100, "what had left had left"


def test_half_open_connections_give_way_to_new_ones(running: Running) -> None:
    kept = running.connect(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
    assert answer(kept) == (200, TEXT)
    half = [running.connect(b"GET / HTTP/1.1\r\nHost") for _ in range(100)]
    assert running.ask("GET / HTTP/1.1\r\nHost: x") == (200, TEXT)
    running.looked()
    assert len(running.server.active_channels) <= 31
    assert ended(half[0]), "the first of them has made room"
    kept.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
    assert answer(kept) == (200, TEXT), "one that asked something before stays"


def test_a_proxy_may_hold_more_and_all_together_are_limited() -> None:
    with serving(Limits(connections=40, each=5), Doorman(crowded=True)) as running:
        several = [running.connect() for _ in range(20)]
        for made in several:
            made.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
            assert answer(made) == (200, TEXT)
        for _ in range(60):
            running.connect()
        running.looked()
        assert len(running.server.active_channels) <= 41
        several[0].sendall(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
        assert answer(several[0]) == (200, TEXT)


@pytest.mark.parametrize("coding", ["Content-Length: {}", "Transfer-Encoding: chunked"])
@pytest.mark.parametrize(
    ("who", "length", "status"),
    [
        ("", 16_384, 200),
        ("", 20_000, 401),
        ("", 30_000_000, 401),
        ("Who: ann\r\n", 90_000, 200),
        ("Who: ann\r\n", 120_000, 413),
        ("Who: ann\r\n", 30_000_000, 413),
    ],
)
def test_a_long_body_is_refused_before_it_is_read(
    running: Running, monkeypatch: pytest.MonkeyPatch, coding: str, who: str, length: int, status: int
) -> None:
    files: list[Any] = []
    monkeypatch.setattr(tempfile, "TemporaryFile", lambda *_: files.append(1))
    head = f"POST / HTTP/1.1\r\nHost: x\r\n{who}{coding.format(length)}\r\n\r\n"
    made = running.connect(head.encode())
    chunked = "chunked" in coding
    if status == 200 or chunked:
        begun = min(length, 200_000)
        made.sendall(b"".join((b"%x\r\n" % begun if chunked else b"", b"x" * begun)))
        if status == 200 and chunked:
            made.sendall(b"\r\n0\r\n\r\n")
    found, body = answer(made)  # of a long one nothing, or its beginning, was sent
    if found == 0 and chunked:
        pytest.fail("the refusal could not be read")
    if status == 200:
        # A chunk's own bytes count as well.
        assert (found, running.read) == (200, [length]) or (chunked and length == 16_384 and found == 401)
    else:
        assert found == status and json.loads(body)["error"].endswith(".")
        assert running.read == [] and ended(made)
    wait_for(lambda: running.server.under_way == 0)  # given back after the answer
    assert not files


def test_a_body_that_waits_for_a_word_is_told_no(running: Running) -> None:
    head = "POST / HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: {}"
    assert running.ask(head.format(30_000_000))[0] == 401
    assert running.ask("POST / HTTP/1.1\r\nHost: x\r\nWho: ann\r\nContent-Length: 40", b"x" * 40)[0] == 200


def test_a_refusal_can_be_read_by_whoever_goes_on_sending(running: Running) -> None:
    made = running.connect(b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 500000\r\n\r\n")
    made.sendall(b"x" * 500_000)
    assert answer(made)[0] == 401


def test_bodies_under_way_are_bounded_together() -> None:
    with serving(Limits(bodies=200_000, small=1_000)) as running:
        head = b"POST / HTTP/1.1\r\nHost: x\r\nWho: ann\r\nContent-Length: 90000\r\n\r\n"
        first, second = running.connect(head), running.connect(head)
        wait_for(lambda: running.server.under_way == 180_000)
        assert running.ask(head.decode().strip())[0] == 503
        assert running.ask("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 5", b"small")[0] == 200
        first.close()
        wait_for(lambda: running.server.under_way == 90_000)
        second.sendall(b"x" * 90_000)
        assert answer(second) == (200, TEXT)
        wait_for(lambda: running.server.under_way == 0)


@pytest.mark.parametrize(
    "head",
    [
        "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nTransfer-Encoding: chunked",
        "POST / HTTP/1.0\r\nHost: x\r\nTransfer-Encoding: chunked",
    ],
)
def test_two_lengths_are_one_too_many(running: Running, head: str) -> None:
    made = running.connect(
        head.encode() + b"\r\n\r\n5\r\nabcde\r\n0\r\n\r\nGET / HTTP/1.1\r\nHost: x\r\n\r\n"
    )
    assert answer(made)[0] == 400
    assert ended(made) and running.read == []


def test_one_reader_never_holds_all_threads(running: Running) -> None:
    for _ in range(20):
        running.connect(b"GET /hold HTTP/1.1\r\nHost: x\r\nWho: bob\r\n\r\n")
    wait_for(lambda: len(running.read) == 2)
    for _ in range(5):
        assert running.ask("GET / HTTP/1.1\r\nHost: x\r\nWho: ann") == (200, TEXT)
    assert len(running.read) == 7
    running.holding.set()
    wait_for(lambda: len(running.read) == 25)
    wait_for(lambda: not running.server.task_dispatcher.queue.working)


@dataclass
class Task:
    turn: str


def test_turns_go_to_whoever_has_the_fewest_at_work() -> None:
    turns = Turns(2)
    for turn in "aaaaabbc":
        turns.append(Task(turn))
    assert len(turns) == 5
    assert [turns.popleft().turn for _ in range(5)] == ["a", "b", "c", "a", "b"]
    assert len(turns) == 0, "three are left, and may not begin"
    turns.ended("a")
    assert len(turns) == 1 and turns.popleft().turn == "a"
    for turn in "aabbc":
        turns.ended(turn)
    assert turns.working == {} and len(turns) == 2


def test_there_are_descriptors_for_the_connections() -> None:
    assert descriptors() >= 256

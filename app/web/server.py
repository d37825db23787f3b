"""The server in front of the pages: waitress, with limits to what a stranger may hold.

Waitress reads a request whole before anybody is asked whose it is, keeps a connection for two minutes after
its last byte, and stops accepting at a hundred: a hundred that never finish a header stop everybody, and
twenty bodies of 30 MB fill the disk. Here a request is judged by its head, before its body is read; every
wait has an end that a byte now and then does not put off; when there are too many connections the one
that has waited longest gives its place to the new one; and nobody's requests take all threads.
"""

from __future__ import annotations

import socket
import threading
import time
from collections import OrderedDict, deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

import orjson
from waitress.adjustments import Adjustments
from waitress.channel import HTTPChannel
from waitress.server import TcpWSGIServer
from waitress.task import ThreadedTaskDispatcher
from waitress.utilities import Error

from app.web.framing import StrictParser
from models.urls import network_of

_SPARE = 128
"""Descriptors that are not for connections: the database, the log, files that are sent."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What connections may hold, and for how long.

    ``header`` are the seconds for the first request of a connection and for each head, ``idle`` those
    between two requests. ``grace`` are the seconds after which a body or an answer has to have moved by
    ``rate`` bytes a second; ``linger`` those in which a refusal can still be read. ``connections`` are open
    at a time, ``each`` of one network; ``bodies`` are bytes of long bodies under way, a body of ``small``
    bytes being none.
    """

    header: float = 10.0
    idle: float = 75.0
    grace: float = 20.0
    rate: float = 8_000.0
    linger: float = 2.0
    connections: int = 1_000
    each: int = 256
    bodies: int = 128 * 2**20
    small: int = 16 * 1024
    head: int = 64 * 1024


@dataclass(frozen=True, slots=True)
class Head:
    """What is known of a request before its body: headers by their names in capitals, with underscores."""

    method: str
    path: str
    headers: dict[str, str]
    address: str


@dataclass(frozen=True, slots=True)
class No:
    """A refusal: its status, and one sentence that names the fix."""

    status: str
    sentence: str


class Gate(Protocol):
    """What the pages say of a request by its head."""

    @property
    def believed(self) -> tuple[bytes, ...]:
        """Names in small letters of headers that may be sent once only."""

    def most(self, head: Head) -> int | No:
        """How many bytes its body may have; asked for long ones only."""

    def whose(self, head: Head) -> str:
        """Who shares its turn: one reader's requests, or those of one address."""

    def crowd(self, address: str) -> bool:
        """Whether many readers come from an address, as from a proxy in front."""


class _Refused:
    """An answer in waitress's form, in the words and the form of the pages' own refusals."""

    def __init__(self, no: No) -> None:
        self._no = no

    def to_response(self, _ident: object = None) -> tuple[str, list[tuple[str, str]], bytes]:
        body = orjson.dumps({"error": self._no.sentence})
        headers = [("Content-Type", "application/json"), ("Cache-Control", "no-store")]
        headers.append(("X-Content-Type-Options", "nosniff"))
        if self._no.status.startswith("503"):
            headers.append(("Retry-After", "10"))
        return self._no.status, headers, body


TOO_LONG = No("413 Request Entity Too Large", "The request is too long for this address; send less at once.")
LONG_HEAD = No(
    "431 Request Header Fields Too Large", "The address and the headers are too long; send fewer, or shorter."
)
BUSY = No("503 Service Unavailable", "Too much is being sent at the moment; try again in a few seconds.")


class Parser(StrictParser):
    """A request that is judged once its head is there."""

    def __init__(self, adj: Any, channel: Channel | None = None) -> None:
        super().__init__(adj)
        self._channel = channel
        self.believed = channel.server.gate.believed if channel is not None else ()
        self._most = self._reserved = 0
        self.turn = ""

    def received(self, data: bytes) -> int:
        consumed: int = super().received(data)
        if isinstance(self.error, Error):
            # In the words of the pages, and nothing of what was sent in them.
            status = f"{self.error.code} {self.error.reason}"
            self._refuse(LONG_HEAD if self.error.code == 431 else No(status, self.error.body))
        if self.chunked and self.error is None and self.body_bytes_received > self._most:
            # Its length is not known before: the small limit first, and what the gate allows beyond it.
            self._judge(self.body_bytes_received)
        return consumed

    def parse_header(self, header_plus: bytes) -> None:
        super().parse_header(header_plus)
        if self._channel is None:
            return
        self.turn = self._channel.server.gate.whose(self._head())
        self._most = self._channel.server.limits.small
        if self.content_length > self._most:
            self._judge(self.content_length)

    def _head(self) -> Head:
        assert self._channel is not None
        return Head(self.command, self.path, self.headers, self._channel.address)

    def _judge(self, length: int) -> None:
        """Let a long body in while there is room for it, or refuse it unread."""
        if self._channel is None or self._reserved:
            return self._refuse(TOO_LONG)
        server = self._channel.server
        most = server.gate.most(self._head())
        if isinstance(most, No):
            return self._refuse(most)
        if length > most:
            return self._refuse(TOO_LONG)
        needed = most if self.chunked else length
        if not server.reserve(needed):
            return self._refuse(BUSY)
        self._most, self._reserved = most, needed
        return None

    def _refuse(self, no: No) -> None:
        self.error, self.completed = _Refused(no), True
        self.expect_continue = False  # the body is not wanted any more
        self.close()

    def close(self) -> None:
        """Give back the room of its body; twice does no harm."""
        reserved, self._reserved = self._reserved, 0
        if self._channel is not None:
            self._channel.server.give_back(reserved)
        super().close()


class Channel(HTTPChannel):
    """A connection that says what it waits for, and lets a refusal be read before it ends."""

    server: Server
    request: Any
    close_when_flushed: bool

    def __init__(self, server: Server, sock: socket.socket, addr: Any, adj: Any, map: Any = None) -> None:
        self.address = str(addr[0])
        self.network = network_of(self.address)
        self.answered = self.lingering = self.refused = self.closed = False
        self.sent = self.discarded = 0
        self.watched: tuple[str, object, float, int] = ("", None, 0.0, 0)
        super().__init__(server, sock, addr, adj, map=map)

    def parser_class(self, adj: Any) -> Parser:
        return Parser(adj, self)

    @property
    def turn(self) -> str:
        """Who shares the turn of the request that waits first."""
        first = next(iter(self.requests), None)
        return (getattr(first, "turn", "") if first is not None else "") or self.network

    @property
    def doing(self) -> tuple[str, object, int]:
        """What it waits for, which request that is of, and the bytes that have moved."""
        request = self.request
        if self.lingering:
            return "linger", None, 0
        if self.total_outbufs_len:
            return "send", None, self.sent
        if self.requests:
            return "work", None, 0
        if request is None:
            return "idle", None, 0
        if not request.headers_finished:
            return "header", request, 0
        return "body", request, request.body_bytes_received

    def overdue(self, now: float, limits: Limits) -> bool:
        """Whether it has waited for too long; looked at every second."""
        name, of, moved = self.doing
        before, request, since, first = self.watched
        if (name, of) != (before, request):
            self.watched, since, first = (name, of, now, moved), now, moved
        waited = now - since
        if name in ("body", "send"):
            return waited > limits.grace and moved - first < limits.rate * (waited - limits.grace)
        most = {"header": limits.header, "linger": limits.linger, "work": float("inf")}
        return waited > most.get(name, limits.idle if self.answered else limits.header)

    def received(self, data: bytes) -> bool:
        taken: bool = super().received(data)
        self.refused = self.refused or any(request.error for request in self.requests)
        return taken

    def service(self) -> None:
        turn = self.turn
        try:
            super().service()
        finally:
            self.answered = True
            self.server.task_dispatcher.ended(turn)

    def send(self, data: bytes, do_close: bool = True) -> int:
        count: int = super().send(data, do_close=do_close)
        self.sent += count
        return count

    def readable(self) -> bool:
        return not self.closed and (self.lingering or bool(super().readable()))

    def writable(self) -> bool:
        return not self.closed and (self.will_close if self.lingering else bool(super().writable()))

    def handle_read(self) -> None:
        if not self.lingering:
            super().handle_read()
            return
        try:
            self.discarded += len(self.recv(2**16))
        except OSError:
            self.handle_close()
        if self.discarded > 2**20:
            self.handle_close()

    def handle_write(self) -> None:
        if self.refused and self.close_when_flushed and not self.total_outbufs_len and not self.will_close:
            # Closed at once, what still comes in would reset the connection, and take the refusal along.
            self.close_when_flushed, self.lingering = False, True
            try:
                self.socket.shutdown(socket.SHUT_WR)
            except OSError:
                self.handle_close()
            return
        super().handle_write()

    def handle_close(self) -> None:
        self.closed = True
        super().handle_close()
        request, self.request = self.request, None
        if request is not None:
            request.close()


class Turns:
    """Tasks that wait for a thread: those of whoever has the fewest at work go first, and no more than some.

    It stands where waitress has a deque, under waitress's lock.
    """

    def __init__(self, each: int) -> None:
        self._each = each
        self._waiting: OrderedDict[str, deque[Any]] = OrderedDict()
        self.working: dict[str, int] = {}

    def append(self, task: Any) -> None:
        self._waiting.setdefault(task.turn, deque()).append(task)

    def __len__(self) -> int:
        """How many may begin now."""
        return sum(
            min(len(tasks), max(0, self._each - self.working.get(turn, 0)))
            for turn, tasks in self._waiting.items()
        )

    def popleft(self) -> Any:
        turn = min(self._waiting, key=lambda turn: self.working.get(turn, 0))  # the first of equals
        tasks = self._waiting.pop(turn)
        task = tasks.popleft()
        if tasks:
            self._waiting[turn] = tasks  # behind the others
        self.working[turn] = self.working.get(turn, 0) + 1
        return task

    def ended(self, turn: str) -> None:
        left = self.working.get(turn, 0) - 1
        if left > 0:
            self.working[turn] = left
        else:
            self.working.pop(turn, None)


class Dispatcher(ThreadedTaskDispatcher):
    """Waitress's threads, of which one reader has half at most."""

    def __init__(self, threads: int) -> None:
        super().__init__()
        self.queue = Turns(max(1, threads // 2))
        self.set_thread_count(threads)

    def ended(self, turn: str) -> None:
        """A task of this turn is done; its thread takes what may begin now."""
        with self.lock:
            self.queue.ended(turn)


class Server(TcpWSGIServer):
    """A waitress on an open socket, within limits."""

    channel_class = Channel
    task_dispatcher: Dispatcher

    def __init__(
        self,
        app: Any,
        listener: socket.socket,
        gate: Gate,
        *,
        threads: int = 8,
        limits: Limits | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.gate, self.limits, self.clock = gate, limits or Limits(), clock
        self.under_way = 0
        self._counting = threading.Lock()
        self.room = min(self.limits.connections, descriptors() - _SPARE)
        adj = Adjustments(
            sockets=[listener],
            threads=threads,
            ident=None,
            connection_limit=self.room + 64,  # it stops accepting there; above ``room`` others give way
            cleanup_interval=1,
            max_request_header_size=self.limits.head,
            max_request_body_size=2**50,  # the gate's question
            # app.auth.doors believes them from listed proxies alone.
            clear_untrusted_proxy_headers=False,
        )
        about = (listener.family, listener.type, listener.proto, listener.getsockname())
        super().__init__(
            app,
            map={},
            _sock=listener,
            dispatcher=Dispatcher(threads),
            adj=adj,
            sockinfo=about,
            bind_socket=False,
        )

    def reserve(self, size: int) -> bool:
        """Take room for a body; False when too much is under way."""
        with self._counting:
            if self.under_way + size > self.limits.bodies:
                return False
            self.under_way += size
            return True

    def give_back(self, size: int) -> None:
        """A body is read, or comes no more."""
        with self._counting:
            self.under_way -= size

    def maintenance(self, _now: float) -> None:
        """End what has waited for too long; waitress asks every second."""
        now = self.clock()
        for channel in list(self.active_channels.values()):
            if channel.overdue(now, self.limits):
                # At once: whoever takes nothing leaves no room to write, which waitress would wait for.
                channel.handle_close()

    def handle_accept(self) -> None:
        super().handle_accept()
        standing = list(self.active_channels.values())
        if not standing:
            return
        newest = standing[-1]
        own = [channel for channel in standing if channel.network == newest.network]
        if len(own) > self.limits.each and not self.gate.crowd(newest.address):
            _give_way(own)
        elif len(standing) > self.room:
            _give_way(standing)


def _give_way(channels: list[Channel]) -> None:
    """End the connection that can best be spared: one that never asked anything, else the longest idle."""
    *older, newest = channels
    spare = [channel for channel in older if not channel.requests and not channel.total_outbufs_len]
    first = min(spare, key=lambda channel: (channel.answered, channel.last_activity), default=newest)
    first.handle_close()


def descriptors() -> int:
    """How many files this process may have open, once it may have as many as the system lets it."""
    try:
        import resource

        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        wanted = 4_096 if hard == resource.RLIM_INFINITY else min(4_096, hard)
        if soft != resource.RLIM_INFINITY and soft < wanted:
            resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
            soft = wanted
        return 4_096 if soft == resource.RLIM_INFINITY else soft
    except (ImportError, OSError, ValueError):
        return 256

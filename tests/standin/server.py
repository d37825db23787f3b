"""The HTTP side of the stand-in: Yahoo's paths, a virtual clock, a request log and faults."""

from __future__ import annotations

import errno
import socket
import struct
import threading
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

import orjson

from tests.standin.chart import NOT_FOUND, Charts, span_of
from tests.standin.company import Statements, quote_summary
from tests.standin.faults import OTHER_COMPANY, Fault, Scenario, change_rows, parse_faults, seconds
from tests.standin.minutes import minutes
from tests.standin.prices import Folder, Simulated, StandInError, Table, neighbour
from tests.standin.venues import parse_instant

CHART = "/v8/finance/chart/"
SUMMARY = "/v10/finance/quoteSummary/"
SERIES = "/ws/fundamentals-timeseries/v1/finance/timeseries/"
CRUMB = "/v1/test/getcrumb"
CONTROL = "/standin/"
PAGE = b"<!DOCTYPE html><html><head><title>Yahoo</title></head><body>%s</body></html>"


class Clock:
    """The time the stand-in believes in: the machine's own, or one that is set by hand."""

    def __init__(self, now: datetime | None = None) -> None:
        self._now = now

    def now(self) -> datetime:
        return self._now if self._now is not None else datetime.now(UTC)

    def set(self, now: datetime) -> None:
        self._now = now.astimezone(UTC)

    def advance(self, by: timedelta) -> datetime:
        self._now = self.now() + by
        return self._now


@dataclass(frozen=True)
class Entry:
    """One line of the request log."""

    at: str
    path: str
    query: str
    symbol: str
    status: int
    mode: str


@dataclass
class Reply:
    """Status, type, body and headers of one answer; a body that repeats, −1 for ever, has no length."""

    status: int
    body: bytes
    kind: str = "application/json;charset=utf-8"
    headers: tuple[tuple[str, str], ...] = ()
    repeats: int = 1


class StandIn:
    """The server, for use in a test: ``with StandIn(Folder(path)) as yahoo: yahoo.url``."""

    def __init__(
        self,
        prices: Folder | Simulated,
        *,
        now: datetime | None = None,
        faults: Iterable[Fault | Mapping[str, Any]] = (),
        port: int = 0,
        statements: Statements | None = None,
    ) -> None:
        self.prices = prices
        self.clock = Clock(now)
        self.log: list[Entry] = []
        self.statements = statements or Statements()
        self.charts = Charts()
        self.stopping = threading.Event()
        self.lock = threading.Lock()
        self.scenario = Scenario()
        self.set_faults(faults)
        self._server = _listen(port, self)
        self._thread = threading.Thread(
            target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, name="standin", daemon=True
        )

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def set_faults(self, faults: Iterable[Fault | Mapping[str, Any]]) -> None:
        """Put other faults in force and begin to count requests anew."""
        known = [fault if isinstance(fault, Fault) else parse_faults([fault])[0] for fault in faults]
        self.scenario = Scenario(known)

    def chart_requests(self, symbol: str | None = None) -> list[Entry]:
        """The chart requests so far, of one symbol or of all."""
        return [
            entry
            for entry in self.log
            if entry.path.startswith(CHART) and (symbol is None or entry.symbol == symbol)
        ]

    def serve_forever(self) -> None:
        """Serve in this thread until interrupted."""
        try:
            self._server.serve_forever(poll_interval=0.2)
        finally:
            self.stopping.set()
            self._server.server_close()

    def __enter__(self) -> StandIn:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stopping.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(timeout=5)

    # What each path answers.

    def answer(self, path: str, query: dict[str, str]) -> tuple[Reply | None, str, str]:
        """Return the reply to a request, with the symbol and the fault mode for the log."""
        if path.startswith(CHART):
            return self._chart(unquote(path[len(CHART) :]).upper(), query)
        if path == CRUMB:
            return self._crumb()
        if path.startswith(SUMMARY):
            return self._company(unquote(path[len(SUMMARY) :]).upper(), None)
        if path.startswith(SERIES):
            return self._company(unquote(path[len(SERIES) :]).upper(), query)
        cookie = ("Set-Cookie", "A3=d=standin; Path=/; Max-Age=31557600")
        return Reply(404, PAGE % b"Not Found", "text/html", (cookie,)), "", ""

    def _crumb(self) -> tuple[Reply | None, str, str]:
        for fault in self.scenario.striking("", self.clock.now(), 1):
            if fault.mode == "crumb-429":
                return _too_many(fault), "", fault.mode
        return Reply(200, b"standin.crumb", "text/plain;charset=utf-8"), "", ""

    def _company(self, symbol: str, query: dict[str, str] | None) -> tuple[Reply | None, str, str]:
        table = self.prices.get(symbol)
        if query is not None:
            document = self.statements.timeseries(symbol, query, int(self.clock.now().timestamp()))
            return Reply(200, orjson.dumps(document)), symbol, ""
        if table is None:
            error = {"code": "Not Found", "description": f"Quote not found for symbol: {symbol}"}
            return Reply(404, orjson.dumps({"quoteSummary": {"result": None, "error": error}})), symbol, ""
        return Reply(200, orjson.dumps(quote_summary(table))), symbol, ""

    def _chart(self, symbol: str, query: dict[str, str]) -> tuple[Reply | None, str, str]:
        now = self.clock.now()
        with self.lock:
            striking = self.scenario.striking(symbol, now, self.scenario.next_count(symbol))
        modes = ",".join(fault.mode for fault in striking)
        for fault in striking:
            if fault.mode == "slow":
                self.stopping.wait(seconds(fault.options.get("seconds"), 30.0))
            elif fault.mode == "reset":
                return None, symbol, modes
            elif fault.mode in _STATUS:
                return _STATUS[fault.mode](fault), symbol, modes
        reply = self._rows(symbol, query, int(now.timestamp()), striking)
        if any(fault.mode == "truncated" for fault in striking):
            reply.body = reply.body[: len(reply.body) // 2]
        return reply, symbol, modes

    def _rows(self, symbol: str, query: dict[str, str], now: int, striking: list[Fault]) -> Reply:
        table = self.prices.get(symbol)
        if table is None:
            return Reply(404, orjson.dumps(NOT_FOUND))
        span = span_of(query, table, now)
        if isinstance(span, str):
            error = {"code": "Unprocessable Entity", "description": span}
            return Reply(422, orjson.dumps({"chart": {"result": None, "error": error}}))
        if query.get("interval") == "5m":
            return Reply(*minutes(table, span, now))
        other = self._other(symbol, striking)
        return Reply(200, self.charts.body(table, span, now, change_rows(striking), other))

    def _other(self, symbol: str, striking: list[Fault]) -> Table | None:
        """Whose rows come under a symbol's label: those that a fault names, else the exchange's next name."""
        named = [fault for fault in striking if fault.mode == OTHER_COMPANY]
        if not named:
            return None
        like = named[-1].options.get("like")
        if like is not None:
            return self.prices.get(str(like))
        mine = self.prices.get(symbol)
        assert mine is not None
        known = list(self.prices)
        at = known.index(symbol)
        for name in (*known[at + 1 :], *known[:at]):
            table = self.prices.get(name)
            if table is not None and table.venue == mine.venue:
                return table
        return neighbour(mine)

    def control(self, path: str, body: bytes) -> Reply:
        """Answer the stand-in's own paths: the clock, the log and the faults."""
        asked = orjson.loads(body) if body else {}
        match path.removeprefix(CONTROL):
            case "clock":
                if "now" in asked:
                    self.clock.set(parse_instant(asked["now"]))
                if "advance_seconds" in asked:
                    self.clock.advance(timedelta(seconds=float(asked["advance_seconds"])))
                return Reply(200, orjson.dumps({"now": self.clock.now().isoformat()}))
            case "faults":
                self.set_faults(asked.get("fault", []))
                return Reply(200, orjson.dumps({"faults": len(self.scenario.faults)}))
            case "log":
                return Reply(200, orjson.dumps([asdict(entry) for entry in self.log]))
            case _:
                return Reply(404, b'{"known":["clock","faults","log"]}')


def _too_many(fault: Fault) -> Reply:
    wait = fault.options.get("retry_after")
    headers = () if wait is None else (("Retry-After", str(wait)),)
    return Reply(429, b"Too Many Requests\r\n", "text/plain", headers)


_STATUS: dict[str, Callable[[Fault], Reply]] = {
    "429": _too_many,
    "429-after-k": _too_many,
    "401": lambda fault: Reply(
        401, b'{"finance":{"result":null,"error":{"code":"Unauthorized","description":"Invalid Crumb"}}}'
    ),
    "500": lambda fault: Reply(500, PAGE % b"Internal Server Error", "text/html"),
    "502-json": lambda fault: Reply(502, b'{"message":"upstream"}'),
    "html": lambda fault: Reply(200, PAGE % b"Before you continue", "text/html"),
    "redirect": lambda fault: Reply(
        302,
        b"",
        "text/html",
        (("Location", str(fault.options.get("location", "http://elsewhere.invalid/"))),),
    ),
    "endless": lambda fault: Reply(200, b"[" + b"1," * (1 << 19), repeats=fault.options.get("megabytes", -1)),
    "empty": lambda fault: Reply(200, b'{"chart":{"result":null,"error":null}}'),
    "notfound": lambda fault: Reply(404, orjson.dumps(NOT_FOUND)),
    "not-json-shape": lambda fault: Reply(
        200,
        b'{"chart":{"result":[{"meta":{"currency":"USD","symbol":"X","exchangeTimezoneName":"America/New_York",'
        b'"instrumentType":"EQUITY"},"timestamp":[1,2,3],"indicators":{"quote":[{"open":[1],"high":[1],'
        b'"low":[1],"close":[1],"volume":[1]}],"adjclose":[{"adjclose":[1]}]}}],"error":null}}',
    ),
}


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    # One packet an answer: with the defaults the header and the body wait for each other.
    wbufsize = -1
    disable_nagle_algorithm = True
    standin: StandIn

    def do_GET(self) -> None:
        parts = urlsplit(self.path)
        if parts.path.startswith(CONTROL):
            self._send(self.standin.control(parts.path, b""))
            return
        query = dict(parse_qsl(parts.query))
        reply, symbol, mode = self.standin.answer(parts.path, query)
        status = reply.status if reply else 0
        at = self.standin.clock.now().isoformat()
        self.standin.log.append(Entry(at, parts.path, parts.query, symbol, status, mode))
        if reply is None:
            self._reset()
        else:
            self._send(reply)

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        path = urlsplit(self.path).path
        if path.startswith(CONTROL):
            try:
                self._send(self.standin.control(path, body))
            except (ValueError, KeyError, TypeError, StandInError) as error:
                self._send(Reply(400, orjson.dumps({"error": str(error)})))
        else:
            self._send(Reply(404, PAGE % b"Not Found", "text/html"))

    def _send(self, reply: Reply) -> None:
        self.send_response(reply.status)
        self.send_header("Content-Type", reply.kind)
        if reply.repeats == 1:
            self.send_header("Content-Length", str(len(reply.body)))
        else:
            self.send_header("Connection", "close")
        for name, value in reply.headers:
            self.send_header(name, value)
        self.end_headers()
        sent = 0
        while sent != reply.repeats and not self.standin.stopping.is_set():
            self.wfile.write(reply.body)
            sent += 1
        self.wfile.flush()

    def _reset(self) -> None:
        """Close with a reset, not with a polite end."""
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.close_connection = True
        self.connection.close()

    def date_time_string(self, timestamp: float | None = None) -> str:
        return format_datetime(self.standin.clock.now(), usegmt=True)

    def log_message(self, format: str, *args: Any) -> None:
        """Nothing: the request log holds it."""


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Nothing: a client that hangs up is part of the game."""


def _listen(port: int, standin: StandIn) -> ThreadingHTTPServer:
    handler = type("Handler", (_Handler,), {"standin": standin})
    try:
        return _Server(("127.0.0.1", port), handler)
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            raise StandInError(f"Port {port} is in use; choose another with --port.") from error
        reason = f"Cannot listen on port {port}: {error.strerror}"
        raise StandInError(f"{reason}; choose another with --port.") from error
    except OverflowError as error:
        raise StandInError(f"There is no port {port}; choose one from 1024 to 65535 with --port.") from error

"""The processes of the compose file against a real Postgres: two ingesters, two web processes on one port."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any
from urllib.error import URLError
from urllib.request import urlopen

import pytest

from models.store import Leader, Store, coverage, current_leader, verify
from models.store.leading import STALE
from tests.app.folder import NOW, SESSIONS, small_market
from tests.conftest import TEST_POSTGRES
from tests.patience import HANG, promised, until
from tests.standin import StandIn
from tests.standin.prices import Folder
from tests.store import postgres

pytestmark = pytest.mark.external_service
COMMAND = (sys.executable, "-P", "-m", "app.cli")
NAMES = 10


@pytest.fixture
def database() -> Iterator[str]:
    if (TEST_POSTGRES or "").lower() == "off":
        pytest.skip(
            "left out: the processes of a team on Postgres; unset AFTERSHOCK_TEST_POSTGRES to check them"
        )
    with postgres.server() as running:
        yield running.url(running.database())


@pytest.fixture
def environment(database: str, tmp_path: Path, free_port: int) -> Iterator[dict[str, str]]:
    universe, prices = small_market(tmp_path)
    with StandIn(Folder(prices), now=NOW) as yahoo:
        yield os.environ | {
            "AFTERSHOCK_DATABASE_URL": database,
            "AFTERSHOCK_DATA_DIR": str(tmp_path / "data"),
            "AFTERSHOCK_UNIVERSE": str(universe),
            "AFTERSHOCK_YAHOO_URL": yahoo.url,
            "AFTERSHOCK_NOW": NOW.isoformat(),
            "AFTERSHOCK_PORT": str(free_port),
            "AFTERSHOCK_PROCESSES": "2",
        }


@contextmanager
def started(environment: dict[str, str], *arguments: str) -> Iterator[subprocess.Popen[bytes]]:
    with subprocess.Popen((*COMMAND, *arguments), env=environment, stdout=subprocess.DEVNULL) as child:
        try:
            yield child
        finally:
            if child.poll() is None:
                child.send_signal(signal.SIGCONT)
                child.terminate()
                child.wait(HANG)


def come(what: Callable[[], Any]) -> Any:
    """Wait for something to be so, and give it."""
    found = until(what)
    assert found, "it never came"
    return found


def begun(link: socket.socket) -> bool:
    """Whether the server has taken what was sent on a connection: its queue of unread bytes is empty."""
    own, other = (f"0100007F:{port:04X}" for port in (link.getsockname()[1], link.getpeername()[1]))
    lines = [line.split() for line in Path("/proc/net/tcp").read_text().splitlines()[1:]]
    queues = [line[4].split(":")[1] for line in lines if line[1:3] == [other, own]]
    return not queues or int(queues[0], 16) == 0


def page(environment: dict[str, str], path: str) -> int:
    try:
        with urlopen(f"http://127.0.0.1:{environment['AFTERSHOCK_PORT']}{path}", timeout=HANG) as answer:
            answer.read()
            return int(answer.status)
    except URLError:
        return 0


def children_of(parent: int) -> set[int]:
    listed = Path(f"/proc/{parent}/task/{parent}/children")
    return {int(pid) for pid in listed.read_text().split()}


def test_two_ingesters_and_two_web_processes(environment: dict[str, str], database: str) -> None:
    refused = subprocess.run(
        (*COMMAND, "serve"), env=environment, capture_output=True, text=True, check=False
    )
    assert refused.returncode == 2 and "aftershock migrate" in refused.stderr
    assert (
        subprocess.run((*COMMAND, "migrate"), env=environment, capture_output=True, check=False).returncode
        == 0
    )
    with ExitStack() as stack, Store.open(database) as store:
        ingesters = [stack.enter_context(started(environment, "ingest", "run")) for _ in range(2)]
        web = stack.enter_context(started(environment, "serve"))
        come(lambda: int((coverage(store)["bars"] == SESSIONS).sum()) == NAMES)
        assert verify(store) == []

        first: Leader = come(lambda: current_leader(store))
        leading = next(item for item in ingesters if first.holder.endswith(f":{item.pid}"))
        leading.kill()
        began = time.monotonic()
        second = come(lambda: (found := current_leader(store)) and found.epoch > first.epoch and found)
        # Five seconds on an idle machine, as `make soak` asks; here many run beside it.
        assert time.monotonic() - began < promised(30.0) + STALE
        assert second.holder != first.holder and second.alive
        asked = subprocess.run(
            (*COMMAND, "ingest", "status"), env=environment, capture_output=True, text=True, check=False
        )
        assert (asked.returncode, "at work" in asked.stdout) == (0, True)

        come(lambda: page(environment, "/drawdowns") == 200)
        workers = come(lambda: (found := children_of(web.pid)) and len(found) == 2 and found)
        os.kill(min(workers), signal.SIGKILL)
        assert [page(environment, path) for path in ("/drawdowns", "/data", "/healthz")] == [200] * 3
        come(lambda: len(children_of(web.pid) - workers) == 1)

        with socket.create_connection(("127.0.0.1", int(environment["AFTERSHOCK_PORT"]))) as link:
            link.sendall(b"GET /data HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
            assert until(lambda: begun(link))  # whether ended or not, it must come whole
            web.terminate()
            answer = b"".join(iter(lambda: link.recv(65536), b""))
        assert answer.startswith(b"HTTP/1.1 200") and answer.rstrip().endswith(b"</html>")
        assert web.wait(HANG) == 0

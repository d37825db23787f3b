"""Several web processes behind one port, and a server that ends what it has begun.

The port is opened once, here, and handed to each process: the system gives each connection to one
that waits. They are started, not forked, so that none shares a database connection with another.
"""

from __future__ import annotations

import signal
import socket
import subprocess
import sys
import threading
import time
from typing import Any

from waitress import wasyncore

STOP_WITHIN = 10.0
DRAIN_WITHIN = 8.0
READ_WITHIN = 0.5
RESTART_AFTER = 2.0
LOOK = 0.2
CANNOT = 2


def keep(listener: socket.socket, count: int, options: list[str]) -> int:
    """Keep so many web processes on a listening socket until a signal says stop; the exit code.

    A process that dies is started again; one that says it cannot work ends them all.
    """
    done = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda _number, _frame: done.set())
    children = [_started(listener, options) for _ in range(count)]
    code = 0
    try:
        while not done.wait(LOOK):
            for place, child in enumerate(children):
                if child.poll() is None:
                    continue
                if child.returncode == CANNOT:
                    code = CANNOT
                    done.set()
                elif not done.wait(RESTART_AFTER):
                    children[place] = _started(listener, options)
    finally:
        _end(children)
    return code


def _started(listener: socket.socket, options: list[str]) -> subprocess.Popen[bytes]:
    # -P keeps the start folder off the path: another project's "models" may lie there.
    command = (sys.executable, "-P", "-m", "app.cli", "serve", "--listener", str(listener.fileno()), *options)
    return subprocess.Popen(command, stdin=subprocess.DEVNULL, pass_fds=(listener.fileno(),))


def _end(children: list[subprocess.Popen[bytes]]) -> None:
    for child in children:
        if child.poll() is None:
            child.terminate()
    deadline = time.monotonic() + STOP_WITHIN
    for child in children:
        try:
            child.wait(max(0.1, deadline - time.monotonic()))
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait()


def run(server: Any, stopping: threading.Event) -> None:
    """Serve until told to stop; then take nothing new, and end when every answer has left."""
    while not stopping.is_set():
        wasyncore.loop(timeout=0.5, use_poll=True, map=server._map, count=1)
    wasyncore.dispatcher.close(server)
    began = time.monotonic()
    # What was accepted last has not been read yet: it is given a moment to become a request.
    while (passed := time.monotonic() - began) < READ_WITHIN or (
        _answering(server) and passed < DRAIN_WITHIN
    ):
        wasyncore.loop(timeout=0.1, use_poll=True, map=server._map, count=1)
    server.task_dispatcher.shutdown()


def _answering(server: Any) -> bool:
    """Whether a request is being answered, or part of an answer waits to be sent."""
    return any(
        channel.requests or channel.total_outbufs_len for channel in list(server.active_channels.values())
    )

"""Serve the pages, alone or with an ingest process beside them."""

from __future__ import annotations

import errno
import gc
import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext, suppress

from rich.console import Console

from app.commands import workers
from app.settings import Settings, load_settings
from models.errors import AftershockError
from models.universe import load_universe

DONE, CANNOT = 0, 2
THREADS = 8
RESTART_AFTER = (5.0, 15.0, 60.0)
STOP_WITHIN = 10.0


class CannotListenError(AftershockError, OSError):
    """The address or the port cannot be had."""


def serve(
    host: str | None, port: int | None, public: bool, *, with_ingest: bool, inherited: int | None = None
) -> int:
    """Check what can be checked, then listen, and serve until a signal says stop.

    The socket listens before anything heavy is imported: a browser that comes early waits
    for its page instead of being turned away.
    """
    settings = load_settings(host=host, port=port, public=public or None)
    settings.check_bind()
    if inherited is not None:
        with socket.socket(fileno=inherited) as listener:
            _serve(settings, listener)
        return DONE
    with listening(settings.host, settings.port) as listener:
        load_universe(settings.universe)
        shown = _prepare_store(settings)
        with ingester() if with_ingest else nullcontext():
            if settings.processes > 1:
                _greet(settings, shown)
                return workers.keep(listener, settings.processes, _options(settings))
            _serve(settings, listener, shown)
    return DONE


def _options(settings: Settings) -> list[str]:
    """What a web process must be told of the address; all else it reads as we did."""
    public = ["--i-know-this-is-public"] if settings.public else []
    return ["--host", settings.host, "--port", str(settings.port), *public]


@contextmanager
def listening(host: str, port: int) -> Iterator[socket.socket]:
    """Give a socket that listens on the address.

    Raises
    ------
    CannotListenError
        If the port is taken, or the address is not of this machine.
    """
    try:
        family, kind, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        listener = socket.socket(family, kind)
    except OSError as error:
        raise _refusal(host, port, error) from None
    with listener:
        # Without it the port of a server that just ended stays taken for a minute.
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind(address)
            listener.listen(256)
        except OSError as error:
            raise _refusal(host, port, error) from None
        yield listener


def _refusal(host: str, port: int, error: OSError) -> CannotListenError:
    if error.errno == errno.EADDRINUSE:
        return CannotListenError(
            f"Port {port} is in use; stop what holds it, or take another: --port {port + 1}."
        )
    if isinstance(error, PermissionError):
        return CannotListenError(f"Port {port} needs more rights than this user has; take one above 1023.")
    return CannotListenError(
        f"Cannot listen on {host}: {error.strerror or error}; set a host of this machine."
    )


def _prepare_store(settings: Settings) -> str:
    """Create or migrate the store, so that what is wrong with it is said before anything starts."""
    from ingest.catalogue import bring_catalogue
    from models.store import Store

    with Store.open(settings.store_url) as store:
        bring_catalogue(store, settings.clock())
        return store.url_shown


def _serve(settings: Settings, listener: socket.socket, shown: str | None = None) -> None:
    """Serve in this process; ``shown`` names the database to whoever started it, None says nothing."""
    from app.web.application import create_app
    from app.web.gate import HeadGate
    from app.web.logs import configure
    from app.web.server import Server

    configure(settings.log_level, settings.secret_values)
    stopping = threading.Event()
    signal.signal(signal.SIGTERM, lambda _number, _frame: stopping.set())
    app = create_app(settings).server
    # What the imports have made stays for good: a collection need not look at it again.
    gc.collect()
    gc.freeze()
    server = Server(app, listener, HeadGate(app, settings), threads=THREADS)
    if shown is not None:
        _greet(settings, shown)
    with suppress(KeyboardInterrupt):
        workers.run(server, stopping)


def _greet(settings: Settings, shown: str) -> None:
    where = f"[{settings.host}]" if ":" in settings.host else settings.host
    Console().print(
        f"Aftershock is on http://{where}:{settings.port}, its prices in {shown}. Ctrl+C stops it.",
        highlight=False,
        soft_wrap=True,
    )


@contextmanager
def ingester() -> Iterator[None]:
    """Keep an ingest process beside the web server: started, started again when it dies, ended with us."""
    done = threading.Event()
    watcher = threading.Thread(target=_watch, args=(done,), name="ingester", daemon=True)
    watcher.start()
    try:
        yield
    finally:
        done.set()
        watcher.join(STOP_WITHIN + 5)


def _watch(done: threading.Event) -> None:
    failures = 0
    while not done.is_set():
        child = _start_child()
        while child.poll() is None and not done.wait(0.2):
            pass
        if done.is_set():
            _end(child)
            return
        if child.returncode == CANNOT:  # it has said why, and would say it again
            done.wait()
            return
        done.wait(RESTART_AFTER[min(failures, len(RESTART_AFTER) - 1)])
        failures += 1


def _start_child() -> subprocess.Popen[bytes]:
    # -P keeps the start folder off the path: another project's "models" may lie there. However we
    # end, the child sees that its parent is gone and ends too.
    command = (sys.executable, "-P", "-m", "app.cli", "ingest", "run", "--parent", str(os.getpid()))
    return subprocess.Popen(command, stdin=subprocess.DEVNULL)


def _end(child: subprocess.Popen[bytes]) -> None:
    if child.poll() is None:
        child.terminate()
        try:
            child.wait(STOP_WITHIN)
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait()

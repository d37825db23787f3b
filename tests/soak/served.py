"""A dashboard of simulated prices as its own process, for the long proofs of the web half."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.request import urlopen

from tests.browser.prices import FIRST, write_prices
from tests.browser.running import Dashboard, running


@contextmanager
def dashboard(*, first: date = FIRST, **settings: str) -> Iterator[Dashboard]:
    """Import a folder of prices since a day into a new store and serve it; gone at the end."""
    with TemporaryDirectory(prefix="soak-") as name:
        folder = Path(name)
        prices = write_prices(folder / "files", folder / "data" / "cache", first)
        found = Dashboard(folder / "data", settings=settings)
        found.command("import", str(prices))
        with running(found):
            yield found


def read(address: str) -> bytes:
    """The body of an answer."""
    with urlopen(address, timeout=60) as answer:
        return bytes(answer.read())


def memory(found: Dashboard) -> float:
    """Megabytes that the server holds."""
    assert found.process is not None
    status = Path(f"/proc/{found.process.pid}/status").read_text(encoding="utf-8")
    return next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmRSS")) / 1024

"""`aftershock ingest once` as people run it: killed anywhere it ends where an undisturbed run ends."""

from __future__ import annotations

import os
import random
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

from models.sessions import Calendars
from models.store import Store, load_panel, quarantined, runs, verify
from models.types import BAR_FIELDS
from tests.app.folder import NOW, SESSIONS, small_market
from tests.patience import HANG
from tests.standin import StandIn
from tests.standin.prices import Folder

COMMAND = (sys.executable, "-P", "-m", "app.cli")
NAMES = 10
# After so many requests the process is killed; 0 is while it makes its store. Seeded: a failure comes again.
KILLS = sorted(random.Random(20260623).sample(range(1, NAMES), 3))


@pytest.fixture(scope="module")
def market(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    return small_market(tmp_path_factory.mktemp("market"))


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Calendars that are built already, as on any day but the first."""
    folder = tmp_path_factory.mktemp("cache")
    known = Calendars(cache_dir=folder)
    _ = [known[name] for name in ("XKRX", "XNYS", "XTKS")]
    return folder


@pytest.fixture
def yahoo(market: tuple[Path, Path]) -> Iterator[StandIn]:
    with StandIn(Folder(market[1]), now=NOW) as server:
        yield server


@pytest.fixture
def environment(
    market: tuple[Path, Path], yahoo: StandIn, tmp_path: Path, cache: Path
) -> Callable[[str], dict[str, str]]:
    def made(folder: str) -> dict[str, str]:
        shutil.copytree(cache, tmp_path / folder / "cache", dirs_exist_ok=True)
        return os.environ | {
            "AFTERSHOCK_DATA_DIR": str(tmp_path / folder),
            "AFTERSHOCK_UNIVERSE": str(market[0]),
            "AFTERSHOCK_YAHOO_URL": yahoo.url,
            "AFTERSHOCK_NOW": NOW.isoformat(),
        }

    return made


def ran(environment: dict[str, str], *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        (*COMMAND, *arguments), env=environment, capture_output=True, text=True, check=False
    )


def done(environment: dict[str, str], *arguments: str) -> None:
    """Run a command that must end well, and show what it said if it does not."""
    finished = ran(environment, *arguments)
    assert finished.returncode == 0, f"{' '.join(arguments)}: {finished.stderr}"


def killed(environment: dict[str, str], when: Callable[[], bool]) -> None:
    """Start the command and kill it as soon as something is so."""
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    with subprocess.Popen((*COMMAND, "ingest", "once"), env=environment, **quiet) as child:
        deadline = time.monotonic() + HANG
        while not when() and child.poll() is None and time.monotonic() < deadline:
            time.sleep(0.001)
        child.kill()


def prices(folder: Path) -> dict[str, np.ndarray]:
    with Store.open(f"sqlite:///{folder / 'aftershock.db'}") as store:
        assert verify(store) == []
        assert quarantined(store).empty
        panel = load_panel(store)
    found = {name: getattr(panel, name) for name in (*BAR_FIELDS, "sessions", "final", "flags")}
    return found | {"symbols": np.array(panel.symbols)}


def test_killed_at_any_point_it_ends_where_an_undisturbed_run_ends(
    environment: Callable[[str], dict[str, str]], yahoo: StandIn, tmp_path: Path
) -> None:
    undisturbed = ran(environment("whole"), "ingest", "once")
    assert (undisturbed.returncode, "5,000 bars stored" in undisturbed.stderr) == (0, True), (
        undisturbed.stderr
    )
    killed(environment("killed"), (tmp_path / "killed" / "aftershock.db").exists)
    for requests in KILLS:
        before = len(yahoo.chart_requests())
        killed(environment("killed"), lambda: len(yahoo.chart_requests()) >= before + requests)  # noqa: B023
        with Store.open(f"sqlite:///{tmp_path}/killed/aftershock.db") as store:
            assert verify(store) == []
            stored = load_panel(store).present.sum(axis=0)
        assert set(stored.tolist()) <= {0, SESSIONS}, "a name is stored whole or not at all"
    assert ran(environment("killed"), "ingest", "once").returncode == 0
    expected, found = prices(tmp_path / "whole"), prices(tmp_path / "killed")
    for name, values in expected.items():
        np.testing.assert_array_equal(found[name], values, err_msg=name)
    with Store.open(f"sqlite:///{tmp_path}/killed/aftershock.db") as store:
        ended = runs(store)["status"].tolist()
    assert ended[0] == "done" and set(ended[1:]) <= {"interrupted"}
    asked = len(yahoo.chart_requests())
    again = ran(environment("killed"), "ingest", "once")
    assert (again.returncode, "Nothing is due now" in again.stderr) == (0, True)
    assert len(yahoo.chart_requests()) == asked


@pytest.mark.parametrize("kept", [SESSIONS, SESSIONS - 60])
def test_import_and_then_ingest_give_what_ingest_alone_gives(
    environment: Callable[[str], dict[str, str]],
    market: tuple[Path, Path],
    yahoo: StandIn,
    tmp_path: Path,
    kept: int,
) -> None:
    """A folder that ends today leaves nothing to ask; of one that ended months ago the rest is brought."""
    folder = tmp_path / "older"
    folder.mkdir()
    for file in market[1].iterdir():
        (folder / file.name).write_text(
            "".join(file.read_text("utf-8").splitlines(True)[: kept + 1]), "utf-8"
        )
    done(environment("alone"), "ingest", "once")
    asked = len(yahoo.chart_requests())
    done(environment("both"), "import", str(folder))
    done(environment("both"), "ingest", "once")
    assert len(yahoo.chart_requests()) - asked == (0 if kept == SESSIONS else NAMES)
    expected, found = prices(tmp_path / "alone"), prices(tmp_path / "both")
    for name in expected:
        if name in BAR_FIELDS:
            np.testing.assert_allclose(found[name], expected[name], rtol=1e-9, err_msg=name)
        else:
            np.testing.assert_array_equal(found[name], expected[name], err_msg=name)

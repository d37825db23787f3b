"""The same commands on a real Postgres: migrated when told, and the same answers as on a file."""

from __future__ import annotations

import importlib
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from app.cli import run
from app.market.market import Market
from app.settings import load_settings
from app.web.application import create_app
from models.store import Store
from tests.app.conftest import Ran
from tests.app.folder import NOW, small_market
from tests.app.test_first_run import until
from tests.conftest import TEST_POSTGRES
from tests.store import postgres

pytestmark = pytest.mark.external_service

QUESTIONS = (
    ("moves", "--on", "2026-06-30"),
    ("drawdowns",),
    ("drawdowns", "--as-of", "2026-03-02", "--basket", "asia"),
    ("episodes", "--kind", "drawdown", "--threshold", "0.05"),
)


@pytest.fixture(scope="module")
def server() -> Iterator[postgres.Server]:
    if (TEST_POSTGRES or "").lower() == "off":
        pytest.skip("left out: the commands on Postgres; unset AFTERSHOCK_TEST_POSTGRES to check them")
    with postgres.server() as running:
        yield running


@pytest.fixture
def empty_database(server: postgres.Server) -> Iterator[str]:
    name = server.database()
    yield server.url(name)
    server.drop(name)


@pytest.fixture
def command(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Callable[..., Ran]:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("AFTERSHOCK_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setenv("AFTERSHOCK_NOW", NOW.isoformat())

    def ran(*arguments: str) -> Ran:
        code = run(arguments)
        captured = capsys.readouterr()
        return Ran(code, captured.out, captured.err)

    return ran


def test_postgres_and_sqlite_give_the_same_answers(
    command: Callable[..., Ran], empty_database: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    universe, prices = small_market(tmp_path)
    monkeypatch.setenv("AFTERSHOCK_UNIVERSE", str(universe))
    answers: list[list[dict[str, Any]]] = []
    for url in (f"sqlite:///{tmp_path}/file.db", empty_database):
        monkeypatch.setenv("AFTERSHOCK_DATABASE_URL", url)
        assert command("migrate").code == 0
        brought = command("import", str(prices))
        assert (brought.code, "5,000 bars stored" in brought.err) == (0, True), brought.err
        asked = [command(*question, "--format", "json") for question in QUESTIONS]
        assert [ran.code for ran in asked] == [0] * len(QUESTIONS), [ran.err for ran in asked]
        answers.append([json.loads(ran.out) for ran in asked])
    assert answers[0] == answers[1]
    assert all(found["rows"] for found in answers[0])


def test_nobody_but_migrate_touches_the_schema_of_a_server(
    command: Callable[..., Ran], empty_database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AFTERSHOCK_DATABASE_URL", empty_database)
    for arguments in (("drawdowns",), ("ingest", "once"), ("serve",), ("doctor", "--offline")):
        ran = command(*arguments)
        assert ran.code == 2
        assert "run `aftershock migrate`" in ran.err + ran.out
    # Loaded before the dashboard starts its threads: Python 3.11 cannot rewrite assertions in two at once.
    importlib.import_module("dash.backends._flask")
    market = Market(load_settings(), poll=0.0)
    client = create_app(market.settings, market=market).server.test_client()
    assert "run `aftershock migrate`" in client.get("/").get_data(as_text=True)
    with pytest.raises(Exception, match="aftershock migrate"):
        Store.open(empty_database)
    assert command("migrate").code == 0
    assert until(lambda: "No prices yet" in client.get("/").get_data(as_text=True), 30)
    market.close()

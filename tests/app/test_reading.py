"""The database away, hung and back: pages stand on what was read last, and say since when."""

from __future__ import annotations

import shutil
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient

from app.market import reader
from app.market.market import Market
from app.settings import Settings
from app.web import health
from app.web.application import PAGES, create_app
from models.errors import StoreUnreachableError
from models.store.schema import REVISION
from tests.app.situations import NOW
from tests.patience import promised

READS = (
    "/",
    *(page.PATH for page in PAGES),
    "/figure/drawdowns-underwater",
    "/pulse",
    "/healthz",
    "/_dash-layout",
)


@pytest.fixture
def market(filled: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Market]:
    monkeypatch.setattr(health.Kept.__init__, "__defaults__", (0.0,))
    shutil.copy(filled / "aftershock.db", tmp_path / "aftershock.db")
    (tmp_path / "cache").symlink_to(filled / "cache")
    found = Market(Settings(data_dir=tmp_path, now=NOW), poll=0.0)
    for exchange in found.universe.exchanges:
        assert found.calendars[exchange.calendar]
    yield found
    found.close()


@pytest.fixture
def client(market: Market) -> FlaskClient:
    client = create_app(market.settings, market=market).server.test_client()
    assert client.get("/pulse").json["problem"] is None
    return client


def test_a_file_that_is_gone_leaves_every_page_and_says_so(
    market: Market, client: FlaskClient, tmp_path: Path
) -> None:
    version = client.get("/pulse").json["version"]
    (tmp_path / "aftershock.db").rename(tmp_path / "elsewhere")
    for address in READS:
        assert client.get(address).status_code == 200, address
    pulse = client.get("/pulse").json
    assert pulse["problem"] == "Database unreachable since 22:00 UTC; showing the prices of 22:00 UTC."
    assert pulse["version"] == version
    page = client.get("/drawdowns").get_data(as_text=True)
    assert pulse["problem"] in page and "<h1>" in page
    assert client.get("/readyz").json == {"ready": False, "reason": "database"}
    with pytest.raises(StoreUnreachableError, match="put it back"):
        market.store()
    (tmp_path / "elsewhere").rename(tmp_path / "aftershock.db")
    assert client.get("/pulse").json["problem"] is None
    assert client.get("/readyz").status_code == 200


def test_another_file_in_its_place_is_read(market: Market, client: FlaskClient, tmp_path: Path) -> None:
    market.view()
    shutil.copy(tmp_path / "aftershock.db", tmp_path / "copy")
    with market.store().writing() as connection:
        connection.exec_driver_sql("UPDATE dataset SET version = version + 7")
    before = client.get("/pulse").json["version"]
    (tmp_path / "copy").rename(tmp_path / "aftershock.db")
    for name in ("aftershock.db-wal", "aftershock.db-shm"):
        (tmp_path / name).unlink(missing_ok=True)
    assert client.get("/pulse").json["version"] != before


def test_a_database_that_hangs_holds_no_reader_up(
    market: Market, client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    release = threading.Event()
    patient = Market(market.settings, poll=1e-9)
    view = patient.view()

    def hang(_store: Any) -> int:
        release.wait(30)
        raise StoreUnreachableError("It was away.")

    monkeypatch.setattr(reader, "dataset_version", hang)
    monkeypatch.setattr(reader, "HUNG_AFTER", 0.05)
    began = time.monotonic()
    for _ in range(20):
        assert patient.view() is view
    # One of them waited for a moment, none for the database.
    assert time.monotonic() - began < min(promised(5), 25)
    patient._reading._thread.join(0.2)  # type: ignore[union-attr]
    assert patient.problem and patient.problem.startswith("Database unreachable since")
    with pytest.raises(StoreUnreachableError, match="does not answer"):
        patient.store()
    with pytest.raises(StoreUnreachableError, match="does not answer"):
        patient.ask(hang)
    monkeypatch.undo()
    release.set()
    patient._reading._thread.join(5)  # type: ignore[union-attr]
    patient._reading.forget()
    patient.view()
    assert patient.problem is None
    patient.close()


def test_a_question_that_hangs_lets_who_asked_go(market: Market, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reader, "ANSWER_WITHIN", 0.05)
    release, asked = threading.Event(), []

    def hang(_store: Any) -> None:
        asked.append(1)
        release.wait(60)

    for _ in range(2 * reader.ASKED_AT_ONCE):
        with pytest.raises(StoreUnreachableError, match="does not answer"):
            market.ask(hang)
    assert len(asked) == reader.ASKED_AT_ONCE, "the others were not let in"
    release.set()
    monkeypatch.undo()
    assert market.ask(lambda store: store.schema) == REVISION
    with pytest.raises(ZeroDivisionError):
        market.ask(lambda _: 1 / 0)

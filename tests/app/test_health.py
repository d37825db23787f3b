"""Alive, ready, measured: what those are told who watch over the server."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest
from flask.testing import FlaskClient
from prometheus_client.parser import text_string_to_metric_families

from app.market.market import Market
from app.settings import Settings
from app.web import health
from app.web.application import create_app
from models.store.leading import Lease
from models.store.pausing import pause_source
from tests.app.situations import NOW

TOKEN = "a token of sixteen"
FAR = {"environ_base": {"REMOTE_ADDR": "192.0.2.1"}}


@pytest.fixture
def market(filled: Path, tmp_path: Path) -> Iterator[Market]:
    shutil.copy(filled / "aftershock.db", tmp_path / "aftershock.db")
    (tmp_path / "cache").symlink_to(filled / "cache")
    found = Market(Settings(data_dir=tmp_path, now=NOW), poll=0.0)
    yield found
    found.close()


@pytest.fixture
def client(market: Market, monkeypatch: pytest.MonkeyPatch) -> FlaskClient:
    monkeypatch.setattr(health.Kept.__init__, "__defaults__", (0.0,))
    return create_app(market.settings, market=market).server.test_client()


def test_alive_says_so_and_asks_nobody(client: FlaskClient, monkeypatch: pytest.MonkeyPatch) -> None:
    assert client.get("/healthz").get_data(as_text=True) == "OK"  # Dash sets itself up at its first question
    monkeypatch.delattr(Market, "store")
    monkeypatch.delattr(Market, "view")
    assert client.get("/healthz").get_data(as_text=True) == "OK"


def test_ready_when_the_prices_are_read(client: FlaskClient) -> None:
    answer = client.get("/readyz")
    assert (answer.status_code, answer.json) == (200, {"ready": True, "reason": None})


def test_an_empty_store_is_ready_for_its_first_prices(tmp_path: Path) -> None:
    market = Market(Settings(data_dir=tmp_path, now=NOW), poll=0.0)
    assert create_app(market.settings, market=market).server.test_client().get("/readyz").status_code == 200
    market.close()


def test_another_schema_is_named_and_the_pages_say_what_to_do(client: FlaskClient, tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / "aftershock.db")) as connection, connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
    answer = client.get("/readyz")
    assert (answer.status_code, answer.json["reason"]) == (503, "schema_newer")
    page = client.get("/drawdowns")
    assert page.status_code == 200
    assert "install a newer Aftershock" in page.get_data(as_text=True)
    assert client.get("/healthz").status_code == 200


def test_a_probe_is_answered_from_memory_for_a_while() -> None:
    asked = []
    kept = health.Kept(lambda: asked.append(1) or "no", seconds=60)  # type: ignore[func-returns-value]
    assert [kept(), kept()] == ["no", "no"]
    assert len(asked) == 1


def measures(client: FlaskClient) -> dict[str, float]:
    text = client.get("/metrics").get_data(as_text=True)
    return {
        f"{sample.name}{sorted(sample.labels.values())}": sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def test_measures_count_what_is_stored_and_what_was_answered(client: FlaskClient, market: Market) -> None:
    for exchange in market.universe.exchanges:
        assert market.calendars[exchange.calendar]
    client.get("/figure/drawdowns-underwater")
    found = measures(client)
    assert found["aftershock_db_up[]"] == 1
    assert found["aftershock_bars_stored[]"] > 3000
    assert found["aftershock_bars_quarantined[]"] == 0
    assert found["aftershock_source_requests_total['answered']"] == 6
    assert found["aftershock_ingest_runs_total['done']"] == 1
    assert found["aftershock_ingest_last_success_timestamp_seconds['XKRX']"] > 1.7e9
    assert found["aftershock_disk_free_bytes[]"] > 0
    assert found["aftershock_figure_seconds_count[]"] == 1
    assert found["aftershock_requests_total['/figure/<chart_id>', '200']"] == 1
    assert found["aftershock_bars_expected['Tokyo']"] >= found["aftershock_bars_late['Tokyo']"] > 0


def test_measures_name_the_writer_and_the_source_that_rests(client: FlaskClient, market: Market) -> None:
    lease = Lease(market.store(), name="here")
    assert lease.take()
    pause_source(market.store(), "yahoo", reason="rate_limit", until=NOW + timedelta(minutes=9), now=NOW)
    found = measures(client)
    assert found["aftershock_leader['here']"] == found["aftershock_breaker_open['yahoo']"] == 1
    lease.release()


def test_measures_are_for_this_machine_or_for_a_token(client: FlaskClient, market: Market) -> None:
    assert client.get("/metrics", **FAR).status_code == 403
    assert client.get("/metrics", headers={"X-Forwarded-For": "192.0.2.1"}).status_code == 403
    guarded = market.settings.model_copy(
        update={"metrics_token": Settings(metrics_token=TOKEN).metrics_token}
    )
    own = Market(market.settings.model_copy(update={"proxies": "127.0.0.1"}))
    behind = create_app(own.settings, market=own).server.test_client()
    assert behind.get("/metrics").status_code == 403, "a proxy that passes nothing on may stand for anybody"
    assert behind.get("/healthz").status_code == 200
    own.close()
    own = Market(guarded)
    server = create_app(guarded, market=own).server.test_client()
    assert server.get("/metrics").status_code == 401
    assert server.get("/metrics", headers={"Authorization": "Bearer é"}).status_code == 401
    assert server.get("/metrics", headers={"Authorization": f"Bearer {TOKEN}"}, **FAR).status_code == 200
    own.close()

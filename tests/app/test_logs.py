"""What is logged: a number for each request, failures with their traceback, and never a secret."""

from __future__ import annotations

import io
import json
import logging
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import structlog
from dash import Dash

from app.auth.users import Users
from app.market.market import Market
from app.settings import Settings
from app.web.application import create_app
from app.web.logs import configure
from tests.app.conftest import Ran
from tests.app.situations import NOW

PASSWORD = "canary-of-the-login"
CANARIES = {
    "secret_key": "canary-of-the-key-0123456789-abcdefgh",
    "metrics_token": "canary-of-the-metrics",
    "database_password": "canary/of the database",
}


@pytest.fixture
def log(monkeypatch: pytest.MonkeyPatch) -> Iterator[io.StringIO]:
    """Everything that is logged, as the long-running commands write it to a file."""
    stream, root = io.StringIO(), logging.getLogger()
    handlers, level = root.handlers[:], root.level
    monkeypatch.setattr("sys.stderr", stream)
    configure("debug", (*CANARIES.values(), PASSWORD))
    yield stream
    root.handlers[:] = handlers
    root.setLevel(level)
    structlog.reset_defaults()


@pytest.fixture
def dash_app(filled: Path, tmp_path: Path) -> Iterator[Dash]:
    shutil.copy(filled / "aftershock.db", tmp_path / "aftershock.db")
    (tmp_path / "cache").symlink_to(filled / "cache")
    settings = Settings(data_dir=tmp_path, now=NOW, auth="password", **CANARIES)  # type: ignore[arg-type]
    Users(settings.users_path).put("ada", "admin", PASSWORD)
    market = Market(settings)
    yield create_app(settings, market=market)
    market.close()


def lines(log: io.StringIO) -> list[dict[str, Any]]:
    return [json.loads(line) for line in log.getvalue().splitlines() if line.startswith("{")]


def test_a_request_has_one_number_everywhere(log: io.StringIO, dash_app: Dash) -> None:
    @dash_app.server.get("/broken")
    def _broken() -> str:
        raise RuntimeError(f"with {PASSWORD} and postgresql://me:canary-of-an-address@db/prices")

    client = dash_app.server.test_client()
    answer = client.get("/healthz", headers={"X-Request-ID": "proxy-0001"})
    assert answer.headers["X-Request-ID"] == "proxy-0001"
    forged = client.get("/healthz", headers={"X-Request-ID": 'x" onload="'}).headers["X-Request-ID"]
    assert forged.isalnum()
    client.post("/login", data={"name": "ada", "password": PASSWORD})

    said = client.get("/broken?names=private")
    number = said.headers["X-Request-ID"]
    assert number in said.json["error"]
    found = [line for line in lines(log) if line.get("request") == number]
    assert {"failed", "answered"} <= {line["event"] for line in found}
    assert any("Traceback" in line.get("exception", "") for line in found)
    assert "private" not in log.getvalue() and "canary" not in log.getvalue()


def test_no_secret_is_told_anywhere(
    log: io.StringIO,
    dash_app: Dash,
    command: Callable[..., Ran],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    client, told = dash_app.server.test_client(), []
    for name, password in (("ada", PASSWORD + "x"), (PASSWORD, "x"), ("ada", PASSWORD)):
        told.append(client.post("/login", data={"name": name, "password": password}))
    for address in ("/", "/data", "/pulse", "/nowhere", "/readyz", "/metrics", "/figure/none", "/login"):
        told.append(client.get(address))
    token = {"Authorization": f"Bearer {CANARIES['metrics_token']}"}
    told.append(client.get("/metrics", headers=token))
    assert told[-1].status_code == 200
    told.append(client.post("/_dash-update-component", data=PASSWORD, content_type="application/json"))
    log_ = logging.getLogger("some.driver")
    log_.error("cannot use %s", CANARIES["database_password"])
    structlog.get_logger("x").warning("seen", cookie="canary-cookie", password="canary-password")
    text = "".join(answer.get_data(as_text=True) + str(answer.headers.get("Location")) for answer in told)
    for name, value in CANARIES.items():
        monkeypatch.setenv(f"AFTERSHOCK_{name.upper()}", value)
    monkeypatch.setenv("AFTERSHOCK_DATABASE_URL", f"sqlite:///{tmp_path}/aftershock.db")
    for arguments in (
        ("config", "show"),
        ("doctor", "--offline"),
        ("doctor", "--offline", "--format", "json"),
    ):
        ran = command(*arguments)
        text += ran.out + ran.err
    monkeypatch.setenv("AFTERSHOCK_DATABASE_URL", "postgresql://me:canary-of-an-address@127.0.0.1:9/prices")
    ran = command("drawdowns")
    assert ran.code == 2
    found = text + ran.out + ran.err + log.getvalue()
    assert "canary" not in found, found[found.index("canary") - 200 :][:400]


def test_the_address_of_the_database_is_told_whole(log: io.StringIO) -> None:
    said = (
        "Another process is ingesting into postgresql+psycopg://me:a/b@c@db:5432/prices?x=1; this one idles."
    )
    logging.getLogger("ingest.schedule").warning(said)
    (line,) = lines(log)
    assert line["event"] == said.replace("a/b@c", "***")

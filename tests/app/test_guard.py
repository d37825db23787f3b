"""What reaches Dash: callbacks of ours as they are, everything else a 4xx in words."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from dash import Dash
from flask.testing import FlaskClient

from app.market.market import Market
from app.pages import drawdowns
from app.settings import Settings
from app.web import callback_guard
from app.web.application import create_app
from tests.app.situations import NOW
from tests.odd import mutated

POST = "/_dash-update-component"
PAGE = drawdowns


@pytest.fixture(scope="module")
def dash_app(filled: Path) -> Iterator[Dash]:
    market = Market(Settings(data_dir=filled, now=NOW))
    yield create_app(market.settings, market=market)
    market.close()


@pytest.fixture(scope="module")
def client(dash_app: Dash) -> FlaskClient:
    client = dash_app.server.test_client()
    assert client.get("/healthz").status_code == 200
    return client


def callback() -> dict[str, Any]:
    """A callback as the page sends it."""
    outputs = [{"id": name, "property": kind} for name, kind in PAGE.CALLBACKS[0][0]]
    request = {"path": PAGE.PATH, "search": "", "width": 1280, "theme": "dark"}
    named = "...".join(f"{item['id']}.{item['property']}" for item in outputs)
    return {
        "output": f"..{named}.." if len(outputs) > 1 else named,
        "outputs": outputs if len(outputs) > 1 else outputs[0],
        "inputs": [{"id": "request", "property": "data", "value": request}],
        "changedPropIds": ["request.data"],
        "state": [],
    }


def refused(answer: Any) -> bool:
    text = answer.get_data(as_text=True)
    assert "Traceback" not in text and 'File "' not in text
    return 400 <= answer.status_code < 500 and bool(answer.json["error"])


def test_a_callback_of_the_page_is_answered(client: FlaskClient) -> None:
    assert client.post(POST, json=callback()).status_code == 200


SPOILT: tuple[dict[str, Any], ...] = (
    {"output": "nothing.children"},
    {"output": ["a"]},
    {"output": None},
    {"output": "..request.data...route.data.."},
    {"outputs": "drawdowns-head"},
    {"outputs": []},
    {"outputs": [{"id": {"a": 1}, "property": "b"}]},
    {"inputs": None},
    {"inputs": {}},
    {"inputs": []},
    {"inputs": [[{"id": "request", "property": "data"}]]},
    {"inputs": [{"id": "other", "property": "data"}]},
    {"inputs": [{"id": "request", "property": "data"}] * 2},
    {"state": [{"id": "request", "property": "data"}]},
    {"state": 7},
    {"changedPropIds": "request.data"},
    {"changedPropIds": [{}]},
)


@pytest.mark.parametrize("part", SPOILT, ids=lambda part: json.dumps(part)[:50])
def test_a_spoilt_callback_is_refused(client: FlaskClient, part: dict[str, Any]) -> None:
    assert refused(client.post(POST, json={**callback(), **part}))


@pytest.mark.parametrize(
    ("body", "kind", "status"),
    [
        (b"[]", "application/json", 400),
        (b"null", "application/json", 400),
        (b"{", "application/json", 400),
        (b"", "application/json", 400),
        (b"\xff\xfe", "application/json", 400),
        (b"[" * 100_000, "application/json", 400),
        (b'{"a":' * 20_000, "application/json", 400),
        (b"{}", "text/plain", 415),
        (b"a=b", "application/x-www-form-urlencoded", 415),
        (b" " * (callback_guard.MOST + 1), "application/json", 413),
    ],
)
def test_a_body_that_is_no_callback_is_refused(
    client: FlaskClient, body: bytes, kind: str, status: int
) -> None:
    answer = client.post(POST, data=body, content_type=kind)
    assert (answer.status_code, refused(answer)) == (status, True)


def test_no_mutation_of_a_callback_fails_the_server(client: FlaskClient) -> None:
    dice, body = random.Random(5), callback()
    found = {}
    for _ in range(400):
        text = json.dumps(mutated(dice, body))
        answer = client.post(POST, data=text, content_type="application/json")
        found[answer.status_code] = found.get(answer.status_code, 0) + 1
        assert answer.status_code in (200, 204, 400), text
        assert "Traceback" not in answer.get_data(as_text=True)
    assert found[400] > 100 and found.get(200, 0) > 10  # both sides of the guard were reached


@pytest.mark.parametrize(
    "path",
    [
        "nothing/x.js",
        "dash/none.js",
        "dash",
        "dash/",
        "dash/..%2f..%2fetc/passwd",
        "plotly/%00",
        "dash/dash-renderer/build/../../../dash.py",
        "os/path.py",
        "é/é",
    ],
)
def test_an_odd_path_of_scripts_is_not_found(client: FlaskClient, path: str) -> None:
    assert client.get(f"/_dash-component-suites/{path}").status_code == 404


@pytest.mark.parametrize("path", ["/%00", "/assets/%00", "/figure/%0a", "/v/%1f", "/static/..%2f%00"])
def test_no_control_character_gets_past_the_door(client: FlaskClient, path: str) -> None:
    assert client.get(path).status_code == 404


def test_a_callback_that_fails_is_told_without_its_traceback(
    dash_app: Dash, client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: Any, **__: Any) -> Any:
        raise RuntimeError("canary of the traceback")

    monkeypatch.setitem(dash_app.callback_map[callback()["output"]], "callback", broken)
    answer = client.post(POST, json=callback())
    assert answer.status_code == 500
    assert answer.json["error"].startswith("The server failed on this")
    assert "canary" not in answer.get_data(as_text=True)

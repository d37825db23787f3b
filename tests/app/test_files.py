from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import brotli
import pytest
from flask.testing import FlaskClient

from app.market.market import Market
from app.render import assets
from app.settings import Settings
from app.web.application import create_app
from tests.app.situations import NOW

NAMES = ("app.css", "app.js", "head.js", "start.js", "inter.woff2", "plotly.js")


@pytest.fixture(scope="module")
def client(filled: Path) -> Iterator[FlaskClient]:
    market = Market(Settings(data_dir=filled, now=NOW), poll=0.0)
    yield create_app(market.settings, market=market).server.test_client()
    market.close()


@pytest.mark.parametrize("name", NAMES)
def test_a_file_is_kept_for_good_under_its_fingerprint(client: FlaskClient, name: str) -> None:
    address = assets.address(name)
    assert re.fullmatch(rf"/file/{re.escape(name)}\?v=[0-9a-f]{{12}}", address)
    answer = client.get(address)
    assert answer.status_code == 200
    assert answer.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    assert answer.headers["Vary"] == "Accept-Encoding"
    assert answer.data


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("app.css", "text/css"),
        ("app.js", "text/javascript"),
        ("inter.woff2", "font/woff2"),
        ("plotly.js", "text/javascript"),
    ],
)
def test_types(client: FlaskClient, name: str, kind: str) -> None:
    assert client.get(assets.address(name)).mimetype == kind


@pytest.mark.parametrize("name", ["app.css", "app.js"])
def test_plain_and_packed_are_the_same(client: FlaskClient, name: str) -> None:
    plain = client.get(f"/file/{name}")
    packed = client.get(f"/file/{name}", headers={"Accept-Encoding": "gzip, br"})
    assert "Content-Encoding" not in plain.headers
    assert packed.headers["Content-Encoding"] == "br"
    assert brotli.decompress(packed.data) == plain.data
    assert len(packed.data) < len(plain.data) / 2
    refused = client.get(f"/file/{name}", headers={"Accept-Encoding": "br;q=0, gzip"})
    assert "Content-Encoding" not in refused.headers


def test_stylesheets_are_joined_in_their_order(client: FlaskClient) -> None:
    css = client.get("/file/app.css").get_data(as_text=True)
    parts = [path.read_text(encoding="utf-8") for path in sorted(assets.assets_folder().glob("[0-9]*.css"))]
    places = [css.index(part.strip().splitlines()[-2]) for part in parts[1:]]
    assert css.lstrip().startswith("/* The palette")
    assert len(places) == len(parts) - 1
    assert assets.address("inter.woff2") in css
    assert 'url("fonts/' not in css


@pytest.mark.parametrize(
    "name", ["../app.css", "..%2fpyproject.toml", "%2e%2e/app/web.py", "APP.CSS", "app.css%00", "x" * 3000]
)
def test_no_other_file_leaves(client: FlaskClient, name: str) -> None:
    answer = client.get(f"/file/{name}")
    assert b"[project]" not in answer.data
    assert b"import flask" not in answer.data
    assert answer.status_code == 404 or b"react-entry-point" in answer.data


def test_scripts_of_the_framework_come_from_memory_once_asked_for(client: FlaskClient) -> None:
    document = client.get("/").get_data(as_text=True)
    source = next(
        found for found in re.findall(r'<script src="([^"]+)"', document) if "dash_renderer" in found
    )
    first = client.get(source)
    again = client.get(source, headers={"Accept-Encoding": "br"})
    assert first.status_code == again.status_code == 200
    assert again.headers["Content-Encoding"] == "br"
    assert again.headers["Cache-Control"] == assets.FOREVER
    assert brotli.decompress(again.data) == first.data


def test_the_plotting_library_is_there() -> None:
    assert assets.plotly_file().stat().st_size > 100_000
    assert assets.assets_folder().is_dir()

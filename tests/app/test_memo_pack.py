"""What the Memo menu sends, and what comes back; whatever else is sent is refused in a sentence."""

from __future__ import annotations

import io
import json
import re
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pypdf
import pytest
from flask.testing import FlaskClient
from pptx import Presentation

from app.market.market import Market
from app.render.memo import pack
from app.settings import Settings
from app.web.application import PAGES, create_app
from tests.app.memos import picture
from tests.app.situations import NOW

CHART = "drawdowns-underwater"
VIEW = {"chart": CHART, "address": "/drawdowns?basket=us&asof=2026-06-23T22:00Z"}


@pytest.fixture(scope="module")
def client(filled: Path) -> Iterator[FlaskClient]:
    market = Market(Settings(data_dir=filled, now=NOW), poll=0.0)
    server = create_app(market.settings, market=market).server
    for exchange in market.universe.exchanges:
        assert market.calendars[exchange.calendar]
    yield server.test_client()
    market.close()


@pytest.fixture(scope="module")
def body() -> bytes:
    return picture()


def send(client: FlaskClient, kind: str, views: Any, pictures: list[bytes], **headers: str) -> Any:
    files = [(io.BytesIO(body), f"{number}.png") for number, body in enumerate(pictures)]
    text = views if isinstance(views, str) else json.dumps(views)
    form = {"views": text, "picture": files}
    return client.post(f"/memo/{kind}", data=form, content_type="multipart/form-data", headers=headers)


def refusal(answer: Any) -> tuple[int, str]:
    assert answer.mimetype == "application/json"
    return answer.status_code, answer.json["error"]


def test_the_menu_is_told_the_charts_of_a_morning(client: FlaskClient) -> None:
    found = client.get("/memo.json").json["morning"]
    assert [item["id"] for item in found] == [item.chart.id for item in pack.morning(pack.placed(PAGES))]
    assert {"id": CHART, "name": "Drawdowns: underwater"} in found


def test_a_pdf_is_of_the_view_that_was_drawn(client: FlaskClient, body: bytes) -> None:
    answer = send(client, "pdf", [VIEW], [body])
    assert answer.status_code == 200, answer.data[:200]
    assert answer.mimetype == "application/pdf" and answer.headers["Cache-Control"] == "no-store"
    assert 'filename="aftershock-memo-2026-06-23.pdf"' in answer.headers["Content-Disposition"]
    (page,) = pypdf.PdfReader(io.BytesIO(answer.data)).pages
    text = page.extract_text()
    memo = client.get(f"/chart/{CHART}.json?basket=us&asof=2026-06-23T22:00Z").json
    assert memo["title"].split(";")[0][:30] in text
    assert f"As of 23 Jun 2026, 22:00 UTC. Aftershock, view {memo['view']}" in text


def test_everything_comes_in_one_file(client: FlaskClient, body: bytes) -> None:
    answer = send(client, "all", [VIEW], [body])
    archive = zipfile.ZipFile(io.BytesIO(answer.data))
    names = archive.namelist()
    assert archive.testzip() is None
    assert [name.rsplit(".", 1)[1] for name in names] == ["pdf", "pptx", "png"]
    assert archive.read(names[2]) == body
    deck = Presentation(io.BytesIO(archive.read(names[1])))
    assert len(deck.slides) == 2
    assert all("\\" not in name and "/" not in name for name in names)


def test_pictures_alone_come_as_they_were_drawn(client: FlaskClient, body: bytes) -> None:
    archive = zipfile.ZipFile(io.BytesIO(send(client, "png", [VIEW], [body]).data))
    assert [archive.read(name) for name in archive.namelist()] == [body]


@pytest.mark.parametrize(
    ("views", "count", "said"),
    [
        ("", 1, "The list of views cannot be read"),
        ("[1, 2]", 1, "The list of views cannot be read"),
        ("{}", 1, "a view and a picture for each"),
        ([], 0, "a view and a picture for each"),
        ([VIEW], 0, "a view and a picture for each"),
        ([VIEW, VIEW], 1, "a view and a picture for each"),
        ([{"chart": "<script>", "address": "/"}], 1, "There is no chart '<script>'"),
        ([{**VIEW, "address": "/?basket=us&asof=1990-01-01"}], 1, "has a price by then"),
        ([{**VIEW, "chart": f"chart-{n}"} for n in range(60)], 60, "60 charts; a pack holds at most 24"),
        ([VIEW] * 60, 60, "60 charts; a pack holds at most 24"),
    ],
)
def test_what_is_no_pack_is_refused(
    client: FlaskClient, body: bytes, views: Any, count: int, said: str
) -> None:
    small = body if count == 1 else b"x"
    status, sentence = refusal(send(client, "pdf", views, [small] * count))
    assert status in (400, 413)
    assert re.search(said, sentence, re.I), sentence


@pytest.mark.parametrize("sent", [b"", b"GIF89a", b"\x89PNG\r\n\x1a\n", b"<svg onload=alert(1)>"])
def test_what_is_no_picture_is_refused(client: FlaskClient, sent: bytes) -> None:
    status, sentence = refusal(send(client, "pptx", [VIEW], [sent]))
    assert status == 400
    assert sentence.startswith("The picture ")


def test_an_unknown_form_of_pack_and_another_method_are_refused(client: FlaskClient, body: bytes) -> None:
    assert refusal(send(client, "exe", [VIEW], [body]))[0] == 404
    assert client.get("/memo/pdf").status_code in (404, 405)


def test_another_site_cannot_have_a_pack_made(client: FlaskClient, body: bytes) -> None:
    status, _ = refusal(send(client, "pdf", [VIEW], [body], Origin="https://elsewhere.example"))
    assert status == 403


def test_a_body_beyond_the_limit_is_not_read(client: FlaskClient) -> None:
    answer = client.post(
        "/memo/pdf",
        data=b"--x--",
        content_type="multipart/form-data; boundary=x",
        environ_overrides={"CONTENT_LENGTH": str(40 * 1024 * 1024)},
    )
    assert answer.status_code == 413, answer.data


def test_an_address_is_read_for_its_controls_alone(client: FlaskClient, body: bytes) -> None:
    for address in (
        "https://elsewhere.example/x?basket=us",
        "//x/?basket=us",
        "javascript:alert(1)?basket=us",
    ):
        answer = send(client, "pdf", [{**VIEW, "address": address}], [body])
        assert answer.status_code == 200
        assert "elsewhere" not in pypdf.PdfReader(io.BytesIO(answer.data)).pages[0].extract_text()


@pytest.mark.parametrize("path", ["/v/{}", "/view/{}"])
def test_a_view_opens_as_it_is_typed(client: FlaskClient, path: str) -> None:
    memo = client.get(f"/chart/{CHART}.json?basket=us&fall=5").json
    for typed in (memo["view"], memo["view"].upper()):
        answer = client.get(path.format(typed))
        assert answer.status_code == 302
        assert answer.headers["Location"] == memo["data_address"]
        assert "asof=2026-06-24T22:00Z" in answer.headers["Location"]


def test_a_half_picture_is_asked_for_by_name(client: FlaskClient) -> None:
    half = client.get(f"/chart/{CHART}.json?_size=half").json
    assert (half["width"], half["height"], half["scale"]) == (800, 1000, 2)
    assert half["name"].endswith("-half")
    whole = client.get(f"/chart/{CHART}.json?_size=%3Cscript%3E").json
    assert whole["width"] == 1600 and whole["view"] == half["view"]
    refused = client.get("/chart/relay-day.json?_size=half")
    assert refused.status_code == 409 and "whole width" in refused.json["error"]


def test_without_a_browser_an_address_of_a_picture_says_what_to_do(filled: Path, tmp_path: Path) -> None:
    market = Market(Settings(data_dir=filled, now=NOW, chromium=tmp_path / "none"), poll=0.0)
    client = create_app(market.settings, market=market).server.test_client()
    for form in ("png", "pdf"):
        answer = client.get(f"/chart/{CHART}.{form}?basket=us")
        assert answer.status_code == 503 and answer.headers["Retry-After"]
        assert "Memo menu" in answer.json["error"]
    assert client.get("/chart/none.png").status_code == 404
    answer = client.get(f"/chart/{CHART}.png", headers={"Sec-Fetch-Site": "cross-site"})
    assert answer.status_code == 403
    market.close()

from __future__ import annotations

import csv
import io
import json
import random
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import brotli
import pytest
from flask.testing import FlaskClient

from app.market.market import Market
from app.settings import Settings
from app.web.application import PAGES, create_app
from tests.app.situations import NOW

CHART = "drawdowns-underwater"
ADDRESSES = (
    f"/figure/{CHART}",
    f"/chart/{CHART}.json",
    f"/chart/{CHART}.csv",
    "/drawdowns",
    "/data",
    "/method",
)
HOSTILE = (
    *(
        "",
        "?",
        "&&&&",
        "=",
        "asof=",
        "asof=%00",
        "asof=0001-01-01",
        "asof=9999-12-31T23:59-14:00",
        "asof=2024-01-02",
    ),
    *(
        "from=2030",
        "from=9999-12-31",
        "from=0m",
        "from=999y",
        "from=%D9%A2%D9%A0%D9%A2%D9%A4",
        "align=20260622",
    ),
    *(
        "align=2030-01-01",
        "align=1990-01-01",
        "align=peak&names=SPCX",
        "names=AMD",
        "names=%5EKS11",
        "names=,,,",
    ),
    *("names=JPY%3DX", "basket=telecom", "basket=%00", "peak=window&from=2026-06-24", "run=1", "x=1&" * 80),
    *(
        "asof=2024-06-06&from=2026-06-24&axis=calendar",
        "names=" + "A" * 5000,
        "%ff%fe=%ff",
        "_w=nan",
        "_w=-1",
    ),
    *("_w=99999999999999999999", "_t=%3Cscript%3E", "_v=x", "currency=usd", "show=low", "fall=5&peak=year"),
    *("basket=../../etc/passwd", "names=<script>alert(1)</script>", "sort='; drop table bar_year; --"),
)


@pytest.fixture(scope="module")
def market(filled: Path) -> Iterator[Market]:
    found = Market(Settings(data_dir=filled, now=NOW), poll=0.0)
    yield found
    found.close()


@pytest.fixture(scope="module")
def client(market: Market) -> FlaskClient:
    server = create_app(market.settings, market=market).server
    for exchange in market.universe.exchanges:
        assert market.calendars[exchange.calendar]
    return server.test_client()


@pytest.fixture
def nothing(tmp_path: Path, filled: Path) -> Iterator[FlaskClient]:
    """A dashboard whose store holds no price."""
    (tmp_path / "cache").symlink_to(filled / "cache")
    found = Market(Settings(data_dir=tmp_path, now=NOW), poll=0.0)
    yield create_app(found.settings, market=found).server.test_client()
    found.close()


def error_of(answer: Any) -> str:
    assert answer.mimetype == "application/json"
    return str(answer.json["error"])


@pytest.mark.parametrize("address", ADDRESSES)
def test_no_query_string_is_an_error_of_the_server(client: FlaskClient, address: str) -> None:
    for query in HOSTILE:
        answer = client.get(f"{address}?{query}")
        assert answer.status_code in (200, 409), (address, query[:60], answer.status_code)
        assert "<script>alert(1)" not in answer.get_data(as_text=True)
        if answer.status_code == 409:
            assert error_of(answer).endswith((".", "`."))


def test_random_query_strings_are_answered(client: FlaskClient) -> None:
    dice = random.Random(3)
    keys = (
        "basket",
        "names",
        "from",
        "axis",
        "currency",
        "peak",
        "align",
        "show",
        "fall",
        "rows",
        "sort",
        "asof",
        "_w",
        "_t",
    )
    values = (
        "all",
        "us",
        "2025",
        "MU,NVDA",
        "usd",
        "year",
        "window",
        "peak",
        "low",
        "5",
        "2026-06-23",
        "1m",
        "calendar",
        "é",
        "",
    )
    for _ in range(120):
        query = "&".join(
            f"{dice.choice(keys)}={quote(dice.choice(values))}" for _ in range(dice.randint(1, 6))
        )
        assert client.get(f"/figure/{CHART}?{query}").status_code in (200, 409), query


@pytest.mark.parametrize(
    "address",
    [
        "/figure/none",
        "/chart/none.json",
        "/chart/none.csv",
        "/table/none.csv",
        "/v/dd-XXXXX",
        "/v/%3Cscript%3E",
        "/file/x.js",
    ],
)
def test_what_is_not_there_is_said(client: FlaskClient, address: str) -> None:
    answer = client.get(address)
    assert answer.status_code == 404
    assert b"There is no " in answer.data
    assert b"<script>" not in answer.data or answer.mimetype == "application/json"


@pytest.mark.parametrize("address", [f"/figure/{CHART}", "/pulse", "/v/dd-XXXXX", "/file/app.js"])
def test_nothing_is_changed_by_posting(client: FlaskClient, address: str) -> None:
    assert client.post(address, data="x").status_code == 405


def test_a_figure_is_drawn_for_the_screen_that_asks(client: FlaskClient) -> None:
    wide = client.get(f"/figure/{CHART}?_w=1920&_t=light").json
    narrow = client.get(f"/figure/{CHART}?_w=1280&_t=dark").json
    assert (wide["layout"]["width"], narrow["layout"]["width"]) == (1376, 856)
    assert wide["layout"]["height"] > narrow["layout"]["height"]
    assert wide["layout"]["yaxis"]["gridcolor"] == "#E8E5DC"
    assert narrow["layout"]["yaxis"]["gridcolor"] == "#202428"


@pytest.mark.parametrize(
    ("accepted", "encoding"),
    [("br", "br"), ("gzip, br;q=0.5", "br"), ("identity", None), ("br;q=0", None), ("", None)],
)
def test_a_figure_comes_in_an_encoding_that_is_taken(
    client: FlaskClient, accepted: str, encoding: str | None
) -> None:
    answer = client.get(f"/figure/{CHART}", headers={"Accept-Encoding": accepted})
    assert answer.headers.get("Content-Encoding") == encoding
    assert answer.headers["Vary"] == "Accept-Encoding"
    body = brotli.decompress(answer.data) if encoding == "br" else answer.data
    assert set(json.loads(body)) == {"data", "layout", "summary"}


def test_only_an_address_that_names_its_data_is_kept(client: FlaskClient) -> None:
    version = client.get("/pulse").json["version"]
    kept = client.get(f"/figure/{CHART}?_v={version}").headers["Cache-Control"]
    assert kept == "private, max-age=3600"
    for other in ("", "?_v=", "?_v=r0-0"):
        assert client.get(f"/figure/{CHART}{other}").headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize("address", ["/pulse", f"/chart/{CHART}.json", f"/chart/{CHART}.csv", "/v/dd-XXXXX"])
def test_answers_of_the_moment_are_not_kept(client: FlaskClient, address: str) -> None:
    assert client.get(address).headers["Cache-Control"] == "no-store"


def test_a_memo_reopens_the_identical_view(client: FlaskClient) -> None:
    memo = client.get(f"/chart/{CHART}.json?basket=us&fall=5").json
    assert (memo["width"], memo["height"], memo["scale"]) == (1600, 900, 2)
    assert re.fullmatch(r"dd-[0-9A-HJKMNP-TV-Z]{5}", memo["view"])
    assert memo["name"] == f"aftershock-{CHART}-2026-06-24-{memo['view']}"
    texts = [note["text"] for note in memo["figure"]["layout"]["annotations"]]
    assert any(memo["view"] in text and "As of 24 Jun 2026, 22:00 UTC" in text for text in texts)
    answer = client.get(memo["address"])
    assert answer.status_code == 302
    assert answer.headers["Location"] == memo["data_address"]
    search = memo["data_address"].split("?", 1)[1]
    assert client.get(f"/chart/{CHART}.json?{search}").json["view"] == memo["view"]
    assert client.get(memo["data_address"]).status_code == 200


def test_the_width_of_the_screen_is_no_part_of_a_view(client: FlaskClient) -> None:
    views = {
        client.get(f"/chart/{CHART}.json?basket=us&_w={width}&_t=light").json["view"] for width in (800, 1920)
    }
    assert len(views) == 1


def test_the_data_of_a_chart(client: FlaskClient) -> None:
    answer = client.get(f"/chart/{CHART}.csv?names=9984.T,000660.KS")
    assert answer.mimetype == "text/csv"
    assert re.fullmatch(
        rf'attachment; filename="aftershock-{CHART}-2026-06-24-dd-\w{{5}}\.csv"',
        answer.headers["Content-Disposition"],
    )
    text = answer.data.decode("utf-8-sig")
    rows = list(csv.DictReader(io.StringIO(text)))
    assert list(rows[0])[:3] == ["session", "SoftBank Group", "SK Hynix"]
    crash = next(row for row in rows if row["session"] == "2026-06-23")
    assert crash["SoftBank Group"] == ""  # no bar: an empty cell, never the one before
    assert float(crash["SK Hynix"]) == pytest.approx(-0.2, abs=0.001)
    assert all(
        -1 < float(value) <= 0 for row in rows for name, value in row.items() if name != "session" and value
    )


def test_the_pulse_names_data_minute_and_run(client: FlaskClient, market: Market) -> None:
    found = client.get("/pulse").json
    assert found["version"] == market.stamp(market.view())
    assert found["minute"] == "2026-06-24T22:00Z"
    assert found["run"]["status"] == "done"


def test_an_empty_store_is_told_everywhere(nothing: FlaskClient) -> None:
    for address in ADDRESSES[:3]:
        answer = nothing.get(address)
        assert answer.status_code == 409
        assert error_of(answer) == "No prices yet. Run `aftershock ingest once`."
    pulse = nothing.get("/pulse")
    assert (pulse.status_code, pulse.json["version"]) == (200, None)
    for page in PAGES:
        assert nothing.get(page.PATH).status_code == 200
    assert "No prices yet. Run `aftershock ingest once`." in nothing.get("/").get_data(as_text=True)


@pytest.mark.parametrize(
    "path",
    ["/", "/drawdowns", "/drawdowns/", "/data", "/method", "/nowhere", "/%3Cscript%3E", "/" + "a" * 3000],
)
def test_every_path_gets_a_document(client: FlaskClient, path: str) -> None:
    answer = client.get(path)
    known = path == "/" or path.rstrip("/") in {page.PATH for page in PAGES}
    assert answer.status_code == (200 if known else 404)
    assert "<h1>" in answer.get_data(as_text=True)


@pytest.mark.parametrize(
    "cookie", ["", "1280-light", "²-dark", "9" * 3000 + "-dark", "-", "x-y-z", "1e3-light", '"<script>"']
)
def test_no_cookie_fails_a_document(client: FlaskClient, cookie: str) -> None:
    answer = client.get("/drawdowns", headers={"Cookie": f"view={cookie}".encode().decode("latin-1")})
    assert answer.status_code == 200


def test_dash_gets_the_page_of_the_document_it_came_in(client: FlaskClient) -> None:
    found = client.get("/_dash-layout", headers={"Referer": "http://localhost/drawdowns?basket=us"}).get_data(
        as_text=True
    )
    assert "The US AI basket" in found
    for referer in ("", "::::", "http://[", "http://x/" + "y" * 500):
        assert client.get("/_dash-layout", headers={"Referer": referer}).status_code == 200, referer


def test_a_change_of_controls_that_leaves_no_price_is_answered(client: FlaskClient) -> None:
    page = next(page for page in PAGES if page.PATH == "/drawdowns")
    outputs = [{"id": component, "property": name} for component, name in page.OUTPUTS]
    body = {
        "output": ".." + "...".join(f"{item['id']}.{item['property']}" for item in outputs) + "..",
        "outputs": outputs,
        "inputs": [
            {
                "id": "request",
                "property": "data",
                "value": {"path": page.PATH, "search": "?basket=telecom", "width": 1280},
            }
        ],
        "changedPropIds": ["request.data"],
        "state": [],
    }
    answer = client.post("/_dash-update-component", json=body)
    assert answer.status_code == 200
    said = answer.json["response"]["drawdowns-head"]["data-html"]
    assert "No name of the basket &#39;telecom&#39; has a price by then" in said

"""What the forms send: stored, or refused in one sentence; nothing from elsewhere, nothing too long."""

from __future__ import annotations

import io
import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient

from app.auth.users import ROLES, Users
from app.market.event_files import read_rows
from app.market.market import Market
from app.settings import Settings
from app.web.application import create_app
from app.web.event_routes import MOST
from models.store.events import event_history, event_of_id, events
from tests.app.conftest import NOW

HIDDEN = "\u202e\u2066\u200f"  # marks that turn the direction of writing
FALL = {
    "at": "2026-06-23",
    "zone": "Asia/Seoul",
    "title": "Korea falls",
    "what": "It fell.",
    "category": "selloff",
    "severity": "3",
    "layers": ["memory"],
    "symbols": "SK Hynix; nvda",
    "source_url": "https://example.org",
    "claims": [{"symbol": "^KS11", "value": "-20", "basis": "close", "source": "An agency"}],
}


@pytest.fixture
def market(filled: Path, tmp_path: Path) -> Iterator[Market]:
    shutil.copy(filled / "aftershock.db", tmp_path)
    (tmp_path / "cache").symlink_to(filled / "cache")
    found = Market(Settings(data_dir=tmp_path, now=NOW), poll=0)
    yield found
    found.close()


@pytest.fixture
def client(market: Market) -> FlaskClient:
    return create_app(market.settings, market=market).server.test_client()


def post(client: FlaskClient, do: str, **body: Any) -> tuple[int, dict[str, Any]]:
    answer = client.post(f"/events/{do}", json=body)
    return answer.status_code, answer.get_json()


def added(client: FlaskClient, **changes: Any) -> str:
    status, found = post(client, "add", by="Ann", event=FALL | changes)
    assert status == 201, found
    return str(found["id"])


def test_an_event_is_added_edited_retired_and_restored(client: FlaskClient, market: Market) -> None:
    name = added(client)
    store = market.store()
    stored = event_of_id(store, name)
    assert (name, stored.version, stored.symbols) == ("2026-06-23-korea-falls", 1, ("000660.KS", "NVDA"))
    assert (stored.claims[0].value, stored.edited_by, stored.edited_at) == (-20.0, "Ann", NOW)
    assert post(client, "edit", by="Ben", id=name, version=1, event=FALL | {"title": "Seoul falls"}) == (
        200,
        {"id": name, "version": 2},
    )
    assert post(client, "retire", by="Ben", id=name, version=2)[1]["version"] == 3
    assert events(store) == []
    assert post(client, "restore", by="Cleo", id=name, version=3)[1]["version"] == 4
    steps = [(item.step, item.by) for item in event_history(store, name)]
    assert steps == [("restored", "Cleo"), ("retired", "Ben"), ("edited", "Ben"), ("added", "Ann")]
    assert event_of_id(store, name).title == "Seoul falls"


def test_a_second_editor_gets_both_versions_and_nothing_is_stored(
    client: FlaskClient, market: Market
) -> None:
    name = added(client)
    post(client, "edit", by="Ben", id=name, version=1, event=FALL | {"title": "Ben's"})
    status, found = post(client, "edit", by="Ann", id=name, version=1, event=FALL | {"title": "Ann's"})
    assert status == 409 and "changed by Ben meanwhile" in found["error"]
    assert (found["mine"]["title"], found["theirs"]["title"], found["theirs"]["version"]) == (
        "Ann's",
        "Ben's",
        2,
    )
    assert event_of_id(market.store(), name).title == "Ben's"
    assert post(client, "retire", by="Ann", id=name, version=1)[0] == 409


@pytest.mark.parametrize(
    ("changes", "field", "says"),
    [
        ({"claims": [{"symbol": "^KS11", "value": "-20", "source": "x"}]}, "claims", "the basis is missing"),
        ({"at": "2027-06-23"}, "at", "has not come"),
        ({"at": "2020-06-23"}, "at", "before the first stored session, 2024-01-02"),
        ({"at": "3/6/2026"}, "at", "cannot be 3/6/2026 (it may be 2026-06-03 or 2026-03-06)"),
        ({"symbols": "NVDA; Nowhere Inc"}, "symbols", "Nowhere Inc is not in the universe"),
        ({"what": "x" * 900_000}, "what", "too long (900,000 of 4,000 characters)"),
        ({"title": HIDDEN}, "title", "missing"),
        ({"source_url": "javascript:alert(1)"}, "source_url", "http or https begins one"),
        ({"category": "gossip"}, "category", "cannot be gossip"),
        ({"zone": "Mars/Base"}, "zone", "such as Asia/Seoul"),
        ({"colour": "red"}, "colour", "There is no field colour"),
    ],
)
def test_each_thing_that_cannot_be_is_one_sentence_at_its_field(
    client: FlaskClient, market: Market, changes: dict[str, Any], field: str, says: str
) -> None:
    status, found = post(client, "add", by="Ann", event=FALL | changes)
    assert status == 422
    assert [name for name, _ in found["problems"]] == [field]
    sentence = found["problems"][0][1]
    assert says in sentence and sentence.endswith(".") and len(sentence) < 250
    assert events(market.store()) == []


def test_all_that_is_wrong_is_said_at_once(client: FlaskClient) -> None:
    _, found = post(client, "add", by=" ", event={"at": "", "title": ""})
    assert [name for name, _ in found["problems"]] == ["at", "title", "by"]


def test_markup_stays_text_and_turned_writing_is_straightened(client: FlaskClient, market: Market) -> None:
    name = added(client, title=f"<u>Seoul</u>{HIDDEN} falls", what="<script>alert(1)</script>")
    stored = event_of_id(market.store(), name)
    assert (stored.title, stored.what) == ("<u>Seoul</u> falls", "<script>alert(1)</script>")
    page = client.get(f"/events?event={name}").get_data(as_text=True)
    assert "<u>Seoul" not in page and "<script>alert" not in page


@pytest.mark.parametrize(
    "headers",
    [
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Origin": "https://elsewhere.example"},
        {"Origin": "null"},
        {"Origin": "http://localhost.elsewhere.example"},
    ],
)
def test_nothing_is_taken_from_another_site(
    client: FlaskClient, market: Market, headers: dict[str, str]
) -> None:
    answer = client.post("/events/add", json={"by": "Ann", "event": FALL}, headers=headers)
    assert answer.status_code == 403 and "another site" in answer.get_json()["error"]
    assert events(market.store()) == []


def test_the_page_itself_may_send(client: FlaskClient) -> None:
    headers = {"Sec-Fetch-Site": "same-origin", "Origin": "http://localhost"}
    answer = client.post("/events/add", json={"by": "Ann", "event": FALL}, headers=headers)
    assert answer.status_code == 201


@pytest.mark.parametrize(
    ("body", "kind", "status", "says"),
    [
        (b"by=Ann", "application/x-www-form-urlencoded", 415, "application/json"),
        (b'{"by": "Ann"}', "text/plain", 415, "application/json"),
        (b"", "application/json", 400, "no JSON"),
        (b'{"by": ', "application/json", 400, "no JSON"),
        (b"[" * 100_000, "application/json", 400, "no JSON"),
        (b"\xff\xfe", "application/json", 400, "no JSON"),
        (b"[1]", "application/json", 400, "no JSON object"),
        (b'{"by": "Ann"}', "application/json", 400, "holds no event"),
        (b'{"by": "Ann", "event": 5}', "application/json", 400, "holds no event"),
        (b'{"event": "' + b"x" * 10_000_000 + b'"}', "application/json", 413, "too long"),
    ],
)
def test_a_body_that_cannot_be_read_is_one_sentence(
    client: FlaskClient, body: bytes, kind: str, status: int, says: str
) -> None:
    answer = client.post("/events/add", data=body, content_type=kind)
    assert answer.status_code == status
    sentence = answer.get_json()["error"]
    assert says in sentence and "\n" not in sentence and len(sentence) < 300


def test_a_stream_without_a_length_is_cut_off_as_well(client: FlaskClient) -> None:
    answer = client.post(
        "/events/add",
        input_stream=io.BytesIO(b"x" * (MOST + 1)),
        content_type="application/json",
        environ_overrides={"wsgi.input_terminated": True, "CONTENT_LENGTH": ""},
    )
    assert answer.status_code == 413 and f"more than {MOST:,d} bytes" in answer.get_json()["error"]


@pytest.mark.parametrize("method", ["put", "patch", "delete"])
def test_other_methods_are_refused(client: FlaskClient, method: str) -> None:
    answer = getattr(client, method)("/events/add", json={})
    assert answer.status_code == 405 and "POST" in answer.get_json()["error"]


@pytest.mark.parametrize(
    ("do", "body", "status"),
    [
        ("add-all", {}, 404),
        ("retire", {"by": "Ann", "id": "nowhere", "version": 1}, 404),
        ("retire", {"by": "", "id": "nowhere", "version": 1}, 422),
        ("retire", {"by": "Ann", "version": 1}, 400),
        ("retire", {"by": "Ann", "id": "nowhere"}, 400),
        ("retire", {"by": "Ann", "id": "nowhere", "version": True}, 400),
        ("edit", {"by": "Ann", "id": ["x"], "version": 1, "event": FALL}, 400),
    ],
)
def test_what_is_asked_for_must_be_there(
    client: FlaskClient, do: str, body: dict[str, Any], status: int
) -> None:
    found = post(client, do, **body)
    assert found[0] == status and found[1]["error"].endswith(".")


CSV = """id,at,title,claims,symbols
,2026-06-22,"A good one, quoted",,NVDA
,2026-06-23,"an open quote,,
,2026-06-23,Too,many,cells,here
,2027-06-23,To come,,
,2026-06-23,Of a stranger,,XYZ9
,2026-06-23,Also good,"[{""symbol"": ""^KS11"", ""value"": -20, ""basis"": ""close"", ""source"": ""x""}]",
,2026-06-23,No basis,"[{""symbol"": ""^KS11"", ""value"": -20, ""source"": ""x""}]",
"""


def test_an_import_keeps_good_rows_and_lists_the_bad_ones_by_line(
    client: FlaskClient, market: Market
) -> None:
    status, found = post(client, "import", by="Ann", name="notes.csv", text=CSV)
    assert status == 200
    assert found["sentence"] == "2 added, 0 changed, 0 as they were; 5 rows refused."
    assert [line.split(":")[0] for line in found["refused"]] == [
        "Line 3",
        "Line 4",
        "Line 5",
        "Line 6",
        "Line 8",
    ]
    assert [item.title for item in events(market.store())] == ["A good one, quoted", "Also good"]


@pytest.mark.parametrize("form", ["csv", "json"])
def test_an_export_comes_back_unchanged(client: FlaskClient, market: Market, form: str) -> None:
    added(client, title="-5% in Seoul, “quoted”", what="Two\nlines; =1+1")
    added(client, at="2026-06-23T09:05+09:00", claims=[FALL["claims"][0] | {"date": ""}])  # type: ignore[index]
    before = events(market.store())
    assert [claim.date for item in before for claim in item.claims].count(None) == 1
    answer = client.get(f"/events/file.{form}")
    assert f".{form}" in answer.headers["Content-Disposition"]
    written = answer.get_data(as_text=True)
    assert len(read_rows(written, "csv" if form == "csv" else "json").found) == 2
    found = post(client, "import", by="Ben", name=f"back.{form}", text=written)[1]
    assert found["sentence"] == "0 added, 0 changed, 2 as they were."
    assert events(market.store()) == before


def test_an_import_changes_only_what_it_saw(client: FlaskClient, market: Market) -> None:
    name = added(client)
    row = FALL | {"id": name, "title": "Changed"}
    body = {"by": "Ben", "name": "x.json"}
    refused = post(client, "import", **body, text=json.dumps([row]))[1]["refused"]
    assert "give its version" in refused[0]
    assert post(client, "import", **body, text=json.dumps([row | {"version": 1}]))[1]["kept"] == 1
    stale = post(client, "import", **body, text=json.dumps([row | {"version": 1, "title": "Stale"}]))
    assert "meanwhile" in stale[1]["refused"][0]
    assert event_of_id(market.store(), name).title == "Changed"
    gone = json.dumps([row | {"version": 2, "retired": True}])
    assert post(client, "import", **body, text=gone)[1]["kept"] == 1
    assert event_of_id(market.store(), name).retired


@pytest.mark.parametrize(
    ("name", "text", "says"),
    [
        ("notes.xlsx", "x", "neither .csv nor .json"),
        ("notes.csv", "", "is empty"),
        ("notes.csv", "a,b\n1,2\n", "no columns at and title"),
        ("notes.json", "{}", "no JSON list"),
    ],
)
def test_a_file_that_is_none_is_one_sentence(client: FlaskClient, name: str, text: str, says: str) -> None:
    status, found = post(client, "import", by="Ann", name=name, text=text)
    assert status == 422 and says in found["problems"][0][1] and found["problems"][0][0] == "file"


@pytest.fixture(scope="module")
def logged(filled: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Market]:
    folder = tmp_path_factory.mktemp("logins")
    shutil.copy(filled / "aftershock.db", folder)
    (folder / "cache").symlink_to(filled / "cache")
    settings = Settings(data_dir=folder, now=NOW, auth="password", host="0.0.0.0")
    users = Users(settings.users_path)
    for role in ROLES:
        users.put(role, role, "correct horse battery")
    found = Market(settings, poll=0)
    yield found
    found.close()


def enter(market: Market, name: str) -> FlaskClient:
    client = create_app(market.settings, market=market).server.test_client()
    form = {"name": name, "password": "correct horse battery"}
    assert client.post("/login", data=form).status_code == 303
    return client


def test_an_editor_s_change_carries_the_name_of_the_login(logged: Market) -> None:
    client = enter(logged, "editor")
    page = client.get("/events?form=add").get_data(as_text=True)
    assert "Kept with the change: editor" in page and 'name="by"' not in page
    status, found = post(client, "add", by="Somebody else", event=FALL)
    assert status == 201
    assert event_of_id(logged.store(), found["id"]).edited_by == "editor"
    body = {"by": "Somebody else", "id": found["id"], "version": 1}
    assert post(client, "retire", **body)[0] == 200
    assert event_of_id(logged.store(), found["id"]).edited_by == "editor"
    rows = json.dumps([{"at": "2026-06-22", "title": "Brought in"}])
    assert post(client, "import", by="x", name="a.json", text=rows)[0] == 200
    assert event_of_id(logged.store(), "2026-06-22-brought-in").edited_by == "editor"


def test_a_viewer_reads_and_is_shown_no_form(logged: Market) -> None:
    client = enter(logged, "viewer")
    page = client.get("/events?form=add").get_data(as_text=True)
    assert "You may read here" in page and "Add an event" not in page and "data-form=" not in page
    assert client.get("/events/file.csv").status_code == 200
    for do in ("add", "edit", "retire", "restore", "import"):
        status, found = post(client, do, by="Ann", event=FALL)
        assert status == 403 and "viewer may read here" in found["error"]


def test_whoever_is_outside_gets_nothing(logged: Market) -> None:
    client = create_app(logged.settings, market=logged).server.test_client()
    assert post(client, "add", by="Ann", event=FALL)[0] == 401
    assert client.get("/events/file.json").status_code == 401


def test_a_change_here_is_seen_by_the_next_pulse(client: FlaskClient) -> None:
    before = client.get("/pulse").get_json()["version"]
    added(client)
    assert client.get("/pulse").get_json()["version"] != before

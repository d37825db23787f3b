"""Who gets in, what each may do, and what a browser is told: for every route there is."""

from __future__ import annotations

import re
import stat
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import flask
import pytest
from flask.testing import FlaskClient

from app.auth.doors import HEADERS, needs
from app.auth.users import ROLES, Users, allows, secret_key
from app.market.market import Market
from app.settings import Settings
from app.web.application import create_app
from tests.app.situations import NOW

PASSWORD = "correct horse battery"
PAGE = {"Accept": "text/html"}
Make = Callable[..., flask.Flask]
# Reads, a callback's address, and writes as the pages have them.
READS = ("/", "/drawdowns", "/data", "/nowhere", "/pulse", "/figure/drawdowns-underwater", "/_dash-layout")
PUBLIC = ("/healthz", "/login", "/file/app.css")
NEEDED = {"viewer": "/probe/read", "editor": "/probe/note", "admin": "/probe/release"}


@pytest.fixture(scope="module")
def make(filled: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Make]:
    """A dashboard with given doors, on one store; three routes stand for reading, noting and releasing."""
    markets = []

    def made(**doors: Any) -> flask.Flask:
        folder = tmp_path_factory.mktemp("doors")
        (folder / "cache").symlink_to(filled / "cache")
        (folder / "aftershock.db").symlink_to(filled / "aftershock.db")
        settings = Settings(data_dir=folder, now=NOW, **doors)
        users = Users(settings.users_path)
        for role in ROLES:
            users.put(role, role, PASSWORD if settings.auth == "password" else None)
        market = Market(settings)
        markets.append(market)
        server = create_app(settings, market=market).server
        server.add_url_rule("/probe/read", "read", lambda: "read")
        server.add_url_rule("/probe/note", "note", lambda: "noted", methods=["POST"])
        server.add_url_rule("/probe/release", "release", needs("admin")(lambda: "released"), methods=["POST"])
        return server

    yield made
    for market in markets:
        market.close()


@pytest.fixture(scope="module")
def guarded(make: Make) -> flask.Flask:
    return make(auth="password", host="0.0.0.0")


@pytest.fixture(scope="module")
def behind(make: Make) -> flask.Flask:
    return make(auth="proxy", host="0.0.0.0", proxies="127.0.0.1, 10.1.0.0/16")


@pytest.fixture(scope="module")
def local(make: Make) -> flask.Flask:
    return make()


def log_in(server: flask.Flask, name: str, password: str = PASSWORD, place: str = "") -> FlaskClient:
    client = server.test_client()
    given = {"name": name, "password": password, "next": "/data"}
    base = {"REMOTE_ADDR": place or "192.0.2.1"}
    client.last = client.post("/login", data=given, environ_base=base)  # type: ignore[attr-defined]
    return client


def tried(client: FlaskClient, role: str) -> int:
    address = NEEDED[role]
    return (client.get if role == "viewer" else client.post)(address).status_code


def test_a_stranger_sees_the_login_and_nothing_else(guarded: flask.Flask) -> None:
    client = guarded.test_client()
    for address in READS:
        page = client.get(address, headers=PAGE)
        assert page.status_code == 303
        assert page.headers["Location"].startswith("/login?next=")
        data = client.get(address)
        assert (data.status_code, data.json) == (401, {"error": "Log in first, at /login."})
    for address in PUBLIC:
        assert client.get(address).status_code == 200
    for role in ("editor", "admin"):
        assert tried(client, role) == 401
    assert client.post("/_dash-update-component", json={}).status_code == 401


@pytest.mark.parametrize("role", ROLES)
def test_each_role_may_do_its_own_and_less(guarded: flask.Flask, role: str) -> None:
    client = log_in(guarded, role)
    assert client.last.headers["Location"] == "/data"  # type: ignore[attr-defined]
    assert client.get("/pulse").status_code == 200
    for needed in ROLES:
        assert tried(client, needed) == (200 if allows(role, needed) else 403), (role, needed)  # type: ignore[arg-type]


@pytest.mark.parametrize("role", ROLES)
def test_a_listed_proxy_is_believed_and_nobody_else(behind: flask.Flask, role: str) -> None:
    client = behind.test_client()
    said = {"X-Forwarded-User": role}
    for place, heard in (("127.0.0.1", True), ("10.1.7.7", True), ("10.2.0.1", False), ("::1", False)):
        for needed in ROLES:
            ask = client.get if needed == "viewer" else client.post
            answer = ask(NEEDED[needed], headers=said, environ_base={"REMOTE_ADDR": place})
            wanted = heard and allows(role, needed)  # type: ignore[arg-type]
            assert answer.status_code == (200 if wanted else 403), (place, role, needed)
    assert client.get("/probe/read").status_code == 401
    stranger = {"X-Forwarded-User": "someone.new"}
    assert client.get("/probe/read", headers=stranger).status_code == 200
    assert client.post("/probe/note", headers=stranger).status_code == 403


def test_without_a_login_this_machine_may_do_all_under_its_own_names(local: flask.Flask) -> None:
    client = local.test_client()
    assert [tried(client, role) for role in ROLES] == [200, 200, 200]
    for name, status in (
        *(("localhost:8050", 200), ("127.0.0.1", 200), ("[::1]:8050", 200), ("app.localhost", 200)),
        *(("evil.example", 421), ("192.168.1.5:8050", 421), ("localhost.evil.example", 421)),
    ):
        assert client.get("/probe/read", headers={"Host": name}).status_code == status, name


def test_whom_an_open_dashboard_lets_in_may_read_alone(make: Make) -> None:
    client = make(host="0.0.0.0", public=True).test_client()
    assert [tried(client, role) for role in ROLES] == [200, 403, 403]


SITES = (
    ({}, True),
    ({"Sec-Fetch-Site": "same-origin"}, True),
    ({"Sec-Fetch-Site": "none"}, True),
    ({"Sec-Fetch-Site": "cross-site"}, False),
    ({"Sec-Fetch-Site": "same-site"}, False),
    ({"Sec-Fetch-Site": "cross-site", "Origin": "http://localhost"}, False),
    ({"Sec-Fetch-Site": "é"}, False),
    ({"Origin": "http://localhost"}, True),
    ({"Origin": "http://localhost:1"}, False),
    ({"Origin": "null"}, False),
    ({"Origin": "http://["}, False),
    ({"Origin": "http://evil.example"}, False),
)


@pytest.mark.parametrize(("headers", "own"), SITES)
def test_what_another_site_sends_is_refused(local: flask.Flask, headers: dict[str, str], own: bool) -> None:
    client = local.test_client()
    encoded = {name: value.encode().decode("latin-1") for name, value in headers.items()}
    assert client.post("/probe/note", headers=encoded).status_code == (200 if own else 403)
    callback = client.post("/_dash-update-component", json={}, headers=encoded)
    assert callback.status_code == (400 if own else 403)


def test_who_logged_in_finds_the_way_out(guarded: flask.Flask, local: flask.Flask) -> None:
    page = log_in(guarded, "viewer").get("/drawdowns").get_data(as_text=True)
    assert 'action="/logout"' in page and 'title="You are viewer"' in page
    assert "/logout" not in local.test_client().get("/drawdowns").get_data(as_text=True)


def test_wrong_passwords_run_into_a_wall(make: Make) -> None:
    server = make(auth="password")
    found = [log_in(server, "admin", "wrong").last for _ in range(6)]  # type: ignore[attr-defined]
    assert [answer.status_code for answer in found] == [401] * 5 + [429]
    assert int(found[-1].headers["Retry-After"]) > 0
    assert log_in(server, "admin").last.status_code == 429  # type: ignore[attr-defined]
    assert log_in(server, "admin", place="192.0.2.9").last.status_code == 303  # type: ignore[attr-defined]
    said = {log_in(server, name, "wrong", f"192.0.2.{at + 20}").last.get_data(as_text=True)  # type: ignore[attr-defined]
            for at, name in enumerate(("admin", "nobody"))}  # fmt: skip
    assert len(said) == 1  # which names there are is not told


def test_a_login_is_a_new_signed_cookie_that_scripts_cannot_read(guarded: flask.Flask) -> None:
    cookies = [log_in(guarded, "viewer").last.headers["Set-Cookie"] for _ in range(2)]  # type: ignore[attr-defined]
    assert cookies[0] != cookies[1]
    for cookie in cookies:
        assert re.match("aftershock=", cookie)
        assert {"HttpOnly", "Path=/", "SameSite=Lax"} <= set(cookie.split("; "))
        assert "Secure" not in cookie
        assert PASSWORD not in cookie
    forged = guarded.test_client()
    forged.set_cookie("aftershock", cookies[0].split("=", 1)[1].split(";")[0][:-3] + "AAA")
    assert forged.get("/pulse").status_code == 401


def test_over_https_the_cookie_stays_there(make: Make) -> None:
    server = make(auth="password", proxies="127.0.0.1")
    given = {"name": "viewer", "password": PASSWORD}
    over = server.test_client().post("/login", data=given, headers={"X-Forwarded-Proto": "https"})
    assert re.match(r"__Host-aftershock=.*Secure", over.headers["Set-Cookie"])
    assert "Strict-Transport-Security" in over.headers
    lied = server.test_client().post(
        "/login",
        data=given,
        headers={"X-Forwarded-Proto": "https"},
        environ_base={"REMOTE_ADDR": "192.0.2.3"},
    )
    assert "Secure" not in lied.headers["Set-Cookie"] and "Strict-Transport-Security" not in lied.headers


def test_a_cookie_ends_with_its_user_its_password_or_its_day(make: Make, monkeypatch: Any) -> None:
    server = make(auth="password")
    users = Users(server.config["AFTERSHOCK_USERS"])
    client = log_in(server, "viewer")
    assert client.get("/pulse").status_code == 200
    users.put("viewer", "viewer", "another long password")
    assert client.get("/pulse").status_code == 401
    again = log_in(server, "viewer", "another long password")
    users.put("viewer", "editor", None)
    assert again.post("/probe/note").status_code == 200
    users.remove("viewer")
    assert again.get("/pulse").status_code == 401
    admin = log_in(server, "admin")
    assert admin.get("/pulse").status_code == 200
    now = time.time()
    monkeypatch.setattr("itsdangerous.timed.time.time", lambda: now + 12 * 3600 + 5)
    assert admin.get("/pulse").status_code == 401
    monkeypatch.undo()
    assert admin.post("/logout").status_code == 303
    assert admin.get("/pulse").status_code == 401


@pytest.mark.parametrize(
    "there",
    [
        "//evil.example",
        "https://evil.example",
        "/\\evil.example",
        "javascript:x",
        "/login",
        "",
        "/a\nb",
        "http://[",
    ],
)
def test_a_login_leads_back_into_the_dashboard(guarded: flask.Flask, there: str) -> None:
    given = {"name": "viewer", "password": PASSWORD, "next": there}
    answer = guarded.test_client().post("/login", data=given, environ_base={"REMOTE_ADDR": "192.0.2.77"})
    assert answer.headers["Location"] == "/"


@pytest.mark.parametrize("address", [*READS, *PUBLIC, "/v/dd-XXXXX", "/_dash-dependencies"])
def test_every_answer_carries_the_headers(local: flask.Flask, address: str) -> None:
    answer = local.test_client().get(address)
    assert {name: answer.headers[name] for name in HEADERS} == HEADERS
    assert "unsafe-eval" not in answer.headers["Content-Security-Policy"]
    assert "'unsafe-inline'" not in answer.headers["Content-Security-Policy"].split("style-src")[0]
    if address.startswith("/_dash"):
        assert answer.headers["Cache-Control"] == "no-store"


def test_files_of_secrets_are_their_owners(tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path, auth="password")
    key = secret_key(settings)
    Users(settings.users_path).put("ada", "admin", PASSWORD)
    assert len(key) >= 32 and secret_key(settings) == key
    for name in ("secret.key", "users"):
        assert stat.S_IMODE((tmp_path / name).stat().st_mode) == 0o600
    assert PASSWORD not in (tmp_path / "users").read_text()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["secret.key", "users"]

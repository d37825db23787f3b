"""A stranger at every address: no figure and no name, however it is written; and each role at each route."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import flask
import pytest
from flask.testing import FlaskClient

from app.auth.doors import declared, named
from app.auth.users import ROLES, Users, allows
from app.market.market import Market
from app.settings import Settings
from app.web.application import PAGES, create_app
from app.web.login import Places
from tests import knocks
from tests.app.situations import NOW
from tests.app.test_listening import wait_for

PASSWORD = "correct horse battery"
ELSEWHERE = "203.0.113.9"
Make = Callable[..., flask.Flask]


@pytest.fixture(scope="module")
def make(filled: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Make]:
    """Dashboards with given doors, all of one folder: as several web processes have it."""
    folder, markets = tmp_path_factory.mktemp("strangers"), []
    (folder / "cache").symlink_to(filled / "cache")
    (folder / "aftershock.db").write_bytes((filled / "aftershock.db").read_bytes())

    def made(**doors: Any) -> flask.Flask:
        settings = Settings(data_dir=folder, now=NOW, host="0.0.0.0", **doors)
        users = Users(settings.users_path)
        for role in ROLES:
            users.put(role, role, PASSWORD)
        market = Market(settings)
        markets.append(market)
        return create_app(settings, market=market).server

    yield made
    for market in markets:
        market.close()


DOORS = {"password": {"auth": "password"}, "proxy": {"auth": "proxy", "proxies": "10.1.0.0/16"}}


@pytest.fixture(scope="module", params=DOORS)
def server(make: Make, request: pytest.FixtureRequest) -> flask.Flask:
    return make(**DOORS[request.param])


@pytest.fixture(scope="module")
def doors_of_a_proxy(make: Make) -> flask.Flask:
    return make(**DOORS["proxy"])


def test_a_stranger_reads_nothing_at_any_address(server: flask.Flask) -> None:
    names, paths = knocks.telling(), [page.PATH for page in PAGES]
    # What it looks for is there to be read by whoever may: the test can fail.
    assert names.search(b"<td>SK Hynix</td>") and names.search(b">\xe2\x88\x926.4%<")
    wrong = [
        told
        for knock in knocks.knocks(server, ["/", *paths], 1_000, seed=7)
        if (told := knocks.leaks(server, knock, ELSEWHERE, names))
    ]
    assert not wrong, wrong[:5]


def test_every_route_says_whom_it_is_for(server: flask.Flask) -> None:
    silent = [rule.rule for rule in server.url_map.iter_rules() if declared(server, rule.endpoint) is None]
    assert not silent


def _log_in(
    server: flask.Flask, name: str, password: str = PASSWORD, place: str = "192.0.2.1"
) -> FlaskClient:
    client = server.test_client()
    given = {"name": name, "password": password}
    client.last = client.post("/login", data=given, environ_base={"REMOTE_ADDR": place})  # type: ignore[attr-defined]
    return client


@pytest.mark.parametrize("role", ROLES)
def test_each_route_lets_in_each_role_it_is_for(make: Make, role: str) -> None:
    """Every route × role; whom it is not for is told so before anything is read of what was sent."""
    server = make(auth="password")
    client = _log_in(server, role)
    for rule in server.url_map.iter_rules():
        needed = declared(server, rule.endpoint)
        if needed == "open" or rule.rule.startswith(("/_dash", "/static")):
            continue
        path = knocks.addresses(server, ())[0] if rule.rule == "/" else _filled(rule.rule)
        for method in sorted((rule.methods or set()) - {"OPTIONS", "HEAD"}):
            if needed == "admin" and allows(role, "admin"):  # type: ignore[arg-type]
                continue  # what an admin's request does there has tests of its own
            status = client.open(path, method=method).status_code
            may = allows(role, needed or "admin")  # type: ignore[arg-type]
            assert (status == 403) is not may, (role, method, path, needed, status)


def _filled(rule: str) -> str:
    return knocks.re.sub(r"<(?:[^:<>]+:)?([^<>]+)>", lambda part: knocks.VALUES.get(part[1], "1"), rule)


def test_a_logout_ends_every_copy_of_a_cookie_in_every_process(make: Make) -> None:
    first, second = make(auth="password"), make(auth="password")
    client = _log_in(first, "viewer")
    cookie = client.get_cookie("aftershock")
    assert cookie is not None
    copy = second.test_client()
    copy.set_cookie("aftershock", cookie.value)
    assert copy.get("/pulse").status_code == 200
    assert client.post("/logout").status_code == 303
    assert copy.get("/pulse").status_code == 401
    again = first.test_client()
    again.set_cookie("aftershock", cookie.value)
    assert again.get("/pulse").status_code == 401


def test_wrong_passwords_are_counted_for_all_processes_and_shut_nobody_else_out(make: Make) -> None:
    first, second = make(auth="password"), make(auth="password")
    reader = _log_in(first, "viewer", place="192.0.2.50")
    tried = [
        _log_in((first, second)[at % 2], "admin", "wrong", "192.0.2.50").last.status_code  # type: ignore[attr-defined]
        for at in range(30)
    ]
    assert 429 in tried[:8] and set(tried[8:]) == {429}
    assert reader.get("/pulse").status_code == 200
    assert _log_in(second, "editor", place="192.0.2.50").last.status_code == 303  # type: ignore[attr-defined]
    assert _log_in(second, "admin", place="192.0.2.51").last.status_code == 303  # type: ignore[attr-defined]
    assert _log_in(second, "admin", place="192.0.2.50").last.status_code == 429  # type: ignore[attr-defined]


@pytest.mark.parametrize("password", ["aaaaaaaaaaaa", "abababababab", "111111111111", "            "])
def test_a_password_of_nothing_is_refused(make: Make, tmp_path: Path, password: str) -> None:
    from app.auth.users import UserError

    with pytest.raises(UserError):
        Users(tmp_path / "users").put("ada", "viewer", password)


def test_a_second_login_ends_the_one_that_the_browser_had(make: Make) -> None:
    server = make(auth="password")
    client = _log_in(server, "viewer")
    cookie = client.get_cookie("aftershock")
    assert cookie is not None
    copy = server.test_client()
    copy.set_cookie("aftershock", cookie.value)
    assert copy.get("/pulse").status_code == 200
    assert client.post("/login", data={"name": "editor", "password": "wrong"}).status_code == 401
    assert client.get("/pulse").status_code == 200, "a wrong password ends nothing"
    assert client.post("/login", data={"name": "editor", "password": PASSWORD}).status_code == 303
    assert (client.get("/pulse").status_code, copy.get("/pulse").status_code) == (200, 401)


@pytest.mark.parametrize(("name", "role"), [("local", "admin"), ("reader", "viewer")])
def test_whom_a_proxy_names_signs_as_himself(make: Make, name: str, role: str) -> None:
    """Also when he is called as those are whom nobody names, and may do what they may."""
    server = make(auth="proxy", proxies="10.1.0.0/16", proxy_role=role)
    said = {"X-Forwarded-User": name}
    with server.test_request_context("/", headers=said, environ_base={"REMOTE_ADDR": "10.1.0.1"}):
        assert server.preprocess_request() is None
        assert named() == name


def test_no_network_takes_every_place_where_passwords_are_looked_at() -> None:
    places, taken = Places(patience=0.0), ExitStack()
    asked = ["a", "a", "a", "b", "c", "d"]
    assert [taken.enter_context(places.one(network)) for network in asked] == [
        True,
        True,
        False,
        True,
        True,
        False,
    ]
    taken.close()
    assert [taken.enter_context(places.one("a")) for _ in range(3)] == [True, True, False]


def test_whoever_waits_for_a_place_gets_the_next_and_few_wait() -> None:
    places, came, first = Places(patience=60.0), [], ExitStack()
    assert all(first.enter_context(places.one("a")) for _ in range(2))

    def wait() -> None:
        with places.one("a") as found:
            came.append(found)

    threads = [threading.Thread(target=wait) for _ in range(5)]
    for thread in threads:
        thread.start()
    wait_for(lambda: len(came) == 3)
    assert came == [False] * 3, "two wait, and take no more threads than that"
    first.close()
    for thread in threads:
        thread.join(20)
    assert came == [False] * 3 + [True] * 2


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        ("admin", 200),
        (" admin\t", 200),  # a header's own spaces are none of its value
        ("admin\u00a0", 401),
        ("\u2003admin", 401),
        ("admin\x85", 401),
        ("adm\u200bin", 401),
        ("\u202enimda", 401),
        ("a" * 65, 401),
        ("Jürgen Weiß", 403),
    ],
)
def test_no_name_becomes_another_by_what_is_taken_off(
    doors_of_a_proxy: flask.Flask, sent: str, status: int
) -> None:
    """Somebody may call himself so at the proxy; the measure is a route of admins."""
    asked = doors_of_a_proxy.test_client().post(
        "/data/held/999999",
        data={"do": "confirm", "reason": "a wrong unit"},
        headers={"X-Forwarded-User": sent.encode().decode("latin-1")},
        environ_base={"REMOTE_ADDR": "10.1.0.1"},
    )
    assert asked.status_code == (409 if status == 200 else status), asked.get_data(as_text=True)

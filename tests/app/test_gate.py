"""What a request's head says: whose it is, and how long its body may be."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from app.auth.users import Users
from app.market.market import Market
from app.settings import Settings
from app.web import callback_guard, login, memo_routes
from app.web.application import create_app
from app.web.gate import OUTSIDE, HeadGate
from app.web.server import Head
from tests.app.situations import NOW

PASSWORD = "correct horse battery"
MEMO = "/memo/pdf"


@pytest.fixture
def gate_of(tmp_path: Path, filled: Path) -> Iterator[Any]:
    markets = []

    def made(**doors: Any) -> HeadGate:
        (tmp_path / "cache").symlink_to(filled / "cache")
        settings = Settings(data_dir=tmp_path, now=NOW, **doors)
        Users(settings.users_path).put("ann", "viewer", PASSWORD if settings.auth == "password" else None)
        market = Market(settings)
        markets.append(market)
        return HeadGate(create_app(settings, market=market).server, settings)

    yield made
    for market in markets:
        market.close()


def head(path: str, address: str = "192.0.2.7", **headers: str) -> Head:
    return Head("POST", path, headers, address)


def cookie_of(gate: HeadGate) -> str:
    client = gate._server.test_client()
    given = {"name": "ann", "password": PASSWORD}
    said = client.post("/login", data=given).headers["Set-Cookie"]
    return str(said).partition(";")[0]


def test_a_stranger_may_send_what_a_login_needs(gate_of: Any) -> None:
    gate = gate_of(auth="password", host="0.0.0.0")
    cookie = cookie_of(gate)
    name, _, value = cookie.partition("=")
    forged = f"{name}={value[:-4]}AAAA"
    for path in (MEMO, callback_guard.CALLBACK, "/events", "/nowhere", "/login/../memo/pdf"):
        known = path.startswith("/login")
        for sent in (
            {},
            {"COOKIE": "other=1"},
            {"COOKIE": forged},
            {"COOKIE": f"{name}=x"},
            {"COOKIE": "=;"},
        ):
            assert gate.most(head(path, **sent)) == (login.MOST if known else OUTSIDE), (path, sent)
    assert gate.most(head("/login")) == login.MOST
    assert gate.most(head(MEMO, COOKIE=f"view=1280-dark; {cookie}")) == memo_routes.MOST_BODY
    assert gate.most(head("/events", COOKIE=cookie)) == callback_guard.MOST_BODY
    assert gate.most(head("/login", COOKIE=cookie)) == login.MOST


def test_a_listed_proxy_says_who_it_is(gate_of: Any) -> None:
    gate = gate_of(auth="proxy", host="0.0.0.0", proxies="10.0.0.0/24", proxy_header="X-Auth-User")
    assert gate.most(head(MEMO, "10.0.0.1", X_AUTH_USER="bob")) == memo_routes.MOST_BODY
    assert gate.most(head(MEMO, "10.0.0.1")) == OUTSIDE
    assert gate.most(head(MEMO, "10.0.1.1", X_AUTH_USER="bob")) == OUTSIDE
    assert gate.crowd("10.0.0.1") and not gate.crowd("10.0.1.1") and not gate.crowd("no address")
    assert gate.whose(head("/", "10.0.0.1", X_AUTH_USER="bob")) == "user bob"
    assert gate.whose(head("/", "10.0.0.1", X_FORWARDED_FOR="1.1.1.1, 2.2.2.2")) == "2.2.2.2"
    assert gate.whose(head("/", "10.0.1.1", X_AUTH_USER="bob", X_FORWARDED_FOR="1.1.1.1")) == "10.0.1.1"


def test_everybody_reads_without_a_login(gate_of: Any) -> None:
    gate = gate_of()
    assert gate.most(head(MEMO)) == memo_routes.MOST_BODY
    assert gate.whose(head("/", COOKIE="aftershock=x")) == "192.0.2.7"


def test_a_session_has_turns_of_its_own(gate_of: Any) -> None:
    gate = gate_of(auth="password", host="0.0.0.0")
    cookie = cookie_of(gate)
    own = {gate.whose(head("/", place, COOKIE=f"a=1; {cookie}")) for place in ("192.0.2.7", "192.0.2.8")}
    assert len(own) == 1 and "192.0.2.7" not in own
    assert gate.whose(head("/")) == "192.0.2.7"


def test_an_invented_cookie_gives_no_turn(gate_of: Any) -> None:
    gate = gate_of(auth="password", host="0.0.0.0", proxies="10.0.0.0/24")
    name, _, value = cookie_of(gate).partition("=")
    invented = [f"{name}={number}.a.b" for number in range(5)] + [f"{name}={value[:-3]}AAA", f"{name}="]
    assert {gate.whose(head("/", COOKIE=cookie)) for cookie in invented} == {"192.0.2.7"}
    assert {
        gate.whose(head("/", "10.0.0.1", COOKIE=cookie, X_FORWARDED_FOR=f"{cookie}, 198.51.100.1"))
        for cookie in invented
    } == {"198.51.100.1"}
    # One that another site has set beside ours takes nobody's turn away.
    for beside in (
        f"{name}=x; {name}={value}",
        f"a={name}; {name}={value}",
        f"{name}=x, __Host-{name}={value}",
    ):
        assert gate.whose(head("/", COOKIE=beside)) == "user ann", beside
    assert gate.whose(head("/", COOKIE=f"not{name}={value}")) == "192.0.2.7"


def test_a_network_of_ipv6_is_one_stranger(gate_of: Any) -> None:
    gate = gate_of(auth="password", host="0.0.0.0", proxies="10.0.0.0/24")
    assert {gate.whose(head("/", f"2001:db8:1:2::{number:x}")) for number in range(9)} == {
        "2001:db8:1:2::/64"
    }
    assert gate.whose(head("/", "2001:db8:1:3::1")) != gate.whose(head("/", "2001:db8:1:2::1"))


def test_an_address_of_ipv4_is_one_in_the_clothes_of_ipv6_too(gate_of: Any) -> None:
    gate = gate_of(auth="proxy", host="0.0.0.0", proxies="10.0.0.0/24")
    assert gate.crowd("::ffff:10.0.0.1") and not gate.crowd("::ffff:10.0.1.1") and not gate.crowd("::1")
    assert gate.most(head(MEMO, "::ffff:10.0.0.1", X_FORWARDED_USER="bob")) == memo_routes.MOST_BODY
    one, other = (gate.whose(head("/", f"::ffff:192.0.2.{number}")) for number in (7, 8))
    assert (one, other) == ("192.0.2.7", "192.0.2.8")


def test_the_word_of_a_proxy_is_taken_once(gate_of: Any) -> None:
    assert gate_of(auth="proxy", proxies="10.0.0.0/24", proxy_header="X-Auth-User").believed == (
        b"x-auth-user",
    )

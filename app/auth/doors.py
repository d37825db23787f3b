"""The doors: who asks, what they may do, where a request comes from, and what browsers are told to forbid.

Every request passes through here and is decided by the route it leads to, never by how its address is
written. A route says with :func:`needs` whom it is for, or with :func:`opens` that it is for everybody.
One that says nothing is for a viewer to read and an editor to change, and the suite asks each to say it;
an address that leads nowhere is for whoever may read. What changes something (any method but GET, HEAD and
OPTIONS) must come from a page of this dashboard.
"""

from __future__ import annotations

import ipaddress
import unicodedata
from collections.abc import Callable
from typing import Any, Literal, TypeVar
from urllib.parse import quote

import flask
import flask.typing

from app.auth.dash_routes import CALLBACK, SUITES
from app.auth.rate_limiter import Limiter
from app.auth.refusals import Refusal
from app.auth.users import LONGEST_NAME, Role, User, Users, allows
from app.settings import Settings
from models.urls import address_in, host_of, name_of_host

F = TypeVar("F", bound=Callable[..., Any])
SAFE = ("GET", "HEAD", "OPTIONS")
Need = Literal["open", "viewer", "editor", "admin"]
# Dash's own routes, by endpoint. Its scripts are for whoever reads its pages; the login page has none.
DASH: dict[str, Need] = {
    "/": "viewer",
    "/<path:path>": "viewer",
    "/_dash-layout": "viewer",
    "/_dash-dependencies": "viewer",
    CALLBACK: "viewer",
    "/_reload-hash": "viewer",
    "/_dash-component-suites/<string:package_name>/<path:fingerprinted_path>": "viewer",
    "_dash_assets.static": "viewer",
    "static": "viewer",
    "/_favicon.ico": "open",
    "/healthz": "open",
}
WRITES, WRITES_WITHIN = 600, 60.0
LONGEST_BACK = 512
"""Characters of an address that a login leads back to; a longer one leads to the first page."""
LOCAL = User("local", "admin")
STRANGER = User("reader", "viewer")
NOBODY = User("", "nobody")

# No script but ours, none inline: what Dash would write into the page comes from files here. Plotly and
# Dash set styles on elements, which has no other way; pictures are drawn to data: and blob: addresses.
POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self' 'unsafe-inline'",
        "img-src 'self' data: blob:",
        "font-src 'self'",
        "connect-src 'self'",
        "manifest-src 'self'",
        "worker-src 'none'",
        "frame-src 'none'",
        "object-src 'none'",
        "base-uri 'self'",
        "form-action 'self'",
        "frame-ancestors 'none'",
    )
)
HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    # Copying a picture needs the clipboard of our own page; nothing else of the browser is used.
    "Permissions-Policy": "accelerometer=(), camera=(), display-capture=(), geolocation=(), gyroscope=(), "
    "microphone=(), midi=(), payment=(), usb=(), clipboard-write=(self)",
}


def needs(role: Role) -> Callable[[F], F]:
    """Say whom a route is for; without a word it is a viewer to read and an editor to change."""

    def marked(route: F) -> F:
        route.need = role  # type: ignore[attr-defined]
        return route

    return marked


def opens(route: F) -> F:
    """Say that a route is for everybody: it gives nothing of what the dashboard knows, or asks for itself."""
    route.need = "open"  # type: ignore[attr-defined]
    return route


def declared(server: flask.Flask, endpoint: str) -> Need | None:
    """Whom a route is for by its own word or by the list of Dash's; None when neither says."""
    said: Need | None = getattr(server.view_functions.get(endpoint), "need", None)
    return said or DASH.get(endpoint)


def reader() -> User:
    """Who asks; nobody, until the doors have said who."""
    found: User = flask.g.get("reader", NOBODY) if flask.has_request_context() else NOBODY
    return found


def named() -> str:
    """The name of whoever logged in; empty on one's own machine, where nobody has to."""
    found = reader()
    # By identity: a proxy may name somebody who is called as ours are, and who then signs as himself.
    nameless = any(found is one for one in (LOCAL, STRANGER, NOBODY))
    return "" if nameless else found.name


def logged_in() -> str:
    """The name of whoever logged in here and so may log out here; empty for all others."""
    return str(flask.session.get("user", "")) if flask.has_request_context() else ""


def may(role: Role) -> bool:
    """Whether who asks may do what a role is needed for: pages hide what they cannot use."""
    return allows(reader().role, role)


def protect(
    server: flask.Flask, settings: Settings, users: Users, alive: Callable[[str], bool] = bool
) -> None:
    """Look at who asks before every route, and put the headers on every answer.

    Register it before any other hook: the first one refuses. ``alive`` tells whether the session of a
    number still stands.
    """
    writes = Limiter(WRITES, WRITES_WITHIN)

    @server.before_request
    def _doors() -> flask.typing.ResponseReturnValue | None:
        request = flask.request
        _check_host(settings)
        changing = request.method not in SAFE
        if changing:
            check_origin()
        # No endpoint: an address, or a method, that nothing here answers. Who may read is told so.
        usual: Need = "editor" if changing and request.endpoint else "viewer"
        needed = declared(server, request.endpoint or "") or usual
        if needed == "open" and request.environ.get("PATH_INFO") == str(request.url_rule):
            return None  # by its own address; another way to write it is an address like any other
        found = who(settings, users, alive)
        if found is None:
            return _outside()
        flask.g.reader = found
        if changing and request.path != CALLBACK and not writes.take(found.name):
            raise Refusal(429, "Too many changes at once; wait a minute.", {"Retry-After": "60"})
        role: Role = "viewer" if needed == "open" else needed
        if not allows(found.role, role):
            raise Refusal(403, f"{found.name} may read here; {_article(role)} may do this.")
        return None

    @server.after_request
    def _headers(answer: flask.Response) -> flask.Response:
        for name, value in HEADERS.items():
            answer.headers.setdefault(name, value)
        if https(settings):
            answer.headers.setdefault("Strict-Transport-Security", "max-age=31536000")
        if flask.request.path.startswith("/_dash-") and not flask.request.path.startswith(SUITES):
            answer.headers.setdefault("Cache-Control", "no-store")
        elif answer.mimetype == "text/html":
            answer.headers.setdefault("Cache-Control", "private, no-cache")
        return answer


def who(settings: Settings, users: Users, alive: Callable[[str], bool] = bool) -> User | None:
    """The user behind a request; None for whoever has to log in first."""
    if settings.auth == "none":
        return LOCAL if settings.loopback else STRANGER
    if settings.auth == "proxy":
        return _named_by_proxy(settings, users)
    kept = flask.session
    user = users.get(str(kept.get("user", "")))
    if user is None or not user.hash or kept.get("mark") != user.mark:
        return None
    return user if alive(str(kept.get("number", ""))) else None


def _named_by_proxy(settings: Settings, users: Users) -> User:
    """The user whom a listed proxy names; anyone else's word is not heard."""
    if not from_proxy(settings):
        raise Refusal(403, "Come through the proxy in front of this dashboard; it says who you are.")
    name = _name_in(flask.request.headers.get(settings.proxy_header, ""))
    return users.get(name) or User(name, settings.proxy_role)


def _name_in(header: str) -> str:
    """The name in a header, whose bytes come as Latin-1 and are UTF-8.

    Raises
    ------
    Refusal
        If there is none, or none that can be written. A long one is not cut, nor are spaces of other kinds
        than a header's own taken off: what is left may be another's name.
    """
    try:
        name = unicodedata.normalize("NFC", header.encode("latin-1").decode("utf-8").strip(" \t"))
    except UnicodeError:
        raise Refusal(401, "The proxy in front of this dashboard names you in no UTF-8; set it to.") from None
    if not name:
        raise Refusal(401, "The proxy in front of this dashboard did not say who you are; log in there.")
    if len(name) > LONGEST_NAME or not name.isprintable():
        raise Refusal(
            401,
            "The proxy in front of this dashboard names you by what is no name of "
            f"{LONGEST_NAME} characters at most; set it to name you otherwise.",
        )
    return name


def from_proxy(settings: Settings) -> bool:
    """Whether a request came from one of the listed proxies."""
    return _inside(flask.request.remote_addr or "", settings)


def _inside(text: str, settings: Settings) -> bool:
    found = address_in(text)
    if found is None:
        return False
    address = ipaddress.ip_address(found)
    return any(address in network for network in settings.trusted_proxies)


def client(settings: Settings) -> str:
    """The address a request came from: the last one before the listed proxies."""
    hops = flask.request.headers.get("X-Forwarded-For", "").split(",")
    found = flask.request.remote_addr or ""
    while hops and _inside(found, settings):
        # What is no address, nobody has come from: the proxy that says it answers for it.
        hop = address_in(hops.pop())
        if hop is None:
            break
        found = hop
    return address_in(found) or found[:64]


def https(settings: Settings) -> bool:
    """Whether the browser came over https, by the word of a listed proxy."""
    return from_proxy(settings) and flask.request.headers.get("X-Forwarded-Proto", "").lower() == "https"


def check_origin() -> None:
    """Refuse what another site makes a browser send.

    Raises
    ------
    Refusal
        If the browser says that another site asked. A program that says nothing is no browser.
    """
    headers = flask.request.headers
    site = headers.get("Sec-Fetch-Site")
    origin = headers.get("Origin")
    if site is not None:
        own = site in ("same-origin", "none")
    else:
        own = origin is None or host_of(origin) == flask.request.host.lower()
    if not own:
        raise Refusal(403, "This was sent from another site; use the pages of this dashboard.")


def _check_host(settings: Settings) -> None:
    """Without a login this machine alone is served, under its own names.

    Any other name leads here through a resolver that somebody may have turned, to read as our reader does.
    """
    if settings.auth != "none" or not settings.loopback:
        return
    name = name_of_host(flask.request.host)
    if name in ("localhost", settings.host.lower()) or name.endswith(".localhost"):
        return
    try:
        if ipaddress.ip_address(name).is_loopback:
            return
    except ValueError:
        pass
    raise Refusal(
        421,
        "Without a login this dashboard answers to localhost alone; set AFTERSHOCK_AUTH=password or proxy.",
    )


def _article(role: Role) -> str:
    return f"an {role}" if role[0] in "ae" else f"a {role}"


def _outside() -> flask.typing.ResponseReturnValue:
    """A page leads to the login; data say that one is needed; neither says whether the address is one."""
    request = flask.request
    if (
        request.method == "GET"
        and request.accept_mimetypes.accept_html
        and "text/html" in str(request.headers.get("Accept", ""))
    ):
        back = quote(quote(request.full_path.rstrip("?"), safe="/?=&,"), safe="/")
        there = f"/login?next={back}" if len(back) <= LONGEST_BACK else "/login"
        # A body of its own: the usual one repeats the address.
        return flask.Response("Log in first.", 303, {"Location": there}, mimetype="text/plain")
    raise Refusal(401, "Log in first, at /login.")

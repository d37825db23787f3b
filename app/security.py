"""The doors: who asks, what they may do, where a request comes from, and what browsers are told to forbid.

Every route passes through here. What changes something (any method but GET, HEAD and OPTIONS) must come
from a page of this dashboard and needs an editor; a route that needs more says so with :func:`needs`.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Callable
from typing import Any, TypeVar
from urllib.parse import quote, urlsplit

import flask
import flask.typing

from app.guard import CALLBACK, SUITES
from app.limiting import Limiter
from app.refusing import Refusal
from app.settings import Settings
from app.users import Role, User, Users, allows

F = TypeVar("F", bound=Callable[..., Any])
SAFE = ("GET", "HEAD", "OPTIONS")
# Code, style and health: nothing of what the dashboard knows. /metrics looks for itself who asks.
OPEN = ("/file/", SUITES, "/healthz", "/readyz", "/metrics", "/login", "/logout", "/_favicon.ico")
WRITES, WRITES_WITHIN = 600, 60.0
LOCAL = User("local", "admin")
STRANGER = User("reader", "viewer")

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
    """Say what a route needs; without a word it is a viewer to read and an editor to change."""

    def marked(route: F) -> F:
        route.needed_role = role  # type: ignore[attr-defined]
        return route

    return marked


def reader() -> User:
    """Who asks, in a request; on this machine without a login, its owner."""
    found: User = flask.g.get("reader", LOCAL) if flask.has_request_context() else LOCAL
    return found


def named() -> str:
    """The name of whoever logged in; empty on one's own machine, where nobody has to."""
    found = reader()
    return "" if found in (LOCAL, STRANGER) else found.name


def logged_in() -> str:
    """The name of whoever logged in here and so may log out here; empty for all others."""
    return str(flask.session.get("user", "")) if flask.has_request_context() else ""


def may(role: Role) -> bool:
    """Whether who asks may do what a role is needed for: pages hide what they cannot use."""
    return allows(reader().role, role)


def protect(server: flask.Flask, settings: Settings, users: Users) -> None:
    """Look at who asks before every route, and put the headers on every answer.

    Register it before any other hook: the first one refuses.
    """
    writes = Limiter(WRITES, WRITES_WITHIN)

    @server.before_request
    def _doors() -> flask.typing.ResponseReturnValue | None:
        request = flask.request
        _check_host(settings)
        changing = request.method not in SAFE
        if changing:
            check_origin()
        if request.path.startswith(OPEN):
            return None
        found = who(settings, users)
        if found is None:
            return _outside()
        flask.g.reader = found
        if changing and request.path != CALLBACK and not writes.take(found.name):
            raise Refusal(429, "Too many changes at once; wait a minute.", {"Retry-After": "60"})
        _check_role(server, found)
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


def who(settings: Settings, users: Users) -> User | None:
    """The user behind a request; None for whoever has to log in first."""
    if settings.auth == "none":
        return LOCAL if settings.loopback else STRANGER
    if settings.auth == "proxy":
        return _named_by_proxy(settings, users)
    kept = flask.session
    user = users.get(str(kept.get("user", "")))
    return user if user and user.hash and kept.get("mark") == user.mark else None


def _named_by_proxy(settings: Settings, users: Users) -> User:
    """The user whom a listed proxy names; anyone else's word is not heard."""
    name = flask.request.headers.get(settings.proxy_header, "").strip()[:64]
    if not from_proxy(settings):
        raise Refusal(403, "Come through the proxy in front of this dashboard; it says who you are.")
    if not name:
        raise Refusal(401, "The proxy in front of this dashboard did not say who you are; log in there.")
    return users.get(name) or User(name, settings.proxy_role)


def from_proxy(settings: Settings) -> bool:
    """Whether a request came from one of the listed proxies."""
    return _inside(flask.request.remote_addr or "", settings)


def _inside(text: str, settings: Settings) -> bool:
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return False
    return any(address in network for network in settings.trusted_proxies)


def client(settings: Settings) -> str:
    """The address a request came from: the last one before the listed proxies."""
    hops = [part.strip() for part in flask.request.headers.get("X-Forwarded-For", "").split(",")]
    found = flask.request.remote_addr or ""
    while hops and _inside(found, settings):
        found = hops.pop() or found
    return found[:64]


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
        own = origin is None or _host_of(origin) == flask.request.host.lower()
    if not own:
        raise Refusal(403, "This was sent from another site; use the pages of this dashboard.")


def _host_of(origin: str) -> str | None:
    try:
        return urlsplit(origin).netloc.lower() or None
    except ValueError:
        return None


def _check_host(settings: Settings) -> None:
    """Without a login this machine alone is served, under its own names.

    Any other name leads here through a resolver that somebody may have turned, to read as our reader does.
    """
    if settings.auth != "none" or not settings.loopback:
        return
    name = flask.request.host.rsplit(":", 1)[0].strip("[]").lower()
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


def _check_role(server: flask.Flask, found: User) -> None:
    request = flask.request
    route = server.view_functions.get(request.endpoint or "")
    usual: Role = "viewer" if request.method in SAFE or request.path == CALLBACK else "editor"
    needed: Role = getattr(route, "needed_role", usual)
    if not allows(found.role, needed):
        raise Refusal(403, f"{found.name} may read here; {_article(needed)} may do this.")


def _article(role: Role) -> str:
    return f"an {role}" if role[0] in "ae" else f"a {role}"


def _outside() -> flask.typing.ResponseReturnValue:
    """A page leads to the login; data say that one is needed."""
    request = flask.request
    if (
        request.method == "GET"
        and request.accept_mimetypes.accept_html
        and "text/html" in str(request.headers.get("Accept", ""))
    ):
        back = quote(request.full_path.rstrip("?"), safe="/?=&,")
        return flask.redirect(f"/login?next={quote(back, safe='/')}", 303)
    raise Refusal(401, "Log in first, at /login.")

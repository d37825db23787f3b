"""What is said of a request by its head alone, before its body is read: how long it may be, and whose it is.

The doors of :mod:`app.auth.doors` look at every request again once it is whole.
"""

from __future__ import annotations

import ipaddress
from http.cookies import CookieError

import flask
from werkzeug.http import parse_cookie
from werkzeug.test import create_environ

from app.settings import Settings
from app.web import callback_guard, login, memo_routes
from app.web.server import Head, No

OUTSIDE = No("401 Unauthorized", "Log in first, at /login.")
LONGEST = {"/memo/": memo_routes.MOST_BODY, "/login": login.MOST, "/logout": login.MOST}
"""Bytes by the beginning of a path; elsewhere ``guard.MOST_BODY``, of which a route may allow less."""


class HeadGate:
    """The gate of a dashboard's server."""

    def __init__(self, server: flask.Flask, settings: Settings) -> None:
        self._server, self._settings = server, settings

    def most(self, head: Head) -> int | No:
        """How many bytes a body may have; a stranger's has no more than a login needs."""
        most = next(
            (most for path, most in LONGEST.items() if head.path.startswith(path)), callback_guard.MOST_BODY
        )
        return most if most <= login.MOST or self._reads(head) else OUTSIDE

    def whose(self, head: Head) -> str:
        """The session, the user whom a proxy names, or the address.

        Nothing is checked: whoever writes another name shares that one's turn and gets no more of it.
        """
        address = head.address
        if self._settings.auth == "password":
            cookies = parse_cookie(head.headers.get("COOKIE", ""))
            kept = next((value for name, value in cookies.items() if name.endswith("aftershock")), "")
            if kept:
                return f"session {kept[:400]}"
        if not self.crowd(address):
            return address
        named = self._named(head) if self._settings.auth == "proxy" else ""
        before = head.headers.get("X_FORWARDED_FOR", "").rpartition(",")[2].strip()
        return (f"user {named}" if named else before[:64]) or address

    def crowd(self, address: str) -> bool:
        """Whether it is one of the listed proxies."""
        try:
            found = ipaddress.ip_address(address)
        except ValueError:
            return False
        return any(found in network for network in self._settings.trusted_proxies)

    def _named(self, head: Head) -> str:
        return head.headers.get(self._settings.proxy_header.upper().replace("-", "_"), "").strip()[:64]

    def _reads(self, head: Head) -> bool:
        """Whether whoever asks has logged in, as far as a head proves it: a proxy's word, or a signature.

        Whether that user is still there is the doors' question; the database is not asked here.
        """
        if self._settings.auth == "none":
            return True
        if self._settings.auth == "proxy":
            return self.crowd(head.address) and bool(self._named(head))
        sent = {name.replace("_", "-"): head.headers[name] for name in _OF_SESSION if name in head.headers}
        try:
            environ = create_environ(headers=sent)
            environ["REMOTE_ADDR"] = head.address
            with self._server.request_context(environ):
                return bool(flask.session.get("user"))
        except (CookieError, ValueError, RuntimeError):
            return False


_OF_SESSION = ("COOKIE", "HOST", "X_FORWARDED_PROTO", "X_FORWARDED_FOR", "USER_AGENT")

"""What is said of a request by its head alone, before its body is read: how long it may be, and whose it is.

The doors of :mod:`app.auth.doors` look at every request again once it is whole.
"""

from __future__ import annotations

import ipaddress
import re
from itertools import islice
from types import SimpleNamespace
from typing import cast

import flask
from flask.sessions import SecureCookieSessionInterface

from app.auth.users import LONGEST_NAME
from app.settings import Settings
from app.web import callback_guard, login, memo_routes
from app.web.server import Head, No
from models.urls import address_in, network_of

OUTSIDE = No("401 Unauthorized", "Log in first, at /login.")
LONGEST = {"/memo/": memo_routes.MOST_BODY, "/login": login.MOST, "/logout": login.MOST}
"""Bytes by the beginning of a path; elsewhere ``callback_guard.MOST_BODY``; a route may allow less."""


class HeadGate:
    """The gate of a dashboard's server."""

    def __init__(self, server: flask.Flask, settings: Settings) -> None:
        self._server, self._settings = server, settings
        self._cookies = SecureCookieSessionInterface()
        named = settings.auth == "proxy"
        self.believed = (settings.proxy_header.lower().encode("latin-1", "replace"),) if named else ()

    def most(self, head: Head) -> int | No:
        """How many bytes a body may have; a stranger's has no more than a login needs."""
        most = next(
            (most for path, most in LONGEST.items() if head.path.startswith(path)), callback_guard.MOST_BODY
        )
        return most if most <= login.MOST or self._reads(head) else OUTSIDE

    def whose(self, head: Head) -> str:
        """The user whom a cookie or a proxy proves, or the network it comes from.

        A cookie that proves nothing gives no turn: whoever invents them would get as many as he likes.
        """
        address = network_of(head.address)
        if self._settings.auth == "password" and (user := self._logged_in(head)):
            return f"user {user}"
        if not self.crowd(head.address):
            return address
        named = self._named(head) if self._settings.auth == "proxy" else ""
        before = address_in(head.headers.get("X_FORWARDED_FOR", "").rpartition(",")[2])
        return (f"user {named}" if named else network_of(before or "")) or address

    def crowd(self, address: str) -> bool:
        """Whether it is one of the listed proxies."""
        bare = address_in(address)
        if bare is None:
            return False
        found = ipaddress.ip_address(bare)
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
        return bool(self._logged_in(head))

    def _logged_in(self, head: Head) -> str:
        """The user of a cookie that we have signed; empty for any other.

        Looked for by hand: reading 60 kB of cookies takes a tenth of a second, in which nobody is served.
        """
        for found in islice(_COOKIE.finditer(head.headers.get("COOKIE", "")), _COOKIES):
            # All that is looked at of a request is the cookie of the name in Flask's settings.
            sent = SimpleNamespace(cookies={self._server.config["SESSION_COOKIE_NAME"]: found[1]})
            kept = self._cookies.open_session(self._server, cast("flask.Request", sent))
            if kept:
                return str(kept.get("user", ""))[:LONGEST_NAME]
        return ""


_COOKIES = 4
"""How many of the name are looked at: http and https have one each."""
_COOKIE = re.compile(r"(?:^|[;,] ?)(?:__Host-)?aftershock=([\w.-]{1,2048})(?=[;,]|$)", re.ASCII)

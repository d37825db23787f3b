"""What those ask who watch over the server: is it alive, may it be given readers, how does it do."""

from __future__ import annotations

import hmac
import threading
import time
from collections.abc import Callable
from ipaddress import ip_address

import flask
import orjson

from app.auth.doors import from_proxy, opens
from app.auth.refusals import Refusal
from app.market.market import Market
from app.web.metrics import Measures
from models.errors import AftershockError, SchemaNewerError, SchemaOlderError
from models.store.schema import REVISION

KEPT_SECONDS = 5.0
_PASSED_ON = ("X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Proto", "X-Real-IP", "Forwarded", "Via")


def register(server: flask.Flask, market: Market) -> None:
    """Add ``/readyz`` and ``/metrics``; ``/healthz`` is Dash's own and looks at nothing."""
    ready = Kept(lambda: unready(market))
    measures = Measures(market)
    measures.follow(server)

    @server.get("/readyz")
    @opens
    def _ready() -> flask.Response:
        reason = ready()
        body = orjson.dumps({"ready": reason is None, "reason": reason})
        headers = {"Cache-Control": "no-store"}
        return flask.Response(body, 503 if reason else 200, mimetype="application/json", headers=headers)

    @server.get("/metrics")
    @opens  # and looks itself who asks: a program has no login
    def _metrics() -> flask.Response:
        _check_watcher(market)
        headers = {"Cache-Control": "no-store"}
        return flask.Response(measures.text(), content_type=measures.kind, headers=headers)


class Kept:
    """An answer worked out every few seconds at most: probes must not wear the database out."""

    def __init__(self, make: Callable[[], str | None], seconds: float = KEPT_SECONDS) -> None:
        self._make, self._seconds = make, seconds
        self._lock = threading.Lock()
        self._at = float("-inf")
        self._found: str | None = None

    def __call__(self) -> str | None:
        with self._lock:
            if time.monotonic() - self._at >= self._seconds:
                self._found = self._make()
                self._at = time.monotonic()
            return self._found


def unready(market: Market) -> str | None:
    """Why no reader should be sent here yet, as one word; None when all is well.

    Late prices are no reason: a source that is late must not take the pages away.
    """
    try:
        found = market.ask(lambda store: store.schema)
    except SchemaOlderError:
        return "schema_older"
    except SchemaNewerError:
        return "schema_newer"
    except AftershockError:
        return "database"
    if found != REVISION:
        return "schema"
    return None if market.loaded() else "prices"


def _check_watcher(market: Market) -> None:
    """Measures are for this machine, or for who has the token."""
    token = market.settings.metrics_token
    if token is not None:
        given = flask.request.headers.get("Authorization", "").removeprefix("Bearer ")
        if not hmac.compare_digest(given.encode(), token.get_secret_value().encode()):
            raise Refusal(
                401, "Ask with the token of AFTERSHOCK_METRICS_TOKEN.", {"WWW-Authenticate": "Bearer"}
            )
        return
    # What a proxy passes on came from elsewhere, though the proxy be on this machine.
    passed_on = any(name in flask.request.headers for name in _PASSED_ON)
    # A proxy need not say so: from where one is listed, whoever asks may be anybody.
    passed_on = passed_on or from_proxy(market.settings)
    try:
        here = ip_address(flask.request.remote_addr or "").is_loopback and not passed_on
    except ValueError:
        here = False
    if not here:
        raise Refusal(
            403, "Measures are for this machine alone; set AFTERSHOCK_METRICS_TOKEN to read them elsewhere."
        )

"""A number for each request: in its answer, in every line logged for it, and in what a reader is told."""

from __future__ import annotations

import re
import secrets
import time

import flask
import structlog

HEADER = "X-Request-ID"
SLOW_SECONDS = 1.0
_GIVEN = re.compile(r"[\w.-]{8,64}")


def register(server: flask.Flask) -> None:
    """Number every request, and log how it was answered; the first of all hooks."""
    log = structlog.get_logger("aftershock.web")

    @server.before_request
    def _begin() -> None:
        given = flask.request.headers.get(HEADER, "")
        # A proxy's own number is kept, so that its log and ours can be laid beside each other.
        flask.g.request_id = given if _GIVEN.fullmatch(given) else secrets.token_hex(8)
        flask.g.began_at = time.perf_counter()
        structlog.contextvars.clear_contextvars()
        structlog.contextvars.bind_contextvars(request=flask.g.request_id)

    @server.after_request
    def _end(answer: flask.Response) -> flask.Response:
        began = flask.g.get("began_at")
        if began is None:
            return answer
        answer.headers[HEADER] = flask.g.request_id
        seconds = time.perf_counter() - began
        request = flask.request
        # The query holds what a reader looks at, and is nobody's business in a log.
        told = {"method": request.method, "path": request.path[:200], "status": answer.status_code}
        if seconds > SLOW_SECONDS:
            log.warning("slow", **told, seconds=round(seconds, 3))
        else:
            log.info("answered", **told, seconds=round(seconds, 3))
        return answer

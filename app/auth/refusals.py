"""Requests that are refused, and failures of the server: one JSON sentence, never a traceback."""

from __future__ import annotations

import flask
import orjson
import structlog
from werkzeug.exceptions import HTTPException

from app.auth.users import UserError
from models.errors import AftershockError


class Refusal(AftershockError):
    """A request that is not answered; ``status`` is the answer's."""

    def __init__(self, status: int, sentence: str, headers: dict[str, str] | None = None) -> None:
        self.status = status
        self.headers = headers or {}
        super().__init__(sentence)


def said(sentence: str, status: int, headers: dict[str, str] | None = None) -> flask.Response:
    """The answer that says why."""
    body = orjson.dumps({"error": sentence})
    return flask.Response(
        body, status, mimetype="application/json", headers={"Cache-Control": "no-store", **(headers or {})}
    )


def register(server: flask.Flask) -> None:
    """Answer every failure in words."""
    server.config["PROPAGATE_EXCEPTIONS"] = False
    log = structlog.get_logger("aftershock.web")

    @server.errorhandler(Refusal)
    def _refused(error: Refusal) -> flask.Response:
        return said(str(error), error.status, error.headers)

    @server.errorhandler(AftershockError)
    def _cannot(error: AftershockError) -> flask.Response:
        log.warning("cannot", path=flask.request.path, reason=str(error))
        return said(error.public, 503 if isinstance(error, UserError) else 409)

    @server.errorhandler(HTTPException)
    def _http(error: HTTPException) -> flask.Response:
        found = getattr(error, "valid_methods", None)
        allowed = {"Allow": ", ".join(sorted(found))} if found else None
        return said(f"{error.name}: {_first(error.description)}", error.code or 500, allowed)

    @server.errorhandler(Exception)
    def _failed(error: Exception) -> flask.Response:
        number = flask.g.get("request_id", "")
        log.exception("failed", path=flask.request.path, exc_info=error)
        return said(f"The server failed on this; the log has it under {number or 'its time'}.", 500)


def _first(text: str | None) -> str:
    return (text or "").split(". ")[0].rstrip(".") + "."

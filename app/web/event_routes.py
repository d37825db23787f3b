"""What the forms of the Events page send: JSON from this dashboard's own pages, each refusal a sentence."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import flask
import orjson

from app.auth.doors import named, needs
from app.kinds.request import PageRequest
from app.market.event_edits import bring, read_event, store_of
from app.market.event_files import EventFileError, form_of, read_rows, written
from app.market.market import Market
from app.questions.events.facts import facts_of
from models.errors import AftershockError, EventConflictError, EventRefusedError, UnknownEventError
from models.events import Event, plain_event
from models.noting import author
from models.store.events import add_event, edit_event, restore, retire

MOST = 1_000_000
"""The longest body, in bytes."""
SAID = 200
"""The most refused rows of an import that are listed; the sentence counts them all."""
WRITES = ("POST", "PUT", "PATCH", "DELETE")
Answer = Callable[[Mapping[str, Any]], flask.Response]


class SentError(AftershockError):
    """What was sent cannot be read; ``status`` is the answer's."""

    def __init__(self, status: int, sentence: str) -> None:
        self.status = status
        super().__init__(sentence)


def register(server: flask.Flask, market: Market) -> None:
    """Add the routes that write events to the server behind the dashboard."""
    writes: dict[str, Answer] = {
        "add": lambda sent: _add(market, sent),
        "edit": lambda sent: _edit(market, sent),
        "retire": lambda sent: _set(market, sent, retire),
        "restore": lambda sent: _set(market, sent, restore),
        "import": lambda sent: _import(market, sent),
    }

    @server.get("/events/file.<form>")
    @needs("viewer")
    def _file(form: str) -> flask.Response:
        return _export(market, form)

    @server.route("/events/<do>", methods=WRITES)
    @needs("editor")
    def _write(do: str) -> flask.Response:
        try:
            if do not in writes:
                raise SentError(404, "There is nothing to send here; the forms of the Events page say where.")
            _allowed()
            answer = writes[do](_body())
        except EventConflictError as error:
            return _conflict(error)
        except EventRefusedError as error:
            return _json({"error": str(error), "problems": [list(found) for found in error.problems]}, 422)
        except AftershockError as error:
            return _json({"error": str(error)}, _status(error))
        market.noted()
        return answer


def _status(error: AftershockError) -> int:
    if isinstance(error, SentError):
        return error.status
    return 404 if isinstance(error, UnknownEventError) else 409


def _allowed() -> None:
    """Whether a write may be read at all; who may make it, and from where, is for the doors to say.

    A page elsewhere can make a browser send a form here, but no JSON: for that the browser asks first,
    and nobody answers.
    """
    request = flask.request
    if request.method != "POST":
        raise SentError(405, f"Events are changed by POST, not by {request.method}.")
    if request.mimetype != "application/json":
        raise SentError(415, "Events are sent as application/json.")


def _body() -> Mapping[str, Any]:
    """The JSON object that was sent."""
    request = flask.request
    request.max_content_length = MOST + 1
    if (request.content_length or 0) > MOST:
        raise SentError(413, _too_long(request.content_length))
    body = request.stream.read(MOST + 1)
    if len(body) > MOST:
        raise SentError(413, _too_long(None))
    try:
        sent = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise SentError(400, f"What was sent is no JSON: {error}.") from None
    if not isinstance(sent, Mapping):
        raise SentError(400, "What was sent is no JSON object.")
    return sent


def _too_long(length: int | None) -> str:
    given = f" ({length:,d} of {MOST:,d} bytes)" if length else f", more than {MOST:,d} bytes"
    return f"What was sent is too long{given}; shorten it, or send it in parts."


def _by(sent: Mapping[str, Any]) -> str:
    """Who makes a change: whoever is logged in; on one's own machine the name that was typed."""
    return named() or _text(sent, "by")


def _add(market: Market, sent: Mapping[str, Any]) -> flask.Response:
    event, by = read_event(market, _event(sent), _by(sent))
    return _done(add_event(store_of(market), event, by=by, now=market.now()), 201)


def _edit(market: Market, sent: Mapping[str, Any]) -> flask.Response:
    event, by = read_event(market, {**_event(sent), "id": _id(sent)}, _by(sent))
    return _done(
        edit_event(store_of(market), event, expected_version=_version(sent), by=by, now=market.now())
    )


def _set(market: Market, sent: Mapping[str, Any], change: Callable[..., Event]) -> flask.Response:
    by = author(_by(sent))
    version = _version(sent)
    return _done(change(store_of(market), _id(sent), by=by, now=market.now(), expected_version=version))


def _import(market: Market, sent: Mapping[str, Any]) -> flask.Response:
    name, text = _text(sent, "name"), _text(sent, "text")
    try:
        brought = bring(market, read_rows(text, form_of(name)), _by(sent))
    except EventFileError as error:
        raise EventRefusedError((("file", str(error)),)) from None
    return _json({"sentence": brought.sentence, "refused": brought.lines[:SAID], "kept": brought.kept})


def _export(market: Market, form: str) -> flask.Response:
    """The events that the controls of the page leave, as a file that can be brought in again."""
    if form not in ("csv", "json"):
        return _json({"error": "Events leave as file.csv or file.json."}, 404)
    search = flask.request.query_string.decode("ascii", "replace")
    try:
        facts, _ = facts_of(market, PageRequest.of({"path": "/events", "search": f"?{search}"}))
        text = written((line.event for line in facts.lines), form_of(f"events.{form}"))
    except AftershockError as error:
        return _json({"error": str(error)}, 409)
    name = f"aftershock-events-{facts.as_of:%Y%m%d}.{form}"
    headers = {"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"}
    kind = "text/csv" if form == "csv" else "application/json"
    return flask.Response(text, mimetype=kind, headers=headers)


def _event(sent: Mapping[str, Any]) -> Mapping[str, Any]:
    found = sent.get("event")
    if not isinstance(found, Mapping):
        raise SentError(400, "What was sent holds no event.")
    return found


def _id(sent: Mapping[str, Any]) -> str:
    found = _text(sent, "id")
    if not found:
        raise SentError(400, "What was sent does not say which event it is about.")
    return found[:100]


def _version(sent: Mapping[str, Any]) -> int:
    found = sent.get("version")
    if not isinstance(found, int) or isinstance(found, bool) or not 0 < found < 10**9:
        raise SentError(400, "What was sent does not say which version of the event was seen.")
    return found


def _text(sent: Mapping[str, Any], name: str) -> str:
    found = sent.get(name)
    return found if isinstance(found, str) else ""


def _conflict(error: EventConflictError) -> flask.Response:
    """Both versions: what was stored meanwhile, and what was sent, in the words of the store."""
    mine = plain_event(error.mine) if error.mine else None
    return _json({"error": str(error), "mine": mine, "theirs": plain_event(error.theirs)}, 409)


def _done(event: Event, status: int = 200) -> flask.Response:
    return _json({"id": event.id, "version": event.version}, status)


def _json(value: Any, status: int = 200) -> flask.Response:
    body = orjson.dumps(value)
    return flask.Response(body, status, mimetype="application/json", headers={"Cache-Control": "no-store"})

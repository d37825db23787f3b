"""What the forms of the Events page send: JSON from this dashboard's own pages, each refusal a sentence."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import urlsplit

import flask
import orjson

from app.data import Market
from models.errors import AftershockError, EventConflictError, EventRefusedError, UnknownEventError
from models.events import Event, plain_event
from models.noting import Known, author, event_of
from models.store import Store
from models.store.events import add_event, edit_event, restore, retire
from models.universe import Universe

MOST = 1_000_000
"""The longest body, in bytes."""
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
    }

    @server.route("/events/<do>", methods=WRITES)
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
    """The one place that says whether a write may be made at all.

    A page elsewhere can make a browser send a form here, but no JSON: for that the browser asks first,
    and nobody answers. What browsers say of where a request comes from is believed too.
    """
    request = flask.request
    origin = request.headers.get("Origin")
    elsewhere = origin is not None and urlsplit(origin).netloc != request.host
    if elsewhere or request.headers.get("Sec-Fetch-Site", "none") not in ("same-origin", "none"):
        raise SentError(403, "This was sent from another site; events are changed on the Events page.")
    if request.method != "POST":
        raise SentError(405, f"Events are changed by POST, not by {request.method}.")
    if request.mimetype != "application/json":
        raise SentError(415, "Events are sent as application/json.")


def _body() -> Mapping[str, Any]:
    """The JSON object that was sent."""
    request = flask.request
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


def _add(market: Market, sent: Mapping[str, Any]) -> flask.Response:
    event, by = _read(market, sent)
    return _done(add_event(_store(market), event, by=by, now=market.now()), 201)


def _edit(market: Market, sent: Mapping[str, Any]) -> flask.Response:
    event, by = _read(market, {**sent, "event": {**_event(sent), "id": _id(sent)}})
    return _done(edit_event(_store(market), event, expected_version=_version(sent), by=by, now=market.now()))


def _set(market: Market, sent: Mapping[str, Any], change: Callable[..., Event]) -> flask.Response:
    by = author(_text(sent, "by"))
    version = _version(sent)
    return _done(change(_store(market), _id(sent), by=by, now=market.now(), expected_version=version))


def _read(market: Market, sent: Mapping[str, Any]) -> tuple[Event, str]:
    """The event and its author; what is wrong with either is said at once."""
    problems: list[tuple[str, str]] = []
    by, event = "", None
    try:
        by = author(_text(sent, "by"))
    except EventRefusedError as error:
        problems += error.problems
    try:
        event = event_of(_with_symbols(_event(sent), market.universe), _known(market))
    except EventRefusedError as error:
        problems = [*error.problems, *problems]
    if event is None or problems:
        raise EventRefusedError(tuple(problems))
    return event, by


def _known(market: Market) -> Known:
    sessions = market.view().panel.sessions
    return Known.of(market.universe, sessions[0].item() if len(sessions) else None, market.now())


def _with_symbols(raw: Mapping[str, Any], universe: Universe) -> dict[str, Any]:
    """The same with names written as their symbols: people type SK Hynix."""
    symbols = raw.get("symbols")
    if not isinstance(symbols, str):
        return dict(raw)
    named = {item.name.lower(): item.symbol for item in universe.instruments}
    named |= {item.symbol.lower(): item.symbol for item in universe.instruments}
    parts = [part.strip() for part in symbols[:4_000].replace(",", ";").split(";")]
    return {**raw, "symbols": [named.get(part.lower(), part) for part in parts if part]}


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


def _store(market: Market) -> Store:
    return market.store(simulated=market.view().simulated)


def _conflict(error: EventConflictError) -> flask.Response:
    """Both versions: what was stored meanwhile, and what was sent, in the words of the store."""
    mine = plain_event(error.mine) if error.mine else None
    return _json({"error": str(error), "mine": mine, "theirs": plain_event(error.theirs)}, 409)


def _done(event: Event, status: int = 200) -> flask.Response:
    return _json({"id": event.id, "version": event.version}, status)


def _json(value: Any, status: int = 200) -> flask.Response:
    body = orjson.dumps(value)
    return flask.Response(body, status, mimetype="application/json", headers={"Cache-Control": "no-store"})

"""What may reach Dash: callbacks of this dashboard, whole and of a size; scripts that there are.

Dash answers a malformed callback with an error of the server and its traceback in the log. A request that
is not one of ours is told so before Dash sees it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import flask
import orjson
from dash import Dash
from dash.fingerprint import check_fingerprint
from werkzeug.exceptions import RequestEntityTooLarge

from app.auth.dash_routes import CALLBACK, SUITES
from app.auth.refusals import Refusal

MOST = 256 * 1024
"""The longest callback, in bytes."""
MOST_BODY = 2 * 1024 * 1024
"""The longest body of any request, in bytes; a route may allow less."""
LONGEST_PATH = 1024
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_REJECTED = "This is no callback of this dashboard: {}; reload the page."


def register(dash_app: Dash) -> None:
    """Look at every request before Dash does."""
    server: flask.Flask = dash_app.server
    server.config["MAX_CONTENT_LENGTH"] = MOST_BODY

    @server.before_request
    def _guard() -> None:
        path = flask.request.path
        if _CONTROL.search(path):
            raise Refusal(404, "There is no page at this address.")
        if path.startswith(SUITES):
            _script(dash_app, path.removeprefix(SUITES))
        elif path == CALLBACK and flask.request.method == "POST":
            check(dash_app.callback_map, body())


def body() -> Any:
    """The JSON of a callback.

    Raises
    ------
    Refusal
        If it is too long, not announced as JSON, or none.
    """
    flask.request.max_content_length = MOST
    if not flask.request.is_json:
        raise Refusal(415, "Callbacks are sent as application/json.")
    try:
        # Kept, for Dash reads it again.
        return orjson.loads(flask.request.get_data(cache=True))
    except RequestEntityTooLarge:
        raise Refusal(413, f"A callback has {MOST:,} bytes at most; reload the page.") from None
    except orjson.JSONDecodeError:
        raise Refusal(400, _REJECTED.format("it cannot be read as JSON")) from None


def check(callbacks: Mapping[str, Mapping[str, Any]], sent: Any) -> None:
    """Refuse what is not a whole callback of those there are.

    Raises
    ------
    Refusal
        If it names another output, input or state than the callback has, or is laid out otherwise.
    """
    if not isinstance(sent, dict):
        raise Refusal(400, _REJECTED.format("it is no object"))
    output = sent.get("output")
    known = callbacks.get(output) if isinstance(output, str) else None
    if known is None or "callback" not in known:
        raise Refusal(400, _REJECTED.format("nothing here has that output"))
    assert isinstance(output, str)
    outputs = sent.get("outputs")
    # One output is sent as itself, several as a list.
    if _names([outputs] if isinstance(outputs, dict) else outputs) != _outputs(output):
        raise Refusal(400, _REJECTED.format("its outputs are others"))
    for part, wanted in (("inputs", known["inputs"]), ("state", known["state"])):
        if _names(sent.get(part, [])) != [(item["id"], item["property"]) for item in wanted]:
            raise Refusal(400, _REJECTED.format(f"its {part} are others"))
    changed = sent.get("changedPropIds", [])
    if not isinstance(changed, list) or not all(isinstance(item, str) for item in changed):
        raise Refusal(400, _REJECTED.format("what changed is no list of names"))


def _names(sent: Any) -> list[tuple[str, str]] | None:
    """The id and property of each part; None when it is no list of such."""
    if not isinstance(sent, list):
        return None
    found = []
    for item in sent:
        if not isinstance(item, dict):
            return None
        named = item.get("id"), item.get("property")
        if not isinstance(named[0], str) or not isinstance(named[1], str):
            return None
        found.append((named[0], named[1]))
    return found


def _outputs(output: str) -> list[tuple[str, str]]:
    """What the name of a callback says it writes: ``a.b``, or ``..a.b...c.d..``."""
    several = output.startswith("..") and output.endswith("..")
    parts = output[2:-2].split("...") if several else [output]
    return [(name, kind) for name, _, kind in (part.rpartition(".") for part in parts)]


def _script(dash_app: Dash, path: str) -> None:
    package, _, file = path.partition("/")
    if not file or check_fingerprint(file)[0] not in dash_app.registered_paths.get(package, ()):
        raise Refusal(404, "There is no such script.")

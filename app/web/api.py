"""The questions for other programs: ``/api/v1/<question>``, with ``.json`` or ``.csv`` for the form.

What a route gives is byte for byte what the command of the same name prints; its parameters are called as
in the addresses of pages. What cannot be used is refused in one sentence instead of being passed over.
"""

from __future__ import annotations

import flask

from app.auth.doors import needs
from app.kinds.parameters import ParameterError, Reading, read_params
from app.market.market import Market
from app.market.plain import json_text
from app.questions import QUESTIONS, question
from models.errors import AftershockError

TYPES = {"json": "application/json", "csv": "text/csv; charset=utf-8"}


def register(server: flask.Flask, market: Market) -> None:
    """Add the routes of questions to the server behind the dashboard."""

    @server.get("/api/v1/<name>")
    @needs("viewer")
    def _question(name: str) -> flask.Response:
        stem, _, form = name.partition(".")
        if stem not in QUESTIONS or form not in ("", *TYPES):
            names = ", ".join(QUESTIONS)
            return _refused(
                f"There is no question {name[:40]!r}; there are {names}, each .json or .csv.", 404
            )
        return _answered(market, stem, form or "json")


def _answered(market: Market, name: str, form: str) -> flask.Response:
    given = flask.request.args
    twice = next((key for key in given if len(given.getlist(key)) > 1), None)
    if twice is not None:
        return _refused(f"{twice[:40]} is given {len(given.getlist(twice))} times; give it once.", 400)
    asked = question(name)
    try:
        params, left = read_params(asked.params, given, Reading(market.universe, market.now()))
        answer = asked.answer(market, params)
    except ParameterError as error:
        return _refused(str(error), 400)
    except AftershockError as error:
        return _refused(str(error), 409)
    text = answer.json() if form == "json" else answer.csv()
    response = flask.Response(text if text.endswith("\n") else f"{text}\n", content_type=TYPES[form])
    response.headers["Cache-Control"] = "no-store"
    if left:
        response.headers["X-Left-Out"] = " ".join(left).encode("ascii", "replace").decode()
    return response


def _refused(sentence: str, status: int) -> flask.Response:
    return flask.Response(json_text({"error": sentence}) + "\n", status, content_type=TYPES["json"])

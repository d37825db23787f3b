"""Routes of presenter mode: slides and figures on frozen prices, and what has come in since."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import flask
import orjson

from app.auth.doors import needs
from app.kinds.request import Mode
from app.web.presenter.address import Presentation, presentation
from app.web.presenter.presenter import Presenter
from models.errors import AftershockError

Answer = Callable[[str, Presentation, str], Any]


def register(server: flask.Flask, presenter: Presenter) -> None:
    """Add the routes. ``_p`` is the page, ``_k`` the token of the frozen prices; the rest is the address."""

    @server.get("/present/slide")
    @needs("viewer")
    def _present_slide() -> flask.Response:
        return _answered(presenter.slide)

    @server.get("/present/figure")
    @needs("viewer")
    def _present_figure() -> flask.Response:
        args = flask.request.args
        size = args.get("_w", 1280, type=int), args.get("_h", 480, type=int)
        mode: Mode = "light" if args.get("_t") == "light" else "dark"
        return _answered(lambda path, asked, token: presenter.figure(path, asked, token, mode, size))

    @server.get("/present/news")
    @needs("viewer")
    def _present_news() -> flask.Response:
        return _answered(lambda _path, asked, token: {"sentence": presenter.news(asked, token).sentence})

    @server.get("/present/open")
    @needs("viewer")
    def _present_open() -> flask.Response:
        return _answered(lambda _path, _asked, _token: presenter.opened())


def _answered(answer: Answer) -> flask.Response:
    raw = flask.request.query_string.decode("ascii", "replace")
    search = "&".join(part for part in raw.split("&") if not part.startswith("_"))
    asked = presentation(search) or Presentation()
    args = flask.request.args
    try:
        return _json(answer(args.get("_p", "/"), asked, args.get("_k", "")))
    except AftershockError as error:
        return _json({"error": str(error)}, 409)


def _json(value: Any, status: int = 200) -> flask.Response:
    body = orjson.dumps(value, option=orjson.OPT_SERIALIZE_NUMPY)
    return flask.Response(body, status, mimetype="application/json", headers={"Cache-Control": "no-store"})

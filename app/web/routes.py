"""Plain routes beside Dash: the plotting library, chart data and memo figures, the pulse, view addresses."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from types import ModuleType
from typing import Any

import brotli  # type: ignore[import-untyped]
import flask
import orjson

from app.auth.doors import needs
from app.kinds.request import PageRequest
from app.market.asof import written
from app.market.market import Market
from app.render import assets, story, table_csv
from app.render.html import chart_table
from app.render.memo import leaf, pack
from app.render.memo.sizes import FULL, SIZES
from app.render.screen_figures import ServedFigures
from app.render.story import Chart
from app.web import api, memo_routes
from models.errors import AftershockError


def register(server: flask.Flask, market: Market, pages: Sequence[ModuleType]) -> None:
    """Add the routes to the server behind the dashboard."""
    known = pack.placed(pages)
    _register_charts(server, market, {name: item.chart for name, item in known.items()})
    memo_routes.register(server, market, known)
    api.register(server, market)

    @server.get("/pulse")
    @needs("viewer")
    def _pulse() -> flask.Response:
        return _json(pulse(market))

    _register_tables(
        server, market, {table.id: table for page in pages for table in getattr(page, "TABLES", ())}
    )

    @server.get("/v/<view_id>")
    @server.get("/view/<view_id>")
    @needs("viewer")
    def _view(view_id: str) -> Any:
        found = story.address(market, view_id)
        if found is None:
            return _refused(f"There is no view {view_id[:20]!r} here; it was made on another dashboard.", 404)
        return flask.redirect(found)


def _register_charts(server: flask.Flask, market: Market, drawn: Mapping[str, Chart]) -> None:
    """A chart for the screen, for a memo, and as data; its controls are the page's."""
    served = ServedFigures(market)

    def answered(chart_id: str, answer: Callable[[Chart], flask.Response]) -> flask.Response:
        if chart_id not in drawn:
            return _refused(f"There is no chart {chart_id[:60]!r}.", 404)
        try:
            return answer(drawn[chart_id])
        except AftershockError as error:
            return _refused(str(error), 409)

    @server.get("/figure/<chart_id>")
    @needs("viewer")
    def _figure(chart_id: str) -> flask.Response:
        def answer(chart: Chart) -> flask.Response:
            body, version = served.body(chart, _screen_request())
            return _packed(body, kept=flask.request.args.get("_v") == version)

        return answered(chart_id, answer)

    @server.get("/chart/<chart_id>.json")
    @needs("viewer")
    def _memo(chart_id: str) -> flask.Response:
        size = SIZES.get(flask.request.args.get("_size", ""), FULL)
        return answered(chart_id, lambda chart: _json(leaf.memo(chart, market, _screen_request(), size)))

    @server.get("/chart/<chart_id>/table")
    @needs("viewer")
    def _shown(chart_id: str) -> flask.Response:
        def answer(chart: Chart) -> flask.Response:
            return _json({"html": chart_table.data(chart, market, _screen_request())})

        return answered(chart_id, answer)

    @server.get("/chart/<chart_id>.csv")
    @needs("viewer")
    def _csv(chart_id: str) -> flask.Response:
        return answered(chart_id, lambda chart: _file(*story.csv(chart, market, _screen_request())))


def _register_tables(server: flask.Flask, market: Market, known: dict[str, table_csv.Table]) -> None:
    @server.get("/table/<table_id>.csv")
    @needs("viewer")
    def _table(table_id: str) -> flask.Response:
        request = PageRequest.of(
            {"path": "/", "search": flask.request.query_string.decode("ascii", "replace")}
        )
        if table_id not in known:
            return _refused(f"There is no table {table_id[:60]!r}.", 404)
        try:
            return _file(*table_csv.csv(known[table_id], market, request))
        except AftershockError as error:
            return _refused(str(error), 409)


def _file(name: str, text: str) -> flask.Response:
    headers = {"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"}
    return flask.Response(text, mimetype="text/csv", headers=headers)


def pulse(market: Market) -> dict[str, Any]:
    """What an open page asks every few seconds: prices and events by version, minute, and the run."""
    now = market.now()
    try:
        version: str | None = market.stamp(market.view())
    except AftershockError:
        version = None
    return {
        "version": version,
        "minute": written(now),
        "run": _run(market),
        "problem": market.problem,
        "told": [told.text for told in market.troubles.told(now)],
        "build": assets.build(),
    }


def _run(market: Market) -> dict[str, Any] | None:
    run = None if market.problem else market.run
    names = ("status", "total", "done", "late", "refused")
    return {name: getattr(run, name) for name in names} if run else None


def _screen_request() -> PageRequest:
    """Controls as the page's address has them; ``_w`` and ``_t`` are the browser's width and theme."""
    raw = flask.request.query_string.decode("ascii", "replace")
    search = "&".join(part for part in raw.split("&") if not part.startswith("_"))
    args = flask.request.args
    width = args.get("_w", type=int)
    return PageRequest.of({"search": search and f"?{search}", "width": width, "theme": args.get("_t")})


def _packed(body: bytes, *, kept: bool) -> flask.Response:
    """Compressed JSON; under an address that names its data version it may be kept."""
    headers = {"Vary": "Accept-Encoding", "Cache-Control": "private, max-age=3600" if kept else "no-store"}
    if flask.request.accept_encodings.quality("br"):
        headers["Content-Encoding"] = "br"
    else:
        body = brotli.decompress(body)
    return flask.Response(body, mimetype="application/json", headers=headers)


def _json(value: Any, status: int = 200) -> flask.Response:
    body = orjson.dumps(value, option=orjson.OPT_SERIALIZE_NUMPY)
    return flask.Response(body, status, mimetype="application/json", headers={"Cache-Control": "no-store"})


def _refused(sentence: str, status: int) -> flask.Response:
    return _json({"error": sentence}, status)

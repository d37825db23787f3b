"""Plain routes beside Dash: the plotting library, chart data and memo figures, the pulse, view addresses."""

from __future__ import annotations

import hashlib
import sys
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any

import brotli  # type: ignore[import-untyped]
import flask
import orjson

from app.data import Market
from app.export import charts, tables
from app.request import PageRequest
from models.errors import AftershockError
from models.store import latest_run

FOREVER = "public, max-age=31536000, immutable"
_BUNDLE = Path(sys.prefix) / "share" / "aftershock" / "plotly.min.js"


def asset_url(name: str) -> str:
    """The address of an asset with its fingerprint, so that it can be kept for good."""
    from app.web import assets_folder

    return f"/assets/{name}?v={_fingerprint(assets_folder() / name)}"


def plotly_url() -> str | None:
    """The address of the partial plotly bundle; None when the install has none and dash's own serves."""
    return f"/plotly.js?v={_fingerprint(_BUNDLE)}" if _BUNDLE.exists() else None


def register(server: flask.Flask, market: Market, pages: Sequence[ModuleType]) -> None:
    """Add the routes to the server behind the dashboard."""
    drawn = {chart.id: chart for page in pages for chart in getattr(page, "CHARTS", ())}

    @server.get("/plotly.js")
    def _plotly() -> flask.Response:
        return _kept(_BUNDLE, "text/javascript")

    @server.get("/pulse")
    def _pulse() -> flask.Response:
        return _json(pulse(market))

    @server.get("/chart/<chart_id>.json")
    def _memo(chart_id: str) -> flask.Response:
        request = PageRequest.of(
            {"path": "/", "search": flask.request.query_string.decode("ascii", "replace")}
        )
        if chart_id not in drawn:
            return _refused(f"There is no chart {chart_id[:60]!r}.", 404)
        try:
            return _json(charts.memo(drawn[chart_id], market, request))
        except AftershockError as error:
            return _refused(str(error), 409)

    @server.get("/chart/<chart_id>.csv")
    def _csv(chart_id: str) -> flask.Response:
        request = PageRequest.of(
            {"path": "/", "search": flask.request.query_string.decode("ascii", "replace")}
        )
        if chart_id not in drawn:
            return _refused(f"There is no chart {chart_id[:60]!r}.", 404)
        try:
            return _file(*charts.csv(drawn[chart_id], market, request))
        except AftershockError as error:
            return _refused(str(error), 409)

    _register_tables(
        server, market, {table.id: table for page in pages for table in getattr(page, "TABLES", ())}
    )

    @server.get("/v/<view_id>")
    def _view(view_id: str) -> Any:
        found = charts.address(market, view_id)
        if found is None:
            return _refused(f"There is no view {view_id[:20]!r} here; it was made on another dashboard.", 404)
        return flask.redirect(found)


def _register_tables(server: flask.Flask, market: Market, known: dict[str, tables.Table]) -> None:
    @server.get("/table/<table_id>.csv")
    def _table(table_id: str) -> flask.Response:
        request = PageRequest.of(
            {"path": "/", "search": flask.request.query_string.decode("ascii", "replace")}
        )
        if table_id not in known:
            return _refused(f"There is no table {table_id[:60]!r}.", 404)
        try:
            return _file(*tables.csv(known[table_id], market, request))
        except AftershockError as error:
            return _refused(str(error), 409)


def _file(name: str, text: str) -> flask.Response:
    headers = {"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"}
    return flask.Response(text, mimetype="text/csv", headers=headers)


def pulse(market: Market) -> dict[str, Any]:
    """What an open page asks every few seconds: data version, minute, and the run in progress."""
    now = market.now()
    try:
        version: str | None = market.view().key
    except AftershockError:
        version = None
    return {"version": version, "minute": now.strftime("%Y-%m-%dT%H:%MZ"), "run": _run(market)}


def _run(market: Market) -> dict[str, Any] | None:
    try:
        run = latest_run(market.store())
    except AftershockError:
        return None
    if run is None:
        return None
    names = ("status", "total", "done", "late", "refused")
    return {name: getattr(run, name) for name in names}


@cache
def _fingerprint(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()[:12]


@cache
def _compressed(path: Path) -> bytes:
    return brotli.compress(path.read_bytes(), quality=9)


def _kept(path: Path, kind: str) -> flask.Response:
    """A file that never changes under its address, compressed once."""
    if not path.exists():
        return _refused("This install has no bundle of its own.", 404)
    headers = {"Cache-Control": FOREVER, "Vary": "Accept-Encoding"}
    if flask.request.accept_encodings.quality("br"):
        headers["Content-Encoding"] = "br"
        return flask.Response(_compressed(path), mimetype=kind, headers=headers)
    return flask.Response(path.read_bytes(), mimetype=kind, headers=headers)


def _json(value: Any, status: int = 200) -> flask.Response:
    body = orjson.dumps(value, option=orjson.OPT_SERIALIZE_NUMPY)
    return flask.Response(body, status, mimetype="application/json", headers={"Cache-Control": "no-store"})


def _refused(sentence: str, status: int) -> flask.Response:
    return _json({"error": sentence}, status)

"""The memo pack of the browser: it draws the pictures and sends them; here they become a PDF, slides, a ZIP.

What a page says of its charts is told here again, for the views the browser names: no word of a document
comes from outside, and the server needs nothing that draws.
"""

from __future__ import annotations

import atexit
from collections.abc import Sequence
from typing import Any

import flask
import orjson
from werkzeug.exceptions import RequestEntityTooLarge

from app.auth.doors import check_origin, needs
from app.auth.refusals import Refusal
from app.kinds.request import PageRequest
from app.market.market import Market
from app.render.memo import leaf as leaves
from app.render.memo import pack
from app.render.memo.chromium import DrawingError, NoChromiumError
from app.render.memo.item import Item
from app.render.memo.leaf import leaf
from app.render.memo.pack import KINDS, Kind, Placed
from app.render.memo.png import LARGEST, read_png
from app.render.memo.sizes import FULL, SIZES
from app.render.memo.warm_chromium import BusyError, Keeper
from models.errors import AftershockError
from models.urls import split

MOST_BODY = 32 * 1024 * 1024
"""Bytes of all pictures of a pack; eight take five million, and no request of any kind is longer."""
_WANTED: dict[str, tuple[Kind, ...]] = {"pdf": ("pdf",), "pptx": ("pptx",), "png": ("png",), "all": KINDS}


def register(server: flask.Flask, market: Market, known: dict[str, Placed]) -> None:
    """Add what the Memo menu asks for and sends."""

    @server.get("/memo.json")
    @needs("viewer")
    def _morning() -> flask.Response:
        """The charts of a morning, for the menu."""
        found = [{"id": item.chart.id, "name": item.name} for item in pack.morning(known)]
        return flask.Response(orjson.dumps({"morning": found}), mimetype="application/json")

    keeper = Keeper(market.settings.chromium)
    atexit.register(keeper.close)

    @server.get("/chart/<chart_id>.<any(png, pdf):form>")
    @needs("viewer")
    def _picture(chart_id: str, form: str) -> flask.Response:
        """A picture by its address, for programs; the pages draw their own."""
        check_origin()  # a browser is started for it: no other site may have that done
        if chart_id not in known:
            raise Refusal(404, f"There is no chart {chart_id[:60]!r}.")
        size = SIZES.get(flask.request.args.get("_size", ""), FULL)
        found = leaf(known[chart_id].chart, market, PageRequest.of({"search": _search()}), size)
        try:
            body = keeper.draw(form, lambda: leaves.body(found))
        except (NoChromiumError, BusyError, DrawingError) as error:
            raise Refusal(503, error.public, {"Retry-After": "10"}) from None
        return _file(f"{found.name}.{form}", body)

    @server.post("/memo/<kind>")
    @needs("viewer")  # it makes a document of what anybody may read
    def _memo_pack(kind: str) -> flask.Response:
        if kind not in _WANTED:
            raise Refusal(404, f"There is no pack {kind[:20]!r}; there are {', '.join(_WANTED)}.")
        flask.request.max_content_length = MOST_BODY
        try:
            items = _items(market, known)
            found = pack.files(items, _WANTED[kind])
        except RequestEntityTooLarge:
            raise Refusal(
                413, f"A pack holds at most {pack.MOST} charts and {MOST_BODY >> 20} MB; send fewer."
            ) from None
        except AftershockError as error:
            raise error if isinstance(error, Refusal) else Refusal(400, str(error)) from None
        if kind in ("pdf", "pptx"):
            ((name, body),) = found.items()
            return _file(name, body)
        return _file(f"{pack.stem(items)}.zip", pack.zipped(found, market))


def _items(market: Market, known: dict[str, Placed]) -> list[Item]:
    """The charts that were sent, each told again for its view and joined with its picture."""
    pictures = flask.request.files.getlist("picture")
    views = _views(flask.request.form.get("views", ""))
    if not views or len(views) != len(pictures):
        raise Refusal(400, "A pack is a view and a picture for each of its charts; make it on a page.")
    if len(views) > pack.MOST:  # one chart in many views is as much work as many charts
        raise pack.TooManyChartsError(len(views))
    pack.chosen([chart for chart, _ in views], known)
    parts = [split(address) for _, address in views]
    # All that is cheap to refuse first: a chart is worked out for each view.
    drawn = [read_png(picture.stream.read(LARGEST + 1), FULL) for picture in pictures]
    items = []
    for (chart, _), address, picture in zip(views, parts, drawn, strict=True):
        if address is None:
            raise Refusal(400, f"The address of the view of {chart} cannot be read; make the pack on a page.")
        request = PageRequest.of({"path": known[chart].path, "search": f"?{address.query}"})
        items.append(Item(leaf(known[chart].chart, market, request), picture))
    return items


def _search() -> str:
    raw = flask.request.query_string.decode("ascii", "replace")
    return "?" + "&".join(part for part in raw.split("&") if not part.startswith("_"))


def _views(text: str) -> Sequence[tuple[str, str]]:
    """Chart and address of each view; an address here is only read for its controls."""
    try:
        given: Any = orjson.loads(text)
        return [(str(item["chart"]), str(item["address"])) for item in given]
    except (orjson.JSONDecodeError, TypeError, KeyError, ValueError):
        raise Refusal(400, "The list of views cannot be read; make the pack on a page.") from None


def _file(name: str, body: bytes) -> flask.Response:
    headers = {"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"}
    return flask.Response(body, mimetype=pack.TYPES[name.rsplit(".", 1)[1]], headers=headers)

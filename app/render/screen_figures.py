"""Figures for the screen, as the browser fetches them: compressed, and kept while the data stand still."""

from __future__ import annotations

import threading

import brotli  # type: ignore[import-untyped]
import orjson

from app.kinds.request import PageRequest
from app.market.byte_cache import Kept, weight
from app.market.market import Market
from app.render.story import Chart

KEPT = 24 * 2**20
"""Bytes, packed as they are sent."""
Key = tuple[str, str, str, int, str]


class ServedFigures:
    """The last figures served, by data, chart, controls, width and theme.

    Fifty readers who open the same page in the morning cost one drawing.
    """

    def __init__(self, market: Market) -> None:
        self._market = market
        self._bodies: Kept[Key, bytes] = Kept(KEPT)
        self._lock = threading.Lock()

    def body(self, chart: Chart, request: PageRequest) -> tuple[bytes, str]:
        """The figure as brotli-compressed JSON, and the stamp of the data it was drawn from.

        Raises
        ------
        AftershockError
            If there is nothing to draw.
        """
        version = self._market.stamp(self._market.view())
        key = (version, chart.id, request.search, request.width, request.theme)
        with self._lock:
            found = self._bodies.get(key)
            if found is not None:
                return found, version
        drawn = chart.draw(self._market, request)
        body = brotli.compress(orjson.dumps(drawn, option=orjson.OPT_SERIALIZE_NUMPY), quality=4)
        with self._lock:
            self._bodies.put(key, body, weight((key, body)))
        return body, version

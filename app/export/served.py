"""Figures for the screen, as the browser fetches them: compressed, and kept while the data stand still."""

from __future__ import annotations

import threading
from collections import OrderedDict

import brotli  # type: ignore[import-untyped]
import orjson

from app.data import Market
from app.export.charts import Chart
from app.request import PageRequest

KEPT = 256
Key = tuple[str, str, str, int, str]


class ServedFigures:
    """The last figures served, by data, chart, controls, width and theme.

    Fifty readers who open the same page in the morning cost one drawing.
    """

    def __init__(self, market: Market) -> None:
        self._market = market
        self._bodies: OrderedDict[Key, bytes] = OrderedDict()
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
            if key in self._bodies:
                self._bodies.move_to_end(key)
                return self._bodies[key], version
        drawn = chart.draw(self._market, request)
        body = brotli.compress(orjson.dumps(drawn, option=orjson.OPT_SERIALIZE_NUMPY), quality=4)
        with self._lock:
            self._bodies[key] = body
            while len(self._bodies) > KEPT:
                self._bodies.popitem(last=False)
        return body, version

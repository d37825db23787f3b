"""Leaves and pictures for tests of the memo pack, without a browser."""

from __future__ import annotations

import io
from typing import Any

import pandas as pd
from PIL import Image

from app.figures.canvas import Canvas
from app.figures.flags import KeyRow
from app.figures.style import Style
from app.kinds.request import PageRequest
from app.market.market import Market
from app.render.memo.item import Item
from app.render.memo.leaf import leaf
from app.render.memo.png import read_png, with_dots
from app.render.memo.sizes import FULL, SCALE, Size
from app.render.story import Chart, Story

HOSTILE = (
    "<b>bold</b> & <script>alert(1)</script>",
    "‮gnp.exe‬ evil",
    "نتيجة السوق اليوم",
    "삼성전자 急落 30% 🙂",
    "=1+1|'cmd'!A0",
    "\x00\x07\x1b[31m\ud800 half",
    "A" + "̈" * 5000,
    "W" * 10_000_000,
    "${jndi:x} %{x} $\\alpha$ {0}",
)


def story(title: str = "Memory fell 9.0%", **given: Any) -> Story:
    """A story of five days of two names."""
    days = pd.date_range("2026-06-22", periods=5, name="session")
    data = pd.DataFrame(
        {"SK Hynix": [0.01, -0.09, None, 0.0, -0.02], "reason": ["", "halt", "", "", ""]}, days
    )
    known = {
        "title": title,
        "deck": "Close to close, %, local currency",
        "key": [],
        "as_of": pd.Timestamp("2026-06-24T22:00Z").to_pydatetime(),
        "simulated": False,
        "path": "/drawdowns",
        "query": "?asof=2026-06-24T22:00Z",
        "data": data,
        "draw": _draw,
    }
    return Story(**{**known, **given})


def _draw(style: Style) -> dict[str, Any]:
    canvas = Canvas(style)
    canvas.text(10, 40, "SK Hynix")
    return canvas.figure()


def chart(told: Story, name: str = "drawdowns-underwater") -> Chart:
    return Chart(name, "dd", lambda market, request: told, lambda market, request: {})


def picture(size: Size = FULL, mode: str = "RGB", **given: Any) -> bytes:
    """A PNG of a memo's size, half of it red."""
    wide, high = given.get("dots", (size.width * SCALE, size.height * SCALE))
    image = Image.new(mode, (wide, high), "white")
    image.paste((173, 79, 8) if mode != "L" else 90, (0, high // 3, wide // 2, high // 2))
    out = io.BytesIO()
    image.save(out, "PNG", compress_level=1, interlace=given.get("interlace", False))
    return with_dots(out.getvalue())


def item(market: Market, told: Story, body: bytes, name: str = "drawdowns-underwater") -> Item:
    return Item(leaf(chart(told, name), market, PageRequest("/drawdowns")), read_png(body, FULL))


def key(fact: str) -> list[KeyRow]:
    return [KeyRow("1", "23 Jun 26", fact, "−5.7%"), KeyRow("2", "26 Jun 26", "Rout", "−4.1%")]

"""What a PNG says of itself, and what is drawn on it."""

from __future__ import annotations

import base64
import struct
from dataclasses import dataclass
from typing import Any
from zlib import crc32

from playwright.sync_api import Page

SIGNATURE = b"\x89PNG\r\n\x1a\n"

# Decoded by the browser, counted by colour.
_COUNT = """async text => {
  const bytes = Uint8Array.from(atob(text), letter => letter.charCodeAt(0));
  const image = await createImageBitmap(new Blob([bytes], {type: 'image/png'}));
  const canvas = new OffscreenCanvas(image.width, image.height);
  const pen = canvas.getContext('2d', {willReadFrequently: true});
  pen.drawImage(image, 0, 0);
  const words = new Uint32Array(pen.getImageData(0, 0, image.width, image.height).data.buffer);
  const counts = new Map();
  for (const word of words) counts.set(word, (counts.get(word) || 0) + 1);
  const hex = word => '#' + [0, 8, 16].map(at => ((word >> at) & 255).toString(16).padStart(2, '0')).join('');
  return [...counts].map(([word, count]) => [hex(word).toUpperCase(), count]);
}"""


@dataclass(frozen=True)
class Picture:
    """A PNG: its size, the dots a metre it claims, and its bytes."""

    width: int
    height: int
    dots_per_metre: tuple[int, int]
    body: bytes

    def colours(self, page: Page) -> dict[str, int]:
        """How many of its dots have each colour, decoded in a browser."""
        found: Any = page.evaluate(_COUNT, base64.b64encode(self.body).decode())
        return dict(found)


def read_picture(body: bytes) -> Picture:
    """Read the chunks of a PNG; each must be whole."""
    chunks = dict(_chunks(body))
    width, height = struct.unpack(">II", chunks[b"IHDR"][:8])
    across, down, unit = struct.unpack(">IIB", chunks[b"pHYs"])
    assert unit == 1, "pHYs counts in metres"
    return Picture(width, height, (across, down), body)


def _chunks(body: bytes) -> list[tuple[bytes, bytes]]:
    assert body.startswith(SIGNATURE)
    at, found = len(SIGNATURE), []
    while at < len(body):
        size, kind = struct.unpack(">I4s", body[at : at + 8])
        data = body[at + 8 : at + 8 + size]
        (check,) = struct.unpack(">I", body[at + 8 + size : at + 12 + size])
        assert check == crc32(kind + data), f"{kind!r} is damaged"
        found.append((kind, data))
        at += 12 + size
    assert found[0][0] == b"IHDR" and found[-1][0] == b"IEND"
    return found

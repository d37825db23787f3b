"""PNG files as far as a memo needs them: their chunks checked, their size in dots and in inches."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass

from app.render.memo.sizes import DOTS_PER_INCH, SCALE, Size
from models.errors import AftershockError

_SIGNATURE = b"\x89PNG\r\n\x1a\n"
LARGEST = 12 * 1024 * 1024
"""Bytes of one picture; the densest chart takes one or two million."""
_RGB, _RGBA = 2, 6


class BadPictureError(AftershockError, ValueError):
    """What came for a picture is none, or not of the size of a memo's."""

    def __init__(self, complaint: str) -> None:
        super().__init__(f"The picture {complaint}; draw it again from the page.")


@dataclass(frozen=True, slots=True)
class Png:
    """A PNG of eight bits a colour, as it came; ``data`` is what its rows are coded in."""

    width: int
    height: int
    alpha: bool
    data: bytes
    body: bytes


def read_png(body: bytes, size: Size) -> Png:
    """Check a PNG of a memo, chunk by chunk, without decoding it.

    Raises
    ------
    BadPictureError
        If it is damaged, too large, or of another kind or size than the browser draws.
    """
    if len(body) > LARGEST:
        raise BadPictureError(f"has {len(body):,} bytes, of at most {LARGEST:,}")
    if not body.startswith(_SIGNATURE):
        raise BadPictureError("is no PNG")
    chunks = list(_chunks(body))
    if not chunks or chunks[0][0] != b"IHDR" or chunks[-1][0] != b"IEND" or len(chunks[0][1]) != 13:
        raise BadPictureError("is cut off")
    width, height, depth, kind, _, _, interlaced = struct.unpack(">IIBBBBB", chunks[0][1])
    if (width, height) != (size.width * SCALE, size.height * SCALE):
        raise BadPictureError(
            f"has {width} × {height} dots, not {size.width * SCALE} × {size.height * SCALE}"
        )
    data = b"".join(data for name, data in chunks if name == b"IDAT")
    if depth != 8 or kind not in (_RGB, _RGBA) or interlaced or not data:
        raise BadPictureError("is coded in a way a memo does not use")
    return Png(width, height, kind == _RGBA, data, body)


def with_dots(body: bytes) -> bytes:
    """The same PNG with its dots an inch written into it, as the browser's script does."""
    dots = round(DOTS_PER_INCH / 0.0254)
    chunk = b"pHYs" + struct.pack(">IIB", dots, dots, 1)
    return body[:33] + struct.pack(">I", 9) + chunk + struct.pack(">I", zlib.crc32(chunk)) + body[33:]


def _chunks(body: bytes) -> Iterator[tuple[bytes, bytes]]:
    at = len(_SIGNATURE)
    while at < len(body):
        if at + 12 > len(body):
            raise BadPictureError("is cut off")
        length, name = struct.unpack(">I4s", body[at : at + 8])
        data = body[at + 8 : at + 8 + length]
        end = at + 12 + length
        if end > len(body) or struct.unpack(">I", body[end - 4 : end])[0] != zlib.crc32(name + data):
            raise BadPictureError("is damaged")
        yield name, data
        at = end

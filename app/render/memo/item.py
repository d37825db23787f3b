"""A chart of a pack: what it says, and the picture that was drawn of it."""

from __future__ import annotations

from dataclasses import dataclass

from app.render.memo.leaf import Leaf
from app.render.memo.png import Png


@dataclass(frozen=True, slots=True)
class Item:
    """One chart of a pack; ``page`` is its page as PDF where a browser was there to draw it in lines."""

    leaf: Leaf
    picture: Png | None
    page: bytes | None = None

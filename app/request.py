"""What a browser asks to see: page, controls, width and theme."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from app.theme import Mode

WIDE = 1600
_NARROWEST, _WIDEST = 320, 5120


@dataclass(frozen=True, slots=True)
class PageRequest:
    """One view of one page. Built from what the browser says, whatever that is."""

    path: str = "/"
    search: str = ""
    width: int = 1440
    theme: Literal["dark", "light"] = "dark"

    @classmethod
    def of(cls, data: Any) -> PageRequest:
        """Read a request from the browser's store; anything unusable takes its default."""
        given = data if isinstance(data, dict) else {}
        width = given.get("width")
        return cls(
            path=str(given.get("path") or "/")[:200],
            search=str(given.get("search") or ""),
            width=min(max(int(width), _NARROWEST), _WIDEST) if isinstance(width, int | float) else 1440,
            theme="light" if given.get("theme") == "light" else "dark",
        )

    @property
    def mode(self) -> Mode:
        """The palette of its figures."""
        return self.theme

    @property
    def wide(self) -> bool:
        """Whether the wide grid of ``assets`` applies."""
        return self.width >= WIDE

    @property
    def chart_width(self) -> int:
        """Pixels of the main chart's column; the same arithmetic as ``.split`` in the stylesheet."""
        if self.wide:
            return self.width - 64 - 40 - 440
        if self.width >= 1100:
            return self.width - 48 - 24 - 352
        return self.width - 48

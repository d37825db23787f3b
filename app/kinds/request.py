"""What a browser asks to see: page, controls, width and theme."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, Literal

WIDE = 1600
_NARROWEST, _WIDEST, _USUAL = 320, 5120, 1440
_GUTTER = 24


@dataclass(frozen=True, slots=True)
class PageRequest:
    """One view of one page. Built from what the browser says, whatever that is."""

    path: str = "/"
    search: str = ""
    width: int = _USUAL
    theme: Literal["dark", "light"] = "dark"
    meeting: str = ""
    """Time and zone of the meeting that the reader chose, and the browser's zone: ``08:30@@Asia/Tokyo``."""

    @classmethod
    def of(cls, data: Any) -> PageRequest:
        """Read a request from the browser's store; anything unusable takes its default."""
        given = data if isinstance(data, dict) else {}
        return cls(
            path=str(given.get("path") or "/")[:200],
            search=str(given.get("search") or ""),
            width=_width(given.get("width")),
            theme="light" if given.get("theme") == "light" else "dark",
            meeting=str(given.get("meeting") or "")[:120],
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

    def span(self, columns: int) -> int:
        """Pixels of some of the twelve columns; the same arithmetic as ``.columns`` in the stylesheet."""
        inner = self.width - (64 if self.wide else 48)
        return inner if self.width < 1100 else int((inner + _GUTTER) * columns / 12) - _GUTTER


def _width(said: Any) -> int:
    """A width within reason; JSON as browsers and Python read it knows NaN and infinity too."""
    if not isinstance(said, int | float) or isinstance(said, bool) or not math.isfinite(said):
        return _USUAL
    return int(min(max(said, _NARROWEST), _WIDEST))


Mode = Literal["dark", "light", "memo"]

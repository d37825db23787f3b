"""What an address asks of presenter mode, and back: slide, pace and playlist stay in the URL."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import quote, unquote

QUICKEST, SLOWEST = 3, 3600
LONGEST = 24
"""Entries of a playlist; more are no presentation."""
_KEYS = ("present", "slide", "every", "playlist")
_OFF = frozenset({"", "0"})


@dataclass(frozen=True, slots=True)
class Entry:
    """One item of a playlist as it was written: a page, a chart or a view, and its controls."""

    name: str
    search: str = ""


@dataclass(frozen=True, slots=True)
class Presentation:
    """The controls of presenter mode; ``view`` is the query of the page itself, without them.

    ``slide`` counts from 1, ``every`` is in seconds, 0 for no timer.
    """

    view: str = ""
    slide: int = 1
    every: int = 0
    playlist: str = ""

    @property
    def search(self) -> str:
        """The whole query string; what stands at its default is left out."""
        parts = [self.view.removeprefix("?"), "present=1"]
        parts += [f"slide={self.slide}"] if self.slide != 1 else []
        parts += [f"every={self.every}"] if self.every else []
        parts += [f"playlist={quote(self.playlist, safe='/,-')}"] if self.playlist else []
        return "?" + "&".join(part for part in parts if part)

    def at(self, **changes: Any) -> str:
        """The query string with some controls changed."""
        return replace(self, **changes).search

    def entries(self) -> list[Entry]:
        """The items of the playlist, in order."""
        items = [item.strip() for item in self.playlist.split(",")[:LONGEST] if item.strip()]
        return [Entry(name, search and f"?{search}") for name, _, search in (_split(item) for item in items)]


def presentation(search: str | None) -> Presentation | None:
    """The presentation that an address asks for, None if it asks for a page.

    What cannot be used takes its default: a mistyped pace must not keep a meeting from its charts.
    """
    own, rest = {}, []
    for part in (search or "").removeprefix("?").split("&"):
        key, _, value = part.partition("=")
        if key in _KEYS:
            own[key] = unquote(value.replace("+", " "))
        elif part:
            rest.append(part)
    if own.get("present", "") in _OFF:
        return None
    return Presentation(
        view="?" + "&".join(rest) if rest else "",
        slide=max(_number(own.get("slide", ""), 1), 1),
        every=_pace(_number(own.get("every", ""), 0)),
        playlist=own.get("playlist", ""),
    )


def without(search: str) -> str:
    """A query string without the controls of presenter mode."""
    found = presentation(f"{search}&present=1")
    return found.view if found else search


def _split(item: str) -> tuple[str, str, str]:
    """An item's name and its controls; it may be percent-encoded once more, to carry commas."""
    return unquote(item).partition("?")


def _number(text: str, otherwise: int) -> int:
    return int(text) if re.fullmatch(r"[0-9]{1,6}", text) else otherwise


def _pace(seconds: int) -> int:
    return min(max(seconds, QUICKEST), SLOWEST) if seconds else 0

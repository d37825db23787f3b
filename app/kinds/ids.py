"""Every id on a page comes from here: ``<page>-<thing>-<part>``, and the shell's few fixed ones."""

from __future__ import annotations

URL = "url"
REQUEST = "request"
ROUTE = "route"
PAGE = "page"
SIZE = "viewport"
PULSE = "pulse"
STRIP = "shell-strip"
STATUS = "shell-status"
BANNER = "shell-banner"
FOOT = "shell-foot"


def part(page: str, thing: str, piece: str = "") -> str:
    """The id of a part of a page: ``part("drawdowns", "table")`` is ``drawdowns-table``."""
    return "-".join(word for word in (page, thing, piece) if word)

"""What people type, made safe to keep and to show: plain text, one line or several, no hidden characters.

Markup is not removed: it is text, and is shown as such. What is removed cannot be seen and changes what
is seen: control characters, marks that turn the direction of writing, characters of no width, halves of
characters, and accents piled on one letter.
"""

from __future__ import annotations

import re
import unicodedata
from urllib.parse import urlsplit

SCHEMES = ("http", "https")
MAX_LINK = 500
MAX_MARKS = 4
"""Accents on one letter; no writing needs more."""

_BREAKS = re.compile("\r\n|[\r\v\f\x1c\x1d\x1e\x85\u2028\u2029]")
_JOINERS = "\u200c\u200d"  # Persian, Indic scripts and family emoji need them; they show nothing
_HIDDEN = frozenset({"Cc", "Cf", "Cs", "Cn", "Co"})


def clean(text: str, *, lines: bool = False) -> str:
    """Return a text in NFC without hidden characters, spaces made single, on one line unless ``lines``."""
    broken = _BREAKS.sub("\n", text)
    spaced = broken if lines else broken.replace("\n", " ")
    kept = unicodedata.normalize("NFC", _without_hidden(spaced.replace("\t", " ")))
    tidy = "\n".join(" ".join(line.split()) for line in kept.split("\n")).strip()
    return re.sub(r"\n{3,}", "\n\n", tidy)


def _without_hidden(text: str) -> str:
    kept: list[str] = []
    marks = 0
    for character in text:
        category = unicodedata.category(character)
        if category in _HIDDEN and character not in _JOINERS and character != "\n":
            continue
        marks = marks + 1 if category in ("Mn", "Me") else 0
        if marks <= MAX_MARKS:
            kept.append(character)
    return "".join(kept)


def link_problem(link: str) -> str | None:
    """Return why a link cannot be used, None when it can: http or https, a host, no password, no spaces."""
    if len(link) > MAX_LINK:
        return f"is too long ({len(link):,} of {MAX_LINK:,} characters); give a shorter one"
    if clean(link) != link or " " in link:
        return "holds spaces or hidden characters; copy the address again"
    try:
        parts = urlsplit(link)
        host = parts.hostname
    except ValueError:
        return "is no address; copy it again"
    if parts.scheme.lower() not in SCHEMES or not host:
        return "is no web address; http or https begins one"
    if "@" in parts.netloc:
        return "holds a user name or password; leave them out"
    return None

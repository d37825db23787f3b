"""An HTML document as a reader meets it: text in reading order, tables, links, words beside them, marks."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urljoin, urlsplit

from lxml import html

_BLOCKS = frozenset(
    {
        *("address", "article", "aside", "blockquote", "body", "br", "button", "caption", "dd", "details"),
        *("dialog", "div", "dl", "dt", "fieldset", "figcaption", "figure", "footer", "form", "h1", "h2"),
        *("h3", "h4", "h5", "h6", "header", "hr", "input", "label", "legend", "li", "main", "nav", "ol"),
        *("option", "p", "pre", "section", "select", "summary", "table", "tbody", "td", "tfoot", "th"),
        *("thead", "tr", "ul"),
    }
)
_UNSEEN = frozenset({"script", "style", "template", "noscript", "head"})
_SPOKEN = ("aria-label", "title", "placeholder", "alt", "value")
_STANDS = frozenset({"chosen", "current"})
_COLOURS = frozenset({"rise", "fall"})
# Drawn by the stylesheet from a figure: where a dot stands, the shape of a small line.
_DRAWN = re.compile(r"(--(?!tall)[\w-]+):((?:url\(.*?\)|[^;])*)")


@dataclass
class Document:
    """What one answer of the server says."""

    text: list[str] = field(default_factory=list)
    tables: dict[str, Any] = field(default_factory=dict)
    links: list[list[str]] = field(default_factory=list)
    words: list[list[str]] = field(default_factory=list)
    """Names that a screen reader speaks, hints, and what fields hold."""
    marks: list[list[str]] = field(default_factory=list)
    """Colours of figures, and what is drawn beside them."""
    charts: dict[str, list[str]] = field(default_factory=dict)
    """Title, note and summary of each chart, by its id."""
    files: list[str] = field(default_factory=list)
    pages: list[str] = field(default_factory=list)
    """Paths that the navigation leads to."""
    typed: dict[str, str] = field(default_factory=dict)
    """Parameters that a field sets, each with the example in it."""
    count: int = 0
    """How many slides there are."""

    @property
    def pieces(self) -> dict[str, Any]:
        """What is compared, by name."""
        tables = {f"table {key}": table for key, table in self.tables.items()}
        return {"text": self.text, "links": self.links, "words": self.words, "marks": self.marks} | tables


def read(body: bytes | str, address: str) -> Document:
    """Read a document, or a piece of one."""
    text = body if isinstance(body, str) else body.decode("utf-8")
    root = html.document_fromstring(text if "<body" in text else f"<body>{text}<p></p></body>")
    found = Document()
    by_id = {element.get("id"): element for element in root.iter() if _is_tag(element) and element.get("id")}
    title = root.find(".//title")
    found.text.append(f"title: {_words(title) if title is not None else ''}")
    _Walk(found, address).body(root.find("body"))
    for element in root.xpath("//*[@data-plot]"):
        labels = (element.get("aria-labelledby") or "").split()
        found.charts[element.get("data-plot")] = [_words(by_id[name]) for name in labels if name in by_id]
    for element in root.xpath("//*[@data-count]"):
        found.count = int(element.get("data-count"))
    return found


class _Walk:
    def __init__(self, found: Document, address: str) -> None:
        self._found, self._address = found, address
        self._line: list[str] = []

    def body(self, element: Any) -> None:
        self._element(element)
        self._end()

    def _end(self) -> None:
        line = re.sub(r"\s+", " ", "".join(self._line)).strip()
        if line:
            self._found.text.append(line)
        self._line.clear()

    def _element(self, element: Any) -> None:
        if element.tag in _UNSEEN or element.get("hidden") is not None:
            return
        self._read(element)
        if element.tag == "table":
            self._end()
            self._line.append(f"[table {self._table(element)}]")
            self._end()
            for inner in element.iterdescendants():
                if _is_tag(inner):
                    self._read(inner)
            return
        block = element.tag in _BLOCKS
        if block:
            self._end()
        self._line.append(element.text or "")
        for child in element:
            if _is_tag(child):
                self._element(child)
            self._line.append(child.tail or "")
        if block:
            self._end()

    def _read(self, element: Any) -> None:
        found, classes = self._found, set((element.get("class") or "").split())
        for name in _SPOKEN:
            if element.get(name):
                found.words.append([element.tag, name, element.get(name)])
        drawn = _DRAWN.findall(element.get("style") or "")
        if drawn or classes & _COLOURS:
            marks = [f"{name}:{value}" for name, value in drawn]
            found.marks.append([_words(element), *sorted(classes & _COLOURS), *marks])
        if element.tag == "a" and element.get("href") is not None:
            self._link(element, classes)
        typed = re.fullmatch(r"[a-z]+-([a-z]+)-date", element.get("id") or "")
        if typed and element.get("placeholder"):
            found.typed[typed.group(1)] = element.get("placeholder")

    def _link(self, element: Any, classes: set[str]) -> None:
        found, href = self._found, element.get("href")
        found.links.append([href, _words(element), *sorted(classes & _STANDS)])
        whole = urlsplit(urljoin(f"http://here{self._address}", href))
        if whole.netloc != "here":
            return
        if element.get("download") is not None:
            found.files.append(f"{whole.path}?{whole.query}" if whole.query else whole.path)
        elif any(parent.tag == "nav" for parent in element.iterancestors()):
            found.pages.append(whole.path)

    def _table(self, element: Any) -> str:
        """Keep a table's cells; gives the name it has in the text."""
        rows = [[_words(cell) for cell in row.xpath("./th|./td")] for row in element.xpath(".//tr")]
        heads = [_words(cell) for cell in element.xpath("./thead//th|./thead//td")]
        caption = element.find("caption")
        name = _words(caption) if caption is not None else " | ".join(filter(None, heads))[:120]
        tables = self._found.tables
        same = sum(key.split(" #")[0] == name for key in tables)
        key = f"{name} #{same + 1}" if same else name
        tables[key] = {"heads": heads, "rows": rows[1:] if heads else rows}
        return key


def _words(element: Any) -> str:
    return re.sub(r"\s+", " ", "".join(_texts(element))).strip()


def _texts(element: Any) -> Iterator[str]:
    if element.tag in _UNSEEN or element.get("hidden") is not None:
        return
    yield element.text or ""
    for child in element:
        if _is_tag(child):
            yield from _texts(child)
        yield child.tail or ""


def _is_tag(element: Any) -> bool:
    return isinstance(element.tag, str)

"""Every page of the running application, in every state that its menus lead to."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote, urljoin, urlsplit

from flask.testing import FlaskClient

from tests.unchanged import documents
from tests.unchanged.documents import Document
from tests.unchanged.records import Book, Kept, normal, normal_lines
from tests.unchanged.stores import Situation

MARK = "unchanged.txt"
WIDE = "_w=1920&_t=light"
# Of a control with more choices than these, as of names, so many are taken, evenly from first to last.
CHOICES = 5
_PATHS: list[str] = []


def save(situation: Situation, folder: Path, share: float, only: str) -> int:
    """Write down every page; gives the number of states.

    Under a fifth of all, not every page is looked at in every situation.
    """
    with situation.client() as client:
        return sum(
            _Page(client, situation, path, folder).save(share)
            for path in pages(client)
            if only in path and (situation.whole or chosen(f"{situation.name} {path}", 5 * share))
        )


def pages(client: FlaskClient) -> list[str]:
    """The paths that the navigation leads to from the first page on, in that order."""
    if not _PATHS:
        _PATHS.append("/")
        for path in _PATHS:
            body = client.get(path).get_data()
            _PATHS.extend(found for found in _once(documents.read(body, path).pages) if found not in _PATHS)
    return _PATHS


def chosen(name: str, share: float) -> bool:
    """Whether a state belongs to a share: the same ones in every run, whatever else there is."""
    return int.from_bytes(hashlib.sha256(name.encode()).digest()[:4], "big") < share * 2**32


class _Page:
    """One page at one instant."""

    def __init__(self, client: FlaskClient, situation: Situation, path: str, folder: Path) -> None:
        self._client, self._situation, self._path = client, situation, path
        self._book = Book(folder / "pages" / f"{path.strip('/').replace('/', '.') or 'home'}.jsonl")

    def save(self, share: float) -> int:
        try:
            default = self._state("", extra=self._situation.whole)
            if self._path == "/":
                return 1  # one of the pages, under a second address
            slides = self._slides() if self._situation.whole else 0
            others = [query for query in self._queries(default) if chosen(query, share)]
            for query in others:
                self._state(query)
            return 1 + slides + len(others)
        finally:
            self._book.close()

    def _queries(self, default: Document) -> list[str]:
        """Each choice of each control, one at a time: what the links to this page ask for."""
        own = [urlsplit(urljoin(f"http://here{self._path}", link[0])) for link in default.links]
        asked = [link.query for link in own if link.netloc == "here" and link.path == self._path]
        asked += [f"{name}={quote(example)}" for name, example in default.typed.items()]
        controls: dict[tuple[str, ...], list[str]] = {}
        for query in _once(asked):
            if query and "present=" not in query:
                controls.setdefault(tuple(part.split("=")[0] for part in query.split("&")), []).append(query)
        return [query for choices in controls.values() for query in _evenly(choices, CHOICES)]

    def _state(self, query: str, *, extra: bool = False) -> Document:
        address = self._path + (query and f"?{query}")
        answer = self._client.get(address)
        found = documents.read(answer.get_data(), address)
        pieces: dict[str, Any] = {"status": answer.status_code} | found.pieces
        for chart, told in found.charts.items():
            pieces[f"chart {chart} words"] = told
            pieces |= dict(self._chart(chart, query, extra=extra))
        for file in _once(found.files):
            pieces[f"file {file}"] = self._get(file)
        self._book.state(self._situation.name, query and f"?{query}", pieces)
        return found

    def _chart(self, chart: str, query: str, *, extra: bool) -> Iterator[tuple[str, Kept]]:
        asked = query and f"?{query}"
        yield f"chart {chart} figure", self._get(f"/figure/{chart}{asked}")
        yield f"chart {chart} memo", self._get(f"/chart/{chart}.json{asked}")
        yield f"chart {chart} csv", self._get(f"/chart/{chart}.csv{asked}")
        if extra:
            yield f"chart {chart} half", self._get(f"/chart/{chart}.json?_size=half")
            yield f"chart {chart} wide", self._get(f"/figure/{chart}?{WIDE}")
            yield f"chart {chart} shown", self._get(f"/chart/{chart}/table")

    def _slides(self) -> int:
        """The slides of the page, on prices that stand still."""
        count = documents.read(self._client.get(f"{self._path}?present=1").get_data(), self._path).count
        if not count:
            return 0
        opened = self._client.get("/present/open").get_json()
        if "token" not in opened:
            return 0
        for number in range(1, count + 1):
            asked = f"present=1&slide={number}&_p={quote(self._path, safe='')}&_k={opened['token']}"
            slide = self._client.get(f"/present/slide?{asked}").get_json()
            pieces = documents.read(slide.get("html", str(slide)), self._path).pieces
            pieces["figure"] = self._get(f"/present/figure?{asked}")
            self._book.state(self._situation.name, f"?present=1&slide={number}", pieces)
        return count

    def _get(self, address: str) -> Kept:
        answer = self._client.get(address)
        name = answer.headers.get("Content-Disposition", "")

        def read(body: bytes) -> Any:
            said = _body(body[: len(body) - len(tail)], answer.mimetype)
            return {"status": answer.status_code, "name": name, "body": said}

        tail = f"{answer.status_code}{name}".encode()
        return self._book.response(answer.get_data() + tail, read)


def _body(body: bytes, kind: str | None) -> Any:
    text = body.decode("utf-8-sig")
    if kind == "application/json":
        found = json.loads(text)
        if isinstance(found, dict) and set(found) == {"html"}:
            return documents.read(found["html"], "/").pieces
        return normal(found)
    return normal_lines(text)


def _once(items: list[str]) -> list[str]:
    return list(dict.fromkeys(items))


def _evenly(items: list[str], most: int) -> list[str]:
    """At most so many of the items, from the first to the last."""
    if len(items) <= most:
        return items
    return [items[round(place * (len(items) - 1) / (most - 1))] for place in range(most)]

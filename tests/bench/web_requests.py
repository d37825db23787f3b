"""What a page asks its server while it is read, asked again outside the browser and timed."""

from __future__ import annotations

import http.client
import time
from dataclasses import dataclass
from urllib.parse import urlsplit

from playwright.sync_api import Playwright, Request

from tests.bench.web_browser import Look, change, load_page, new_profile

# A page that was here before would be told that nothing has changed; the question is the full answer.
_LEFT_OUT = ("if-none-match", "if-modified-since", "host", "content-length", "connection")


@dataclass(frozen=True)
class Question:
    """One request of a page: a callback (POST) or data (GET)."""

    method: str
    url: str
    headers: tuple[tuple[str, str], ...]
    body: bytes | None

    @property
    def name(self) -> str:
        parts = urlsplit(self.url)
        output = (self.body or b"")[:80].decode("utf-8", "replace")
        return f"{self.method} {parts.path} {output}".strip()


def questions_of(
    playwright: Playwright, url: str, look: Look, windows: tuple[str, ...] = ("2024", "2016")
) -> list[Question]:
    """Every callback and every data request of a visit with its changes of window, each once."""
    seen: dict[tuple[str, str, bytes | None], Request] = {}
    with new_profile(playwright) as context:
        page = context.pages[0]

        def note(request: Request) -> None:
            if request.resource_type in ("fetch", "xhr"):
                seen.setdefault((request.method, request.url, request.post_data_buffer), request)

        page.on("request", note)
        load_page(page, url, look)
        for window in windows:
            change(page, look, window)
        # While the browser is still there: without it, a request cannot tell all its headers.
        return [_question(request) for request in seen.values()]


def _question(request: Request) -> Question:
    headers = tuple(
        (name, value)
        for name, value in request.all_headers().items()
        if name not in _LEFT_OUT and not name.startswith(":")
    )
    return Question(request.method, request.url, headers, request.post_data_buffer)


def ask(question: Question) -> float:
    """Ask once and read the whole answer; milliseconds from the question to its last byte."""
    parts = urlsplit(question.url)
    connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=30)
    connection.connect()
    try:
        target = question.url.partition(parts.netloc)[2]
        started = time.perf_counter()
        connection.request(question.method, target, question.body, dict(question.headers))
        answer = connection.getresponse()
        answer.read()
        took = (time.perf_counter() - started) * 1e3
    finally:
        connection.close()
    if answer.status not in (200, 204):
        raise RuntimeError(f"{question.name} answered {answer.status}")
    return took

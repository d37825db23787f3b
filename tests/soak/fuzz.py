"""Mutated callbacks and query strings against a server: none is an error of the server or shows its code."""

from __future__ import annotations

import http.client
import json
import random
from collections import Counter
from collections.abc import Callable, Iterable
from contextlib import closing
from functools import partial
from urllib.parse import quote

from app.web.application import PAGES
from tests.browser.running import Dashboard
from tests.odd import ODD, mutated
from tests.soak.harness import Case, Reached, Size
from tests.soak.served import dashboard, memory

MOST_GROWN = 50.0
Request = tuple[str, str, bytes | None, dict[str, str]]
VALUES = (
    *ODD,
    *("../../etc/passwd", "'; drop table bar; --", "${jndi:x}", "{{7*7}}", "\u202e", 2**70, {"a": {"b": []}}),
)
KEYS = (
    *("basket", "names", "from", "axis", "currency", "peak", "align", "show", "fall", "rows", "sort", "asof"),
    *(
        "window",
        "lead",
        "day",
        "event",
        "run",
        "symbol",
        "held",
        "present",
        "flags",
        "_w",
        "_t",
        "_v",
        "_k",
        "x",
    ),
)
WORDS = (
    *(
        "all",
        "us",
        "asia",
        "memory",
        "2025",
        "MU,NVDA",
        "usd",
        "year",
        "peak",
        "low",
        "5",
        "2026-06-23",
        "1m",
    ),
    *(
        "9" * 30,
        "-1",
        "NaN",
        "1e999",
        "null",
        "true",
        "[]",
        "{}",
        "%00",
        "é",
        "\u202e",
        "..%2f..%2fetc",
        "<script>",
    ),
    *(
        "2026-06-23T07:00Z",
        "9999-12-31T23:59-14:00",
        "0001-01-01",
        "JPY=X",
        "^KS11",
        "a" * 3000,
        "' or 1=1 --",
        "",
    ),
)


def callback(page: object) -> dict[str, object]:
    """The first callback of a page as a browser sends it."""
    outputs = [{"id": name, "property": kind} for name, kind in page.CALLBACKS[0][0]]  # type: ignore[attr-defined]
    request = {"path": page.PATH, "search": "", "width": 1280, "theme": "dark"}  # type: ignore[attr-defined]
    live = [{"id": "pulse", "property": "data", "value": {}}] if getattr(page, "LIVE", False) else []
    named = "...".join(f"{item['id']}.{item['property']}" for item in outputs)
    return {
        "output": f"..{named}.." if len(outputs) > 1 else named,
        "outputs": outputs if len(outputs) > 1 else outputs[0],
        "inputs": [{"id": "request", "property": "data", "value": request}, *live],
        "changedPropIds": ["request.data"],
        "state": [],
    }


def asked(dice: random.Random, body: dict[str, object]) -> object:
    """A body of the right form that asks for something odd, so that it comes as far as the page."""
    found = json.loads(json.dumps(body))
    request = found["inputs"][0]["value"]
    for key in dice.sample(list(request), dice.randint(0, 2)):
        request[key] = dice.choice(VALUES)
    if dice.random() < 0.9:
        request["search"] = f"?{query(dice)}"
    return found


def torn(dice: random.Random, text: bytes) -> bytes:
    """A body cut, flipped or doubled on its way."""
    at = dice.randrange(1, max(2, len(text)))
    return dice.choice(
        (text[:at], text[:at] + bytes([dice.randrange(256)]) + text[at:], text + text, b"[" * at)
    )


class Asker:
    """One connection that is opened again when the server closes it."""

    def __init__(self, found: Dashboard) -> None:
        self.found = found
        self.statuses: Counter[int] = Counter()
        self.bad: list[str] = []
        self._open()

    def close(self) -> None:
        self.connection.close()

    def _open(self) -> None:
        self.connection = http.client.HTTPConnection("127.0.0.1", self.found.port, timeout=120)

    def ask(self, method: str, path: str, body: bytes | None = None, **headers: str) -> None:
        try:
            self.connection.request(method, path, body, headers)
            answer = self.connection.getresponse()
            text = answer.read()
        except (http.client.HTTPException, OSError):
            self.connection.close()
            self._open()
            self.statuses[0] += 1
            return
        self.statuses[answer.status] += 1
        if answer.status >= 500 or b"Traceback" in text or b'File "' in text:
            self.bad.append(f"{answer.status} {method} {path[:200]} {(body or b'')[:300]!r}")


def posts(size: Size) -> Reached:
    """Mutated callbacks of every page."""
    dice = random.Random(27)
    bodies = [callback(page) for page in PAGES if getattr(page, "CALLBACKS", ())]

    def odd() -> Request:
        change = dice.choice((partial(mutated, values=VALUES), asked))
        text = json.dumps(change(dice, dice.choice(bodies))).encode()
        kind = "application/json" if dice.random() < 0.95 else dice.choice(_KINDS)
        return (
            "POST",
            "/_dash-update-component",
            torn(dice, text) if dice.random() < 0.1 else text,
            {"Content-Type": kind},
        )

    return _answered(odd for _ in range(size.of(20_000)))


def queries(size: Size) -> Reached:
    """Query strings on every page and chart."""
    dice = random.Random(26)
    places = [
        (page.PATH, [f"/figure/{chart.id}" for chart in getattr(page, "CHARTS", ())])
        for page in PAGES
        for _ in range(size.of(5_000))
    ]
    dice.shuffle(places)

    def odd(page: str, charts: list[str]) -> Request:
        # A page as often as all of its charts together.
        path = dice.choice(charts) if charts and dice.random() < 0.5 else page
        return "GET", f"{path}?{query(dice)}", None, {"Accept-Encoding": "br"}

    return _answered(partial(odd, page, charts) for page, charts in places)


def _answered(requests: Iterable[Callable[[], Request]]) -> Reached:
    """Send them all; the memory is that of a server whose caches the first fifth has filled."""
    everything = list(requests)
    with dashboard() as found, closing(Asker(found)) as asker:
        before = 0.0
        for number, request in enumerate(everything):
            if number == len(everything) // 5:
                before = memory(found)
            method, path, body, headers = request()
            asker.ask(method, path, body, **headers)
        grown = memory(found) - before
    count = sum(asker.statuses.values())
    counts = ", ".join(f"{count:,} × {status}" for status, count in sorted(asker.statuses.items()))
    first = f"; first: {asker.bad[0]}" if asker.bad else ""
    good = not asker.bad and asker.statuses[0] <= count * 0.01 and grown < MOST_GROWN
    return Reached(
        good,
        f"{count:,} asked, {len(asker.bad)} bad ({counts}), memory {grown:+.0f} MB of {before:.0f}{first}",
    )


def query(dice: random.Random) -> str:
    """A query string as people mistype it and as machines attack with it."""
    parts = [f"{dice.choice(KEYS)}={_coded(dice, dice.choice(WORDS))}" for _ in range(dice.randint(1, 6))]
    text = dice.choice("&&&;").join(parts)
    if dice.random() < 0.1:
        text += "".join(f"%{dice.randrange(256):02x}" for _ in range(dice.randint(1, 40)))
    return text * dice.choice((1, 1, 1, 1, 20))


def _coded(dice: random.Random, word: str) -> str:
    return word.encode("ascii", "ignore").decode().replace(" ", "+") if dice.random() < 0.2 else quote(word)


_KINDS = (
    "text/plain",
    "application/x-www-form-urlencoded",
    "multipart/form-data",
    "application/json; charset=x",
)
CASES = [
    Case("mutated callbacks", "20,000: 0 × 5xx, 0 tracebacks, memory +50 MB at most", posts),
    Case("query strings", "5,000 a page: 0 × 5xx, 0 tracebacks, memory +50 MB at most", queries),
]

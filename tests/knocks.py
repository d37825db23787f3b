"""What somebody without a login may send: every route and page of a dashboard, its address bent in many ways.

An answer may be the login page, a bare word of health, a style or a sentence; never a figure or a name.
"""

from __future__ import annotations

import random
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote_to_bytes

import flask
from werkzeug.test import EnvironBuilder, run_wsgi_app

from models.universe import load_universe

LONGEST = 700
"""Bytes of any answer but the login page and what it is dressed in."""
DRESS = ("/login", "/file/app.css", "/file/inter.woff2", "/_favicon.ico")
METHODS = (
    "GET",
    "GET",
    "GET",
    "HEAD",
    "POST",
    "OPTIONS",
    "PUT",
    "DELETE",
    "PATCH",
    "TRACE",
    "PROPFIND",
    "get",
)
VALUES = {
    "chart_id": "drawdowns-underwater",
    "table_id": "relay-links",
    "view_id": "dd-7K2M4",
    "name": "plotly.js",
    "path": "drawdowns",
    "package_name": "dash",
    "fingerprinted_path": "dash-renderer/build/dash_renderer.min.js",
    "filename": "app.css",
}
QUERIES = (
    *(
        "",
        "?asof=2026-06-26",
        "?present=1&slide=4&playlist=/drawdowns,/events",
        "?next=/data",
        "?_w=1280&_t=dark",
    ),
    *("?names=NVDA,MU", "?event=1", "?basket=asia&asof=2026-06-23T12:00Z", "?" + "a=1&" * 80),
)
HEADERS: tuple[dict[str, str], ...] = (
    *({}, {"Accept": "text/html"}, {"Accept": "*/*"}, {"Accept": "application/json"}),
    {"X-Original-URL": "/healthz", "X-Rewrite-URL": "/login"},
    {"X-HTTP-Method-Override": "GET", "X-Forwarded-Prefix": "/login"},
    {"X-Forwarded-For": "127.0.0.1", "X-Real-IP": "127.0.0.1", "Forwarded": "for=127.0.0.1"},
    *({"X-Forwarded-User": "admin"}, {"Remote-User": "admin"}, {"Authorization": "Basic YWRtaW46YWRtaW4="}),
    *({"Cookie": "aftershock=eyJ1c2VyIjoiYWRtaW4ifQ.aaaa.bbbb"}, {"Cookie": "aftershock=; session=admin"}),
    *({"Host": "localhost"}, {"Referer": "http://localhost/drawdowns"}, {"Origin": "http://["}),
    {"Sec-Fetch-Site": "same-origin", "Content-Type": "application/json"},
)


@dataclass(frozen=True, slots=True)
class Knock:
    """One request of a stranger."""

    method: str
    path: str
    query: str
    headers: dict[str, str]


def addresses(server: flask.Flask, pages: Sequence[str]) -> list[str]:
    """The address of every rule, its parts filled in, and of every page."""
    found = dict.fromkeys(pages)
    for rule in server.url_map.iter_rules():
        found[re.sub(r"<(?:[^:<>]+:)?([^<>]+)>", lambda part: VALUES.get(part[1], "1"), rule.rule)] = None
    return list(found)


def bent(path: str, chance: random.Random) -> str:
    """An address, as somebody may write it who hopes that a door does not know it so."""
    cut = chance.randrange(1, max(len(path), 2))
    return chance.choice(
        (
            path,
            path
            + chance.choice(("/", "//", "X", ".html", ".ico.x", "/x", ";x", ";.css", "%00", "%20", "?", "#")),
            path.upper(),
            path.title(),
            "/" + path,
            "///" + path.lstrip("/"),
            path[:cut] + chance.choice(("%2e", "%2f", "/./", "/../", "%00", ";", "%09", "\\")) + path[cut:],
            chance.choice(("/login", "/healthz", "/file/app.css", "/metrics", "/_favicon.ico"))
            + "/.."
            + path,
            chance.choice(("/login", "/logout", "/healthz", "/readyz", "/metrics", "/file/")) + path,
            "".join(f"%{ord(letter):02x}" if chance.random() < 0.3 else letter for letter in path),
            path.replace("/", "//"),
            path.translate({ord("a"): "ａ", ord("/"): "／"}),
            "/" + "a" * chance.randrange(1, 3000),
        )
    )


def knocks(server: flask.Flask, pages: Sequence[str], count: int, seed: int) -> Iterator[Knock]:
    """Every address as it is, then so many bent ones."""
    known, chance = addresses(server, pages), random.Random(seed)
    for path in known:
        for method in ("GET", "HEAD", "POST", "OPTIONS"):
            yield Knock(method, path, "?asof=2026-06-26", {"Accept": "text/html"} if method == "GET" else {})
    for _ in range(count):
        path = bent(chance.choice(known), chance)
        yield Knock(chance.choice(METHODS), path, chance.choice(QUERIES), chance.choice(HEADERS))


def answer(server: flask.Flask, knock: Knock, place: str) -> tuple[int, bytes]:
    """Status and body of a stranger's request from an address."""
    builder = EnvironBuilder(
        path="/",
        method=knock.method,
        query_string=knock.query.lstrip("?"),
        headers={**knock.headers},
        environ_base={"REMOTE_ADDR": place},
        data=b"{}" if knock.method in ("POST", "PUT", "PATCH") else None,
    )
    environ: dict[str, Any] = builder.get_environ()
    builder.close()
    # As a server hands it over: the bytes behind the percent signs, one character each.
    environ["PATH_INFO"] = unquote_to_bytes(knock.path).decode("latin-1")
    environ["RAW_URI"] = environ["REQUEST_URI"] = knock.path + knock.query
    parts, status, _ = run_wsgi_app(server.wsgi_app, environ, buffered=True)
    return int(status[:3]), b"".join(parts)


def telling() -> re.Pattern[bytes]:
    """What no stranger reads: names, symbols and layers of the universe, and figures in percent."""
    universe = load_universe()
    words = {item.name for item in universe.instruments} | {item.symbol for item in universe.instruments}
    words |= {layer.name for layer in universe.layers}
    named = "|".join(re.escape(word) for word in sorted(words, key=len, reverse=True) if len(word) > 3)
    return re.compile(rf"(?<![\w/?=&,.-])(?:{named})(?![\w-])|[0-9]\.[0-9]%".encode())


def leaks(server: flask.Flask, knock: Knock, place: str, names: re.Pattern[bytes]) -> str:
    """What is wrong with the answer to a stranger; empty when nothing is."""
    status, body = answer(server, knock, place)
    if status >= 500:
        return f"{status} to {knock}"
    dressed = unquote_to_bytes(knock.path).decode("latin-1") in DRESS
    if not dressed and len(body) > LONGEST:
        return f"{len(body)} bytes to {knock}: {body[:120]!r}"
    said = names.search(body) if not (dressed and status == 200 and knock.path.startswith("/file")) else None
    return f"{said[0]!r} to {knock}" if said else ""

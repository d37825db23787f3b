"""Files that never change under their address: joined, compressed once, kept for good."""

from __future__ import annotations

import functools
import hashlib
import importlib.util
import mimetypes
import sys
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import brotli  # type: ignore[import-untyped]
import flask
from dash.fingerprint import check_fingerprint

import app
from app import __version__
from app.auth.doors import needs, opens

FOREVER = "public, max-age=31536000, immutable"
# What the login page shows; all else of the code is for whoever has come in.
_OPEN = ("app.css", "inter.woff2")
_SUITES = "/_dash-component-suites/"
# The partial build that the Makefile brings; without it, the whole one that plotly's own package holds.
_BUNDLE = Path(sys.prefix) / "share" / "aftershock" / "plotly.min.js"


@dataclass(frozen=True, slots=True)
class Kept:
    """A body as it came and as brotli, with its type."""

    body: bytes
    packed: bytes
    kind: str

    @classmethod
    def of(cls, body: bytes, kind: str) -> Kept:
        """Compress a body; its address must name its content."""
        return cls(body, brotli.compress(body, quality=7), kind)

    def answer(self) -> flask.Response:
        """The response in the encoding the browser takes."""
        headers = {"Cache-Control": FOREVER, "Vary": "Accept-Encoding"}
        if flask.request.accept_encodings.quality("br"):
            headers["Content-Encoding"] = "br"
            return flask.Response(self.packed, mimetype=self.kind, headers=headers)
        return flask.Response(self.body, mimetype=self.kind, headers=headers)


def assets_folder() -> Path:
    """The stylesheets, fonts and scripts: inside the installed package, else beside it."""
    packaged = Path(app.__file__).with_name("_assets")
    return packaged if packaged.is_dir() else Path(app.__file__).parents[1] / "assets"


def plotly_file() -> Path:
    """The plotting library that this install has."""
    if _BUNDLE.exists():
        return _BUNDLE
    spec = importlib.util.find_spec("plotly")
    assert spec is not None and spec.submodule_search_locations
    return Path(spec.submodule_search_locations[0]) / "package_data" / "plotly.min.js"


def address(name: str) -> str:
    """The address of a file by its name here, with its fingerprint: ``app.css``, ``plotly.js``."""
    return f"/file/{name}?v={hashlib.sha256(_file(name).body).hexdigest()[:12]}"


@cache
def build() -> str:
    """What names this build to an open page: its version, scripts and styles."""
    parts = (__version__, address("app.js"), address("app.css"), address("plotly.js"))
    return hashlib.sha256(" ".join(parts).encode()).hexdigest()[:12]


def register(server: flask.Flask) -> None:
    """Serve the joined files, and Dash's own scripts from memory once they were asked for."""
    suites: dict[str, Kept] = {}

    for shown in _OPEN:
        page = opens(functools.partial(_answer, shown))
        server.add_url_rule(f"/file/{shown}", f"file {shown}", page, methods=["GET"])

    @server.get("/file/<name>")
    @needs("viewer")
    def _named(name: str) -> flask.Response:
        return _file(name).answer() if name in _FILES else flask.Response("There is no such file.", 404)

    @server.before_request
    def _from_memory() -> flask.Response | None:
        name = _script_of(flask.request.path)
        found = suites.get(name) if name and flask.request.method == "GET" else None
        return found.answer() if found else None

    @server.after_request
    def _into_memory(answer: flask.Response) -> flask.Response:
        name = _script_of(flask.request.path)
        fresh = name and answer.status_code == 200 and name not in suites
        if fresh and len(suites) < 64 and not answer.is_streamed:
            suites[name] = Kept.of(answer.get_data(), answer.mimetype or "text/javascript")
        return answer


def _answer(name: str) -> flask.Response:
    return _file(name).answer()


def _script_of(path: str) -> str:
    """The script behind a fingerprinted address of Dash's; empty for any other.

    Whatever version is written into the address leads to the same script, which is kept once.
    """
    name, fingerprinted = check_fingerprint(path)
    return str(name) if fingerprinted and path.startswith(_SUITES) else ""


def _joined(suffix: str) -> bytes:
    """The numbered files of the assets in their order."""
    parts = sorted(assets_folder().glob(f"[0-9]*{suffix}"))
    return b"\n".join(part.read_bytes() for part in parts)


def _css() -> bytes:
    return _joined(".css").replace(
        b'url("fonts/inter-variable.woff2")', f'url("{address("inter.woff2")}")'.encode()
    )


_FILES: dict[str, Callable[[], bytes]] = {
    "app.css": _css,
    "app.js": lambda: _joined(".js"),
    "head.js": lambda: (assets_folder() / "head.js").read_bytes(),
    "start.js": lambda: b"var renderer = new DashRenderer();",
    "inter.woff2": lambda: (assets_folder() / "fonts" / "inter-variable.woff2").read_bytes(),
    "plotly.js": lambda: plotly_file().read_bytes(),
}


@cache
def _file(name: str) -> Kept:
    kind = mimetypes.guess_type(name)[0] or "font/woff2"
    return Kept.of(_FILES[name](), kind)

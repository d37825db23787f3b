"""Pictures of memo figures without a page open: one Chromium, kept warm, watched over and timed.

It draws with the same script as the page, so that a picture is the same from either. Kaleido starts and
speaks to it; what goes wrong between them (a crash, a hang, a home it may not write to) ends here, in one
new start and then one sentence.
"""

from __future__ import annotations

import asyncio
import base64
import contextlib
import os
import shutil
import signal
import tempfile
import threading
from collections.abc import Coroutine, MutableMapping
from pathlib import Path
from typing import Any, Literal

import orjson

from app.render.assets import assets_folder, plotly_file
from app.render.memo.pdf import POINTS
from app.render.memo.png import with_dots
from models.errors import AftershockError

TIMEOUT, OPENING, CLOSING = 20.0, 40.0, 5.0
NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
_ELSEWHERE = (
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
    "C:/Program Files/Google/Chrome/Application/chrome.exe",
)
_CSS_PIXELS = 96 / 72
_PAGE = """<!DOCTYPE html><html><head><meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; script-src file: 'unsafe-inline'; \
style-src 'unsafe-inline'; img-src data: blob:; font-src data:; connect-src 'none'">
<style id="head-style"></style><script>window.aftershockFont = "{font}";</script>
<script src="{plotly}"></script><script src="{pictures}"></script><script src="{printing}"></script>
<script src="{scopes}"></script></head>
<body style="margin:0"><img id="kaleido-image"></body></html>"""


class NoChromiumError(AftershockError, RuntimeError):
    """No browser is there to draw pictures with."""

    def __init__(self, named: Path | None) -> None:
        missing = f"AFTERSHOCK_CHROMIUM names {named}, which is no program" if named else "There is none here"
        super().__init__(
            "Pictures are drawn by Chromium or Chrome. "
            f"{missing}: install one, or name it in AFTERSHOCK_CHROMIUM; the Memo menu of the dashboard "
            "draws them in your own browser and needs neither."
        )

    @property
    def public(self) -> str:
        """The same without the place of a program."""
        return (
            "This dashboard has no browser to draw pictures with; the Memo menu draws them in your own, or "
            "let whoever runs it install Chromium."
        )


class DrawingError(AftershockError, RuntimeError):
    """The browser was started anew and failed again."""

    def __init__(self, reason: str) -> None:
        super().__init__(
            f"Chromium could not draw the picture ({reason}); free some memory and try again, "
            "or use the Memo menu of the dashboard."
        )

    @property
    def public(self) -> str:
        """The same without the browser's own words."""
        return "Chromium could not draw the picture; try again, or use the Memo menu of the dashboard."


def find_chromium(named: Path | None) -> Path:
    """The browser that draws: the one that was named, else one on the PATH or where it is usually installed.

    Raises
    ------
    NoChromiumError
        If there is none, or what was named is no program.
    """
    if named is not None:
        if named.is_file() and os.access(named, os.X_OK):
            return named
        raise NoChromiumError(named)
    found = next((path for name in NAMES if (path := shutil.which(name))), None)
    usual = next((path for path in _ELSEWHERE if Path(path).is_file()), None)
    if found or usual:
        return Path(found or usual or "")
    raise NoChromiumError(None)


class Renderer:
    """Draws figures one at a time, whichever thread asks; a context that ends its browser.

    The browser starts with the first picture and again after a failure; a picture that takes longer than
    ``timeout`` seconds is a failure.
    """

    def __init__(self, path: Path, *, timeout: float = TIMEOUT) -> None:
        self._path = path
        self._timeout = timeout
        self._one = threading.Semaphore(1)
        self._home = tempfile.TemporaryDirectory(prefix="aftershock-", ignore_cleanup_errors=True)
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="chromium", daemon=True)
        self._thread.start()
        self._browser: Any = None

    def __enter__(self) -> Renderer:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def process(self) -> int | None:
        """The process of the browser, None while there is none."""
        return self._browser.subprocess.pid if self._browser is not None else None

    def png(self, memo: dict[str, Any]) -> bytes:
        """A memo's picture, at the scale it names.

        Raises
        ------
        DrawingError
            If the browser fails twice.
        """
        return with_dots(self._draw(memo, "png", memo["scale"]))

    def pdf(self, memo: dict[str, Any]) -> bytes:
        """A memo's picture as a page of lines and letters; raises like :meth:`png`."""
        return self._draw(memo, "pdf", POINTS * _CSS_PIXELS)

    def close(self) -> None:
        """End the browser; twice does no harm."""
        with self._one:
            if self._loop.is_closed():
                return
            self._end()
            self._loop.call_soon_threadsafe(self._loop.stop)
            self._thread.join(CLOSING)
            if not self._loop.is_running():
                self._loop.close()
            self._home.cleanup()

    def _draw(self, memo: dict[str, Any], form: Literal["png", "pdf"], scale: float) -> bytes:
        figure = orjson.loads(orjson.dumps(memo["figure"], option=orjson.OPT_SERIALIZE_NUMPY))
        options = {"format": form, "width": memo["width"], "height": memo["height"], "scale": scale}
        with self._one:
            reason = ""
            for _ in range(2):
                try:
                    if self._browser is None:
                        self._browser = self._wait(self._open(), OPENING)
                    return bytes(self._wait(self._browser.calc_fig(figure, options), self._timeout))
                except Exception as error:  # whatever it is, this browser is not used again
                    reason = _reason(error)
                    self._end()
            raise DrawingError(reason)

    def _wait(self, work: Coroutine[Any, Any, Any], seconds: float) -> Any:
        waiting = asyncio.run_coroutine_threadsafe(asyncio.wait_for(work, seconds), self._loop)
        return waiting.result(seconds + CLOSING)

    async def _open(self) -> Any:
        import kaleido
        from choreographer.browsers.chromium import Chromium

        home = Path(self._home.name)
        page = home / "page.html"
        page.write_text(_page(Path(kaleido.__file__).parent), encoding="utf-8")

        class Housed(Chromium):
            """With a home of its own: that of the user may be read-only, or hold a profile in use."""

            def get_env(self) -> MutableMapping[str, str]:
                places = ("HOME", "XDG_CONFIG_HOME", "XDG_CACHE_HOME", "XDG_RUNTIME_DIR")
                return {**os.environ, **dict.fromkeys(places, str(home))}

        browser = kaleido.Kaleido(
            n=1, timeout=self._timeout, page_generator=page, path=self._path, browser_cls=Housed
        )
        try:
            await browser.open()
        except BaseException:
            _kill(browser)
            raise
        return browser

    def _end(self) -> None:
        """Let go of the browser: politely, then not."""
        browser, self._browser = self._browser, None
        if browser is None:
            return
        with contextlib.suppress(Exception):
            self._wait(browser.close(), CLOSING)
        _kill(browser)


def _kill(browser: Any) -> None:
    """End the browser's processes, which are a group of their own."""
    process = getattr(browser, "subprocess", None)
    if process is not None and process.poll() is None:
        with contextlib.suppress(OSError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait(CLOSING)


def _reason(error: Exception) -> str:
    if isinstance(error, TimeoutError):
        return "it did not answer in time"
    return f"{type(error).__name__}: {error}".split("\n")[0][:120].rstrip(".: ")


def _page(kaleido: Path) -> str:
    """The page that draws: plotly, the dashboard's own script for pictures, and what kaleido calls."""
    assets = assets_folder()
    font = base64.b64encode((assets / "fonts" / "inter-variable.woff2").read_bytes()).decode()
    scripts = {
        "plotly": plotly_file(),
        "pictures": assets / "18-pictures.js",
        "printing": assets / "printing.js",
        "scopes": kaleido / "vendor" / "kaleido_scopes.js",
    }
    named = {name: path.resolve().as_uri() for name, path in scripts.items()}
    return _PAGE.format(font=f"data:font/woff2;base64,{font}", **named)

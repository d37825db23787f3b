"""How long a page takes in a real browser, from the navigation to the last chart painted.

A watcher that runs before the page's own code looks at every frame: a page is done when each
chart holds all its lines, the table all its rows (and small charts), and nothing of that has
changed since the frame before, so that it has been painted.
"""

from __future__ import annotations

import contextlib
import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass

from playwright.sync_api import BrowserContext, Page, Playwright, Request

CHROMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
VIEWPORT = {"width": 1600, "height": 1400}
LIMIT_MS = 60_000

# The lines' path data is the evidence: its length and ends identify a drawing without copying
# every coordinate out of the document on each frame; what is short is an axis or a marker, no line
# of prices. After a change of window, all lines must differ from the ones before.
WATCHER = """
(() => {
  const bench = window.__bench = { done: 0, since: 0, before: null, armed: true };
  const fill = node => node.getAttribute('d') || '';
  bench.read = () => {
    const lines = [...document.querySelectorAll(LINES)].map(fill).filter(d => d.length > 400);
    return { lines: lines.map(d => d.length + d.slice(0, 40) + d.slice(-40)),
             rows: document.querySelectorAll(ROWS).length,
             sparks: SPARKS ? document.querySelectorAll(SPARKS).length : COUNT };
  };
  const whole = now => now.lines.length >= COUNT && now.rows >= COUNT && now.sparks >= COUNT;
  const fresh = now => !bench.before || now.lines.every(line => !bench.before.has(line));
  let last = '';
  const look = () => {
    if (bench.armed) {
      const now = bench.read(), text = JSON.stringify(now);
      if (whole(now) && fresh(now) && text === last) { bench.done = performance.now(); bench.armed = false; }
      last = text;
    }
    requestAnimationFrame(look);
  };
  requestAnimationFrame(look);
  document.addEventListener('pointerdown', () => {
    if (bench.before) { bench.since = performance.now(); bench.armed = true; }
  }, true);
  bench.arm = () => { bench.before = new Set(bench.read().lines); bench.done = 0; last = ''; };
})();
"""


@dataclass(frozen=True)
class Look:
    """Where a page keeps what is waited for; selectors, `{window}` filled in for the control."""

    lines: str
    rows: str
    control: str
    menu: str = ""  # what has to be opened before the control can be seen
    sparks: str = ""
    count: int = 20

    def watcher(self) -> str:
        """The watcher for this page."""
        quoted = {"LINES": self.lines, "ROWS": self.rows, "SPARKS": self.sparks}
        script = WATCHER.replace("COUNT", str(self.count))
        for word, selector in quoted.items():
            script = script.replace(f"({word})", f"({selector!r})").replace(f"{word} ?", f"{selector!r} ?")
        return script


@dataclass(frozen=True)
class Visit:
    """What one visit took, milliseconds and bytes."""

    cold: float
    changes: tuple[float, ...]
    requests: int
    megabytes: float
    errors: tuple[str, ...]

    @property
    def change(self) -> float:
        """Mean of the changes of window, there and back."""
        return sum(self.changes) / len(self.changes)


def chrome_path() -> str | None:
    """A Chrome of the machine; without one, Playwright starts its own."""
    return next(filter(None, map(shutil.which, CHROMES)), None)


@contextlib.contextmanager
def new_profile(playwright: Playwright) -> Iterator[BrowserContext]:
    """A browser that has never run before: nothing cached, nothing compiled."""
    with tempfile.TemporaryDirectory(prefix="bench-profile-", ignore_cleanup_errors=True) as folder:
        context = playwright.chromium.launch_persistent_context(
            folder,
            executable_path=chrome_path(),
            args=["--no-sandbox", "--disable-background-networking", "--no-proxy-server"],
            viewport=VIEWPORT,
        )
        try:
            yield context
        finally:
            context.close()


def visit(playwright: Playwright, url: str, look: Look, windows: tuple[str, ...] = ("2024", "2016")) -> Visit:
    """Load `url` with a new profile, then change the window to each of `windows` in turn."""
    with new_profile(playwright) as context:
        page = context.pages[0]
        errors: list[str] = []
        sizes: list[int] = []
        page.on("console", lambda line: errors.append(line.text) if line.type == "error" else None)
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.on("requestfinished", lambda request: sizes.append(_size(request)))
        cold = load_page(page, url, look)
        changes = tuple(change(page, look, window) for window in windows)
        return Visit(cold, changes, len(sizes), sum(sizes) / 1e6, tuple(errors))


def load_page(page: Page, url: str, look: Look) -> float:
    """From the start of the navigation to the second frame of everything that is waited for."""
    page.add_init_script(look.watcher())
    page.goto(url, wait_until="commit")
    return _wait(page)


def change(page: Page, look: Look, window: str) -> float:
    """From the press of the pointer on the control to the new lines' second frame."""
    # A reader has looked at the page for a moment: handlers are attached, nothing is loading.
    page.wait_for_timeout(300)
    if look.menu:
        page.click(look.menu)
    page.evaluate("window.__bench.arm()")
    page.click(look.control.format(window=window))
    return _wait(page) - float(page.evaluate("window.__bench.since"))


def _size(request: Request) -> int:
    # A request whose page is closing has no sizes any more.
    with contextlib.suppress(Exception):
        return request.sizes()["responseBodySize"]
    return 0


def _wait(page: Page) -> float:
    page.wait_for_function("() => window.__bench && window.__bench.done > 0", timeout=LIMIT_MS, polling=50)
    return float(page.evaluate("window.__bench.done"))

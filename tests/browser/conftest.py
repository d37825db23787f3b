"""A filled dashboard, a browser, and what ends every test: an empty console, no request failed."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Page, Request, Response, expect, sync_playwright
from playwright.sync_api import Error as BrowserError

from tests.browser.prices import write_minutes, write_prices
from tests.browser.running import Dashboard, ended, free_port, running
from tests.patience import HANG

SMALL, LARGE = (1280, 720), (1920, 1080)
# Both only bound a hang: tests wait for what they want to see, and a busy machine takes its time.
PATIENCE = 60_000
# A first run asks 80 names, after a tick at most; both its processes share the machine with the suite.
FILLED_WITHIN = 1000 * HANG
# A stopped clock never ends the wait of a name that failed, so the first tick alone may find nobody.
TICK_MINUTES = "0.4"
# Its own requests to its maker must not be mistaken for the product's; the suite's proxy is a dead end.
ARGUMENTS = ("--no-sandbox", "--disable-background-networking", "--no-proxy-server")
Open = Callable[..., Page]


# What Chromium says of a script that was announced and is not run yet seconds after the page has loaded:
# the page's own come before Dash's, so that on a busy machine Dash's are late. That each of them is run
# is asked by a test of its own.
_LATE = re.compile(
    r"warning: The resource http://127\.0\.0\.1:\d+/\S+ was preloaded using link preload but not used "
    r"within a few seconds from the window's load event\. Please make sure it has an appropriate `as` value "
    r"and it is preloaded intentionally\. \(.*\)"
)
# How the browser tells that a poll met a server that closes or is gone.
_UNANSWERED = re.compile(
    r"(?:error: Failed to load resource: )?net::ERR_(?:CONNECTION_\w+|EMPTY_RESPONSE|SOCKET_NOT_CONNECTED)"
    r" \(?http://127\.0\.0\.1:(\d+)/(?:pulse|present/news)\b\S*"
)

_VIOLATIONS = """document.addEventListener('securitypolicyviolation', event => window.policyViolated(
  `${event.violatedDirective} ${event.blockedURI} ${event.sourceFile}:${event.lineNumber}`));"""


@dataclass
class Watch:
    """What one test's pages said and asked for; ``allowed`` holds patterns, each with its reason."""

    said: list[str] = field(default_factory=list)
    failed: list[str] = field(default_factory=list)
    hosts: set[str] = field(default_factory=set)
    allowed: list[tuple[str, str]] = field(default_factory=list)

    def allow(self, pattern: str, reason: str) -> None:
        """Let lines of this pattern pass."""
        assert reason
        self.allowed.append((pattern, reason))

    def follow(self, page: Page) -> None:
        page.on("console", self._console)
        page.on("pageerror", lambda error: self.said.append(f"uncaught: {error}"))
        page.on("requestfailed", self._failure)
        page.on("request", self._request)
        page.on("response", self._response)
        # What the content policy forbids is said as an event too; the console may be cleared by then.
        page.expose_function("policyViolated", lambda line: self.said.append(f"content policy: {line}"))
        page.add_init_script(_VIOLATIONS)

    def _console(self, line: ConsoleMessage) -> None:
        self.said.append(f"{line.type}: {line.text} ({line.location.get('url', '')})")

    def _request(self, request: Request) -> None:
        self.hosts.add(urlsplit(request.url).hostname or "")

    def _failure(self, request: Request) -> None:
        # What a page still waited for when it was left is called off by the browser itself.
        if request.failure != "net::ERR_ABORTED":
            self.failed.append(f"{request.failure} {request.url}")

    def _response(self, response: Response) -> None:
        if response.status >= 400:
            self.failed.append(f"{response.status} {response.url}")

    def check(self) -> None:
        """Nothing said, nothing failed, nothing asked beyond this machine, nothing forbidden tried."""
        left = [
            line
            for line in (*self.said, *self.failed)
            if not any(re.search(pattern, line) for pattern, _ in self.allowed)
            and not _LATE.fullmatch(line)
            and not _of_an_ended_server(line)
        ]
        assert not left, "the browser complained:\n" + "\n".join(left)
        assert self.hosts <= {"127.0.0.1", ""}, f"asked beyond this machine: {self.hosts}"


def _of_an_ended_server(line: str) -> bool:
    """Whether an open page asked, as it does every few seconds, a server that a test had ended."""
    poll = _UNANSWERED.fullmatch(line)
    return poll is not None and int(poll[1]) in ended


@pytest.fixture(scope="session")
def prices(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of CSV files, one a name of the universe."""
    ground = tmp_path_factory.mktemp("prices")
    return write_prices(ground / "files", ground / "cache")


@pytest.fixture(scope="session")
def imported(prices: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder filled by the import command; never written to but by exports."""
    folder = tmp_path_factory.mktemp("imported")
    said = Dashboard(folder).command("import", str(prices))
    assert re.search(r"(\d+) of \1 names answered", said), said
    write_minutes(folder)
    return folder


@pytest.fixture(scope="session")
def dashboard(imported: Path) -> Iterator[Dashboard]:
    """The dashboard that most tests read."""
    with running(Dashboard(imported)) as found:
        yield found


@pytest.fixture(scope="session")
def browser(chromium_path: str | None) -> Iterator[Browser]:
    """One Chromium for the whole run."""
    expect.set_options(timeout=PATIENCE)
    with sync_playwright() as playwright:
        try:
            found = playwright.chromium.launch(executable_path=chromium_path, args=list(ARGUMENTS))
        except BrowserError as error:
            pytest.fail(
                "No Chromium could be started; install Chrome or Chromium, or run "
                f"`playwright install chromium`. {error.message.splitlines()[0]}"
            )
        yield found
        found.close()


@pytest.fixture
def watch() -> Iterator[Watch]:
    """What the test's pages say; checked when the test is over."""
    found = Watch()
    yield found
    found.check()


@pytest.fixture
def open_page(browser: Browser, watch: Watch) -> Iterator[Open]:
    """Open an address in a new profile; width, theme and other properties of the browser may be named."""
    contexts = []

    def opened(address: str, *, size: tuple[int, int] = SMALL, theme: Any = "dark", **options: Any) -> Page:
        context = browser.new_context(
            viewport={"width": size[0], "height": size[1]}, color_scheme=theme, **options
        )
        context.set_default_timeout(PATIENCE)
        contexts.append(context)
        page = context.new_page()
        watch.follow(page)
        page.goto(address)
        return page

    yield opened
    for context in contexts:
        context.close()


@pytest.fixture
def drawdowns(open_page: Open, dashboard: Dashboard) -> Page:
    """The Drawdowns page, ready."""
    from tests.browser.reading import wait_ready

    page = open_page(f"{dashboard.address}/drawdowns")
    wait_ready(page)
    return page


@pytest.fixture
def source_port() -> int:
    return free_port()


@pytest.fixture
def first_run(tmp_path: Path, source_port: int) -> Iterator[Dashboard]:
    """Not started: an empty data folder, and a source of which nothing is known but its port."""
    settings = {
        "AFTERSHOCK_YAHOO_URL": f"http://127.0.0.1:{source_port}",
        "AFTERSHOCK_TICK_MINUTES": TICK_MINUTES,
    }
    found = Dashboard(tmp_path, (), settings)
    yield found
    found.stop()

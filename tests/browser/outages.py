"""Outages under an open page: what the reader chose last is what control, address and chart show after."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from playwright.sync_api import Page, expect

from tests.browser import reading
from tests.browser.running import Dashboard
from tests.patience import HANG, promised

WINDOWS = ("2021", "2022", "2023", "2024", "2025")
BANNER_WITHIN = 10.0
"""Seconds after which a page promises to say that nobody answers."""
_HANG = 1000 * HANG
# What the browser itself writes of a server that does not answer, and Dash of a callback that was lost.
NOISE = (
    (r"ERR_(CONNECTION|INTERNET|EMPTY|NETWORK|SOCKET|TIMED)\w+", "the browser writes that nobody answered"),
    (r"Failed to fetch|Callback failed|_dash-update-component", "Dash writes that a callback was lost"),
    (r"AbortError|signal is aborted", "what was not waited for"),
)
_SHOWN = """() => {
  const place = document.querySelector('[data-plot=drawdowns-underwater]');
  return {
    // A place that Dash has just put there shows nothing yet.
    from: place.shown ? new URLSearchParams(place.shown.from.split('?')[1]).get('from') || '2024' : '',
    address: new URLSearchParams(location.search).get('from') || '2024',
    away: Boolean(document.documentElement.dataset.away),
    inert: document.getElementById('page').inert,
  };
}"""


@contextmanager
def stopped(dashboard: Dashboard) -> Iterator[None]:
    """The server ends, and is started again where it was."""
    dashboard.stop()
    yield
    dashboard.start()


@contextmanager
def hung(dashboard: Dashboard) -> Iterator[None]:
    """The server is there and answers nothing."""
    assert dashboard.process is not None
    os.kill(dashboard.process.pid, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(dashboard.process.pid, signal.SIGCONT)


@contextmanager
def unplugged(page: Page) -> Iterator[None]:
    """The browser has no network."""
    page.context.set_offline(True)
    yield
    page.context.set_offline(False)


def choose(page: Page, window: str) -> None:
    """Take a choice of the control as a click would, whatever covers it."""
    page.evaluate("from => window.aftershock.go('?from=' + from)", window)


def wait_banner(page: Page) -> float:
    """Until the page says that it is offline; seconds it took."""
    began = time.monotonic()
    expect(page.locator("#shell-link")).to_contain_text("Offline since ", timeout=_HANG)
    took = time.monotonic() - began
    assert page.evaluate(_SHOWN)["inert"]
    return took


def wait_back(page: Page) -> None:
    """Until the page takes input again and nothing is under way."""
    expect(page.locator("#shell-link")).to_be_empty(timeout=_HANG)
    page.wait_for_load_state("networkidle")
    reading.wait_ready(page)


def disagreement(page: Page) -> str:
    """What of control, address and chart still differs after a while; empty when they agree."""
    deadline = time.monotonic() + promised(10)
    while (told := _differs(page)) and time.monotonic() < deadline:
        page.wait_for_timeout(200)
    return told


def _differs(page: Page) -> str:
    shown = page.evaluate(_SHOWN)
    control = reading.value(page, "From").inner_text()
    agree = shown["from"] == shown["address"] and control == f"Jan {shown['address']}" and not shown["away"]
    return "" if agree else f"control {control}, {shown}"


def cycle(page: Page, outage: Callable[[], object], window: str, *, early: bool) -> float:
    """One outage with a choice made in it: at once, or when the page has said that it is offline."""
    took = 0.0
    with outage():  # type: ignore[attr-defined]
        if early:
            choose(page, window)
        took = wait_banner(page)
        if not early:
            choose(page, window)
    wait_back(page)
    return took

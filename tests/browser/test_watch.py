"""What the suite lets a browser say: what only a slow machine or an ended server brings, and nothing else."""

from __future__ import annotations

import pytest

from tests.browser import running
from tests.browser.conftest import Watch

LATE = (
    "warning: The resource http://127.0.0.1:8050/_dash-component-suites/dash/deps/react.js was preloaded "
    "using link preload but not used within a few seconds from the window's load event. Please make sure "
    "it has an appropriate `as` value and it is preloaded intentionally. (http://127.0.0.1:8050/brief)"
)
POLL = "error: Failed to load resource: net::ERR_CONNECTION_REFUSED (http://127.0.0.1:8050/pulse)"
FAILED = "net::ERR_EMPTY_RESPONSE http://127.0.0.1:8050/pulse"


def test_what_slowness_brings_is_no_fault() -> None:
    running.ended.add(8050)
    try:
        Watch(said=[LATE, POLL], failed=[FAILED]).check()
    finally:
        running.ended.discard(8050)


@pytest.mark.parametrize(
    "line",
    [
        POLL,  # the server runs
        FAILED,
        LATE.replace("preloaded using link preload but not used", "preloaded but not used"),
        LATE.replace("127.0.0.1:8050/_dash", "elsewhere.example/_dash"),
        LATE.replace("warning:", "error:"),
        "error: Uncaught TypeError (http://127.0.0.1:8050/pulse)",
    ],
)
def test_everything_else_is(line: str) -> None:
    with pytest.raises(AssertionError, match="the browser complained"):
        Watch(said=[line]).check()


def test_another_request_to_an_ended_server_is_a_fault() -> None:
    running.ended.add(8050)
    try:
        with pytest.raises(AssertionError, match="the browser complained"):
            Watch(failed=[FAILED.replace("/pulse", "/figure/brief-heat")]).check()
    finally:
        running.ended.discard(8050)

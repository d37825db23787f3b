"""How long tests wait: for a state, within a bound that only a hang reaches.

A promise of the product in seconds is of a machine that has time for it. It is kept to the letter where the
machine is idle, and stretched by the processes that share each core where it is not.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")
HANG = 180.0
"""Seconds after which nothing more is expected; no test that passes comes near."""


def promised(seconds: float) -> float:
    """What a promise of so many seconds is on a machine as busy as this one is now."""
    return seconds * max(1.0, os.getloadavg()[0] / (os.cpu_count() or 1))


def until(what: Callable[[], T], seconds: float = HANG) -> T:
    """Wait for something to be so, and give it; what it was last when the time is over."""
    deadline = time.monotonic() + seconds
    while not (found := what()) and time.monotonic() < deadline:
        time.sleep(0.02)
    return found

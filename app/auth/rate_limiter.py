"""So many in a while, for each of many: counted in this process's memory."""

from __future__ import annotations

import threading
import time
from collections import OrderedDict, deque
from collections.abc import Callable

KEPT = 10_000


class Limiter:
    """At most ``most`` within ``seconds`` for each key; the least recent keys are forgotten first."""

    def __init__(self, most: int, seconds: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._most, self._seconds, self._clock = most, seconds, clock
        self._times: OrderedDict[str, deque[float]] = OrderedDict()
        self._lock = threading.Lock()

    def take(self, key: str) -> bool:
        """Count one; False, and nothing counted, when there were enough."""
        with self._lock:
            times = self._recent(key)
            if len(times) >= self._most:
                return False
            times.append(self._clock())
            return True

    def wait(self, key: str) -> float:
        """Seconds until the next is allowed, 0 for now."""
        with self._lock:
            times = self._recent(key)
            return 0.0 if len(times) < self._most else times[0] + self._seconds - self._clock()

    def forget(self, key: str) -> None:
        """Begin anew for a key."""
        with self._lock:
            self._times.pop(key, None)

    def _recent(self, key: str) -> deque[float]:
        times = self._times.setdefault(key, deque())
        self._times.move_to_end(key)
        while times and self._clock() - times[0] >= self._seconds:
            times.popleft()
        while len(self._times) > KEPT:
            self._times.popitem(last=False)
        return times

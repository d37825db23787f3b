"""What was worked out, kept while there is room: every memory of this process is bounded in bytes.

A count of entries bounds nothing: one address asks for a row, the next for eleven years of every name.
"""

from __future__ import annotations

import gc
import sys
import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable, Iterable
from types import BuiltinFunctionType, FunctionType, MethodType, ModuleType
from typing import Any, Generic, Protocol, TypeVar

import numpy as np
import pandas as pd

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")
W = TypeVar("W", bound="Weighed")

OF_ALL = 96 * 2**20
"""Bytes that all views of a market hold together, beside the prices that they share."""
REVIEW_AFTER = 64
"""Answers after which views are weighed again: what was made may have grown since."""
_CODE = (type, ModuleType, FunctionType, BuiltinFunctionType, MethodType)


def weight(value: Any, seen: set[int] | None = None, *, apart: tuple[type, ...] = ()) -> int:
    """Return the bytes that a value keeps from being freed, each object counted once.

    Parameters
    ----------
    value
        Anything.
    seen
        Identities of what is counted elsewhere; those found here are added.
    apart
        Kinds that are not this value's own, such as the calendars: neither counted nor looked into.
    """
    seen = set() if seen is None else seen
    waiting, found = [value], 0
    while waiting:
        item = waiting.pop()
        if id(item) in seen or isinstance(item, (*_CODE, *apart)):
            continue
        seen.add(id(item))
        if isinstance(item, np.ndarray):
            found += sys.getsizeof(item) if item.base is None else 128
            waiting += [item.base] if item.base is not None else []
            waiting += item.ravel().tolist() if item.dtype == object else []
        elif isinstance(item, pd.DataFrame | pd.Series | pd.Index):
            found += _of_pandas(item)
        else:
            found += sys.getsizeof(item)
            waiting += gc.get_referents(item)
    return found


def _of_pandas(item: Any) -> int:
    return int(np.sum(item.memory_usage(deep=True)))


class Kept(Generic[K, V]):
    """Values by key while they weigh less than ``most`` bytes together; the least recent goes first.

    Not for several threads at once: whoever holds it has a lock for more than it.
    """

    def __init__(self, most: int) -> None:
        self.most, self.used = most, 0
        self._held: OrderedDict[K, tuple[V, int]] = OrderedDict()

    def __len__(self) -> int:
        return len(self._held)

    def get(self, key: K) -> V | None:
        """The value of a key, which then is the most recent one; None when it is not here."""
        found = self._held.get(key)
        if found is None:
            return None
        self._held.move_to_end(key)
        return found[0]

    def put(self, key: K, value: V, size: int) -> None:
        """Keep a value; one that is heavier than all the room is not kept."""
        self.used += size - self._held.pop(key, (None, 0))[1]
        self._held[key] = (value, size)
        while self.used > self.most:
            _, (_, freed) = self._held.popitem(last=False)
            self.used -= freed

    def clear(self) -> None:
        """Keep nothing."""
        self._held.clear()
        self.used = 0


class Weighed(Protocol):
    """What a shelf holds: it says what it weighs, and can be made lighter."""

    def weigh(self) -> int | None:
        """Bytes of its own; None when nothing was asked of it since it was weighed."""

    def shrink(self, most: int) -> None:
        """Forget what was asked for longest ago, down to so many bytes."""


class Shelf(Generic[K, W]):
    """Things that grow while they are used, by key: so many, and within ``most`` bytes together.

    What was asked for longest ago goes first; the last one left is made lighter instead. What is
    dropped lives on for as long as somebody works with it. It is collected at once: such things point
    at themselves, and Python looks for that among old objects once their number has grown by a quarter,
    which says nothing of their bytes.
    """

    def __init__(self, count: int, most: int = OF_ALL) -> None:
        self.count, self.most = count, most
        self._held: OrderedDict[K, W] = OrderedDict()
        self._weights: dict[K, int] = {}
        self._lock, self._reviewing = threading.RLock(), threading.Lock()
        self._grown = self._made = 0

    def __len__(self) -> int:
        return len(self._held)

    @property
    def used(self) -> int:
        """Bytes as they were weighed last, and what has come since."""
        return sum(self._weights.values()) + self._grown

    def get(self, key: K, make: Callable[[], W]) -> W:
        """What is held under a key, made when nothing is."""
        with self._lock:
            if key not in self._held:
                self._held[key] = make()
            self._held.move_to_end(key)
            found, dropped = self._held[key], len(self._held) > self.count
            while len(self._held) > self.count:
                self._weights.pop(self._held.popitem(last=False)[0], None)
        if dropped:
            gc.collect()
        return found

    def drop(self, wanted: Callable[[K], bool]) -> None:
        """Let go of everything under the keys that are wanted no more."""
        with self._lock:
            for key in [key for key in self._held if not wanted(key)]:
                del self._held[key]
                self._weights.pop(key, None)
        gc.collect()

    def grew(self, size: int) -> None:
        """Something on the shelf has grown by so many bytes, as far as one can tell yet."""
        with self._lock:
            self._grown += size
            self._made += 1
            due = self.used > self.most or self._made >= REVIEW_AFTER
        if due:
            self.review()

    def review(self) -> None:
        """Weigh what was touched, and make room; nobody waits for another's review."""
        if not self._reviewing.acquire(blocking=False):
            return
        try:
            with self._lock:
                held = list(self._held.items())
                self._grown = self._made = 0
            for key, item in held:
                size = item.weigh()
                if size is not None:
                    self._weights[key] = size
            self._make_room()
        finally:
            self._reviewing.release()

    def _make_room(self) -> None:
        with self._lock:
            self._weights = {key: size for key, size in self._weights.items() if key in self._held}
            if self.used <= self.most:
                return
            # Down to three quarters: not every further answer is to be a reason to weigh again.
            enough = self.most * 3 // 4
            while len(self._held) > 1 and self.used > enough:
                key, _ = self._held.popitem(last=False)
                self._weights.pop(key, None)
            key, last = next(iter(self._held.items()))
            heavy = self.used > enough
        if heavy:
            last.shrink(enough)
            self._weights[key] = last.weigh() or 0
        gc.collect()


def identities(values: Iterable[Any]) -> set[int]:
    """What ``weight`` is to take for counted already."""
    return {id(value) for value in values}

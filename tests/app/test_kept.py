"""Memories that are bounded in bytes: what weighs what, and what goes first."""

from __future__ import annotations

import ctypes
import os
import subprocess
import sys
import weakref
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd
import pytest

from app.commands import allocator
from app.market.byte_cache import REVIEW_AFTER, Kept, Shelf, weight

MB = 2**20


def block(megabytes: float = 1) -> np.ndarray:
    return np.zeros(int(megabytes * MB / 8))


@dataclass(eq=False)
class Facts:
    rows: np.ndarray
    view: Any = None

    @cached_property
    def double(self) -> np.ndarray:
        return np.concatenate([self.rows, self.rows])


def test_an_array_weighs_what_it_keeps_from_being_freed() -> None:
    whole = block(4)
    assert weight(whole) == pytest.approx(4 * MB, rel=0.01)
    assert weight(whole[:10]) == pytest.approx(4 * MB, rel=0.01), "a slice holds the whole"
    assert weight([whole, whole[5:], whole[:, None]]) == pytest.approx(4 * MB, rel=0.01), "once"
    assert weight(whole[:10], {id(whole)}) < 1_000
    assert weight(np.array([block(1), "x"], dtype=object)) > MB


def test_everything_behind_a_value_is_weighed_but_code() -> None:
    facts = Facts(block(1))
    before = weight(facts)
    assert before == pytest.approx(MB, rel=0.01)
    assert len(facts.double) == 2 * len(facts.rows)
    assert weight(facts) == pytest.approx(3 * MB, rel=0.01), "what was worked out since"
    assert weight({"frame": pd.DataFrame({"a": block(2)})}) == pytest.approx(2 * MB, rel=0.01)
    assert weight([np, Facts, weight]) < 1_000
    assert weight([Facts(block(1), view=facts)], apart=(Facts,)) < 1_000
    ring: list[Any] = []
    ring.append(ring)
    assert weight(ring) < 1_000


def test_the_least_recent_goes_first_by_bytes() -> None:
    kept: Kept[str, str] = Kept(100)
    for name in "abc":
        kept.put(name, name.upper(), 30)
    assert kept.get("a") == "A"
    kept.put("d", "D", 30)
    assert [kept.get(name) for name in "abcd"] == ["A", None, "C", "D"]
    kept.put("a", "AA", 10)
    assert kept.used == 70
    kept.put("e", "E", 101)
    assert kept.get("e") is None and kept.used == 0, "too heavy for all the room"
    kept.clear()
    assert len(kept) == 0


class Item:
    """What a view is to the shelf."""

    def __init__(self, shelf: Shelf[str, Item]) -> None:
        self.shelf, self.asked, self.parts = shelf, True, list[int]()

    def grow(self, size: int) -> None:
        self.parts.append(size)
        self.asked = True
        self.shelf.grew(size)

    def weigh(self) -> int | None:
        asked, self.asked = self.asked, False
        return sum(self.parts) if asked else None

    def shrink(self, most: int) -> None:
        while sum(self.parts) > most:
            self.parts.pop(0)
        self.asked = True


def test_a_shelf_lets_go_of_what_was_asked_for_longest_ago() -> None:
    shelf: Shelf[str, Item] = Shelf(10, most=100)
    items = {name: shelf.get(name, lambda: Item(shelf)) for name in "abc"}
    for name in "abc":
        items[name].grow(30)
    assert shelf.get("a", lambda: Item(shelf)) is items["a"]
    items["a"].grow(15)
    assert shelf.used <= 75
    assert shelf.get("b", lambda: Item(shelf)) is not items["b"], "the least recent was dropped"
    assert shelf.get("a", lambda: Item(shelf)) is items["a"]


def test_what_is_dropped_leaves_at_once_though_it_points_at_itself() -> None:
    shelf: Shelf[str, Item] = Shelf(2)
    gone = weakref.ref(shelf.get("a", lambda: Item(shelf)))
    ring = gone()
    assert ring is not None
    ring.self = ring  # type: ignore[attr-defined]
    del ring
    for name in "bc":
        shelf.get(name, lambda: Item(shelf))
    assert gone() is None


def test_one_thing_alone_is_made_lighter() -> None:
    shelf: Shelf[str, Item] = Shelf(10, most=100)
    only = shelf.get("a", lambda: Item(shelf))
    for _ in range(60):
        only.grow(7)
        assert sum(only.parts) <= 100
    assert shelf.get("a", lambda: Item(shelf)) is only


def test_what_grew_unseen_is_weighed_after_a_while() -> None:
    shelf: Shelf[str, Item] = Shelf(10, most=100)
    quiet, busy = (shelf.get(name, lambda: Item(shelf)) for name in "ab")
    quiet.parts.append(1_000)  # a property worked out later, of which nobody told
    for _ in range(REVIEW_AFTER):
        busy.grow(0)
    assert shelf.get("a", lambda: Item(shelf)) is not quiet


def test_a_shelf_holds_so_many_and_drops_what_is_of_no_use() -> None:
    shelf: Shelf[str, Item] = Shelf(3)
    for name in "abcde":
        shelf.get(name, lambda: Item(shelf))
    assert len(shelf) == 3
    shelf.drop(lambda name: name == "e")
    assert len(shelf) == 1


def _settled(**environment: str) -> str:
    code = "from app.commands import allocator; print(allocator.settle())"
    told = {**os.environ, **environment}
    done = subprocess.run((sys.executable, "-c", code), env=told, capture_output=True, text=True, check=True)
    return done.stdout.strip()


@pytest.mark.skipif(not hasattr(ctypes.CDLL(None), "mallopt"), reason="left out: the allocator, no glibc")
def test_the_allocator_is_told_at_the_start() -> None:
    assert _settled() == "3"
    assert _settled(MALLOC_ARENA_MAX="4") == "2", "what is said outside stands"
    assert _settled(GLIBC_TUNABLES="glibc.malloc.trim_threshold=65536:glibc.malloc.arena_max=1") == "1"


def test_another_c_library_is_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    def unknown(_name: str) -> str:
        raise ValueError("unrecognized configuration name")

    monkeypatch.setattr(allocator.os, "confstr", unknown)
    assert allocator.settle() == 0

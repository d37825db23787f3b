"""Measurements beside their peers: paired, interleaved, in one process, with the target in the table.

A module of this folder that holds ``CASES`` takes part in ``make bench``::

    CASES = [
        Case("drawdown table", ours=lambda prices: …, peer=lambda prices: …, peer_name="quantstats",
             target="≥ 100×", context=prices),
    ]

Import peers inside the functions, so that a case without its peer is a line in the table and not a crash.
"""

from __future__ import annotations

import gc
import json
import re
import sys
import time
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median
from typing import Any, Literal

from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TextColumn
from rich.table import Table

_TARGET = re.compile(r"^([≥≤])\s*([\d.,]+)\s*([kM]?)")
_SCALE = {"": 1.0, "k": 1e3, "M": 1e6}


@dataclass(frozen=True, slots=True)
class Case:
    """One measurement.

    ``ours`` and ``peer`` take the value of ``context`` (made once, not timed) or, when ``before`` is given,
    what ``before`` makes of it ahead of each timed call (an empty store, a cold cache).

    ``target`` is read by its sign and unit. Unit ``ratio``: ``≥ 100×`` means the peer takes 100 times as
    long, ``≤ 1.5×`` that we take at most 1.5 times as long as the peer. Unit ``rate``: ``amount`` things a
    call, ``≥ 300k/s``. Unit ``ms``: the median of our own time, ``≤ 60 ms``.

    A call that knows its own time better than a stopwatch around it (a browser's) returns ``Took``.

    ``equal`` gets both results once and raises, or returns False, when they differ.
    """

    name: str
    ours: Callable[[Any], Any]
    target: str
    unit: Literal["ratio", "rate", "ms"] = "ratio"
    peer: Callable[[Any], Any] | None = None
    peer_name: str = ""
    amount: float = 1.0
    equal: Callable[[Any, Any], bool | None] | None = None
    context: Callable[[], AbstractContextManager[Any]] = nullcontext
    before: Callable[[Any], Any] | None = None
    rounds: int = 7

    @property
    def goal(self) -> tuple[str, float]:
        """Sign and number of the target."""
        found = _TARGET.match(self.target)
        if not found:
            raise ValueError(
                f"{self.name}: write the target as ≥ 100×, ≤ 60 ms or ≥ 300k/s, not {self.target!r}"
            )
        return found[1], float(found[2].replace(",", "")) * _SCALE[found[3]]


@dataclass(frozen=True, slots=True)
class Took:
    """A time that the measured thing took itself, with its answer."""

    ms: float
    answer: Any = None


@dataclass(frozen=True, slots=True)
class Result:
    """What one case came to; times are medians in milliseconds."""

    name: str
    ours_ms: float | None
    peer_ms: float | None
    peer_name: str
    value: float | None
    shown: str
    target: str
    reached: bool
    note: str = ""


def measure(case: Case) -> Result:
    """Run one case: a warm-up each, then pairs whose order alternates, and medians.

    A case that fails is a line of the table, so that the others are still measured.
    """
    try:
        return _measured(case)
    except Exception as error:
        return _failed(case, f"{type(error).__name__}: {next(iter(str(error).splitlines()), '')}")


def _measured(case: Case) -> Result:
    with case.context() as given:
        try:
            own = _timed(case, case.ours, given)
            other = _timed(case, case.peer, given) if case.peer else None
        except ImportError as missing:
            return _failed(case, f"{missing.name} is not installed; use make bench")
        note = _difference(case, own[1], other[1]) if other else ""
        if note:
            return _failed(case, note)
        times: dict[str, list[float]] = {"ours": [], "peer": []}
        for turn in range(case.rounds):
            order = ("ours", "peer") if turn % 2 == 0 else ("peer", "ours")
            for side in order:
                call = case.ours if side == "ours" else case.peer
                if call:
                    times[side].append(_timed(case, call, given)[0])
    return _judged(case, times["ours"], times["peer"])


def _timed(case: Case, call: Callable[[Any], Any], given: Any) -> tuple[float, Any]:
    argument = case.before(given) if case.before else given
    gc.collect()
    started = time.perf_counter()
    answer = call(argument)
    elapsed = (time.perf_counter() - started) * 1e3
    return (answer.ms, answer.answer) if isinstance(answer, Took) else (elapsed, answer)


def _difference(case: Case, ours: Any, peer: Any) -> str:
    if case.equal is None:
        return ""
    try:
        return "results differ" if case.equal(ours, peer) is False else ""
    except AssertionError as difference:
        return "results differ: " + next(iter(str(difference).strip().splitlines()), "no reason given")


def _judged(case: Case, ours: list[float], peer: list[float]) -> Result:
    sign, goal = case.goal
    own, other = median(ours), median(peer) if peer else None
    if case.unit == "ms":
        value, shown = own, f"{own:,.1f} ms"
    elif case.unit == "rate":
        value = case.amount / own * 1e3
        shown = f"{value / 1e3:,.0f}k/s" if value >= 1e4 else f"{value:,.0f}/s"
    else:
        pairs = zip(ours, peer, strict=True)
        value = median(b / a if sign == "≥" else a / b for a, b in pairs)
        shown = f"{value:,.3g}×" if value < 100 else f"{value:,.0f}×"
    reached = value >= goal if sign == "≥" else value <= goal
    return Result(case.name, own, other, case.peer_name, value, shown, case.target, reached)


def _failed(case: Case, note: str) -> Result:
    return Result(case.name, None, None, case.peer_name, None, "–", case.target, False, note)


def run(cases: list[Case], console: Console | None = None, json_file: Path | None = None) -> list[Result]:
    """Measure the cases in order, print the table and, where named, write the JSON file."""
    # In a pipe there is no terminal whose width the table would have to fit.
    console = console or Console(width=None if sys.stdout.isatty() else 140)
    results = []
    with Progress(
        SpinnerColumn(), TextColumn("{task.description}"), console=console, transient=True
    ) as progress:
        for case in cases:
            task = progress.add_task(case.name, total=None)
            results.append(measure(case))
            progress.remove_task(task)
    console.print(_table(results))
    if json_file:
        json_file.write_text(
            json.dumps([asdict(item) for item in results], indent=2) + "\n", encoding="utf-8"
        )
    return results


def _table(results: list[Result]) -> Table:
    table = Table(title="Measured on this machine, medians of paired runs", title_justify="left")
    for name in ("case", "ours", "peer", "reached", "target", ""):
        table.add_column(name, justify="left" if name in ("case", "peer", "") else "right")
    for item in results:
        peer = f"{item.peer_name} {item.peer_ms:,.1f} ms" if item.peer_ms is not None else item.peer_name
        ours = "–" if item.ours_ms is None else f"{item.ours_ms:,.1f} ms"
        verdict = item.note or ("yes" if item.reached else "no")
        table.add_row(item.name, ours, peer, item.shown, item.target, verdict)
    return table

"""Long runs under faults, one line each: what was wanted, what was reached.

A module of this folder that holds ``CASES`` takes part in ``make soak``::

    CASES = [Case("kill -9, SQLite", "1,000 kills, 0 bars lost", killed)]

    def killed(size: Size) -> Reached:
        kills = size.of(1_000)
        …
        return Reached(lost == 0, f"{kills:,} kills, {lost} bars lost")

``make test`` runs the short cut of a case by calling its function with a small ``Size``.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

from rich.console import Console
from rich.table import Table


@dataclass(frozen=True, slots=True)
class Size:
    """How much of the full proof to do: 1 is all of it, 0.01 a hundredth."""

    share: float = 1.0

    def of(self, full: float, least: int = 1) -> int:
        """That share of a number of repetitions or seconds, and never less than ``least``."""
        return max(least, round(full * self.share))


@dataclass(frozen=True, slots=True)
class Reached:
    """Whether the goal was reached, and the figures in words."""

    ok: bool
    text: str


@dataclass(frozen=True, slots=True)
class Case:
    """One proof: ``goal`` in words, ``run`` does it and says what was reached."""

    name: str
    goal: str
    run: Callable[[Size], Reached]


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the table."""

    name: str
    goal: str
    reached: str
    ok: bool
    minutes: float


def run(cases: list[Case], size: Size, *, json_file: Path | None = None) -> list[Line]:
    """Run the cases one after the other and print the table; a case that fails is a line of it."""
    console = Console()
    lines = []
    for case in cases:
        with console.status(case.name):
            lines.append(_line(case, size))
        mark = "[green]reached[/]" if lines[-1].ok else "[red]missed[/]"
        console.print(f"{case.name}: {mark}, {lines[-1].reached}", highlight=False)
    table = Table("proof", "goal", "reached", "min", box=None, padding=(0, 2, 0, 0))
    for line in lines:
        table.add_row(
            line.name, line.goal, line.reached, f"{line.minutes:.1f}", style=None if line.ok else "red"
        )
    console.print(table)
    if size.share != 1:
        console.print(f"At {size.share:g} of the full size.")
    if json_file is not None:
        json_file.write_text(json.dumps([asdict(line) for line in lines], indent=2), encoding="utf-8")
    return lines


def _line(case: Case, size: Size) -> Line:
    began = time.monotonic()
    try:
        reached = case.run(size)
    except Exception as error:
        first = next(iter(str(error).splitlines()), "")
        reached = Reached(False, f"{type(error).__name__}: {first}")
    return Line(case.name, case.goal, reached.text, reached.ok, (time.monotonic() - began) / 60)

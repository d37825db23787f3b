"""How commands write: answers to standard output, progress and remarks to standard error."""

from __future__ import annotations

import sys
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table
from rich.text import Text

from app.market.plain import csv_text, json_text

# A table that goes into a file or a pipe is not cut at the width of a terminal that is not there.
_PIPE_WIDTH = 240


def console(*, err: bool = False) -> Console:
    """The console of an answer, or of what is said beside it."""
    stream = sys.stderr if err else sys.stdout
    return Console(file=stream, width=None if stream.isatty() else _PIPE_WIDTH, highlight=False)


def write(text: str) -> None:
    """Write text as it is to standard output."""
    sys.stdout.write(text if text.endswith("\n") else text + "\n")
    sys.stdout.flush()


def write_rows(form: str, columns: Sequence[str], rows: Sequence[Mapping[str, str]], title: str) -> None:
    """Write plain rows in the form asked for."""
    if form == "json":
        write(json_text({"rows": rows}))
    elif form == "csv":
        write(csv_text(columns, rows))
    else:
        print_table(console(), title, columns, [[row[name] for name in columns] for row in rows], columns)


def print_table(
    screen: Console,
    title: str,
    columns: Sequence[str],
    rows: Sequence[Sequence[str]],
    texts: Collection[str],
    *,
    first_apart: bool = False,
) -> None:
    """Print a table that loses nothing in a narrow window.

    Figures are never cut. Where they do not fit, headings take two lines, then long texts fold, then
    the columns that are left stand in a table below with the first ones repeated. ``texts`` stand on
    the left and may fold; ``first_apart`` sets the first row off.
    """
    screen.print(Text(title, style="bold"), soft_wrap=True)
    needs = [
        _Column(name, name in texts, max((len(row[place]) for row in rows), default=0))
        for place, name in enumerate(columns)
    ]
    for block in _blocks(needs, screen.width):
        table = Table(box=SIMPLE_HEAD, pad_edge=False)
        stacked = sum(needs[place].natural + _GAP for place in block) > screen.width
        for place in block:
            need = needs[place]
            table.add_column(
                need.name.replace(" ", "\n") if stacked else need.name,
                justify="left" if need.text else "right",
                no_wrap=not need.folds,
                min_width=need.least,
                overflow="fold",
            )
        for number, row in enumerate(rows):
            table.add_row(*(Text(row[place]) for place in block), end_section=first_apart and number == 0)
        screen.print(table)


# What rich puts between two columns: a blank on either side and the place of a line.
_GAP = 3
# A text longer than this may fold, down to this; up to this a text at the start names the row.
_SHORT = 14


@dataclass(frozen=True, slots=True)
class _Column:
    name: str
    text: bool
    longest: int

    @property
    def natural(self) -> int:
        """Its width when nothing presses."""
        return max(self.longest, len(self.name))

    @property
    def folds(self) -> bool:
        """Whether its texts may take several lines."""
        return self.text and self.longest > _SHORT

    @property
    def least(self) -> int:
        """The narrowest it can be: a heading word a line, and no figure cut."""
        return max(*map(len, self.name.split()), _SHORT if self.folds else self.longest)


def _blocks(needs: Sequence[_Column], width: int) -> list[list[int]]:
    """The columns of each table below the other, as many in each as fit; names of rows come again."""
    keys: list[int] = []
    for place, need in enumerate(needs[:2]):
        if not need.text or (keys and need.folds):
            break
        keys.append(place)
    blocks, now = [], list(keys)
    room = width - sum(needs[place].least + _GAP for place in keys)
    left = room
    for place in range(len(keys), len(needs)):
        taken = needs[place].least + _GAP
        if taken > left and len(now) > len(keys):
            blocks.append(now)
            now, left = list(keys), room
        now.append(place)
        left -= taken
    return [*blocks, now]


@contextmanager
def progress(what: str) -> Iterator[Callable[[int, int, str], None]]:
    """Show a bar on standard error; gives a function of done, total and the present name."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    screen = console(err=True)
    with Progress(*columns, console=screen, transient=True, disable=not screen.is_terminal) as bar:
        task = bar.add_task(what, total=None)

        def update(done: int, total: int, name: str) -> None:
            bar.update(task, completed=done, total=total, description=f"{what} {name:<10}")

        yield update

"""How commands write: answers to standard output, progress and remarks to standard error."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from app.plain import csv_text, json_text

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
        table = new_table(title)
        for name in columns:
            table.add_column(name, overflow="fold")
        for row in rows:
            table.add_row(*(row[name] for name in columns))
        console().print(table)


def new_table(title: str) -> Table:
    """An empty table in the house form."""
    return Table(title=title, title_justify="left", title_style="bold", box=SIMPLE_HEAD, pad_edge=False)


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

"""The commands of the data itself: held rows, revisions, second sources of closes."""

from __future__ import annotations

from typing import Annotated

import typer

from app.commands.options import Shape

quarantine = typer.Typer(help="Rows that the checks hold back.", rich_markup_mode=None)
Number = Annotated[int, typer.Argument(metavar="ID", help="The row, by the number the list gives it.")]
Reason = Annotated[str, typer.Option("--reason", metavar="TEXT", help="Why; kept with the decision.")]
By = Annotated[str | None, typer.Option("--by", metavar="NAME", help="Who decides; your login unless given.")]


@quarantine.command("list")
def held_list(
    symbol: Annotated[str | None, typer.Option(help="Only of this name.", show_default=False)] = None,
    every: Annotated[
        bool, typer.Option("--all", help="Those that are settled too, by whom and why.")
    ] = False,
    form: Shape = "table",
) -> None:
    """The held rows, newest session first."""
    from app.commands import quarantining as commands

    raise typer.Exit(commands.listed(symbol, form, decided=every))


@quarantine.command("show")
def held_show(number: Number, form: Shape = "table") -> None:
    """One held row as received, among the stored bars around it."""
    from app.commands import quarantining as commands

    raise typer.Exit(commands.shown(number, form))


@quarantine.command("release")
def held_release(number: Number, reason: Reason, by: By = None) -> None:
    """The row is right: the next run asks for it and stores it."""
    from app.commands import quarantining as commands

    raise typer.Exit(commands.decided(number, "release", reason, by))


@quarantine.command("confirm")
def held_confirm(number: Number, reason: Reason, by: By = None) -> None:
    """The row is wrong: it stays out, and off the list."""
    from app.commands import quarantining as commands

    raise typer.Exit(commands.decided(number, "confirm", reason, by))


def revisions(
    symbol: Annotated[str, typer.Argument(metavar="SYMBOL")],
    known: Annotated[str, typer.Option("--known", metavar="WHEN", help="2026-06-24, or 2026-06-24T09:00Z.")],
    every: Annotated[bool, typer.Option("--all", help="Every bar as it was known then.")] = False,
    form: Shape = "table",
) -> None:
    """A name as it was known on a date: which closes say something else now, or every bar as it was."""
    from app.commands import quarantining as commands

    raise typer.Exit(commands.known(symbol, known, form, every=every))


def crosscheck(
    symbols: Annotated[list[str] | None, typer.Argument(metavar="[SYMBOL]…")] = None,
    against: Annotated[
        str,
        typer.Option(
            "--against",
            metavar="WHAT",
            help="index, a symbol such as EWY, index,EWY together, or a folder of the exchange's own closes.",
        ),
    ] = "index",
    since: Annotated[
        str | None, typer.Option(metavar="DATE", help="Only tell sessions from then on.")
    ] = None,
    form: Shape = "table",
) -> None:
    """Stored closes beside a second opinion: which are stale, wrong or missing.

    A folder of the exchange's own closes proves a difference; an index or a listing elsewhere makes a close
    implausible, and the answer says from which error on. Nothing stored is changed: import the folder to
    take its closes over.
    """
    from app.commands import crosschecking as commands

    raise typer.Exit(commands.compare(symbols or [], against, since, form))

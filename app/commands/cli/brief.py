"""The command of the morning: the sentences of the Brief, with the numbers behind them."""

from __future__ import annotations

from typing import Annotated

import typer

from app.commands.options import AsOf, BasketOption, Shape

morning = typer.Typer(rich_markup_mode=None)


@morning.command()
def brief(
    as_of: AsOf = None,
    basket: BasketOption = "all",
    meeting: Annotated[
        str | None,
        typer.Option(metavar="TIME ZONE", help="Your meeting, such as '08:30 Europe/London'; else as set."),
    ] = None,
    form: Shape = "table",
) -> None:
    """The morning: what happened, how bad, how wide, who started it, what next, what since the meeting."""
    from app.commands import briefing as commands

    raise typer.Exit(commands.morning(as_of, basket, meeting, form))

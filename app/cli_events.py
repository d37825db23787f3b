"""The commands of events: the same facts as the Events page, and what people note."""

from __future__ import annotations

from typing import Annotated, Literal

import typer

from app.options import AsOf, BasketOption, Shape

facts = typer.Typer(rich_markup_mode=None)
"""Commands of the first level, such as ``event-study``."""
events = typer.Typer(help="Annotated events, their claims checked.", rich_markup_mode=None)


@facts.command("event-study")
def event_study(
    at: Annotated[
        str, typer.Option("--at", metavar="WHEN", help="A date, or an instant such as 2025-01-27T12:00Z.")
    ],
    as_of: AsOf = None,
    basket: BasketOption = "all",
    model: Annotated[
        Literal["market", "mean"], typer.Option(help="What is expected: by a benchmark, or the own mean.")
    ] = "market",
    benchmark: Annotated[
        str, typer.Option(help="auto, rest (the other names), home (their index) or a symbol.")
    ] = "auto",
    window: Annotated[
        str, typer.Option(metavar="FROM,TO", help="Sessions from day 0; -5,10 unless given.")
    ] = "",
    estimation: Annotated[
        int | None, typer.Option(help="Sessions the model is fitted on; 250 unless given.")
    ] = None,
    gap: Annotated[
        int | None, typer.Option(help="Sessions between the fit and the window; 20 unless given.")
    ] = None,
    form: Shape = "table",
) -> None:
    """What names did beyond the expected around an event, each from its own exchange's day 0 by the clock."""
    from app.commands import studying as commands

    lengths = window, estimation, gap
    raise typer.Exit(commands.study(at, as_of, basket, model, benchmark, lengths, form))

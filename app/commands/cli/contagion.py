"""The commands of contagion: the same numbers as the pages under /contagion."""

from __future__ import annotations

from typing import Annotated, Literal

import typer

from app.commands.options import AsOf, BasketOption, Shape

contagion = typer.Typer(rich_markup_mode=None)
On = Annotated[
    str | None,
    typer.Option("--on", metavar="DATE", help="The news day; the last one unless given.", show_default=False),
]
Since = Annotated[
    str | None,
    typer.Option("--since", metavar="DATE", help="The first day counted; five years unless given."),
]


@contagion.command()
def relay(as_of: AsOf = None, basket: BasketOption = "all", on: On = None, form: Shape = "table") -> None:
    """One news day as legs in clock order: who started it, and what each leg says of the next."""
    from app.commands import contagion as commands

    raise typer.Exit(commands.relay(as_of, basket, on, form))


@contagion.command()
def breadth(as_of: AsOf = None, basket: BasketOption = "all", on: On = None, form: Shape = "table") -> None:
    """Sector-wide or single-stock: the verdict of a news day, by layer and country, and who held up."""
    from app.commands import contagion as commands

    raise typer.Exit(commands.breadth(as_of, basket, on, form))


@contagion.command("early-warning")
def early_warning(
    as_of: AsOf = None, basket: BasketOption = "all", since: Since = None, form: Shape = "table"
) -> None:
    """What followed a rout on one side on the other: hit rates beside base rates, both ways."""
    from app.commands import contagion as commands

    raise typer.Exit(commands.early_warning(as_of, basket, since, form))


@contagion.command()
def travelled(
    as_of: AsOf = None,
    day: Annotated[
        str, typer.Option(metavar="DATE", help="The last day; the newest with bars unless given.")
    ] = "",
    days: Annotated[int, typer.Option(help="How many days: 1, 2, 3 or 5.")] = 1,
    at: Annotated[
        str, typer.Option("--at", metavar="TIME", help="From when on, in UTC: 06:30, or an instant.")
    ] = "",
    names: Annotated[
        str, typer.Option(metavar="SYMBOLS", help="Separated by commas; all with bars unless given.")
    ] = "",
    form: Shape = "table",
) -> None:
    """How a day went from exchange to exchange, in bars of five minutes."""
    from app.commands import contagion as commands

    raise typer.Exit(commands.travelled(as_of, day, days, at, names, form))


@contagion.command()
def stress(
    as_of: AsOf = None,
    basket: BasketOption = "all",
    lead: Annotated[
        Literal["us", "asia"], typer.Option(help="The side that closes first within a row.")
    ] = "asia",
    window: Annotated[int, typer.Option(help="Rows behind turbulence, ending the row before.")] = 250,
    absorption_window: Annotated[int, typer.Option(help="Rows behind the absorption ratio.")] = 500,
    tail: Annotated[float, typer.Option(help="The worst share of days, a fraction.")] = 0.05,
    days: Annotated[int, typer.Option(help="How many of the last rows; 0 for all.")] = 20,
    form: Shape = "table",
) -> None:
    """Turbulence, absorption and co-exceedance row by row, what follows them, and the tails."""
    from app.commands import contagion as commands

    windows = window, absorption_window
    raise typer.Exit(commands.stress(as_of, basket, lead, windows, tail, days, form))


Leader = Annotated[
    str, typer.Option("--leader", metavar="WHAT", help="us, asia, us:memory or a symbol; leads the follower.")
]
Follower = Annotated[str, typer.Option("--follower", metavar="WHAT", help="What follows it, written alike.")]


@contagion.command()
def correlation(
    as_of: AsOf = None,
    basket: BasketOption = "all",
    leader: Leader = "",
    follower: Follower = "",
    window: Annotated[int, typer.Option(help="Rows of the rolling correlation.")] = 60,
    show: Annotated[Literal["layers", "names"], typer.Option(help="What the matrix is of.")] = "layers",
    names: Annotated[str, typer.Option(help="Symbols of the matrix, with commas; at most 20.")] = "",
    rows: Annotated[int, typer.Option(help="The last rows that count; 0 for all.")] = 250,
    form: Shape = "table",
) -> None:
    """Correlation at its lag: Asia to New York the same day, New York to the next Asian day."""
    from app.commands import correlating as commands

    pair = leader, follower
    raise typer.Exit(commands.correlation(as_of, basket, pair, window, show, names, rows, form))


@contagion.command("forbes-rigobon")
def forbes_rigobon(
    as_of: AsOf = None,
    basket: BasketOption = "all",
    leader: Leader = "",
    follower: Follower = "",
    fall: Annotated[str, typer.Option(metavar="DATE", help="The peak of the fall; else the latest.")] = "",
    form: Shape = "table",
) -> None:
    """Calm, crisis and variance-adjusted correlation side by side, with bootstrap intervals; no verdict."""
    from app.commands import correlating as commands

    raise typer.Exit(commands.forbes_rigobon(as_of, basket, (leader, follower), fall, form))


@contagion.command()
def connectedness(
    as_of: AsOf = None,
    basket: BasketOption = "all",
    nodes: Annotated[Literal["layers", "names"], typer.Option(help="What the system is made of.")] = "layers",
    names: Annotated[str, typer.Option(help="Its symbols, with commas; at most 20.")] = "",
    measure: Annotated[Literal["returns", "volatility"], typer.Option(help="What spills over.")] = "returns",
    lead: Annotated[
        Literal["us", "asia"], typer.Option(help="The side that closes first within a row.")
    ] = "us",
    shocks: Annotated[
        Literal["generalised", "clock", "cholesky"], typer.Option(help="How shocks are told apart.")
    ] = "generalised",
    window: Annotated[int, typer.Option(help="Rows of a window.")] = 200,
    lags: Annotated[int, typer.Option(help="Lags of the vector autoregression.")] = 1,
    horizon: Annotated[int, typer.Option(help="Steps ahead of the forecast error variance.")] = 10,
    shrink: Annotated[bool, typer.Option("--shrink", help="Shrink towards no connection.")] = False,
    sample: Annotated[
        Literal["window", "period"], typer.Option(help="The last window, or all rows.")
    ] = "window",
    start: Annotated[str, typer.Option(help="Where the period begins: 1y, 3y, 5y, all or a date.")] = "5y",
    show: Annotated[
        Literal["nodes", "pairs", "rolling"], typer.Option(help="Members, pairs, or every window.")
    ] = "nodes",
    form: Shape = "table",
) -> None:
    """Who passes shocks on to whom: TCI and cTCI, TO, FROM and NET, pairs, and every window."""
    from app.commands import connecting as commands

    system = commands.System(nodes, names, measure, lead)
    model = commands.Model(shocks, window, lags, horizon, shrink, sample, start)
    raise typer.Exit(commands.connectedness(as_of, basket, system, model, show, form))

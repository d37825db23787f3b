"""The commands of events: the same facts as the Events page, and what people note."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Literal

import typer

from app.commands.options import AsOf, BasketOption, Shape
from models.errors import AftershockError

facts = typer.Typer(rich_markup_mode=None)
"""Commands of the first level, such as ``event-study``."""
events = typer.Typer(help="Annotated events, their claims checked.", rich_markup_mode=None)


def _option(metavar: str, told: str) -> Any:
    return typer.Option(metavar=metavar, help=told, show_default=False)


By = Annotated[str, typer.Option("--by", metavar="NAME", help="Who makes the change; kept with it.")]
Seen = Annotated[
    int, typer.Option("--version", metavar="N", help="The version that was seen; the list names it.")
]
Id = Annotated[str, typer.Argument(metavar="ID", help="The event, by its id.")]
When = Annotated[
    str | None,
    _option("WHEN", "2026-06-23, or with a time 2026-06-23T09:05+09:00."),
]
Zone = Annotated[str | None, _option("ZONE", "The place, such as Asia/Seoul.")]
Title = Annotated[str | None, _option("TEXT", "A few words.")]
What = Annotated[str | None, _option("TEXT", "What happened.")]
Category = Annotated[
    str | None,
    _option("NAME", "selloff, funding, results, policy, technology and so on."),
]
Severity = Annotated[str | None, _option("N", "1 to 3, from passing to a rout.")]
Layers = Annotated[str | None, _option("IDS", "Layers, with semicolons.")]
Symbols = Annotated[str | None, _option("NAMES", "Symbols or names, with semicolons.")]
Link = Annotated[str | None, _option("URL", "A link with http or https.")]
Claims = Annotated[
    str | None,
    typer.Option(
        metavar="JSON",
        help='Figures as a JSON list: [{"symbol": "^KS11", "value": -5.81, "basis": "close", "source": …}].',
        show_default=False,
    ),
]


@facts.command("event-study")
def event_study(
    at: Annotated[
        str,
        typer.Option("--at", metavar="WHEN", help="An event’s id, a date, or an instant: 2025-01-27T12:00Z."),
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


@facts.command("compare")
def compare(
    what: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[WHAT]…",
            help="Ids of events, dates, instants, or fall:PEAK; severe events unless given.",
            show_default=False,
        ),
    ] = None,
    as_of: AsOf = None,
    basket: BasketOption = "all",
    window: Annotated[
        str, typer.Option(metavar="FROM,TO", help="Sessions from day 0; -5,20 unless given.")
    ] = "",
    beside: Annotated[
        Literal["falls", "days"],
        typer.Option(help="What came back is set beside past falls, or the basket’s worst days."),
    ] = "falls",
    fall: Annotated[float, typer.Option(help="The least depth of a past fall.")] = 0.10,
    form: Shape = "table",
) -> None:
    """Events and falls side by side from day 0, and what came back after 5, 10 and 20 sessions."""
    from app.commands import studying as commands

    raise typer.Exit(commands.compare(what or [], as_of, basket, window, beside, fall, form))


@events.callback(invoke_without_command=True)
def listed(
    context: typer.Context,
    check: Annotated[bool, typer.Option("--check", help="Every claim, with what stored prices say.")] = False,
    as_of: AsOf = None,
    since: Annotated[str | None, _option("DATE", "From this day on.")] = None,
    until: Annotated[str | None, _option("DATE", "Up to this day.")] = None,
    layer: Annotated[str | None, typer.Option(help="Only of this layer.", show_default=False)] = None,
    category: Category = None,
    basket: BasketOption = "all",
    retired: Annotated[bool, typer.Option("--retired", help="Retired ones too.")] = False,
    form: Shape = "table",
) -> None:
    """The annotated events, each with how many of its claims agree with stored prices."""
    if context.invoked_subcommand is not None:
        return
    from app.commands import noting as commands

    raise typer.Exit(
        commands.listed(as_of, (since, until), layer, category, basket, retired, form, check=check)
    )


@events.command()
def add(
    by: By,
    at: When = None,
    title: Title = None,
    zone: Zone = None,
    what: What = None,
    category: Category = None,
    severity: Severity = None,
    layers: Layers = None,
    symbols: Symbols = None,
    link: Link = None,
    claims: Claims = None,
) -> None:
    """Note an event; a date and a title are needed."""
    from app.commands import noting as commands

    raw = _raw(at, zone, title, what, category, severity, layers, symbols, link, claims)
    raise typer.Exit(commands.add(raw, by))


@events.command()
def edit(
    event_id: Id,
    by: By,
    version: Seen,
    at: When = None,
    title: Title = None,
    zone: Zone = None,
    what: What = None,
    category: Category = None,
    severity: Severity = None,
    layers: Layers = None,
    symbols: Symbols = None,
    link: Link = None,
    claims: Claims = None,
) -> None:
    """Change what is given of an event; refused when someone else was quicker."""
    from app.commands import noting as commands

    raw = _raw(at, zone, title, what, category, severity, layers, symbols, link, claims)
    if not raw:
        raise AftershockError("Say what changes: --title, --at, --what and so on.")
    raise typer.Exit(commands.edit(event_id, version, raw, by))


@events.command()
def retire(event_id: Id, by: By, version: Seen) -> None:
    """Take an event off lists and charts; it is kept."""
    from app.commands import noting as commands

    raise typer.Exit(commands.turn(event_id, version, by, retired=True))


@events.command()
def restore(event_id: Id, by: By, version: Seen) -> None:
    """Bring a retired event back."""
    from app.commands import noting as commands

    raise typer.Exit(commands.turn(event_id, version, by, retired=False))


@events.command("import")
def import_(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="CSV or JSON, as an export.")], by: By
) -> None:
    """Bring a file of events in.

    Rows that cannot be used are told with their lines and the others are kept. Exit code 0: all rows
    stand, 1: some were refused, 2: none was kept.
    """
    from app.commands import noting as commands

    raise typer.Exit(commands.import_file(file, by))


@events.command("export")
def export(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="Where to; .csv or .json.")],
    retired: Annotated[bool, typer.Option("--retired", help="Retired ones too.")] = False,
) -> None:
    """Write the events into a file that an import takes back."""
    from app.commands import noting as commands

    raise typer.Exit(commands.export_file(file, retired=retired))


def _raw(*given: str | None) -> dict[str, str]:
    """Fields by their names, those that were given."""
    names = (
        "at",
        "zone",
        "title",
        "what",
        "category",
        "severity",
        "layers",
        "symbols",
        "source_url",
        "claims",
    )
    return {name: value for name, value in zip(names, given, strict=True) if value is not None}

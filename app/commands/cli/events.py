"""The commands of events: the same facts as the Events page, and what people note."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from app.commands.options import AsOf, BasketOption, Shape
from models.errors import AftershockError

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

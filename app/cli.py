"""The command line. Only typer and the standard library at import, so that ``--help`` answers at once."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from app.commands import allocator
from app.commands.cli.data import crosscheck, quarantine, revisions
from app.commands.cli.events import events
from app.commands.cli.users import people
from app.commands.options import AsOf, BasketOption, Host, Port, Public, Shape
from app.commands.questions import QuestionGroup
from models.errors import AftershockError

DONE, PARTIAL, CANNOT = 0, 1, 2

cli = typer.Typer(
    name="aftershock",
    cls=QuestionGroup,
    help="A dashboard of AI-infrastructure selloffs across Asian and US tech. Alone, it does the first run: "
    "it makes the store, brings the prices and serves the pages on this machine.",
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
ingest = typer.Typer(help="Bring the prices in.", rich_markup_mode=None)
config = typer.Typer(help="What is set, and what can be.", rich_markup_mode=None)
cli.add_typer(ingest, name="ingest")
cli.add_typer(config, name="config")
cli.add_typer(people, name="users")
cli.add_typer(quarantine, name="quarantine")
cli.command()(revisions)
cli.command()(crosscheck)
cli.add_typer(events, name="events")


@cli.callback(invoke_without_command=True)
def first_run(
    context: typer.Context,
    host: Host = None,
    port: Port = None,
    public: Public = False,
    version: Annotated[bool, typer.Option("--version", help="Say which build this is.")] = False,
) -> None:
    if version:
        from app import __version__

        typer.echo(f"aftershock {__version__}")
        raise typer.Exit(DONE)
    if context.invoked_subcommand is None:
        from app.commands.serving import serve as start

        raise typer.Exit(start(host, port, public, with_ingest=True))
    if host or port or public:
        raise AftershockError(f"Put the options after the command: {context.invoked_subcommand} --port …")


@cli.command()
def serve(
    host: Host = None,
    port: Port = None,
    public: Public = False,
    listener: Annotated[int | None, typer.Option(hidden=True, help="An open socket to serve on.")] = None,
) -> None:
    """Serve the pages alone.

    `aftershock ingest run` brings the prices, in another process.
    """
    from app.commands.serving import serve as start

    raise typer.Exit(start(host, port, public, with_ingest=False, inherited=listener))


@ingest.command("once")
def ingest_once(
    force: Annotated[
        bool, typer.Option("--force", help="Ask for every name, whatever is stored or was refused.")
    ] = False,
) -> None:
    """Look for sessions that are due, bring them, and end.

    A name is asked when a session of its exchange has closed and is not stored; when nothing new can
    have come, nothing is asked. A name that failed in passing is asked again at once, one that is late
    or not known to the source only after a while, and a known gap not at all.

    Exit code 0: all that was due was answered, 1: some names failed, or were found to be unknown to
    the source (told once), 2: no answer at all.
    """
    from app.commands.ingesting import once

    raise typer.Exit(once(force=force))


@ingest.command("run")
def ingest_run(
    parent: Annotated[int | None, typer.Option(hidden=True, help="End when this process is gone.")] = None,
) -> None:
    """Look every few minutes, until it is stopped."""
    from app.commands.ingesting import run_on

    raise typer.Exit(run_on(parent=parent))


@ingest.command("status")
def ingest_status(form: Shape = "table") -> None:
    """Which process brings the prices, and whether it is heard of.

    Exit code 0: one is at work, 1: it has not been heard of, or there is none, 2: the database is away.
    """
    from app.commands.ingesting import status

    raise typer.Exit(status(form))


@cli.command()
def backfill(
    since: Annotated[str, typer.Option(metavar="DATE", help="The first session to ask for.")],
    symbol: Annotated[list[str] | None, typer.Option(help="Only this one; may be given again.")] = None,
    accept: Annotated[
        bool, typer.Option("--accept", help="It takes the place of what is stored, though it does not agree.")
    ] = False,
) -> None:
    """Ask for the history again, from a date on.

    An answer that does not agree with what is stored is refused. When the change is right (a symbol
    that another company took over, a currency with three noughts less), --accept puts what the source
    gives from the date on in the place of the whole stored history, which goes to the revisions.
    """
    from app.commands.ingesting import backfill as bring

    raise typer.Exit(bring(since, symbol or [], accept=accept))


@cli.command("import")
def import_(
    folder: Annotated[Path, typer.Argument(metavar="FOLDER", help="One SYMBOL.csv a name.")],
    symbol: Annotated[list[str] | None, typer.Option(help="Only this one; may be given again.")] = None,
    accept: Annotated[
        bool, typer.Option("--accept", help="It is right, though it does not agree with what is stored.")
    ] = False,
) -> None:
    """Store the prices of a folder of CSV files.

    A file that does not agree with what is stored of its name is refused. When the change is right,
    --accept takes it over: a file of the whole history in its place, a file of some days in theirs; what
    was stored goes to the revisions.
    """
    from app.commands.ingesting import import_folder

    raise typer.Exit(import_folder(folder, symbol or [], accept=accept))


@cli.command()
def migrate(
    no_copy: Annotated[
        bool, typer.Option("--no-copy", help="Make no copy of an older Postgres; you have one.")
    ] = False,
) -> None:
    """Bring the database to this schema.

    An older one is copied first: a SQLite file beside itself, a server's to the data folder by `pg_dump`.
    """
    from app.commands.keeping import migrate as bring

    raise typer.Exit(bring(copy=not no_copy))


@cli.command()
def backup(
    target: Annotated[Path, typer.Argument(metavar="FILE", help="Where the copy goes; must not exist.")],
) -> None:
    """Copy the whole database while it is in use.

    The copy is one file, checked. A server's is made by `pg_dump`.
    """
    from app.commands.keeping import back_up

    raise typer.Exit(back_up(target))


@cli.command()
def restore(
    source: Annotated[Path, typer.Argument(metavar="FILE", help="A copy that `aftershock backup` made.")],
) -> None:
    """Put a copy in the place of the database.

    Refused while an ingester writes. A SQLite file that was there is kept beside it; open pages go on,
    and show the restored data by themselves.
    """
    from app.commands.keeping import restore as put

    raise typer.Exit(put(source))


@cli.command()
def doctor(
    form: Shape = "table",
    offline: Annotated[bool, typer.Option("--offline", help="Leave the price source alone.")] = False,
    repair: Annotated[
        bool,
        typer.Option(
            "--repair", help="Pack the stored bars anew from their rows, after a correction by hand."
        ),
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="The same as --format json.")] = False,
) -> None:
    """See whether all is well.

    Checks packages, settings, doors, universe, time zones, calendars, database, writer, stored data, disk
    and source.
    Exit code 0: all well, 1: something to look at, 2: something cannot work.
    """
    from app.commands.doctor import examine

    raise typer.Exit(examine("json" if as_json else form, offline=offline, repair=repair))


@config.command("show")
def config_show(form: Shape = "table") -> None:
    """Every setting, its value and where it was set; passwords are hidden."""
    from app.commands.keeping import show_settings

    raise typer.Exit(show_settings(form))


@config.command("table")
def config_table() -> None:
    """The settings as a Markdown table, as the README has it."""
    from app.settings import settings_table

    typer.echo(settings_table())


@cli.command()
def memo(
    out: Annotated[
        Path | None, typer.Option("--out", metavar="FOLDER", help="Where the files go.", show_default=False)
    ] = None,
    as_of: AsOf = None,
    basket: BasketOption = "all",
    charts: Annotated[
        str,
        typer.Option(
            metavar="NAMES",
            help="morning, all, or chart IDs with commas between them; list says which there are.",
        ),
    ] = "morning",
    form: Annotated[
        str, typer.Option("--format", metavar="FORMS", help="png, pdf, pptx: any of them, with commas.")
    ] = "png,pdf,pptx",
    half: Annotated[bool, typer.Option("--half", help="Also pictures of half a memo's width.")] = False,
) -> None:
    """Charts for a memo: a picture each, one PDF, slides to edit.

    Drawn by Chromium or Chrome, the one found or AFTERSHOCK_CHROMIUM. Exit code 0: all of them, 1: some
    could not be drawn, 2: none.
    """
    from app.commands.memo import memo as make

    raise typer.Exit(make(as_of, basket, out, charts, form, half=half))


def run(arguments: Sequence[str] | None = None) -> int:
    """Run one command line and give its exit code: 0 done, 1 partial, 2 cannot."""
    try:
        answer = cli(args=arguments, prog_name="aftershock", standalone_mode=False)
    except AftershockError as error:
        return _say(str(error))
    except (KeyboardInterrupt, typer.Abort):
        return 130
    except Exception as error:
        sentence = getattr(error, "format_message", None)  # a usage error of typer's own
        if sentence is None:
            raise
        told = sentence().replace("Value error, ", "")  # what its types put before their own words
        return _say(" ".join(told.split()) + _hint(error))
    return answer if isinstance(answer, int) else DONE


def main() -> None:
    """The console script."""
    allocator.settle()  # here, before anything starts a thread
    sys.exit(run())


def _hint(error: Exception) -> str:
    context = getattr(error, "ctx", None)
    return f" `{context.command_path} --help` says how." if context else ""


def _say(sentence: str) -> int:
    typer.echo(sentence, err=True)
    return CANNOT


if __name__ == "__main__":
    main()

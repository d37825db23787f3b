"""Commands about who may log in."""

from __future__ import annotations

from typing import Annotated, Literal

import typer

from app.commands.options import Shape

people = typer.Typer(help="Who may log in, and what each may do.", rich_markup_mode=None)
Name = Annotated[str, typer.Argument(metavar="NAME")]


@people.command("add")
def add(
    name: Name,
    role: Annotated[
        Literal["viewer", "editor", "admin"],
        typer.Option("--role", help="viewer reads, editor notes events, admin releases held rows."),
    ] = "viewer",
    no_password: Annotated[
        bool, typer.Option("--no-password", help="A role alone, for a user whom a proxy names.")
    ] = False,
) -> None:
    """Add a user, or give one another role and password.

    The password is asked for; from a pipe it is the first line.
    """
    from app.commands.people import put

    raise typer.Exit(put(name, role, with_password=not no_password))


@people.command("list")
def list_(form: Shape = "table") -> None:
    """Every user and role."""
    from app.commands.people import show

    raise typer.Exit(show(form))


@people.command("remove")
def remove(name: Name) -> None:
    """Take a user out; a page that is open ends at its next question."""
    from app.commands.people import take_out

    raise typer.Exit(take_out(name))

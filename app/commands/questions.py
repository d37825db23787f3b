"""Every question as a command: its options are the parameters it declares, its forms those of any answer."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from dataclasses import fields
from typing import TYPE_CHECKING, Annotated, Any

import typer
from typer.core import TyperGroup

from app.commands.options import Shape
from app.questions import QUESTIONS, question

if TYPE_CHECKING:
    from app.kinds.parameters import Parameter
    from app.kinds.question import Question


class QuestionGroup(TyperGroup):
    """The commands of the product with one for each question, made when it is called.

    ``--help`` of the product imports no question: it has their sentences.
    """

    def list_commands(self, ctx: Any) -> list[str]:
        """The names of all commands, those of questions first."""
        return [*QUESTIONS, *(name for name in super().list_commands(ctx) if name not in QUESTIONS)]

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        """The command of a name."""
        if cmd_name in QUESTIONS:
            return _command(question(cmd_name))
        return super().get_command(ctx, cmd_name)

    def format_commands(self, ctx: Any, formatter: Any) -> None:
        """Write the list of commands, each with its sentence."""
        rows = []
        for name in self.list_commands(ctx):
            if name in QUESTIONS:
                rows.append((name, QUESTIONS[name].says))
                continue
            command = super().get_command(ctx, name)
            if command is not None and not command.hidden:
                rows.append((name, command.get_short_help_str(limit=formatter.width)))
        with formatter.section("Commands"):
            formatter.write_dl(rows)


def _command(asked: Question[Any]) -> Any:
    """The command of a question."""

    def run(**given: Any) -> None:
        from app.commands.asking import ask

        form = given.pop("form")
        raise typer.Exit(ask(asked, _texts(asked, given), form))

    defaults = {item.name: item.default for item in fields(asked.params)}
    options = [_option(name, item, defaults[name]) for name, item in asked.parameters.items()]
    shape = inspect.Parameter("form", inspect.Parameter.KEYWORD_ONLY, default="table", annotation=Shape)
    run.__signature__ = inspect.Signature([*options, shape])  # type: ignore[attr-defined]
    run.__annotations__ = {item.name: item.annotation for item in (*options, shape)}
    run.__doc__ = QUESTIONS[asked.name].says
    alone = typer.Typer(add_completion=False, rich_markup_mode=None)
    settings = {"help_option_names": ["-h", "--help"]}
    alone.command(asked.name, context_settings=settings)(run)
    return typer.main.get_command(alone)


def _option(name: str, item: Parameter, usual: Any) -> inspect.Parameter:
    """A parameter as typer takes an option; what is not given is None, and stands at its default."""
    from app.kinds.parameters import option_of

    said = item.help
    if item.required:
        said += "  [required]"
    elif usual not in (None, "", (), False):
        said += f"  [default: {usual}]"
    words: dict[str, Any] = {"help": said, "show_default": False, "metavar": item.metavar or None}
    kind: Any = str | None
    if item.many:
        kind, option = list[str] | None, typer.Argument(**words)
    elif item.switch:
        words.pop("metavar")
        kind, option = bool, typer.Option(option_of(name, item), **words)
    else:
        option = typer.Option(option_of(name, item), **words)
    default = False if item.switch else None
    annotation = Annotated[kind, option]
    return inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=default, annotation=annotation)


def _texts(asked: Question[Any], given: Mapping[str, Any]) -> dict[str, str]:
    """What a command line gave, as an address would say it, by the names of the options."""
    from app.kinds.parameters import option_of

    texts = {}
    for name, value in given.items():
        item = asked.parameters[name]
        if item.switch:
            value = item.choices[0] if value else None
        elif item.many:
            value = ",".join(value or ()) or None
        if value is not None:
            texts[option_of(name, item)] = value
    return texts

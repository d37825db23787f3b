"""Options that several commands share."""

from __future__ import annotations

from typing import Annotated, Literal

import typer

Format = Literal["table", "json", "csv"]
Host = Annotated[
    str | None, typer.Option(help="Address to listen on; 127.0.0.1 unless set.", show_default=False)
]
Port = Annotated[int | None, typer.Option(help="Port to listen on; 8050 unless set.", show_default=False)]
Public = Annotated[
    bool,
    typer.Option("--i-know-this-is-public", help="Listen beyond this machine although nobody has to log in."),
]
Shape = Annotated[Format, typer.Option("--format", help="How the answer is written.")]
AsOf = Annotated[
    str | None,
    typer.Option("--as-of", metavar="DATE", help="As it stood then; now unless given.", show_default=False),
]
BasketOption = Annotated[str, typer.Option("--basket", help="all, asia, us or a layer of the AI stack.")]
Currency = Annotated[Literal["local", "usd"], typer.Option("--currency", help="Local money or dollars.")]

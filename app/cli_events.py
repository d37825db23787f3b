"""The commands of events: the same facts as the Events page, and what people note."""

from __future__ import annotations

import typer

facts = typer.Typer(rich_markup_mode=None)
"""Commands of the first level, such as ``event-study``."""
events = typer.Typer(help="Annotated events, their claims checked.", rich_markup_mode=None)

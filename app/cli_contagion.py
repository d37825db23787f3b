"""The commands of contagion: the same numbers as the pages under /contagion."""

from __future__ import annotations

import typer

contagion = typer.Typer(rich_markup_mode=None)

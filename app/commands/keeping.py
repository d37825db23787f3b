"""Commands that look after the installation: migrate, config."""

from __future__ import annotations

from typing import Any

import orjson
from rich.console import Console
from rich.table import Table

from app.settings import load_settings, shown_values

DONE = 0


def migrate() -> int:
    """Bring the database to this build's schema."""
    from models.store import Store

    settings = load_settings()
    with Store.open(settings.store_url, migrate=True) as store:
        Console().print(f"{store.url_shown} is at schema {store.schema}.", highlight=False, soft_wrap=True)
    return DONE


def show_settings(form: str) -> int:
    """Print every setting with its value and origin, passwords hidden."""
    rows = shown_values(load_settings())
    if form == "json":
        # The parts that every answer has, where they mean something.
        print_lines(orjson.dumps({"rows": rows}, option=orjson.OPT_INDENT_2).decode())
    elif form == "csv":
        print_lines("setting,value,from", *(",".join(_quoted(row.values())) for row in rows))
    else:
        table = Table(title="Settings", title_justify="left")
        for name in ("setting", "value", "from"):
            table.add_column(name, overflow="fold")
        for row in rows:
            table.add_row(*row.values())
        Console().print(table)
    return DONE


def print_lines(*lines: str) -> None:
    """Write lines as they are to standard output."""
    Console().file.write("\n".join(lines) + "\n")


def _quoted(values: Any) -> list[str]:
    return [f'"{value}"' if "," in value or '"' in value else value for value in values]

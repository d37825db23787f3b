"""Commands that look after the installation: migrate, config."""

from __future__ import annotations

from app.commands.printing import write, write_rows
from app.settings import load_settings, shown_values

DONE = 0


def migrate() -> int:
    """Bring the database to this build's schema."""
    from models.store import Store

    with Store.open(load_settings().store_url, migrate=True) as store:
        write(f"{store.url_shown} is at schema {store.schema}.")
    return DONE


def show_settings(form: str) -> int:
    """Print every setting with its value and origin, passwords hidden."""
    write_rows(form, ("setting", "value", "from"), shown_values(load_settings()), "Settings")
    return DONE

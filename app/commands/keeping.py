"""Commands that look after the installation: migrate, backup, restore, config."""

from __future__ import annotations

from pathlib import Path

from app.commands.printing import write, write_rows
from app.settings import load_settings, shown_values

DONE = 0


def migrate(*, copy: bool) -> int:
    """Bring the database to this build's schema, after a copy of what it was."""
    from models.store import Store
    from models.store.backing import back_up_before_migration

    settings = load_settings()
    if copy:
        kept = back_up_before_migration(settings.store_url, settings.data_dir)
        if kept is not None:
            write(f"The database as it was is in {kept}.")
    with Store.open(settings.store_url, migrate=True) as store:
        write(f"{store.url_shown} is at schema {store.schema}.")
    return DONE


def back_up(target: Path) -> int:
    """Copy the database to a file while it is in use."""
    from models.store import Store
    from models.store.backing import back_up as copy

    with Store.open(load_settings().store_url) as store:
        copied = copy(store, target.expanduser().absolute())
    bars = "" if copied.bars is None else f", {copied.bars:,} bars, checked"
    write(f"{copied.path} holds the whole database: {copied.size / 1e6:,.1f} MB{bars}.")
    return DONE


def restore(source: Path) -> int:
    """Put a copy in the place of the database."""
    from models.store import Store
    from models.store.backing import restore as put

    settings = load_settings()
    kept = put(settings.store_url, source.expanduser().absolute())
    with Store.open(settings.store_url) as store:
        shown = store.url_shown
    write(f"{shown} is as in {source} again." + (f" What it was is in {kept}." if kept else ""))
    return DONE


def show_settings(form: str) -> int:
    """Print every setting with its value and origin, passwords hidden."""
    write_rows(form, ("setting", "value", "from"), shown_values(load_settings()), "Settings")
    return DONE

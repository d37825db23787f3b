"""Whether an answer as of an instant knows what came later: the same question to a store that ends there."""

from __future__ import annotations

import contextlib
import io
import json
import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

from app.cli import run
from app.settings import Settings
from ingest.reconcile import import_folder
from ingest.sources.csvfolder import CsvFolder, symbol_of
from models.sessions import Calendars
from models.store import Store
from models.universe import Universe, load_universe

COMMANDS: tuple[tuple[str, ...], ...] = (
    ("drawdowns",),
    ("episodes",),
    ("relay",),
    ("breadth",),
    ("early-warning",),
    ("stress",),
    ("correlation",),
    ("brief",),
    ("events",),
    ("events", "--check"),
)
_OWN, _STAMP = "data_version", "edited_at"
"""What two stores of one content need not share: their version, and when each took the catalogue on."""


@dataclass(frozen=True)
class Place:
    """A data folder with a filled store, its universe file (None for the one that ships), and its clock."""

    data: Path
    universe: Path | None
    now: datetime

    def ask(self, *words: str) -> dict[str, Any]:
        """What a command line answers here; a refusal counts as an answer."""
        given = {"DATA_DIR": self.data, "UNIVERSE": self.universe, "NOW": self.now.isoformat()}
        told, wrong = io.StringIO(), io.StringIO()
        with _environment(given), contextlib.redirect_stdout(told), contextlib.redirect_stderr(wrong):
            code = run([*words, "--format", "json"])
        if code:
            return {"code": code, "refused": wrong.getvalue()}
        found: dict[str, Any] = json.loads(told.getvalue())
        for row in found["rows"]:
            row.pop(_STAMP, None)
        return {name: value for name, value in found.items() if name != _OWN}


def filled(data: Path, prices: Path, universe: Path | None, cache: Path, now: datetime) -> Place:
    """A new store of a folder of prices, in a folder that is made."""
    data.mkdir()
    (data / "cache").symlink_to(cache)
    settings = Settings(data_dir=data, universe=universe, now=now)
    with Store.open(settings.store_url, migrate=True) as store:
        import_folder(
            store, CsvFolder(prices), load_universe(universe), Calendars(cache_dir=data / "cache"), now=now
        )
    return Place(data, universe, now)


def cut(prices: Path, target: Path, universe: Universe, calendars: Calendars, then: datetime) -> None:
    """Copy a folder of prices without the sessions that had not closed at an instant."""
    target.mkdir()
    for file in sorted(prices.glob("*.csv")):
        symbol = symbol_of(file.stem)
        if symbol not in universe:
            continue
        calendar = calendars[universe[symbol].exchange.calendar]
        head, *lines = file.read_text(encoding="utf-8").splitlines(keepends=True)
        kept = [line for line in lines if _over(calendar, date.fromisoformat(line[:10]), then)]
        if kept:
            (target / file.name).write_text("".join([head, *kept]), encoding="utf-8")


def leaks(
    whole: Place, ended: Place, then: datetime, commands: Sequence[Sequence[str]] = COMMANDS
) -> list[str]:
    """The questions whose answer as of an instant is another one where nothing later is stored."""
    found = []
    asked = [(*words, "--as-of", f"{then:%Y-%m-%dT%H:%MZ}") for words in commands]
    for words in [*asked, ("moves", f"{then.date() - timedelta(days=1)}")]:
        one, other = whole.ask(*words), ended.ask(*words)
        if one != other:
            apart = [name for name in one if one.get(name) != other.get(name)]
            found.append(f"{' '.join(words)}: {', '.join(apart) or 'more'}")
    return found


def _over(calendar: Any, day: date, then: datetime) -> bool:
    if calendar.is_session(day):
        return bool(calendar.close_of(day) <= then)
    return day < then.date()


@contextlib.contextmanager
def _environment(given: Mapping[str, object]) -> Iterator[None]:
    before = dict(os.environ)
    os.environ.update(
        {f"AFTERSHOCK_{name}": str(value) for name, value in given.items() if value is not None}
    )
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)

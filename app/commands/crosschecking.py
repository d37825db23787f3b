"""The command that compares stored closes with a second opinion."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from app.commands.asking import date_of, show
from app.commands.printing import write
from app.kinds.answer import Answer
from app.questions.crosscheck import COLUMNS, CrossCheckError, crosscheck, seen_sentence
from app.settings import load_settings
from ingest.sources.csvfolder import CsvFolder
from models.store import Store, dataset_version, sync_instruments
from models.tickers import read_symbol
from models.types import Bars, Instant
from models.universe import Universe, load_universe

DONE = 0
_TABLE = ("session", "symbol", "against", "finding", "stored", "other", "off")


def compare(symbols: list[str], against: str, since: str | None, form: str) -> int:
    """Compare, keep what was found, and print it."""
    settings = load_settings()
    universe = load_universe(settings.universe)
    now, start = settings.clock(), date_of(since) if since else None
    names = [read_symbol(symbol, universe) for symbol in symbols]
    folder = Path(against).expanduser()
    theirs = _closes(folder, universe, names, now) if _is_folder(against, universe) else None
    called = f"folder {folder.absolute().name}" if theirs is not None else against
    with Store.open(settings.store_url) as store:
        sync_instruments(store, universe)
        sees: dict[str, float] = {}
        rows = crosscheck(store, universe, names, called, now, since=start, theirs=theirs, sees=sees)
        version = dataset_version(store)
    params = {"symbols": names, "against": called, "since": start}
    scope = seen_sentence(universe, called, sees, closes=theirs is not None)
    sentence = (
        f"{len(rows):,d} closes to look at; nothing was changed, and the Data page keeps the list. {scope}"
    )
    least = {symbol: value if np.isfinite(value) else None for symbol, value in sees.items()}
    facts = {"least_error_seen": least} if theirs is None else {}
    if form == "table" and not rows:
        write(f"No close to look at. {scope}")
        return DONE
    show(
        Answer(now, version, False, params, COLUMNS, rows, facts=facts, sentence=sentence),
        form,
        _TABLE * (form == "table"),
    )
    return DONE


def _is_folder(against: str, universe: Universe) -> bool:
    return against not in universe and Path(against).expanduser().is_dir()


def _closes(folder: Path, universe: Universe, names: list[str], now: Instant) -> dict[str, Bars]:
    files = CsvFolder(folder, universe)
    wanted = [symbol for symbol in files.symbols if symbol in (names or universe.symbols)]
    if not wanted:
        raise CrossCheckError(f"{folder} holds no CSV of a name asked for; name each file SYMBOL.csv.")
    return {symbol: files.fetch(symbol, now=now).bars for symbol in wanted}

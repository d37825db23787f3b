"""Is this installation well? Each check says what it found in one line, and what to do about it."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from importlib.metadata import version
from pathlib import Path
from typing import Literal
from urllib.error import HTTPError, URLError
from urllib.request import Request, urlopen
from zoneinfo import TZPATH, ZoneInfo, ZoneInfoNotFoundError

from rich.table import Table

from app.commands import doors
from app.commands.printing import console, write_rows
from app.settings import Settings, load_settings
from models.errors import AftershockError
from models.limits import nearly_full
from models.sessions import Calendars
from models.universe import Universe, load_universe

State = Literal["ok", "look", "cannot"]
SHORT_HORIZON_DAYS = 60
CLOCK_LIMIT_SECONDS = 300
YAHOO = "https://query2.finance.yahoo.com"
PACKAGES = ("dash", "plotly", "pandas", "numpy", "sqlalchemy", "yfinance", "exchange_calendars")
_MARKS = {"ok": "[green]ok[/]", "look": "[yellow]look[/]", "cannot": "[red]cannot[/]"}


@dataclass(frozen=True, slots=True)
class Finding:
    """What one check found."""

    check: str
    state: State
    text: str


def examine(form: str, *, offline: bool, repair: bool) -> int:
    """Run every check and print them; 0 all well, 1 something to look at, 2 something that cannot work."""
    findings = list(_findings(offline, repair))
    if form == "table":
        table = Table(show_header=False, box=None, padding=(0, 2, 0, 0))
        for item in findings:
            table.add_row(item.check, _MARKS[item.state], item.text)
        console().print(table)
    else:
        write_rows(form, ("check", "state", "text"), [asdict(item) for item in findings], "")
    states = {item.state for item in findings}
    return 2 if "cannot" in states else 1 if "look" in states else 0


def _findings(offline: bool, repair: bool) -> Iterator[Finding]:
    yield from _one("packages", _packages)
    yield from _one("versions", lambda: ("ok", ", ".join(f"{name} {version(name)}" for name in PACKAGES)))
    try:
        settings = load_settings()
    except AftershockError as error:
        yield Finding("settings", "cannot", str(error))
        return
    yield Finding(
        "settings", "ok", f"data folder {settings.data_dir}, clock {settings.clock():%Y-%m-%d %H:%M} UTC"
    )
    yield from _one("address", lambda: doors.address(settings))
    yield from _one("switches", doors.switches)
    yield from _one("content policy", doors.policy)
    try:
        universe = load_universe(settings.universe)
        yield Finding(
            "universe", "ok", f"{len(universe.instruments)} instruments, {len(universe.members)} in baskets"
        )
    except AftershockError as error:
        yield Finding("universe", "cannot", str(error))
        return
    yield from _one("time zones", lambda: _zones(settings, universe))
    yield from _one("calendars", lambda: _calendars(settings, universe))
    yield from _store(settings, repair=repair)
    yield from _one("disk", lambda: _disk(settings.data_dir))
    yield from _one("pictures", lambda: _pictures(settings))
    if not offline:
        yield from _one("source", lambda: _source(settings))


def _one(name: str, check: Callable[[], tuple[State, str]]) -> Iterator[Finding]:
    try:
        yield Finding(name, *check())
    except AftershockError as error:
        yield Finding(name, "cannot", str(error))


def _packages() -> tuple[State, str]:
    """The three packages must be one installation: a stranger's ``models`` would be found here."""
    import app
    import ingest
    import models

    parents = {str(Path(str(package.__file__)).parents[1]) for package in (app, ingest, models)}
    if len(parents) > 1:
        return "cannot", (
            f"app, ingest and models come from different places ({', '.join(sorted(parents))}); "
            "install Aftershock in an environment of its own and start it with the command `aftershock`."
        )
    return "ok", f"aftershock {app.__version__} in {parents.pop()}"


def _calendars(settings: Settings, universe: Universe) -> tuple[State, str]:
    calendars = Calendars(overrides=settings.calendar_overrides, cache_dir=settings.cache_dir)
    horizons = {name: calendars[name].horizon for name in _calendar_ids(universe)}
    enough = settings.clock().date() + timedelta(days=SHORT_HORIZON_DAYS)
    short = [f"{name} up to {horizon}" for name, horizon in horizons.items() if horizon < enough]
    if short:
        return "look", f"known only {', '.join(short)}; update exchange_calendars."
    overrides = settings.calendar_overrides or "the packaged overrides"
    return "ok", f"{', '.join(horizons)} known up to {min(horizons.values())}, with {overrides}"


def _calendar_ids(universe: Universe) -> list[str]:
    return sorted({item.exchange.calendar for item in universe.instruments})


def _zones(settings: Settings, universe: Universe) -> tuple[State, str]:
    """Time-zone data: each exchange's zone is there, and New York has its summer time."""
    names = sorted({item.exchange.timezone for item in universe.instruments})
    try:
        zones = [ZoneInfo(name) for name in names]
    except ZoneInfoNotFoundError as error:
        return "cannot", f"{error.args[0]}; install the package tzdata."
    year = settings.clock().year
    offsets = {datetime(year, month, 1, tzinfo=ZoneInfo("America/New_York")).utcoffset() for month in (1, 7)}
    if len(offsets) < 2:
        return "look", f"New York has no summer time in {year}; update the package tzdata."
    return "ok", f"{len(zones)} zones, of {_zone_source()}"


def _zone_source() -> str:
    found = next((path for path in TZPATH if (Path(path) / "America" / "New_York").exists()), None)
    return found or f"tzdata {version('tzdata')}"


def _store(settings: Settings, *, repair: bool) -> Iterator[Finding]:
    from models.store import Store, coverage, latest_run, repack, verify

    try:
        with Store.open(settings.store_url) as store:
            yield Finding("database", "ok", f"{store.url_shown}, schema {store.schema}{_journal(store)}")
            faults = verify(store)
            if repair and faults:
                repack(store)
                faults = verify(store)
            table, run = coverage(store), latest_run(store)
            yield from _one("writer", lambda: doors.writer(store))
            yield from _one("writes", lambda: doors.writes(settings, store))
            yield from _one("held rows", lambda: doors.held(store))
            yield from _one("answers", lambda: doors.answers(store))
            yield from _one("exchanges", lambda: doors.exchanges(settings, store))
    except AftershockError as error:
        yield Finding("database", "cannot", str(error))
        return
    for fault in faults:
        yield Finding("stored data", "cannot" if "damaged" in fault else "look", fault)
    if not faults:
        yield Finding("stored data", "ok", "whole: the packed bars say what their rows say")
    if not table["bars"].sum():
        yield Finding("prices", "look", "none yet; run `aftershock ingest once`.")
        return
    last = table["last"].max()
    yield Finding(
        "prices",
        "ok",
        f"{int(table['bars'].sum()):,} bars of {int((table['bars'] > 0).sum())} names, up to {last:%Y-%m-%d}",
    )
    held = int(table["held"].sum())
    yield Finding("quarantine", "ok", f"{held} rows held" if held else "nothing held")
    if run is not None:
        state: State = "ok" if run.status in ("done", "running") else "look"
        yield Finding(
            "last run",
            state,
            f"{run.status}, {run.done} of {run.total} names, {run.started_at:%Y-%m-%d %H:%M} UTC",
        )


def _journal(store: object) -> str:
    """The journal mode of a SQLite file: other than WAL, readers and the writer wait for each other."""
    path = getattr(store, "path", None)
    if path is None:
        return ""
    import sqlite3

    connection = sqlite3.connect(f"file:{path}?mode=ro", uri=True)
    try:
        return f", journal {connection.execute('PRAGMA journal_mode').fetchone()[0]}"
    finally:
        connection.close()


def _disk(folder: Path) -> tuple[State, str]:
    there = next(path for path in (folder, *folder.parents) if path.exists())
    usage = shutil.disk_usage(there)
    text = f"{usage.free / 1e9:,.1f} GB free at {there}"
    if kind := doors.local_disk(there.resolve()):
        return "look", f"{text}, on {kind}: a database needs a local disk; set AFTERSHOCK_DATA_DIR to one."
    low = nearly_full(usage.free, usage.total)
    return ("look", text + "; make room before the next run.") if low else ("ok", text)


def _pictures(settings: Settings) -> tuple[State, str]:
    """The pages need no browser of this machine; the command does, and a named one should be there."""
    from app.render.memo.chromium import NoChromiumError, find_chromium

    try:
        return "ok", f"aftershock memo draws with {find_chromium(settings.chromium)}"
    except NoChromiumError as error:
        if settings.chromium is not None:
            return "look", str(error)
        return "ok", "no Chromium or Chrome for aftershock memo; the Memo menu of the pages needs none"


def _source(settings: Settings) -> tuple[State, str]:
    """Reach the source without asking for prices; any answer at all has the time in it."""
    address = settings.yahoo_url or YAHOO
    try:
        with urlopen(Request(address, headers={"User-Agent": "Mozilla/5.0"}), timeout=5) as answer:
            stamp = answer.headers.get("Date")
    except HTTPError as error:
        stamp = error.headers.get("Date")
    except (URLError, OSError) as error:
        reason = getattr(error, "reason", error)
        return "look", f"{address} is not reached ({reason}); stored prices are still served."
    if not stamp or settings.now:
        return "ok", f"{address} answers"
    apart = abs((datetime.now(UTC) - parsedate_to_datetime(stamp)).total_seconds())
    if apart > CLOCK_LIMIT_SECONDS:
        minutes = f"{apart / 60:.0f} minutes"
        return "look", f"{address} answers, and its clock is {minutes} from ours; set this machine's clock."
    return "ok", f"{address} answers, and its clock agrees with ours"

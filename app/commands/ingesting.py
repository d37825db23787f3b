"""Commands that bring prices in."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path

from app.commands.asking import date_of
from app.commands.printing import console, progress, write_rows
from app.market import words
from app.market.troubles import refused as refused_words
from app.settings import Settings, load_settings
from ingest.catalogue import bring_catalogue
from ingest.fetching import Rules
from ingest.reconcile import backfill as backfill_run
from ingest.reconcile import import_folder as import_run
from ingest.reconcile import run_once
from ingest.report import Progress, RunReport
from ingest.sources.csvfolder import CsvFolder
from models.errors import AftershockError
from models.sessions import Calendars
from models.store import Lease, Store, current_leader, dataset_version, pauses
from models.store.refusals import Refusals
from models.tickers import Unknown, read_symbol
from models.universe import Universe, load_universe

CODES = {"done": 0, "partial": 1, "failed": 2}
_SHOWN_FAILURES = 5
_UNREADABLE = frozenset(("malformed", "transient", "not_found"))
PATIENCE = 900.0
"""Seconds that a command waits for the run of an ingester to end: a first backfill takes minutes."""


@dataclass(frozen=True, slots=True)
class Ground:
    """What every run stands on."""

    settings: Settings
    universe: Universe
    calendars: Calendars
    store: Store


@contextmanager
def ground() -> Iterator[Ground]:
    """Read settings and universe, open the store, and close it again."""
    settings = load_settings()
    universe = load_universe(settings.universe)
    calendars = Calendars(overrides=settings.calendar_overrides, cache_dir=settings.cache_dir)
    with Store.open(settings.store_url) as store:
        with refusals(settings, store).noting(settings.clock):
            bring_catalogue(store, settings.clock())
        yield Ground(settings, universe, calendars, store)


def rules(settings: Settings) -> Rules:
    """How the source is asked; a clock that was stopped is not compared with the source's."""
    asked = Rules(workers=settings.workers)
    return replace(asked, skew=None) if settings.now is not None else asked


def refusals(settings: Settings, store: Store) -> Refusals:
    """Where it is noted for the pages that the database takes no new price."""
    return Refusals(settings.refusals_path, store.url_shown)


@contextmanager
def writer(here: Ground) -> Iterator[None]:
    """Write alone: a running ingester gives its place between two runs, and has it back afterwards.

    Raises
    ------
    StoreBusyError
        If the run under way does not end in time.
    """
    lease = Lease(here.store)
    say = console(err=True)
    with refusals(here.settings, here.store).watching(here.settings.clock):
        lease.wait(
            PATIENCE, lambda holder: say.print(f"Waiting for the run of {holder} to end.", highlight=False)
        )
        try:
            yield
        finally:
            lease.release()


def once(*, force: bool) -> int:
    """Bring what is due, or ask for every name."""
    from ingest.sources.yahoo import YahooSource

    with ground() as here, writer(here):
        report = _watched(
            "Asking",
            lambda told: run_once(
                here.store,
                YahooSource(here.settings.yahoo_url),
                here.universe,
                here.calendars,
                clock=here.settings.clock,
                progress=told,
                retry=True,
                force=force,
                trigger="command",
                rules=rules(here.settings),
            ),
        )
        _tell(report, here.settings)
        if report.status == "failed" and not report.unreachable and dataset_version(here.store):
            return CODES["partial"]  # only names that fail were due; what is stored of the others stands
    return CODES[report.status]


def backfill(since: str, symbols: list[str], *, accept: bool = False) -> int:
    """Ask for the history from a date on again; ``accept`` lets it take the place of what is stored."""
    from ingest.sources.yahoo import YahooSource

    start = date_of(since)
    if accept and not symbols:
        raise AftershockError("--accept replaces what is stored; name each history with --symbol.")
    with ground() as here:
        chosen = [read_symbol(symbol, here.universe) for symbol in symbols] or None
        with writer(here):
            report = _watched(
                "Asking",
                lambda told: backfill_run(
                    here.store,
                    YahooSource(here.settings.yahoo_url),
                    here.universe,
                    here.calendars,
                    since=start,
                    clock=here.settings.clock,
                    progress=told,
                    symbols=chosen,
                    accept=accept,
                    rules=rules(here.settings),
                ),
            )
    _tell(report, here.settings)
    return CODES[report.status]


def import_folder(folder: Path, symbols: Sequence[str] = (), *, accept: bool = False) -> int:
    """Store the prices of a folder of files; ``accept`` lets them differ from what is stored.

    Returns
    -------
    int
        0 when every file went in, 1 when one was refused, is of nobody or has every row held, 2 when none
        could be used.
    """
    files = CsvFolder(folder)
    with ground() as here:
        chosen = [read_symbol(symbol, here.universe) for symbol in symbols] or None
        with writer(here):
            now = here.settings.clock()
            report = _watched(
                "Reading",
                lambda told: import_run(
                    here.store,
                    files,
                    here.universe,
                    here.calendars,
                    now=now,
                    progress=told,
                    symbols=chosen,
                    accept=accept,
                ),
            )
    _tell(report, here.settings)
    return _import_code(report)


def _import_code(report: RunReport) -> int:
    """A file that was understood and refused leaves the others: only what nobody can read is none at all."""
    if report.status == "failed" and all(kind in _UNREADABLE for kind, _ in report.failures.values()):
        return CODES["failed"]
    whole = report.status == "done" and not (report.ignored or report.unread or report.barred)
    return CODES["done" if whole else "partial"]


def run_on(*, parent: int | None) -> int:
    """Look for sessions that are due every few minutes, until a signal, or the parent's end, says stop."""
    from app.web.logs import configure
    from ingest.schedule import Ingester, Simulation, run_forever
    from ingest.sources.demo import DemoSource
    from ingest.sources.yahoo import YahooSource

    with ground() as here:
        settings = here.settings
        configure(settings.log_level, settings.secret_values)
        ingester = Ingester(
            here.store,
            YahooSource(settings.yahoo_url),
            here.universe,
            here.calendars,
            clock=settings.clock,
            simulation=Simulation(
                store=lambda: Store.open(settings.simulated_url),
                source=lambda: DemoSource(here.universe, here.calendars),
            ),
            minutes=settings.minute_names,
            rules=rules(settings),
            refusals=refusals(settings, here.store),
        )
        run_forever(ingester, every=timedelta(minutes=settings.tick_minutes), parent=parent)
    return CODES["done"]


def status(form: str) -> int:
    """Say which process leads; 0 when it gave a sign of life lately."""
    settings = load_settings()
    with Store.open(settings.store_url) as store:
        found, resting = current_leader(store), pauses(store)
        refused = refusals(settings, store).read()
    row = {
        "ingester": found.holder.removeprefix("aftershock ") if found else "none",
        "state": "none" if found is None else "at work" if found.alive else "silent",
        "since": found.since.isoformat(timespec="seconds") if found else "",
        "silent_seconds": f"{found.silent:.1f}" if found else "",
        "epoch": str(found.epoch) if found else "",
        "resting": ", ".join(f"{name} until {pause.until:%H:%M} UTC" for name, pause in resting.items()),
        "refused": refused_words(refused) if refused else "",
    }
    write_rows(form, tuple(row), [row], "")
    return CODES["done"] if found is not None and found.alive and refused is None else CODES["partial"]


def _watched(what: str, work: Callable[[Callable[[Progress], None]], RunReport]) -> RunReport:
    """Do the work with a bar that shows how far it is."""
    with progress(what) as shown:
        return work(lambda step: shown(step.done, step.total, step.symbol))


def _tell(report: RunReport, settings: Settings) -> None:
    """Say on standard error what the run did."""
    say = console(err=True)
    if report.skewed is not None:
        minutes = f"{report.skewed.total_seconds() / 60:,.0f} minutes"
        say.print(f"No price was taken: the source's clock is {minutes} from ours; set this machine's clock.")
    elif report.limited_until is not None:
        limits = report.limited_for == "rate_limit"
        what = "wants to be left alone" if limits else "fails for name after name"
        say.print(f"The source {what}; it may be asked again at {report.limited_until:%H:%M} UTC.")
    elif report.unreachable:
        named = settings.yahoo_url or "Yahoo"
        say.print(
            f"{named} is not reached; check the network, or name another source in AFTERSHOCK_YAHOO_URL."
        )
    elif report.run_id is None:
        stored = ": what the source has of every closed session is stored"
        say.print(f"Nothing is due now{'' if report.waiting else stored}.")
    if report.run_id is not None:
        parts = [
            f"{report.answered} of {report.total} names answered",
            f"{words.count(report.inserted, 'bar')} stored",
        ]
        parts += [f"{report.revised:,} revised"] if report.revised else []
        parts += [f"{words.count(report.held, 'row')} held in quarantine"] if report.held else []
        parts += [f"{words.count(len(report.late), 'name')} late"] if report.late else []
        say.print(", ".join(parts) + ".")
    _name(report)


def _name(report: RunReport) -> None:
    """Name the symbols that were not answered, are not asked yet, or are nobody's."""
    say = console(err=True)
    news = {symbol: said for symbol, said in report.failures.items() if symbol not in report.unknown}
    for symbol, (kind, detail) in list(news.items())[:_SHOWN_FAILURES]:
        say.print(f"  {symbol}: {kind.replace('_', ' ')}. {detail}", soft_wrap=True)
    if len(news) > _SHOWN_FAILURES:
        say.print(f"  and {len(news) - _SHOWN_FAILURES} more; the Data page lists them.")
    for symbol, notes in list(report.notes.items())[:_SHOWN_FAILURES]:
        say.print(f"  {symbol}: {' '.join(notes)}", soft_wrap=True)
    if report.barred:
        say.print(
            f"Every row is held of {', '.join(report.barred)}: see aftershock quarantine list.",
            soft_wrap=True,
        )
    if report.unknown:
        say.print(f"Still not known to the source: {', '.join(report.unknown)}.", soft_wrap=True)
    if report.waiting:
        names = ", ".join(report.waiting)
        say.print(f"Asked again later, or now with --force: {names}.", soft_wrap=True)
    if report.ignored:
        aside = [str(Unknown(name, report.meant.get(name, ()))) for name in report.ignored]
        say.print(f"Not in the universe, left aside: {', '.join(aside)}.", soft_wrap=True)
    for line in report.unread:
        say.print(f"Not read: {line}.", soft_wrap=True, markup=False)
    for note in report.remarks:
        say.print(note, soft_wrap=True, markup=False)
    if report.below:
        say.print(f"Folders below it are not entered: {', '.join(report.below)}.", soft_wrap=True)

"""The reconciler: what is missing is asked for, checked and stored, one transaction a symbol.

It may be started at any time, killed at any time and started again: each run works from
what is stored, and an answer is stored whole with its revisions, held rows and its line
in the run, or not at all.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Collection, Sequence
from datetime import timedelta
from typing import Any

import numpy as np

from ingest.actions import sound_actions, withdrawn_actions
from ingest.basis import NO_MORE, agreement, basis_change, covers, shift
from ingest.breaker import Breaker
from ingest.checks import Checked, check
from ingest.fetching import Clock, Fetched, Fetcher, Gate, NoAnswerYet, Rules, Wait, fetched_in_order
from ingest.planning import Ask, lacks, limited_until, plan
from ingest.report import Progress, RunReport, SymbolOutcome, note_of
from ingest.sources.base import Answer, FetchFailure, Source
from ingest.sources.csvfolder import CsvFolder
from models.errors import SourceError
from models.sessions import FIRST_SESSION, GRACE, Calendars
from models.store import (
    Outcome,
    Released,
    Store,
    StoredSessions,
    attempts,
    finish_run,
    pauses,
    record_failure,
    released,
    start_run,
    store_answer,
    stored_actions,
    stored_bars,
    stored_sessions,
    sync_instruments,
)
from models.store.crosschecks import sessions_from
from models.tickers import Unknown
from models.types import Action, Bars, Instant, Session
from models.universe import Instrument, Universe

log = logging.getLogger(__name__)

ACCEPTED = "accepted in place of what was stored"
"""How the line of a run says that a person took a history over."""
_PART = (
    "{0}: the file is {1} beside what is stored and holds a part of it; the stored history stays, for it "
    "would stand on two bases. Import a file of the whole history."
)
PART_NEAR = 0.1
"""Log distance, in the middle of its days, up to which a part that a person vouches for may stand beside."""
_PASSING: dict[str, SymbolOutcome] = {"rate_limit": "limited", "transient": "failed", "clock_skew": "failed"}


def run_once(
    store: Store,
    source: Source,
    universe: Universe,
    calendars: Calendars,
    *,
    clock: Clock,
    progress: Callable[[Progress], None] | None = None,
    symbols: Collection[str] | None = None,
    since: Session | None = None,
    retry: bool = False,
    force: bool = False,
    accept: bool = False,
    trigger: str = "schedule",
    rules: Rules = Rules(),  # noqa: B008  frozen
    grace: timedelta = GRACE,
    wait: Wait = time.sleep,
    stopping: Callable[[], bool] = lambda: False,
) -> RunReport:
    """Ask for what is missing and store it.

    Parameters
    ----------
    clock
        The instant now, UTC.
    progress
        Called after each symbol.
    symbols, since
        Only these; everything again from a session on.
    retry, force
        No wait for symbols that failed in passing; every symbol again.
    accept
        A person vouches for the answers: the history that comes takes the place of what is stored,
        whether or not it agrees with it.
    trigger
        What asked for the run, as kept with it.
    rules, wait
        How the source is asked, and how a pause between attempts is made.
    grace
        How long after its close a session's bar is expected, and final.
    stopping
        Asked between symbols; the symbol under way is finished.

    Raises
    ------
    StoreError
        If the store refuses to write; what was stored stays.
    """
    known = stored_sessions(store, source.name)
    if any(symbol not in known for symbol in universe.symbols):
        sync_instruments(store, universe)
        known = stored_sessions(store, source.name)
    tried = attempts(store, source.name)
    now = clock()
    pause = pauses(store).get(source.name)
    until = max((at for at in (limited_until(tried), pause and pause.until) if at), default=None)
    if until is not None and now < until:
        why = pause.reason if pause else "rate_limit"
        return RunReport(status="partial", limited_until=until, limited_for=why)
    spared = released(store)
    options: dict[str, Any] = {"symbols": symbols, "since": since, "retry": retry, "force": force}
    planned = plan(universe, calendars, known, tried, now=now, grace=grace, released=spared, **options)
    asks = planned.asks
    if not asks:
        return RunReport(waiting=planned.waiting)
    run = _Run(store, source, universe, calendars, clock, grace, known, progress, stopping)
    run.released = spared
    run.accept = accept
    run.breaker = Breaker(store, source.name, run.gate, clock, run.report, rules)
    run.breaker.half_open = pause is not None
    if since is None and not force:  # who asks for a name wants to hear that it is not there
        run.absent = {symbol for symbol, attempt in tried.items() if attempt.failure == "not_found"}
    run.report.total, run.report.waiting = len(asks), planned.waiting
    run.report.run_id = start_run(store, trigger=trigger, source=source.name, now=now, total=len(asks))
    empty = not any(len(item.sessions) for item in known.values())
    run.fetch = Fetcher(source, run.gate, clock, wait, rules, hasty=empty)
    run.work(asks, rules, probe=until is not None)
    finish_run(store, run.report.run_id, status=run.report.status, now=clock())
    return run.report


def backfill(
    store: Store,
    source: Source,
    universe: Universe,
    calendars: Calendars,
    *,
    since: Session,
    clock: Clock,
    progress: Callable[[Progress], None] | None = None,
    symbols: Collection[str] | None = None,
    accept: bool = False,
    rules: Rules = Rules(),  # noqa: B008  frozen
) -> RunReport:
    """Ask every symbol again from a session on, whatever is stored; ``accept`` as in `run_once`."""
    return run_once(
        store,
        source,
        universe,
        calendars,
        clock=clock,
        progress=progress,
        symbols=symbols,
        since=since,
        accept=accept,
        trigger="backfill",
        rules=rules,
    )


def import_folder(
    store: Store,
    folder: CsvFolder,
    universe: Universe,
    calendars: Calendars,
    *,
    now: Instant,
    progress: Callable[[Progress], None] | None = None,
    symbols: Collection[str] | None = None,
    accept: bool = False,
) -> RunReport:
    """Store a folder of CSV files by the same path as any other source.

    A file that would damage what is stored of its name is refused before any of its rows. What the folder
    holds beside that is named in the report: names that the universe does not hold in ``ignored``, files
    without prices in ``unread``.

    Parameters
    ----------
    symbols
        Only these; all that the folder has by default.
    accept
        A person vouches for the files. One that holds nearly all that is stored of its name takes its
        place; of one that holds less, its days do. Daily rows in the right currency they have to be.

    Raises
    ------
    SourceError
        If no file is of a name of the universe, or ``accept`` comes without saying for whom.
    """
    folder = folder.bound(
        universe, lambda symbol: (stored_bars(store, symbol), stored_actions(store, symbol)), accept=accept
    )
    chosen = [symbol for symbol in folder.symbols if symbol in universe]
    if not chosen:
        raise SourceError(f"No file of {folder.path} is of a name of the universe{_of_nobody(folder)}.")
    if symbols is not None:
        if lacking := [symbol for symbol in symbols if symbol not in chosen]:
            raise SourceError(f"No file of {folder.path} is of {', '.join(lacking)}; name one that it holds.")
        chosen = [symbol for symbol in chosen if symbol in symbols]
    elif accept and len(chosen) > 1:
        raise SourceError(
            f"--accept changes what is stored, and the folder has {len(chosen):,} names; "
            "name each with --symbol."
        )
    report = run_once(
        store,
        folder,
        universe,
        calendars,
        clock=lambda: now,
        progress=progress,
        symbols=chosen,
        since=FIRST_SESSION,
        accept=accept,
        trigger="import",
        rules=Rules(workers=1, attempts=1),
    )
    report.ignored = tuple(folder.strangers)
    report.meant = {name: near for name, near in folder.strangers.items() if near}
    report.unread = tuple(map(str, folder.unread))
    report.below, report.remarks = folder.below, tuple(folder.notes)
    return report


def _of_nobody(folder: CsvFolder) -> str:
    """What the files of a folder are instead, in words."""
    meant = [str(Unknown(name, near)) for name, near in folder.strangers.items()]
    parts = [*meant[:8], *map(str, folder.unread[:8])]
    more = len(folder.strangers) + len(folder.unread) - len(parts)
    return f": {'; '.join(parts)}{f' and {more:,} more' if more > 0 else ''}" if parts else ""


def _part_apart(bars: Bars, stored: Bars) -> str | None:
    """How far a file of a part of the history is from what is stored, None where it may stand beside it."""
    if covers(bars, stored):
        return None
    if (step := shift(bars, stored)) is not None:
        return step
    middle = agreement(bars, stored, (), ()).middle
    return f"{np.exp(middle):.4g} times as high" if abs(middle) > PART_NEAR else None


class _Run:
    """One run under way: its report, and what its symbols share."""

    def __init__(
        self,
        store: Store,
        source: Source,
        universe: Universe,
        calendars: Calendars,
        clock: Clock,
        grace: timedelta,
        known: dict[str, StoredSessions],
        progress: Callable[[Progress], None] | None,
        stopping: Callable[[], bool],
    ) -> None:
        self.store, self.source, self.universe, self.calendars = store, source, universe, calendars
        self.clock, self.grace, self.known, self.progress = clock, grace, known, progress
        self._stopping = stopping
        self.released: dict[str, list[Released]] = {}
        self.accept = False
        self.absent: set[str] = set()
        """Symbols that the source is known not to have."""
        self.report = RunReport()
        self.gate = Gate(stopping)
        self.fetch: Fetcher
        self.breaker: Breaker
        self._indices: dict[str, Bars | None] = {}
        self._unreached = 0
        self._done = 0

    def work(self, asks: list[Ask], rules: Rules, *, probe: bool) -> None:
        """Fetch and store symbol by symbol until all are done or there is a reason to stop."""
        results = fetched_in_order(asks, self.fetch, rules, self.gate, probe=probe)
        try:
            for fetched in results:
                self._finish(fetched, *self._settle(fetched))
                self._watch(fetched, rules)
                if self._stopping():
                    self.gate.close()
        except NoAnswerYet:
            if not self._stopping():
                self._out_of_reach(asks[0], rules)
        finally:
            self.gate.close()
            results.close()
        if self._done and self._unreached == self._done:
            self.report.unreachable = True
        news = len(self.report.failures) > len(self.report.unknown)
        complete = self._done == self.report.total and not news
        self.report.status = "done" if complete else "partial" if self.report.answered else "failed"

    def _out_of_reach(self, ask: Ask, rules: Rules) -> None:
        self.report.unreachable = True
        seconds = rules.patience.total_seconds() if rules.patience else 0.0
        failure = FetchFailure("transient", f"No answer within {seconds:g} s.", reached=False)
        silent = Fetched(ask, None, failure, seconds)
        self._finish(silent, *self._settle(silent))

    def _watch(self, fetched: Fetched, rules: Rules) -> None:
        """Stop the batch when the source wants to be left alone, or when nothing answers."""
        failure = fetched.failure
        self.breaker.hear(failure)
        self._unreached = self._unreached + 1 if failure is not None and not failure.reached else 0
        if self._unreached >= rules.unreached and not self.report.answered:
            self.report.unreachable = True
            self.gate.close()

    def _finish(self, fetched: Fetched, outcome: SymbolOutcome, detail: str) -> None:
        self._done += 1
        log.info("%s: %s%s", fetched.ask.symbol, outcome, f", {detail}" if detail else "")
        if self.progress is not None:
            self.progress(Progress(fetched.ask.symbol, outcome, self._done, self.report.total, detail))

    def _settle(self, fetched: Fetched) -> tuple[SymbolOutcome, str]:
        """Store an answer, or record why there is none."""
        if fetched.answer is None:
            assert fetched.failure is not None
            return self._failed(fetched, fetched.failure.kind, fetched.failure.detail)
        if (apart := self.breaker.apart(fetched.answer)) is not None:
            return self._skewed(fetched, apart)
        symbol = fetched.ask.symbol
        item = self.universe[symbol]
        known = self.known.get(symbol)
        stored = stored_bars(self.store, symbol) if known is not None and len(known.sessions) else None
        reason = None
        if stored is not None and not self.accept:
            reason = self._basis_change(fetched.answer, item, stored)
            if reason is not None and not fetched.ask.whole:
                log.info("%s: %s, reading the whole history again", symbol, reason)
                fetched = self._whole(fetched, item)
                if fetched.answer is None:
                    return self._settle(fetched)
        assert fetched.answer is not None
        return self._store(fetched, fetched.answer, item, stored, reason)

    def _basis_change(self, answer: Answer, item: Instrument, stored: Bars) -> str | None:
        actions, _ = sound_actions(answer.actions, answer.bars, stored)
        known = stored_actions(self.store, item.symbol)
        gone = self._withdrawn(answer, item)
        return basis_change(answer.bars, stored, actions, known, kind=item.kind, withdrawn=gone)

    def _withdrawn(self, answer: Answer, item: Instrument) -> tuple[Action, ...]:
        """Actions of the source that an answer over their day holds no more; a file may leave any out."""
        if isinstance(self.source, CsvFolder):
            return ()
        return withdrawn_actions(answer, stored_actions(self.store, item.symbol, answer.source))

    def _skewed(self, fetched: Fetched, apart: timedelta) -> tuple[SymbolOutcome, str]:
        """Take no price and stop: which session has closed is judged by a clock that is wrong."""
        self.gate.close()
        self.report.skewed = apart
        minutes = f"{apart.total_seconds() / 60:,.0f} minutes"
        detail = (
            f"The source's clock is {minutes} from ours; set this machine's clock, and its time zone data."
        )
        return self._failed(fetched, "clock_skew", detail)

    def _whole(self, fetched: Fetched, item: Instrument) -> Fetched:
        start = max(item.start or FIRST_SESSION, FIRST_SESSION)
        return self.fetch(Ask(fetched.ask.symbol, start, whole=True))

    def _store(
        self, fetched: Fetched, answer: Answer, item: Instrument, stored: Bars | None, reason: str | None
    ) -> tuple[SymbolOutcome, str]:
        # Only an answer of the whole history withdraws: one of some days may have come without its events.
        may_withdraw = fetched.ask.whole and stored is not None and not self.accept
        gone = self._withdrawn(answer, item) if may_withdraw else ()
        if not gone and reason is not None and reason.endswith(NO_MORE):
            reason = None  # it was missing among a few days alone
        checked = self._check(answer, item, stored, gone)
        if checked.rejected is not None:
            return self._failed(fetched, checked.rejected, checked.detail)
        if checked.rebased is not None and not fetched.ask.whole:
            whole = self._whole(fetched, item)
            return (
                self._settle(whole)
                if whole.answer is None
                else self._store(whole, whole.answer, item, stored, checked.rebased)
            )
        moved = self._moved(checked, stored, reason)
        if (refused := self._part(checked.bars, item, stored, moved)) is not None:
            return self._failed(fetched, *refused)
        if moved == ACCEPTED and not self._replaces(checked.bars, stored):
            moved = None
        late = self._is_late(item, checked.bars, stored)
        outcome = store_answer(
            self.store,
            self._run_id,
            checked.bars if moved is not None else self._not_preferred(checked.bars, item, answer.source),
            actions=checked.actions,
            held=checked.held,
            withdrawn=gone,
            source=answer.source,
            replace=moved is not None,
            duration=fetched.seconds,
            note=note_of(moved or reason, late=late, notes=checked.notes),
            now=self.clock(),
        )
        self._count(item, checked, outcome)
        if reason is not None:
            self.report.rebased[item.symbol] = reason
        if late:
            self.report.late.append(item.symbol)
            return "late", ""
        return ("stored" if outcome.changed else "unchanged"), reason or ""

    def _replaces(self, bars: Bars, stored: Bars | None) -> bool:
        """Whether rows that a person vouches for are the whole history; a file may hold a part of it."""
        return stored is None or not isinstance(self.source, CsvFolder) or covers(bars, stored)

    def _part(
        self, bars: Bars, item: Instrument, stored: Bars | None, moved: str | None
    ) -> tuple[str, str] | None:
        """Why a part of the history, on another basis, cannot stand beside the rest; code and sentence."""
        if moved is None or stored is None or covers(bars, stored):
            return None
        from_file = isinstance(self.source, CsvFolder)
        if moved == ACCEPTED:
            apart = _part_apart(bars, stored) if from_file else None
            return None if apart is None else ("wrong_basis", _PART.format(item.symbol, apart))
        what = f"The history is on another basis ({moved}) and came back shorter than what is stored"
        if from_file:
            return "wrong_basis", f"{what}, which stays; import a file of the whole history."
        return "malformed", f"{what}; the old one was kept."

    def _count(self, item: Instrument, checked: Checked, outcome: Outcome) -> None:
        """Add what became of an answer to the report."""
        notes = checked.notes
        if self.accept and outcome.removed:
            notes = (*notes, f"Taken out: {outcome.removed:,} stored sessions that it does not hold.")
        if notes:
            self.report.notes[item.symbol] = notes
        if item.kind == "index":
            self._indices.pop(item.exchange.calendar, None)
        self.report.answered += 1
        self.report.inserted += outcome.inserted
        self.report.revised += outcome.revised
        self.report.held += outcome.held
        if outcome.held and not len(checked.bars):
            self.report.barred.append(item.symbol)

    def _moved(self, checked: Checked, stored: Bars | None, reason: str | None) -> str | None:
        """Why the rows take the place of the whole history, None when they stand beside what is stored.

        The rows that passed decide: a fault in the last ten may look like another basis.
        """
        if stored is None or not len(checked.bars):
            return None
        if self.accept:
            return ACCEPTED
        return checked.rebased or (shift(checked.bars, stored) if reason is not None else None)

    def _not_preferred(self, bars: Bars, item: Instrument, source: str) -> Bars:
        """The rows but those of sessions whose bar came from the source that the exchange prefers."""
        if item.exchange.prefer in ("", source):
            return bars
        return bars.take(
            ~np.isin(bars.sessions, sessions_from(self.store, item.symbol, item.exchange.prefer))
        )

    @property
    def _run_id(self) -> int:
        assert self.report.run_id is not None
        return self.report.run_id

    def _check(
        self, answer: Answer, item: Instrument, stored: Bars | None, withdrawn: Sequence[Action]
    ) -> Checked:
        return check(
            answer,
            item,
            self.calendars[item.exchange.calendar],
            now=answer.fetched_at,
            previous=stored,
            index=self._index(item),
            released=[row.held for row in self.released.get(item.symbol, ())],
            grace=self.grace,
            known=stored_actions(self.store, item.symbol) if stored is not None else (),
            withdrawn=withdrawn,
            accepted=self.accept,
        )

    def _index(self, item: Instrument) -> Bars | None:
        """The first index of the same calendar in the universe, as stored."""
        key = item.exchange.calendar
        if key not in self._indices:
            named = (
                other.symbol
                for other in self.universe.instruments
                if other.kind == "index" and other.exchange.calendar == key
            )
            symbol = next(named, None)
            self._indices[key] = stored_bars(self.store, symbol) if symbol is not None else None
        return self._indices[key]

    def _is_late(self, item: Instrument, bars: Bars, stored: Bars | None) -> bool:
        if isinstance(self.source, CsvFolder):
            return False
        calendar = self.calendars[item.exchange.calendar]
        now = self.clock()
        absent = lacks(calendar, item, bars.sessions[bars.final], now, self.grace)
        if not absent or stored is None:
            return absent
        return lacks(calendar, item, stored.sessions[stored.final], now, self.grace)

    def _failed(self, fetched: Fetched, kind: str, detail: str) -> tuple[SymbolOutcome, str]:
        symbol = fetched.ask.symbol
        record_failure(
            self.store,
            self._run_id,
            symbol,
            failure=kind,
            detail=detail,
            duration=fetched.seconds,
            now=self.clock(),
            source=self.source.name,
        )
        self.report.failures[symbol] = (kind, detail)
        if kind == "not_found" and symbol in self.absent:
            self.report.unknown.append(symbol)
        return _PASSING.get(kind, "refused"), detail


__all__ = ["Progress", "RunReport", "backfill", "import_folder", "run_once"]

"""The sentences of the Data page: how fresh, how complete, and what stands in the way."""

from __future__ import annotations

from datetime import timedelta

from app.auth.doors import may
from app.market import words
from app.market.lateness import last_bars
from app.market.troubles import Told, as_of, cannot_store
from app.questions.coverage.alarms import sentences
from app.questions.coverage.exchanges import Group
from app.questions.coverage.facts import Facts
from models.reasons import failure_words
from models.sessions import GRACE
from models.universe import Instrument

NAMED = 4
"""Names that the sentence under the headline tells; of more it says how many."""
GAPS = 2
"""Gaps of an exchange that are told by name and session, the newest first."""
_NUMBERS = ("none", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")


def headline(facts: Facts) -> str:
    """How fresh and how complete, in one sentence."""
    count, current = len(facts.exchanges), sum(group.freshness.is_current for group in facts.exchanges)
    late = [group.title for group in facts.exchanges if group.freshness.state in ("late", "stale")]
    behind = f"{words.join(late)} {_are(len(late))} late" if late else ""
    if not current:
        first = f"None of {_number(count)} exchanges is current{behind and f', {behind}'}"
        return f"{first}; {_names(facts)}"
    some = "All" if current == count else f"{_number(current).capitalize()} of"
    if facts.simulated:
        return f"{some} {_number(count)} exchanges are current; {_names(facts)}"
    return f"{some} {_number(count)} exchanges and {_names(facts)}{behind and f'; {behind}'}"


def _names(facts: Facts) -> str:
    """How many names are current; of simulated prices, how many have one."""
    total = sum(len(group.names) for group in facts.groups)
    if facts.simulated:
        have = total - sum(len(group.missing) for group in facts.groups)
        return f"{have} of {total} names have simulated prices"
    here = sum(len(group.current) for group in facts.groups)
    return f"{f'all {total}' if here == total else f'{here} of {total}'} names are current"


def deck(facts: Facts) -> str:
    """The last session, bars stored, and what the checks found."""
    if facts.coverage.empty:
        return "What is stored of each name is not known while the database cannot be read."
    table = facts.coverage
    parts = [f"{int(table['bars'].sum()):,d} daily bars to {words.day(table['last'].max())}"]
    parts.append(f"{int(table['provisional'].sum()):,d} provisional")
    parts.append(f"{int(table['suspect'].sum()):,d} suspect and flagged")
    held = words.count(len(facts.held), "row")
    return f"{_lacking(facts)}{', '.join(parts)}; {held} held back by the checks."


def _lacking(facts: Facts) -> str:
    """Who is late and who was never stored, the first of them by name."""
    late = [item.name for group in facts.groups for item, _ in group.late]
    never = [item.name for group in facts.groups for item in group.missing]
    return _few("Late", late) + _few("No prices", never)


def _few(head: str, names: list[str]) -> str:
    shown = names if len(names) <= NAMED + 1 else [*names[:NAMED], f"{len(names) - NAMED} more"]
    return f"{head}: {words.join(shown)}. " if names else ""


def warnings(facts: Facts) -> list[Told]:
    """What a reader must know before trusting the tables."""
    found = [Told(notice) for notice in facts.notices]
    if facts.problem:
        found.append(Told(f"{facts.problem} Prices in memory stand; runs and held rows are not shown."))
    else:
        found += _refusal(facts)
    if facts.simulated:
        found.append(
            Told(
                "Coverage is of simulated prices, made up and kept in a store of their own; "
                "the runs below are the real source’s and say why it has none."
            )
        )
    found += [Told(run) for run in _last_run(facts)]
    names = {item.symbol: item.name for item in facts.universe.instruments}
    last = {symbol: bars[1] for symbol, bars in last_bars(facts.view).items()}
    return found + [Told(said) for said in sentences(names, last, facts.alarms)]


def _refusal(facts: Facts) -> list[Told]:
    """That nothing new can be stored, with what the other pages leave out: the reason and its fix."""
    refusal = facts.troubles.refusal
    if refusal is None:
        return []
    head = f"{cannot_store(refusal)}; {facts.troubles.as_of}."
    tried = f"Tried last at {refusal.tried:%H:%M} UTC; what is stored is safe."
    # The ingester's own words name the place; the head says what is wrong and since when.
    reason = f"{refusal.reason} " if may("admin") else ""
    return [Told(f"{head} {reason}{tried}", grave=True)]


def _last_run(facts: Facts) -> list[str]:
    """Why the last run brought nothing, and whether anybody is there for the next one."""
    paused = [told.text for told in facts.troubles.told(facts.now) if not told.grave]
    run, leader = facts.latest, facts.leader
    if facts.problem or paused:
        return paused
    silent = leader is not None and not leader.alive
    if run is not None and run.status in ("failed", "interrupted"):
        return [f"The last run {_ended(run.status)}; {_as_of(facts)}, and the next one tries again."]
    if run is not None and run.status == "running" and not _at_work(facts):
        return ["A run was interrupted, its process is gone; the next one goes on from what is stored."]
    if silent and facts.troubles.refusal is None:
        return [
            f"{writer(facts)} It was killed, hangs or cannot write; without it no new price comes: "
            "see its log, or start another with aftershock ingest run."
        ]
    return []


def lagging(group: Group) -> str:
    """Who is late and who was never stored, by name."""
    parts = []
    if group.late:
        parts.append("late: " + _named([(item, _sessions(count)) for item, count in group.late]))
    if group.missing:
        parts.append("no prices: " + ", ".join(item.name for item in group.missing))
    if group.gaps:
        shown = [f"{item.name} on {words.day(day)}" for item, day in group.gaps[:GAPS]]
        more = [f"{len(group.gaps) - GAPS} more"] if len(group.gaps) > GAPS else []
        parts.append(f"no bar: {words.join(shown + more)}")
    if group.freshness.repeats:
        parts.append(f"stands still: {_sessions(group.freshness.repeats)} with the prices of the one before")
    if group.holes:
        days = words.join([words.day(day) for day in group.holes])
        parts.append(f"no bar of any name: {days}, a hole of the source or a closure")
    if group.closures:
        days = words.join([words.day(day) for day in group.closures])
        parts.append(f"closed by its prices: {days}, no volume and no index")
    return "; ".join(parts) or "–"


def strip_summary(group: Group) -> str:
    """The strip in words, for whoever cannot see it."""
    if not group.known:
        return "No session with prices."
    gaps = [
        f"{words.day(day)} {share:.0%}"
        for day, share in zip(group.sessions.tolist(), group.shares.tolist(), strict=True)
        if share < 1
    ]
    short = f" Short of full: {', '.join(gaps[-12:])}." if gaps else ""
    return f"{group.full} of the last {words.count(group.known, 'session')} have a bar of every name.{short}"


def state_of(row: dict[str, object]) -> str:
    """One name of the coverage table in words: current, late, or why it has nothing."""
    code = row["failure"]
    failure = failure_words(code) if isinstance(code, str) else ""
    if not row["bars"]:
        return f"no prices: {failure}" if failure else "no prices yet"
    late = int(str(row["late"]))
    if late:
        return f"late by {_sessions(late)}" + (f": {failure}" if failure else "")
    current = "current, last bar provisional" if row["provisional"] else "current"
    return f"{current}; last try: {failure}" if failure else current


def refresh(facts: Facts) -> str:
    """When the next run comes and what it does."""
    return (
        f"A running dashboard looks every {words.wait(facts.tick)} and asks only for what is due: "
        f"a session is due {words.wait(GRACE)} after its close. "
        "What is late or failed is asked again before."
    )


def writer(facts: Facts) -> str:
    """Which process brings the prices, or that none does."""
    found = facts.leader
    if found is None:
        return "No ingester is at work; start one with aftershock ingest run."
    # The machine it runs on is for those who can go there.
    name = found.holder.removeprefix("aftershock ") if may("admin") else ""
    if not found.alive:
        silent = words.wait(timedelta(seconds=found.silent))
        return f"The ingester{name and f' {name}'} has not been heard of for {silent}."
    since = words.instant(found.since, weekday=False)
    return f"{name or 'An ingester'} writes, since {since}; take-over {found.epoch}."


def _at_work(facts: Facts) -> bool:
    """Whether a process that may write is alive."""
    return facts.leader is not None and facts.leader.alive


def _are(count: int) -> str:
    return "is" if count == 1 else "are"


def _number(number: int) -> str:
    return _NUMBERS[number] if number < len(_NUMBERS) else str(number)


def _named(items: list[tuple[Instrument, str]]) -> str:
    return ", ".join(f"{item.name} by {late}" for item, late in items)


def _sessions(count: int) -> str:
    return words.count(count, "session")


def _as_of(facts: Facts) -> str:
    return as_of(facts.coverage["seen_at"].max() if len(facts.coverage) else None)


def _ended(status: str) -> str:
    return "was interrupted" if status == "interrupted" else "got no answer at all"

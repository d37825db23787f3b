"""The sentences of the Data page: how fresh, how complete, and what stands in the way."""

from __future__ import annotations

from datetime import timedelta

from app import words
from app.pages.data.alarms import sentences
from app.pages.data.due import last_bars
from app.pages.data.exchanges import Group
from app.pages.data.facts import Facts
from models.reasons import failure_words
from models.sessions import GRACE
from models.universe import Instrument

_NUMBERS = ("none", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")


def headline(facts: Facts) -> str:
    """How fresh and how complete, in one sentence."""
    total = sum(len(group.names) for group in facts.groups)
    have = total - sum(len(group.missing) for group in facts.groups)
    count, current = len(facts.exchanges), sum(group.freshness.is_current for group in facts.exchanges)
    late = [group.title for group in facts.exchanges if group.freshness.state == "late"]
    of = f"of {_number(count)} exchanges"
    if current == count:
        first = f"All {_number(count)} exchanges are current"
    else:
        some = f"{_number(current).capitalize()} {of} {_are(current)}"
        first = f"{some if current else f'None {of} is'} current"
        if late:
            first += f", {words.join(late)} {_are(len(late))} late"
    kind = " simulated" if facts.simulated else ""
    return f"{first}; {have} of {total} names have{kind} prices"


def deck(facts: Facts) -> str:
    """The last session, bars stored, and what the checks found."""
    if facts.coverage.empty:
        return "What is stored of each name is not known while the database cannot be read."
    table = facts.coverage
    parts = [f"{int(table['bars'].sum()):,d} daily bars to {words.day(table['last'].max())}"]
    parts.append(f"{int(table['provisional'].sum()):,d} provisional")
    parts.append(f"{int(table['suspect'].sum()):,d} suspect and flagged")
    held = words.count(len(facts.held), "row")
    return f"{', '.join(parts)}; {held} held back by the checks."


def warnings(facts: Facts) -> list[str]:
    """What a reader must know before trusting the tables."""
    found = list(facts.notices)
    if facts.problem:
        found.append(f"{facts.problem} Prices in memory stand; runs and held rows are not shown.")
    if facts.simulated:
        found.append(
            "Coverage is of simulated prices, made up and kept in a store of their own; "
            "the runs below are the real source’s and say why it has none."
        )
    if facts.pause is not None:
        limits = facts.pause.reason == "rate_limit"
        what = "is limiting us" if limits else "fails for name after name"
        found.append(f"The source {what}; {_as_of(facts)}, next try from {facts.pause.until:%H:%M} UTC.")
    elif facts.latest is not None and facts.latest.status in ("failed", "interrupted"):
        found.append(
            f"The last run {_ended(facts.latest.status)}; {_as_of(facts)}, and the next one tries again."
        )
    elif facts.latest is not None and facts.latest.status == "running" and not _at_work(facts):
        found.append("A run was interrupted, its process is gone; the next one goes on from what is stored.")
    names = {item.symbol: item.name for item in facts.universe.instruments}
    last = {symbol: bars[1] for symbol, bars in last_bars(facts.view).items()}
    return found + sentences(names, last, facts.alarms)


def lagging(group: Group) -> str:
    """Who is late and who was never stored, by name."""
    parts = []
    if group.late:
        parts.append("late: " + _named([(item, _sessions(count)) for item, count in group.late]))
    if group.missing:
        parts.append("no prices: " + ", ".join(item.name for item in group.missing))
    if group.closures:
        days = words.join([words.day(day) for day in group.closures])
        parts.append(f"probably closed: {days}, when no name has a bar")
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
    name = found.holder.removeprefix("aftershock ")
    if not found.alive:
        return f"The ingester {name} has not been heard of for {words.wait(timedelta(seconds=found.silent))}."
    return f"{name} writes, since {words.instant(found.since, weekday=False)}; take-over {found.epoch}."


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
    last = facts.coverage["seen_at"].max() if len(facts.coverage) else None
    if last is None or words.missing(last):
        return "there are no prices yet"
    return f"prices as of {words.instant(last.to_pydatetime(), weekday=False)}"


def _ended(status: str) -> str:
    return "was interrupted" if status == "interrupted" else "got no answer at all"

"""Definitions: sessions, what is stored, how prices are checked, and how a source is asked."""

from __future__ import annotations

from app.market import words
from app.pages.method.entry import Chapter, Entry, constant, number, percent, sessions, wait
from models import intraday, limits
from models import sessions as calendars
from models.analytics import crosscheck, holes, ticks
from models.analytics.holes import (
    closed_sessions,
    idle,
    no_trade,
    repeated,
    repeating,
    still_runs,
)
from models.reasons import FAILURES, FLAGS, REASONS


def _daily_limits(found: dict[str, float]) -> str:
    return ", ".join(f"{mic} {percent(limit)}" for mic, limit in found.items())


def _range(found: tuple[float, float]) -> str:
    return f"{number(found[0])} to {number(found[1])} times"


def _between(found: tuple[float, float]) -> str:
    return f"{number(found[0])} to {number(found[1])}"


_SESSIONS = Entry(
    "sessions",
    "Sessions and instants",
    (
        "A session is the exchange’s own trading date. It carries no clock time and no zone. An instant is "
        "a moment in UTC. The two are never mixed: 23 June in Tokyo is over before New York’s begins.",
        "Hours, lunch breaks, holidays and half days come from exchange calendars with a file of corrections "
        "on top. A calendar is an expectation: an expected session of which no name of an exchange has a bar "
        "is a hole of the source or a closure, and counts as neither: its moves are withheld, and so are "
        "those that run over it. A line in the file of corrections makes it a closure.",
        "An exchange stands still when every name with a bar repeats its close exactly and none has "
        "volume, or when names times sessions of such repeats come to a number that is no chance. Those bars "
        "are no prices: the exchange is stale since the session before. When the index has no value of such "
        "a session while the names repeat with volume 0, and trading went on within a few sessions, the "
        "exchange was closed. One name alone without volume did not trade, and is said.",
        "An as-of instant shows what had closed by then. A date as as-of is its evening: "
        "every session of that date has closed and none of the next is open; what opens next is told by its "
        "hour, for nobody chose the minute from which a wait would be counted.",
    ),
    parameters=(
        constant("First session kept", calendars, "FIRST_SESSION", words.day),
        constant("Repeats that are no chance, names × sessions", holes, "STILL_CELLS", number),
        constant("Names, or names and indices, at least", holes, "STILL_NAMES", number),
        constant("Sessions in a row that are a closure, at most", holes, "CLOSED_RUN", sessions),
    ),
    functions=(repeating, idle, still_runs, closed_sessions, no_trade, repeated),
    cannot="Know of a closure that is announced today; the day is late until a later session arrives.",
)
_FINAL = Entry(
    "final",
    "Final and provisional",
    (
        "A bar is final when its session has closed and the grace has passed. Before that it is provisional: "
        "shown hollow, overwritten by the next answer, and never counted as a revision.",
        "A final bar is never overwritten by a provisional one. When the source changes a final bar, the "
        "former value is kept beside the new one with the instants of both.",
    ),
    ("final  ⇔  close of the session + grace ≤ now",),
    (
        constant("Grace after the close", calendars, "GRACE", wait),
        constant("Read again with every answer", limits, "OVERLAP", sessions),
    ),
    cannot="See a revision older than the sessions it reads again, unless the whole history is read anew.",
)
_MINUTES = Entry(
    "minutes",
    "Bars of five minutes",
    (
        "A few names have bars of five minutes too, by the instant each begins. They are asked for after the "
        "daily bars, every quarter of an hour while the exchange is open and once more after its close; the "
        "source has them for 60 days, and what is stored is kept. A bar that is not over is left out.",
        "They must lead to the stored closes of their days, on the same basis, and say again what is stored "
        "of the same minutes; an answer that does not is refused whole, and said. A bar without open, high, "
        "low or close, outside the sessions or beyond the range of its day is left out and counted.",
        "A line of the Travelled view is the change from the name’s last price by the chosen instant, or "
        "without one from its first open after it. It breaks while the exchange is shut. Minutes before a "
        "close that no bar covers are the closing auction, Seoul’s last ten: the daily close stands there.",
    ),
    ("change[t] = close of the last bar that is over by t / base − 1",),
    (constant("Length of a bar", intraday, "STEP", wait),),
    cannot="Be defended as daily bars are: no revision of them is kept, and those of a session that is not "
    "over are only held against the minutes and the close before them.",
)
_CHECKS = Entry(
    "checks",
    "Data checks",
    (
        "Every row of an answer is judged by itself, by its calendar, and, where the price level breaks, by "
        "everything around the step. A row that fails is held: left out of every figure and kept as "
        "received, with one of the codes here, until it is released. Nothing is mended or dropped.",
        "Size alone is never a reason. A fall that fits a split ratio is held only when nothing but a split "
        "explains it: not the index, not the days around it, not a corporate action in the answer.",
        "An answer is judged as a whole before any row of it. A wrong symbol, currency or time zone, dates "
        "that stand a day off and rows that are not those of days refuse it. So does a history that does "
        "not agree with what is stored: at least 70% of the final closes that both hold must say the same, "
        "or differ by the one constant ratio of a reported split or dividend. What is stored stays then, "
        "and the Data page says why. A split counts at any ratio; one that cannot be (3:0) is left out.",
        "An action that an answer of the whole history reports no more is withdrawn, and said; "
        "prices re-based for it must come back at its ratio, or the answer is refused.",
        "Where an exchange limits what a price may do in a session, a row beyond that is held.",
    ),
    parameters=(
        constant("Close may leave its bar by", limits, "CLOSE_ROUNDING", percent),
        constant("The same, currencies", limits, "CLOSE_ROUNDING_FX", percent),
        constant("A field in another unit", limits, "FIELD_UNIT", _range),
        constant("Log distance from a split ratio", limits, "SPLIT_TOLERANCE", number),
        constant("Daily price limits", limits, "DAILY_LIMITS", _daily_limits),
        constant("What rounding may add to them", limits, "LIMIT_SLACK", percent),
        constant("New shares for an old one", limits, "SPLIT_RANGE", _between),
        constant("A price", limits, "PRICE_RANGE", _between),
        constant("A volume, at most", limits, "VOLUME_MOST", number),
    ),
    cannot="Find an error that looks like a market: a wrong close of a plausible size with a plausible bar.",
    table=tuple(REASONS.items()),
)
_SUSPECT = Entry(
    "suspect",
    "Suspect bars",
    ("Some bars pass and still deserve doubt. They are stored, used, flagged and counted on the Data page.",),
    parameters=(constant("The index moved, log return", limits, "INDEX_MOVED", percent),),
    cannot="Say which price is right; a second source would have to.",
    table=tuple((said.short, said.meaning) for said in FLAGS.values()),
)
_ASKING = Entry(
    "asking",
    "How the source is asked",
    (
        "What is asked follows from what is stored: a session that has closed and is not stored as final is "
        "missing. It is asked for again until the exchange has opened once more; a gap that stands after "
        "that is left alone but for a second look once a week, when the last quarter is read again.",
        "A split, or a history that came back on another basis, reads the whole history of that name at "
        "once, so that old and new prices never stand on two bases.",
        "A source that says it is asked too often, or that fails for name after name, is left alone as a "
        "whole; then one name is asked, and only its answer opens the way for the others.",
        "No price is taken while the source’s clock and this machine’s are apart. A name that the source has "
        "not known on several days, while it knows others of the same exchange, may be renamed or delisted: "
        "the Data page says so, and a person decides.",
    ),
    parameters=(
        constant("Left alone when it limits us, at least", limits, "RATE_LIMITED", wait),
        constant("A bar may come after the next open by", limits, "LATE_OPEN", wait),
        constant("Grace after the close", calendars, "GRACE", wait),
        constant("Names in a row that fail", limits, "BROKEN"),
        constant("Clocks apart, at most", limits, "CLOCK_SKEW", wait),
        constant("Days not known", limits, "NOT_FOUND_DAYS"),
        constant("A stored close moved far", limits, "REVISED_FAR", percent),
        constant("A calendar ends soon", limits, "CALENDAR_AHEAD", wait),
        constant("A disk is nearly full below", limits, "LOW_DISK_SHARE", percent),
        constant("or below", limits, "LOW_DISK_BYTES", lambda room: f"{room / 1e9:.2f} GB"),
    ),
    cannot="Tell a renamed company from a delisted one; it says since when there is no data.",
    table=tuple(FAILURES.items()),
)

_CROSSCHECK = Entry(
    "crosscheck",
    "Cross-check",
    (
        "A folder of the exchange’s own closes is compared session by session: what counts is the ratio of "
        "the two closes beside the median ratio of the sessions around, so that another basis is no matter. "
        "On one basis half a step of the exchange’s prices is a difference.",
        "An index or a listing elsewhere makes a close implausible. A wrong close leaves two residuals, on "
        "its day and on the next, of opposite sign; a repeated close is suspect when they stand far apart, a "
        "moved one when both are large and cancel, or when the session and the gap to the next opening are "
        "off in opposite ways: that gap varies half as much as a day. Neither changes a price.",
        "Beside them stand the closes that repeat the one before without volume, or with it while the index "
        "moved: their own marks say so, and nobody says another close.",
        "An exchange may prefer a source: what a folder gave of its sessions is then kept against all "
        "others.",
    ),
    ("z = (move − fitted move) / (1.4826 · median |residual|)",),
    (
        constant("Two sources on one basis, their level from 1 at most", crosscheck, "SAME_BASIS", number),
        constant("On another they agree within", crosscheck, "TOLERANCE", percent),
        constant("Their level, sessions around", crosscheck, "LEVEL"),
        constant("Fitted on the days before", crosscheck, "FITTED"),
        constant("At least", crosscheck, "FEWEST"),
        constant("A repeated close, spreads apart", crosscheck, "REPEATED", number),
        constant("Out of step, spreads each day", crosscheck, "OUT_OF_STEP", number),
        constant("The two days together, spreads", crosscheck, "LEFT_OVER", number),
        constant("The next opening off, spreads", crosscheck, "GAP_OFF", number),
        constant("And the session before it, the other way", crosscheck, "SESSION_OFF", number),
    ),
    cannot="Find a small error by an index: among real Korean closes it finds three of four that are 5% off, "
    "a third of those 3% off and a twelfth of those 2% off, a sixth of repeated ones (a quarter with a fund "
    "beside it). A second source of the same closes finds every one.",
    functions=(
        crosscheck.compare_closes,
        crosscheck.implausible_closes,
        crosscheck.implausible_gaps,
        crosscheck.marked_closes,
        crosscheck.least_seen,
        ticks.tick_size,
    ),
)

CHAPTER = Chapter("Prices", (_SESSIONS, _FINAL, _MINUTES, _CHECKS, _SUSPECT, _ASKING, _CROSSCHECK))

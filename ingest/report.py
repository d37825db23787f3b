"""What a run of the reconciler tells: symbol by symbol while it works, and as a whole at its end."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Literal

from models.types import Instant

SymbolOutcome = Literal["stored", "unchanged", "late", "limited", "failed", "refused"]
Status = Literal["done", "partial", "failed"]


@dataclass(frozen=True, slots=True)
class Progress:
    """One symbol done: what became of it, and how far the run is."""

    symbol: str
    outcome: SymbolOutcome
    done: int
    total: int
    detail: str = ""


def note_of(reason: str | None, *, late: bool, notes: Sequence[str] = ()) -> str | None:
    """What a symbol's line of the run says: that it is late, why it was read again, what was left out."""
    return ", ".join(filter(None, ("late" if late else None, reason, " ".join(notes)))) or None


@dataclass(slots=True)
class RunReport:
    """What a run did.

    Attributes
    ----------
    run_id
        None when nothing was missing, so that nothing was asked and no run opened.
    status
        ``done``, ``partial`` when some symbols failed or were not reached, ``failed``
        when none was answered. A symbol that the source is known not to have counts as done.
    total, answered, late
        Symbols to ask, those that were answered, and those whose last session is not
        there yet.
    failures
        Kind and sentence by symbol.
    unknown
        Those of the failures that are no news: the source said before that it does not have
        the symbol. They alone make no run partial.
    waiting
        Symbols that lack something and were not asked, their next try not being due.
    rebased
        Symbols whose whole history was read again, and why.
    notes
        What was left out of an answer beside rows, in sentences, by symbol.
    barred
        Symbols of whose answer every row is held.
    unreachable
        Nothing answered at all; the run stopped early.
    limited_until, limited_for
        When the source may be asked again, and why it is left alone: ``rate_limit`` when it asked for
        it, ``transient`` when it failed for name after name.
    skewed
        By how much its clock and ours are apart, when that is too much to take a price.
    ignored, meant
        Names in an imported folder that the universe does not hold, and the symbols that some may mean.
    unread, below, notes
        Files of an imported folder that hold no prices, with why; folders in it, which are not entered;
        and what of its files was passed over, in sentences.
    """

    run_id: int | None = None
    status: Status = "done"
    total: int = 0
    answered: int = 0
    late: list[str] = field(default_factory=list)
    failures: dict[str, tuple[str, str]] = field(default_factory=dict)
    unknown: list[str] = field(default_factory=list)
    waiting: tuple[str, ...] = ()
    rebased: dict[str, str] = field(default_factory=dict)
    notes: dict[str, tuple[str, ...]] = field(default_factory=dict)
    inserted: int = 0
    revised: int = 0
    held: int = 0
    barred: list[str] = field(default_factory=list)
    unreachable: bool = False
    limited_until: Instant | None = None
    limited_for: str = "rate_limit"
    skewed: timedelta | None = None
    ignored: tuple[str, ...] = ()
    meant: dict[str, tuple[str, ...]] = field(default_factory=dict)
    unread: tuple[str, ...] = ()
    below: tuple[str, ...] = ()
    remarks: tuple[str, ...] = ()

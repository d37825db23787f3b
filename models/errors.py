"""Failures with a name, the values that caused them, and one sentence that names the fix."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from models.events import Event


class AftershockError(Exception):
    """Base of every failure a user can meet; its text is one sentence that names the fix."""

    @property
    def public(self) -> str:
        """What a reader on the network is told: the same, or less where it names a place of the server."""
        return str(self)


class UniverseError(AftershockError, ValueError):
    """The universe file cannot be used.

    Attributes
    ----------
    path
        The file that was read.
    problem
        What is wrong in it, with the line or the entry.
    """

    def __init__(self, path: Path | str, problem: str) -> None:
        self.path = Path(path)
        self.problem = problem
        super().__init__(f"Cannot use the universe file {self.path}: {problem}")


class UnknownSymbolError(AftershockError, LookupError):
    """A symbol that the universe does not hold.

    Attributes
    ----------
    symbol
        What was written.
    near
        Symbols that may be meant.
    """

    def __init__(self, symbol: str, near: tuple[str, ...] = ()) -> None:
        self.symbol = symbol
        self.near = near
        remedy = f"did you mean {' or '.join(near)}?" if near else "add a line for it to the universe file."
        super().__init__(f"{symbol} is not in the universe; {remedy}")


class BadDateError(AftershockError, ValueError):
    """A date or instant that does not exist, is not written as one, or may be two.

    Attributes
    ----------
    text
        What was written.
    why
        What is wrong with it, where more than its form is.
    """

    def __init__(self, text: str, why: str = "") -> None:
        self.text = text
        self.why = why
        cause = f": {why}" if why else ""
        super().__init__(
            f"{text[:60]!r} is no date; write it as 2026-06-23, or 2026-06-23T07:00Z for an instant{cause}."
        )


class UnknownBasketError(AftershockError, LookupError):
    """A basket that is neither a region nor a layer."""

    def __init__(self, basket: str, known: tuple[str, ...]) -> None:
        self.basket = basket
        self.known = known
        super().__init__(f"There is no basket {basket!r}; choose one of {', '.join(known)}.")


class CalendarError(AftershockError, ValueError):
    """A calendar, or the file of calendar overrides, cannot be used."""


class StoreError(AftershockError):
    """The store cannot be opened, read or written.

    Attributes
    ----------
    whole
        What the log is told where readers are told less; empty where the text is all there is.
    """

    whole = ""


class NotCopiedError(StoreError):
    """A database could not be copied before its migration, which was not begun."""

    def __init__(self, why: StoreError) -> None:
        super().__init__(
            f"{why} Nothing was migrated, for there is no copy; with one of your own, "
            "run aftershock migrate --no-copy."
        )


class SchemaNewerError(StoreError):
    """The database was written by a newer Aftershock; it is left untouched."""

    def __init__(self, found: str, known: str) -> None:
        self.found = found
        self.known = known
        super().__init__(
            f"The database is at schema {found} and this build knows up to {known}; "
            "it was left untouched: install a newer Aftershock or name another database."
        )


class SchemaOlderError(StoreError):
    """The database needs a migration before this code may use it."""

    def __init__(self, found: str | None, known: str) -> None:
        self.found = found
        self.known = known
        super().__init__(
            f"The database is at schema {found or 'none'} and this build needs {known}; "
            "run `aftershock migrate`."
        )


class NoPricesError(AftershockError, LookupError):
    """The store holds no price that the question needs."""


class SourceError(AftershockError):
    """A price source cannot be used at all (a missing folder, a malformed address)."""


class StoreBusyError(StoreError):
    """Another process kept the store locked for longer than a writer waits; try again."""


class PlaceTakenError(StoreBusyError):
    """Another process is writing and does not end its run in time; the database itself is well."""

    def __init__(self, holder: str, where: str) -> None:
        self.holder = holder
        super().__init__(f"{holder} is writing to {where} and does not end; wait for it, or stop it.")


class FencedError(StoreError):
    """Another ingester has taken over; what this one still wants to write is refused."""

    def __init__(self) -> None:
        super().__init__("Another process has taken over the ingest; this one stops writing.")


class StoreFullError(StoreError):
    """The disk under the store is full; what was stored before is intact."""


class StoreUnreachableError(StoreError):
    """The database server does not answer; the last good answers may still be shown."""


class TooFewObservationsError(AftershockError, ValueError):
    """A measure has fewer observations than it needs.

    Attributes
    ----------
    what
        The measure, with the name or the period it is about.
    found, needed
        Observations.
    """

    def __init__(self, what: str, found: int, needed: int, remedy: str) -> None:
        self.what = what
        self.found = found
        self.needed = needed
        super().__init__(f"{what} needs {needed:,} observations and there are {found:,}; {remedy}.")


class FlatSeriesError(AftershockError, ValueError):
    """Series that did not move in the period, so that nothing varies with them."""

    def __init__(self, names: tuple[str, ...]) -> None:
        self.names = names
        super().__init__(
            f"{', '.join(names)} did not move in this period; leave it out or choose another period."
        )


class SingularCovarianceError(AftershockError, ValueError):
    """Series of which one is, in this sample, a combination of the others.

    Attributes
    ----------
    what
        The measure.
    names
        The series that move as one.
    """

    def __init__(self, what: str, names: tuple[str, ...]) -> None:
        self.what = what
        self.names = names
        super().__init__(
            f"{what} cannot tell {', '.join(names)} apart: one is a combination of the others; "
            "leave one of them out."
        )


class TooFewNamesError(AftershockError, ValueError):
    """Fewer names are left than a measure between names needs: two, unless it says more.

    Attributes
    ----------
    what
        The measure.
    left
        The names that can be used.
    out
        A name and why it was left out, each.
    """

    def __init__(
        self, what: str, left: tuple[str, ...], out: tuple[tuple[str, str], ...], needed: str = "two"
    ) -> None:
        self.what = what
        self.left = left
        self.out = out
        why = "; ".join(f"{name} {reason}" for name, reason in out)
        super().__init__(
            f"{what} needs {needed} names and has {len(left)}{f' ({why})' if why else ''}; "
            "choose a later start or other names."
        )


class MeasureSettingError(AftershockError, ValueError):
    """A measure was asked for with a setting that it cannot have.

    Attributes
    ----------
    setting, value
        What was given.
    allowed
        What may be given, as words.
    """

    def __init__(self, setting: str, value: object, allowed: str) -> None:
        self.setting = setting
        self.value = value
        self.allowed = allowed
        super().__init__(f"{setting} cannot be {value}; choose {allowed}.")


class OneSidedError(AftershockError, ValueError):
    """A measure between Asia and New York was asked of a basket that has names on one side alone.

    Attributes
    ----------
    what
        The measure.
    basket, place
        The basket, and where it has no name.
    """

    def __init__(self, what: str, basket: str, place: str) -> None:
        self.what = what
        self.basket = basket
        self.place = place
        super().__init__(
            f"{what} needs names on both sides; {basket} has none in {place}: choose another basket."
        )


class EventRefusedError(AftershockError, ValueError):
    """An event cannot be kept as it was written.

    Attributes
    ----------
    problems
        Field and sentence, one pair a problem; the first field named is ``title``, ``at``,
        ``symbols``, ``claims`` and so on.
    """

    def __init__(self, problems: tuple[tuple[str, str], ...]) -> None:
        self.problems = problems
        super().__init__(" ".join(sentence for _, sentence in problems))


class UnknownEventError(AftershockError, LookupError):
    """There is no event of this id."""

    def __init__(self, event_id: str) -> None:
        self.event_id = event_id
        super().__init__(f"There is no event {event_id}; `aftershock events` lists them.")


class EventConflictError(AftershockError):
    """Someone else changed the event meanwhile; nothing was stored, and neither version is lost.

    Attributes
    ----------
    expected
        The version that the change was made on.
    mine, theirs
        The event as it was to be stored (None for a retirement) and as it is stored now.
    """

    def __init__(self, expected: int, mine: Event | None, theirs: Event) -> None:
        self.expected = expected
        self.mine = mine
        self.theirs = theirs
        who = f" by {theirs.edited_by}" if theirs.edited_by else ""
        super().__init__(
            f"{theirs.id} was changed{who} meanwhile: it is at version {theirs.version} and this change was "
            f"made on version {expected}; look at it again and repeat the change."
        )


class CatalogueError(AftershockError, ValueError):
    """A file of the catalogue cannot be used: a mistake of this build, not of its user."""

    def __init__(self, path: Path, problem: str) -> None:
        self.path = path
        self.problem = problem
        super().__init__(f"The catalogue {path.name} cannot be used: {problem}")


class PresentationGoneError(AftershockError, LookupError):
    """The prices that a presentation stood on are held no more."""

    def __init__(self) -> None:
        super().__init__("The frozen prices of this presentation are gone; press R to take the newest.")


class BadMeetingError(AftershockError, ValueError):
    """The time or the zone of the meeting does not exist; the sentence says how to write it."""

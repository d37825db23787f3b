"""What keeps new prices from coming, in the sentences that every page and the command line say."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from app.market import words
from models.store.pausing import Pause
from models.store.refusals import Refusal
from models.types import Instant

_WHY = {
    "full": "the disk is full or refuses writes",
    "busy": "another program keeps the database locked",
    "away": "the ingester does not reach the database",
}
_LEFT_ALONE = {"rate_limit": "is limiting us"}
_FAILING = "fails for name after name"


@dataclass(frozen=True, slots=True)
class Told:
    """A sentence for the reader; a grave one is of something that somebody here must mend."""

    text: str
    grave: bool = False


@dataclass(frozen=True, slots=True)
class Troubles:
    """As read beside the prices: a source that is left alone, a database that takes no new price.

    ``seen_at`` is when the source last answered for any name, None before the first answer.
    """

    pause: Pause | None = None
    refusal: Refusal | None = None
    seen_at: datetime | None = None

    def told(self, now: Instant) -> list[Told]:
        """One sentence for each that stands at an instant, the gravest first."""
        found = []
        if self.refusal is not None:
            found.append(Told(f"{refused(self.refusal)}; {self.as_of}.", grave=True))
        if self.pause is not None and self.pause.until > now:
            until = f"{self.pause.until:%H:%M} UTC"
            found.append(Told(f"The source {left_alone(self.pause)}; {self.as_of}, next try from {until}."))
        return found

    @property
    def as_of(self) -> str:
        """Of when the stored prices are, while anything keeps new ones from coming."""
        return as_of(self.seen_at)


def as_of(seen_at: datetime | None) -> str:
    """Of when the stored prices are."""
    if seen_at is None or words.missing(seen_at):
        return "there are no prices yet"
    return f"prices as of {words.instant(seen_at, weekday=False)}"


def left_alone(pause: Pause) -> str:
    """Why a source is left alone."""
    return _LEFT_ALONE.get(pause.reason, _FAILING)


def refused(refusal: Refusal) -> str:
    """That nothing new is stored, why, and since when."""
    return f"{cannot_store(refusal)}: {_WHY.get(refusal.kind, 'the database refuses it')}"


def cannot_store(refusal: Refusal) -> str:
    """That nothing new is stored, and since when."""
    return f"Cannot store new data since {words.instant(refusal.since, weekday=False)}"

"""Fields as people and files give them: read one by one, each refusal a sentence that names the field."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from models.dates import read_day
from models.errors import BadDateError
from models.texts import clean
from models.types import Instant

LIMITS = {
    **{"title": 120, "what": 4_000, "by": 60, "id": 80, "zone": 60},
    **{"entity": 80, "text": 200, "unit": 20, "source": 200, "note": 500, "period": 60},
}
"""The longest each text may be, in characters."""
SHORT = 40
"""The longest any other may be."""
IGNORED = ("origin", "edited_by", "edited_at", "day")
"""What an export holds beside them, and an import passes over."""


@dataclass(slots=True)
class Reader:
    """Reads fields and collects what is wrong with them, as pairs of field and sentence.

    ``named`` stands before each sentence: ``Claim 2 (KOSPI)``; ``now`` is what ``yesterday`` and a day
    without a year are counted from.
    """

    raw: Mapping[str, Any]
    named: str = ""
    problems: list[tuple[str, str]] = field(default_factory=list)
    now: Instant | None = None

    def refuse(self, name: str, sentence: str) -> None:
        """Note that a field cannot be used."""
        self.problems.append((name, sentence))

    def text(self, name: str, *, needed: str = "", lines: bool = False) -> str:
        """A text without hidden characters, no longer than its limit."""
        found = self.raw.get(name)
        given = "" if found is None else found if isinstance(found, str) else str(found)
        limit = LIMITS.get(name, SHORT)
        short = given if len(given) <= 10 * limit else ""
        cleaned = clean(short, lines=lines)
        length = len(cleaned) if short or not given else len(given)
        if length > limit:
            self.refuse(
                name, f"{self.the(name)} is too long ({length:,} of {limit:,} characters); shorten it."
            )
            return ""
        if needed and not cleaned:
            self.refuse(name, f"{self.the(name)} is missing; {needed}.")
        return cleaned

    def choice(self, name: str, allowed: Sequence[str], default: str | None = None) -> str:
        """One of the allowed words, in small letters."""
        found = self.text(name, needed="" if default else f"write one of {', '.join(allowed)}")
        found = found.lower() or default or ""
        if found and found not in allowed:
            self.refuse(
                name, f"{self.the(name)} cannot be {shown(found)}; write one of {', '.join(allowed)}."
            )
        return found

    def number(self, name: str) -> float | None:
        """A number, None where there is none."""
        found = self.raw.get(name)
        if found is None or found == "":
            return None
        try:
            value = float(str(found).replace("−", "-").replace(",", "").strip())
        except ValueError:
            value = math.nan
        if not math.isfinite(value) or isinstance(found, bool):
            self.refuse(name, f"{self.the(name)} cannot be {shown(found)}; write a number such as -5.81.")
            return None
        return value

    def whole(self, name: str, allowed: Mapping[int, str] | None = None, default: int | None = None) -> int:
        """A whole number, one of the allowed where that is given."""
        found = self.raw.get(name)
        if (found is None or found == "") and default is not None:
            return default
        text = str(found).strip() if not isinstance(found, bool) else ""
        value = int(text) if re.fullmatch(r"[0-9]{1,9}", text) else None
        if value is None or (allowed is not None and value not in allowed):
            range_ = f"one of {', '.join(map(str, allowed))}" if allowed else "a whole number"
            self.refuse(name, f"{self.the(name)} cannot be {shown(found)}; write {range_}.")
            return default or 0
        return value

    def day(self, name: str) -> date | None:
        """A date, None where there is none."""
        found = self.raw.get(name)
        if found is None or found == "":
            return None
        if isinstance(found, date) and not isinstance(found, datetime):
            return found
        try:
            return read_day(str(found), self.now)
        except BadDateError as error:
            why = f" ({error.why})" if error.why else ""
            self.refuse(
                name, f"{self.the(name)} cannot be {shown(found)}{why}; write a date such as 2026-06-23."
            )
            return None

    def flag(self, name: str) -> bool:
        """Yes or no."""
        found = str(self.raw.get(name) or "").strip().lower()
        if found not in ("", "false", "0", "no", "true", "1", "yes"):
            self.refuse(name, f"{self.the(name)} cannot be {shown(found)}; write true or false.")
        return found in ("true", "1", "yes")

    def words(self, name: str, most: int) -> tuple[str, ...]:
        """A list, or a text with its parts between semicolons."""
        found = self.raw.get(name) or ()
        if isinstance(found, str):
            found = found[: 100 * most].split(";")
        if not isinstance(found, Sequence):
            self.refuse(name, f"{self.the(name)} cannot be {shown(found)}; write a list.")
            return ()
        parts = dict.fromkeys(part for item in found if (part := clean(str(item)[:200])))
        if len(parts) > most:
            self.refuse(
                name, f"{self.the(name)} are too many ({len(parts):,} of {most}); name the main ones."
            )
        return tuple(parts)

    def check_keys(self, allowed: Sequence[str]) -> None:
        """Refuse every field that is not known."""
        for name in self.raw:
            if name not in allowed:
                known = ", ".join(item for item in allowed if item not in IGNORED)
                self.refuse(str(name), f"There is no field {shown(name)}; known are {known}.")

    def the(self, name: str) -> str:
        """The field as a sentence names it."""
        spoken = {"at": "date", "what": "text of what happened", "source_url": "link", "by": "name of who"}
        word = spoken.get(name, name.replace("_", " "))
        return f"{self.named}: the {word}" if self.named else f"The {word}"


def shown(value: object, longest: int = 40) -> str:
    """Return what was given, cleaned and cut, for a sentence about it."""
    text = clean(str(value)[: 10 * longest])
    return f"{text[:longest]}…" if len(text) > longest else text or "empty"

"""One answer as rows with their notes, and the two forms in which other programs read it."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from app.plain import csv_text, json_text


@dataclass(frozen=True, slots=True)
class Note:
    """Why values are missing, or what to know of them; without a symbol it is about all rows."""

    symbol: str | None
    fields: tuple[str, ...]
    reason: str


@dataclass(frozen=True, slots=True)
class Sheet:
    """One answer: rows of plain values (None where missing) with what they were asked of."""

    as_of: date | datetime
    data_version: int
    simulated: bool
    params: dict[str, Any]
    columns: tuple[str, ...]
    rows: list[dict[str, Any]]
    notes: list[Note] = field(default_factory=list)
    basket: dict[str, Any] | None = None
    """The basket's own line beside those of its names, where an answer has one."""
    facts: dict[str, Any] = field(default_factory=dict)
    """What the answer says beside its rows, by the name it has in JSON: ``starter``, ``links``."""
    sentence: str = ""
    """The answer in one sentence, as the page says it."""

    def json(self) -> str:
        """The answer as one JSON object: fractions, ISO dates, null where missing."""
        parts = ["as_of", "data_version", "simulated", "params", "rows"]
        parts += ["basket"] if self.basket is not None else []
        told = {"sentence": self.sentence} if self.sentence else {}
        found = {name: getattr(self, name) for name in parts} | self.facts | told
        return json_text(found | {"notes": self.notes})

    def csv(self) -> str:
        """The rows as CSV."""
        return csv_text(self.columns, self.rows)

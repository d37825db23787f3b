"""Events as files: written as CSV or JSON, and read back line by line, what is broken told with its line.

A row that cannot be read costs that row alone. What a spreadsheet would take for a formula carries an
apostrophe in the CSV, which reading takes off again.
"""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import PurePath
from typing import Any, Literal

from app.market.plain import BYTE_ORDER_MARK, FORMULA, csv_file, json_text
from models.errors import AftershockError
from models.events import Event, plain_event
from models.noting import FIELDS

Form = Literal["csv", "json"]
COLUMNS = (*FIELDS, "origin", "edited_by", "edited_at")
LONGEST = 5_000_000
"""The longest file, in characters."""
MOST = 10_000
"""The most rows of one file."""
_LISTS = ("layers", "symbols")
_GAP = re.compile(r"[\s,]*")


class EventFileError(AftershockError, ValueError):
    """A file of events cannot be read at all."""


@dataclass(frozen=True, slots=True)
class Row:
    """What one row holds, and the line it begins on."""

    line: int
    raw: Mapping[str, Any]


@dataclass(slots=True)
class Rows:
    """The rows of a file, and a sentence with its line for each that cannot be read."""

    found: list[Row] = field(default_factory=list)
    refused: list[tuple[int, str]] = field(default_factory=list)

    def refuse(self, line: int, sentence: str) -> None:
        """Note that a row cannot be read."""
        self.refused.append((line, sentence))


def form_of(name: str) -> Form:
    """CSV or JSON, by the end of a file's name.

    Raises
    ------
    EventFileError
        If it is neither.
    """
    end = PurePath(name[-200:]).suffix.lower()
    if end == ".csv":
        return "csv"
    if end == ".json":
        return "json"
    raise EventFileError(f"{name[-80:]!r} is neither .csv nor .json; name the file so.")


def written(events: Iterable[Event], form: Form) -> str:
    """Events as a file that :func:`read_rows` takes back."""
    rows = [_plain(event) for event in events]
    if form == "json":
        return json_text({"events": rows}) + "\n"
    return csv_file(COLUMNS, rows, _cell)


def read_rows(text: str, form: Form) -> Rows:
    """Read the rows of a file; nothing is checked yet but that they can be read.

    Raises
    ------
    EventFileError
        If it is too long, empty or of another form.
    """
    if len(text) > LONGEST:
        raise EventFileError(
            f"The file is too long ({len(text):,} of {LONGEST:,} characters); import it in parts."
        )
    text = text.removeprefix(BYTE_ORDER_MARK)
    found = _csv_rows(text) if form == "csv" else _json_rows(text)
    if len(found.found) > MOST:
        raise EventFileError(
            f"The file holds too many events ({len(found.found):,} of {MOST:,}); import it in parts."
        )
    return found


def _plain(event: Event) -> dict[str, Any]:
    row = plain_event(event)
    # A figure without a day would get the event's on its way back, were its date not told as empty.
    row["claims"] = [claim | {"date": claim["date"] or ""} for claim in row["claims"]]
    return {name: row[name] for name in COLUMNS}


def _cell(name: str, value: Any) -> str:
    if name in _LISTS:
        value = "; ".join(value)
    elif name == "claims":
        value = json.dumps(value, ensure_ascii=False) if value else ""
    text = "" if value is None else str(value).lower() if isinstance(value, bool) else str(value)
    return f"'{text}" if text.lstrip("'").startswith(FORMULA) else text


def _uncell(text: str) -> str:
    return text[1:] if text.startswith("'") and text.lstrip("'").startswith(FORMULA) else text


def _csv_rows(text: str) -> Rows:
    """Rows of a CSV file; after a broken one, reading goes on at the next line."""
    lines = list(io.StringIO(text, newline=""))
    head, start = _head(lines)
    rows = Rows()
    while start < len(lines) and len(rows.refused) < MOST:
        start = _some_rows(lines, start, head, rows)
    return rows


def _head(lines: list[str]) -> tuple[list[str], int]:
    start = next((at for at, line in enumerate(lines) if line.strip()), len(lines))
    reader = csv.reader(iter(lines[start : start + 1]))
    head = [name.strip().lower() for name in next(reader, [])]
    if not head:
        raise EventFileError("The file is empty; its first line names the columns: at, title and so on.")
    if "at" not in head or "title" not in head:
        raise EventFileError("The first line names no columns at and title; an export shows how it looks.")
    return head, start + 1


def _some_rows(lines: list[str], start: int, head: list[str], rows: Rows) -> int:
    """Read rows up to a broken one, and return the line to go on from."""
    reader = csv.reader((lines[at] for at in range(start, len(lines))), strict=True)
    first = start
    while True:
        try:
            cells = next(reader)
        except StopIteration:
            return len(lines)
        except csv.Error as error:
            rows.refuse(first + 1, f"This is no row of CSV ({error}); put texts with commas in quotes.")
            return first + 1
        last, line, first = first, first + 1, start + reader.line_num
        if not any(cell.strip() for cell in cells):
            continue
        if len(cells) != len(head):
            sentence = (
                f"It has {len(cells):,} fields and the head {len(head)}; put texts with commas in quotes."
            )
            rows.refuse(line, sentence)
            if first > last + 1:
                return last + 1  # a quote that was left open took good lines with it
            continue
        raw = {name: _uncell(cell) for name, cell in zip(head, cells, strict=True) if cell}
        rows.found.append(Row(line, raw))


def _json_rows(text: str) -> Rows:
    """Entries of a JSON list, or of the list under ``events``, each with the line it begins on."""
    decoder, rows = json.JSONDecoder(), Rows()
    opened = re.match(r'\s*(?:\{\s*"events"\s*:\s*)?\[', text)
    if not opened:
        raise EventFileError("The file is no JSON list of events; an export shows how it looks.")
    at = opened.end()
    while True:
        at = _GAP.match(text, at).end()  # type: ignore[union-attr]
        if at >= len(text) or text[at] == "]":
            return rows
        line = text.count("\n", 0, at) + 1
        try:
            found, at = decoder.raw_decode(text, at)
        except (ValueError, RecursionError) as error:
            told = error.msg if isinstance(error, json.JSONDecodeError) else "too deep or too long"
            rows.refuse(line, f"This is no JSON from here on ({told}); what follows was not read.")
            return rows
        if isinstance(found, dict):
            rows.found.append(Row(line, {name: value for name, value in found.items() if value is not None}))
        else:
            rows.refuse(line, "This is no event; each is an object with at, title and so on.")

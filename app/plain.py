"""Rows as text for other programs: CSV and JSON."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import orjson

FORMULA = ("=", "+", "-", "@", "\t", "\r", "|", "＝", "＋", "－", "＠")


def csv_text(columns: Sequence[str], rows: Iterable[Mapping[str, Any]]) -> str:
    """Rows as CSV (RFC 4180): numbers stay numbers, a missing value is empty, ISO dates.

    Text that a spreadsheet would take for a formula gets an apostrophe before it.
    """
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow([safe(name) for name in columns])
    writer.writerows([[_cell(row[name]) for name in columns] for row in rows])
    return out.getvalue()


def json_text(value: Any) -> str:
    """A value as indented JSON: ISO dates, UTC instants with Z, null for None and NaN."""
    return orjson.dumps(value, option=orjson.OPT_INDENT_2 | orjson.OPT_UTC_Z).decode()


def _cell(value: Any) -> Any:
    if isinstance(value, list):
        value = "; ".join(" ".join(str(part) for part in item.values()) for item in value)
    return safe(value) if isinstance(value, str) else value


def safe(text: str) -> str:
    """A text that no spreadsheet takes for a formula; some skip the spaces before one."""
    return "'" + text if text.startswith(FORMULA) or text.lstrip(" \n").startswith(FORMULA) else text

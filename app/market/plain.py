"""Rows as text for other programs: CSV and JSON."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import orjson

BYTE_ORDER_MARK = "\ufeff"
FORMULA = ("=", "+", "-", "@", "\t", "\r", "|", "＝", "＋", "－", "＠")


def csv_text(
    columns: Sequence[str], rows: Iterable[Mapping[str, Any]], cell: Callable[[str, Any], Any] | None = None
) -> str:
    """Rows as CSV (RFC 4180) for a pipe: numbers stay numbers, a missing value is empty, ISO dates.

    Text that a spreadsheet would take for a formula gets an apostrophe before it. ``cell`` gives what
    stands in a cell for its column and value, where a file has forms of its own.
    """
    told = cell or (lambda _, value: _cell(value))
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow([safe(name) for name in columns])
    writer.writerows([[told(name, row[name]) for name in columns] for row in rows])
    return out.getvalue()


def csv_file(
    columns: Sequence[str], rows: Iterable[Mapping[str, Any]], cell: Callable[[str, Any], Any] | None = None
) -> str:
    """The same as a file: it begins with the mark by which Excel knows UTF-8, or 삼성 comes out broken."""
    return BYTE_ORDER_MARK + csv_text(columns, rows, cell)


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

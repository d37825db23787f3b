"""The lines of a file that a person has: whatever program wrote it, in whatever letters."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from ingest.sources.base import FailureKind

LARGEST = 64 << 20
"""The longest file that is read, in bytes."""
HEAD = 64 << 10
"""Bytes that are enough to say what a file holds."""
_MARKS = (
    (b"\xff\xfe\x00\x00", "utf-32"),
    (b"\x00\x00\xfe\xff", "utf-32"),
    (b"\xef\xbb\xbf", "utf-8-sig"),
    (b"\xff\xfe", "utf-16"),
    (b"\xfe\xff", "utf-16"),
)
_LETTERS = ("cp949", "cp932", "gb18030", "big5", "cp1252")
_DELIMITERS = (",", ";", "\t", "|")
_BINARY = (
    (b"PK\x03\x04", "it is a workbook or an archive"),
    (b"\xd0\xcf\x11\xe0", "it is an Excel workbook"),
    (b"\x1f\x8b", "it is compressed"),
    (b"PAR1", "it is a Parquet file"),
    (b"%PDF", "it is a PDF"),
)
T = TypeVar("T")


class FileFault(Exception):
    """Why a file, or what it holds of one name, is not taken.

    Attributes
    ----------
    detail
        One sentence that names the file and the fix.
    kind
        The kind of failure that it is for its name.
    """

    def __init__(self, detail: str, kind: FailureKind = "malformed") -> None:
        super().__init__(detail)
        self.detail = detail
        self.kind = kind


@dataclass(frozen=True, slots=True)
class Lines:
    """The rows of a file that hold anything, and the line that each ends on."""

    rows: list[list[str]]
    numbers: list[int]
    delimiter: str

    def __len__(self) -> int:
        return len(self.rows)


def read_lines(file: Path, known: Callable[[Lines], T | None], most: int = LARGEST) -> tuple[Lines, T | None]:
    """Return the rows of a file as the first of its possible readings that is known.

    Parameters
    ----------
    file
        Text in UTF-8, UTF-16, or the letters of Korea, Japan, China or western Europe, its fields parted by
        commas, semicolons, tabs or bars.
    known
        Says what rows hold, None when it does not know: that decides letters and marks.
    most
        Bytes to read; what is cut off at the end of a longer file is left out.

    Raises
    ------
    FileFault
        If it cannot be opened, is too long, or is no text.
    """
    data, cut = _bytes(file, most)
    first: Lines | None = None
    fault: csv.Error | None = None
    for text in _texts(file, data, cut=cut):
        whole = text[: text.rfind("\n") + 1] if cut and "\n" in text else text
        for delimiter in _by_count(whole):
            try:
                lines = _rows(whole, delimiter)
            except csv.Error as error:
                fault = fault or error
                continue
            if (found := known(lines)) is not None:
                return lines, found
            first = first or lines
    if first is None:
        raise FileFault(f"{file} is not a CSV file: {fault}.")
    if _is_foreign(data, cut=cut):
        raise FileFault(
            f"{file} is not UTF-8 text, and its first line is in no other letters that are known; "
            "save it as CSV in UTF-8."
        )
    return first, None


def _bytes(file: Path, most: int) -> tuple[bytes, bool]:
    try:
        with file.open("rb") as source:
            data = source.read(most + 1)
    except OSError as error:
        reason = f"{file} cannot be read: {error.strerror or error}"
        raise FileFault(f"{reason}; check its permissions.", "transient") from None
    if len(data) > LARGEST:
        raise FileFault(f"{file} is longer than {LARGEST >> 20} MB; import it in parts.")
    return data[:most], len(data) > most


def _texts(file: Path, data: bytes, *, cut: bool) -> Iterator[str]:
    """The texts that the bytes can be, the likeliest first."""
    for magic, what in _BINARY:
        if data.startswith(magic):
            raise FileFault(f"{file} is not UTF-8 text: {what}; save it as CSV in UTF-8.")
    for mark, letters in _MARKS:
        if data.startswith(mark):
            yield data.decode(letters, "ignore")
            return
    zeros = data[:200].count(0)
    if zeros > len(data[:200]) // 4:
        yield data.decode("utf-16-be" if data[:1] == b"\0" else "utf-16-le", "ignore")
        return
    if not _is_foreign(data, cut=cut):
        yield data.decode("utf-8", "ignore")
        return
    for letters in _LETTERS:
        try:
            yield data.decode(letters, "replace" if cut else "strict")
        except UnicodeDecodeError:
            continue


def _is_foreign(data: bytes, *, cut: bool) -> bool:
    """Whether the bytes are no UTF-8; a letter that the end cuts in two is none."""
    if data.startswith(tuple(mark for mark, _ in _MARKS)):
        return False
    try:
        data.decode("utf-8")
    except UnicodeDecodeError as error:
        return not cut or error.start < len(data) - 4
    return False


def _by_count(text: str) -> list[str]:
    """The marks that may part the fields, the commonest in the first lines first; Excel may name its own."""
    if text[:4].lower() == "sep=" and len(text) > 4:
        return [text[4]]
    start = text[:4_000]
    found = sorted(_DELIMITERS, key=lambda mark: -start.count(mark))
    return [mark for mark in found if mark == found[0] or mark in start]


def _rows(text: str, delimiter: str) -> Lines:
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    rows, numbers = [], []
    for row in reader:
        if any(cell and not cell.isspace() for cell in row):
            rows.append(row)
            numbers.append(reader.line_num)
    if rows and rows[0][0][:4].lower() == "sep=":
        del rows[0], numbers[0]
    return Lines(rows, numbers, delimiter)

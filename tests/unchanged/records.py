"""What was said, as JSON lines: one file a page or command, every long value once."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, TextIO

import numpy as np

_LONG_NUMBER = re.compile(r"(?<![\w.])-?\d+\.\d{8,}(?:e[-+]?\d+)?(?![\w.])", re.I)


def normal(value: Any) -> Any:
    """A JSON value with floats to ten significant digits and typed arrays written out."""
    if isinstance(value, float):
        return _float(value)
    if isinstance(value, dict):
        if set(value) >= {"bdata", "dtype"}:
            array = np.frombuffer(base64.b64decode(value["bdata"]), dtype=value["dtype"])
            rest = {key: item for key, item in value.items() if key != "bdata"}
            return normal(rest | {"values": array.tolist()})
        return {key: normal(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [normal(item) for item in value]
    return value


def normal_lines(text: str) -> list[str]:
    """The lines of a file, its long numbers to ten significant digits."""
    return [_LONG_NUMBER.sub(lambda hit: str(_float(float(hit.group()))), line) for line in text.splitlines()]


def _float(value: float) -> Any:
    short = float(f"{value:.10g}")
    return short if short == short and abs(short) != float("inf") else str(value)


class Book:
    """The file of one page or command, as it is written."""

    def __init__(self, path: Path) -> None:
        self.path = path
        path.parent.mkdir(parents=True, exist_ok=True)
        self._file: TextIO = path.open("a", encoding="utf-8")
        self._written: dict[str, None] = dict.fromkeys(_values(path))
        self._raw: dict[bytes, str] = {}

    def close(self) -> None:
        self._file.close()

    def state(self, situation: str, address: str, pieces: Mapping[str, Any]) -> None:
        """Write one state: ``pieces`` are values, or what ``kept`` gave for them."""
        names = {
            name: piece if isinstance(piece, Kept) else self.value(piece) for name, piece in pieces.items()
        }
        self._line({"situation": situation, "address": address, "pieces": names})

    def value(self, value: Any) -> Kept:
        """Write a value, unless it stands in the file already; gives its name."""
        text = json.dumps(value, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
        name = hashlib.sha256(text.encode()).hexdigest()[:16]
        if name not in self._written:
            self._written[name] = None
            self._file.write(f'{{"name":"{name}","value":{text}}}\n')
        return Kept(name)

    def response(self, body: bytes, read: Any) -> Kept:
        """The value that ``read`` makes of an answer; one that came before byte by byte is not read again."""
        key = hashlib.sha256(body).digest()
        if key not in self._raw:
            self._raw[key] = self.value(read(body))
        return Kept(self._raw[key])

    def _line(self, line: Mapping[str, Any]) -> None:
        self._file.write(json.dumps(line, ensure_ascii=False) + "\n")


class Kept(str):
    """The name of a value that stands in the file."""

    __slots__ = ()


def _values(path: Path) -> list[str]:
    with path.open(encoding="utf-8") as file:
        return [line[9:25] for line in file if line.startswith('{"name":"')]


States = dict[tuple[str, str], dict[str, str]]


def load(path: Path) -> tuple[States, dict[str, str]]:
    """The states of a file by situation and address, and its values as they were written, by name."""
    states: States = {}
    values: dict[str, str] = {}
    with path.open(encoding="utf-8") as file:
        for line in file:
            if line.startswith('{"name":"'):
                values[line[9:25]] = line[line.index('"value":') + 8 : -2]
            else:
                found = json.loads(line)
                states[found["situation"], found["address"]] = found["pieces"]
    return states, values

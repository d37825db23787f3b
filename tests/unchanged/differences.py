"""What two folders do not say alike, one line each; meant differences are mapped away."""

from __future__ import annotations

import json
import re
import sys
import tomllib
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from difflib import SequenceMatcher
from pathlib import Path
from typing import Any

from tests.unchanged.records import load

_ABSENT = object()
_LONGEST = 300
_VIEW = re.compile(r"\b[a-z]{2,4}-[0-9A-HJKMNP-TV-Z]{5}\b")
Leaf = tuple[str, Any, Any]
"""Where in a piece, and both values there."""


@dataclass(frozen=True)
class Names:
    """Meant changes of names, old to new: paths of pages, ids of charts, texts of labels."""

    pages: dict[str, str] = field(default_factory=dict)
    charts: dict[str, str] = field(default_factory=dict)
    labels: dict[str, str] = field(default_factory=dict)

    @classmethod
    def read(cls, path: Path) -> Names:
        """Read a TOML file with a table for each."""
        return cls(**tomllib.loads(path.read_text(encoding="utf-8")))

    def text(self, value: str) -> str:
        """A text as it should be after the change."""
        for old, new in self.pages.items():
            value = re.sub(rf"(?<![\w/-]){re.escape(old)}(?![\w-]|/\w)", new, value)
        for old, new in self.charts.items():
            value = re.sub(rf"(?<!\w){re.escape(old)}(?!\w)", new, value)
        for old, new in self.labels.items():
            value = value.replace(old, new)
        return self.view(value)

    def view(self, value: str) -> str:
        """A text without IDs of views: they follow from the path, so that a new path gives new ones."""
        return _VIEW.sub("VIEW", value) if self.pages else value

    def file(self, name: str) -> str:
        """The file of a page after the change."""
        paths = {_stem(old): _stem(new) for old, new in self.pages.items()}
        folder, _, stem = name.rpartition("/")
        return f"{folder}/{paths.get(stem, stem)}" if folder == "pages" else name


def _stem(path: str) -> str:
    return path.strip("/").replace("/", ".") or "home"


def report(before: Path, after: Path, names: Names) -> int:
    """Print every difference with counts; 1 when there is one."""
    first, second = _files(before), _files(after)
    if not first or not second:
        print(f"Nothing was saved in {before if not first else after}.", file=sys.stderr)
        return 2
    counts: Counter[str] = Counter()
    states = 0
    second_names = dict(second)
    for name, path in first.items():
        other = second_names.pop(names.file(name), None)
        if other is None:
            print(f"{name}: only before")
            counts["page"] += 1
            continue
        states += _file(name, path, other, names, counts)
    for name in second_names:
        print(f"{name}: only after")
        counts["page"] += 1
    kinds = ", ".join(f"{kind} {count}" for kind, count in sorted(counts.items()))
    total = sum(counts.values())
    print(
        f"{total} differences in {states} states of {len(first)} pages and commands"
        + (kinds and f": {kinds}")
    )
    return 1 if total else 0


def _files(folder: Path) -> dict[str, Path]:
    return {str(path.relative_to(folder))[:-6]: path for path in sorted(folder.rglob("*.jsonl"))}


def _file(name: str, before: Path, after: Path, names: Names, counts: Counter[str]) -> int:
    """Print the differences of one file, each once with the number of states that have it."""
    first, first_values = load(before)
    second, second_values = load(after)
    first = {(situation, names.text(address)): pieces for (situation, address), pieces in first.items()}
    seen: dict[tuple[str, str, str], list[str]] = {}
    kept: dict[tuple[str, str], list[tuple[str, str]]] = {}

    def note(piece: str, key: str, change: str, at: str) -> None:
        seen.setdefault((piece, key, change), []).append(at)
        counts[piece.split()[0]] += 1

    for state in dict.fromkeys((*first, *second)):
        at = f"{state[0]} {state[1] or 'default'}"
        if state not in second or state not in first:
            note("state", "", "only before" if state in first else "only after", at)
            continue
        old = {names.text(piece): value for piece, value in first[state].items()}
        new = {names.view(piece): value for piece, value in second[state].items()}
        for piece in dict.fromkeys((*old, *new)):
            if piece not in old or piece not in new:
                note(piece, "", "only before" if piece in old else "only after", at)
                continue
            pair = old[piece], new[piece]
            if pair[0] == pair[1]:
                continue
            if pair not in kept:
                values = (
                    _named(json.loads(first_values[pair[0]]), names.text),
                    json.loads(second_values[pair[1]]),
                )
                leaves = _leaves("", values[0], _named(values[1], names.view))
                kept[pair] = [(key, f"{_short(a)} → {_short(b)}") for key, a, b in leaves]
            for key, change in kept[pair]:
                note(piece, key, change, at)
    for (piece, key, change), places in seen.items():
        more = f" (and {len(places) - 1} more states)" if len(places) > 1 else ""
        print(f"{name}, {places[0]}{more}, {piece}{key and f', {key}'}: {change}")
    return len(first)


def _named(value: Any, text: Any) -> Any:
    if isinstance(value, str):
        return text(value)
    if isinstance(value, list):
        return [_named(item, text) for item in value]
    if isinstance(value, dict):
        return {text(key): _named(item, text) for key, item in value.items()}
    return value


def _leaves(key: str, before: Any, after: Any) -> Iterator[Leaf]:
    """Where two values differ; an array of plain values is one place."""
    if before == after and type(before) is type(after):
        return
    if isinstance(before, dict) and isinstance(after, dict):
        for name in dict.fromkeys((*before, *after)):
            inner = f"{key}.{name}" if key else name
            yield from _leaves(inner, before.get(name, _ABSENT), after.get(name, _ABSENT))
    elif isinstance(before, list) and isinstance(after, list):
        yield from _items(key, before, after)
    else:
        yield key, before, after


def _items(key: str, before: list[Any], after: list[Any]) -> Iterator[Leaf]:
    if len(before) == len(after):
        numbers = [isinstance(a, int | float) for a in before]
        places = [row for row, (a, b) in enumerate(zip(before, after, strict=True)) if a != b]
        if len(places) > 3 and all(numbers):
            first = places[0]
            place = f"{key}[{first}] and {len(places) - 1} more of {len(before)}"
            yield place, before[first], after[first]
            return
        for row in places:
            yield from _leaves(f"{key}[{row}]", before[row], after[row])
        return
    old, new = ([json.dumps(item, sort_keys=True) for item in side] for side in (before, after))
    for kind, a, b, c, d in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if kind != "equal":
            yield f"{key}[{a}:{b}]", before[a:b] or _ABSENT, after[c:d] or _ABSENT


def _short(value: Any) -> str:
    if value is _ABSENT:
        return "nothing"
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}… ({len(text)} characters)"

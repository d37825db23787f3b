"""Every command that answers, found in the help texts: as JSON and as CSV, one option at a time."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

from tests.unchanged.crawl import chosen
from tests.unchanged.records import Book, normal, normal_lines
from tests.unchanged.stores import Situation

# Their answers are about the machine they run on, not about prices.
_OF_THE_MACHINE = frozenset({"config", "doctor", "ingest", "users"})
_FORMS = ("json", "csv")
_BASKETS = ("asia", "us", "memory")
_HELP: dict[tuple[str, ...], str] = {}


@dataclass(frozen=True)
class _Command:
    words: tuple[str, ...]
    needed: tuple[str, ...]
    options: tuple[tuple[str, ...], ...]
    """What may be added, one at a time."""


def save(situation: Situation, folder: Path, share: float, only: str) -> int:
    """Write down every answer; gives the number of command lines."""
    count = 0
    for command in _commands(situation, ()):
        name = " ".join(command.words)
        if only not in name:
            continue
        book = Book(folder / "commands" / f"{name.replace(' ', '-')}.jsonl")
        for more in ((), *command.options):
            for form in _FORMS:
                line = " ".join((*command.needed, *more, "--format", form))
                if share < 1 and not chosen(f"{name} {line}", share):
                    continue
                answer = _answer(situation, [*command.words, *command.needed, *more, "--format", form], form)
                book.state(situation.name, line, answer)
                count += 1
        book.close()
    return count


def _answer(situation: Situation, line: list[str], form: str) -> dict[str, Any]:
    code, out, err = situation.command(*line)
    said: Any = normal_lines(out)
    if form == "json" and code == 0:
        said = normal(json.loads(out))
    return {"code": code, "out": said, "err": err.splitlines()}


def _commands(situation: Situation, words: tuple[str, ...]) -> Iterator[_Command]:
    """The commands at and under some words that have an answer in both forms."""
    text = _help(situation, words)
    options = _entries(text, "Options")
    format_values = dict(_split(entry) for entry in options).get("--format", "")
    if words and "table|json|csv" in format_values:
        yield _command(situation, words, text, options)
    for entry in _entries(text, "Commands"):
        if (name := entry.split()[0]) not in _OF_THE_MACHINE:
            yield from _commands(situation, (*words, name))


def _help(situation: Situation, words: tuple[str, ...]) -> str:
    """The help text of a command, the same whatever the prices are."""
    if words not in _HELP:
        code, _HELP[words], _ = situation.command(*words, "--help")
        assert code == 0, (words, _HELP[words])
    return _HELP[words]


def _command(situation: Situation, words: tuple[str, ...], text: str, options: list[str]) -> _Command:
    day = f"{situation.now - timedelta(days=1):%Y-%m-%d}"
    examples = {
        "--on": day,
        "--as-of": f"{situation.now - timedelta(days=10):%Y-%m-%d}",
        "--since": f"{situation.now - timedelta(days=90):%Y-%m-%d}",
        "--symbol": "NVDA",
        "SYMBOL": "NVDA",
        "--known": day,
    }
    needed: list[str] = []
    more: list[tuple[str, ...]] = []
    usage = text.split("\n\n", 1)[0]
    for name in re.findall(r"(?<!\[)\b[A-Z][A-Z_]+\b(?!\])", usage.split("[OPTIONS]")[-1]):
        needed.append(examples.get(name, "1" if name in ("NUMBER", "ID") else day))
    for entry in options:
        name, value = _split(entry)
        if name in ("--format", "--help", "-h") or "[required]" in entry:
            needed += [name, examples.get(name, "1")] if "[required]" in entry else []
        elif "|" in value:
            more += [(name, choice) for choice in value.strip("<>[]").split("|") if choice]
        elif name == "--basket":
            more += [(name, basket) for basket in _BASKETS]
        elif name in examples:
            more.append((name, examples[name]))
        elif not value:
            more.append((name,))
    return _Command(words, tuple(needed), tuple(more))


def _entries(text: str, section: str) -> list[str]:
    """The entries of a section of a help text, each in one line."""
    found = re.search(rf"^{section}:\n((?:  .*\n|\n)*)", text + "\n", re.M)
    lines = found.group(1).splitlines() if found else []
    entries: list[str] = []
    for line in lines:
        if re.match(r"  \S", line):
            entries.append(line.strip())
        elif line.strip() and entries:
            entries[-1] += f"  {line.strip()}"
    return entries


def _split(entry: str) -> tuple[str, str]:
    """The long name of an option and what stands for its value."""
    head = re.split(r"\s{2,}", entry)[0]
    name = next((word for word in re.split(r"[ ,]+", head) if word.startswith("--")), head)
    return name, head.split(name, 1)[1].strip(" ,")
